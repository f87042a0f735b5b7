"""
Pictures of paper: what the QR codes in a photograph or a scan hold. docs/spec/sheet.md, "Reading".

It does NOT know what the codes mean. A picture is a stranger's file: its size is bounded before it
is unpacked. It needs the extra `paper`.
"""

from __future__ import annotations

import contextlib
import struct
import zlib

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, TypeAlias

import zxingcpp

from PIL import Image, ImageFilter, ImageOps, ImageSequence

from tamizdat.primitives.errors import UsageError


MAX_PIXELS: Final = 64_000_000
MAX_FRAMES: Final = 100
FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
_FAULTS: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)
_LARGE: Final = 20_000_000  # a picture larger than this is not enlarged further
_HEIC: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
Enough: TypeAlias = Callable[[set[bytes]], bool]


def read(stream: BinaryIO, name: str, enough: Enough) -> set[bytes]:
    """
    Give what every QR code in a picture holds, each once; a scan of many pages is read page by page.

    *enough* is asked after each try whether the codes of this page so far leave nothing to look for.

    Raises:
        UsageError: It is no picture that can be read, or is too large.
    """
    found: set[bytes] = set()
    for page in _pages(stream, name):
        found |= _codes(page, enough)
    return found


def _pages(stream: BinaryIO, name: str) -> Iterator[Image.Image]:
    head = stream.read(16)
    stream.seek(0)
    Image.init()
    known: list[str] = [one for one in FORMATS if one in Image.OPEN]
    try:
        with Image.open(stream, formats=known) as picture:
            for number, frame in enumerate(ImageSequence.Iterator(picture)):
                if number >= MAX_FRAMES or frame.width * frame.height > MAX_PIXELS:
                    raise _large(name, f"{frame.width} by {frame.height} points, page {number + 1}")
                yield _grey(frame)
                if picture.format in {"MPO", "GIF", "WEBP"}:  # what follows is a preview, or the same again
                    break
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _large(name, "a hundred million points or more") from error
    except _FAULTS as error:
        raise UsageError("sheet-picture", f"{name}: {_why(head)}", mend=_how(head)) from error


def _grey(frame: Image.Image) -> Image.Image:
    with contextlib.suppress(*_FAULTS):
        frame = ImageOps.exif_transpose(frame)
    if frame.has_transparency_data:
        frame = frame.convert("RGBA")
        frame = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
    return frame.convert("L")


def _codes(page: Image.Image, enough: Enough) -> set[bytes]:
    found: set[bytes] = set()
    for attempt in _attempts(page):
        codes = zxingcpp.read_barcodes(attempt, formats=_QR, try_invert=False)
        found.update(code.bytes for code in codes if code.valid)
        if enough(found):
            break
    return found


def _attempts(page: Image.Image) -> Iterator[Image.Image]:
    """Give the page, then as it is better read where light, lens or distance were poor."""
    yield page
    yield page.filter(ImageFilter.UnsharpMask(3, 300, 0))
    if page.width * page.height <= _LARGE:
        yield page.resize((page.width * 2, page.height * 2), Image.Resampling.BICUBIC)
    yield page.filter(ImageFilter.GaussianBlur(1))
    yield page.resize((page.width // 2 or 1, page.height // 2 or 1), Image.Resampling.BOX)


def _large(name: str, what: str) -> UsageError:
    return UsageError(
        "sheet-picture-large",
        f"{name}: this picture is larger than can be safely opened: {what}",
        mend=f"Make it smaller: {MAX_PIXELS // 1_000_000} million points are the limit, and 12 million are plenty.",
    )


def _why(head: bytes) -> str:
    if head.startswith(b"%PDF"):
        return "this is a PDF, not a picture"
    return (
        "this is a HEIC picture, which is not read here"
        if head[4:12] in _HEIC
        else "this is no picture that can be read"
    )


def _how(head: bytes) -> str:
    if head.startswith(b"%PDF"):
        return "Save its pages as pictures: pdftoppm -r 300 -png FILE.pdf page"
    return "Save it as JPEG or PNG, or photograph the sheet again."
