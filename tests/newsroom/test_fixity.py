"""The vault is read a little at a time: every object in its turn, whatever cuts the run off, and damage is not forgotten."""

from __future__ import annotations

import itertools
import json

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.newsroom import fixity
from tamizdat.newsroom.fixity import DAY, Bounds, Note
from tamizdat.record.places import place
from tests.newsroom import rooms


COUNT = 24
IDS = [f"{number:016x}" for number in range(COUNT)]


@pytest.fixture
def house(memory, clock, entropy):
    house = rooms.make(memory, clock, entropy)
    for ident in IDS:
        house.vault().add(ident, [b"ciphertext of " + ident.encode()], b"said")
        memory.put(f"keys/objects/{ident}/key.age", [b"sealed"])
    return house


@pytest.fixture(autouse=True)
def few_buckets(monkeypatch):
    """Ask only for the buckets that are there: a store in memory is slow at the others."""
    names = sorted({place(ident)[:3] for ident in IDS})
    monkeypatch.setattr(fixity, "buckets", lambda: iter(names))


def reads(monkeypatch) -> list[str]:
    """Note which objects are read from now on."""
    seen: list[str] = []
    check = fixity.Vault.check

    def checking(self, at, files, progress=lambda _: None):
        seen.append(at)
        return check(self, at, files, progress)

    monkeypatch.setattr(fixity.Vault, "check", checking)
    return seen


def spoil(memory, ident):
    memory.values[f"vault/{place(ident)}/v1/content/content.age"] += b"?"


def test_small_runs_read_every_object_once_before_any_is_read_twice(house, monkeypatch, clock) -> None:
    seen = reads(monkeypatch)
    due = []
    while True:
        report = fixity.run(house, Bounds(count=5, every=30 * DAY))
        assert (report.faults, report.checked <= 5) == ((), True)
        due.append(report.due)
        if not report.due:
            break
        clock.seconds += DAY

    assert sorted(seen) == sorted(map(place, IDS))
    assert due == [19, 14, 9, 4, 0]
    assert fixity.run(house, Bounds(every=30 * DAY)).checked == 0
    clock.seconds += 27 * DAY
    assert 0 < fixity.run(house, Bounds(every=30 * DAY)).checked < COUNT
    clock.seconds += 30 * DAY
    assert fixity.run(house, Bounds(count=1, every=30 * DAY)).due == COUNT - 1


def test_bounds_of_size_and_time_end_a_run_behind_the_object_they_are_reached_with(house, clock) -> None:
    report = fixity.run(house, Bounds(size=1))
    assert (report.checked, report.size > 1, report.oldest) == (1, True, None)

    def ticking(_):
        clock.seconds += 1

    report = fixity.run(house, Bounds(seconds=60), ticking)
    assert 0 < report.checked < COUNT
    assert fixity.run(house, Bounds(anew=True)).checked == COUNT


def test_a_run_that_is_killed_anywhere_goes_on_near_where_it_was(house, monkeypatch, memory, clock) -> None:
    """Killed at each object in turn, with the clock going: no object is left out, few are read again."""
    seen = reads(monkeypatch)

    class KilledError(BaseException):
        pass

    def killing(at):
        count = itertools.count()

        def tell(_):
            clock.seconds += 2
            if next(count) == at:
                raise KilledError

        return tell

    monkeypatch.setattr(fixity._Run, "save", _saving_while_alive(KilledError))
    kills = 0
    for at in itertools.cycle((17, 23, 31)):
        try:
            report = fixity.run(house, Bounds(every=30 * DAY), killing(at))
        except KilledError:
            kills += 1
        else:
            break

    assert kills > 5
    assert report.due == 0
    assert set(seen) == set(map(place, IDS))
    assert len(seen) < 3 * COUNT


def _saving_while_alive(killed):
    """A kill writes nothing, also not what a tidy ending would."""
    import sys

    save = fixity._Run.save

    def saving(self):
        if not isinstance(sys.exc_info()[1], killed):
            save(self)

    return saving


def test_damage_is_named_at_every_run_until_it_is_mended(house, memory) -> None:
    first = place(sorted(IDS, key=place)[3])
    ident = first.rpartition("%3a")[2]
    whole = dict(memory.values)
    spoil(memory, ident)

    assert {fault.code for fault in fixity.run(house, Bounds(anew=True)).faults} == {"ocfl-e092"}
    assert {fault.code for fault in fixity.run(house, Bounds(count=1)).faults} == {"ocfl-e092"}
    again = fixity.run(house, Bounds(count=1))
    assert again.checked == 2  # the damaged one, and the next of the others
    memory.values[f"vault/{first}/v1/content/content.age"] = whole[f"vault/{first}/v1/content/content.age"]
    assert fixity.run(house, Bounds(count=1)).faults == ()


def test_many_damaged_objects_are_all_named_though_few_are_read(house, memory) -> None:
    for ident in IDS[:20]:
        spoil(memory, ident)
    fixity.run(house, Bounds(anew=True))

    report = fixity.run(house, Bounds(count=3))

    assert report.checked == 6
    assert len({fault.where[: len("vault/") + len(place(IDS[0]))] for fault in report.faults}) == 20
    assert "vault-damaged" in {fault.code for fault in report.faults}


def test_what_is_gone_and_what_never_belonged_is_named(house, memory) -> None:
    for name in list(memory.names(f"vault/{place(IDS[0])}")):
        memory.drop(name)
    memory.drop("vault/ocfl_layout.json")

    codes = {fault.code for fault in fixity.run(house, Bounds(anew=True)).faults}

    assert codes == {"vault-missing", "vault-root"}


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"buckets": 3}', b'{"buckets": {"../": [1, 1]}}', b"\xff"])
def test_a_note_that_cannot_be_read_says_that_nothing_was_checked(house, memory, note) -> None:
    memory.put(fixity.NOTE, [note])

    report = fixity.run(house, Bounds(count=1, every=DAY))

    assert (report.due, report.faults) == (COUNT - 1, ())
    assert json.loads(memory.values[fixity.NOTE])["version"] == 1


@given(
    st.builds(
        Note,
        buckets=st.dictionaries(
            st.from_regex(r"[0-9a-f]{3}", fullmatch=True), st.tuples(st.integers(0, 2**40), st.integers(0, 2**30))
        ),
        bucket=st.sampled_from(["", "0af"]),
        place=st.sampled_from(["", place(IDS[0])]),
        damaged=st.lists(st.sampled_from([place(ident) for ident in IDS])),
    )
)
def test_the_note_comes_back_as_it_was_written(note) -> None:
    assert fixity.read_note(fixity.write(note)) == note


def test_what_a_command_at_work_has_begun_is_no_damage(house, memory) -> None:
    """A large original takes minutes to be stored; a check that comes by in between raises no alarm."""
    memory.drop(f"vault/{place(IDS[5])}/inventory.json.sha512")
    memory.drop(f"keys/objects/{IDS[5]}/key.age")
    memory.put(".busy", [b""])
    assert fixity.run(house, Bounds(anew=True)).faults == ()

    memory.drop(".busy")
    assert [fault.code for fault in fixity.run(house, Bounds(anew=True)).faults] == ["vault-unfinished"]
