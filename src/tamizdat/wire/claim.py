"""
Claims: who asserts which figure, when and where. A figure is always somebody's.

Values, and how one is written out; docs/spec/claim.md says what they mean, ledger.py reads them from CSV.
"""

from __future__ import annotations

import dataclasses

from typing import Final


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    One assertion of one figure by one named source.

    Attributes:
        ledger: The name of the file it stands in (``black-january``), and *line* its line there, from 2.

        measure: What is counted ("civilians killed"), and *unit* in what ("people").

        low: The figure, or the low end of a range.

        high: The high end; None where nothing bounds it ("more than 130").

        qualifier: exact, about, more than, at least, range, unofficial, or a free word ("by 1990-02-09").

        asserted_by: Who says so; the publisher where the publication itself does (never empty once read).

        published_by: Which publication carries it, *title*, *published_on* (year, month or day, or empty), *language*, *address*.

        note: What a reader must know beside it.

        standing: asserted, disputed, corrected or withdrawn.
    """

    ledger: str
    line: int
    measure: str
    unit: str
    low: int
    high: int | None
    qualifier: str
    asserted_by: str
    published_by: str
    title: str
    published_on: str
    language: str
    address: str
    note: str = ""
    standing: str = "asserted"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A figure as a text refers to it: the claim it says aloud, and every rival claim shown beside it.

    Attributes:
        key: Its name in the story's head.

        said: The claim whose number and source the text gives.

        rivals: Every other claim on the same measure, in the ledger's order.
    """

    key: str
    said: Claim
    rivals: tuple[Claim, ...]


_PHRASES: Final = {
    "en": {
        "exact": "{low} {unit}",
        "about": "about {low} {unit}",
        "more than": "more than {low} {unit}",
        "at least": "at least {low} {unit}",
        "range": "{low} to {high} {unit}",
        "unofficial": "{low} {unit} (unofficial)",
    },
    # Arabic counts in several grammars (3-10, 11-99, 100 and more), so the noun is left to the writer.
    "ar": {
        "exact": "{low}",
        "about": "نحو {low}",
        "more than": "أكثر من {low}",
        "at least": "ما لا يقل عن {low}",
        "range": "من {low} إلى {high}",
        "unofficial": "{low} (غير رسمي)",
    },
}


def phrase(claim: Claim, language: str) -> str | None:
    """
    Write a claim's figure out in words, or give None where this language has no ready phrase for it.

    A free qualifier ("by 1990-02-09") is put after the figure in English, and nowhere else.
    """
    base = language.split("-", maxsplit=1)[0]
    form = _PHRASES.get(base, {}).get(claim.qualifier)
    if form is None and base == "en":
        form = (
            "{low} to {high} {unit} ({qualifier})"
            if claim.high not in {None, claim.low}
            else "{low} {unit} ({qualifier})"
        )
    if form is None:
        return str(claim.low) if claim.qualifier == "exact" else None
    high = "" if claim.high is None else f"{claim.high:,}"
    return form.format(low=f"{claim.low:,}", high=high, unit=claim.unit, qualifier=claim.qualifier)
