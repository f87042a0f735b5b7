"""
Condition: in what state each file, card or medium is, and what would help. It does NOT join. docs/spec/part.md, "Reading".

All numbers of parts and volumes in it are for people: they begin with 1.
"""

from __future__ import annotations

import dataclasses
import enum

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tamizdat.carry.scan import Group, Scan
from tamizdat.carry.survey import Plan, Survey, choose, judge


MOST_SETS: Final = 8  # told of; a hostile file may hold packets of any number
_TRACE: Final = 50  # a set with less than this fraction of a file's packets is a remnant of something older


class Where(enum.Enum):
    """Which of a part's rows are lost."""

    NOTHING = "nothing"
    BEGINNING = "beginning"
    END = "end"
    BOTH = "both ends"
    MIDDLE = "one stretch"
    SCATTERED = "many places"
    UNKNOWN = "its length is not known"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """
    What a file holds of one part of one volume.

    Attributes:
        whole: How many rows can be used, of *expected*, which is None while nobody says the length.

        places: How many stretches are lost.
    """

    part: int
    volume: int
    whole: int
    expected: int | None
    where: Where
    places: int

    @property
    def share(self) -> float | None:
        """Which share of it can be used."""
        return None if not self.expected else self.whole / self.expected


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    What one file is, as far as one dossier is concerned.

    Attributes:
        source: Which of the files, from 0.

        main: Most of what is in it belongs to this dossier.

        same_as: The number of an earlier file that holds the same part of the same volume.
    """

    source: int
    pieces: tuple[Piece, ...]
    main: bool
    same_as: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """
    What is here of one dossier.

    Attributes:
        rebuilt: Which share of it can be rebuilt now; None while nobody says its length.

        useless: Parts that need not be brought again, because they are here.

        remnant: No file is mostly this dossier's: what is left of an older one, as a rule.
    """

    survey: Survey
    plan: Plan
    states: tuple[State, ...]
    rebuilt: float | None
    useless: tuple[int, ...]
    remnant: bool


def dossiers(scans: Sequence[Scan], names: Sequence[str]) -> tuple[list[Dossier], int]:
    """Sort what was found by dossier, the largest first; give them, and of how many more there are mere traces."""
    votes: Counter[bytes] = Counter()
    every: set[bytes] = set()
    for scan in scans:
        votes += _votes(scan)
        every |= _mains(scan)
    order = sorted(votes, key=lambda set_id: (set_id not in every, -votes[set_id], set_id))
    made = [dossier(scans, names, set_id) for set_id in order[:MOST_SETS]]
    return made, len(order) - len(made)


def dossier(scans: Sequence[Scan], names: Sequence[str], set_id: bytes) -> Dossier:
    """
    Say what is here of one dossier.

    Raises:
        ShortError: There is nothing of it.
    """
    plan = choose(scans, names, set_id)
    survey = judge(plan, scans, names)
    holders: dict[tuple[int, int], int] = {}
    states = []
    for source, scan in enumerate(scans):
        groups = sorted(
            (group for group in scan.groups.values() if group.shape == plan.shape),
            key=lambda group: (group.volume, group.index),
        )
        if not groups:
            continue
        first = holders.get((groups[0].volume, groups[0].index)) if len(groups) == 1 else None
        for group in groups:
            holders.setdefault((group.volume, group.index), source)
        pieces = tuple(piece(plan, group) for group in groups)
        states.append(State(source=source, pieces=pieces, main=set_id in _mains(scan), same_as=first))
    return Dossier(
        survey=survey,
        plan=plan,
        states=tuple(states),
        rebuilt=_rebuilt(plan, survey),
        useless=_useless(plan, survey),
        remnant=not any(state.main for state in states),
    )


def _votes(scan: Scan) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for group in scan.groups.values():
        found[group.shape.set_id] += group.whole
    return found


def _mains(scan: Scan) -> set[bytes]:
    """Give the dossiers a file is of: a trace of another on the same card does not count."""
    found = _votes(scan)
    most = max(found.values(), default=0)
    return {set_id for set_id, count in found.items() if count * _TRACE >= most}


def piece(plan: Plan, group: Group) -> Piece:
    """Say what a file holds of one part of one volume, and where it is damaged."""
    rows = plan.rows(group.volume)
    whole = group.spans.count(rows)
    holes: list[tuple[int, int]] = []
    if rows is not None:
        at = 0
        for first, stop, _ in group.spans.pieces(0, rows):
            if first > at:
                holes.append((at, first))
            at = max(at, stop)
        if at < rows:
            holes.append((at, rows))
    return Piece(
        part=group.index + 1,
        volume=group.volume + 1,
        whole=whole,
        expected=rows,
        where=Where.UNKNOWN if rows is None else _where(holes, rows),
        places=len(holes),
    )


def _where(holes: list[tuple[int, int]], rows: int) -> Where:
    if not holes:
        return Where.NOTHING
    starts, ends = holes[0][0] == 0, holes[-1][1] == rows
    if len(holes) == 1:
        return Where.BEGINNING if starts else Where.END if ends else Where.MIDDLE
    return Where.BOTH if len(holes) == 2 and starts and ends else Where.SCATTERED


def _rebuilt(plan: Plan, survey: Survey) -> float | None:
    if plan.all_rows is None:
        return None
    good = sum((found.rows or 0) - found.missing_rows for found in survey.volumes)
    return good / plan.all_rows


def _useless(plan: Plan, survey: Survey) -> tuple[int, ...]:
    """A part that lacks all that is short helps when it is brought again, whole; any other that is here does not."""
    if survey.enough:
        return survey.present
    if survey.volume_count is None or len(survey.volumes) < survey.volume_count:
        return ()  # of something there is nothing yet, and there any part helps
    wanted = set(survey.present)
    for found in survey.volumes:
        if sum(last - first + 1 for first, last in found.missing) < found.missing_rows:
            return survey.present  # there are more holes than are named
        for _, group in plan.groups[found.volume - 1]:
            if any(group.spans.pieces(first, last + 1) for first, last in found.missing):
                wanted.discard(group.index + 1)
    return tuple(number for number in survey.present if number not in wanted)
