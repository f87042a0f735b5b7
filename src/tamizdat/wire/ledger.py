"""
Ledgers: files of claims, one assertion of one figure a row, as CSV.

Reads and writes; it does NOT judge which claim is right. The format is docs/spec/claim.md.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re

from collections.abc import Iterable
from typing import Final

from tamizdat.primitives import text
from tamizdat.wire.claim import Claim
from tamizdat.wire.findings import Findings


COLUMNS: Final = (
    "measure",
    "unit",
    "low",
    "high",
    "qualifier",
    "asserted_by",
    "published_by",
    "title",
    "published_on",
    "language",
    "address",
    "note",
)
OPTIONAL: Final = ("standing",)
STANDINGS: Final = ("asserted", "disputed", "corrected", "withdrawn")
ONE_NUMBER: Final = ("exact", "about", "unofficial")
OPEN: Final = ("more than", "at least")
MAX_LEDGER: Final = 4 << 20
MAX_ROWS: Final = 20_000
MAX_CELL: Final = 2_000

_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
# A scheme, unless it is one that a reader's browser may follow: javascript: must never become a link.
_SCHEME: Final = re.compile(r"\s*(?!(?:https?|urn|doi|isbn):)[A-Za-z][A-Za-z0-9+-]*:(?![0-9]+(?:/|$))", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202d\u202e]")


def read_claims(name: str, raw: bytes) -> tuple[Claim, ...]:
    """
    Read every claim of the ledger *name* (``black-january``, without ``.csv``).

    Raises:
        FormatError: ``claim-faults``, with every fault and its line.
    """
    found = Findings(f"claims/{name}.csv")
    rows = _rows(raw, found)
    claims = tuple(claim for line, row in rows if (claim := _claim(name, line, row, found)) is not None)
    seen: dict[Claim, int] = {}
    for claim in claims:
        first = seen.setdefault(dataclasses.replace(claim, line=0), claim.line)
        if first != claim.line:
            found.add("claim-twice", claim.line, f"the row is the same as line {first}", "Keep one of the two.")
    found.settle("claim-faults")
    return claims


def write_claims(claims: Iterable[Claim]) -> bytes:
    """Write claims in the one canonical spelling: all columns, LF, quotes only where needed."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS + OPTIONAL)
    for claim in claims:
        # A publication that speaks for itself leaves asserted_by empty, as it was read.
        asserted = "" if claim.asserted_by == claim.published_by else claim.asserted_by
        cells = {
            **{name: getattr(claim, name) for name in COLUMNS + OPTIONAL},
            "asserted_by": asserted,
            "high": "" if claim.high is None else claim.high,
        }
        writer.writerow(cells[name] for name in COLUMNS + OPTIONAL)
    return sink.getvalue().encode()


def _rows(raw: bytes, found: Findings) -> list[tuple[int, dict[str, str]]]:
    if len(raw) > MAX_LEDGER:
        found.add("claim-size", 1, f"the file has {len(raw)} bytes", f"Keep a ledger under {MAX_LEDGER} bytes.")
        return []
    try:
        # Spreadsheets begin "CSV UTF-8" with a byte order mark; it says nothing.
        lines = raw.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found.add("claim-text", line, f"byte {error.start} is not UTF-8", "Save the file as CSV UTF-8.")
        return []
    header = _cells(1, lines[0], found)
    if header is None or not _columns_known(header, found):
        return []
    if len(lines) > MAX_ROWS:
        found.add("claim-size", MAX_ROWS, f"the file has {len(lines)} lines", f"Keep it under {MAX_ROWS} lines.")
        return []
    rows = []
    for line, words in enumerate(lines[1:], start=2):
        cells = _cells(line, words, found)
        if cells is None:
            continue
        if len(cells) != len(header):
            found.add(
                "claim-columns",
                line,
                f"the row has {len(cells)} cells, the first line names {len(header)}",
                'Put a cell that holds a comma between double quotes ("a, b").',
            )
            continue
        rows.append((line, dict(zip(header, cells, strict=True))))
    return rows


def _cells(line: int, words: str, found: Findings) -> list[str] | None:
    if _CONTROL.search(words):
        found.add("claim-text", line, "the line holds a control character", "Delete it, or type the line again.")
        return None
    try:
        # A row is one line, so that every claim has a line to point at.
        cells = next(csv.reader([words], strict=True), [])
    except csv.Error as error:
        found.add(
            "claim-quoting",
            line,
            f"the quotes cannot be read: {error}",
            'Put the whole cell between double quotes, and write a quote inside it twice ("").',
        )
        return None
    long = next((cell for cell in cells if len(cell) > MAX_CELL), None)
    if long is not None:
        found.add("claim-size", line, f"a cell has {len(long)} characters", f"Keep cells under {MAX_CELL} characters.")
        return None
    return [cell.strip() for cell in cells]


def _columns_known(header: list[str], found: Findings) -> bool:
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS + OPTIONAL]
    twice = len(set(header)) != len(header)
    if not (missing or unknown or twice):
        return True
    what = "; ".join(
        [f"missing: {', '.join(missing)}"] * bool(missing)
        + [f"unknown: {', '.join(map(repr, unknown))}"] * bool(unknown)
        + ["a column stands twice"] * twice
    )
    found.add("claim-columns", 1, f"the first line does not name the columns: {what}", f"Write {','.join(COLUMNS)}")
    return False


def _claim(name: str, line: int, row: dict[str, str], found: Findings) -> Claim | None:
    before = len(found.faults)
    for field in ("measure", "unit", "low", "qualifier", "title"):
        if not row[field]:
            found.add("claim-empty", line, f"{field} is empty", f"Write the {field}.")
    if not row["published_by"]:
        found.add(
            "claim-source",
            line,
            "published_by is empty: nobody can look the figure up",
            "Name the publication; asserted_by may stay empty where the publication itself says so.",
        )
    low, high = _number("low", line, row, found), _number("high", line, row, found)
    if row["qualifier"] and low is not None and (high is not None or not row["high"]):
        _qualifier(line, row["qualifier"], low, high, found)
    _forms(line, row, found)
    if len(found.faults) > before or low is None:
        return None
    fields = {key: row[key] for key in COLUMNS if key not in {"low", "high", "asserted_by"}}
    return Claim(
        ledger=name,
        line=line,
        low=low,
        high=high,
        asserted_by=row["asserted_by"] or row["published_by"],
        standing=row.get("standing") or "asserted",
        **fields,
    )


def _number(field: str, line: int, row: dict[str, str], found: Findings) -> int | None:
    if not row[field]:
        return None
    try:
        return text.decimal(row[field])
    except ValueError as error:
        found.add("claim-number", line, str(error), f"Write {field} in digits only, without separators (26000).")
        return None


def _qualifier(line: int, word: str, low: int, high: int | None, found: Findings) -> None:
    if word in OPEN:
        fits, rule = high is None, "high stays empty"
    elif word in ONE_NUMBER:
        fits, rule = high == low, "high is the same number as low"
    elif word == "range":
        fits, rule = high is not None and high > low, "high is more than low"
    else:
        fits, rule = high is None or high >= low, "high is not less than low"
    if not fits:
        shown = "empty" if high is None else high
        found.add(
            "claim-qualifier",
            line,
            f"{word!r} does not fit low {low} and high {shown}",
            f"With {word!r}, {rule}.",
        )


def _forms(line: int, row: dict[str, str], found: Findings) -> None:
    if row["published_on"] and not _is_date(row["published_on"]):
        found.add(
            "claim-date",
            line,
            f"{row['published_on']!r} is not a year, month or day",
            "Write 1990, 1990-01 or 1990-01-20, or leave it empty.",
        )
    if not _LANGUAGE.fullmatch(row["language"]):
        found.add(
            "claim-language",
            line,
            f"{row['language']!r} is not a language tag",
            "Write the language the source is in: en, az, ru, ar.",
        )
    if _SCHEME.match(row["address"]):
        found.add(
            "claim-address",
            line,
            f"{row['address']!r} is not an address readers can follow",
            "Begin it with https:// or http://, or leave the beginning out.",
        )
    standing = row.get("standing", "")
    if standing and standing not in STANDINGS:
        found.add("claim-standing", line, f"{standing!r} is not a standing", f"Write one of {', '.join(STANDINGS)}.")


def _is_date(words: str) -> bool:
    if not _DATE.fullmatch(words):
        return False
    try:
        text.read_day(words + "-01-01"[len(words) - 4 :])
    except ValueError:
        return False
    return True
