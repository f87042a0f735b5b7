"""Monitors: a log that only grows is followed; one that contradicts itself leaves evidence behind."""

from __future__ import annotations

import copy

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, TrustError
from tamizdat.record import evidence, monitor, policy
from tests.record.logs import begun, opened


SIGNER = note.Signer(name="log.example/a", seed=b"\x01" * 32)
RULES = policy.read(policy.one_of([SIGNER.verifier], [], 0))


def grown(size, word=b"entry"):
    store = Memory()
    begun(store, SIGNER).append([b"%s %d" % (word, number) for number in range(size)])
    return store


def test_each_new_entry_is_seen_once_and_checked():
    store, kept, seen = grown(300), Memory(), []
    monitor.look(store, kept, RULES, lambda number, entry: seen.append((number, entry)))
    opened(store, SIGNER).append([b"more"])
    assert monitor.look(store, kept, RULES, lambda *new: seen.append(new)).before == 300
    assert monitor.look(store, kept, RULES, lambda *new: seen.append(new)).verdict.head.size == 301
    assert [number for number, _ in seen] == list(range(301))
    assert seen[-1] == (300, b"more")


def test_what_was_found_is_said_before_it_is_remembered():
    """Whoever is cut off while speaking says it again at the next look."""
    store, kept, seen = grown(3), Memory(), []

    def cut_off():
        raise AdapterError("disk-full", "the screen is gone", mend="None.")

    with pytest.raises(AdapterError):
        monitor.look(store, kept, RULES, checked=cut_off)
    monitor.look(store, kept, RULES, lambda *new: seen.append(new), checked=lambda: seen.append("said"))

    assert [number for number, _ in seen[:-1]] == [0, 1, 2]
    assert seen[-1] == "said"


@pytest.mark.parametrize(("size", "code"), [(300, "monitor-fork"), (400, "monitor-fork"), (200, "monitor-shrunk")])
def test_a_log_that_contradicts_what_was_seen_leaves_evidence(size, code):
    kept = Memory()
    monitor.look(grown(300), kept, RULES)
    before = kept.open(monitor.SEEN).read()
    with pytest.raises(TrustError) as caught:
        monitor.look(grown(size, b"another"), kept, RULES)
    assert caught.value.code == code
    (name,) = kept.names(evidence.FOLDER)
    assert (f"the file {name} " in caught.value.mend) is (code == "monitor-fork")
    assert evidence.contradicts(kept.open(name).read(), SIGNER.verifier) is (size == 300)
    assert kept.open(monitor.SEEN).read() == before


def test_a_mirror_that_drops_or_alters_a_file_is_named_and_nothing_is_remembered():
    whole = grown(300)
    for name in [name for name in whole.names() if name != "checkpoint"]:
        for damage in (None, b"x"):
            store, kept = copy.deepcopy(whole), Memory()
            if damage is None:
                store.drop(name)
            else:
                store.put(name, [damage + store.open(name).read()[1:]])
            with pytest.raises(TrustError) as caught:
                monitor.look(store, kept, RULES)
            assert name.partition(".p")[0] in str(caught.value), name
            assert list(kept.names()) == []
    with pytest.raises(AdapterError):
        monitor.look(Memory(), Memory(), RULES)
