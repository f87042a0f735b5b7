"""As many different persons as the card says must have approved this very text."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.newsroom import approvals, init
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.wire import approval
from tests.newsroom import rooms


def two_of_two(memory, clock, entropy):
    house = rooms.make(memory, clock, entropy, approvals=2)
    init.add_person(house, house.unlock(rooms.PASSPHRASE), "anna", b"her own", work_factor=rooms.WORK)
    return house


def test_solo_one_approval_is_enough_and_readers_can_check_it(memory, clock, entropy) -> None:
    house, story = rooms.make(memory, clock, entropy), rooms.story()

    approvals.approve_solo(house, house.unlock(rooms.PASSPHRASE), story)
    raw, names = approvals.check(house, story)

    assert names == ("editor",)
    assert approval.approvers(raw, house.card()) == (
        approval.Approval(story="harbour", version=1, digest=story.digest),
        ("editor",),
    )


def test_two_persons_are_two_persons(memory, clock, entropy) -> None:
    """One who approves twice counts once, and the note carries both in the end."""
    house, story = two_of_two(memory, clock, entropy), rooms.story()
    approvals.approve(house, story, "anna", b"her own")
    approvals.approve(house, story, "anna", b"her own")

    with pytest.raises(TrustError) as caught:
        approvals.check(house, story)
    approvals.approve(house, story, "editor", rooms.PASSPHRASE)
    raw, names = approvals.check(house, story)

    assert caught.value.code == "approvals-missing"
    assert "1 of 2" in str(caught.value)
    assert names == ("editor", "anna")
    assert approval.approvers(raw, house.card())[1] == names
    with pytest.raises(TrustError):
        approvals.approve_solo(house, house.unlock(rooms.PASSPHRASE), story)


def test_another_text_needs_approvals_of_its_own(memory, clock, entropy) -> None:
    """Even one whose hash begins alike, under the name of the approved one's file."""
    house = rooms.make(memory, clock, entropy)
    approved, alike = rooms.story(bytes(32)), rooms.story(bytes(31) + b"\x01")
    approvals.approve(house, approved, "editor", rooms.PASSPHRASE)

    for other in (rooms.story(b"\x01" * 32), alike, dataclasses.replace(approved, version=2)):
        with pytest.raises(TrustError):
            approvals.check(house, other)


def test_a_copied_or_damaged_approval_does_not_count(memory, clock, entropy) -> None:
    house, story = two_of_two(memory, clock, entropy), rooms.story()
    approvals.approve(house, story, "editor", rooms.PASSPHRASE)
    (path,) = memory.names("desk/approvals")
    memory.put(path.replace("editor", "anna"), [memory.values[path]])
    memory.put(path.replace("editor", "zoe"), [memory.values[path].replace(b"version: 1", b"version: 2")])

    with pytest.raises(TrustError) as caught:
        approvals.check(house, story)

    assert "1 of 2" in str(caught.value)
    assert [fault.code for fault in caught.value.faults] == ["note-forged"]


def test_nobody_outside_the_card_approves(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)

    with pytest.raises(UsageError) as caught:
        approvals.approve(house, rooms.story(), "mallory", b"x")

    assert caught.value.code == "approval-nobody"
