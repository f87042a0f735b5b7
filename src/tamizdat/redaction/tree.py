"""
Salted Merkle trees whose salts grow from one seed, so that a part can be shown with few seeds and few hashes.

It is NOT tied to pictures: contents come in as bytes and a place in the tree. The salts are those of Goldreich,
Goldwasser and Micali (a punctured tree of seeds hides exactly the leaves under the branches that are not given); the
hashes are those of RFC 6962, section 2.1. The specification is docs/spec/redaction.md, "Tree".
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tamizdat.primitives import digest


PAD: Final = digest.leaf()

_STEPS: Final = (digest.SEED_STEP + b"\x00", digest.SEED_STEP + b"\x01")
# What has taken in the beginning is copied faster than begun anew.
_LEFT, _RIGHT = (hashlib.sha256(beginning).copy for beginning in _STEPS)

Leaves = npt.NDArray[np.bool_]
Counts = tuple[tuple[int, ...], ...]
# Gives what the leaf at a place holds.
Content = Callable[[int], bytes | memoryview]
# Gives the hash of the leaf at a place from its own seed.
Leaf = Callable[[bytes, int], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """
    A tree of 2**depth leaves, of which some hold something and the others are PAD.

    Attributes:
        places: For each leaf the number of what it holds (a tile, an item), or -1 for PAD.

        present: Which leaves hold something.

        held: How many do, under each branch of each level from the root.
    """

    depth: int
    places: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]
    held: Counts


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One stop of the walk over a tree: a branch shown by its seed, hidden behind its hash, or a leaf shown in part."""

    kind: Literal["seed", "hash", "part"]
    level: int
    index: int


@functools.lru_cache(2)
def grid(across: int, down: int) -> Shape:
    """
    Lay a grid of tiles into a tree so that neighbours share branches (Morton order).

    >>> grid(3, 2).places.tolist()
    [0, 1, 3, 4, 2, -1, 5, -1]
    """
    x_bits, y_bits = (across - 1).bit_length(), (down - 1).bit_length()
    leaves = np.arange(1 << (x_bits + y_bits))
    x, y, bit = np.zeros_like(leaves), np.zeros_like(leaves), 0
    for turn in range(max(x_bits, y_bits)):
        if turn < x_bits:
            x |= (leaves >> bit & 1) << turn
            bit += 1
        if turn < y_bits:
            y |= (leaves >> bit & 1) << turn
            bit += 1
    inside = (x < across) & (y < down)
    return _shape(x_bits + y_bits, np.where(inside, y * across + x, -1))


@functools.lru_cache(4)
def full(depth: int) -> Shape:
    """Make a tree in which every leaf holds something, the first the first and so on."""
    return _shape(depth, np.arange(1 << depth))


@functools.lru_cache(4)
def line(count: int) -> Shape:
    """Lay so many things into a tree in their order."""
    depth = (count - 1).bit_length()
    places = np.arange(1 << depth)
    return _shape(depth, np.where(places < count, places, -1))


def on_line(flags: Leaves) -> Leaves:
    """Widen flags of things on a line to flags of its leaves."""
    return np.pad(flags, (0, (1 << (len(flags) - 1).bit_length()) - len(flags)))


def _shape(depth: int, places: npt.NDArray[np.int64]) -> Shape:
    present = places >= 0
    return Shape(depth, places, present, _counts(present, depth))


def walk(shape: Shape, hidden: Leaves, partly: Leaves | None = None) -> Iterator[Step]:
    """
    Walk the tree in preorder and stop where a branch is shown or hidden as a whole; *hidden* is by leaf.

    Branches of PAD alone are passed over: whoever knows the shape knows their hash. A leaf in *partly* is neither
    shown nor hidden, and is a stop of its own.
    """
    mixed = _counts(partly, shape.depth) if partly is not None else None
    held, gone = shape.held, _counts(shape.present & hidden, shape.depth)
    stack = [(0, 0)]
    while stack:
        level, index = stack.pop()
        count, lost = held[level][index], gone[level][index]
        if not count:
            continue
        if mixed and mixed[level][index]:
            if level == shape.depth:
                yield Step("part", level, index)
                continue
        elif lost in {0, count}:
            yield Step("hash" if lost else "seed", level, index)
            continue
        stack += [(level + 1, 2 * index + 1), (level + 1, 2 * index)]


def seed_at(seed: bytes, level: int, index: int) -> bytes:
    """Go from the root's *seed* down to that of a branch."""
    for turn in range(level - 1, -1, -1):
        seed = hashlib.sha256(_STEPS[index >> turn & 1] + seed).digest()
    return seed


def seeds_at(seed: bytes, steps: Sequence[Step]) -> tuple[bytes, ...]:
    """Go from the root's *seed* down to those of the branches at *steps*, no stretch of the way twice."""
    known = {(0, 0): seed}

    def reach(level: int, index: int) -> bytes:
        if (level, index) not in known:
            known[level, index] = hashlib.sha256(_STEPS[index & 1] + reach(level - 1, index >> 1)).digest()
        return known[level, index]

    return tuple(reach(step.level, step.index) for step in steps)


def salted(content: Content) -> Leaf:
    """Make leaves of contents: the leaf's seed is the salt."""
    sha256 = hashlib.sha256
    return lambda salt, place: sha256(b"\x00" + salt + content(place)).digest()


def split(seed: bytes) -> tuple[bytes, bytes]:
    """Go one step down both ways: G(s, 0) and G(s, 1)."""
    left, right = _LEFT(), _RIGHT()
    left.update(seed)
    right.update(seed)
    return left.digest(), right.digest()


def along(seed: bytes, count: int) -> list[bytes]:
    """Let *seed* grow to the salts of *count* leaves on a line; as `Branches` does on any shape, which a text has thousands of."""
    row = [seed]
    for above in range((count - 1).bit_length() - 1, -1, -1):
        fresh = []
        for one in row:
            below = _LEFT()
            below.update(one)
            fresh.append(below.digest())
            below = _RIGHT()
            below.update(one)
            fresh.append(below.digest())
        # One branch too many at most: nothing but PAD is under it.
        row = fresh[: -(-count >> above)]
    return row


def fold(hashes: list[bytes]) -> bytes:
    """Join the hashes of leaves on a line to the root of their tree."""
    sha256, pad, row = hashlib.sha256, PAD, hashes
    while len(row) > 1:
        if len(row) % 2:
            row = [*row, pad]
        pairs = iter(row)
        row = [sha256(b"\x01" + one + other).digest() for one, other in zip(pairs, pairs, strict=True)]
        pad = digest.node(pad, pad)
    return row[0]


class Branches:
    """Hashes of whole branches, from their seed and the hash of their leaves."""

    def __init__(self, shape: Shape, leaf: Leaf) -> None:
        self._shape = shape
        self._leaf = leaf
        self._places: list[int] = shape.places.tolist()

    def root(self, seed: bytes) -> bytes:
        """Give the root of the whole tree."""
        return self.hash(seed, Step("seed", 0, 0))

    def hash(self, seed: bytes, step: Step) -> bytes:
        """Give the hash of one branch; *seed* is the branch's own."""
        depth = self._shape.depth - step.level
        first = step.index << depth
        leaf = self._leaf
        row: list[bytes | None] = [
            None if salt is None else leaf(salt, place)
            for salt, place in zip(self._salts(seed, step), self._places[first : first + (1 << depth)], strict=True)
        ]
        return _fold(row)

    def _salts(self, seed: bytes, step: Step) -> list[bytes | None]:
        """Let *seed* grow to the salts of all leaves under it that hold something."""
        row: list[bytes | None] = [seed]
        for level in range(step.level + 1, self._shape.depth + 1):
            first = step.index << (level - step.level)
            held = self._shape.held[level][first : first + 2 * len(row)]
            fresh: list[bytes | None] = [None] * (2 * len(row))
            for at, one in enumerate(row):
                if one and held[2 * at]:
                    below = _LEFT()
                    below.update(one)
                    fresh[2 * at] = below.digest()
                if one and held[2 * at + 1]:
                    below = _RIGHT()
                    below.update(one)
                    fresh[2 * at + 1] = below.digest()
            row = fresh
        return row


def join(shape: Shape, known: dict[tuple[int, int], bytes]) -> bytes:
    """Join the hashes of all branches a walk stopped at, by (level, index), to the root."""
    held, rows = shape.held, dict(known)
    for level in range(shape.depth, 0, -1):
        for index in sorted({index >> 1 for at, index in rows if at == level}):
            pair = [
                rows.pop((level, child)) if held[level][child] else _pad(shape.depth - level)
                for child in (2 * index, 2 * index + 1)
            ]
            rows[level - 1, index] = digest.node(*pair)
    return rows[0, 0]


def _fold(row: list[bytes | None]) -> bytes:
    """Join a row of leaves, None standing for PAD, to the hash of their branch."""
    sha256, height = hashlib.sha256, 0
    while len(row) > 1:
        pad = _pad(height)
        row = [
            None if one is None and other is None else sha256(b"\x01" + (one or pad) + (other or pad)).digest()
            for one, other in zip(row[::2], row[1::2], strict=True)
        ]
        height += 1
    return row[0] or _pad(height)


@functools.cache
def _pad(height: int) -> bytes:
    """The hash of a branch of 2**height leaves of PAD."""
    return digest.node(_pad(height - 1), _pad(height - 1)) if height else PAD


def _counts(leaves: npt.NDArray[np.bool_], depth: int) -> Counts:
    """For each level from the root how many leaves under each branch are set."""
    rows = [leaves.astype(np.int64)]
    for _ in range(depth):
        rows.append(rows[-1].reshape(-1, 2).sum(axis=1))
    return tuple(tuple(row.tolist()) for row in reversed(rows))
