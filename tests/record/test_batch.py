"""Batches: arrivals can be shown one by one, and not told from nothing."""

from __future__ import annotations

import pytest

from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.record import batch
from tests.conftest import SeededEntropy


ENTROPY = SeededEntropy(b"batch")
LEAVES = [batch.leaf(ENTROPY.random(32), ENTROPY.random(32)) for _ in range(40)]
MADE = batch.write([*LEAVES, LEAVES[0]], ENTROPY)


def test_every_leaf_can_be_shown_alone() -> None:
    """Each at its own random place, none at another's."""
    placements = batch.prove_all(MADE.secret_map, LEAVES)

    for leaf, placement in zip(LEAVES, placements, strict=True):
        batch.verify(leaf, placement.position, placement.path, MADE.root)
        assert batch.read_placement(batch.write_placement(placement)) == placement
        with pytest.raises(TrustError):
            batch.verify(leaf, placement.position ^ 1, placement.path, MADE.root)
        with pytest.raises(TrustError):
            batch.verify(leaf, placement.position, placement.path[1:], MADE.root)
    positions = [placement.position for placement in placements]
    assert len(set(positions)) == len(LEAVES)
    assert positions != sorted(positions)
    assert max(positions) > 50_000


def test_a_batch_of_nothing_looks_like_any_other() -> None:
    """Two empty ones differ, and only the map can tell."""
    first, second = batch.write([], ENTROPY), batch.write([], ENTROPY)

    assert first.root != second.root
    assert first.secret_map.leaves == {}


def test_what_finds_no_room_waits_for_the_next_slot() -> None:
    """65,536 go in, every place is taken once, and one more is given back."""
    leaves = [number.to_bytes(32, "big") for number in range(batch.LEAVES + 1)]

    made = batch.write(leaves, ENTROPY)

    assert made.left_over == (leaves[-1],)
    assert sorted(made.secret_map.leaves.values()) == list(range(batch.LEAVES))
    placement = batch.prove(made.secret_map, leaves[7])
    batch.verify(leaves[7], placement.position, placement.path, made.root)


def test_the_map_alone_gives_the_batch_back() -> None:
    """Written, read and proven from; a map that lies about its root proves nothing."""
    raw = batch.write_map(MADE.secret_map)

    again = batch.read_map(raw)

    assert again == MADE.secret_map
    assert batch.prove(again, LEAVES[3]) == batch.prove(MADE.secret_map, LEAVES[3])
    lie = batch.Map(root=MADE.root, seed=bytes(32), leaves=again.leaves)
    with pytest.raises(TrustError) as caught:
        batch.prove(lie, LEAVES[3])
    assert caught.value.code == "map-root"


def test_the_map_s_secrets_are_in_no_message() -> None:
    """Neither in its repr nor in a refusal of it."""
    raw = batch.write_map(MADE.secret_map)
    seed = raw.split(b"\n")[2].split()[1].decode()

    assert repr(MADE.secret_map.seed) not in repr(MADE)
    for bad in (raw.replace(b"seed: ", b"seed:"), raw.replace(b"seed: ", b"seed: A"), raw.replace(b"leaf", b"lead", 1)):
        with pytest.raises(FormatError) as caught:
            batch.read_map(bad)
        assert seed[1:9] not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
