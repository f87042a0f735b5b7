"""What was ever shown of an object is kept in order, and what one more disclosure would newly show is said first."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.newsroom import disclosure, disclosures
from tamizdat.newsroom.disclosure import Disclosure
from tamizdat.primitives.errors import FormatError, TrustError
from tests import vectors
from tests.newsroom import rooms


IDENT = "0a1b2c3d4e5f6071"
DATE, LATITUDE = "exif:0/8769/9003", "exif:0/8825/0002"


def told(shown: str, to: str = "story a, edition 1", **more: object) -> Disclosure:
    flags = [sign == "x" for sign in shown]
    fields: dict[str, object] = {"how": "provable", "across": len(flags), "down": 1, "file": "0" * 64} | more
    return Disclosure(object=IDENT, when=1795713600, to=to, shown=disclosures.bitmap(flags), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("vector", vectors.load("disclosure"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    if vector.expect == "whole":
        assert disclosure.write(disclosure.read(vector.file)) == vector.file
    else:
        with pytest.raises(FormatError) as caught:
            disclosure.read(vector.file)

        assert caught.value.code == vector.expect


def test_only_what_no_disclosure_showed_is_new() -> None:
    """The union counts: what one shows and another hides is out."""
    before = [told("xx..x...", items=(DATE,)), told(".xx.....", "an export")]

    same = disclosures.news(before, told("xxx.....", items=(DATE,)))
    more = disclosures.news(before, told(".xxx....", items=(DATE, LATITUDE)))
    lines = list(disclosures.report(before, told(".xxx....", items=(DATE, LATITUDE))))

    assert (same.words, same.opens, same.hidden_again) == ((), False, 1 / 8)
    assert more.words == ("12.5 % of the picture that was hidden until now", "place")
    assert more.before == ("story a, edition 1", "an export")
    assert lines[0] == f"{IDENT} was disclosed 2 times before:"
    assert any("OPENS WHAT WAS HIDDEN in story a, edition 1; an export" in line for line in lines)
    assert any("25.0 % of the picture that is hidden here was shown before" in line for line in lines)


def test_what_opens_needs_to_be_meant() -> None:
    reduced = told("xxxx....", how="reduced")

    disclosures.demand_again([], told("xxxx...."), again=False, mend="")
    disclosures.demand_again([reduced], told("xx......", how="reduced"), again=False, mend="")
    disclosures.demand_again([reduced], told("xxxx...."), again=True, mend="")
    for opening in (told("xxxx...."), told("xxxxx...", how="reduced")):
        with pytest.raises(TrustError) as caught:
            disclosures.demand_again([reduced], opening, again=False, mend="")
        assert caught.value.code == "disclosure-opens"
    assert "the camera's own pixels" in str(disclosures.news([reduced], told("xxxx....")).words)


def test_the_ledger_is_sealed_and_only_grows(memory, clock, entropy) -> None:
    """Each line holds on to the one before; one taken out or exchanged is noticed."""
    house = rooms.make(memory, clock, entropy)
    keys = house.unlock(rooms.PASSPHRASE)
    first = disclosures.append(house, keys, told("x...", hide=("1,2,3,4",)))
    second = disclosures.append(house, keys, told("xx..", "story b, edition 2"), once=True)
    assert disclosures.append(house, keys, told("xx..", "story b, edition 2"), once=True) == second
    third = disclosures.append(house, keys, told("xxx.", "an export"))

    assert disclosures.ledger(house, keys, IDENT) == (first, second, third)
    assert [line.number for line in (first, second, third)] == [1, 2, 3]
    assert not [name for name, raw in memory.values.items() if b"1,2,3,4" in raw]

    files = sorted(memory.names(f"{disclosures.FOLDER}/{IDENT}"))
    kept = dict(memory.values)
    for spoil in (
        lambda: memory.drop(files[1]),
        lambda: memory.drop(files[0]),
        lambda: memory.put(files[1], [kept[files[2]]]),
    ):
        memory.values = dict(kept)
        spoil()
        with pytest.raises(TrustError) as caught:
            disclosures.ledger(house, keys, IDENT)
        assert caught.value.code == "disclosure-chain"
    memory.values = dict(kept)
    alien = dataclasses.replace(third, object="f" * 16)
    assert disclosures.append(house, keys, alien).number == 1
