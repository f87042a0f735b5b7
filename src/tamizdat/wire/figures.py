"""
What stands beside a passage: one note for each measure it speaks of, and one strip with every claim on it.

It gathers and draws; it never averages, ranks or leaves out a claim.
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    One thing that is counted ("civilians killed"), with every claim on it.

    Attributes:
        number: Its place among the story's measures, from 1: the anchor of its table.

        figures: Those of the story's figures that are of this measure.

        claims: Every claim on it, each once, in the ledger's order.
    """

    number: int
    name: str
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """
    What one passage says on one measure.

    Attributes:
        figures: The figures that the passage is the first to say.

        rivals: Every claim on the measure that the passage does not say.

        whole: Whether the rivals are listed here: not where an earlier note lists them.
    """

    measure: Measure
    figures: tuple[Figure, ...]
    rivals: tuple[Claim, ...]
    whole: bool


def measures(figures: Sequence[Figure]) -> tuple[Measure, ...]:
    """Gather a story's figures by what they count, in the order of its head."""
    gathered: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        gathered.setdefault((figure.said.measure, figure.said.unit), []).append(figure)
    return tuple(
        Measure(number=number, name=name, figures=tuple(same), claims=_union(same))
        for number, ((name, _), same) in enumerate(gathered.items(), start=1)
    )


def notes(fresh: Sequence[Figure], known: Sequence[Measure], shown: Sequence[Measure]) -> tuple[Note, ...]:
    """Make a passage's notes, one for each measure; a measure that was *shown* in full is not listed again."""
    found: list[Note] = []
    for measure in known:
        own = tuple(figure for figure in fresh if figure in measure.figures)
        if own:
            said = [figure.said for figure in own]
            rivals = tuple(claim for claim in measure.claims if claim not in said)
            found.append(Note(measure=measure, figures=own, rivals=rivals, whole=measure not in shown))
    return tuple(sorted(found, key=lambda note: fresh.index(note.figures[0])))


def differ(all_claims: Sequence[Claim]) -> bool:
    """Say whether the sources give more than one figure."""
    return len({(claim.low, claim.high) for claim in all_claims}) > 1


def ends(all_claims: Sequence[Claim]) -> tuple[int, int]:
    """Give the lowest and the highest figure that any of them names."""
    return min(claim.low for claim in all_claims), max(claim.high or claim.low for claim in all_claims)


def strip(measure: Measure, figures: Sequence[Figure]) -> Strip | None:
    """Lay all claims out, those that *figures* say marked; None where there is nothing to compare."""
    low, high = ends(measure.claims)
    if low == high:
        return None
    said = [figure.said for figure in figures]
    scale = (100 - 2 * EDGE) / (high - low)
    free: list[float] = []
    placed: list[tuple[Mark, int]] = []
    for claim in sorted(measure.claims, key=lambda each: (each.low, each not in said)):
        start = EDGE + (claim.low - low) * scale
        end = EDGE + ((claim.high or claim.low) - low) * scale
        is_open = claim.high is None
        reach = min(max(end, start + OPEN) if is_open else end, 100 - EDGE)
        level = next((place for place, limit in enumerate(free) if limit <= start), len(free))
        free[level : level + 1] = [reach + ROOM]
        mark = Mark(start=round(start, 2), end=round(reach, 2), y=0, said=claim in said, open=is_open)
        placed.append((mark, level))
    height = BASE * 2 + LEVEL * (len(free) - 1)
    marks = tuple(dataclasses.replace(mark, y=round(height - BASE - LEVEL * level, 4)) for mark, level in placed)
    return Strip(low=low, high=high, height=height, marks=marks)


def _union(figures: Sequence[Figure]) -> tuple[Claim, ...]:
    every = {claim for figure in figures for claim in (figure.said, *figure.rivals)}
    return tuple(sorted(every, key=lambda claim: (claim.ledger, claim.line)))
