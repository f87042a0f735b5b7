"""
What each batch on the public record needs to be shown later: its place there, and the record's state when it was new.

All of it is public already; it is kept so that a proof finds its batch and the earliest signatures over it without
reading the record or the sealed maps. What is in a batch is not known here (newsroom/sidecars.py opens the maps).
"""

from __future__ import annotations

import bisect
import dataclasses
import json

from collections.abc import Iterator
from typing import Any, Final

from tamizdat.newsroom.house import House
from tamizdat.primitives import note
from tamizdat.primitives.stores import read
from tamizdat.record import entry as entries
from tamizdat.record.entry import BatchEntry
from tamizdat.record.log import LogReader


FOLDER: Final = "desk/ticks"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """
    One batch on the record.

    Attributes:
        root: The batch's, 32 bytes.

        entry: Its place on the record, from 0.

        made: When it was written, in seconds since 1970 by this machine's clock.

        checkpoint: The first signed state of the record that was kept with it in, and whoever cosigned that.
    """

    root: bytes
    entry: int
    made: int
    checkpoint: bytes


def keep(house: House, reader: LogReader) -> None:
    """
    Keep the newest batch; where it was kept, only what more was signed under the same state of the record.

    A kill before this loses nothing: the next run keeps it.
    """
    raw, newest = reader.checkpoint(), place_of_newest(reader)
    if newest is None:
        return
    place, found = newest
    name = f"{FOLDER}/{place:012}.json"
    before = _read(house, name)
    if before is None:
        made = Tick(root=found.root, entry=place, made=house.clock.now(), checkpoint=raw)
    elif before.checkpoint != raw and note.read(before.checkpoint).text == note.read(raw).text:
        made = dataclasses.replace(before, checkpoint=raw)
    else:
        return
    said: dict[str, Any] = {"batch": made.root.hex(), "checkpoint": made.checkpoint.decode(), "made": made.made}
    house.root.put(name, [json.dumps(said, sort_keys=True).encode("ascii")])


def place_of_newest(reader: LogReader) -> tuple[int, BatchEntry] | None:
    """Find the newest batch, and its place on the record, counted from 0 as readers are told it."""
    for back, told in enumerate(reader.newest_first()):
        found = entries.read(told)
        if isinstance(found, BatchEntry):
            return reader.size - 1 - back, found
    return None


class Ticks:
    """All that were kept, in the record's order; each is read when it is wanted."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._names = sorted(house.root.names(FOLDER))

    def since(self, time: int) -> Iterator[Tick]:
        """Give those made at *time* or later, then, for clocks are set back too, those before, the newest first."""
        start = bisect.bisect_left(self._names, time, key=lambda name: self._at(name).made)
        yield from map(self._at, self._names[start:])
        yield from map(self._at, reversed(self._names[:start]))

    def after(self, tick: Tick) -> Iterator[Tick]:
        """Give *tick* and those that followed it."""
        start = bisect.bisect_left(self._names, f"{FOLDER}/{tick.entry:012}.json")
        yield from map(self._at, self._names[start:])

    def _at(self, name: str) -> Tick:
        found = _read(self._house, name)
        if found is None:
            raise FileNotFoundError(name)
        return found


def _read(house: House, name: str) -> Tick | None:
    raw = read(house.root, name)
    if raw is None:
        return None
    told = json.loads(raw)
    place = int(name.rpartition("/")[2].removesuffix(".json"))
    return Tick(
        root=bytes.fromhex(told["batch"]), entry=place, made=told["made"], checkpoint=told["checkpoint"].encode()
    )
