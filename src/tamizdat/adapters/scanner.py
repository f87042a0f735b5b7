"""
Pictures of paper: what the QR codes in a photograph or a scan hold. docs/spec/sheet.md, "Reading".

No byte of a picture is decoded here: that is done in a cell (squares.py), for it is a stranger's file. It does NOT know what the
codes mean. It needs the extra `paper`.
"""

from __future__ import annotations

import importlib.util
import struct

from collections.abc import Callable
from typing import BinaryIO, Final, TypeAlias

from tamizdat.adapters.cell import Cell
from tamizdat.primitives.errors import FormatError, UsageError
from tamizdat.primitives.ports import Bounds


WORK: Final = "tamizdat.adapters.squares"
MAX_PIXELS: Final = 64_000_000
MAX_BYTES: Final = 512 << 20
# What squares.py is asked and tells.
_BEGIN, _NEXT, _HARDER = b"begin", b"next", b"harder"
_CODES, _TRIED, _OVER, _LARGE, _UNREADABLE = b"ctolu"
_LENGTH: Final = struct.Struct(">I")
_MAX_ASKED: Final = 100 * 6 + 1
_PIXELS_A_BYTE: Final = 1000
_PIXELS_OF_ANY: Final = 12_000_000
_HEIC: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")
Enough: TypeAlias = Callable[[set[bytes]], bool]


def read(stream: BinaryIO, name: str, enough: Enough) -> set[bytes]:
    """
    Give what every QR code in a picture holds, each once; a scan of many pages is read page by page.

    *enough* is asked after each try whether the codes of this page so far leave nothing to look for.

    Raises:
        UsageError: It is no picture that can be read, or is too large.
        FormatError: ``decoder-...``: whoever read it died of it.
    """
    for package in ("PIL", "zxingcpp"):
        if importlib.util.find_spec(package) is None:
            raise ImportError(name=package)
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _large(name, f"{MAX_BYTES >> 20} MB or more")
    found: set[bytes] = set()
    page: set[bytes] = set()
    said, given = _BEGIN, raw
    with Cell(WORK) as cell:
        for _ in range(_MAX_ASKED):
            kind, codes = _ask(cell, said, given, raw, name)
            page |= codes
            if kind == _OVER:
                return found
            given, said = b"", _HARDER
            if kind == _TRIED or enough(page):
                found |= page
                page, said = set(), _NEXT
    raise _unreadable(name, raw)


def _ask(cell: Cell, said: bytes, given: bytes, raw: bytes, name: str) -> tuple[int, set[bytes]]:
    """Have it look once more, and take the answer apart; all that is in it may be a lie."""
    try:
        answer = cell.ask(said, given, _bounds(len(raw)))
        kind, content = answer[0], answer[1:]
        codes = _codes(content) if kind == _CODES else set()
    except FormatError as error:
        raise FormatError(error.code, f"{name}: {error}", mend=error.mend) from error
    except (IndexError, struct.error) as error:
        raise _unreadable(name, raw) from error
    if kind == _LARGE:
        raise _large(name, "".join(filter(str.isprintable, content.decode("ascii", "replace")))[:80])
    if kind not in {_CODES, _TRIED, _OVER}:
        raise _unreadable(name, raw)
    return kind, codes


def _bounds(length: int) -> Bounds:
    """Say what a picture of *length* bytes may take: as a grey page twice, enlarged, and once as it was stored."""
    pixels = min(MAX_PIXELS, _PIXELS_OF_ANY + _PIXELS_A_BYTE * length)
    seconds = 120 + pixels // 250_000  # a hundred pages may be looked at five times
    return Bounds(memory=(320 << 20) + 3 * length + 24 * pixels, seconds=seconds, patience=900, answer=4 << 20)


def _codes(content: bytes) -> set[bytes]:
    found, at = set(), 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        found.add(content[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _large(name: str, what: str) -> UsageError:
    return UsageError(
        "sheet-picture-large",
        f"{name}: this picture is larger than can be safely opened: {what}",
        mend=f"Make it smaller: {MAX_PIXELS // 1_000_000} million points are the limit, and 12 million are plenty.",
    )


def _unreadable(name: str, raw: bytes) -> UsageError:
    return UsageError("sheet-picture", f"{name}: {_why(raw)}", mend=_how(raw))


def _why(raw: bytes) -> str:
    if raw.startswith(b"%PDF"):
        return "this is a PDF, not a picture"
    return (
        "this is a HEIC picture, which is not read here"
        if raw[4:12] in _HEIC
        else "this is no picture that can be read"
    )


def _how(raw: bytes) -> str:
    if raw.startswith(b"%PDF"):
        return "Save its pages as pictures: pdftoppm -r 300 -png FILE.pdf page"
    return "Save it as JPEG or PNG, or photograph the sheet again."
