"""
Find one assertion in the content credentials of a JPEG or PNG, strictly, and without a library for credentials.

It is NOT a check of the credentials (wire/credentials.py is): who signed them is not asked. What is found proves itself.
Boxes are those of ISO/IEC 19566-5; where they stand, C2PA 2.2, "Embedding manifests". docs/spec/sidecar.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tamizdat.primitives.errors import FormatError


MAX_BOXES: Final = 4096
_JPEG: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_APP11: Final = 0xEB
_STORE: Final = "c2pa"
_ASSERTIONS: Final = "c2pa.assertions"
# C2PA 2.2, 11.1.4: a content type begins with four letters, and all end alike.
_JSON: Final = b"json\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"

Box = tuple[bytes, bytes]  # type, content


def assertion(picture: bytes, label: str) -> bytes | None:
    """
    Give the JSON of the assertion *label* in the newest manifest; None where there is none.

    Raises:
        FormatError: ``sidecar-box``.
    """
    raw = _store(picture)
    if raw is None:
        return None
    budget = [MAX_BOXES]
    stores = [content for kind, content in _boxes(raw, budget) if kind == b"jumb"]
    if len(stores) != 1:
        raise _flaw("there is not one store of credentials in it")
    name, _, manifests = _super(stores[0], budget)
    if name != _STORE or not manifests:
        return None
    # The newest manifest stands last (C2PA 2.2, 10.3).
    _, _, parts = _super(_content(manifests[-1]), budget)
    found = []
    for part in parts:
        name, _, held = _super(_content(part), budget)
        if name == _ASSERTIONS:
            found += [_super(_content(one), budget) for one in held]
    named = [(kind, held) for name, kind, held in found if name == label]
    if not named:
        return None
    if len(named) > 1 or named[0][0] != _JSON or [kind for kind, _ in named[0][1]] != [b"json"]:
        raise _flaw("the proof stands in it twice, or not as JSON")
    return named[0][1][0][1]


def _store(picture: bytes) -> bytes | None:
    if picture.startswith(_JPEG):
        return _of_jpeg(picture)
    if picture.startswith(_PNG):
        return _of_png(picture)
    return None


def _of_jpeg(picture: bytes) -> bytes | None:
    """Put the box together whose pieces stand in APP11 segments, each with the box's head again (19566-5, D.2)."""
    pieces: list[tuple[int, bytes, bytes]] = []
    at = 2
    while at + 4 <= len(picture) and picture[at] == 0xFF and picture[at + 1] not in {0xD8, 0xD9, 0xDA, 0xFF}:
        marker, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        data = picture[at + 4 : at + 2 + length]
        if length < 2 or len(data) != length - 2:
            return None
        if marker == _APP11 and data[:2] == b"JP":
            if len(data) < 16:
                raise _flaw("a piece of them is too short")
            pieces.append((int.from_bytes(data[4:8], "big"), data[2:4], data[8:]))
        at += 2 + length
    if not pieces:
        return None
    head = pieces[0][2][:8]
    if any(
        (number, run, body[:8]) != (place, pieces[0][1], head) for place, (number, run, body) in enumerate(pieces, 1)
    ):
        raise _flaw("their pieces are not all there in order")
    return head + b"".join(body[8:] for _, _, body in pieces)


def _of_png(picture: bytes) -> bytes | None:
    found, at = [], len(_PNG)
    while at + 12 <= len(picture):
        length = int.from_bytes(picture[at : at + 4], "big")
        if picture[at + 4 : at + 8] == b"caBX":
            found.append(picture[at + 8 : at + 8 + length])
        at += 12 + length
    if len(found) > 1:
        raise _flaw("there is not one store of credentials in it")
    return found[0] if found else None


def _super(raw: bytes, budget: list[int]) -> tuple[str, bytes, list[Box]]:
    """Read the content of a superbox: its label, its type, and the boxes in it."""
    boxes = list(_boxes(raw, budget))
    if not boxes or boxes[0][0] != b"jumd" or len(boxes[0][1]) < 17:
        raise _flaw("a box does not say what it is")
    described = boxes[0][1]
    label = b""
    if described[16] & 2:
        label, end, _ = described[17:].partition(b"\x00")
        if not end:
            raise _flaw("a box's name does not end")
    return label.decode("utf-8", "replace"), described[:16], boxes[1:]


def _content(box: Box) -> bytes:
    if box[0] != b"jumb":
        raise _flaw("a box stands where none of its kind can")
    return box[1]


def _boxes(raw: bytes, budget: list[int]) -> Iterator[Box]:
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "big")
        budget[0] -= 1
        if length < 8 or at + length > len(raw) or budget[0] < 0:
            raise _flaw("a box is cut short, or there are too many")
        yield raw[at + 4 : at + 8], raw[at + 8 : at + length]
        at += length


def _flaw(what: str) -> FormatError:
    return FormatError(
        "sidecar-box",
        f"the credentials inside the picture cannot be read: {what}",
        mend="Get the picture anew from where it was published, or give the proof that lies beside it.",
    )
