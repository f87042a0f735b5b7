"""
Scanning: every whole packet in a stream, wherever it stands. It does NOT judge whether they are enough. docs/spec/part.md.

What is kept grows with the packets that are really there, never with what one of them claims.
"""

from __future__ import annotations

import dataclasses

from array import array
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final, Protocol, TypeAlias, runtime_checkable

from tamizdat.carry import part
from tamizdat.carry.part import Header, Layout, Shape
from tamizdat.carry.spans import Spans, number
from tamizdat.primitives.errors import FormatError, MediumGoneError


MAX_GROUPS: Final = 65_536  # in one source; more different parts in one file are not looked for
MAX_CLAIMS: Final = 8
_WINDOW: Final = 1 << 18
_PATIENCE: Final = 4  # bytes hashed in vain, as a multiple of the source's length, before the search grows coarse
_COARSE: Final = 4096
_SECTOR: Final = 4096
Progress: TypeAlias = Callable[[int], None]


@dataclasses.dataclass(slots=True, kw_only=True)
class Group:
    """
    The packets of one part in one source.

    Attributes:
        spans: Which rows' blocks are whole, and where they stand.

        whole: How many whole packets there are, of both kinds; *descriptors* of them are descriptors.

        totals, rows, ends: What is claimed of the dossier's length, of the rows of a volume (0 for
            "all is one volume"), and of the last row: (row, bytes used).
    """

    shape: Shape
    volume: int
    index: int
    spans: Spans = dataclasses.field(default_factory=Spans)
    whole: int = 0
    descriptors: int = 0
    totals: set[int] = dataclasses.field(default_factory=set)
    rows: set[int] = dataclasses.field(default_factory=set)
    ends: set[tuple[int, int]] = dataclasses.field(default_factory=set)

    @property
    def stripes(self) -> array[int]:
        """The row of each whole block, in the order they were found; one of them may be there twice."""
        return self.spans.expanded(self.shape.packet)[0]

    @property
    def offsets(self) -> array[int]:
        """The place of each whole block, in the order they were found."""
        return self.spans.expanded(self.shape.packet)[1]

    def take(self, header: Header, offset: int, layout: Layout | None) -> None:
        """Enter one whole packet."""
        self.whole += 1
        if layout is not None:
            self.descriptors += 1
            _claim(self.rows, layout.volume_stripes or 0)
            if layout.total is not None:
                _claim(self.totals, layout.total)
            return
        row = header.stripe
        self.spans.add(row, row, offset - number(row) * self.shape.packet)
        if header.end_of_set and len(self.ends) < MAX_CLAIMS:
            self.ends.add((header.stripe, header.used))
        elif header.end_of_volume:
            _claim(self.rows, header.stripe + 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class Scan:
    """
    What was found in one source.

    Attributes:
        length: The source's length in bytes.

        groups: The packets, sorted by the part they say they belong to.

        found: How many bytes whole packets take up.

        forged: How many packets have a tag that is wrong.

        unreadable: How many bytes the medium would not give.

        gone: The medium went away while it was read: nothing of it counts.
    """

    length: int
    groups: dict[tuple[Shape, int, int], Group] = dataclasses.field(default_factory=dict)
    found: int = 0
    forged: int = 0
    unreadable: int = 0
    gone: bool = False
    searched: int = 0  # where the last sector that could not be read ends

    @property
    def spoiled(self) -> int:
        """How many bytes belong to no whole packet."""
        return self.length - self.found


def fetch(source: BinaryIO, offset: int, size: int) -> tuple[bytes, list[int]]:
    """
    Read up to *size* bytes, fewer only at the end of the source.

    Where the medium fails, all that it can give is read sector by sector, and the rest is zeros:
    no check holds over them. The places of the sectors that failed are given too.

    Raises:
        MediumGoneError: It is no more there.
    """
    try:
        return _read(source, offset, size), []
    except MediumGoneError:
        raise
    except OSError:
        pass
    pieces: list[bytes] = []
    failed: list[int] = []
    at, end = offset, offset + size
    while at < end:
        count = min(end, at - at % _SECTOR + _SECTOR) - at
        try:
            piece = _read(source, at, count)
        except MediumGoneError:
            raise
        except OSError:
            piece = bytes(count)
            failed.append(at)
        pieces.append(piece)
        if len(piece) < count:
            break
        at += count
    return b"".join(pieces), failed


def _read(source: BinaryIO, offset: int, size: int) -> bytes:
    source.seek(offset)
    raw = source.read(size)
    while raw and len(raw) < size and (more := source.read(size - len(raw))):
        raw += more
    return raw or b""


@runtime_checkable
class Scattering(Protocol):
    """A source that can fill many buffers at once, from any place."""

    def scatter(self, offset: int, buffers: Sequence[memoryview], /) -> int:
        """Fill the buffers one after another; give how many bytes there were, fewer only at the end."""


def scatter(source: BinaryIO, offset: int, buffers: Sequence[memoryview]) -> int:
    """
    Fill *buffers* one after another with what stands at *offset*; give how many bytes there were.

    Raises:
        OSError: The medium would not give all of it.
    """
    if isinstance(source, Scattering):
        return source.scatter(offset, buffers)
    raw = _read(source, offset, sum(len(buffer) for buffer in buffers))
    at = 0
    for buffer in buffers:
        piece = raw[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        at += len(piece)
    return at


def scan(source: BinaryIO, *, tag_key: bytes | None = None, progress: Progress | None = None) -> Scan:
    """
    Find every whole packet of a seekable source, reading it once.

    A packet that is spoiled costs no more than itself: the next is searched for by its magic, so
    bytes that were inserted, removed or written over, and whole foreign stretches, do not matter.
    """
    found = Scan(length=0)
    try:
        found.length = source.seek(0, 2)
        look(found, source, 0, found.length, tag_key=tag_key, progress=progress)
    except MediumGoneError:
        return Scan(length=found.length, gone=True)
    return found


def look(
    found: Scan,
    source: BinaryIO,
    begin: int,
    end: int,
    *,
    most: int | None = None,
    tag_key: bytes | None = None,
    progress: Progress | None = None,
) -> None:
    """
    Enter the whole packets that begin between two places, or the first *most* blocks of them.

    Raises:
        MediumGoneError: The source is no more there.
    """
    offset, guess, wasted, blocks = begin, part.PACKETS[-1], 0, 0
    while offset < end and offset + part.HEADER <= found.length and (most is None or blocks < most):
        raw, _ = fetch(source, offset, min(guess, found.length - offset))
        size, tried = _take(found, source, offset, raw, tag_key)
        if size:
            step, guess = size, size
            blocks += raw[4] == part.BLOCK
        else:
            wasted += tried
            least = 1 if wasted <= _PATIENCE * found.length else _COARSE
            step = _next(found, source, offset + least) - offset
        if progress is not None:
            progress(min(step, found.length - offset))
        offset += step


def _take(found: Scan, source: BinaryIO, offset: int, raw: bytes, tag_key: bytes | None) -> tuple[int, int]:
    """Enter the packet at *offset*; give its length and 0, or 0 and how many bytes were hashed for nothing."""
    if raw[:4] != part.MAGIC:
        return 0, 0
    try:
        header = part.read_head(raw)
        size = header.shape.packet
        if len(raw) < size:
            raw += fetch(source, offset + len(raw), size - len(raw))[0]
        packet = memoryview(raw)[:size]
        if len(packet) < size or packet[part.CHECKED : part.HEADER] != part.check(packet):
            return 0, len(packet)
        if tag_key is not None and header.shape.tagged and not part.tag_holds(packet, tag_key):
            found.forged += 1
            return 0, size
        layout = None
        if header.kind == part.DESCRIPTOR:
            layout = part.read_layout(bytes(packet[part.HEADER : part.HEADER + header.shape.payload]))
    except FormatError:
        return 0, part.HEADER
    key = header.shape, header.volume, header.index
    group = found.groups.get(key)
    if group is None:
        if len(found.groups) >= MAX_GROUPS:
            return 0, size
        group = found.groups[key] = Group(shape=header.shape, volume=header.volume, index=header.index)
    group.take(header, offset, layout)
    found.found += size
    return size, 0


def _next(found: Scan, source: BinaryIO, offset: int) -> int:
    """Give the place of the next magic at or after *offset*, or the source's end."""
    while offset + part.HEADER <= found.length:
        raw, failed = fetch(source, offset, min(_WINDOW, found.length - offset))
        for sector in (place - place % _SECTOR for place in failed):
            if sector >= found.searched:
                found.searched = sector + _SECTOR
                found.unreadable += min(_SECTOR, found.length - sector)
        place = raw.find(part.MAGIC)
        if place >= 0:
            return offset + place
        offset += max(1, len(raw) - len(part.MAGIC) + 1)
    return found.length


def _claim(claims: set[int], value: int) -> None:
    if len(claims) < MAX_CLAIMS:
        claims.add(value)
