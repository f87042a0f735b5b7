"""Makes docs/spec/part/*.vector; always the same bytes. Run from the project root: python -m tools.vectors.part."""

from __future__ import annotations

import hashlib
import io

from collections.abc import Callable

from tamizdat.carry import part
from tamizdat.carry.split import Splitter
from tests import vectors


SET_ID = bytes(range(16))
SIZE = 4096


class Kept(io.BytesIO):
    """A sink that can be looked into after it was closed."""

    def close(self) -> None:
        """Keep what was written."""


def made(length: int, need: int, total: int, size: int = SIZE, **options: object) -> dict[tuple[int, int], bytes]:
    """Split *length* bytes that look random; give the parts by index and volume."""
    parts: dict[tuple[int, int], Kept] = {}

    def open_part(index: int, volume: int) -> Kept:
        return parts.setdefault((index, volume), Kept())

    splitter = Splitter(open_part, need=need, total=total, packet_size=size, set_id=SET_ID, **options)  # type: ignore[arg-type]
    splitter.write(hashlib.shake_256(b"tamizdat part vectors").digest(length))
    splitter.close()
    return {place: sink.getvalue() for place, sink in parts.items()}


def resealed(raw: bytes, number: int, change: Callable[[bytearray], None]) -> bytes:
    """Change one packet and make its check right again."""
    packet = bytearray(raw[number * SIZE : (number + 1) * SIZE])
    change(packet)
    packet[part.CHECKED : part.HEADER] = part.check(bytes(packet))
    return raw[: number * SIZE] + bytes(packet) + raw[(number + 1) * SIZE :]


def at(place: int, value: bytes) -> Callable[[bytearray], None]:
    """Make a change that writes *value* at *place*."""

    def change(packet: bytearray) -> None:
        packet[place : place + len(value)] = value

    return change


def main() -> None:
    """Write them all."""
    raw = made(9000, 2, 3)[1, 0]
    parity = made(9000, 2, 3)[2, 0]
    tagged = made(9000, 2, 3, tag_key=bytes(range(32)))[0, 0]
    volume = made(20000, 2, 3, volume_length=8064)
    known = made(9000, 2, 3, total_length=9000)[0, 0]
    paper = made(3000, 2, 3, 1024)
    title = raw.index(b"total: ")

    def vector(name: str, expect: str, comment: str, file: bytes) -> None:
        vectors.write("part", name, expect, comment, file)

    vector("data", "whole", "part 2 of a set of 9,000 bytes, any 2 of 3: data", raw)
    vector("parity", "whole", "part 3 of the same set: code", parity)
    vector("length-known", "whole", "part 1 of the same set; the first descriptor has the length", known)
    vector("tagged", "whole", "part 1 with tags under the key 00 01 .. 1f", tagged)
    vector("volume-first", "whole", "part 1 of volume 1 of 3; the length is unknown in it", volume[0, 0])
    vector("volume-last", "whole", "part 1 of volume 3 of 3; its one row is half empty", volume[0, 2])
    vector("paper", "whole", "part 2 of a set of 3,000 bytes in packets for paper, of 1,024", paper[1, 0])
    vector("paper-parity", "whole", "part 3 of the same set", paper[2, 0])
    vector("magic", "part-magic", "the second packet begins with TZP2", resealed(raw, 1, at(0, b"TZP2")))
    vector("type", "part-type", "a packet of type 3", resealed(raw, 1, at(4, b"\x03")))
    vector("code", "part-code", "the erasure code 2", resealed(raw, 1, at(5, b"\x02")))
    vector("flags", "part-header", "flag 8 is set", resealed(raw, 1, at(6, b"\x08")))
    vector("reserved", "part-header", "the reserved byte is 1", resealed(raw, 1, at(11, b"\x01")))
    vector("size-small", "part-size", "packets of 2^11 bytes", resealed(raw, 0, at(7, b"\x0b")))
    vector("size-odd", "part-size", "packets of 2^13 bytes", resealed(raw, 0, at(7, b"\x0d")))
    vector("need-zero", "part-counts", "none of the parts are enough", resealed(raw, 1, at(8, b"\x00")))
    vector("capacity", "part-counts", "a capacity of 254", resealed(raw, 1, at(9, b"\xfe")))
    vector("index", "part-counts", "part 256", resealed(raw, 1, at(10, b"\xff")))
    vector("used-more", "part-used", "more bytes used than the row has", resealed(raw, 2, at(36, b"\x00\x00\x1f\x81")))
    vector("used-less", "part-used", "a row that is not the last, and not full", resealed(raw, 1, at(38, b"\x00\x01")))
    vector("end-alone", "part-used", "the end of all, but not of the volume", resealed(raw, 2, at(6, b"\x04")))
    vector("used-note", "part-used", "a descriptor that says it holds ciphertext", resealed(raw, 0, at(39, b"\x01")))
    vector("check-payload", "part-check", "one bit of the payload is turned", raw[:5000] + b"\xff" + raw[5001:])
    vector("check-header", "part-check", "the row in the header is another", raw[:4111] + b"\x05" + raw[4112:])
    vector("short", "part-short", "the file breaks off in its second packet", raw[:6000])
    vector("short-header", "part-short", "the file breaks off in a header", raw[: SIZE + 20])
    vector("title", "part-descriptor", "another title", resealed(raw, 0, at(64, b"T")))
    vector("total-sign", "part-descriptor", "a length with a sign", resealed(known, 0, at(title + 7, b"-")))
    vector(
        "total-huge",
        "part-descriptor",
        "a length over 2^56",
        resealed(raw, 0, at(title, b"total: 99999999999999999\n")),
    )
    vector("order-rows", "part-order", "row 2 stands before row 1", raw[:SIZE] + raw[2 * SIZE :])
    vector("order-part", "part-order", "packets of two parts in one file", raw[:SIZE] + parity[SIZE:])
    vector("order-first", "part-order", "the first descriptor is missing", raw[SIZE:])
    vector("order-last", "part-order", "the last descriptor is missing", raw[: -2 * SIZE] + raw[-2 * SIZE : -SIZE])
    vector("order-more", "part-order", "a byte after the end", raw + b"\0")
    vector("empty", "part-order", "nothing at all", b"")


if __name__ == "__main__":
    main()
