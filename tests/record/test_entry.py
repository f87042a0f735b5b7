"""Public entries: one spelling, slots that only go forward, and nothing that can be guessed at."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.errors import AdapterError, FormatError, TrustError
from tamizdat.record import batch, entry
from tests import vectors


READERS = {
    "entry": lambda raw: entry.write(entry.read(raw)),
    "map": lambda raw: batch.write_map(batch.read_map(raw)),
    "placement": lambda raw: batch.write_placement(batch.read_placement(raw)),
}
DAY = 86_400
HASHES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(1, entry.MAX_NUMBER)
ENTRIES = st.builds(entry.Entry, kind=st.sampled_from(entry.KINDS), sequence=NUMBERS, text_hash=HASHES) | st.builds(
    entry.BatchEntry,
    sequence=NUMBERS,
    slot=st.builds(entry.Slot, number=st.integers(1000, 20_000), seconds=st.sampled_from([60, 3600, DAY])),
    missed=st.integers(0, 1000),
    root=HASHES,
)


@pytest.mark.parametrize("vector", vectors.load("entry"), ids=lambda vector: vector.name)
def test_vectors_give_what_they_say(vector: vectors.Vector) -> None:
    """Whole ones are read and written alike, flawed ones refused by the name of their flaw."""
    again = READERS[vector.name.split("-")[0]]
    if vector.expect == "whole":
        assert again(vector.file) == vector.file
        return
    with pytest.raises(FormatError) as caught:
        again(vector.file)
    assert caught.value.code == vector.expect


@given(ENTRIES, st.data())
def test_an_entry_has_one_spelling(value: entry.Entry | entry.BatchEntry, data: st.DataObject) -> None:
    """What is written is read; what is changed is refused, or is another entry; what is cut is refused."""
    raw = entry.write(value)
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + data.draw(st.binary(min_size=0, max_size=2)) + raw[at + 1 :]

    assert entry.read(raw) == value
    with pytest.raises(FormatError):
        entry.read(raw[:at])
    try:
        other = entry.read(changed)
    except FormatError:
        return
    assert entry.write(other) == changed


def test_an_entry_stands_for_one_text() -> None:
    """With the salt it can be shown, without it not be guessed."""
    value = entry.Entry(kind="withdrawal", sequence=1, text_hash=entry.text_hash(b"s" * 32, b"A text"))

    entry.check_text(value, b"s" * 32, b"A text")
    for salt, text in ((b"s" * 32, b"A test"), (b"t" * 32, b"A text"), (b"", b"A text")):
        with pytest.raises(TrustError) as caught:
            entry.check_text(value, salt, text)
        assert caught.value.code == "entry-text"


def test_a_slot_has_one_batch_and_missed_ones_are_counted() -> None:
    """Due from its first second, once."""
    last = entry.slot_at(1_795_651_200)

    assert entry.due(None, last.start + 5) == entry.Due(slot=last, missed=0)
    assert entry.due(last, last.start) is None
    assert entry.due(last, last.end - 1) is None
    assert entry.due(last, last.end) == entry.Due(slot=entry.slot_at(last.end), missed=0)
    assert entry.due(last, last.end + 3 * DAY + 7) == entry.Due(slot=entry.slot_at(last.end + 3 * DAY), missed=3)


def test_a_clock_that_runs_backwards_writes_nothing() -> None:
    """Even by one second before the last slot."""
    last = entry.slot_at(1_795_651_200)

    with pytest.raises(AdapterError) as caught:
        entry.due(last, last.start - 1)
    assert caught.value.code == "clock-backwards"


def test_slots_of_a_new_length_never_reach_into_the_last() -> None:
    """Hours after a day begin when the day is over; weeks after a day with the next week."""
    day = entry.slot_at(1_795_651_200)

    assert entry.due(day, day.start + 7200, 3600) is None
    assert entry.due(day, day.end + 7200, 3600) == entry.Due(slot=entry.slot_at(day.end + 7200, 3600), missed=2)
    week = entry.slot_at(day.end, 7 * DAY)
    assert entry.due(day, day.end, 7 * DAY) is None
    assert entry.due(day, week.end, 7 * DAY) == entry.Due(slot=entry.slot_at(week.end, 7 * DAY), missed=0)


def test_what_comes_next_is_found_from_the_newest_entry_back() -> None:
    """The sequence of each kind, and the last batch."""
    slot = entry.slot_at(1_795_651_200)
    values = [
        entry.BatchEntry(sequence=1, slot=slot, missed=0, root=bytes(32)),
        entry.Entry(kind="edition", sequence=1, text_hash=bytes(32)),
        entry.Entry(kind="edition", sequence=2, text_hash=bytes(32)),
    ]
    newest = [entry.write(value) for value in reversed(values)]

    assert [entry.next_sequence(kind, newest) for kind in ("edition", "batch", "key")] == [3, 2, 1]
    assert entry.last_batch(newest) == values[0]
    assert entry.last_batch(newest[:2]) is None


def test_every_entry_out_of_order_is_reported() -> None:
    """A gap in a sequence, a slot gone back, gaps not owned up to, and what is no entry at all."""

    def day(sequence: int, number: int, missed: int) -> bytes:
        slot = entry.Slot(number=number)
        return entry.write(entry.BatchEntry(sequence=sequence, slot=slot, missed=missed, root=bytes(32)))

    whole = [day(1, 100, 0), day(2, 101, 0), day(3, 104, 2)]

    assert entry.check_order(whole) == []
    faults = entry.check_order([*whole, day(5, 105, 0), day(6, 105, 0), day(7, 109, 0), b"note"])
    assert [(fault.where, fault.code) for fault in faults] == [
        ("entry 3", "entry-order"),
        ("entry 4", "entry-order"),
        ("entry 5", "entry-order"),
        ("entry 6", "entry-magic"),
    ]
