"""
Scheduled fixity: the vault read a little at a time, oldest check first, by a run that needs no key and no person.

What was checked when is noted per bucket of the vault (the first three digits of an object's place), so that the note
stays small however large the vault is. It is NOT evidence: whoever can write in the newsroom's folder can write the
note. docs/spec/vault.md, "Fixity".
"""

from __future__ import annotations

import dataclasses
import itertools
import json

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from tamizdat.newsroom import objects
from tamizdat.newsroom.house import VAULT, House
from tamizdat.newsroom.staging import SPOOL
from tamizdat.primitives.errors import AdapterError, Fault
from tamizdat.primitives.stores import read
from tamizdat.record.vault import Vault, buckets


NOTE: Final = "desk/fixity.json"
BUSY: Final = ".busy"
MAX_NOTE: Final = 4 << 20
MAX_FAULTS: Final = 1000
MAX_PLACE: Final = 200
DAY: Final = 86_400
AGAIN: Final = 16
_EVERY_BYTES: Final = 256 << 20
_EVERY_SECONDS: Final = 5
_DAMAGED: Final = "Restore this folder from a backup; what was damaged is read again first."
_MISSING: Final = "Restore this object from a backup: its key is here, and its bytes are not."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """
    How much a run may do; it ends behind the object with which it reaches one of these.

    Attributes:
        size, count, seconds: Bytes, objects, time; 0 is no bound.

        every: Seconds after which an object is due again; 0: at once.

        anew: Begin anew, whatever was checked before.
    """

    size: int = 0
    count: int = 0
    seconds: int = 0
    every: int = 0
    anew: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What a run found.

    Attributes:
        checked: Objects, *size* bytes read.

        due: Objects that are due and were not reached.

        oldest: The longest ago that an object was checked, in seconds since 1970; None where one never was.

        faults: All that is damaged or missing, from earlier runs too; at most 1,000 objects are named, *more* are not.
    """

    checked: int
    size: int
    due: int
    oldest: int | None
    faults: tuple[Fault, ...]
    more: int = 0


@dataclasses.dataclass(slots=True)
class Note:
    """
    What earlier runs checked.

    Attributes:
        buckets: For each bucket in which there were objects: when it was last checked to its end (0: never), and how
            many objects it had.

        bucket, place: Where the last run stopped: within this bucket, behind this place; empty where between two.

        damaged: Places of objects that were damaged when they were last read.
    """

    buckets: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    bucket: str = ""
    place: str = ""
    damaged: list[str] = dataclasses.field(default_factory=list)


def write(note: Note) -> bytes:
    """Write the note as JSON, keys sorted."""
    return (json.dumps(dataclasses.asdict(note) | {"version": 1}, sort_keys=True) + "\n").encode("ascii")


def read_note(raw: bytes) -> Note:
    """Read a note; one that is not as `write` writes it says that nothing was checked."""
    try:
        said = json.loads(raw)
        made = Note(
            buckets={_bucket(name): (_whole(when), _whole(count)) for name, (when, count) in said["buckets"].items()},
            bucket=said["bucket"] and _bucket(said["bucket"]),
            place=said["place"] and _place(said["place"]),
            damaged=[_place(place) for place in said["damaged"][:MAX_FAULTS]],
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Note()
    return made if write(made) == raw else Note()


class _Run:
    """One run."""

    def __init__(self, house: House, bounds: Bounds, progress: Callable[[int], None]) -> None:
        self.house = house
        self.vault: Vault = house.vault()
        self.bounds = bounds
        self.progress = progress
        self.note = Note() if bounds.anew else read_note(read(house.root, NOTE, MAX_NOTE) or b"")
        self.begun = house.clock.now()
        self.checked = self.size = self.more = 0
        self.faults: list[Fault] = []
        self.before = (0, 0)
        self.saved = (0, self.begun)

    def look(self) -> None:
        """See which buckets there are; how many objects one has is counted once, and when it is checked."""
        root = self.house.root
        there = {
            bucket: self.note.buckets.get(bucket) or (0, sum(1 for _ in self.vault.objects(bucket)))
            for bucket in buckets()
            if next(iter(root.names(f"{VAULT}/{bucket}")), None) is not None
        }
        self.note.buckets = there

    def again(self) -> None:
        """Read some of what was damaged once more: it may have been restored. It takes nothing from the others' bounds."""
        for at in self.note.damaged[:AGAIN]:
            if self._spent():
                break
            self.note.damaged.remove(at)
            files = self.vault.files(at)
            if files and self._one(at, files):  # of what is gone its key tells
                self.note.damaged.append(at)
        self.before = (self.checked, self.size)

    def go(self) -> None:
        """Read what is due, the oldest first, until a bound is reached."""
        since = self.begun - self.bounds.every if self.bounds.every else self.begun
        order = sorted(self.note.buckets, key=lambda name: (name != self.note.bucket, self.note.buckets[name][0], name))
        for bucket in order:
            if bucket != self.note.bucket:
                if self.note.buckets[bucket][0] > since:
                    continue
                self.note.bucket, self.note.place = bucket, ""
            if not self._bucket(bucket):
                return

    def missing(self) -> None:
        """See that every object of which there is a key is there; this opens no object."""
        for fault in missing(self.house):
            self.found([fault])

    def save(self) -> None:
        """Bring the note to the disk."""
        try:
            self.house.root.put(NOTE, [write(self.note)])
        except AdapterError:
            # A copy on a disk that cannot be written to is checked all the same; what is to go on must be noted.
            if not self.bounds.anew:
                raise
        self.saved = (self.size, self.house.clock.now())

    def report(self) -> Report:
        """Say what was found, and what earlier runs found that was not read now."""
        said = {fault.where for fault in self.faults}
        for at in self.note.damaged:
            if not any(where.startswith(f"{VAULT}/{at}") for where in said):
                what = "it was damaged when it was last read"
                self.found([Fault(code="vault-damaged", where=f"{VAULT}/{at}", what=what, mend=_DAMAGED)])
        since = self.begun - self.bounds.every if self.bounds.every else self.begun - 1
        times = [when for when, _ in self.note.buckets.values()]
        return Report(
            checked=self.checked,
            size=self.size,
            due=max(0, sum(count for when, count in self.note.buckets.values() if when <= since) - self._done()),
            oldest=min(times, default=self.begun) or None,
            faults=tuple(self.faults),
            more=self.more,
        )

    def found(self, faults: list[Fault]) -> None:
        """Take up faults; so many of them that memory stays flat."""
        room = max(0, MAX_FAULTS - len(self.faults))
        self.faults += faults[:room]
        self.more += len(faults[room:])

    def _bucket(self, bucket: str) -> bool:
        """Read on in one bucket; False where a bound was reached before its end."""
        count = 0
        for at, files in self.vault.objects(bucket):
            count += 1
            if at <= self.note.place:
                continue
            if self._spent():
                return False
            self._keep(at, damaged=self._one(at, files))
            self.note.place = at
            size, when = self.saved
            if self.size - size >= _EVERY_BYTES or self.house.clock.now() - when >= _EVERY_SECONDS:
                self.save()
        self.note.buckets[bucket] = (self.begun, count)
        self.note.bucket = self.note.place = ""
        return True

    def _keep(self, at: str, *, damaged: bool) -> None:
        known = at in self.note.damaged
        if known and not damaged:
            self.note.damaged.remove(at)
        elif damaged and not known and len(self.note.damaged) < MAX_FAULTS:
            self.note.damaged.append(at)

    def _one(self, at: str, files: list[str]) -> bool:
        """Read one object; True where it is damaged. One that is just being written is none."""
        found = self.vault.check(at, files, self._read)
        if found and self.vault.files(at) != files:
            found = self.vault.check(at, self.vault.files(at), self._read)
        if read(self.house.root, BUSY, 1) is not None:
            # A command is at work, or was killed: what it has begun, it or the next one finishes.
            found = [fault for fault in found if fault.code != "vault-unfinished"]
        self.checked += 1
        self.found(found)
        return bool(found)

    def _read(self, count: int) -> None:
        self.size += count
        self.progress(count)

    def _spent(self) -> bool:
        bounds = self.bounds
        checked, size = (now - before for now, before in zip((self.checked, self.size), self.before, strict=True))
        late = bounds.seconds and self.house.clock.now() - self.begun >= bounds.seconds
        full = bounds.size and size >= bounds.size
        return bool(checked and (late or full or (bounds.count and checked >= bounds.count)))

    def _done(self) -> int:
        """Count what was read already of the bucket in which the run stopped."""
        if not self.note.place:
            return 0
        return sum(1 for _ in itertools.takewhile(lambda at: at <= self.note.place, self._places()))

    def _places(self) -> Iterator[str]:
        return (at for at, _ in self.vault.objects(self.note.bucket))


def run(house: House, bounds: Bounds, progress: Callable[[int], None] = lambda _: None) -> Report:
    """
    Check the vault as far as *bounds* let, and note how far; a kill costs what was read in the last seconds.

    *progress* is told the bytes read.

    Raises:
        AdapterError: The disk would not do it.
    """
    one = _Run(house, bounds, progress)
    one.look()
    try:
        one.found(list(one.vault.check_root()))
        one.again()
        one.go()
    finally:
        one.save()
    one.missing()
    return one.report()


def look_at(house: House, places: Iterable[str], progress: Callable[[int], None] = lambda _: None) -> tuple[Fault, ...]:
    """
    Check the objects at these places and those that were damaged when they were last read; note which are damaged now.

    What is missing is told too. *progress* is told the bytes read.

    Raises:
        AdapterError: The disk would not do it.
    """
    vault, note = house.vault(), read_note(read(house.root, NOTE, MAX_NOTE) or b"")
    before, faults = list(note.damaged), []
    for at in sorted({*places, *before}):
        files = vault.files(at)
        found = vault.check(at, files, progress) if files else []
        faults += found
        if not found and at in note.damaged:
            note.damaged.remove(at)
        elif found and at not in note.damaged and len(note.damaged) < MAX_FAULTS:
            note.damaged.append(at)
    if note.damaged != before:
        house.root.put(NOTE, [write(note)])
    return (*faults, *missing(house))


def missing(house: House) -> Iterator[Fault]:
    """See that every object of which there is a key is there; this opens no object."""
    vault = house.vault()
    for ident in (name.split("/")[-2] for name in house.root.names(objects.KEYS) if name.endswith("/key.age")):
        if not vault.has(ident) and read(house.root, f"{SPOOL}/{ident}", 1) is None:
            what = "it is not in the vault"
            yield Fault(code="vault-missing", where=f"object {ident}", what=what, mend=_MISSING)


def _bucket(name: Any) -> str:
    if not isinstance(name, str) or len(name) != 3 or not set(name) <= set("0123456789abcdef"):
        raise ValueError
    return name


def _place(place: Any) -> str:
    # It leads into the vault and nowhere else.
    good = isinstance(place, str) and place.isascii() and 0 < len(place) <= MAX_PLACE
    if not good or {"", ".", ".."} & set(place.split("/")):
        raise ValueError
    return str(place)


def _whole(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError
    return number
