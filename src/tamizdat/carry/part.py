"""
Parts: self-describing packets, each whole or spoiled by itself. NOT secrecy, and NOT a signature. docs/spec/part.md.

A part is a run of packets of one length: descriptors, which a person can read, and blocks of
the erasure code. Where a packet stands in a file means nothing; what its own header says does.

Nothing here opens a file: bytes and streams come in, values go out.
"""

from __future__ import annotations

import dataclasses
import struct

from collections.abc import Iterator
from typing import BinaryIO, Final

from blake3 import blake3

from tamizdat.carry import rescue
from tamizdat.primitives import text
from tamizdat.primitives.errors import FormatError


MAGIC: Final = b"TZP1"
HEADER: Final = 64
CHECKED: Final = 40  # the header but for its check
TAG: Final = 16
BLOCK: Final = 1
DESCRIPTOR: Final = 2
CODE: Final = 1
CAPACITY: Final = 255
EVERY: Final = 256  # each packet whose number in the part is a multiple of this is a descriptor
TAGGED: Final = 1
END_OF_VOLUME: Final = 2
END_OF_SET: Final = 4
PACKETS: Final = (1 << 10, 1 << 12, 1 << 14, 1 << 16)
PAPER: Final = PACKETS[0]  # one packet in one symbol on a sheet (docs/spec/sheet.md); never chosen for a file
MAX_TOTAL: Final = 1 << 56
_FIELDS: Final = struct.Struct(">4s8BI16sII")
_TITLE: Final = b"tamizdat-part-v1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    What all packets of one set say alike.

    Attributes:
        set_id: Sixteen random bytes that all parts of one dossier share.

        need: How many parts are enough (k).

        packet: The length of a packet in bytes: 4,096, 16,384 or 65,536, and 1,024 on paper.

        tagged: Whether 16 bytes of each packet are set apart for a keyed tag.
    """

    set_id: bytes
    need: int
    packet: int
    tagged: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.need <= CAPACITY:
            raise _flaw("part-counts", f"any {self.need} of at most {CAPACITY} parts cannot be")
        if self.packet not in PACKETS:
            raise _flaw("part-size", f"packets of {self.packet} bytes cannot be")
        if len(self.set_id) != 16:
            raise _flaw("part-header", "a set is named by 16 bytes")

    @property
    def payload(self) -> int:
        """How many bytes of a block each packet carries."""
        return self.packet - HEADER - (TAG if self.tagged else 0)

    @property
    def stripe(self) -> int:
        """How many bytes of ciphertext one row of packets, one a part, carries."""
        return self.need * self.payload


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    What a packet says of itself.

    Attributes:
        kind: BLOCK or DESCRIPTOR.

        index: Which part of the set, from 0.

        volume: Which volume of the dossier, from 0.

        stripe: Which row of the volume a block belongs to, from 0; before which row a descriptor stands.

        used: How many bytes of ciphertext the row holds; 0 in a descriptor.

        end_of_volume: The block's row is the last of its volume.

        end_of_set: The block's row is the last of all, so the dossier's length follows from it.
    """

    shape: Shape
    kind: int
    index: int
    volume: int
    stripe: int
    used: int
    end_of_volume: bool = False
    end_of_set: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.index < CAPACITY:
            raise _flaw("part-counts", f"part {self.index + 1} of at most {CAPACITY} cannot be")
        if self.kind == DESCRIPTOR:
            wrong = self.used or self.end_of_volume or self.end_of_set
        else:
            full = self.used == self.shape.stripe
            wrong = self.used > self.shape.stripe or (self.end_of_set and not self.end_of_volume)
            wrong = wrong or not (full or self.end_of_set)
        if wrong:
            raise _flaw("part-used", f"a row of {self.used} bytes with these flags cannot be")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    What a descriptor says of the whole dossier.

    Attributes:
        total: The length of the ciphertext; None where it was not known when this was written.

        volume_stripes: How many rows each volume but the last has; None where all is one volume.
    """

    total: int | None
    volume_stripes: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One whole packet; *layout* is what a descriptor holds."""

    header: Header
    payload: bytes
    layout: Layout | None = None


def packet_size(part_length: int) -> int:
    """
    Choose the length of packets for a part of about *part_length* bytes: at least 256 of them, but not under 4 KiB.

    >>> packet_size(1_000_000), packet_size(5_000_000), packet_size(20_000_000)
    (4096, 16384, 65536)
    """
    files = PACKETS[1:]
    return max((size for size in files if part_length >= 256 * size), default=files[0])


def packets(stripes: int) -> int:
    """
    Say how many packets a part with so many rows has, descriptors among them.

    >>> packets(1), packets(255), packets(256)
    (3, 257, 259)
    """
    return stripes + -(-stripes // (EVERY - 1)) + 1


def write_head(header: Header) -> bytes:
    """Write the first 40 bytes of a packet; `seal` adds the check."""
    shape = header.shape
    flags = shape.tagged * TAGGED | header.end_of_volume * END_OF_VOLUME | header.end_of_set * END_OF_SET
    exponent = shape.packet.bit_length() - 1
    return _FIELDS.pack(
        MAGIC,
        *(header.kind, CODE, flags, exponent, shape.need, CAPACITY, header.index, 0),
        header.stripe,
        shape.set_id,
        header.volume,
        header.used,
    )


def seal(packet: memoryview, header: Header, tag_key: bytes | None) -> None:
    """Write the header, the tag where the shape has room for one, and the check around the payload that is there."""
    packet[:CHECKED] = write_head(header)
    if header.shape.tagged:
        packet[-TAG:] = tag(packet, tag_key) if tag_key else bytes(TAG)
    packet[CHECKED:HEADER] = check(packet)


def check(packet: bytes | memoryview) -> bytes:
    """Compute the check of a packet: BLAKE3-192 over its first 40 bytes and all after the first 64."""
    view = memoryview(packet)
    return blake3(view[:CHECKED]).update(view[HEADER:]).digest(HEADER - CHECKED)


def tag(packet: bytes | memoryview, tag_key: bytes) -> bytes:
    """Compute the keyed tag of a packet whose shape has room for one."""
    view = memoryview(packet)
    return blake3(view[:CHECKED], key=tag_key).update(view[HEADER:-TAG]).digest(TAG)


def tag_holds(packet: bytes | memoryview, tag_key: bytes) -> bool:
    """Say whether a packet is not forged: its tag is right, or it is one nobody tagged (sixteen zeros)."""
    held = bytes(memoryview(packet)[-TAG:])
    return held in {bytes(TAG), tag(packet, tag_key)}


def read_head(raw: bytes | memoryview) -> Header:
    """
    Read the first 64 bytes of a packet; the check is not looked at.

    Raises:
        FormatError: They do not keep to docs/spec/part.md.
    """
    if len(raw) < HEADER:
        raise _flaw("part-short", f"{len(raw)} bytes are no packet")
    magic, kind, code, flags, exponent, need, capacity, index, zero, stripe, set_id, volume, used = _FIELDS.unpack(
        raw[:CHECKED]
    )
    if magic != MAGIC:
        raise _flaw("part-magic", f"a packet begins with {MAGIC!r}, not {magic!r}")
    if kind not in {BLOCK, DESCRIPTOR}:
        raise _flaw("part-type", f"packets of type {kind} are not known")
    if code != CODE:
        raise _flaw("part-code", f"the erasure code {code} is not known")
    if flags & ~(TAGGED | END_OF_VOLUME | END_OF_SET) or zero:
        raise _flaw("part-header", f"flags {flags:#04x} and reserved byte {zero:#04x} are not known")
    if exponent not in {10, 12, 14, 16}:
        raise _flaw("part-size", f"packets of 2^{exponent} bytes cannot be")
    if capacity != CAPACITY:
        raise _flaw("part-counts", f"the capacity is {CAPACITY}, not {capacity}")
    return Header(
        shape=Shape(set_id=set_id, need=need, packet=1 << exponent, tagged=bool(flags & TAGGED)),
        kind=kind,
        index=index,
        volume=volume,
        stripe=stripe,
        used=used,
        end_of_volume=bool(flags & END_OF_VOLUME),
        end_of_set=bool(flags & END_OF_SET),
    )


def read_packet(raw: bytes) -> Packet:
    """
    Read one packet, its check included.

    Raises:
        FormatError: It does not keep to docs/spec/part.md.
    """
    header = read_head(raw)
    size = header.shape.packet
    if len(raw) != size:
        raise _flaw("part-short", f"a packet of {size} bytes breaks off after {len(raw)}")
    if raw[CHECKED:HEADER] != check(raw):
        raise _flaw("part-check", "the packet is not what was written: its check fails")
    payload = raw[HEADER : HEADER + header.shape.payload]
    return Packet(header=header, payload=payload, layout=read_layout(payload) if header.kind == DESCRIPTOR else None)


def read(stream: BinaryIO) -> Iterator[Packet]:
    """
    Read a part that should be whole, packet by packet, as it was written.

    `join` asks for much less: it takes any packet that is whole, wherever it stands.

    Raises:
        FormatError: The part does not keep to docs/spec/part.md to the letter.
    """
    first = last = None
    number = stripe = 0
    ended = False
    while head := stream.read(HEADER):
        packet = read_packet(head + stream.read(read_head(head).shape.packet - HEADER))
        header = last = packet.header
        first = first or header
        alike = (header.shape, header.index, header.volume) == (first.shape, first.index, first.volume)
        should = DESCRIPTOR if ended or number % EVERY == 0 else BLOCK
        if not alike or header.stripe != stripe or header.kind != should:
            raise _flaw("part-order", f"packet {number + 1} does not follow the ones before it")
        if header.kind == BLOCK:
            stripe += 1
            ended = header.end_of_volume
        yield packet
        number += 1
        if ended and header.kind == DESCRIPTOR:
            break
    if not ended or last is None or last.kind != DESCRIPTOR or stream.read(1):
        raise _flaw("part-order", f"the part does not end as a part ends, after {number} packets")


def write_layout(header: Header, layout: Layout) -> bytes:
    """Write the payload of a descriptor: lines for machines, a note for people, zeros."""
    total = "unknown" if layout.total is None else str(layout.total)
    stripes = "all" if layout.volume_stripes is None else str(layout.volume_stripes)
    write = rescue.line if header.shape.packet == PAPER else rescue.note
    words = write(need=header.shape.need, number=header.index + 1, packet=header.shape.packet)
    raw = _TITLE + f"\ntotal: {total}\nvolume-rows: {stripes}\n\n{words}".encode("ascii")
    return raw.ljust(header.shape.payload, b"\0")


def read_layout(payload: bytes) -> Layout:
    """
    Read what `write_layout` wrote; the note is for people and is not looked at.

    Raises:
        FormatError: The lines for machines are not as docs/spec/part.md has them.
    """
    lines, empty, _ = payload[:128].partition(b"\n\n")
    try:
        title, total, stripes = lines.decode("ascii").split("\n")
        return _layout(title, total, stripes, bool(empty))
    except ValueError as error:
        raise _flaw("part-descriptor", "the first lines of the descriptor cannot be read") from error


def _layout(title: str, total: str, stripes: str, ended: bool) -> Layout:  # noqa: FBT001
    if not ended or title.encode() != _TITLE:
        msg = title
        raise ValueError(msg)
    length = None if total == "total: unknown" else text.decimal(_after("total: ", total))
    rows = None if stripes == "volume-rows: all" else text.decimal(_after("volume-rows: ", stripes))
    if (length is not None and length > MAX_TOTAL) or (rows is not None and not 1 <= rows < 1 << 32):
        msg = stripes
        raise ValueError(msg)
    return Layout(total=length, volume_stripes=rows)


def _after(name: str, line: str) -> str:
    if not line.startswith(name):
        raise ValueError(line)
    return line[len(name) :]


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend="Ask the courier for this part again; the other parts may be enough.")
