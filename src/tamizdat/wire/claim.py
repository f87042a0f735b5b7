"""
Claims: who asserts which figure, when and where. A figure is always somebody's.

Values only; docs/spec/claim.md says what they mean, ledger.py reads them from CSV.
"""

from __future__ import annotations

import dataclasses


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
