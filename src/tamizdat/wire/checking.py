"""
The page on which a reader checks a picture, empty or with one picture and its proof inside.

It is built from page/check/ into ONE file that asks nothing of any network; here only what is to be checked is put
into it. It is NOT the check itself, which runs in the reader's browser. docs/spec/picture.md.
"""

from __future__ import annotations

import functools
import importlib.resources
import json

from typing import Final

from tamizdat.primitives import text


PAGE: Final = "check.html"
_EMPTY: Final = b'<script type="text/plain" id="given"></script>'


def empty() -> bytes:
    """Give the page to which a reader brings a picture of their own."""
    return _page()


def filled(picture: bytes, beside: bytes, name: str) -> bytes:
    """Give the page with a picture and the proof beside it inside: it shows the verdict when it is opened."""
    given = {"name": name, "picture": text.rebase64(picture), "sidecar": beside.decode("ascii")}
    # Nothing in it can end the element it stands in.
    plain = json.dumps(given, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c").encode("ascii")
    before, found, after = _page().partition(_EMPTY)
    start, _, end = found.partition(b"</")
    return before + start + plain + b"</" + end + after


@functools.cache
def _page() -> bytes:
    return importlib.resources.files("tamizdat.wire").joinpath("assets", PAGE).read_bytes()
