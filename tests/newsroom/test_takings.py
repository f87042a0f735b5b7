"""Who took an original out stands in its ledger, signed, whole, and before the bytes."""

from __future__ import annotations

import pytest

from tamizdat.newsroom import taken, takings
from tamizdat.primitives import note
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tests import vectors


IDENT = "0a1b2c3d4e5f6071"


@pytest.mark.parametrize("vector", vectors.load("custody"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    body = vector.file.decode()

    if vector.expect == "whole":
        assert taken.write_text(taken.read_text(body)) == body
    else:
        with pytest.raises(FormatError) as caught:
            taken.read_text(body)

        assert caught.value.code == vector.expect


def test_a_line_names_who_typed_a_passphrase_and_only_that(house, keys, memory) -> None:
    """Nobody signs for another; the editor is whoever has the newsroom's passphrase; an export stands there once."""
    anna = takings.hand(house, keys, "anna", b"her own")
    first = takings.note_down(house, keys, IDENT, anna, taken.GET)
    second = takings.note_down(house, keys, IDENT, takings.hand(house, keys), taken.EXPORT, decision="1" * 16)
    again = takings.note_down(house, keys, IDENT, anna, taken.EXPORT, decision="1" * 16)

    assert takings.ledger(house, keys, IDENT) == (first, second)
    assert again == second
    assert (first.by, second.by) == ("anna", "editor")
    assert dict(house.card().approvers)["anna"] == first.key
    assert takings.ledger(house, keys, "1" * 16) == ()
    assert not [name for name, raw in memory.values.items() if b"anna" in raw and name.startswith(takings.FOLDER)]
    with pytest.raises(UsageError, match="not only the editor"):
        takings.demand_who(house, "")
    for person, passphrase, code in (("anna", b"x", "passphrase-wrong"), ("zoe", b"x", "decision-nobody")):
        with pytest.raises(TrustError) as caught:
            takings.hand(house, keys, person, passphrase)
        assert caught.value.code == code


def test_a_line_that_is_missing_exchanged_or_somebody_elses_is_found(house, keys, memory) -> None:
    for _ in range(3):
        takings.note_down(house, keys, IDENT, takings.hand(house, keys), taken.GET)
    names = sorted(name for name in memory.values if name.startswith(takings.FOLDER))
    whole = dict(memory.values)
    mallory = note.generate_signer("news.example/record/mallory")
    raw = age.open_(memory.values[names[2]], keys.identities)
    forged = note.sign(note.read(raw).text, mallory)

    def broken() -> None:
        with pytest.raises(TrustError) as caught:
            takings.ledger(house, keys, IDENT)
        assert caught.value.code == "custody-chain"
        memory.values = dict(whole)

    del memory.values[names[1]]
    broken()
    memory.values[names[0]], memory.values[names[1]] = memory.values[names[1]], memory.values[names[0]]
    broken()
    memory.values[names[2]] = age.seal(forged, house.card_recipients(), house.entropy)
    broken()
    assert len(takings.ledger(house, keys, IDENT)) == 3
