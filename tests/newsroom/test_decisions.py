"""As many different persons as the card says must have decided these very details, and for one time only."""

from __future__ import annotations

import pytest

from tamizdat.newsroom import decision, decisions
from tamizdat.newsroom.decisions import Decided, Waiting
from tamizdat.primitives.errors import FormatError, TrustError
from tests import vectors
from tests.newsroom import rooms


ASK = ("disclosure", "0a1b2c3d4e5f6071")
DETAILS = b"hide 0,0,64,64; disclose date"


@pytest.mark.parametrize("vector", vectors.load("decision"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    body = vector.file.decode()

    if vector.expect == "whole":
        assert decision.write_text(decision.read_text(body)) == body
    else:
        with pytest.raises(FormatError) as caught:
            decision.read_text(body)

        assert caught.value.code == vector.expect


def test_a_newsroom_of_one_decides_at_once(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)

    done = decisions.settle(house, house.unlock(rooms.PASSPHRASE), *ASK, DETAILS)

    assert isinstance(done, Decided) and done.names == ("editor",)


def test_two_persons_decide_the_same_details_once(house, keys, memory, clock) -> None:
    """One who says it twice counts once; other details are another decision; what was carried out holds no more."""
    first = decisions.settle(house, keys, *ASK, DETAILS, "anna", b"her own")
    again = decisions.settle(house, keys, *ASK, DETAILS, "anna", b"her own")
    other = decisions.settle(house, keys, *ASK, DETAILS + b", place", "editor", rooms.PASSPHRASE)
    clock.seconds += 86_400
    done = decisions.settle(house, keys, *ASK, DETAILS, "editor", rooms.PASSPHRASE)
    seen = decisions.settle(house, keys, *ASK, DETAILS)

    assert first == again == Waiting(names=("anna",), need=2)
    assert other == Waiting(names=("editor",), need=2)
    assert isinstance(done, Decided) and done.names == ("editor", "anna")
    assert done == seen
    assert set(decision.signed(done.raw, house.card())[1]) == {"editor", "anna"}
    assert not [name for name, raw in memory.values.items() if b"hide 0,0" in raw]
    decisions.close(house, done)
    assert decisions.settle(house, keys, *ASK, DETAILS) == Waiting(names=(), need=2)
    assert [found.details for found in decisions.pending(house, keys)] == [DETAILS + b", place"]


def test_an_old_decision_holds_no_more(house, keys, clock) -> None:
    decisions.settle(house, keys, *ASK, DETAILS, "anna", b"her own")
    clock.seconds += decisions.LIFE + 1

    late = decisions.settle(house, keys, *ASK, DETAILS, "editor", rooms.PASSPHRASE)

    assert late == Waiting(names=("editor",), need=2)


def test_signatures_are_bound_to_details_and_persons(house, keys, memory) -> None:
    """Details exchanged under a signature, or a copied signature, count for nothing; a stranger is refused."""
    decisions.settle(house, keys, *ASK, DETAILS, "anna", b"her own")
    decisions.settle(house, keys, *ASK, b"other", "editor", rooms.PASSPHRASE)
    sealed = {found.details: f"{found.folder}/details.age" for found in decisions.pending(house, keys)}
    mine = next(name for name in memory.values if name.endswith("/anna.txt"))
    memory.put(mine.replace("anna", "editor"), [memory.values[mine]])
    copied = decisions.settle(house, keys, *ASK, DETAILS)
    memory.put(sealed[DETAILS], [memory.values[sealed[b"other"]]])

    assert copied == Waiting(names=("anna",), need=2)
    assert decisions.settle(house, keys, *ASK, DETAILS) == Waiting(names=(), need=2)
    for person, passphrase, code in (("mallory", b"x", "decision-nobody"), ("anna", b"x", "passphrase-wrong")):
        with pytest.raises(TrustError) as caught:
            decisions.settle(house, keys, *ASK, DETAILS, person, passphrase)
        assert caught.value.code == code
