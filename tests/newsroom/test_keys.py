"""One passphrase opens the newsroom's keys, once a run; a person's own opens that person's."""

from __future__ import annotations

import pytest

from tamizdat.newsroom import init
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.house import House
from tamizdat.primitives.errors import TrustError, UsageError
from tests.newsroom import rooms


def test_every_key_is_the_one_on_the_card(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)

    keys = house.unlock(rooms.PASSPHRASE)

    card = house.card()
    assert keys.newsroom_signer.verifier.vkey == card.newsroom
    assert keys.log.verifier.vkey == card.log
    assert keys.edition_signer.verifier.vkey == card.edition
    assert (("editor", keys.editor.verifier.vkey),) == card.approvers
    assert [str(one) for one in keys.own_recipients] == list(card.recipients)
    assert len(keys.desk) == 32
    assert house.unattended_log_signer() is None
    assert repr(keys) == "<keys>"


def test_a_forgotten_passphrase_is_one_clear_fault(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)

    with pytest.raises(TrustError) as caught:
        house.unlock(b"something else")

    assert caught.value.code == "passphrase-wrong"
    assert "recovery page" in caught.value.mend
    assert "something else" not in str(caught.value)


def test_a_key_kept_apart_signs_the_record_with_nobody_there(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy, log_unattended=True)

    signer = house.unattended_log_signer()

    assert signer is not None
    assert house.log(signer).append([b"entry"]) == range(1)
    assert house.unlock(rooms.PASSPHRASE).log == signer


def test_a_persons_key_opens_with_their_own_passphrase_only(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)
    init.add_person(house, house.unlock(rooms.PASSPHRASE), "anna", b"her own", work_factor=rooms.WORK)

    signer = keyring.open_person(memory, "anna", b"her own")

    assert dict(house.card().approvers)["anna"] == signer.verifier.vkey
    with pytest.raises(TrustError):
        keyring.open_person(memory, "anna", rooms.PASSPHRASE)
    with pytest.raises(UsageError):
        keyring.open_person(memory, "nobody", b"x")


def test_another_newsrooms_card_in_this_folder_is_found_out(memory, clock, entropy) -> None:
    """Whoever could put it there would have everything sealed for themselves."""
    house = rooms.make(memory, clock, entropy)
    other = rooms.make(type(memory)(), clock, entropy)
    memory.put("card.txt", [other.card_bytes()])

    with pytest.raises(TrustError) as caught:
        house.unlock(rooms.PASSPHRASE)

    assert caught.value.code == "card-foreign"


def test_keys_of_another_newsroom_are_told_from_a_wrong_passphrase(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)
    other = type(memory)()
    rooms.make(other, clock, entropy)
    memory.put("keys/desk.age", [other.values["keys/desk.age"]])

    with pytest.raises(TrustError) as caught:
        _ = House(memory, clock=clock, entropy=entropy).unlock(rooms.PASSPHRASE).desk

    assert caught.value.code == "keys-foreign"
    assert house.unlock(rooms.PASSPHRASE).edition_signer
