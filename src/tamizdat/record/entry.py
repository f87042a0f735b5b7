"""
Public entries: what one line of the public record says, and what it must never say.

An entry names no person, file or title: a batch's root, or a salted hash of a text that lives
elsewhere and can be removed there. The format, and the rules of slots, are docs/spec/entry.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Iterator
from typing import Final, NoReturn

from tamizdat.primitives import digest
from tamizdat.primitives.errors import AdapterError, Fault, FormatError, TrustError
from tamizdat.primitives.text import decimal, instant, read_instant, rebase64, unbase64


SPEC: Final = "tamizdat-entry-v1"
BATCH: Final = "batch"
KINDS: Final = ("edition", "correction", "withdrawal", "key")
HASH_LENGTH: Final = 32
SALT_LENGTH: Final = 32
MAX_LENGTH: Final = 512
MAX_NUMBER: Final = (1 << 53) - 1  # what every JSON reader can hold
DAY: Final = 86_400
# The last slot ends before the year 10000, where times no longer have one width.
MAX_TIME: Final = 253_402_300_800


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """
    A stretch of time that has one batch.

    Attributes:
        number: Which one, counted from 1970-01-01T00:00:00Z in slots of this length.

        seconds: How long slots are, at most a year.
    """

    number: int
    seconds: int = DAY

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= 366 * DAY or self.number < 0 or self.end > MAX_TIME:
            _flaw("entry-slot", f"there is no slot {self.number} of {self.seconds} seconds")

    @property
    def start(self) -> int:
        """Its first second."""
        return self.number * self.seconds

    @property
    def end(self) -> int:
        """The first second after it."""
        return self.start + self.seconds


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A slot whose batch is due, and how many before it had none."""

    slot: Slot
    missed: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    The public word on an edition, a correction, a withdrawal or a change of keys.

    Attributes:
        kind: One of `KINDS`.

        sequence: Which of its kind, from 1, none left out.

        text_hash: `text_hash` of the text it stands for.
    """

    kind: str
    sequence: int
    text_hash: bytes

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            _flaw("entry-kind", f"{self.kind[:40]!r} is no kind of entry with a text")
        _check_number("sequence", self.sequence, 1)
        _check_hash(self.text_hash)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BatchEntry:
    """
    The public word on one slot's arrivals, alike whether there were any or none.

    Attributes:
        sequence: Which batch, from 1, none left out.

        slot: The stretch of time it was made in.

        missed: How many slots since the last batch had none.

        root: The batch's root (record/batch.py).
    """

    sequence: int
    slot: Slot
    missed: int
    root: bytes

    kind = BATCH

    def __post_init__(self) -> None:
        _check_number("sequence", self.sequence, 1)
        _check_number("missed", self.missed, 0)
        if self.missed > self.slot.number:
            _flaw("entry-number", f"{self.missed} slots cannot have been missed before slot {self.slot.number}")
        _check_hash(self.root)


def write(entry: Entry | BatchEntry) -> bytes:
    """Write an entry."""
    head = f"{SPEC}\nkind: {entry.kind}\nsequence: {entry.sequence}\n"
    if isinstance(entry, Entry):
        return f"{head}text-hash: {rebase64(entry.text_hash)}\n".encode()
    slot = f"slot: {instant(entry.slot.start)} {entry.slot.seconds}\n"
    return f"{head}{slot}missed: {entry.missed}\nroot: {rebase64(entry.root)}\n".encode()


def read(raw: bytes) -> Entry | BatchEntry:
    """
    Read what `write` writes, and nothing else.

    Raises:
        FormatError: ``entry-length``, ``entry-magic``, ``entry-line``, ``entry-kind``, ``entry-number``,
            ``entry-slot`` or ``entry-hash``.
    """
    if len(raw) > MAX_LENGTH:
        _flaw("entry-length", f"it is {len(raw)} bytes long, more than {MAX_LENGTH}")
    try:
        magic, *lines, end = raw.decode("ascii").split("\n")
    except ValueError as error:
        _flaw("entry-line" if raw.startswith(SPEC.encode()) else "entry-magic", "it is not lines of ASCII", error)
    if magic != SPEC:
        _flaw("entry-magic", f"it does not begin with {SPEC}")
    if end:
        _flaw("entry-line", "its last line is cut off")
    kind = _field(lines, 0, "kind")
    if kind != BATCH and kind not in KINDS:
        _flaw("entry-kind", f"{kind!r} is no kind of entry that is known here")
    names = ("kind", "sequence", "slot", "missed", "root") if kind == BATCH else ("kind", "sequence", "text-hash")
    if len(lines) != len(names):
        _flaw("entry-line", f"a {kind} entry has {len(names)} fields, this one {len(lines)}")
    values = [_field(lines, number, name) for number, name in enumerate(names)]
    sequence = _number("sequence", values[1])
    if kind != BATCH:
        return Entry(kind=kind, sequence=sequence, text_hash=_hash(values[2]))
    slot, missed = _slot(values[2]), _number("missed", values[3])
    return BatchEntry(sequence=sequence, slot=slot, missed=missed, root=_hash(values[4]))


def text_hash(salt: bytes, text: bytes) -> bytes:
    """Hash a text for its entry: without *salt* (32 random bytes, used once) nobody can guess at the text."""
    if len(salt) != SALT_LENGTH:
        raise ValueError("a salt is 32 bytes")
    return digest.sha256(digest.ENTRY_TEXT, salt, text)


def check_text(entry: Entry, salt: bytes, text: bytes) -> None:
    """
    Check that *entry* stands for *text*.

    Raises:
        TrustError: ``entry-text``.
    """
    if len(salt) != SALT_LENGTH or text_hash(salt, text) != entry.text_hash:
        raise TrustError(
            "entry-text",
            f"the text is not the one that {entry.kind} {entry.sequence} on the public record stands for",
            mend="Get it anew from the newsroom; if it fails again, one of the two was altered.",
        )


def slot_at(seconds: int, length: int = DAY) -> Slot:
    """
    Give the slot that a time falls in.

    >>> slot_at(1_795_651_200).number
    20783
    """
    return Slot(number=seconds // length, seconds=length)


def due(last: Slot | None, now: int, length: int = DAY) -> Due | None:
    """
    Say which slot's batch is due, given the *last* that has one (None: none ever); None where none is due yet.

    A slot is due from its first second. Slots that went by without a batch are counted, not made up for.

    Raises:
        AdapterError: ``clock-backwards``: the last batch lies in the future of this clock.
    """
    slot = slot_at(now, length)
    if last is None:
        return Due(slot=slot, missed=0)
    if now < last.start:
        raise AdapterError(
            "clock-backwards",
            f"the clock says {instant(now)}, but the public record already reaches {instant(last.start)}",
            mend="Set the machine's clock, then run this again; nothing was written.",
        )
    # Where the length was changed, a new slot may reach back into the last one; the next that does not is due.
    return Due(slot=slot, missed=(slot.start - last.end) // length) if slot.start >= last.end else None


def next_sequence(kind: str, newest_first: Iterable[bytes]) -> int:
    """Give the sequence of the next entry of *kind*, from the log's entries (`LogReader.newest_first`)."""
    return next((found.sequence + 1 for found in map(read, newest_first) if found.kind == kind), 1)


def last_batch(newest_first: Iterable[bytes]) -> BatchEntry | None:
    """Give the last batch on the log, from its entries (`LogReader.newest_first`)."""
    return next((found for found in map(read, newest_first) if isinstance(found, BatchEntry)), None)


class Order:
    """
    What may stand next on a log, given all that stands on it.

    Attributes:
        count: How many entries it was given.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sequences = dict.fromkeys((BATCH, *KINDS), 0)
        self._slot: Slot | None = None

    def faults(self, found: Entry | BatchEntry) -> Iterator[str]:
        """Say why *found* may not stand next."""
        expected = self._sequences[found.kind] + 1
        if found.sequence != expected:
            yield f"it is {found.kind} {found.sequence}, where {expected} is due"
        if isinstance(found, BatchEntry) and self._slot:
            if found.slot.start < self._slot.end:
                yield "its slot lies before the end of the last"
            elif found.missed != (found.slot.start - self._slot.end) // found.slot.seconds:
                yield f"it says that {found.missed} slots were missed: not so"

    def early(self, found: Entry | BatchEntry) -> bool:
        """Say whether others of its kind must come before it."""
        return found.sequence > self._sequences[found.kind] + 1

    def take(self, found: Entry | BatchEntry) -> None:
        """Take *found* as the next entry, in order or not."""
        self.count += 1
        self._sequences[found.kind] = found.sequence
        if isinstance(found, BatchEntry):
            self._slot = found.slot

    def follow(self, entries: Iterable[bytes]) -> Iterator[Fault]:
        """Take the next entries of the log as they stand, and give every fault in them."""
        for raw in entries:
            number = self.count
            try:
                found = read(raw)
            except FormatError as error:
                self.count += 1
                yield _fault(number, error.code, str(error))
                continue
            for what in self.faults(found):
                yield _fault(number, "entry-order", what)
            self.take(found)


def check_order(entries: Iterable[bytes]) -> list[Fault]:
    """Read all entries of a log, oldest first, and report every one that is malformed, out of sequence or out of time."""
    return list(Order().follow(entries))


def _fault(number: int, code: str, what: str) -> Fault:
    mend = "Ask the newsroom about this entry, and keep this copy of the log: it is evidence."
    return Fault(code=code, where=f"entry {number}", what=what, mend=mend)


def _field(lines: list[str], number: int, name: str) -> str:
    line = lines[number] if number < len(lines) else ""
    if not line.startswith(f"{name}: "):
        _flaw("entry-line", f"line {number + 2} is {line[:40]!r}, not the field {name!r}")
    return line[len(name) + 2 :]


def _number(name: str, word: str) -> int:
    try:
        return decimal(word)
    except ValueError as error:
        _flaw("entry-number", f"{name}: {error}", error)


def _slot(words: str) -> Slot:
    start, _, length = words.partition(" ")
    try:
        first, seconds = read_instant(start), decimal(length)
    except ValueError as error:
        _flaw("entry-slot", str(error), error)
    if not seconds or first % seconds:
        _flaw("entry-slot", f"no slot of {seconds} seconds begins at {start}")
    return Slot(number=first // seconds, seconds=seconds)


def _hash(word: str) -> bytes:
    try:
        return unbase64(word, HASH_LENGTH)
    except ValueError as error:
        _flaw("entry-hash", str(error), error)


def _check_number(name: str, value: int, low: int) -> None:
    if not low <= value <= MAX_NUMBER:
        _flaw("entry-number", f"{name} cannot be {value}")


def _check_hash(value: bytes) -> None:
    if len(value) != HASH_LENGTH:
        _flaw("entry-hash", f"a hash of {len(value)} bytes is none")


def _flaw(code: str, what: str, cause: Exception | None = None) -> NoReturn:
    raise FormatError(code, what, mend="Get the log anew from the newsroom or another mirror.") from cause
