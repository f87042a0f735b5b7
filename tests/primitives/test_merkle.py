"""Merkle trees: the definition itself against the fast ways, and every path against every change."""

from __future__ import annotations

import hashlib

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives import digest, merkle
from tamizdat.primitives.errors import TrustError


LEAVES = [digest.leaf(b"%d" % number) for number in range(300)]


def defined(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def fetch(level: int, index: int) -> bytes:
    part = LEAVES[index << level : (index + 1) << level]
    assert len(part) == 1 << level, "only whole subtrees are ever asked for"
    return defined(part)


def test_root_and_accumulator_are_the_definition() -> None:
    """Both ways give RFC 6962's root at every size."""
    grown = merkle.Accumulator()
    for size in range(70):
        assert merkle.root(LEAVES[:size]) == defined(LEAVES[:size]) == grown.root()
        assert grown.size == size

        grown.add(LEAVES[size])


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_every_inclusion_path_leads_to_the_root_and_no_other(case: tuple[int, int]) -> None:
    """A path verifies for its own leaf, place and size, and for no other."""
    index, size = case
    root, path = defined(LEAVES[:size]), merkle.inclusion_path(index, size, fetch)

    merkle.verify_inclusion(LEAVES[index], index, size, path, root)

    wrong = [
        (LEAVES[index - 1], index, size, path, root),
        (LEAVES[index], index, size, (*path, root), root),
        (LEAVES[index], index, size, (*path, b""), root),
        (LEAVES[index], index, size, path, LEAVES[0][::-1]),
        (LEAVES[index], size, size, path, root),
        (LEAVES[index], -1, size, path, root),
    ]
    if path:
        wrong += [
            (LEAVES[index], index, size, path[1:], root),
            (LEAVES[index], index ^ 1, size, path, root),
            (LEAVES[index], index, size, (path[0][::-1], *path[1:]), root),
        ]
    for arguments in wrong:
        with pytest.raises(TrustError) as caught:
            merkle.verify_inclusion(*arguments)
        assert caught.value.code == "merkle-inclusion"


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size))))
def test_every_consistency_proof_shows_that_a_tree_continues(case: tuple[int, int]) -> None:
    """A proof verifies between its own two trees, and between no others."""
    old, size = case
    roots, path = (defined(LEAVES[:old]), defined(LEAVES[:size])), merkle.consistency_path(old, size, fetch)

    merkle.verify_consistency(old, roots[0], size, roots[1], path)

    wrong = [
        (old, roots[0], size, LEAVES[0][::-1], path),
        (old, LEAVES[0][::-1], size, roots[1], path),
        (old, roots[0], size, roots[1], (*path, roots[0])),
        (0, merkle.EMPTY, size, roots[1], ()),
        (size + 1, roots[0], size, roots[1], path),
    ]
    if path:
        wrong += [
            (old, roots[0], size, roots[1], path[:-1]),
            (old, roots[0], size, roots[1], (path[0][:-1], *path[1:])),
            (old, roots[0], size, roots[1], ()),
        ]
    for arguments in wrong:
        with pytest.raises(TrustError) as caught:
            merkle.verify_consistency(*arguments)
        assert caught.value.code == "merkle-consistency"


def test_nothing_can_be_proven_of_leaves_that_are_not_there() -> None:
    """Asking is the caller's mistake, not a proof that fails."""
    for ask in (lambda: merkle.inclusion_path(3, 3, fetch), lambda: merkle.consistency_path(0, 3, fetch)):
        with pytest.raises(ValueError, match="there is no"):
            ask()
