"""Make the vectors of docs/spec/story.md: sound stories, and one for each flaw; their ledger is claim/whole.vector."""

from __future__ import annotations

from typing import Final

from tests import vectors


WHOLE: Final = """---
headline: How many lamps? Two papers differ
subhead: An invented example.
language: en
byline:
  - name: Ada Example
    note: An invented name.
dateline: {place: Harbour, date: 1999-05-02}
category: medtop:01000000
keywords: [lamps, harbour]
places: Harbour
embargo: 1999-05-03T06:00:00Z
usage: Free to copy.
related: more-lamps
documents:
  list: {title: List of lamps, symbol: H/1999/7, publisher: The harbour office, address: "https://example.org/7"}
responses:
  - person: Ben Example
    date: 1999-05-02
    text: I counted them myself.
figures:
  lit: {claims: whole, measure: lamps lit, who: Ada Example}
pictures:
  lamp:
    object: "0123456789abcdef"
    credit: Drawn by nobody
    alt: A drawn lamp
    caption: A lamp.
    crop: [0, 0, 100, 80]
    hide: [10, 10, 20, 20]
    people: hidden
    maker: shown
    disclose: [date, place]
    again: yes
about: |
  Made up, for *tests*.
correction:
  - date: 1999-05-04
    text: The first version said forty-one.
---
There were {figure: lit}, or {figure: lit | the
40 lamps} of the list.

{picture: lamp}

## What was said

> We counted {figure: lit}.
>
> — Ada Example, The Harbour News

- [The office](https://example.org/)
"""
SMALL: Final = """---
headline: Small
language: az
byline: Ada Example
dateline: {place: Harbour, date: 1999-05-02}
category: medtop:01000000
---
One line.
"""


def changed(old: str, new: str, text: str = WHOLE) -> bytes:
    """Write a sound story with one thing changed."""
    if text.count(old) < 1:
        raise ValueError(old)
    return text.replace(old, new, 1).encode()


CASES: Final = {
    "whole": ("whole", "every field", WHOLE.encode()),
    "small": ("whole", "the fewest fields", SMALL.encode()),
    "typed-as-text": (
        "whole",
        "no, 1:30 and 012 are words",
        changed("Small", "no", SMALL.replace("Ada Example", "1:30")),
    ),
    "size": ("story-size", "a file over a megabyte", SMALL.encode() + b"x" * (1 << 20)),
    "text": ("story-text", "not UTF-8", SMALL.encode().replace(b"One", b"\xff")),
    "override": ("story-text", "letters that turn the reading order", changed("One", "\u202eOne", SMALL)),
    "escaped": ("story-text", "a control character by an escape", changed("Small", '"Sm\\x07all"', SMALL)),
    "no-head": ("story-head", "no head at all", b"Only text.\n"),
    "broken-head": ("story-head", "a colon that is not quoted", changed("Small", "Small: a story", SMALL)),
    "anchor": ("story-head", "an anchor", changed("Small", "&a Small", SMALL)),
    "tag": ("story-head", "a tag", changed("Small", "!!python/name:os.system Small", SMALL)),
    "deep": ("story-head", "lists too deep in each other", changed("Small", "[" * 4000, SMALL)),
    "key": ("story-key", "a field nobody knows", changed("headline", "headlin: Smal\nheadline", SMALL)),
    "key-twice": ("story-key", "a field twice", changed("headline", "headline: Smal\nheadline", SMALL)),
    "missing": ("story-missing", "no headline", changed("headline: Small\n", "", SMALL)),
    "shape": ("story-shape", "a list for a headline", changed("Small", "[Small]", SMALL)),
    "language": ("story-language", "a language in words", changed("language: az", "language: Azerbaijani", SMALL)),
    "date": ("story-date", "a day that does not exist", changed("1999-05-02", "1999-02-30", SMALL)),
    "category": ("story-category", "a topic in words", changed("medtop:01000000", "culture", SMALL)),
    "ledger": ("story-ledger", "claims that are not there", changed("claims: whole", "claims: lamps")),
    "unsupported": ("story-figure-unsupported", "nobody asserts it", changed("who: Ada Example", "who: Ben Example")),
    "ambiguous": ("story-figure-ambiguous", "two claims fit", changed(", who: Ada Example", "")),
    "unknown": ("story-figure-unknown", "a figure the head does not name", changed("{figure: lit}", "{figure: lot}")),
    "words": ("story-figure-words", "words with another number", changed("\n40 lamps", "\n41 lamps")),
    "withdrawn": (
        "story-figure-withdrawn",
        "a claim its author withdrew",
        changed("claims: whole", "claims: standing"),
    ),
    "object": ("story-picture-object", "no object of the vault", changed('"0123456789abcdef"', "lamp.jpg")),
    "alt": ("story-picture-alt", "nothing for who cannot see", changed("    alt: A drawn lamp\n", "")),
    "credit": ("story-picture-credit", "nobody made it", changed("    credit: Drawn by nobody\n", "")),
    "people": ("story-picture-people", "no answer about people", changed("    people: hidden\n", "")),
    "people-no-box": ("story-picture-people", "hidden, but no box", changed("    hide: [10, 10, 20, 20]\n", "")),
    "maker": ("story-picture-maker", "no answer about the maker", changed("    maker: shown\n", "")),
    "maker-else": ("story-picture-maker", "another answer", changed("maker: shown", "maker: anonymous")),
    "disclose": ("story-picture-disclose", "nothing of that name", changed("[date, place]", "[date, serial]")),
    "disclose-protected": (
        "story-picture-disclose",
        "a reduced copy with what the camera wrote",
        changed("maker: shown", "maker: protected"),
    ),
    "again": ("story-picture-again", "neither yes nor left out", changed("again: yes", "again: no")),
    "see-through": (
        "story-picture-see-through",
        "neither shown nor left out",
        changed("again: yes", "see-through: hidden"),
    ),
    "box": ("story-picture-box", "a box without width", changed("[10, 10, 20, 20]", "[10, 10, 0, 20]")),
    "placed": ("story-placed", "a picture the text does not place", changed("{picture: lamp}\n", "")),
    "placement": (
        "story-placement",
        "a picture in a sentence",
        changed("There were", "See {picture: lamp}. There were"),
    ),
    "reference": (
        "story-reference",
        "a document the head does not name",
        changed("{picture", "{document: no}\n\n{picture"),
    ),
    "broken-reference": ("story-reference", "a bracket never closed", changed("{figure: lit},", "{figure: lit,")),
    "quotation": ("story-quotation", "nobody speaks", changed(">\n> — Ada Example, The Harbour News\n", "")),
    "link": ("story-link", "a link to nowhere", changed("https://example.org/)", "lamps.html)")),
    "image": ("story-image", "a picture past the head", changed("[The office]", "![The office]")),
    "body": ("story-body", "no text", changed("One line.\n", "", SMALL)),
}


if __name__ == "__main__":
    for case, (expect, comment, content) in CASES.items():
        vectors.write("story", case, expect, comment, content)
