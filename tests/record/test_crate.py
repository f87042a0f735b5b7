"""What is said of an object has one spelling, as docs/spec/vault.md says, and it is RO-Crate to others."""

from __future__ import annotations

import contextlib
import json

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.errors import FormatError
from tamizdat.record import crate as crates
from tamizdat.record.crate import Crate, Custody, Received
from tests import vectors


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
FILES = st.builds(
    Received,
    number=st.integers(1, 10**6),
    name=st.binary(max_size=12) | WORDS.map(str.encode),
    how=WORDS,
    root=st.sampled_from([b"", bytes(range(32))]),
    covers=st.sampled_from(["", "parts", "file"]),
    committed=st.sampled_from(["", "field", "desk"]),
)
CUSTODIES = st.builds(
    Custody,
    arrival=st.binary(min_size=16, max_size=16).map(bytes.hex),
    received=st.integers(0, 2**33),
    route=st.sampled_from(["sealed", "age", "unsealed"]),
    files=st.lists(FILES, min_size=1, max_size=3, unique_by=lambda one: one.number).map(tuple),
    record=WORDS,
    sender=WORDS,
    via=WORDS,
)
CRATES = st.builds(
    Crate,
    object=st.just("0a1b2c3d4e5f6071"),
    size=st.integers(0, 10**15),
    sha256=st.binary(min_size=32, max_size=32),
    kind=st.sampled_from(["JPEG picture", "unknown kind", "text"]),
    custody=st.lists(CUSTODIES, min_size=1, max_size=3, unique_by=lambda one: one.arrival).map(tuple),
)


@pytest.mark.parametrize("vector", vectors.load("vault"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    if vector.expect == "whole":
        assert crates.write(crates.read(vector.file)) == vector.file.rstrip(b" ")
    else:
        with pytest.raises(FormatError) as caught:
            crates.read(vector.file)

        assert caught.value.code == vector.expect


@given(CRATES)
def test_whatever_is_said_comes_back_and_every_entity_is_described(crate: Crate) -> None:
    """No entity is referred to that is not there, none is nested in another: so RO-Crate wants it."""
    raw = crates.write(crate)
    graph = {entity["@id"]: entity for entity in json.loads(raw)["@graph"]}
    named = [one for entity in graph.values() for value in entity.values() for one in _references(value)]

    assert crates.read(crates.pad(raw)) == crate
    assert set(named) - graph.keys() <= {"https://w3id.org/ro/crate/1.1"}


@given(CRATES, st.data())
def test_bytes_near_it_are_refused_or_are_its_own_spelling(crate: Crate, data: st.DataObject) -> None:
    raw = crates.write(crate)
    at = data.draw(st.integers(0, len(raw)))
    other = raw[:at] + data.draw(st.binary(max_size=2)) + raw[at + data.draw(st.integers(0, 2)) :]

    with contextlib.suppress(FormatError):
        assert crates.write(crates.read(other)) == other.rstrip(b" ")


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        assert value.keys() == {"@id"}
        return [value["@id"]]
    return [one for inner in value for one in _references(inner)] if isinstance(value, list) else []
