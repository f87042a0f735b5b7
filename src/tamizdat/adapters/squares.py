"""
The squares in a picture of paper, looked for in a cell: page by page, and harder each time it is asked. docs/spec/sheet.md, "Reading".

It runs in a process of its own that can reach nothing (cell.py), and is imported nowhere else; scanner.py asks. A picture is a stranger's
file: its size is bounded before it is unpacked. It does NOT know what the codes mean.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

from collections.abc import Iterator
from typing import Final

import zxingcpp

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFilter,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)


# All that is ever opened here, loaded before anything is given up.
READERS: Final = (
    *(JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin, TiffImagePlugin),
    *(BmpImagePlugin, GifImagePlugin, AvifImagePlugin, PpmImagePlugin),
)
FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
MAX_PIXELS: Final = 64_000_000
MAX_PAGES: Final = 100
# What is asked: to begin with a picture, to go to the next page, to look harder.
BEGIN, NEXT, HARDER = b"begin", b"next", b"harder"
# What is told: codes, nothing left to try with this page, no page left, too large, unreadable.
CODES, TRIED, OVER, LARGE, UNREADABLE = b"ctolu"
LENGTH: Final = struct.Struct(">I")

_FAULTS: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)
_LARGEST: Final = 20_000_000  # a page larger than this is not enlarged further
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def ready() -> None:
    """Load and try whatever is loaded when it is first used: afterwards no file can be opened any more."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # there will be no threads
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF"):
        sink = io.BytesIO()
        Image.new("P" if kind == "GIF" else "RGB", (16, 8)).save(sink, kind, exif=exif)
        for said in (BEGIN, HARDER, HARDER, NEXT):
            work(said, sink.getvalue())
    work(BEGIN, b"no picture")


class _Picture:
    """The picture at hand: its pages, and what is left to try with this one."""

    def __init__(self) -> None:
        self.pages: Iterator[Image.Image] = iter(())
        self.attempts: Iterator[Image.Image] = iter(())


_at_hand: Final = _Picture()


def work(said: bytes, given: bytes) -> bytes:
    """Begin with the picture *given*, or go on with it, as *said*; gives a kind and what belongs to it."""
    try:
        if said == BEGIN:
            _at_hand.pages = _pages(given)
        if said != HARDER:
            page = next(_at_hand.pages, None)
            if page is None:
                return bytes([OVER])
            _at_hand.attempts = _attempts(page)
        attempt = next(_at_hand.attempts, None)
        if attempt is None:
            return bytes([TRIED])
        found = zxingcpp.read_barcodes(attempt, formats=_QR, try_invert=False)
    except (_Large, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        return (
            bytes([LARGE]) + (str(error) if isinstance(error, _Large) else "a hundred million points or more").encode()
        )
    except _FAULTS:
        return bytes([UNREADABLE])
    codes = {code.bytes for code in found if code.valid}
    return bytes([CODES]) + b"".join(LENGTH.pack(len(code)) + code for code in sorted(codes))


class _Large(Exception):  # noqa: N818 -- it is no error here
    """A page is larger than is unpacked."""


def _pages(raw: bytes) -> Iterator[Image.Image]:
    known: list[str] = [one for one in FORMATS if one in Image.OPEN]
    with Image.open(io.BytesIO(raw), formats=known) as picture:
        for number, frame in enumerate(ImageSequence.Iterator(picture)):
            if number >= MAX_PAGES or frame.width * frame.height > MAX_PIXELS:
                raise _Large(f"{frame.width} by {frame.height} points, page {number + 1}")
            yield _grey(frame)
            if picture.format in {"MPO", "GIF", "WEBP"}:  # what follows is a preview, or the same again
                break


def _grey(frame: Image.Image) -> Image.Image:
    with contextlib.suppress(*_FAULTS):
        frame = ImageOps.exif_transpose(frame)
    if frame.has_transparency_data:
        frame = frame.convert("RGBA")
        frame = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
    return frame.convert("L")


def _attempts(page: Image.Image) -> Iterator[Image.Image]:
    """Give the page, then as it is better read where light, lens or distance were poor."""
    yield page
    yield page.filter(ImageFilter.UnsharpMask(3, 300, 0))
    if page.width * page.height <= _LARGEST:
        yield page.resize((page.width * 2, page.height * 2), Image.Resampling.BICUBIC)
    yield page.filter(ImageFilter.GaussianBlur(1))
    yield page.resize((page.width // 2 or 1, page.height // 2 or 1), Image.Resampling.BOX)
