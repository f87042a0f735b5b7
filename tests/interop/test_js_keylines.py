"""
Lines of kind `key` on the record in an edition: Python and the check page tell the same of them, and nothing where there is none.
"""

from __future__ import annotations

import re

from typing import Any

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import note, text
from tamizdat.record import entry, log
from tamizdat.record.entry import BatchEntry, Entry, Slot
from tamizdat.wire import verify
from tests.interop.test_js_editions import Editions, sentence
from tests.record.logs import opened
from tests.wire.editions import NOW, SIGNERS, Room, copy


DAY = 86_400
FIRST = NOW // DAY - 10
NUMBERS = re.compile(r"(?:“key”\): |entry |not before )([0-9][0-9TZ:-]*)")


class Told(Room):
    """A newsroom whose record has batches, and lines of kind `key`, as they are asked for."""

    def enter(self, *kinds: str) -> None:
        for kind in kinds:
            reader = log.read_log(self.log, SIGNERS["log"].verifier)
            due = entry.next_sequence(kind, reader.newest_first())
            slot = Slot(number=FIRST + due)
            batch = BatchEntry(sequence=due, slot=slot, missed=0, root=bytes(32))
            made = batch if kind == "batch" else Entry(kind=kind, sequence=due, text_hash=bytes(32))
            opened(self.log, SIGNERS["log"]).append([entry.write(made)])


def python(store: Memory, against: Memory | None = None) -> list[tuple[str, ...]]:
    report = verify.check(store, now=NOW, against=against)
    assert report.faults == ()
    lines = [line for line in (*report.stated, *report.unproven) if "its keys or its persons" in line]
    return [tuple(NUMBERS.findall(line)) for line in lines]


def page(findings: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    kept = [found for found in findings if found["code"].startswith("edition-keys")]
    kept.sort(key=lambda found: found["kind"] != "stated")
    assert all(sentence(found) for found in kept)
    return [
        tuple(str(found["params"][key]) for key in ("count", "line", "time") if key in found["params"])
        for found in kept
    ]


@pytest.fixture
def rooms() -> tuple[Memory, Memory, Memory]:
    """Editions of one newsroom: before there were any, with two, and with a third behind 300 others."""
    room = Told()
    room.enter("batch", "batch")
    before = room.publish()
    room.enter("key", "batch", "key")
    some = room.publish()
    room.enter(*["correction"] * 300, "key", "batch")
    return before, some, room.publish()


def test_they_are_counted_alike_with_the_newest_and_its_date(node, rooms) -> None:
    before, some, more = rooms
    early = Told()
    early.enter("key", "batch")
    undated = early.publish()
    torn = copy(more)
    torn.values = {path: raw for path, raw in more.values.items() if not path.startswith("log/tile/entries/001")}
    cases = Editions()
    asked: list[tuple[Memory, Memory | None]] = [
        (before, None), (undated, None), (some, None), (more, None),
        (some, before), (before, some), (more, before), (some, more), (some, some), (some, torn),
    ]  # fmt: skip
    for number, (one, other) in enumerate(asked):
        cases.ask(f"case {number}", one, **({} if other is None else {"against": other}))

    findings = cases.hold(node)

    told = [python(one, other) for one, other in asked]
    assert [page(some) for some in findings] == told
    assert [len(one) for one in told] == [0, 1, 1, 1, 2, 1, 2, 2, 1, 2]
    assert told[1] == [("1", "0")]
    assert told[2][0][:2] == ("2", "5")
    assert told[3][0][:2] == ("3", "307")
    assert told[2][0][2] == told[3][0][2] == text.instant((FIRST + 3) * DAY)
    assert told[4][1] == told[5][0] == ("2", "5")
    assert (told[6][1], told[7][1]) == (("3", "307"), ("1", "307"))
    assert told[9][1] == ()


def test_a_record_that_the_newsroom_did_not_sign_says_nothing_of_them(node, rooms) -> None:
    _, some, _ = rooms
    other = note.read(some.values["log/checkpoint"]).text
    some.values["log/checkpoint"] = note.sign(other, SIGNERS["stranger"])
    cases = Editions()
    cases.ask("unsigned", some)

    (findings,) = cases.hold(node)

    assert page(findings) == []
