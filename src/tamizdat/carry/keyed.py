"""
Joining with the key at hand: forged parts are found, named and joined around. docs/spec/part.md, "Reading with the key".

Tags prove packets, and age's chunks prove what no tag does. What is given is proven by age, always: where no choice of
packets opens a chunk there is a hole, and never wrong bytes. It does NOT know what was sealed: field/ does.

    found = keyed.find(sources, names, identities)      # the likeliest first; more than one where a forger sealed his own
    stream = found[0].stream()                          # plaintext; found[0].liars names the forged parts
"""

from __future__ import annotations

import io
import itertools

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from tamizdat.carry.heads import LOOKED_AT, MOST_HEADS, WORK, Head, Search, suspicions
from tamizdat.carry.hearing import Choice, Hearing, Ledger, Liar, Row, Voice
from tamizdat.carry.scan import Progress, Scan, scan
from tamizdat.carry.survey import choose, judge
from tamizdat.carry.voices import Extent, Voices, shapes
from tamizdat.primitives import digest
from tamizdat.primitives.age import stream
from tamizdat.primitives.age.recipients import Opener
from tamizdat.primitives.errors import AdapterError, Fault, ShortError, TamizdatError, TrustError


CHUNK_TRIES: Final = 2048  # choices tried for one chunk, and WORK bytes of rows made for it at most
TRIES: Final = 1 << 16  # choices tried in vain for all of a set; after that FEW for each chunk
FEW: Final = 16
_PER_ROW: Final = 64
_NAMED: Final = 20
_SAMPLE: Final = 16  # packets of a part whose tags are looked at before anything is read
_OVERHEAD: Final = stream.SEALED_CHUNK - stream.CHUNK


def find(
    sources: Sequence[BinaryIO],
    names: Sequence[str],
    identities: Sequence[Opener],
    *,
    set_id: bytes | None = None,
    scans: Sequence[Scan] | None = None,
    progress: Progress | None = None,
) -> list[Keyed]:
    """
    Find what the parts hold for these identities: one dossier, the likeliest first where forgers added their own.

    Args:
        sources: Seekable; they stay open as long as what is given is used.
        names: What to call them in messages, in the same order.
        identities: The newsroom's.
        set_id: The set that is meant, whatever else the sources hold.
        scans: What `scan.scan` found in the sources, where it was asked before, without a tag key.
        progress: Told of bytes as the sources are scanned.

    Raises:
        FormatError: The sources belong to different dossiers, or hold no age file.
        ShortError: The parts are not enough even for the head of the sealed file.
        TrustError: None of the identities opens it.
    """
    scans = scans or [scan(source, progress=progress) for source in sources]
    plan = choose(scans, names, set_id)
    heads: list[tuple[Head, int]] = []
    errors: list[TamizdatError] = []
    forged = False
    for shape in shapes(scans, plan.shape.set_id):
        voices = Voices(scans, shape)
        search = Search(voices, sources, identities, errors)
        heads += search.heads()
        forged = forged or search.contradictory
    if not heads:
        judge(plan, scans, names).require()
        if forged and not any(isinstance(error, TrustError) for error in errors):
            raise _forged("no choice of the packets at hand begins as a sealed file")
        raise next((error for error in errors if isinstance(error, TrustError)), errors[0])
    heads.sort(key=lambda one: -one[1])
    found: dict[bytes, tuple[Keyed, int]] = {}
    for head, by in heads[:MOST_HEADS]:
        made = Keyed(head, scans, sources, names)
        # A forger may copy the head into packets of another shape: of one sealed file the whole reading counts.
        if head.file_key not in found or (made.complete and not found[head.file_key][0].complete):
            found[head.file_key] = made, by
    surest = max((by for made, by in found.values() if made.complete), default=0)
    return [made for made, by in sorted(found.values(), key=lambda one: -one[1]) if made.complete or by >= surest]


class Keyed:
    """
    A sealed file in parts, read with its key.

    Attributes:
        file_key: The age file key.

        kinds: The kind of each recipient, in order.

        set_id: The set's name.

        complete: Its end is here and proven, so its length is known.

        total: The length of the ciphertext; as far as anybody says where it is not *complete*.
    """

    def __init__(self, head: Head, scans: Sequence[Scan], sources: Sequence[BinaryIO], names: Sequence[str]) -> None:
        self.file_key = head.file_key
        self.kinds = head.kinds
        self.set_id = head.shape.set_id
        self.complete = False
        self.total = 0
        self.count = 0
        self._head = head
        self._names = names
        self._ledger = Ledger()
        self._voices = Voices(scans, head.shape)
        self._hearing = Hearing(self._voices, sources, self._ledger, tag_key=self.tag_key)
        self._last: frozenset[Voice] = frozenset()
        self._vain = 0
        self._strangers(scans)
        self._hearing.sample(_SAMPLE)
        self._measure()

    def __repr__(self) -> str:
        return f"<sealed file in parts, set {self.set_id.hex()}>"

    @property
    def need(self) -> int:
        """How many parts are enough."""
        return self._head.shape.need

    @property
    def parts(self) -> tuple[int, ...]:
        """The parts there is anything of, forged or not; from 1."""
        return tuple(sorted({group.index + 1 for _, group in self._voices.groups}))

    @property
    def liars(self) -> tuple[Liar, ...]:
        """Who was found to hold forged packets so far; all is known when everything was read."""
        return self._ledger.liars(self._names)

    @property
    def length(self) -> int:
        """How many bytes are sealed in it, as far as is known."""
        return max(0, self.total - self._head.start - self.count * _OVERHEAD)

    def missing(self) -> list[tuple[int, int, int]]:
        """Give the rows of which fewer than k packets are here, as stretches: volume, first and last row, from 0."""
        extent = self._hearing.extent
        return [
            (*extent.place(first), extent.place(first)[1] + last - first) for first, last in self._voices.short(extent)
        ]

    @property
    def tag_key(self) -> bytes:
        """The key that proves packets of this set."""
        return digest.part_tag_key(self.file_key)

    def short(self) -> ShortError:
        """Say which rows are missing, as far as can be known without reading them."""
        mend = "Bring another part; damaged ones may do."
        faults = [
            Fault(
                code="carry-short",
                where=f"volume {volume + 1}, rows {first} to {last}",
                what=f"fewer than {self.need} packets are whole",
                mend=mend,
            )
            for volume, first, last in self.missing()[:_NAMED]
        ]
        if not self.complete:
            faults.append(Fault(code="carry-short", where="the end", what=str(_endless()), mend=mend))
        return ShortError("carry-short", "parts of the sealed file are missing", mend=mend, faults=tuple(faults))

    def stream(self) -> BinaryIO:
        """Give the plaintext, which can seek; reading raises ShortError at a hole, and never gives a wrong byte."""
        return io.BufferedReader(_Plain(self), stream.CHUNK)

    def chunk(self, number: int) -> bytes | None:
        """Give chunk *number* of the plaintext, proven by age; None where the packets at hand do not prove it."""
        begin = self._head.start + number * stream.SEALED_CHUNK
        end = min(begin + stream.SEALED_CHUNK, self.total)
        if end - begin < _OVERHEAD or number < 0:
            return None
        stripe = self._head.shape.stripe
        rows = [self._hearing.row(row) for row in range(begin // stripe, (end - 1) // stripe + 1)]
        last = number == self.count - 1
        if any(row.truth is None and len({one.block.index for one in row.heard}) < self.need for row in rows):
            return None
        room = WORK // stripe
        tries = min(CHUNK_TRIES, max(room, 8 * FEW)) if self._vain < min(TRIES, 32 * room) else FEW
        for suspects, choice in itertools.islice(self._choices(rows), tries):
            sealed = self._assemble(rows, choice, begin, end)
            plain = stream.unseal(self._head.payload, number, sealed, last=last)
            if plain is not None and (plain or not number):
                if suspects is not None:
                    self._last = suspects
                self._believe(rows, sealed, begin, number)
                return plain
            self._vain += 1
        self._vain += FEW  # to think of choices takes time too
        return None

    def hole(self, number: int) -> TamizdatError:
        """Say why a chunk is not here: a ShortError, or an AdapterError where a medium went away."""
        if self._hearing.gone:
            names = ", ".join(self._names[source] for source in sorted(self._hearing.gone))
            return AdapterError(
                "medium-gone",
                f"{names} went away while it was read, and the others are not enough",
                mend="Put the medium back and run the same command again: it goes on where it stopped.",
            )
        begin = self._head.start + number * stream.SEALED_CHUNK
        stripe = self._head.shape.stripe
        for row in range(
            begin // stripe, (min(begin + stream.SEALED_CHUNK, max(self.total, begin + 1)) - 1) // stripe + 1
        ):
            volume, place = self._hearing.extent.place(row)
            heard = {one.block.index for one in self._hearing.row(row).heard}
            if len(heard) < self.need:
                return ShortError(
                    "carry-short",
                    f"row {place} of volume {volume + 1} has {len(heard)} of the {self.need} packets it needs",
                    mend="Bring another part; damaged ones may do.",
                )
        volume, place = self._hearing.extent.place(begin // stripe)
        return _forged(f"no choice of the packets at hand is what was sealed in row {place} of volume {volume + 1}")

    def _measure(self) -> None:
        """Find the length whose last chunk age proves; a claim alone is not believed."""
        extents = self._voices.extents(*self._hearing.proven_ends())
        for extent in extents:
            if extent.total is not None:
                self._settle(extent)
                if self.count and self.chunk(self.count - 1) is not None:
                    self.complete = True
                    self._claims()
                    return
        self._settle(extents[0])

    def _settle(self, extent: Extent) -> None:
        self._hearing.settle(extent)
        room = self._hearing.count * self._head.shape.stripe
        self.total = room if extent.total is None else min(extent.total, room)
        self.count = max(0, -(-(self.total - self._head.start) // stream.SEALED_CHUNK))

    def _choices(self, rows: Sequence[Row]) -> Iterator[tuple[frozenset[Voice] | None, tuple[Choice, ...]]]:
        """Give choices of blocks for all rows, each once, the likeliest first."""
        voices = {one.voice for row in rows if row.truth is None for one in row.heard if not one.proven}
        seen: set[tuple[Choice, ...]] = set()
        looked = LOOKED_AT if self._vain < TRIES else 8 * FEW
        for suspects in itertools.islice(suspicions(voices, self._ledger, self._last), looked):
            chosen = [() if row.truth is not None else self._hearing.choose(row, suspects) for row in rows]
            if any(one is None for one in chosen):
                continue
            choice = tuple(one for one in chosen if one is not None)
            if choice not in seen:
                seen.add(choice)
                yield suspects, choice
        each = [[()] if row.truth is not None else list(self._hearing.choices(row, _PER_ROW)) for row in rows]
        for choice in itertools.islice(itertools.product(*each), looked):
            if choice not in seen:
                yield None, choice

    def _assemble(self, rows: Sequence[Row], choice: Sequence[Choice], begin: int, end: int) -> bytes:
        stripe = self._head.shape.stripe
        pieces = []
        for row, chosen in zip(rows, choice, strict=True):
            made = row.truth if row.truth is not None else self._hearing.make(row, chosen)
            base = row.number * stripe
            pieces.append(memoryview(made)[max(begin - base, 0) : end - base])
        return b"".join(pieces)

    def _believe(self, rows: Sequence[Row], sealed: bytes, begin: int, number: int) -> None:
        stripe = self._head.shape.stripe
        for row in rows:
            if row.truth is not None:
                continue
            base = row.number * stripe
            first = max(base, begin)
            data = sealed[first - begin : base + stripe - begin]
            start = self._head.start
            lowest = max(base - start, 0) // stream.SEALED_CHUNK
            highest = (min(base + stripe, self.total) - 1 - start) // stream.SEALED_CHUNK
            if base < start:
                # What stands before the first chunk is the head, which its own check proved.
                self._hearing.prove(row, 0, self._head.raw[base : base + stripe], -1, whole=None)
            self._hearing.prove(row, first - base, data, number, whole=frozenset(range(lowest, highest + 1)))

    def _strangers(self, scans: Sequence[Scan]) -> None:
        """Note packets of the set with another shape: all true ones have one."""
        for source, found in enumerate(scans):
            for group in found.groups.values():
                if group.shape.set_id == self.set_id and group.shape != self._head.shape:
                    self._ledger.strange(source, group.index, group.volume, group.whole)

    def _claims(self) -> None:
        """Note who says another length than the one that is proven."""
        count, extent = self._hearing.count, self._hearing.extent
        stripe = self._head.shape.stripe

        def effective(rows: int) -> int:
            return rows if rows < count else 0

        volumes = -(-count // extent.volume_rows) if effective(extent.volume_rows) else 1
        for source, group in self._voices.groups:
            rows = count - (volumes - 1) * extent.volume_rows if group.volume == volumes - 1 else extent.volume_rows
            stripes = group.stripes
            beyond = len(stripes) if group.volume >= volumes else sum(one >= rows for one in stripes)
            wrong = sum(total != self.total for total in group.totals)
            wrong += sum(effective(one) != effective(extent.volume_rows) for one in group.rows)
            for row, used in group.ends:
                wrong += (group.volume * effective(extent.volume_rows) + row) * stripe + used != self.total
            if beyond or wrong:
                self._ledger.strange(source, group.index, group.volume, beyond + wrong)


class _Plain(io.RawIOBase):
    """The plaintext, chunk by chunk."""

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed
        self._at = 0
        self._number = -1
        self._chunk = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._keyed.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        number, place = divmod(self._at, stream.CHUNK)
        if number >= self._keyed.count or (self._keyed.complete and self._at >= self._keyed.length):
            if not self._keyed.complete:
                raise _endless()
            return 0
        if number != self._number:
            chunk = self._keyed.chunk(number)
            if chunk is None:
                raise self._keyed.hole(number)
            self._chunk, self._number = chunk, number
        piece = self._chunk[place : place + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _endless() -> ShortError:
    return ShortError(
        "carry-short",
        "the end is missing: the last packets of too many parts are not here",
        mend="Bring another part; damaged ones may do.",
    )


def _forged(what: str) -> ShortError:
    return ShortError(
        "carry-forged",
        f"{what}: parts were forged, and too few true ones are here",
        mend="Bring another part, from somebody else; keep these.",
    )
