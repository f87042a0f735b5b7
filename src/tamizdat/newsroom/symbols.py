"""
A card as square codes on one sheet, for a browser: pieces of text that any reader shows. docs/spec/sheet.md.

`tamizdat sheet --read` puts the pieces of a picture together; `tamizdat sheet --card` makes a page to print.
"""

from __future__ import annotations

import html
import io

from typing import Final

import segno

from tamizdat.carry import sheet as squares
from tamizdat.primitives import card as cards
from tamizdat.primitives import words


SIDE: Final = 300
GAP: Final = 24
LABEL: Final = 28
COLUMNS: Final = 3
# About 500 bytes a symbol: a worn print and a cheap camera still read it.
BYTES: Final = 500


def sheet(raw: bytes) -> str:
    """
    Draw a card as one SVG.

    Raises:
        FormatError, TrustError: It is no card.
    """
    card = cards.read(raw)
    codes = [segno.make(piece, error="m", mode="byte", micro=False) for piece in squares.write_card(raw, BYTES)]
    rows = -(-len(codes) // COLUMNS)
    width = COLUMNS * (SIDE + GAP) + GAP
    height = rows * (SIDE + LABEL + GAP) + GAP + 3 * LABEL
    spoken = words.card_words(cards.fingerprint(raw))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="18">\n<title>Card of {html.escape(card.name)}</title>\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        f'<text x="{GAP}" y="{GAP + 14}" font-weight="bold">{html.escape(card.name)}</text>\n'
        f'<text x="{GAP}" y="{GAP + 14 + LABEL}">{" ".join(spoken[:6])}</text>\n'
        f'<text x="{GAP}" y="{GAP + 14 + 2 * LABEL}">{" ".join(spoken[6:])}</text>\n'
    )
    parts = [head]
    for number, code in enumerate(codes):
        x = GAP + (number % COLUMNS) * (SIDE + GAP)
        y = GAP + 3 * LABEL + (number // COLUMNS) * (SIDE + LABEL + GAP)
        parts.append(f'<svg x="{x}" y="{y}" width="{SIDE}" height="{SIDE}"{_inside(code)}</svg>\n')
        parts.append(f'<text x="{x + GAP}" y="{y + SIDE + 14}">{number + 1} of {len(codes)}</text>\n')
    return "".join((*parts, "</svg>\n"))


def _inside(code: segno.QRCode) -> str:
    """Give a symbol's drawing, from the view box on, with the quiet zone the standard wants."""
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, nl=False)
    body = drawn.getvalue().decode("utf-8").removesuffix("</svg>")
    return body[body.index(" viewBox") :]
