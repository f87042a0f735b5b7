"""
A story as a plain value: what pages, feeds and agency formats are made from.

Values only. manuscript.py reads it from a file (docs/spec/story.md); the desk's database will map onto the same.
"""

from __future__ import annotations

import dataclasses

from typing import Literal

from tamizdat.wire.claim import Figure


People = Literal["consent", "hidden", "none"]
Maker = Literal["protected", "shown"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """An author, and what readers should know of them."""

    name: str
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """Where and on which day (YYYY-MM-DD) the story was written."""

    place: str
    date: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """An IPTC Media Topic: its code (``medtop:20000139``) and its label in the story's language."""

    code: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was changed in a published story, when (YYYY-MM-DD) and why, in a reader's words."""

    date: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside the body."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """
    Paragraphs, lists: cleaned HTML.

    A figure stands in it as ``<data class="figure" value="KEY">...</data>``, its text already written out.
    """

    html: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Somebody's words (cleaned HTML), always with who said them; *source* is where they stand."""

    html: str
    speaker: str
    source: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    A picture by its object in the vault.

    Attributes:
        object: The object's id, 16 hexadecimal digits.

        credit: Who made it; *caption* what it shows; *alt* what a person who cannot see it needs.

        crop: x, y, width, height in pixels of the upright picture, or None.

        hide: Boxes (x, y, width, height) painted opaque on the newly written file.

        people: The answer to "people visible: consent, hidden, or none?".

        maker: The answer to "is its maker to be protected?": ``protected`` goes out as a reduced copy that proves
            nothing, ``shown`` as the camera's own pixels with their proof.

        disclose: What the camera wrote that is shown with the proof, by the names of redaction/picture.py.

        again: Those who approve know that this shows what an earlier disclosure hid.

        see_through: They know that whoever has the file can read what stands under its see-through pixels.
    """

    object: str
    credit: str
    alt: str
    caption: str = ""
    crop: tuple[int, int, int, int] | None = None
    hide: tuple[tuple[int, int, int, int], ...] = ()
    people: People = "none"
    maker: Maker = "protected"
    disclose: tuple[str, ...] = ()
    again: bool = False
    see_through: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An official document that can be looked up: its title, symbol or number, publisher and address."""

    title: str
    symbol: str
    publisher: str = ""
    address: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a named person answered to the story (cleaned HTML), and when."""

    html: str
    person: str
    date: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another story of the same newsroom, by its name; *title* is filled in when pages are made."""

    name: str
    title: str = ""


Block = Heading | Prose | Quotation | Picture | Document | Response | Related


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    A story, ready to be read.

    Attributes:
        name: The file's name without ``.md``: letters, digits and hyphens.

        version: From 1, one more with each correction and with a withdrawal.

        language: A BCP 47 tag (``en``, ``ar``); *direction* follows from it.

        translation_of: The name of the story this one translates, or empty.

        category: At least one Media Topic.

        embargo: Seconds since 1970, or None.

        usage: Terms of use, in words.

        figures: What the text refers to, in the order of the head.

        about: The author's note at the foot (cleaned HTML).

        corrections: Newest last. *withdrawal*: why it was withdrawn, or empty.

        digest: SHA-256 (32 bytes) that approvals sign: docs/spec/story.md, "hash".
    """

    name: str
    language: str
    headline: str
    bylines: tuple[Byline, ...]
    dateline: Dateline
    categories: tuple[Category, ...]
    blocks: tuple[Block, ...]
    digest: bytes
    version: int = 1
    subhead: str = ""
    translation_of: str = ""
    keywords: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    embargo: int | None = None
    usage: str = ""
    about: str = ""
    figures: tuple[Figure, ...] = ()
    corrections: tuple[Correction, ...] = ()
    withdrawal: str = ""

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way the language is written."""
        return "rtl" if self.language.split("-")[0] in {"ar", "fa", "he", "ur", "ps", "ckb", "dv", "yi"} else "ltr"

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Picture))
