"""
Merkle trees as RFC 6962, section 2.1 has them: roots, paths, and their checks.

Leaves come in as hashes (`digest.leaf`); nothing here stores a tree. A prover takes a function
that fetches the hash of any whole subtree, wherever those are kept (record/tiles.py).
"""

from __future__ import annotations

import hashlib

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NoReturn

from tamizdat.primitives import digest
from tamizdat.primitives.errors import TrustError


EMPTY: Final = digest.sha256()
HASH_LENGTH: Final = 32

# Gives the hash over the leaves [index * 2**level, (index + 1) * 2**level).
Fetch = Callable[[int, int], bytes]


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """
    Compute the root over *leaf_hashes*, each 32 bytes (RFC 6962, 2.1).

    >>> root([]) == EMPTY, root([EMPTY]) == EMPTY
    (True, True)
    """
    row = list(leaf_hashes)
    while len(row) > 1:
        # An odd one out rises unchanged: the same tree as "the largest power of two smaller than n".
        row = above(row) + (row[-1:] if len(row) % 2 else [])
    return row[0] if row else EMPTY


def above(row: Sequence[bytes]) -> list[bytes]:
    """Compute the parents of the pairs in *row*; an odd last one is left out."""
    sha256, mark = hashlib.sha256, digest.NODE
    return [sha256(mark + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]


class Accumulator:
    """A root that grows leaf by leaf and keeps one hash for each power of two in its size."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._whole: list[bytes] = []
        for leaf_hash in leaf_hashes:
            self.add(leaf_hash)

    def add(self, leaf_hash: bytes) -> None:
        """Take the next leaf's hash."""
        carried, size = leaf_hash, self.size
        while size & 1:
            carried = digest.node(self._whole.pop(), carried)
            size >>= 1
        self._whole.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Give the root over all leaves so far."""
        return join_right(self._whole)


def join_right(subtrees: Sequence[bytes]) -> bytes:
    """Join whole subtrees of falling size, left to right, to the root of the tree they make up."""
    if not subtrees:
        return EMPTY
    joined = subtrees[-1]
    for subtree in reversed(subtrees[:-1]):
        joined = digest.node(subtree, joined)
    return joined


def root_of(size: int, fetch: Fetch) -> bytes:
    """Compute the root over the first *size* leaves of a tree, 1 at least."""
    _demand(size >= 1, f"tree of {size} leaves")
    return _hash(0, size, fetch)


def inclusion_path(index: int, size: int, fetch: Fetch) -> tuple[bytes, ...]:
    """Give the path from leaf *index* to the root of the tree of *size* leaves (RFC 6962, 2.1.1)."""
    _demand(0 <= index < size, f"leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash(middle, end, fetch))
            end = middle
        else:
            path.append(_hash(start, middle, fetch))
            start = middle
    return tuple(reversed(path))


def consistency_path(old_size: int, size: int, fetch: Fetch) -> tuple[bytes, ...]:
    """Give the proof that the tree of *size* leaves continues that of *old_size* (RFC 6962, 2.1.2)."""
    _demand(1 <= old_size <= size, f"a tree of {old_size} leaves within one of {size}")
    path: list[bytes] = []
    start, end, known = 0, size, True
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_hash(middle, end, fetch))
            end = middle
        else:
            path.append(_hash(start, middle, fetch))
            start, known = middle, False
    if not known:
        path.append(_hash(start, end, fetch))
    return tuple(reversed(path))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> None:
    """
    Check that *leaf_hash* is leaf *index* of the tree of *size* leaves with root *expected* (RFC 9162, 2.1.3.2).

    Raises:
        TrustError: ``merkle-inclusion``: the path does not lead there, or is too long, too short or malformed.
    """
    if not 0 <= index < size or not _hashes((leaf_hash, *path)):
        _refuse("merkle-inclusion", f"no path can show leaf {index} in a tree of {size}")
    at, last, reached = index, size - 1, leaf_hash
    for step in path:
        if last == 0:
            _refuse("merkle-inclusion", f"the path for leaf {index} of {size} is too long")
        if at & 1 or at == last:
            reached = digest.node(step, reached)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            reached = digest.node(reached, step)
        at, last = at >> 1, last >> 1
    if last != 0 or reached != expected:
        _refuse("merkle-inclusion", f"the path for leaf {index} of {size} does not lead to the root")


def verify_consistency(  # noqa: C901 -- the standard's own steps, in its order
    old_size: int, old_root: bytes, size: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """
    Check that the tree *new_root* of *size* leaves continues the tree *old_root* (RFC 9162, 2.1.4.2).

    An old size of 0 is refused: an empty tree is continued by every tree, so nothing would be shown.
    (A witness meets it as "old 0" of tlog-witness and answers it without a proof.)

    Raises:
        TrustError: ``merkle-consistency``: it does not, or the proof is too long, too short or malformed.
    """
    if not 1 <= old_size <= size or not _hashes(path):
        _refuse("merkle-consistency", f"no proof can lead from {old_size} to {size} leaves")
    if old_size == size:
        if path or old_root != new_root:
            _refuse("merkle-consistency", f"two different roots stand for {size} leaves")
        return
    steps = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not steps:
        _refuse("merkle-consistency", f"the proof from {old_size} to {size} leaves is empty")
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            _refuse("merkle-consistency", f"the proof from {old_size} to {size} leaves is too long")
        if at & 1 or at == last:
            was, now = digest.node(step, was), digest.node(step, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = digest.node(now, step)
        at, last = at >> 1, last >> 1
    if last != 0 or was != old_root or now != new_root:
        _refuse("merkle-consistency", f"the tree of {size} leaves does not continue the tree of {old_size}")


def _split(count: int) -> int:
    """The largest power of two smaller than *count*."""
    return 1 << ((count - 1).bit_length() - 1)


def _hash(start: int, end: int, fetch: Fetch) -> bytes:
    whole: list[bytes] = []
    while start < end:
        # *start* is always a multiple of the largest power of two that fits: the ranges asked for are the tree's own.
        level = (end - start).bit_length() - 1
        whole.append(fetch(level, start >> level))
        start += 1 << level
    return join_right(whole)


def _hashes(path: Sequence[bytes]) -> bool:
    return all(len(step) == HASH_LENGTH for step in path)


def _demand(possible: bool, what: str) -> None:  # noqa: FBT001 -- reads as a sentence where it stands
    if not possible:
        raise ValueError(f"there is no {what}")


def _refuse(code: str, what: str) -> NoReturn:
    raise TrustError(code, what, mend="Get the proof anew from another mirror; if it fails again, do not believe it.")
