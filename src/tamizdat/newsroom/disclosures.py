"""
The ledger of all that was ever disclosed of an object, and what one more disclosure would newly show.

Readers put all publications together, so what counts is the union. The ledger lies sealed under
``desk/disclosures/ID/``, one line a file, each with the hash of the one before, and lines are only added. It is NOT proof
against whoever holds the newsroom's machine: the newest lines can be taken away unseen. docs/spec/disclosure.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterator, Sequence
from typing import Final

from tamizdat.newsroom import disclosure
from tamizdat.newsroom.disclosure import Disclosure
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import TrustError
from tamizdat.primitives.stores import read as read_value
from tamizdat.redaction.metadata import Item
from tamizdat.redaction.picture import NAMED


FOLDER: Final = "desk/disclosures"
# Among what was asked for: that colours under pixels that are not opaque may be seen.
SEE_THROUGH: Final = "see-through"
_BENEATH: Final = "what is under its see-through parts"
_WHAT: Final = {"words": "text"}
_HOW: Final = {"provable": "provable", "reduced": "a reduced copy", "words": "provable"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """
    What a disclosure adds to all before it.

    Attributes:
        first: Nothing of the object was disclosed before.

        share: Of all places of the original how many are newly shown, from 0 to 1.

        hidden_again: How many are hidden now though they were shown before.

        items: What of its metadata is newly shown, in words.

        exact: The camera's own pixels are newly shown, where only a reduced copy was out.

        beneath: What is under its see-through parts may be newly shown.

        before: Where what is newly shown was hidden.

        what: "picture" or "text".
    """

    first: bool
    share: float
    hidden_again: float
    items: tuple[str, ...]
    exact: bool
    beneath: bool = False
    before: tuple[str, ...] = ()
    what: str = "picture"

    @property
    def opens(self) -> bool:
        """Whether it opens what an earlier disclosure hid."""
        return not self.first and bool(self.share or self.items or self.exact)

    @property
    def words(self) -> tuple[str, ...]:
        """Say what is newly shown."""
        parts = []
        if self.share:
            until = "" if self.first else " that was hidden until now"
            parts.append(f"{percent(self.share)} of the {self.what}{until}")
        if self.exact:
            parts.append(
                "the camera's own pixels, by which the camera can be recognised, where only a reduced copy was out"
            )
        return (*parts, *([_BENEATH] if self.beneath else []), *self.items)


def ledger(house: House, keys: Keys, ident: str) -> tuple[Disclosure, ...]:
    """
    Read an object's ledger, the oldest first.

    Raises:
        FormatError: ``disclosure-record``.
        TrustError: ``disclosure-chain``: a line is missing, or was exchanged.
    """
    return tuple(told for told, _ in _lines(house, keys, ident))


def append(house: House, keys: Keys, told: Disclosure, *, once: bool = False) -> Disclosure:
    """
    Add a line; with *once* none, where the same stands there already (what a kill cut off is done again).

    Raises:
        FormatError, TrustError: As `ledger`.
    """
    lines = list(_lines(house, keys, told.object))
    number, previous = (len(lines) + 1, disclosure.link(lines[-1][1])) if lines else (1, "")
    for line, _ in lines if once else ():
        if _same(line, told):
            return line
    told = dataclasses.replace(told, number=number, previous=previous)
    sealed = age.seal(disclosure.write(told), house.card_recipients(), house.entropy)
    house.root.add(f"{FOLDER}/{told.object}/{number:06}.age", [sealed])
    return told


def news(before: Sequence[Disclosure], told: Disclosure) -> News:
    """Say what *told* would newly show, beside all that was shown *before*."""
    alike = [one for one in before if (one.across, one.down) == (told.across, told.down)]
    places = told.across * told.down
    seen, shown = _union(alike), _number(told)
    fresh, reduced = shown & ~seen, shown & seen & ~_union([one for one in alike if one.how != "reduced"])
    had = {path for one in before for path in one.items}
    return News(
        first=not before,
        share=fresh.bit_count() / places,
        hidden_again=(seen & ~shown).bit_count() / places,
        items=tuple(dict.fromkeys(name(path) for path in told.items if path not in had)),
        exact=told.how == "provable" and bool(reduced),
        # Where it was not said, no such colours were shown: there is nothing that this alone could open.
        beneath=SEE_THROUGH in told.asked and not any(SEE_THROUGH in one.asked for one in before),
        before=tuple(dict.fromkeys(one.to for one in alike if fresh & ~_number(one))),
        what=_WHAT.get(told.how, "picture"),
    )


def report(before: Sequence[Disclosure], told: Disclosure) -> Iterator[str]:
    """Tell the ledger of an object, and what a new disclosure adds, a line at a time."""
    if before:
        yield (
            f"{told.object} was disclosed {len(before)} times before:"
            if len(before) > 1
            else (f"{told.object} was disclosed once before:")
        )
    else:
        yield f"{told.object} was never disclosed before"
    for one in before:
        beneath = [_BENEATH] if SEE_THROUGH in one.asked else []
        items = ", ".join([*dict.fromkeys(map(name, one.items)), *beneath])
        share = _number(one).bit_count() / (one.across * one.down)
        yield (
            f"  {text.day(one.when)}  {one.to}: {percent(share)} shown, {_HOW[one.how]}"
            + (f"; {items}" if items else "")
            + (f"; by {', '.join(one.by)}" if one.by else "")
        )
    added = news(before, told)
    yield f"newly shown: {'; '.join(added.words) or 'nothing'}"
    if added.hidden_again:
        yield (
            f"ATTENTION: {percent(added.hidden_again)} of the {added.what} that is hidden here was shown before: "
            "whoever has that sees it"
        )
    if added.opens:
        where = f" in {'; '.join(added.before)}" if added.before else ""
        yield f"ATTENTION: THIS OPENS WHAT WAS HIDDEN{where}: {'; '.join(added.words)}"


def demand_again(before: Sequence[Disclosure], told: Disclosure, *, again: bool, mend: str) -> None:
    """
    Refuse what opens something that an earlier disclosure hid, unless that was said on purpose.

    Raises:
        TrustError: ``disclosure-opens``.
    """
    added = news(before, told)
    if added.opens and not again:
        raise TrustError("disclosure-opens", f"this shows what was hidden before: {'; '.join(added.words)}", mend=mend)


def bitmap(flags: Sequence[bool]) -> bytes:
    """
    Pack what is shown of each place, the most significant bit first.

    >>> bitmap([True, False, True]).hex()
    'a0'
    """
    number = int("".join("1" if flag else "0" for flag in flags) or "0", 2)
    return (number << -len(flags) % 8).to_bytes(-(-len(flags) // 8), "big")


def name(path: str) -> str:
    """
    Name an item of metadata as an editor asks for it; its path where it has no name.

    >>> name("exif:0/8769/9003"), name("xmp")
    ('date', 'xmp')
    """
    if path == "exif:0/0112":
        return "which way up it is"
    return next((word for word, paths in NAMED.items() if path in paths), path)


def paths(items: Sequence[Item]) -> tuple[str, ...]:
    """Give the paths of metadata that were shown, in order; which way up a picture is says nothing that is not seen."""
    return tuple(sorted(item.path for item in items if item.path != "exif:0/0112"))


def percent(share: float) -> str:
    """
    Write a share in words; what is not nothing is never 0.

    >>> percent(0.0312), percent(0.00001), percent(1.0), percent(0.99999)
    ('3.1 %', '0.1 %', '100 %', '99.9 %')
    """
    if share in {0.0, 1.0}:
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def _lines(house: House, keys: Keys, ident: str) -> Iterator[tuple[Disclosure, bytes]]:
    previous = ""
    names = sorted(file for file in house.root.names(f"{FOLDER}/{ident}") if file.endswith(".age"))
    for number, file in enumerate(names, 1):
        raw = age.open_(read_value(house.root, file) or b"", keys.identities)
        told = disclosure.read(raw)
        if (told.object, told.number, told.previous) != (ident, number, previous):
            raise TrustError(
                "disclosure-chain",
                f"the ledger of disclosures of {ident} is not whole: a line is missing or was exchanged at {number}",
                mend="Restore desk/disclosures from your backup, and find out who changed it.",
                evidence=raw,
            )
        previous = disclosure.link(raw)
        yield told, raw


def _same(one: Disclosure, other: Disclosure) -> bool:
    alike = dataclasses.replace(other, number=one.number, previous=one.previous, when=one.when)
    return alike == one


def _union(told: Sequence[Disclosure]) -> int:
    seen = 0
    for one in told:
        seen |= _number(one)
    return seen


def _number(told: Disclosure) -> int:
    return int.from_bytes(told.shown, "big") >> -(told.across * told.down) % 8
