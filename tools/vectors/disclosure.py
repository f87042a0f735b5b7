"""Write the vectors of docs/spec/disclosure.md: lines of a ledger, before they are sealed."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.newsroom import disclosure
from tamizdat.newsroom.disclosure import Disclosure


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


def main() -> None:
    """Write all vectors."""
    told = Disclosure(
        object="0a1b2c3d4e5f6071",
        when=1795713600,
        to="story harbour-closed, edition 3",
        how="provable",
        root=bytes(range(32)),
        hide=("40,0,10,10",),
        asked=("date",),
        across=3,
        down=2,
        shown=b"\xbc",
        items=("exif:0/8769/9003",),
        by=("editor", "anna"),
        file=bytes(range(32)).hex(),
    )
    whole = disclosure.write(told)
    vectors.write("disclosure", "whole", "whole", "a photograph of six tiles, the second hidden", whole)

    def flaw(name: str, comment: str, old: bytes, new: bytes) -> None:
        assert whole.count(old) == 1, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("disclosure", name, "disclosure-record", comment, whole.replace(old, new))

    flaw("empty", "no bytes at all", whole, b"")
    flaw("version", "a version that is not known", b"-v1", b"-v2")
    flaw("torn", "the last newline is gone", b"}\n", b"}")
    flaw("space", "a space after a comma", b',"asked"', b', "asked"')
    flaw("order", "two keys exchanged", b'"across":3,"asked":["date"]', b'"asked":["date"],"across":3')
    flaw("twice", "a key twice", b'"across":3', b'"across":3,"across":3')
    flaw("more", "a key nobody knows", b'"across":3', b'"across":3,"alpha":1')
    flaw("missing", "a key is missing", b'"asked":["date"],', b"")
    flaw("list", "a number in a list of texts", b'["date"]', b"[7]")
    flaw("text", "a list for a text", b'"crop":""', b'"crop":[]')
    flaw("true", "true for a number", b'"down":2', b'"down":true')
    flaw("zero", "a grid without rows", b'"down":2', b'"down":0')
    flaw("short", "fewer places than the grid has", b'"across":3', b'"across":7')
    flaw("beyond", "a place that is not there", b'"vA=="', b'"vQ=="')
    flaw("how", "a way nobody knows", b"provable", b"printed")
    flaw("object", "no object's id", b"0a1b2c3d4e5f6071", b"0A1B2C3D4E5F6071")
    flaw("first", "the first line, with one before it", b'"previous":""', b'"previous":"' + b"0" * 64 + b'"')
    flaw("number", "the second line, with none before it", b'"number":1', b'"number":2')
    flaw("when", "a day without a time", b"2026-11-26T17:20:00Z", b"2026-11-26")
    flaw("file", "a hash cut short", b"1e1f", b"1e")
    flaw("deep", "lists too deep in each other", b'["date"]', b"[" * 5_000)


if __name__ == "__main__":
    main()
