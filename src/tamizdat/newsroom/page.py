"""
The field page: one HTML file with which a person who has only a browser seals files for this newsroom.

It is built of page/ by `make pages` and carried along as it is; here only the newsroom's card is put into it. Nothing
is changed that a browser would run: its policy names the script by its hash. docs/field-page.md.
"""

from __future__ import annotations

import importlib.resources

from typing import Final

from tamizdat.primitives import card as cards
from tamizdat.primitives.text import rebase64


_EMPTY: Final = b'<meta name="card" content="">'


def template() -> bytes:
    """Give the page as it was built, for any newsroom: whoever uses it chooses the card."""
    return importlib.resources.files("tamizdat.newsroom").joinpath("page", "field.html").read_bytes()


def write(card: bytes) -> bytes:
    """
    Write the page of one newsroom: with its *card* in it, so that the person only compares the 12 words.

    Raises:
        FormatError, TrustError: It is no whole card.
    """
    cards.read(card)
    before, mark, after = template().partition(_EMPTY)
    if not mark:
        msg = "the field page has no place for a card"
        raise RuntimeError(msg)
    # Base64 has no letter that could end the attribute, whatever the newsroom is called.
    return before + _EMPTY[:-2] + rebase64(card).encode("ascii") + _EMPTY[-2:] + after
