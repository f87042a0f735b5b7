"""Anchors, in a newsroom in memory with a real calendar: a disk that refuses, patience that ends, and what a calendar sees."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.cli import house as houses
from tamizdat.newsroom import anchoring, tick
from tests.calendar import Calendar
from tests.newsroom import rooms


KINDS = {"checkpoint", "header", "ots"}


@pytest.fixture
def calendar():
    with Calendar() as found:
        yield found


@pytest.fixture
def house(memory, clock, entropy, calendar, tmp_path):
    made = rooms.make(memory, clock, entropy, calendars=(calendar.address,), block_headers=calendar.address)
    tick.due(made, made.unlock(rooms.PASSPHRASE).log)  # no way to anybody yet
    return dataclasses.replace(made, wire=houses.at(tmp_path).wire)


def proofs(house):
    return [name for name in house.root.names("log/stamps") if name.endswith(".ots")]


def test_whatever_the_disk_refuses_the_next_tick_has_one_proof_and_completes_it(house, memory, calendar):
    for begin in (lambda: None, lambda: anchoring.tick(house, print)):
        calendar.asked.clear()
        memory.values = {
            name: raw for name, raw in memory.values.items() if "stamps/" not in name and "anchor" not in name
        }
        begin()
        calendar.mine(1, 1_700_000_000)
        before, refused = dict(memory.values), 0
        for at in range(20):
            memory.values = dict(before)
            said: list[str] = []
            anchoring.tick(dataclasses.replace(house, root=rooms.FullAt(memory, at)), said.append)
            if not any("the disk is full" in line for line in said):
                break
            refused += 1
            for _ in range(2):
                anchoring.tick(house, print)
                calendar.mine(1, 1_700_000_000)
            anchoring.tick(house, print)
            assert len(proofs(house)) == 1
            assert {name.rpartition(".")[2].rpartition("/")[2] for name in memory.names("log/stamps")} == KINDS
            assert not list(memory.names(anchoring.PENDING))
        assert refused >= 2


def test_without_a_way_out_or_a_calendar_nothing_is_asked_and_nothing_fails(house, calendar):
    said: list[str] = []
    anchoring.tick(dataclasses.replace(house, wire=None), said.append)
    assert "there is no way to it" in said[0]
    assert (proofs(house), list(anchoring.carried(house)), calendar.asked) == ([], [], [])


def test_a_promise_that_is_not_kept_for_ninety_days_is_not_asked_for_any_more(house, clock):
    anchoring.tick(house, print)
    clock.seconds = clock.now() + anchoring.PATIENCE + 1
    said: list[str] = []
    anchoring.tick(house, said.append)
    assert "is not asked for it any more" in said[0]
    assert not list(house.root.names(anchoring.PENDING))
    assert len(proofs(house)) == 1  # the promise stays published: somebody else may have it completed


def test_a_damaged_note_or_proof_is_said_and_costs_no_other(house, calendar, memory):
    anchoring.tick(house, print)
    (proof,) = proofs(house)
    memory.values[proof] = b"damaged"
    memory.values[f"{anchoring.NEWEST}/{proof.rpartition('/')[2].removesuffix('.ots')}"] = b"damaged"
    said: list[str] = []
    anchoring.tick(house, said.append)
    assert "this is no proof of OpenTimestamps" in said[0]
    assert [name.rpartition("/")[2] for name, _ in anchoring.carried(house)] == sorted(
        ["checkpoint", proof.rpartition("/")[2]]
    )
