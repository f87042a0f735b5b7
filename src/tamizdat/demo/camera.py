"""
Write a drawn picture as a camera writes a JPEG: maker, serial number, position, thumbnail, orientation.

All of it is invented. It is there so that the demonstration can show it going away.
"""

from __future__ import annotations

import io
import struct

from typing import Final

from PIL import Image


MAKER: Final = "Tamizdat"
MODEL: Final = "Demonstration Camera"
SERIAL: Final = "DEMO-0000-0001"
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
Field = tuple[int, int, bytes]  # tag, type, value (Exif 2.32, 4.6.2)


def shoot(picture: Image.Image, number: int, *, sideways: bool = False) -> bytes:
    """
    Give a JPEG with camera metadata.

    Args:
        picture: The drawing.

        number: Tells one picture's position and time from the next's.

        sideways: Store it turned, with the orientation that turns it back, as a phone does.
    """
    thumbnail = io.BytesIO()
    picture.resize((160, 120)).save(thumbnail, "JPEG", quality=70)
    stored = picture.transpose(Image.Transpose.ROTATE_90) if sideways else picture
    out = io.BytesIO()
    exif = b"Exif\x00\x00" + _tiff(number, 6 if sideways else 1, thumbnail.getvalue())
    stored.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def _tiff(number: int, orientation: int, thumbnail: bytes) -> bytes:
    """Lay out four directories and a thumbnail, little-endian."""
    day = _ascii(f"2026:11:{number % 28 + 1:02} 09:30:00")
    main: list[Field] = [
        (0x010E, 2, _ascii("A drawing made by a program; it shows nothing real")),
        (0x010F, 2, _ascii(MAKER)),
        (0x0110, 2, _ascii(MODEL)),
        (0x0112, 3, struct.pack("<H", orientation)),
        (0x0132, 2, day),
        (0x8769, 4, bytes(4)),
        (0x8825, 4, bytes(4)),
    ]
    camera: list[Field] = [
        (0x9003, 2, day),
        (0x927C, 7, b"TAMIZDAT DEMO MAKER NOTE\x00" + bytes(range(64))),
        (0xA431, 2, _ascii(SERIAL)),
    ]
    # Point Nemo, the place in the ocean farthest from anybody: no one's home.
    position: list[Field] = [
        (0x0001, 2, _ascii("S")),
        (0x0002, 5, _degrees(48, 52, 36 + number)),
        (0x0003, 2, _ascii("W")),
        (0x0004, 5, _degrees(123, 23, 36 + number)),
    ]
    small: list[Field] = [
        (0x0103, 3, struct.pack("<H", 6)),
        (0x0201, 4, bytes(4)),
        (0x0202, 4, struct.pack("<I", len(thumbnail))),
    ]
    starts, at = [], 8
    for fields in (main, camera, position, small):
        starts.append(at)
        at += _length(fields)
    main[5] = (0x8769, 4, struct.pack("<I", starts[1]))
    main[6] = (0x8825, 4, struct.pack("<I", starts[2]))
    small[1] = (0x0201, 4, struct.pack("<I", at))
    after = (starts[3], 0, 0, 0)
    directories = (main, camera, position, small)
    body = b"".join(_directory(*one) for one in zip(directories, starts, after, strict=True))
    return b"II*\x00\x08\x00\x00\x00" + body + thumbnail


def _directory(fields: list[Field], start: int, after: int) -> bytes:
    table, values = b"", b""
    at = start + 2 + 12 * len(fields) + 4
    for tag, kind, value in fields:
        count = len(value) // _SIZES[kind]
        if len(value) <= 4:
            table += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            table += struct.pack("<HHII", tag, kind, count, at + len(values))
            values += value + bytes(len(value) % 2)
    return struct.pack("<H", len(fields)) + table + struct.pack("<I", after) + values


def _length(fields: list[Field]) -> int:
    return 2 + 12 * len(fields) + 4 + sum(len(value) + len(value) % 2 for _, _, value in fields if len(value) > 4)


def _ascii(word: str) -> bytes:
    return word.encode("ascii") + b"\0"


def _degrees(*parts: int) -> bytes:
    return b"".join(struct.pack("<II", part, 1) for part in parts)
