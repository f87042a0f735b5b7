"""
The desk's catalogue made anew from the vault and the keys alone: which arrivals there were, and which object holds which bytes.

It brings back desk/arrivals and desk/index. It does NOT bring back what no object's metadata holds: arrivals in which
every file was refused or every object destroyed, what waits for the public record, and the private maps of its lines.
docs/spec/vault.md, "Rebuilding".
"""

from __future__ import annotations

import dataclasses

from collections.abc import Callable
from typing import Final

from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import custody, objects, tombstone
from tamizdat.newsroom.arrival import Arrival, Item
from tamizdat.newsroom.custody import ARRIVALS
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import Fault, TamizdatError
from tamizdat.primitives.stores import read
from tamizdat.record.vault import TOMBSTONE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """
    What came back.

    Attributes:
        objects: How many originals are known and can be opened. *arrivals*: how many records of arrivals stand now.

        kept: Of these, how many no object speaks of: they stood there before, and stay.

        buried: Objects whose key was destroyed, as their tombstones say.

        faults: Objects that could not be taken up: no key and no tombstone, no metadata, or damaged.
    """

    objects: int
    arrivals: int
    kept: int
    buried: int
    faults: tuple[Fault, ...]


# No fault of an object: nothing can be written here, of none.
_NO_WAY: Final = {"disk-full", "disk-denied", "disk-file-limit"}


class _Rebuilding:
    """One run."""

    def __init__(self, house: House, keys: Keys) -> None:
        self.house = house
        self.keys = keys
        self.pieces: dict[str, list[Arrival]] = {}
        self.gone: dict[str, list[Item]] = {}
        self.index: set[str] = set()
        self.buried = 0
        self.faults: list[Fault] = []

    def look(self, ident: str) -> None:
        """Take up what one object says."""
        if read(self.house.root, objects.key_file(ident), 1) is None:
            raw = self.house.vault().read(ident, TOMBSTONE)
            if raw is None:
                self._say("object-keyless", ident, "it has no key here, and no tombstone says that it was destroyed")
                return
            found = tombstone.read(age.open_(raw, self.keys.identities))
            self.buried += 1
            for arrival, number, outcome in found.places:
                self.gone.setdefault(arrival, []).append(found.item(number, outcome))
            return
        crate = custody.crate(self.house, self.keys, ident)
        if crate is None:
            self._say("object-undescribed", ident, "an older version stored it, and the vault says nothing of it")
            return
        objects.remember(self.house, self.keys, crate.sha256, ident)
        self.index.add(objects.index_file(self.keys, crate.sha256))
        for one in crate.custody:
            self.pieces.setdefault(one.arrival, []).append(records.read(one.record.encode("ascii", "replace")))

    def write(self, ident: str) -> None:
        """Put one arrival's record together, and keep it."""
        name = f"{ARRIVALS}/{ident}.age"
        sealed = read(self.house.root, name)
        before = records.read(age.open_(sealed, self.keys.identities)) if sealed is not None else None
        made = _joined(self.pieces[ident], self.gone.get(ident, ()), before)
        if made != before:
            self.house.root.put(name, [age.seal(records.write(made), self.keys.own_recipients, self.house.entropy)])

    def tidy(self) -> None:
        """Drop from the index what leads to no object that can be opened."""
        for name in list(self.house.root.names(objects.INDEX)):
            ident = (read(self.house.root, name, 64) or b"").decode("ascii", "replace")
            held = objects.ID.fullmatch(ident) and self.house.vault().has(ident)
            if name not in self.index and not (held and read(self.house.root, objects.key_file(ident), 1)):
                self.house.root.drop(name)

    def _say(self, code: str, ident: str, what: str) -> None:
        mend = "Restore keys/objects, desk/arrivals or this object from a backup, then rebuild again."
        self.faults.append(Fault(code=code, where=f"object {ident}", what=what, mend=mend))


def rebuild(house: House, keys: Keys, progress: Callable[[int], None] = lambda _: None) -> Rebuilt:
    """
    Make desk/arrivals and desk/index anew; what stands there and no object speaks of stays.

    It can be run again at any time, and after a kill. *progress* is told of each object.

    Raises:
        AdapterError: Nothing can be written.
    """
    run = _Rebuilding(house, keys)
    count = 0
    for ident in house.vault().ids():
        try:
            before = len(run.index)
            run.look(ident)
            count += len(run.index) - before
        except (TamizdatError, FileNotFoundError) as error:
            if getattr(error, "code", "") in _NO_WAY:
                raise
            mend = getattr(error, "mend", "Restore this object from a backup.")
            run.faults.append(Fault(code="object-damaged", where=f"object {ident}", what=str(error), mend=mend))
        progress(1)
    for arrival in run.pieces:
        run.write(arrival)
    run.tidy()
    names = {name.rpartition("/")[2].removesuffix(".age") for name in house.root.names(ARRIVALS)}
    return Rebuilt(
        objects=count,
        arrivals=len(names),
        kept=len(names - run.pieces.keys()),
        buried=run.buried,
        faults=tuple(run.faults),
    )


def _joined(pieces: list[Arrival], gone: list[Item] | tuple[Item, ...], before: Arrival | None) -> Arrival:
    # A tombstone is believed over the desk's record, which may be an old copy, and an object that is here over both: the
    # same dossier came again after all of it was destroyed.
    items = {item.number: item for item in before.items} if before else {}
    items |= {item.number: item for item in gone}
    for piece in pieces:
        items |= {item.number: item for item in piece.items}
    # What belongs to no object stands in one of the pieces; the others are silent about it.
    full = max(
        [*pieces, *([before] if before else [])], key=lambda one: len(one.left_out) + len(one.faults) + len(one.forged)
    )
    return dataclasses.replace(
        pieces[0],
        items=tuple(item for _, item in sorted(items.items())),
        left_out=full.left_out,
        faults=full.faults,
        forged=full.forged,
    )
