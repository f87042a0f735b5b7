"""
A picture as it is published: cut, hidden in places, reduced, and written new.

No byte of the original is decoded here: that is done in a cell (developing.py), which gives pixels. Whatever that was made to
say, the copy holds pixels and nothing else, has the size it must have, and its boxes are painted here. It is NOT provable against
its original (redaction/ makes what is), and a new copy only lessens, never removes, what identifies a camera's sensor. The rules are docs/spec/story.md, "pictures".
"""

from __future__ import annotations

import dataclasses
import io
import json
import struct

from typing import Any, BinaryIO, Final

from PIL import Image

from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.ports import Bounds, Cell
from tamizdat.wire.painting import paint
from tamizdat.wire.story import Picture


WORK: Final = "tamizdat.wire.developing"
LONGEST: Final = 1600
MAX_PIXELS: Final = 120_000_000
MAX_BYTES: Final = 512 << 20
QUALITY: Final = 86

_HEAD: Final = struct.Struct(">I")
_MAX_HEAD: Final = 1 << 16
_MAX_WORDS: Final = 300
# What a picture may take. No format that is opened packs more pixels into a byte, but for an empty field.
_PIXELS_A_BYTE: Final = 1000
_PIXELS_OF_ANY: Final = 12_000_000
_MEMORY: Final = 320 << 20
_MEMORY_A_PIXEL: Final = 24
_SECONDS: Final = 10
_PIXELS_A_SECOND: Final = 2_000_000
_MENDS: Final = {
    "picture-kind": "Publish a copy saved as JPEG, PNG, WebP, TIFF or AVIF; the original stays in the vault as it is.",
    "picture-size": f"Publish a smaller copy, of {MAX_PIXELS // 1_000_000} million pixels at most.",
    "picture-broken": "If a picture program on a machine without keys can open it, save it there anew and receive the new copy.",
    "picture-box": "Count the box in pixels of the original as you see it upright.",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Width and height of an original in pixels as stored, and the EXIF orientation (1 to 8) that turns it upright."""

    size: tuple[int, int]
    turn: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """
    The published copy.

    Attributes:
        width: Of the copy, in pixels; *height* likewise.

        removed: In plain words what the original held besides and is gone.

        original: How the original lies.
    """

    jpeg: bytes = dataclasses.field(repr=False)
    width: int
    height: int
    removed: tuple[str, ...]
    original: Stored


def render(cell: Cell, original: BinaryIO, picture: Picture, longest: int = LONGEST) -> Rendered:
    """
    Write the published copy of *original* as *picture* says, its longest side *longest* pixels at most; spends the *cell*.

    Boxes count in pixels of the upright original, before the crop. They are painted before the reduction, so that
    nothing under them is mixed into the pixels around, and again after it.

    Raises:
        FormatError: ``picture-kind``, ``picture-size``, ``picture-broken``, ``picture-box``, ``decoder-...``.
    """
    said, pixels = _ask(cell, original, picture, longest)
    stored = _stored(said)
    upright = tuple(reversed(stored.size)) if stored.turn >= 5 else stored.size
    left, top, width, height = picture.crop or (0, 0, *upright)
    scale = min(1.0, longest / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    removed = said.get("removed")
    if len(pixels) != 3 * size[0] * size[1] or not isinstance(removed, list) or not all(map(_plain, removed)):
        raise _nonsense()
    # A new picture from bare pixels: whatever the old one carried along cannot come with it.
    bare = Image.frombytes("RGB", size, pixels)
    paint(bare, picture.hide, (left, top), scale)
    sink = io.BytesIO()
    bare.save(sink, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return Rendered(jpeg=sink.getvalue(), width=size[0], height=size[1], removed=tuple(removed), original=stored)


def measure(cell: Cell, original: BinaryIO) -> Stored:
    """
    Say how an original lies, without reading its pixels; spends the *cell*.

    Raises:
        FormatError: ``picture-kind``, ``picture-size``, ``picture-broken``, ``decoder-...``.
    """
    said, _ = _ask(cell, original, None, 0)
    return _stored(said)


def _ask(cell: Cell, original: BinaryIO, picture: Picture | None, longest: int) -> tuple[dict[str, Any], bytes]:
    """Let a cell read a picture, and take its answer apart; all that is in it may be a lie."""
    raw = original.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _flaw("picture-size", f"the file is larger than {MAX_BYTES >> 20} MB")
    pixels = min(MAX_PIXELS, _PIXELS_OF_ANY + _PIXELS_A_BYTE * len(raw))
    order = {
        "hide": picture.hide if picture else (),
        "crop": picture.crop if picture else None,
        "longest": longest,
        "pixels": pixels,
    }
    seconds = _SECONDS + pixels // _PIXELS_A_SECOND
    bounds = Bounds(
        memory=_MEMORY + 3 * len(raw) + _MEMORY_A_PIXEL * pixels,
        seconds=seconds,
        patience=60 + 8 * seconds,
        answer=_HEAD.size + _MAX_HEAD + 3 * longest * longest,
    )
    answer = cell.ask(json.dumps(order).encode("ascii"), raw, bounds)
    try:
        end = _HEAD.size + _HEAD.unpack_from(answer)[0]
        said = json.loads(answer[_HEAD.size : min(end, _HEAD.size + _MAX_HEAD)])
    except (struct.error, ValueError, RecursionError) as error:
        raise _nonsense() from error
    if not isinstance(said, dict):
        raise _nonsense()
    if "flaw" in said:
        code, what = said["flaw"], said.get("what")
        if not isinstance(code, str) or code not in _MENDS or not isinstance(what, str):
            raise _nonsense()
        raise _flaw(code, "".join(letter for letter in what if letter.isprintable())[:_MAX_WORDS])
    return said, answer[end:]


def _stored(said: dict[str, Any]) -> Stored:
    size, turn = said.get("size"), said.get("turn")
    if not isinstance(size, list) or [type(edge) for edge in size] != [int, int] or type(turn) is not int:
        raise _nonsense()
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS or turn not in range(1, 9):
        raise _nonsense()
    return Stored(size=(size[0], size[1]), turn=turn)


def _plain(word: object) -> bool:
    return isinstance(word, str) and word.isprintable() and len(word) <= _MAX_WORDS


def _nonsense() -> FormatError:
    return FormatError(
        "decoder-answer",
        "the decoder said nonsense about the picture",
        mend="Do not open this file with other programs on this machine. Publish another copy of the picture.",
    )


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend=_MENDS[code])
