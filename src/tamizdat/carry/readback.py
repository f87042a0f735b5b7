"""
Reading back: is a part on the medium what was written, packet by packet in its place? It does NOT join. docs/spec/part.md.

More is asked than of a part that arrives: a stick that says it is larger than it is gives whole packets from the
wrong place, and must not be called safe.
"""

from __future__ import annotations

import io

from collections.abc import Callable
from typing import Final

from tamizdat.carry import part
from tamizdat.carry.part import Header, Shape
from tamizdat.primitives.errors import FormatError


_AT_ONCE: Final = 1 << 20
_ROW: Final = slice(12, 16)


def prove(
    stream: io.RawIOBase, shape: Shape, place: tuple[int, int], length: int, progress: Callable[[int], None]
) -> None:
    """
    Read *stream* and prove every packet of it.

    Args:
        stream: The part, at its first byte.
        shape: What its set says.
        place: Its index and volume.
        length: How long it was written, in bytes.
        progress: Told of bytes as they are proven.

    Raises:
        FormatError: It is not the part that was written.
    """
    index, volume = place
    plain = Header(shape=shape, kind=part.BLOCK, index=index, volume=volume, stripe=0, used=shape.stripe)
    head = bytearray(part.write_head(plain))
    count = length // shape.packet
    room = memoryview(bytearray(_AT_ONCE))
    number = stripe = 0
    while filled := _fill(stream, room):
        for begin in range(0, filled, shape.packet):
            packet = room[begin : begin + shape.packet]
            if begin + shape.packet > filled or part.check(packet) != packet[part.CHECKED : part.HEADER]:
                raise _flaw(number)
            head[_ROW] = stripe.to_bytes(4, "big")
            if number % part.EVERY == 0 or number >= count - 2:
                _prove_odd(packet, plain, number, count, stripe)
            elif packet[: part.CHECKED] != head:
                raise _flaw(number)
            stripe += packet[4] == part.BLOCK
            number += 1
        progress(filled)
    if number != count:
        raise _flaw(number)


def broken(stream: io.RawIOBase) -> bool:
    """Say whether a file that can seek begins as a part but does not end as one: what a killed run left does so."""
    try:
        raw = _read(stream, 0, part.HEADER)
        if raw[: len(part.MAGIC)] != part.MAGIC:
            return False
        shape = part.read_head(raw).shape
        size = stream.seek(0, io.SEEK_END)
        if size % shape.packet or size < 3 * shape.packet:
            return True
        last, before = (part.read_packet(_read(stream, size - n * shape.packet, shape.packet)) for n in (1, 2))
    except FormatError:
        return True
    return last.header.kind != part.DESCRIPTOR or not before.header.end_of_volume


def _prove_odd(packet: memoryview, plain: Header, number: int, count: int, stripe: int) -> None:
    """Prove a descriptor, or the last block, whose head says more than its row."""
    found = part.read_head(packet)
    last = number == count - 2
    kind = part.DESCRIPTOR if number % part.EVERY == 0 or number == count - 1 else part.BLOCK
    same = (found.shape, found.index, found.volume) == (plain.shape, plain.index, plain.volume)
    if not same or found.kind != kind or found.stripe != stripe or (kind == part.BLOCK and found.end_of_volume != last):
        raise _flaw(number)


def _fill(stream: io.RawIOBase, room: memoryview) -> int:
    filled = 0
    while filled < len(room) and (count := stream.readinto(room[filled:])):
        filled += count
    return filled


def _read(stream: io.RawIOBase, at: int, count: int) -> bytes:
    stream.seek(at)
    return stream.read(count) or b""


def _flaw(number: int) -> FormatError:
    return FormatError(
        "part-order",
        f"packet {number + 1} is not what was written there",
        mend="Do not trust this medium: take another.",
    )
