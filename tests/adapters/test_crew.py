"""Processes that help: each does one thing at a time, errors come over, and none outlives the crew."""

from __future__ import annotations

import contextlib
import os
import signal

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tamizdat.adapters import crew
from tamizdat.primitives.errors import AdapterError
from tests.children import children


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Any:
    """But for those that other tests keep: a browser, a server."""
    before = children()
    yield
    assert children() <= before


@pytest.fixture
def gate() -> Iterator[tuple[int, int]]:
    """A pipe that work can wait at; those who are to know of it are forked after it."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def hands(gate: tuple[int, int]) -> Iterator[crew.Crew]:
    """Two of them, ended whatever the test finds: else each test after it would find children too."""
    with contextlib.closing(crew.Crew(work, 2, 100)) as two:
        yield two


def work(given: bytes) -> bytes:
    if given == b"slow":
        raise AdapterError("codec-time", "too slow", mend="--no-tiles")
    if given == b"stuck":
        signal.pause()
    if given.startswith(b"wait "):
        os.read(int(given[5:]), 1)
    return given[::-1] + b" %d" % os.getpid()


def test_every_hand_does_one_thing_and_who_finds_all_busy_is_told(hands: crew.Crew, gate: tuple[int, int]) -> None:
    """Answers can be asked for in any order, long after others were given more to do; one that is held up keeps nobody."""
    held, release = gate
    first = until_given(hands, b"wait %d" % held)
    waiting = {number: until_given(hands, b"a", number) for number in (b"%d" % one for one in range(50))}
    second = until_given(hands, b"wait %d" % held)
    assert hands.give(b"more") is None

    os.write(release, b"12")
    said = {number: answer().split() for number, answer in reversed(waiting.items())}

    assert all(words[0] == (b"a" + number)[::-1] for number, words in said.items())
    assert len({words[-1] for words in said.values()}) == 1
    assert len({first().split()[-1], second().split()[-1], b"%d" % os.getpid()}) == 3


def until_given(hands: crew.Crew, *pieces: bytes) -> Callable[[], bytes]:
    while True:
        answer = hands.give(*pieces)
        if answer is not None:
            return answer


def test_an_error_and_a_death_come_over(hands: crew.Crew) -> None:
    first = hands.give(b"slow")
    assert first is not None
    with pytest.raises(AdapterError, match="too slow") as caught:
        first()
    assert caught.value.code == "codec-time"
    answers = [hands.give(b"stuck"), hands.give(b"stuck")]
    assert None not in answers
    assert hands.give(b"more") is None

    os.kill(hands._hands[0]._child, signal.SIGKILL)  # noqa: SLF001

    with pytest.raises(AdapterError) as caught:
        answers[0]()
    assert caught.value.code == "worker-gone"


def test_a_crew_that_is_closed_waits_for_nobody(hands: crew.Crew) -> None:
    """What they are at would never end."""
    assert hands.give(b"stuck") is not None

    hands.close()

    assert hands.give(b"more") is None


def test_where_no_other_process_is_wanted_there_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIZDAT_PROCESSES", "1")

    assert crew.start(work, 100).give(b"x") is None
