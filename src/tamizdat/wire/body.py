"""
A story's body as passages: each block with its links, its picture, and the notes on the figures it says.

It takes cleaned HTML from stories and gives HTML; it cleans nothing itself. What the notes hold is figures.py.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Sequence
from typing import Final

from lxml import html as parser
from lxml.html import HtmlElement
from markupsafe import Markup

from tamizdat.wire import figures as gathering
from tamizdat.wire.claim import Figure
from tamizdat.wire.figures import Measure, Note
from tamizdat.wire.site import Media, Published
from tamizdat.wire.story import Block, Picture, Prose, Quotation, Response


NOTHING: Final = Markup()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """
    One block of the body, ready for the template.

    Attributes:
        kind: The block's kind in lower case (``prose``), which names its template.

        html: The block's own text, its figures made links to their sources.

        figures: The figures this passage is the first to say; *notes* on them, one a measure, stand beside it.

        media: The published picture of a picture block; *lead* where the story begins with it.
    """

    kind: str
    block: Block
    html: Markup = NOTHING
    figures: tuple[Figure, ...] = ()
    notes: tuple[Note, ...] = ()
    media: Media | None = None
    lead: bool = False


def passages(published: Published, dateline: Markup) -> list[Passage]:
    """Cut the body into passages, and write *dateline* at the head of the first paragraph."""
    story = published.story
    reader = _Reader({figure.key: figure for figure in story.figures}, dateline)
    media = iter(published.media)
    found: list[Passage] = []
    for block in story.blocks:
        kind = type(block).__name__.lower()
        match block:
            case Prose():
                for element in _elements(block.html):
                    text, figures = reader.read([element])
                    _add(found, Passage(kind=kind, block=block, html=text, figures=figures))
            case Quotation() | Response():
                text, figures = reader.read(_elements(block.html))
                found.append(Passage(kind=kind, block=block, html=text, figures=figures))
            case Picture():
                lead = not found
                found.append(Passage(kind=kind, block=block, media=next(media, None), lead=lead))
            case _:
                found.append(Passage(kind=kind, block=block))
    return _noted(found, gathering.measures(story.figures))


def said(passed: Sequence[Passage]) -> frozenset[str]:
    """Give the keys of all figures that the text says."""
    return frozenset(figure.key for passage in passed for figure in passage.figures)


def _add(found: list[Passage], new: Passage) -> None:
    # Paragraphs in a row that all say figures share one set of notes: apart, each would repeat the same
    # claims, and the notes of the first would push the second down the page.
    last = found[-1] if found else None
    if last is not None and new.figures and last.figures and last.kind == new.kind:
        found[-1] = dataclasses.replace(last, html=last.html + new.html, figures=last.figures + new.figures)
    else:
        found.append(new)


def _noted(found: Sequence[Passage], known: Sequence[Measure]) -> list[Passage]:
    shown: list[Measure] = []
    noted: list[Passage] = []
    for passage in found:
        notes = gathering.notes(passage.figures, known, shown)
        shown.extend(note.measure for note in notes)
        noted.append(dataclasses.replace(passage, notes=notes))
    return noted


def _elements(text: str) -> list[HtmlElement]:
    whole = parser.fragment_fromstring(text, create_parent="div")
    if (whole.text or "").strip() or any((child.tail or "").strip() for child in whole):
        whole.tag = "p"  # loose words, not blocks: one paragraph
        return [whole]
    return list(whole)


class _Reader:
    """Turns figures into links, and remembers which were said already."""

    def __init__(self, figures: dict[str, Figure], dateline: Markup) -> None:
        self._figures = figures
        self._dateline = dateline
        self._seen: set[str] = set()

    def read(self, elements: Sequence[HtmlElement]) -> tuple[Markup, tuple[Figure, ...]]:
        fresh: list[Figure] = []
        for element in elements:
            for data in element.xpath("descendant-or-self::data[@class='figure']"):
                key = str(data.get("value"))
                if key not in self._figures:
                    continue
                data.tag = "a"
                data.attrib.pop("value")
                data.set("href", f"#figure-{key}")
                if key not in self._seen:
                    self._seen.add(key)
                    data.set("id", f"said-{key}")
                    fresh.append(self._figures[key])
        return Markup("").join(self._write(element) for element in elements), tuple(fresh)

    def _write(self, element: HtmlElement) -> Markup:
        if self._dateline and element.tag == "p":
            mark = parser.fragment_fromstring(str(self._dateline))
            mark.tail = " " + (element.text or "")
            element.text = None
            element.insert(0, mark)
            self._dateline = NOTHING
        return Markup(parser.tostring(element, encoding="unicode", with_tail=False))  # noqa: S704 (cleaned when read)
