"""Processes that help: each does one thing at a time, errors come over, and none outlives the crew."""

from __future__ import annotations

import os
import signal
import time

from typing import Any

import pytest

from tamizdat.adapters import crew
from tamizdat.primitives.errors import AdapterError


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Any:
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def work(given: bytes) -> bytes:
    if given == b"slow":
        raise AdapterError("codec-time", "too slow", mend="--no-tiles")
    if given == b"stuck":
        time.sleep(600)
    return given[::-1] + b" %d" % os.getpid()


def test_every_hand_does_one_thing_and_who_finds_all_busy_is_told() -> None:
    """Answers can be asked for in any order, long after others were given more to do."""
    hands = crew.Crew(work, 2, 100)
    waiting = {}
    while len(waiting) < 50:
        given = b"%d" % len(waiting)
        answer = hands.give(b"a", given)
        if answer is not None:
            waiting[given] = answer

    said = {given: answer().split() for given, answer in reversed(waiting.items())}

    assert all(words[0] == (b"a" + given)[::-1] for given, words in said.items())
    assert len({words[1] for words in said.values()} - {b"%d" % os.getpid()}) == 2
    hands.close()


def test_an_error_and_a_death_come_over() -> None:
    hands = crew.Crew(work, 1, 100)
    first = hands.give(b"slow")
    assert first is not None
    with pytest.raises(AdapterError, match="too slow") as caught:
        first()
    assert caught.value.code == "codec-time"
    answer = hands.give(b"stuck")
    assert answer is not None
    assert hands.give(b"more") is None

    os.kill(hands._hands[0]._child, signal.SIGKILL)  # noqa: SLF001

    with pytest.raises(AdapterError) as caught:
        answer()
    assert caught.value.code == "worker-gone"
    hands.close()


def test_a_crew_that_is_closed_waits_for_nobody() -> None:
    hands = crew.Crew(work, 2, 100)
    hands.give(b"stuck")
    begin = time.monotonic()

    hands.close()

    assert time.monotonic() - begin < 60


def test_where_no_other_process_is_wanted_there_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIZDAT_PROCESSES", "1")

    assert crew.start(work, 100).give(b"x") is None
