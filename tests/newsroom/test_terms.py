"""Which cards may follow which without a decision, and that a decision is for one card."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.newsroom import decisions, init, recovery, terms
from tamizdat.newsroom.terms import NOBODY, Voice
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, ShortError, UsageError
from tamizdat.record import entry as entries
from tests.newsroom import rooms


EDITOR = Voice(person="editor", passphrase=rooms.PASSPHRASE)
ANNA = Voice(person="anna", passphrase=b"her own")


def approver(name: str) -> tuple[str, str]:
    return name, note.generate_signer(f"news.example/record/{name}").verifier.vkey


def test_what_lessens_the_rule_has_to_be_decided_and_nothing_else(house, keys) -> None:
    """Each way a card can differ, alone; an outside witness more is the newsroom's own affair, one less is not."""
    card = dataclasses.replace(house.card(), witnesses=(approver("w")[1],))
    zoe, anna = approver("zoe"), approver("anna")

    def free(**changes: object) -> bool:
        try:
            return terms.demand(house, keys, card, dataclasses.replace(card, serial=9, **changes), NOBODY) is None
        except ShortError:
            return False

    assert free()
    assert free(name="Another name", need=2, hand_in=("elsewhere",), not_after=card.not_after - 1)
    assert free(witnesses=(*card.witnesses, approver("more")[1]))
    assert not free(witnesses=())
    assert not free(witnesses=(approver("other")[1],))
    assert not free(approvals=1)
    assert not free(approvers=(*card.approvers, zoe))
    assert not free(approvers=(card.approvers[0], anna))
    assert not free(approvers=(card.approvers[0], zoe))
    assert not free(approvers=card.approvers[::-1])
    for fewer in ({"approvals": 3}, {"approvers": card.approvers[:1]}):
        with pytest.raises(UsageError, match="nobody could decide"):
            free(**fewer)


def test_before_there_are_enough_persons_there_is_nobody_to_ask(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy, approvals=3)
    keys = house.unlock(rooms.PASSPHRASE)

    for name in ("anna", "zoe"):
        assert terms.is_founding(house.card())
        init.add_person(house, keys, name, b"own", work_factor=rooms.WORK)

    assert not terms.is_founding(house.card())
    with pytest.raises(ShortError, match="0 of 3 persons"):
        init.add_person(house, keys, "boris", b"own", work_factor=rooms.WORK)


def test_nobody_is_taken_off_the_card_without_decision_before_the_record_says_so(house, keys, memory) -> None:
    """Refused at each change in turn."""
    page = memory.values[recovery.PLAIN].decode()
    empty, before = dict(memory.values), house.card()

    for at in range(100):
        memory.values = dict(empty)
        cut = dataclasses.replace(house, root=rooms.FullAt(memory, at))
        try:
            init.remove_lost_person(cut, keys, "anna", page, say=lambda _: None)
            break
        except AdapterError:
            pass
        assert house.card() == before or "key" in kinds(house)
        init.remove_lost_person(house, keys, "anna", page, say=lambda _: None)
        assert [name for name, _ in house.card().approvers] == ["editor"]
        assert "key" in kinds(house)
        assert not entries.check_order(house.log_reader().entries())

    assert at > 3


def kinds(house) -> list[str]:
    return [one.kind for one in map(entries.read, house.log_reader().entries())]


def test_a_decision_cut_off_at_any_change_is_for_one_card(house, keys, memory) -> None:
    """Refused at each change in turn: the same command ends it, and when she is gone one person does not bring her back."""
    with pytest.raises(ShortError):
        init.add_person(house, keys, "zoe", b"zoes", by=EDITOR, work_factor=rooms.WORK)
    empty, before = dict(memory.values), house.card()

    for at in range(100):
        memory.values = dict(empty)
        cut = dataclasses.replace(house, root=rooms.FullAt(memory, at))
        try:
            init.add_person(cut, keys, "zoe", b"", by=ANNA)
            break
        except AdapterError:
            pass
        if house.card() == before:
            init.add_person(house, keys, "zoe", b"", by=ANNA)
        assert [name for name, _ in house.card().approvers] == ["editor", "anna", "zoe"]
        assert house.card().serial == before.serial + 1
        with pytest.raises(ShortError):
            init.remove_person(house, keys, "zoe", by=EDITOR)
        init.remove_person(house, keys, "zoe", by=ANNA)
        with pytest.raises(ShortError, match="1 of 2"):
            init.add_person(house, keys, "zoe", b"other", by=ANNA, work_factor=rooms.WORK)

    assert at > 3
    assert not [one for one in decisions.pending(house, keys) if not one.begun]
