"""The erasure code is zfec's, byte for byte, and any k blocks give the rest."""

import random

import numpy as np
import pytest

from tamizdat.carry import erasure


COUNTS = [(1, 1), (1, 4), (3, 5), (10, 14), (64, 96), (170, 255)]


def blocks(need: int, total: int, length: int = 32) -> list[np.ndarray]:
    data = np.random.default_rng(need).integers(0, 256, (total, length), np.uint8)
    erasure.multiply(erasure.generator(need, total)[need:], list(data[:need]), list(data[need:]))
    return list(data)


@pytest.mark.parametrize(("need", "total"), COUNTS)
def test_the_blocks_are_those_of_zfec(need: int, total: int) -> None:
    import zfec

    ours = blocks(need, total)

    assert [block.tobytes() for block in ours] == zfec.Encoder(need, total).encode([b.tobytes() for b in ours[:need]])


@pytest.mark.parametrize(("need", "total"), COUNTS)
def test_any_blocks_give_all_the_others(need: int, total: int) -> None:
    dice = random.Random(need)
    ours = blocks(need, total)

    for _ in range(3):
        present = dice.sample(range(total), need)
        wanted = dice.sample(range(total), min(total, 7))
        made = [np.zeros(32, np.uint8) for _ in wanted]
        erasure.multiply(erasure.recovery(need, present, wanted), [ours[index] for index in present], made)

        assert [block.tobytes() for block in made] == [ours[index].tobytes() for index in wanted]


def test_both_ways_of_multiplying_agree_on_long_blocks() -> None:
    """Few rows go by tables and many by doubling; a long block is more than one run."""
    dice = np.random.default_rng(7)
    sources = list(dice.integers(0, 256, (9, 65472), np.uint8))
    rows = dice.integers(0, 256, (13, 9), np.uint8)
    many = [np.zeros(65472, np.uint8) for _ in rows]
    erasure.multiply(rows, sources, many)

    for row in range(13):
        one = [np.zeros(65472, np.uint8)]
        erasure.multiply(rows[row : row + 1], sources, one)
        assert one[0].tobytes() == many[row].tobytes()


def test_parts_made_later_are_the_same() -> None:
    assert (erasure.generator(5, 9) == erasure.generator(5, 255)[:9]).all()
