"""The erasure code is zfec's, byte for byte, and any k blocks give the rest."""

import random

import numpy as np
import pytest

from tamizdat.carry import erasure, galois, isal
from tests.tools import missing


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


def test_both_engines_agree_on_ten_thousand_random_cases() -> None:
    """ISA-L and numpy give the same bytes, whatever the counts, coefficients and lengths."""
    fast = isal.load() or missing("libisal (apt install libisal2)")
    dice = np.random.default_rng(11)

    for case in range(10_000):
        # Few coefficients go by tables, which are slow to make: a case in two hundred.
        width, height = dice.integers(1, 5 if case % 200 == 0 else 9, 2)
        if case % 200:
            height = max(height, 17 // width + 1)
        length = 16 * int(dice.integers(1, 5))
        rows = dice.integers(0, 256, (height, width), np.uint8)
        sources = list(dice.integers(0, 256, (width, length), np.uint8))
        ours, theirs = np.zeros((height, length), np.uint8), np.ones((height, length), np.uint8)
        galois.multiply(rows, sources, list(ours))

        assert fast.multiply(rows, sources, list(theirs))
        assert ours.tobytes() == theirs.tobytes()


def test_a_wrong_library_is_not_believed() -> None:
    """An engine that is right for every coefficient but one, or only for short blocks, is refused."""

    def spoiled(rows: np.ndarray, sources: list[np.ndarray], targets: list[np.ndarray]) -> None:
        galois.multiply(np.where(rows == 0xAB, np.uint8(1), rows), sources, targets)

    def short(rows: np.ndarray, sources: list[np.ndarray], targets: list[np.ndarray]) -> None:
        galois.multiply(rows, [source[:256] for source in sources], [target[:256] for target in targets])

    assert isal.proven(galois.multiply)
    assert not isal.proven(spoiled)
    assert not isal.proven(short)


def test_blocks_that_do_not_lie_in_one_piece_are_left_to_numpy() -> None:
    rows = np.array([[3, 5]], np.uint8)
    spread = np.arange(64, dtype=np.uint8).reshape(32, 2).T
    made, straight = np.zeros(32, np.uint8), np.zeros(32, np.uint8)

    fast = isal.load()
    assert fast is None or not fast.multiply(rows, list(spread), [made])
    assert fast is None or not fast.multiply(rows, list(spread.copy()), [np.frombuffer(bytes(32), np.uint8)])
    erasure.multiply(rows, list(spread.copy()), [straight])

    assert (straight == galois.MUL[3][spread[0]] ^ galois.MUL[5][spread[1]]).all()
