"""
What stands where on a sheet of paper: words, squares, fold marks, in points from the upper left. docs/spec/sheet.md.

It draws NOTHING: adapters/paper.py does. Twelve squares, three in a row, have the size at which a
photograph of the whole page is read; the gaps between them are where a page may be folded.
"""

from __future__ import annotations

import dataclasses
import textwrap

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from tamizdat.carry import sheet
from tamizdat.primitives.errors import UsageError


PAPERS: Final = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
MODULE: Final = 1.2  # points: five dots of a printer with 300 to the inch
SIDE: Final = 121 * MODULE  # version 26, which holds 1,536 letters at level M
ACROSS: Final = 3
_GAP: Final = 24.0  # beside a square, and half of that below
_BELOW: Final = 12.0
_BOTTOM: Final = 34.0
_TOP: Final = 40.0
_SIZES: Final = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
_PART: Final = """\
WHAT THIS IS. A sealed package, as squares. Only the one it was sealed for can open it. Nothing here says who that is, or
who sealed it. A copy or a photograph of a sheet is as good as the sheet. What is torn or stained here, other sheets make
up for. Fold it only at the small marks in the margins.

TO READ IT BACK. Photograph or scan each sheet: all of it, flat, sharp, evenly lit. With the free program tamizdat:
"tamizdat sheet --read PICTURES -o FOLDER", then "tamizdat join FOLDER -o X.age".

WITHOUT TAMIZDAT. Any QR reader shows each square's text. Base45 (RFC 9285) turns it into 1,024 bytes that begin with
TZP1: a packet of the format tamizdat-part-v1. The packets {enough} give X.age, a file of the program age.
"""
_CARD: Final = """\
COMPARE THESE 12 WORDS, by voice or with a paper you trust, before you seal to it.

WHAT THIS IS. With this card anybody can seal files so that only this newsroom can open them. To be found with it may
show that you have to do with the newsroom.

TO READ IT BACK. Photograph or scan the page. With the free program tamizdat: "tamizdat sheet --read PICTURES -o FOLDER"
writes card.txt. Without it: any QR reader shows each square's text, {count}.{again} Take away the first line of each,
and put them together in their order.
"""
_ANNOUNCEMENT: Final = """\
WHAT THIS IS. These words say, without showing them, that certain files existed when the words were first told. They are
for a newsroom, to hear before the files arrive. They do not hold the files.

TAKE CARE. Whoever has these words can later see which files they belong to.

TO TELL THEM. Read the words aloud in their order, or the digits, or have the square read by any QR reader.
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A line of words; *y* is the line they stand on, *size* the height of the letters, both in points."""

    x: float
    y: float
    size: float
    words: str
    bold: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A QR code of *content* in a field *side* points wide; text in Base45 is written as letters, all else as bytes."""

    x: float
    y: float
    side: float
    content: str | bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A thin line."""

    x: float
    y: float
    to_x: float
    to_y: float


_Labelled: TypeAlias = tuple[str | bytes, str]
Item: TypeAlias = Words | Square | Mark


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One side of paper."""

    width: float
    height: float
    items: tuple[Item, ...]


def part_page(paper: str, contents: Sequence[str], *, set_id: bytes, number: int, plan: sheet.Plan) -> Page:
    """
    Lay out sheet *number* (from 1) of a package; nothing on it names anybody.

    Raises:
        UsageError: There is no such paper.
    """
    if plan.sheets == 1:
        title = "One sheet. It holds all of a sealed package."
    elif plan.need == 1:
        title = f"Sheet {number} of {plan.sheets}. Each of these {plan.sheets} sheets is enough by itself."
    else:
        title = f"Sheet {number} of {plan.sheets}. Any {plan.need} of these {plan.sheets} sheets are enough."
    enough = f"of any {plan.need} sheets" if plan.need > 1 else "of one sheet"
    foot = (f"package {set_id.hex()[:8]}", f"sheet {number} of {plan.sheets}", f"{len(contents)} squares")
    labels = [str(place + 1) for place in range(len(contents))]
    return _page(_size(paper), title, _PART.format(enough=enough), list(zip(contents, labels, strict=True)), foot)


def card_pages(paper: str, pieces: Sequence[bytes], *, name: str, spoken: Sequence[str]) -> list[Page]:
    """
    Lay out a newsroom's card: *pieces* of it, its *name* (empty where it cannot be printed) and its 12 words.

    Where there is room each piece stands on the page more than once.

    Raises:
        UsageError: There is no such paper.
    """
    once: list[_Labelled | None] = [(piece, str(number)) for number, piece in enumerate(pieces, 1)]
    again = max(1, sheet.SQUARES // len(pieces))
    # The copies of one piece stand far from each other: what costs one leaves the other.
    squares = (once + [None] * (sheet.SQUARES // again - len(once))) * again
    title = f"Card of {name}" if name else "Card of a newsroom"
    told = _CARD.format(
        count=f"pieces 1 to {len(pieces)}" if len(pieces) > 1 else "one piece",
        again=" Pieces with the same number are the same." if again > 1 else "",
    )
    foot = (f"{len(pieces)} pieces", "", "")
    starts = range(0, len(squares), sheet.SQUARES)
    bold = (" ".join(spoken[:6]), " ".join(spoken[6:]))
    return [
        _page(_size(paper), title, told, squares[start : start + sheet.SQUARES], foot, bold=bold) for start in starts
    ]


def announcement_page(paper: str, content: str, *, digits: str) -> Page:
    """
    Lay out an announcement: 24 words, the same as digits, and one square. It names nobody.

    Raises:
        UsageError: There is no such paper.
    """
    width, height = _size(paper)
    left = (width - ACROSS * SIDE - (ACROSS - 1) * _GAP) / 2
    items: list[Item] = [*_told("24 words to tell a newsroom", _ANNOUNCEMENT, left, height)]
    top = 210.0
    for number, word in enumerate(content.split(" ")):
        column, row = divmod(number, 8)
        x, y = left + column * (SIDE + _GAP), top + row * 24
        items += [
            Words(x=x, y=y, size=9, words=str(number + 1)),
            Words(x=x + 22, y=y, size=15, words=word, bold=True),
        ]
    groups = digits.split(" ")
    items.append(Words(x=left, y=top + 214, size=9, words="The same as digits:"))
    for row in range(0, len(groups), 4):
        items.append(Words(x=left, y=top + 240 + row * 6, size=14, words="   ".join(groups[row : row + 4])))
    items.append(Square(x=left + 2 * (SIDE + _GAP), y=top + 206, side=SIDE, content=content.encode("ascii")))
    return Page(width=width, height=height, items=tuple(items))


def _size(paper: str) -> tuple[float, float]:
    if paper not in PAPERS:
        raise UsageError("sheet-paper", f"{paper!r} is no paper", mend=f"Give one of {', '.join(PAPERS)}.")
    return PAPERS[paper]


def _page(
    size: tuple[float, float],
    title: str,
    told: str,
    squares: Sequence[_Labelled | None],
    foot: Sequence[str],
    *,
    bold: Sequence[str] = (),
) -> Page:
    width, height = size
    left = (width - ACROSS * SIDE - (ACROSS - 1) * _GAP) / 2
    top = height - _BOTTOM - 4 * SIDE - 3 * _BELOW
    items: list[Item] = [*_told(title, told, left, top, bold)]
    for place, square in enumerate(squares):
        if square is None:
            continue
        content, label = square
        row, column = divmod(place, ACROSS)
        x, y = left + column * (SIDE + _GAP), top + row * (SIDE + _BELOW)
        items.append(Square(x=x, y=y, side=SIDE, content=content))
        items.append(Words(x=x - 6 - 4.2 * len(label), y=y + 7, size=7, words=label))
    items += _folds(left, top, width, height)
    for column, words in enumerate(foot):
        items.append(Words(x=left + column * (SIDE + _GAP), y=height - 17, size=8, words=words))
    return Page(width=width, height=height, items=tuple(items))


def _told(title: str, told: str, left: float, room: float, bold: Sequence[str] = ()) -> Iterator[Words]:
    """Set the title, the lines in *bold*, and the paragraphs, as large as there is room for."""
    yield Words(x=left, y=_TOP, size=15, words=title, bold=True)
    top = _TOP
    for line in bold:
        top += 14
        yield Words(x=left, y=top, size=11, words=line, bold=True)
    paragraphs = [" ".join(words.split()) for words in told.split("\n\n")]
    for size in _SIZES:
        letters = int(3 * (SIDE + _GAP) / (size * 0.5))
        lines = [textwrap.wrap(words, letters) for words in paragraphs]
        leading = size * 1.22
        if top + 8 + sum(map(len, lines)) * leading + 3 * len(lines) < room - 6:
            break
    y = top + 6
    for paragraph in lines:
        y += 3
        for line in paragraph:
            y += leading
            yield Words(x=left, y=y, size=size, words=line)


def _folds(left: float, top: float, width: float, height: float) -> Iterator[Mark]:
    """Mark in the margins where a fold meets no square."""
    y = top + 2 * SIDE + 1.5 * _BELOW
    yield Mark(x=14, y=y, to_x=26, to_y=y)
    yield Mark(x=width - 26, y=y, to_x=width - 14, to_y=y)
    for column in (1, 2):
        # Beside the label of the next square, whose quiet zone a crease may touch.
        x = left + column * (SIDE + _GAP) - _GAP / 2
        yield Mark(x=x, y=14, to_x=x, to_y=24)
        yield Mark(x=x, y=height - 26, to_x=x, to_y=height - 14)
