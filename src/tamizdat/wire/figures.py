"""
The strip beside a figure: every source's figure on one line, drawn as plain numbers for the template.

It draws; it never averages, ranks or leaves out a claim.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Sequence
from typing import Final

from tamizdat.wire.claim import Claim, Figure


EDGE: Final = 3.0  # per cent kept free at either end, so that no mark is cut
ROOM: Final = 3.6  # per cent that a mark takes
OPEN: Final = 9.0  # per cent that the line of "more than" reaches on
LEVEL: Final = 0.6875  # rem from one row of marks to the next, so that the drawing grows with the text
BASE: Final = 0.5625  # rem kept free above and below


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One claim on the strip: from *start* to *end* in per cent of its width, *y* rem from the top."""

    start: float
    end: float
    y: float
    said: bool
    open: bool

    @property
    def wide(self) -> bool:
        """Whether it is more than one point."""
        return self.end > self.start


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """All the claims on one measure: the ends of the scale, and the marks between them."""

    low: int
    high: int
    height: float
    marks: tuple[Mark, ...]


def claims(figure: Figure) -> tuple[Claim, ...]:
    """Give every claim on a figure, the one the text says first."""
    return (figure.said, *figure.rivals)


def differ(figure: Figure) -> bool:
    """Say whether the sources give more than one figure."""
    first = figure.said
    return any((claim.low, claim.high) != (first.low, first.high) for claim in figure.rivals)


def ends(all_claims: Sequence[Claim]) -> tuple[int, int]:
    """Give the lowest and the highest figure that any of them names."""
    return min(claim.low for claim in all_claims), max(claim.high or claim.low for claim in all_claims)


def strip(figure: Figure) -> Strip | None:
    """Lay the claims out; None where there is nothing to compare."""
    low, high = ends(claims(figure))
    if low == high:
        return None
    scale = (100 - 2 * EDGE) / (high - low)
    free: list[float] = []
    placed: list[tuple[Mark, int]] = []
    for claim in sorted(claims(figure), key=lambda each: (each.low, each is not figure.said)):
        start = EDGE + (claim.low - low) * scale
        end = EDGE + ((claim.high or claim.low) - low) * scale
        is_open = claim.high is None
        reach = min(max(end, start + OPEN) if is_open else end, 100 - EDGE)
        level = next((place for place, limit in enumerate(free) if limit <= start), len(free))
        free[level : level + 1] = [reach + ROOM]
        mark = Mark(start=round(start, 2), end=round(reach, 2), y=0, said=claim is figure.said, open=is_open)
        placed.append((mark, level))
    height = BASE * 2 + LEVEL * (len(free) - 1)
    marks = tuple(dataclasses.replace(mark, y=round(height - BASE - LEVEL * level, 4)) for mark, level in placed)
    return Strip(low=low, high=high, height=height, marks=marks)
