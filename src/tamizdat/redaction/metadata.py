"""
What a picture carries besides its pixels, item by item, so that each can be shown without the others.

It is NOT a judge of what is true: a camera's date is a claim. Broken metadata are no error here: what cannot be read
is left whole, or out; the file commitment covers every byte. The specification is docs/spec/redaction.md, "Metadata".
"""

from __future__ import annotations

import dataclasses
import struct
import zlib

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from tamizdat.redaction.codec import Segment


UNDEFINED: Final = 7
ORIENTATION: Final = "exif:0/0112"
PROFILE: Final = "icc"
MAX_ITEMS: Final = 4096

_EXIF: Final = b"Exif\x00\x00"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_ICC: Final = b"ICC_PROFILE\x00"
_PHOTOSHOP: Final = b"Photoshop 3.0\x00"
# TIFF 6.0 and Exif 2.3: the size of one value of each type, and of the words it is made of.
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WORDS: Final = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
_BELOW: Final = {0x8769: "8769", 0x8825: "8825", 0xA005: "a005"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One item.

    Attributes:
        path: Where it stood: ``exif:0/8825/0002``, ``iptc:2:120``, ``icc``, ``app11:0``.

        type: The TIFF type of its values; 7 (undefined) outside of EXIF.

        count: How many values.

        raw: The values; numbers of EXIF are big-endian whatever the file's order was.
    """

    path: str
    type: int
    count: int
    raw: bytes = dataclasses.field(repr=False)

    def write(self) -> bytes:
        """Write the item as it is hashed."""
        path = self.path.encode()
        return struct.pack(">H", len(path)) + path + struct.pack(">HI", self.type, self.count) + self.raw


def orientation(found: Iterable[Item]) -> int:
    """Give the EXIF orientation, 1 to 8; 1 where there is none."""
    for item in found:
        if (
            item.path == ORIENTATION
            and item.type == 3
            and item.count == 1
            and 1 <= int.from_bytes(item.raw, "big") <= 8
        ):
            return item.raw[1]
    return 1


def write_orientation(item: Item) -> bytes:
    """Write a TIFF that says the orientation and nothing else."""
    return b"MM\x00*" + struct.pack(">IHHHI", 8, 1, 0x0112, 3, 1) + item.raw[:2] + bytes(6)


def told(found: Iterable[Item]) -> dict[str, str]:
    """
    Say what items tell of date, place and camera, as plain values: a claim of whoever wrote them.

    Keys are ``date``, ``place`` (degrees north and east), ``camera``; what cannot be understood is left out.
    """
    by_path = {item.path: item for item in found}
    words = {
        "date": _text(by_path.get("exif:0/8769/9003")),
        "place": _place(by_path),
        "camera": " ".join(filter(None, (_text(by_path.get(f"exif:0/{tag}")) for tag in ("010f", "0110")))),
    }
    zone = _text(by_path.get("exif:0/8769/9011"))
    if words["date"] and zone:
        words["date"] += f" {zone}"
    return {name: said for name, said in words.items() if said}


def _text(item: Item | None) -> str:
    said = item.raw.partition(b"\x00")[0].decode("utf-8", "replace").strip() if item else ""
    return "".join(letter for letter in said if letter.isprintable())[:200]


def _place(by_path: dict[str, Item]) -> str:
    degrees = []
    for number, far, most in ((1, "S", 90), (3, "W", 180)):
        side, angle = _text(by_path.get(f"exif:0/8825/{number:04x}")), by_path.get(f"exif:0/8825/{number + 1:04x}")
        if not side or angle is None or angle.type != 5 or len(angle.raw) != 24:
            return ""
        parts = struct.unpack(">6I", angle.raw)
        if not all(parts[1::2]):
            return ""
        value = parts[0] / parts[1] + parts[2] / parts[3] / 60 + parts[4] / parts[5] / 3600
        if value > most:
            return ""
        degrees.append(f"{-value if side == far else value:.6f}")
    return ", ".join(degrees)


def profile(item: Item) -> bytes:
    """Give the colour profile that an item holds; nothing, where it is packed wrongly or without measure."""
    if item.path == PROFILE:
        return item.raw
    try:
        # PNG 11.3.2.3: a name, a zero, the way of packing, the profile.
        return zlib.decompressobj().decompress(item.raw.partition(b"\x00")[2][1:], 1 << 20)
    except zlib.error:
        return b""


def items(segments: Iterable[Segment], trailer: bytes = b"") -> list[Item]:
    """Take the metadata of a picture apart; the same bytes always give the same items in the same order."""
    segments = list(segments)
    return _bounded(_fine(segments, trailer), _coarse(segments, trailer))


def png_items(chunks: Iterable[tuple[str, bytes]], trailer: bytes = b"") -> list[Item]:
    """Take the metadata of a PNG apart: its chunks by type, those of EXIF further."""
    chunks = list(chunks)
    return _bounded(_png(chunks, trailer, fine=True), _png(chunks, trailer, fine=False))


def _bounded(fine: Iterable[Item], coarse: Iterable[Item]) -> list[Item]:
    """Take a file made to have more items apart less finely, and one that has more even then not to its end."""
    found = list(_named(fine))
    return found if len(found) <= MAX_ITEMS else list(_named(coarse))[:MAX_ITEMS]


def _named(found: Iterable[Item]) -> Iterator[Item]:
    """Number the items that share a path, so that every path is one item's."""
    seen: Counter[str] = Counter()
    for item in found:
        seen[item.path] += 1
        number = seen[item.path]
        yield item if number == 1 else dataclasses.replace(item, path=f"{item.path}#{number}")


def _fine(segments: list[Segment], trailer: bytes) -> Iterator[Item]:
    icc, exif = _profile(segments), False
    for segment in segments:
        marker, data = segment.marker, segment.data
        if marker == 0xE1 and data.startswith(_EXIF) and not exif:
            exif = True
            parsed = list(_exif(data[len(_EXIF) :]))
            yield from parsed or [_whole(segment)]
        elif marker == 0xE1 and data.startswith(_XMP):
            yield _opaque("xmp", data[len(_XMP) :])
        elif marker == 0xED and data.startswith(_PHOTOSHOP):
            yield from _photoshop(data[len(_PHOTOSHOP) :]) or [_whole(segment)]
        elif not (icc and marker == 0xE2 and data.startswith(_ICC)):
            yield _whole(segment)
    if icc:
        yield _opaque("icc", icc)
    if trailer:
        yield _opaque("trailer", trailer)


def _coarse(segments: list[Segment], trailer: bytes) -> Iterator[Item]:
    yield from map(_whole, segments)
    if trailer:
        yield _opaque("trailer", trailer)


def _png(chunks: list[tuple[str, bytes]], trailer: bytes, *, fine: bool) -> Iterator[Item]:
    exif = False
    for kind, data in chunks:
        parsed = list(_exif(data)) if fine and kind == "eXIf" and not exif else []
        exif = exif or kind == "eXIf"
        yield from parsed or [_opaque(f"png:{kind}", data)]
    if trailer:
        yield _opaque("trailer", trailer)


def _opaque(path: str, raw: bytes) -> Item:
    return Item(path=path, type=UNDEFINED, count=len(raw), raw=raw)


def _whole(segment: Segment) -> Item:
    return _opaque("comment" if segment.marker == 0xFE else f"app{segment.marker - 0xE0}", segment.data)


def _profile(segments: Iterable[Segment]) -> bytes:
    """Put the colour profile together; nothing, where its chunks are not all there in order."""
    chunks = [s.data[len(_ICC) :] for s in segments if s.marker == 0xE2 and s.data.startswith(_ICC)]
    orderly = all(len(chunk) > 2 and chunk[0] == n and chunk[1] == len(chunks) for n, chunk in enumerate(chunks, 1))
    return b"".join(chunk[2:] for chunk in chunks) if orderly else b""


def _exif(tiff: bytes) -> Iterator[Item]:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if not order or len(tiff) < 8:
        return
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    waiting, seen = [("0", first)], set[int]()
    while waiting:
        path, start = waiting.pop(0)
        if start in seen or start + 2 > len(tiff) or len(seen) == 16:
            continue
        seen.add(start)
        directory, following = _directory(tiff, order, start)
        for tag, item in directory:
            if tag in _BELOW and len(item.raw) == 4:
                waiting.append((f"{path}/{_BELOW[tag]}", int.from_bytes(item.raw, "big")))
            else:
                yield dataclasses.replace(item, path=f"exif:{path}/{tag:04x}")
        if path == "0" and following:
            waiting.append(("1", following))
        if path == "1":
            yield from _thumbnail(tiff, dict(directory))


def _directory(tiff: bytes, order: str, start: int) -> tuple[list[tuple[int, Item]], int]:
    """Read one directory of TIFF: its entries with their values, and where the next one begins (0: nowhere)."""
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    entries = []
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number, place = struct.unpack_from(f"{order}HHII", tiff, at)
        size = _SIZES.get(kind, 0) * number
        if size <= 4:
            place = at + 8
        # A value that is not in the file is no item.
        if kind in _SIZES and place + size <= len(tiff):
            raw = _big_endian(tiff[place : place + size], kind, order)
            entries.append((tag, Item(path="", type=kind, count=number, raw=raw)))
    end = start + 2 + 12 * count
    return entries, struct.unpack_from(f"{order}I", tiff, end)[0] if end + 4 <= len(tiff) else 0


def _big_endian(raw: bytes, kind: int, order: str) -> bytes:
    word = _WORDS.get(kind)
    if order == ">" or not word:
        return raw
    return b"".join(raw[at : at + word][::-1] for at in range(0, len(raw), word))


def _thumbnail(tiff: bytes, directory: dict[int, Item]) -> Iterator[Item]:
    if 0x0201 in directory and 0x0202 in directory:
        start, length = (int.from_bytes(directory[tag].raw[:4], "big") for tag in (0x0201, 0x0202))
        if 0 < length <= len(tiff) - start:
            yield _opaque("exif:1/thumbnail", tiff[start : start + length])


def _photoshop(data: bytes) -> list[Item]:
    """Read Photoshop's image resources; those of IPTC dataset by dataset. Nothing, where they are broken."""
    found: list[Item] = []
    at = 0
    while at < len(data):
        if data[at : at + 4] != b"8BIM" or at + 7 > len(data):
            return []
        (number,) = struct.unpack_from(">H", data, at + 4)
        at += 6 + (data[at + 6] + 2) // 2 * 2
        if at + 4 > len(data):
            return []
        (size,) = struct.unpack_from(">I", data, at)
        block = data[at + 4 : at + 4 + size]
        if len(block) != size:
            return []
        datasets = _iptc(block) if number == 0x0404 else []
        found += datasets or [_opaque(f"photoshop:{number:04x}", block)]
        at += 4 + size + size % 2
    return found


def _iptc(block: bytes) -> list[Item]:
    found, at = [], 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, dataset, size = struct.unpack_from(">BBH", block, at + 1)
        if size & 0x8000 or at + 5 + size > len(block):
            return []
        found.append(_opaque(f"iptc:{record}:{dataset}", block[at + 5 : at + 5 + size]))
        at += 5 + size
    return found
