"""
Hearing: the blocks of a row, what each is worth, and what it must have been once the row is proven.

It does NOT read claims of length (carry/voices.py) and opens nothing (carry/keyed.py). docs/spec/part.md, "Reading
with the key".
"""

from __future__ import annotations

import dataclasses
import hmac
import itertools

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Literal, TypeAlias

import numpy as np

from tamizdat.carry import erasure, part
from tamizdat.carry.rows import Block, Rows
from tamizdat.carry.scan import fetch
from tamizdat.carry.survey import Plan
from tamizdat.carry.voices import MOST_READS, Extent, Place, Voices
from tamizdat.primitives.errors import MediumGoneError


MOST_COPIES: Final = 4  # different unproven packets of one part in one file that are listened to in one row
EVERY_ROW: Final = 64  # so often everything at hand is read, needed or not, so that a forger is noticed
_KEPT: Final = 32 << 20  # bytes of rows kept for the chunks that follow
_NAMED: Final = 8
_MOST_SAMPLES: Final = 4096
Voice: TypeAlias = tuple[int, int, int]  # source, index, and which of several different packets
Choice: TypeAlias = tuple[int, ...]  # which of a row's blocks it is made of, by their place
Worth: TypeAlias = Literal["proven", "word", "forged", "spoiled"]


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """A block and what it is worth: *proven* by its tag, or the word of its *voice*."""

    block: Block
    voice: Voice
    offset: int
    proven: bool


@dataclasses.dataclass(slots=True)
class Row:
    """
    A row, and what is known of it.

    Attributes:
        truth: All its bytes, the zeros at its end too, once they are proven.

        known: Its bytes as far as *chunks* (their numbers) have proven them.
    """

    number: int
    heard: list[Heard]
    truth: bytes | None = None
    known: bytearray | None = None
    chunks: set[int] = dataclasses.field(default_factory=set)
    made: OrderedDict[Choice, bytes] = dataclasses.field(default_factory=OrderedDict)


@dataclasses.dataclass(slots=True)
class _Lies:
    packets: set[int] = dataclasses.field(default_factory=set)  # their offsets
    parts: set[int] = dataclasses.field(default_factory=set)
    rows: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    more: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Liar:
    """
    A source that holds forged packets; its numbers are for people and begin with 1.

    Attributes:
        source: Which of the sources, from 0. *name*: what it is called.

        parts: Which parts its forged packets say they are of. *packets*: how many were met.

        rows: Some of the places they say they are of: volume, row.
    """

    source: int
    name: str
    parts: tuple[int, ...]
    packets: int
    rows: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        numbers = ", ".join(str(number) for number in self.parts)
        what = f"part {numbers}" if len(self.parts) == 1 else f"parts {numbers}"
        return (
            f"{what} from file {self.name} was forged: its bytes are not what was sealed ({self.packets} packets met); "
            "joined around it"
        )


class Ledger:
    """Who was found to have lied."""

    def __init__(self) -> None:
        self._lies: dict[int, _Lies] = defaultdict(_Lies)

    def __contains__(self, source: int) -> bool:
        return source in self._lies

    def accuse(self, source: int, offset: int, index: int, place: tuple[int, int]) -> None:
        """Note a forged packet."""
        lies = self._lies[source]
        lies.packets.add(offset)
        lies.parts.add(index + 1)
        if len(lies.rows) < _NAMED:
            lies.rows.add((place[0] + 1, place[1] + 1))

    def strange(self, source: int, index: int, volume: int, packets: int) -> None:
        """Note forged packets that were only counted."""
        lies = self._lies[source]
        lies.more += packets
        lies.parts.add(index + 1)
        if len(lies.rows) < _NAMED:
            lies.rows.add((volume + 1, 0))

    def liars(self, names: Sequence[str]) -> tuple[Liar, ...]:
        """Give all of them, in the order of the sources."""
        return tuple(
            Liar(
                source=source,
                name=names[source],
                parts=tuple(sorted(lies.parts)),
                packets=len(lies.packets) + lies.more,
                rows=tuple(sorted(lies.rows)),
            )
            for source, lies in sorted(self._lies.items())
        )


class Hearing:
    """
    The rows of one shape, read from the sources.

    Args:
        tag_key: Proves packets where the shape has tags; None while it is not known.
    """

    def __init__(
        self, voices: Voices, sources: Sequence[BinaryIO], ledger: Ledger, *, tag_key: bytes | None = None
    ) -> None:
        self.shape = voices.shape
        self._voices = voices
        self._sources = sources
        self._ledger = ledger
        self._tag_key = tag_key if voices.shape.tagged else None
        self.gone: set[int] = set()  # sources whose medium went away
        self._untagged: set[int] = set()  # sources with packets nobody tagged
        self._rows: OrderedDict[int, Row] = OrderedDict()
        self.count = 0
        self.extent = Extent(total=None, volume_rows=0)
        self._maker = self._make()

    def settle(self, extent: Extent) -> None:
        """Take the set to be so long from here on."""
        self.extent = extent
        self.count = self._voices.rows(extent)
        self._rows.clear()
        self._maker = self._make()

    def row(self, number: int) -> Row:
        """Read a row; where k of its blocks are proven, all of it is, and what contradicts it is noted."""
        found = self._rows.get(number)
        if found is None:
            heard = self._hear(number, everything=self._tag_key is None or number % EVERY_ROW == 0)
            proven = {one.block.index for one in heard if one.proven}
            if len(proven) < self.shape.need and self._tag_key is not None:
                heard = self._hear(number, everything=True)
            found = self._rows[number] = Row(number, heard)
            if len(proven) >= self.shape.need and (choice := self.choose(found, frozenset())):
                found.truth = self.make(found, choice).ljust(self.shape.stripe, b"\0")
                self.audit(found)
            kept = max(2, _KEPT // (self.shape.stripe * 2), -(-2 * 65_552 // self.shape.stripe) + 2)
            while len(self._rows) > kept:
                self._rows.popitem(last=False)
        self._rows.move_to_end(number)
        return found

    def choose(self, row: Row, suspects: frozenset[Voice]) -> Choice | None:
        """Choose k blocks of different parts without the suspects; None where there are not so many."""
        taken: dict[int, int] = {}
        for place, one in enumerate(row.heard):
            if one.proven or one.voice not in suspects:
                taken.setdefault(one.block.index, place)
                if len(taken) == self.shape.need:
                    return tuple(taken.values())
        return None

    def choices(self, row: Row, most: int) -> Iterator[Choice]:
        """Give choices of k blocks of different parts, at most *most* of them."""
        every = itertools.combinations(range(len(row.heard)), self.shape.need)
        for choice in itertools.islice(every, most):
            if len({row.heard[place].block.index for place in choice}) == self.shape.need:
                yield choice

    def make(self, row: Row, choice: Choice) -> bytes:
        """Make a row's ciphertext of the blocks that were chosen; the last row's without the zeros at its end."""
        made = row.made.get(choice)
        if made is None:
            made = self._maker.decode(row.number, [row.heard[place].block for place in choice])
            row.made[choice] = made
            while len(row.made) > max(2, (4 << 20) // self.shape.stripe):
                row.made.popitem(last=False)
        return made

    def prove(self, row: Row, at: int, data: bytes, chunk: int, *, whole: frozenset[int] | None) -> None:
        """Note that a chunk proved *data* at a place of the row; once all of *whole* did, where given, the row is proven."""
        if row.truth is not None:
            return
        if row.known is None:
            row.known = bytearray(self.shape.stripe)
        row.known[at : at + len(data)] = data
        row.chunks.add(chunk)
        if whole is not None and row.chunks >= whole:
            row.truth = bytes(row.known)
            self.audit(row)

    def audit(self, row: Row) -> None:
        """Compute what each block of a proven row must be, and note those that are not."""
        doubted = [one for one in row.heard if not one.proven]
        must = self._blocks(row.truth or b"", {one.block.index for one in doubted})
        for one in doubted:
            if self._payload(one.block.packet) != must[one.block.index]:
                self._ledger.accuse(one.voice[0], one.offset, one.block.index, self.extent.place(row.number))

    def agreeing(self, row: Row, choice: Choice) -> set[int]:
        """Give the parts whose blocks are what they must be if *choice* is right."""
        made = self.make(row, choice).ljust(self.shape.stripe, b"\0")
        must = self._blocks(made, {one.block.index for one in row.heard})
        return {one.block.index for one in row.heard if self._payload(one.block.packet) == must[one.block.index]}

    def _blocks(self, truth: bytes, indexes: set[int]) -> dict[int, bytes]:
        view, payload, need = np.frombuffer(truth, np.uint8), self.shape.payload, self.shape.need
        data = [view[at : at + payload] for at in range(0, self.shape.stripe, payload)]
        must = {}
        for index in indexes:
            block = np.empty(payload, np.uint8)
            erasure.multiply(erasure.recovery(need, range(need), [index]), data, [block])
            must[index] = block.tobytes()
        return must

    def _payload(self, packet: bytes | memoryview) -> bytes:
        return bytes(packet[part.HEADER : part.HEADER + self.shape.payload])

    def sample(self, most: int) -> None:
        """Look at the tags of packets all over each source, and at all of those of a forger; the key must be known."""
        if self._tag_key is None:
            return
        most = max(1, min(most, _MOST_SAMPLES // max(1, len(self._voices.groups))))
        for source, group in self._voices.groups:
            stripes, offsets = group.stripes, group.offsets
            count = len(offsets)
            sound = True
            for chosen in (range(0, count, max(1, count // most)), range(count)):
                for n in chosen:
                    place = Place(index=group.index, source=source, offset=offsets[n])
                    sound = self._look(place, group.volume, stripes[n]) and sound
                if sound:
                    break

    def support(self, tag_key: bytes, most: int) -> set[tuple[int, int]]:
        """Give the sources and parts (from 0) of which some packets are proven by *tag_key*."""
        found: set[tuple[int, int]] = set()
        for source, group in self._voices.groups if self.shape.tagged else ():
            if (source, group.index) in found:
                continue
            stripes, offsets = group.stripes, group.offsets
            for n in range(0, len(offsets), max(1, len(offsets) // most)):
                place = Place(index=group.index, source=source, offset=offsets[n])
                if self._packet(place, group.volume, stripes[n], tag_key)[1] == "proven":
                    found.add((source, group.index))
                    break
        return found

    def proven_ends(self) -> tuple[set[int], set[tuple[int, int, int]]]:
        """Give what proven last blocks say: rows of a volume, and (volume, row, used) of the last of all."""
        rows: set[int] = set()
        ends: set[tuple[int, int, int]] = set()
        for source, group in self._voices.groups if self._tag_key is not None else ():
            said = {stripe for stripe, _ in group.ends} | {number - 1 for number in group.rows if number}
            stripes, offsets = np.array(group.stripes, np.int64), group.offsets
            for entry in np.flatnonzero(np.isin(stripes, sorted(said)))[: 2 * MOST_READS]:
                place = Place(index=group.index, source=source, offset=offsets[int(entry)])
                packet, worth = self._packet(place, group.volume, int(stripes[entry]), self._tag_key)
                if worth != "proven":
                    continue
                head = part.read_head(packet)
                if head.end_of_set:
                    ends.add((head.volume, head.stripe, head.used))
                    rows |= {0} if head.volume == 0 else set()
                elif head.end_of_volume:
                    rows.add(head.stripe + 1)
        return rows, ends

    def _look(self, place: Place, volume: int, stripe: int) -> bool:
        """Look at one packet's tag; say whether it is not forged for all that can be seen."""
        _, worth = self._packet(place, volume, stripe, self._tag_key)
        if worth == "forged":
            self._ledger.accuse(place.source, place.offset, place.index, (volume, stripe))
        elif worth == "word":
            self._untagged.add(place.source)
        return worth != "forged"

    def _hear(self, number: int, *, everything: bool) -> list[Heard]:
        """Read blocks of a row until k are proven; *everything*: all at hand."""
        volume, stripe = self.extent.place(number)
        # Those who never lied first, data blocks before others.
        places = sorted(
            self._voices.places(volume, stripe), key=lambda one: (one.source in self._ledger, one.index, one.source)
        )
        heard: list[Heard] = []
        proven: set[int] = set()
        reads: Counter[tuple[int, int]] = Counter()
        said: dict[tuple[int, int], list[bytes]] = defaultdict(list)
        for place in places:
            who = place.source, place.index
            enough = len(proven) >= self.shape.need or place.index in proven
            if (enough and not everything and place.source not in self._untagged) or reads[who] >= MOST_READS:
                continue
            reads[who] += 1
            packet, worth = self._packet(place, volume, stripe, self._tag_key)
            if worth == "forged":
                self._ledger.accuse(place.source, place.offset, place.index, (volume, stripe))
            elif worth == "proven" and place.index not in proven:
                proven.add(place.index)
                heard.append(
                    Heard(
                        Block(index=place.index, source=place.source, packet=packet),
                        (*who, 0),
                        place.offset,
                        proven=True,
                    )
                )
            elif worth == "word":
                if self._tag_key is not None:
                    self._untagged.add(place.source)
                same = self._payload(packet)
                if same not in said[who] and len(said[who]) < MOST_COPIES:
                    said[who].append(same)
                    block = Block(index=place.index, source=place.source, packet=packet)
                    heard.append(Heard(block, (*who, len(said[who]) - 1), place.offset, proven=False))
        # The order of belief; the sort is stable, so data blocks stay first. Before the key is known, sixteen zeros
        # are the likelier forgery.
        guess = self.shape.tagged and self._tag_key is None
        heard.sort(
            key=lambda one: (not one.proven, one.voice[0] in self._ledger, guess and _untagged(one.block.packet))
        )
        return heard

    def _packet(self, place: Place, volume: int, stripe: int, tag_key: bytes | None) -> tuple[bytes, Worth]:
        """Read a packet that was whole in the scan, and say what it is worth."""
        if place.source in self.gone:
            return b"", "spoiled"
        try:
            raw, _ = fetch(self._sources[place.source], place.offset, self.shape.packet)
        except MediumGoneError:
            self.gone.add(place.source)
            return b"", "spoiled"
        same = (
            len(raw) == self.shape.packet
            and raw[4] == part.BLOCK
            and raw[8] == self.shape.need
            and raw[10] == place.index
            and raw[12:36] == stripe.to_bytes(4, "big") + self.shape.set_id + volume.to_bytes(4, "big")
        )
        if same and tag_key is not None and hmac.compare_digest(raw[-part.TAG :], part.tag(raw, tag_key)):
            return raw, "proven"
        if not same or raw[part.CHECKED : part.HEADER] != part.check(raw):
            return b"", "spoiled"  # it was whole in the scan: the medium is going
        return raw, "word" if tag_key is None or _untagged(raw) else "forged"

    def _make(self) -> Rows:
        groups = self._voices.by_volume
        plan = Plan(
            shape=self.shape, total=self.extent.total, volume_rows=self.extent.volume_rows or None, groups=groups
        )
        return Rows(plan, self._sources)


def _untagged(packet: bytes | memoryview) -> bool:
    return bytes(packet[-part.TAG :]) == bytes(part.TAG)
