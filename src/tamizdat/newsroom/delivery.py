"""
A delivery: the parts of one set as they were handed in, with what waited of it, received as far as they go.

It judges nothing itself: carry/keyed.py finds what is true, intake.py stores it, gathered.py keeps what is not
enough yet.
"""

from __future__ import annotations

import contextlib
import dataclasses

from collections.abc import Callable, Sequence
from typing import BinaryIO

from tamizdat.carry import keyed
from tamizdat.carry.join import Joiner
from tamizdat.carry.keyed import Keyed
from tamizdat.carry.scan import Scan, scan
from tamizdat.carry.survey import Survey, choose, judge
from tamizdat.field import salvage
from tamizdat.field.sealing import Begin, at_once
from tamizdat.newsroom import gathered
from tamizdat.newsroom.arrival import Arrival
from tamizdat.newsroom.house import House
from tamizdat.newsroom.intake import Intake, Progress
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.errors import FormatError, ShortError, TamizdatError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A file that was handed in: its bytes, what to call it, and whether it lies in the newsroom and stays there."""

    stream: BinaryIO
    name: str
    own: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What became of a delivery.

    Attributes:
        arrivals: What was received: one, unless a forger put a sealed file of his own into the same set.

        error: Why nothing, or not all of it, was received.

        kept: How many packets were kept until the rest comes; the media they came on can leave.
    """

    arrivals: tuple[Arrival, ...]
    error: TamizdatError | None = None
    kept: int = 0


def receive(
    house: House,
    keys: Keys,
    set_id: bytes,
    handed: Sequence[Handed],
    *,
    partial: bool,
    progress: Progress,
    begin: Begin = at_once,
) -> Outcome:
    """Receive a set; *partial*: what is whole of it, where the rest will never come. *progress*, *begin*: as `Intake`."""
    with contextlib.ExitStack() as stack:
        waiting = [
            Handed(stream=stack.enter_context(house.root.open(name)), name=f"{name} (brought before)", own=True)
            for name in gathered.names(house, set_id)
        ]
        delivery = _Delivery(house, keys, set_id, [*handed, *waiting])
        return delivery.receive(partial=partial, new=lambda: Intake(house, keys, progress, begin))


class _Delivery:
    def __init__(self, house: House, keys: Keys, set_id: bytes, handed: Sequence[Handed]) -> None:
        self._house = house
        self._keys = keys
        self._set_id = set_id
        self._handed = handed
        self._streams = [one.stream for one in handed]
        self._names = [one.name for one in handed]
        self._label = handed[0].name.encode("utf-8", "surrogateescape")

    def receive(self, *, partial: bool, new: Callable[[], Intake]) -> Outcome:
        scans = [scan(stream) for stream in self._streams]
        try:
            found = keyed.find(self._streams, self._names, self._keys.identities, set_id=self._set_id, scans=scans)
        except ShortError as error:
            kept = self._keep(scans, None)
            return Outcome(arrivals=(), error=self._short(error, self._survey(scans), None), kept=kept)
        except FormatError as error:
            if error.code != "age-header":
                raise
            # An armored file, say: it is joined as anybody joins it.
            joiner = Joiner(self._streams, self._names, set_id=self._set_id)
            return Outcome(arrivals=(new().sealed(joiner.open(), self._label),))
        arrivals: list[Arrival] = []
        failed: TamizdatError | None = None
        kept = 0
        for one in found:
            try:
                arrivals.append(self._one(new(), one, partial=partial))
            except ShortError as error:
                kept += self._keep(scans, one)
                failed = failed or self._short(error, self._survey(scans), one)
            except TamizdatError as error:
                failed = failed or error
        if any(not arrival.faults for arrival in arrivals) and failed is None:
            gathered.clear(self._house, self._set_id)
        return Outcome(arrivals=tuple(arrivals), error=failed, kept=kept)

    def _one(self, intake: Intake, found: Keyed, *, partial: bool) -> Arrival:
        short = not found.complete or found.missing()
        if short and not partial:
            raise found.short()
        if not short:
            try:
                return intake.joined(found, self._label)
            except ShortError:
                if not partial:
                    raise
        return intake.partial(found)

    def _survey(self, scans: Sequence[Scan]) -> Survey:
        return judge(choose(scans, self._names, self._set_id), scans, self._names)

    def _keep(self, scans: Sequence[Scan], found: Keyed | None) -> int:
        """Keep what is good of the parts that lie outside the newsroom."""
        guests = [number for number, one in enumerate(self._handed) if not one.own]
        taken = gathered.take(
            self._house,
            self._set_id,
            [self._streams[number] for number in guests],
            [scans[number] for number in guests],
            tag_key=found.tag_key if found is not None else None,
        )
        return taken.packets

    def _short(self, error: ShortError, survey: Survey, found: Keyed | None) -> ShortError:
        liars = {number for liar in found.liars for number in liar.parts} if found is not None else set()
        here = len(set(survey.present) - liars)
        more = max(1, survey.missing_parts, survey.need - here)
        if here < survey.need:
            verb = "is" if here == 1 else "are"
            what = f"{here} of the {survey.need} needed parts {verb} here, {survey.need - here} more to bring"
        else:
            what = f"{here} parts are here, with too little whole in the same places: {more} more to bring"
        mend = f"Bring {more} more, other than these; damaged ones may do."
        lines = error.faults
        if found is not None:
            with contextlib.suppress(FormatError):
                whole = sum(1 for _ in salvage.entries(salvage.count(found)))
                if whole:
                    what += f"; {_files(whole)} could be had already"
                    mend = f"Bring {more} more; if nothing more will come, use --partial."
        return ShortError(error.code, what, mend=mend, faults=lines)


def _files(count: int) -> str:
    return "1 whole file" if count == 1 else f"{count} whole files"
