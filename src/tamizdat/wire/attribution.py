"""
The figures of a story's head: which claim each says aloud, and the words it is said in.

It never counts, rounds or averages: a figure is one claim as said, with its rivals beside it. How a page shows them
is figures.py.
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Mapping, Sequence
from typing import Final

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import ledger
from tamizdat.wire.claim import Claim, Figure, phrase
from tamizdat.wire.findings import Findings
from tamizdat.wire.head import Fields


# Digits, with or without separators of thousands; Arabic and Persian digits are folded first.
_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:[,.'\u00a0\u202f\u066c ][0-9]{3})+(?![0-9])|[0-9]+")
_DIGITS: Final = {base + digit: str(digit) for base in (0x660, 0x6F0) for digit in range(10)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The figures by their keys (None where a fault was noted), and how the text says them."""

    figures: Mapping[str, Figure | None]
    language: str
    found: Findings

    def words(self, key: str, own: str | None, line: int) -> str | None:
        """Give the words of a reference: the writer's *own*, if they hold the claim's number, or ready ones."""
        if key not in self.figures:
            mend = "Name it in the head, under figures:, with the claims it rests on."
            self.found.add("story-figure-unknown", line, f"figure {key!r} is not in the head", mend)
        figure = self.figures.get(key)
        if figure is None:
            return None
        claim = figure.said
        words = own or phrase(claim, self.language)
        if words is None:
            mend = f"Write your own: {{figure: {key} | ... {claim.low} ...}}."
            what = f"{self.language} has no ready words for {claim.qualifier!r}"
            self.found.add("story-figure-words", line, what, mend)
            return None
        numbers = {claim.low} if claim.high is None else {claim.low, claim.high}
        if not numbers <= _numbers(words):
            mend = f"Write {' and '.join(map(str, sorted(numbers)))} in digits among the words."
            self.found.add("story-figure-words", line, f"{words!r} does not say what the claim says", mend)
        return words


def read(fields: Fields, language: str, ledgers: Mapping[str, bytes], found: Findings) -> Said:
    """Read ``figures:`` of a head; what is wrong goes to *found*."""
    claims: dict[str, tuple[Claim, ...] | None] = {}
    figures: dict[str, Figure | None] = {}
    for key, group in fields.named("figures"):
        group.only(("claims", "measure", "who", "when", "number", "line"))
        name = group.text("claims", required=True)
        if name and name not in claims:
            claims[name] = _ledger(name, group.line_of("claims"), ledgers, found)
        known = claims.get(name)
        figures[key] = None if known is None else _figure(key, group, known, found)
    return Said(figures=figures, language=language, found=found)


def _ledger(name: str, line: int, ledgers: Mapping[str, bytes], found: Findings) -> tuple[Claim, ...] | None:
    if name not in ledgers:
        found.add("story-ledger", line, f"there is no claims/{name}.csv", "Name a file of claims/, without .csv.")
        return None
    try:
        return ledger.read_claims(name, ledgers[name])
    except FormatError as error:
        found.add("story-ledger", line, str(error), "Mend the claims first.")
        found.absorb(error)
        return None


def _figure(key: str, group: Fields, claims: Sequence[Claim], found: Findings) -> Figure | None:
    measure, who, when = group.text("measure", required=True), group.text("who"), group.text("when")
    number, line = group.text("number"), group.text("line")
    if not measure:
        return None
    same = [claim for claim in claims if claim.measure == measure]
    chosen = [
        claim
        for claim in same
        if (not who or who in {claim.asserted_by, claim.published_by})
        and when in {"", claim.published_on}
        and number in {"", str(claim.low)}
        and line in {"", str(claim.line)}
    ]
    asked = ", ".join(part for part in (measure, who, when, number, line and f"line {line}") if part)
    if not chosen:
        mend = "Write it as it stands in the claims, or add the claim there with its source."
        found.add("story-figure-unsupported", group.line, f"{key}: no claim supports {asked!r}", mend)
        return None
    said = chosen[0]
    if len(chosen) > 1:
        lines = ", ".join(str(claim.line) for claim in chosen)
        mend = "Add who:, when:, number: or line: until one is left."
        found.add("story-figure-ambiguous", group.line, f"{key}: lines {lines} of the claims fit {asked!r}", mend)
    elif said.standing == "withdrawn":
        what = f"{key}: {said.asserted_by} withdrew this figure"
        found.add("story-figure-withdrawn", group.line, what, "Say another claim aloud; this one is shown beside it.")
    return Figure(key=key, said=said, rivals=tuple(claim for claim in same if claim is not said))


def _numbers(words: str) -> set[int]:
    return {int(re.sub(r"[^0-9]", "", match)) for match in _NUMBER.findall(words.translate(_DIGITS))}
