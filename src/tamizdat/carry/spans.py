"""
Spans: which rows of a part are where in a file, as stretches. It reads NOTHING. docs/spec/part.md, "Example".

A part that stands as it was written is one span, whatever its length; damage, holes and shifts
make more of them, sixteen bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.carry import part


Numbers = npt.NDArray[np.int64]
_ROWS: Final = part.EVERY - 1  # rows between two descriptors


def number(row: int) -> int:
    """
    Give which packet of its part a row's block is, from 0.

    >>> number(0), number(254), number(255)
    (1, 255, 257)
    """
    return row + row // _ROWS + 1


def row_from(packet: int) -> int:
    """
    Give the first row whose block is that packet of its part or a later one.

    >>> row_from(-5), row_from(1), row_from(255), row_from(256), row_from(257)
    (0, 0, 254, 255, 255)
    """
    if packet < 1:
        return 0
    row = (packet - 1) * _ROWS // part.EVERY
    while number(row) < packet:
        row += 1
    return row


class Spans:
    """
    The rows of one part in one source: `add` them all, then ask.

    A span is its first row, its last row and its base: where packet 0 of the part would stand.
    """

    __slots__ = ("_bases", "_expanded", "_firsts", "_lasts", "_settled")

    def __init__(self) -> None:
        self._firsts = array("I")
        self._lasts = array("I")
        self._bases = array("q")
        self._settled: tuple[Numbers, Numbers, Numbers] | None = None
        self._expanded: tuple[array[int], array[int]] | None = None

    def add(self, first: int, last: int, base: int) -> None:
        """Enter the rows from *first* to *last*, whose part begins at *base* in the source."""
        if self._bases and self._bases[-1] == base and self._lasts[-1] + 1 == first:
            self._lasts[-1] = last
            return
        self._firsts.append(first)
        self._lasts.append(last)
        self._bases.append(base)

    def join(self, other: Spans) -> None:
        """Enter all spans of another source."""
        self._firsts.extend(other._firsts)
        self._lasts.extend(other._lasts)
        self._bases.extend(other._bases)

    @property
    def bases(self) -> set[int]:
        """All the places where packet 0 of the part would stand."""
        return set(self._bases)

    def settled(self) -> tuple[Numbers, Numbers, Numbers]:
        """Give first rows, last rows and bases, in the order of the rows; of a row found twice, the first holds."""
        if self._settled is None:
            self._settled = _settle(self._firsts, self._lasts, self._bases)
        return self._settled

    def count(self, end: int | None = None) -> int:
        """Say how many different rows there are, or how many before row *end*."""
        firsts, lasts, _ = self.settled()
        stops = lasts + 1 if end is None else np.minimum(lasts + 1, end)
        return int(np.maximum(stops - firsts, 0).sum())

    def pieces(self, first: int, end: int) -> list[tuple[int, int, int]]:
        """Give the stretches among the rows from *first* up to *end*: (first row, end, base)."""
        firsts, lasts, bases = self.settled()
        at = int(np.searchsorted(lasts, first)) if len(lasts) > 1 else 0
        found = []
        while at < len(firsts) and firsts[at] < end:
            begin, stop = max(first, int(firsts[at])), min(end, int(lasts[at]) + 1)
            if begin < stop:
                found.append((begin, stop, int(bases[at])))
            at += 1
        return found

    def expanded(self, packet: int) -> tuple[array[int], array[int]]:
        """Give row and place of every block, also of rows found twice, in the order they were found; 16 bytes each."""
        if self._expanded is None:
            rows, offsets = array("q"), array("q")
            for first, last, base in zip(self._firsts, self._lasts, self._bases, strict=True):
                stretch = np.arange(first, last + 1, dtype=np.int64)
                rows.frombytes(stretch.tobytes())
                offsets.frombytes(((stretch + stretch // _ROWS + 1) * packet + base).tobytes())
            self._expanded = rows, offsets
        return self._expanded


def union(many: Sequence[Spans]) -> tuple[Numbers, Numbers]:
    """Give the first and the last row of each stretch that any of *many* has, in order, none overlapping."""
    if len(many) == 1:
        return many[0].settled()[:2]
    together = Spans()
    for spans in many:
        together.join(spans)
    return together.settled()[:2]


def _settle(firsts: array[int], lasts: array[int], bases: array[int]) -> tuple[Numbers, Numbers, Numbers]:
    first, last, base = (np.array(one, np.int64) for one in (firsts, lasts, bases))
    if np.any(first[1:] <= last[:-1]):
        order = np.argsort(first, kind="stable")
        first, last, base = first[order], last[order], base[order]
        first[1:] = np.maximum(first[1:], np.maximum.accumulate(last)[:-1] + 1)
        kept = first <= last
        first, last, base = first[kept], last[kept], base[kept]
    return first, last, base
