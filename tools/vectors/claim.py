"""Make the vectors of docs/spec/claim.md: one sound ledger, and one for each flaw."""

from __future__ import annotations

from typing import Final

from tests import vectors


HEADER: Final = "measure,unit,low,high,qualifier,asserted_by,published_by,title,published_on,language,address,note"
FIRST: Final = (
    'lamps lit,lamps,40,40,exact,Ada Example,The Harbour News,"Lamps, counted",1999-05-01,en,example.org/lamps,'
)
SECOND: Final = "lamps lit,lamps,30,,more than,,The Other Paper,Lights out,1999-05,en,,counted from a boat"


def file(*rows: str, header: str = HEADER) -> bytes:
    """Write rows under a header."""
    return "".join(f"{row}\n" for row in (header, *rows)).encode()


def changed(old: str, new: str) -> bytes:
    """Write the sound ledger with one thing changed in its first row."""
    if old not in FIRST:
        raise ValueError(old)
    return file(FIRST.replace(old, new, 1), SECOND)


CASES: Final = {
    "whole": ("whole", "two sources, two figures", file(FIRST, SECOND)),
    "standing": ("whole", "the optional column", file(FIRST + ",withdrawn", SECOND + ",", header=HEADER + ",standing")),
    "spreadsheet": (
        "whole",
        "as a spreadsheet saves it: byte order mark, CRLF",
        b"\xef\xbb\xbf" + file(FIRST, SECOND).replace(b"\n", b"\r\n"),
    ),
    "text": ("claim-text", "a byte that is not UTF-8", file(FIRST).replace(b"Ada", b"Ad\xe9")),
    "quoting": ("claim-quoting", "a quote that is never closed", changed('counted"', "counted")),
    "columns": ("claim-columns", "a column without a name", file(FIRST, header=HEADER.replace("unit,", "units,"))),
    "cells": ("claim-columns", "a comma that is not quoted", changed("Ada Example", "Ada, Example")),
    "empty": ("claim-empty", "nobody says what is counted", changed("lamps lit", "")),
    "source": ("claim-source", "nobody can look it up", changed("The Harbour News", "")),
    "number": ("claim-number", "separators in a number", changed("40,40", '"4,000",4000')),
    "qualifier": ("claim-qualifier", "exact, yet two numbers", changed("40,40", "40,50")),
    "range": ("claim-qualifier", "a range without an end", changed("40,40,exact", "40,,range")),
    "date": ("claim-date", "a month that does not exist", changed("1999-05-01", "1999-13")),
    "language": ("claim-language", "a language in words", changed(",en,", ",English,")),
    "address": (
        "claim-address",
        "an address that would run in a browser",
        changed("example.org/lamps", "javascript:go()"),
    ),
    "not-a-standing": (
        "claim-standing",
        "a standing nobody knows",
        file(FIRST + ",maybe", header=HEADER + ",standing"),
    ),
    "twice": ("claim-twice", "the same row again", file(FIRST, SECOND, FIRST)),
    "size": ("claim-size", "a cell of 2,001 characters", changed("Ada Example", "A" * 2001)),
}


if __name__ == "__main__":
    for case, (expect, comment, content) in CASES.items():
        vectors.write("claim", case, expect, comment, content)
