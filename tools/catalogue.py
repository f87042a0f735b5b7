"""
Write the template of all interface words (locale/tamizdat.pot) from the pages' templates and language.py.

    python tools/catalogue.py

A translator starts from it; tests/wire/test_pages.py compares each catalogue with it.
"""

from __future__ import annotations

import io

from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import write_po


ROOT: Final = Path(__file__).resolve().parent.parent
WIRE: Final = ROOT / "src" / "tamizdat" / "wire"
TEMPLATE: Final = ROOT / "src" / "tamizdat" / "locale" / "tamizdat.pot"
# A ledger's own words: they are looked up as they stand in the ledger.
TERMS: Final = (
    "asserted",
    "disputed",
    "corrected",
    "withdrawn",
    "civilians killed",
    "civilians injured",
    "people killed",
    "people wounded",
    "people detained",
    "people missing",
    "soldiers killed",
    "troops deployed",
    "interior troops present",
)


def collect() -> Catalog:
    """Collect every word that the pages ask a catalogue for."""
    catalog = Catalog(project="tamizdat", version="1", copyright_holder="the tamizdat authors", charset="utf-8")
    options = {"trimmed": "false", "silent": "false"}
    for path, line, message, comments, context in extract_from_dir(
        WIRE / "templates", [("**.html", "jinja2")], {"**.html": options}
    ):
        catalog.add(message, None, [(f"wire/templates/{path}", line)], auto_comments=comments, context=context)
    for line, message, comments, context in extract_from_file("python", WIRE / "language.py"):
        catalog.add(message, None, [("wire/language.py", line)], auto_comments=comments, context=context)
    for term in TERMS:
        catalog.add(term, None, [("claims", 1)])
    return catalog


def write() -> bytes:
    """Write the template, the same bytes for the same words."""
    buffer = io.BytesIO()
    write_po(buffer, collect(), width=100, omit_header=True, sort_output=True, include_lineno=False)
    return buffer.getvalue()


if __name__ == "__main__":
    TEMPLATE.write_bytes(write())
