"""Ledgers of claims keep to docs/spec/claim.md."""

from __future__ import annotations

import dataclasses

from importlib import resources

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import claim, ledger
from tests import vectors


def sample() -> bytes:
    return resources.files("tamizdat.newsroom").joinpath("sample", "black-january.csv").read_bytes()


@pytest.mark.parametrize("vector", vectors.load("claim"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    """A sound ledger is read and comes back the same from its canonical spelling; a flawed one shows its own flaw."""
    if vector.expect == "whole":
        claims = ledger.read_claims("vector", vector.file)

        assert ledger.read_claims("vector", ledger.write_claims(claims)) == claims
    else:
        with pytest.raises(FormatError) as caught:
            ledger.read_claims("vector", vector.file)

        assert {fault.code for fault in caught.value.faults} == {vector.expect}
        assert all(fault.where.startswith("claims/vector.csv:") for fault in caught.value.faults)


def test_the_sample_ledger_names_a_source_for_every_figure() -> None:
    """29 claims are read, each with who says so; where the file leaves it out, the publication says so itself."""
    claims = ledger.read_claims("black-january", sample())

    assert len(claims) == 29
    assert all(one.asserted_by and one.published_by for one in claims)
    assert claims[5].asserted_by == "AzVision"


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    raw = sample().replace(b"147,147,exact", b"147,150,exact", 1).replace(b"26000,26000", b"26 000,26000", 1)

    with pytest.raises(FormatError) as caught:
        ledger.read_claims("black-january", raw)

    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("claims/black-january.csv:2", "claim-qualifier"),
        ("claims/black-january.csv:4", "claim-number"),
    ]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20)


@given(TEXTS, TEXTS, st.integers(0, 10**12))
def test_what_is_written_is_read_back(measure: str, who: str, number: int) -> None:
    """Any words, with quotes and commas and in any script, come back as they were, spaces around them left out."""
    one = ledger.read_claims("black-january", sample())[0]
    made = dataclasses.replace(one, measure=measure, asserted_by=who, low=number, high=number, line=2)

    try:
        read = ledger.read_claims("black-january", ledger.write_claims([made]))
    except FormatError:
        assert not measure.strip() or ledger._CONTROL.search(measure + who)
    else:
        assert read == (
            dataclasses.replace(made, measure=measure.strip(), asserted_by=who.strip() or made.published_by),
        )


def test_figures_are_written_out_with_their_qualifier() -> None:
    claims = ledger.read_claims("black-january", sample())

    assert claim.phrase(claims[3], "en") == "more than 130 people"
    assert claim.phrase(claims[3], "ar") == "أكثر من 130"
    assert claim.phrase(claims[18], "en") == "131 to 170 people"
    assert claim.phrase(claims[23], "en") == "170 people (by 1990-02-09)"
    assert claim.phrase(claims[3], "ka") is None
