"""Approvals keep to docs/spec/approval.md."""

from __future__ import annotations

import pytest

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.wire import approval
from tests import vectors
from tests.wire.editions import approved, make_card


@pytest.mark.parametrize("vector", vectors.load("approval"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    body = vector.file.decode()

    if vector.expect == "whole":
        assert approval.write_text(approval.read_text(body)) == body
    else:
        with pytest.raises(FormatError) as caught:
            approval.read_text(body)

        assert caught.value.code == vector.expect


def test_the_persons_on_the_card_are_named_and_nobody_else() -> None:
    card = make_card()

    for people, named in (
        (("editor", "second"), ("editor", "second")),
        (("second", "stranger"), ("second",)),
        (("editor", "editor"), ("editor",)),
    ):
        told, names = approval.approvers(approved("harbour", *people), card)
        assert (told.story, names) == ("harbour", named)
    with pytest.raises(TrustError) as caught:
        approval.approvers(approved("harbour", "stranger", "newsroom"), card)
    assert caught.value.code == "note-unsigned"


def test_a_false_signature_in_the_name_of_somebody_on_the_card_refuses_the_note() -> None:
    """A signature taken from another text counts for nobody, and hides behind no other."""
    other = note.read(approved("bridge", "second"))
    mine = note.read(approved("harbour", "editor"))
    forged = note.write(note.Note(text=mine.text, signatures=(*mine.signatures, *other.signatures)))

    with pytest.raises(TrustError) as caught:
        approval.approvers(forged, make_card())

    assert caught.value.code == "note-forged"
