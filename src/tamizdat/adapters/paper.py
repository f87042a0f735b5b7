"""
Sheets on paper: pages drawn as PDF (lines, not pictures; its words can be searched) and as PNG. docs/spec/sheet.md.

It does NOT say what stands where (carry/leaf.py). It needs the extra `paper`.
"""

from __future__ import annotations

import functools
import io

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import segno

from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen import canvas  # type: ignore[import-untyped]


DPI: Final = 300
_LETTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
_FIXED_MASK: Final = 3  # ciphertext is noise: no mask is better than another, and choosing costs most of the time


@functools.lru_cache(maxsize=512)
def matrix(content: str | bytes) -> tuple[bytes, ...]:
    """Give the modules of a QR code at level M or better, row by row, 1 is dark; no quiet zone."""
    if isinstance(content, str) and _LETTERS.issuperset(content):
        code = segno.make(content, error="m", mode="alphanumeric", micro=False, mask=_FIXED_MASK)
    else:
        code = segno.make(content, error="m", mode="byte", micro=False)
    return tuple(bytes(row) for row in code.matrix)


def pdf(pages: Sequence[Any]) -> bytes:
    """Draw leaf.Pages as one PDF; it holds no name, no time and no machine."""
    sink = io.BytesIO()
    drawn = canvas.Canvas(sink, pagesize=(pages[0].width, pages[0].height), invariant=1, pageCompression=1)
    drawn.setTitle("sheets")
    drawn.setAuthor("")
    drawn.setCreator("")
    drawn.setProducer("")
    for page in pages:
        drawn.setPageSize((page.width, page.height))
        for item in page.items:
            _draw(drawn, page.height, item)
        drawn.showPage()
    drawn.save()
    return sink.getvalue()


def _draw(drawn: Any, height: float, item: Any) -> None:
    if hasattr(item, "content"):
        rows = matrix(item.content)
        side = item.side / len(rows)
        drawn.saveState()
        drawn.transform(side, 0, 0, -side, item.x, height - item.y)
        # One path, filled once: squares drawn one by one would leave hairlines between them.
        drawn.drawPath(_Path(f"{x} {y} {length} 1 re" for y, x, length in _runs(rows)), stroke=0, fill=1)
        drawn.restoreState()
    elif hasattr(item, "words"):
        drawn.setFont("Helvetica-Bold" if item.bold else "Helvetica", item.size)
        drawn.drawString(item.x, height - item.y, item.words)
    else:
        drawn.setLineWidth(0.5)
        drawn.line(item.x, height - item.y, item.to_x, height - item.to_y)


class _Path:
    """A path in whole numbers; reportlab's own takes ten times as long to write them."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._code = " ".join(pieces)

    def getCode(self) -> str:  # noqa: N802 -- what drawPath asks for
        return self._code


def png(page: Any, dpi: int = DPI) -> bytes:
    """Draw a leaf.Page as a black and white PNG; each module is a whole number of pixels."""
    scale = dpi / 72
    picture = Image.new("L", (round(page.width * scale), round(page.height * scale)), 255)
    pen = ImageDraw.Draw(picture)
    for item in page.items:
        at = round(item.x * scale), round(item.y * scale)
        if hasattr(item, "content"):
            rows = matrix(item.content)
            module = max(1, int(item.side * scale / len(rows) + 0.01))
            for y, x, length in _runs(rows):
                left, top = at[0] + x * module, at[1] + y * module
                pen.rectangle((left, top, left + length * module - 1, top + module - 1), fill=0)
        elif hasattr(item, "words"):
            font = ImageFont.load_default(item.size * scale)
            pen.text(at, item.words, fill=0, font=font, anchor="ls", stroke_width=round(scale / 6) if item.bold else 0)
        else:
            pen.line((*at, round(item.to_x * scale), round(item.to_y * scale)), fill=0, width=max(1, round(scale / 2)))
    sink = io.BytesIO()
    picture.convert("1", dither=Image.Dither.NONE).save(sink, "PNG", dpi=(dpi, dpi), optimize=True)
    return sink.getvalue()


def _runs(rows: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Give the dark runs of a symbol: row, first column, length."""
    for y, row in enumerate(rows):
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            yield y, start, end - start
            start = row.find(1, end)
