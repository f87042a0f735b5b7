"""Signed lists keep to docs/spec/edition.md."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.wire import edition
from tamizdat.wire.edition import Edition, File
from tests import vectors
from tests.wire.editions import SALT, SIGNERS, Room


VECTORS = vectors.load("edition")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    """A sound list is read and written back letter for letter; a flawed one is refused for its own flaw."""
    body = vector.file.decode()

    if vector.expect == "whole":
        assert edition.write_text(edition.read_text(body)) == body
    else:
        with pytest.raises(FormatError) as caught:
            edition.read_text(body)

        assert caught.value.code == vector.expect


@given(st.data())
def test_a_list_with_one_spoiled_letter_is_refused_or_another_list_with_one_spelling(data: st.DataObject) -> None:
    whole = next(vector.file for vector in VECTORS if vector.name == "whole").decode()
    place = data.draw(st.integers(0, len(whole) - 1))
    body = whole[:place] + data.draw(st.characters(codec="utf-8")) + whole[place + 1 :]

    try:
        read = edition.read_text(body)
    except FormatError:
        return
    assert edition.write_text(read) == body


def test_a_list_is_believed_under_the_edition_key_only() -> None:
    raw = Room().publish().values["edition.txt"]

    made, body = edition.read(raw, SIGNERS["edition"].verifier)

    assert (edition.write_text(made), made.number) == (body, 1)
    for other in (SIGNERS["newsroom"], SIGNERS["log"]):
        with pytest.raises(TrustError):
            edition.read(raw, other.verifier)
    with pytest.raises(TrustError):
        edition.read(raw.replace(b"edition: 1", b"edition: 2"), SIGNERS["edition"].verifier)


def test_a_list_longer_than_a_note_is_not_written() -> None:
    """What could never be read again is refused before it is signed."""
    deep = "/".join(["a" * 120] * 8)
    files = tuple(File(path=f"{deep}/{number:06}", size=1, sha256="0" * 64) for number in range(65_000))
    made = Edition(origin="news.example/record", number=1, made=0, entry=0, salt=SALT, files=files)

    with pytest.raises(FormatError) as caught:
        edition.write_text(made)

    assert caught.value.code == "edition-large"
