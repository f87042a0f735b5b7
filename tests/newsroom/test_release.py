"""Whatever a disk refuses while an edition is made, the next run makes it whole, once, on the record."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.newsroom import release, tick
from tamizdat.primitives.errors import AdapterError, FormatError
from tamizdat.primitives.stores import Below
from tamizdat.record import entry as entries
from tamizdat.wire import verify
from tests.newsroom import rooms


STORY = """---
headline: The harbour is closed
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
%s---
%s
"""


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy)


def write(house, text: str, more: str = "") -> None:
    house.root.put("stories/harbour.md", [(STORY % (more, text)).encode()])


def faults(house, number: int) -> tuple[object, ...]:
    return verify.check(Below(house.root, release.folder(number)), now=house.clock.now()).faults


def test_a_full_disk_at_any_moment_makes_the_edition_once(house, memory) -> None:
    """Refused at each change in turn, then run again with room: the newest edition is whole and the record in order."""
    keys = house.unlock(rooms.PASSPHRASE)
    write(house, "Nobody knows for how long.")
    before = dict(memory.values)
    refused = 0

    for at in range(200):
        memory.values = dict(before)
        try:
            release.publish(dataclasses.replace(house, root=rooms.FullAt(memory, at)), keys, ("harbour",))
        except AdapterError:
            refused += 1
        else:
            break
        release.publish(house, keys, ("harbour",))
        newest = release.latest(house)
        assert newest in {1, 2}
        assert [faults(house, number) for number in range(1, newest + 1)] == [()] * newest, at
        assert entries.check_order(house.log_reader().entries()) == [], at
        assert not [*memory.names("desk/release.json"), *memory.names("desk/tick.json")], at

    assert refused > 20


def test_a_published_story_changes_only_with_a_correction(house) -> None:
    """Without one it is refused; with one it is version 2, and the first edition stays as it was."""
    keys = house.unlock(rooms.PASSPHRASE)
    write(house, "Nobody knows for how long.")
    release.publish(house, keys, ("harbour",))
    write(house, "Until Monday.")

    with pytest.raises(FormatError) as caught:
        release.publish(house, keys, ("harbour",))
    write(house, "Until Monday.", "correction: {date: 2026-11-26, text: It opens on Monday.}\n")
    released = release.publish(house, keys, ("harbour",))

    assert [fault.code for fault in caught.value.faults] == ["story-changed"]
    assert released.number == 2
    assert b"It opens on Monday." in house.root.open("editions/000002/stories/harbour/index.html").read()
    assert faults(house, 1) == faults(house, 2) == ()


def test_a_slot_has_one_line_and_missed_ones_are_counted(house, clock, memory) -> None:
    """Twice in a slot writes once; three days later, two slots went by; a clock that goes back is refused."""
    signer = house.unlock(rooms.PASSPHRASE).log

    first, twice = tick.due(house, signer), tick.due(house, signer)
    clock.seconds += 3 * 86_400
    late = tick.due(house, signer)
    clock.seconds -= 2 * 86_400
    with pytest.raises(AdapterError) as caught:
        tick.due(house, signer)

    assert first is not None and first.missed == 0
    assert twice is None
    assert late is not None and late.missed == 2
    assert caught.value.code == "clock-backwards"
    assert house.log_reader().size == 2
