"""
Who says what: the whole packets of one set and one shape, found by row, and what they claim of its length.

It believes nothing and decides nothing: carry/keyed.py does, with the key. docs/spec/part.md, "Reading with the key".
"""

from __future__ import annotations

import dataclasses

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tamizdat.carry.part import Shape
from tamizdat.carry.scan import Group, Scan


MOST_SHAPES: Final = 8
MOST_LAYOUTS: Final = 64
MOST_READS: Final = 16  # packets of one part in one file that are looked at for one row
_MOST_SAID: Final = 16
_MANY: Final = 4096
# Where the end is not proven, a claim of length is followed so far: a forger's may be anything.
_LEAST_LENGTH: Final = 1 << 36
_STRETCH: Final = 64  # times the bytes that are here
_PROVEN: Final = 1 << 20  # what a proven claim weighs: more than there can be files
_Value = TypeVar("_Value")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one whole block of a row is: the part it says it is of, the source's number, the offset in it."""

    index: int
    source: int
    offset: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How long a set is said to be: bytes in all (None: nobody says), and rows of each volume but the last (0: one volume)."""

    total: int | None
    volume_rows: int

    def place(self, row: int) -> tuple[int, int]:
        """Give the volume, and the row in it, of a row of the whole set."""
        return divmod(row, self.volume_rows) if self.volume_rows else (0, row)


@dataclasses.dataclass(frozen=True, slots=True)
class _Table:
    stripes: npt.NDArray[np.uint32]
    indexes: npt.NDArray[np.uint8]
    sources: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]


def shapes(scans: Sequence[Scan], set_id: bytes) -> list[Shape]:
    """Give the shapes that packets of a set have, those of most files first: one forger has one voice."""
    votes: dict[Shape, set[int]] = defaultdict(set)
    whole: Counter[Shape] = Counter()
    for number, scan in enumerate(scans):
        for group in scan.groups.values():
            if group.shape.set_id == set_id:
                votes[group.shape].add(number)
                whole[group.shape] += group.whole
    return sorted(votes, key=lambda shape: (-len(votes[shape]), -whole[shape]))[:MOST_SHAPES]


class _Said(Generic[_Value]):
    """What is claimed, and by whom."""

    def __init__(self) -> None:
        self._by: dict[_Value, set[int]] = defaultdict(set)
        self._times: Counter[_Value] = Counter()

    def hear(self, value: _Value, source: int) -> None:
        self._by[value].add(source)
        self._times[value] += 1

    def best(self, proven: set[_Value], most: int) -> dict[_Value, int]:
        """Give what has most weight: what is proven, then what most files say, then what is said most often."""
        weights = {value: len(by) + _PROVEN * (value in proven) for value, by in self._by.items()}
        order = sorted(weights, key=lambda value: (-weights[value], -self._times[value]))
        return {value: weights[value] for value in order[:most]}


class Voices:
    """The blocks and the claims of one shape, from all sources."""

    def __init__(self, scans: Sequence[Scan], shape: Shape) -> None:
        self.shape = shape
        self.groups = [
            (number, group)
            for number, scan in enumerate(scans)
            for group in scan.groups.values()
            if group.shape == shape
        ]
        self.by_volume: dict[int, list[tuple[int, Group]]] = defaultdict(list)
        for source, group in self.groups:
            self.by_volume[group.volume].append((source, group))
        self._tables: dict[int, _Table] = {}
        self._bytes = sum(group.whole for _, group in self.groups) * shape.packet

    def places(self, volume: int, stripe: int) -> Iterator[Place]:
        """Give the whole blocks of a row, those of the data parts first."""
        table = self._table(volume)
        if table is None:
            return
        first, last = (int(edge) for edge in np.searchsorted(table.stripes, [stripe, stripe + 1]))
        entries: Iterable[int] = range(first, last)
        if len(range(first, last)) > _MANY:
            # Somebody repeats himself: the first few of each file are enough to hear.
            keys = table.sources[first:last].astype(np.int64) << 8 | table.indexes[first:last]
            order = np.argsort(keys, kind="stable")
            begins = np.searchsorted(keys[order], keys[order])
            entries = (int(entry) + first for entry in np.sort(order[np.arange(len(order)) - begins < MOST_READS]))
        for entry in entries:
            yield Place(
                index=int(table.indexes[entry]), source=int(table.sources[entry]), offset=int(table.offsets[entry])
            )

    def rows(self, extent: Extent) -> int:
        """Say how many rows the set has, or reaches to where nobody says."""
        most = max(_LEAST_LENGTH, _STRETCH * self._bytes) // self.shape.stripe
        if extent.total is not None:
            return min(max(1, -(-extent.total // self.shape.stripe)), most)
        last = max(self.by_volume, default=0)
        seen = max((max(group.stripes, default=0) for _, group in self.by_volume[last]), default=0)
        return min(last * extent.volume_rows + seen + 1, most)

    def short(self, extent: Extent) -> list[tuple[int, int]]:
        """Give the rows with blocks of fewer than k parts, as stretches (first and last row of the whole set)."""
        count, need = self.rows(extent), self.shape.need
        missing: list[tuple[int, int]] = []
        length = extent.volume_rows or count
        for first in range(0, count, length):
            rows = min(length, count - first)
            for begin, end in self._gaps(first // length, rows, need):
                if missing and missing[-1][1] == first + begin - 1:
                    missing[-1] = (missing[-1][0], first + end)
                else:
                    missing.append((first + begin, first + end))
        return missing

    def extents(self, proven_rows: set[int], proven_ends: set[tuple[int, int, int]]) -> list[Extent]:
        """
        Give what the set's length may be, the likeliest first: what is proven, then what most files say.

        Args:
            proven_rows: Rows of a volume that proven blocks say.
            proven_ends: Volume, row and bytes used of proven last rows.
        """
        said_rows, said_totals, said_ends = _Said[int](), _Said[int](), _Said[tuple[int, int, int]]()
        for source, group in self.groups:
            for rows in group.rows:
                said_rows.hear(rows, source)
            for total in group.totals:
                said_totals.hear(total, source)
            for stripe, used in group.ends:
                said_ends.hear((group.volume, stripe, used), source)
        rows_said = said_rows.best(proven_rows, _MOST_SAID)
        rows_said.setdefault(0, 0)
        totals_said = said_totals.best(set(), MOST_LAYOUTS)
        ends_said = said_ends.best(proven_ends, MOST_LAYOUTS)
        found: dict[Extent, int] = {Extent(total=None, volume_rows=rows): by for rows, by in rows_said.items()}
        for rows, sure in rows_said.items():
            for (volume, stripe, used), by in ends_said.items():
                if volume == 0 or rows:
                    total = (volume * rows + stripe) * self.shape.stripe + used
                    extent = Extent(total=total, volume_rows=rows)
                    found[extent] = max(found.get(extent, 0), sure + by + totals_said.get(total, 0))
            for total, by in totals_said.items():
                found.setdefault(Extent(total=total, volume_rows=rows), sure + by)
        known = [extent for extent in found if extent.total is not None]
        unknown = [extent for extent in found if extent.total is None]
        known.sort(key=lambda extent: (-found[extent], extent.total))
        unknown.sort(key=lambda extent: (-found[extent], extent.volume_rows))
        return known[:MOST_LAYOUTS] + unknown[:MOST_LAYOUTS]

    def _gaps(self, volume: int, rows: int, need: int) -> list[tuple[int, int]]:
        table = self._table(volume)
        if table is None:
            return [(0, rows - 1)]
        keys = np.unique(table.stripes.astype(np.uint64) << np.uint64(8) | table.indexes)
        seen, counts = np.unique(keys >> np.uint64(8), return_counts=True)
        good = seen[(counts >= need) & (seen < rows)].astype(np.int64)
        edges = np.concatenate([[-1], good, [rows]])
        return [(int(edges[gap]) + 1, int(edges[gap + 1]) - 1) for gap in np.flatnonzero(np.diff(edges) > 1)]

    def _table(self, volume: int) -> _Table | None:
        if volume not in self.by_volume:
            return None
        if volume not in self._tables:
            self._tables.clear()  # one volume is looked at at a time
            groups = self.by_volume[volume]
            each = [np.array(group.stripes, np.uint32) for _, group in groups]
            stripes = np.concatenate(each)
            indexes = np.concatenate(
                [np.full(len(one), group.index, np.uint8) for one, (_, group) in zip(each, groups, strict=True)]
            )
            sources = np.concatenate(
                [np.full(len(one), source, np.uint32) for one, (source, _) in zip(each, groups, strict=True)]
            )
            offsets = np.concatenate([np.array(group.offsets, np.int64) for _, group in groups])
            order = np.lexsort((indexes, stripes))
            self._tables[volume] = _Table(stripes[order], indexes[order], sources[order], offsets[order])
        return self._tables[volume]
