"""The part format: every flaw is found, and every packet has one spelling."""

import io

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.carry import part
from tamizdat.primitives.errors import FormatError
from tests import vectors


@pytest.mark.parametrize("vector", vectors.load("part"), ids=lambda vector: vector.name)
def test_a_vector_is_read_as_it_says(vector: vectors.Vector) -> None:
    try:
        packets = list(part.read(io.BytesIO(vector.file)))
        outcome = "whole"
    except FormatError as error:
        outcome = error.code

    assert outcome == vector.expect
    if outcome == "whole":
        assert len(packets) * packets[0].header.shape.packet == len(vector.file)


def test_the_vectors_are_what_their_maker_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.vectors import part as maker

    made: dict[str, bytes] = {}
    monkeypatch.setattr(maker.vectors, "write", lambda _, name, expect, comment, file: made.update({name: file}))
    maker.main()

    assert made == {vector.name: vector.file for vector in vectors.load("part")}


@given(data=st.data())
def test_a_header_that_is_read_is_written_the_same(data: st.DataObject) -> None:
    base = next(vector.file for vector in vectors.load("part") if vector.name == "data")[4096:4160]
    raw = bytearray(base)
    for place in data.draw(st.lists(st.integers(4, 39), max_size=3)):
        raw[place] = data.draw(st.integers(0, 255))

    try:
        header = part.read_head(raw)
    except FormatError:
        return

    assert part.write_head(header) == raw[:40]


def test_a_tag_tells_the_forged_from_the_true_and_the_untagged() -> None:
    raw = next(vector.file for vector in vectors.load("part") if vector.name == "tagged")[:4096]
    key = bytes(range(32))

    assert part.tag_holds(raw, key)
    assert not part.tag_holds(raw, bytes(32))
    assert part.tag_holds(raw[:-16] + bytes(16), bytes(32))


def test_the_note_is_plain_and_names_the_numbers() -> None:
    raw = next(vector.file for vector in vectors.load("part") if vector.name == "data")[64:4096]
    words, _, rest = raw.partition(b"\0")

    assert words.isascii()
    assert b"Any 2 parts" in words
    assert b"Part 2 of" in words
    assert not rest.strip(b"\0")
    assert max(len(line) for line in words.splitlines()) < 79
