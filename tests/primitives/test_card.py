"""Cards keep to docs/spec/card.md."""

from __future__ import annotations

import dataclasses

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives import card, note, words
from tamizdat.primitives.errors import FormatError, TamizdatError, TrustError
from tests import vectors


VECTORS = vectors.load("card")
PLAIN = next(vector.file for vector in VECTORS if vector.name == "plain")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    """A sound card is read and written back byte for byte; a flawed one is refused for its own flaw."""
    if vector.expect == "whole":
        found = card.read(vector.file)

        assert card.write_text(found) == note.read(vector.file).text
    else:
        with pytest.raises((FormatError, TrustError)) as caught:
            card.read(vector.file)

        assert caught.value.code == vector.expect


@given(st.data())
def test_one_spoiled_byte_is_refused(data: st.DataObject) -> None:
    """No byte of a card can change without the card being refused, or meaning and words staying the same."""
    place = data.draw(st.integers(0, len(PLAIN) - 1))
    spoiled = bytearray(PLAIN)
    spoiled[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(TamizdatError):
        card.read(bytes(spoiled))


@given(st.integers(0, len(PLAIN) - 1))
def test_a_card_that_breaks_off_is_refused(length: int) -> None:
    with pytest.raises(TamizdatError):
        card.read(PLAIN[:length])


def test_the_fingerprint_is_of_the_text_alone_and_all_of_it() -> None:
    """A second signature leaves the 12 words as they are; one more letter in the text does not."""
    found = card.read(PLAIN)
    signer = note.generate_signer("somebody")
    signed_again = PLAIN + note.sign(card.write_text(found), signer).split(b"\n\n")[1]
    other = note.sign(card.write_text(dataclasses.replace(found, serial=2)), signer)

    assert card.fingerprint(signed_again) == card.fingerprint(PLAIN)
    assert card.fingerprint(other) != card.fingerprint(PLAIN)
    assert words.read_card_words(" ".join(words.card_words(card.fingerprint(PLAIN)))) == card.fingerprint(PLAIN)


def test_a_card_is_in_force_between_its_days_only() -> None:
    found = card.read(PLAIN)

    card.check_current(found, found.issued)
    card.check_current(found, found.not_after)
    for now, code in ((found.not_after + 1, "card-expired"), (found.issued - 2 * 86_400, "card-early")):
        with pytest.raises(TrustError) as caught:
            card.check_current(found, now)
        assert caught.value.code == code
