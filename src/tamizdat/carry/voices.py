"""
Who says what: the whole packets of one set and one shape, found by row, and what they claim of its length.

It believes nothing and decides nothing: carry/keyed.py does, with the key. docs/spec/part.md, "Reading with the key".
"""

from __future__ import annotations

import dataclasses

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.carry.part import Shape
from tamizdat.carry.scan import Group, Scan


MOST_SHAPES: Final = 8
MOST_LAYOUTS: Final = 64
_PROVEN: Final = 1 << 20  # what a proven claim weighs: more than there can be files


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

    def places(self, volume: int, stripe: int) -> Iterator[Place]:
        """Give the whole blocks of a row, those of the data parts first."""
        table = self._table(volume)
        if table is None:
            return
        first, last = np.searchsorted(table.stripes, [stripe, stripe + 1])
        for entry in range(int(first), int(last)):
            yield Place(
                index=int(table.indexes[entry]), source=int(table.sources[entry]), offset=int(table.offsets[entry])
            )

    def rows(self, extent: Extent) -> int:
        """Say how many rows the set has, or reaches to where nobody says."""
        if extent.total is not None:
            return max(1, -(-extent.total // self.shape.stripe))
        last = max(self.by_volume, default=0)
        seen = max((max(group.stripes, default=0) for _, group in self.by_volume[last]), default=0)
        return last * extent.volume_rows + seen + 1

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
        rows_said: dict[int, set[int]] = defaultdict(set)
        totals_said: dict[int, set[int]] = defaultdict(set)
        ends_said: dict[tuple[int, int, int], set[int]] = defaultdict(set)
        for source, group in self.groups:
            for rows in group.rows:
                rows_said[rows].add(source)
            for total in group.totals:
                totals_said[total].add(source)
            for stripe, used in group.ends:
                ends_said[group.volume, stripe, used].add(source)
        rows_said.setdefault(0, set())
        found: dict[Extent, int] = {Extent(total=None, volume_rows=rows): len(by) for rows, by in rows_said.items()}
        for rows, by in rows_said.items():
            sure = len(by) + _PROVEN * (rows in proven_rows)
            for (volume, stripe, used), voices in ends_said.items():
                if volume == 0 or rows:
                    total = (volume * rows + stripe) * self.shape.stripe + used
                    weight = sure + len(voices) + _PROVEN * ((volume, stripe, used) in proven_ends)
                    extent = Extent(total=total, volume_rows=rows)
                    found[extent] = max(found.get(extent, 0), weight) + len(totals_said.get(total, ()))
            for total, voices in totals_said.items():
                found.setdefault(Extent(total=total, volume_rows=rows), sure + len(voices))
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
