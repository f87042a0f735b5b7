"""How far long work has come, in words: a line now and then for pipes and screen readers. bars.py draws for eyes."""

from __future__ import annotations

import time

from collections.abc import Callable
from typing import Final, Protocol

from tamizdat.cli.phrases import amount, span


EVERY: Final = 10.0  # seconds between two lines; work that takes less says nothing before its last line
_SOON: Final = 0.5  # seconds before anybody can say how fast it goes


class Meter(Protocol):
    """What long work tells."""

    def advance(self, count: int) -> None:
        """Say that *count* bytes more are done."""


class Lines:
    """
    A line every ten seconds.

    Args:
        say: Tells a line.
        total: How many bytes there are to do, where that is known.
        what: The work.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        total: int | None,
        what: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._total = total
        self._what = what
        self._clock = clock
        self._begun = self._told = clock()
        self._done = 0

    def advance(self, count: int) -> None:
        """Count, and tell where it is time."""
        self._done += count
        now = self._clock()
        if now - self._told >= EVERY:
            self._told = now
            self._say(f"{self._what}: {progress(self._done, self._total, now - self._begun)}")


def progress(done: int, total: int | None, seconds: float) -> str:
    """
    Say how far it is, how fast, and how much time is left.

    >>> progress(400_000_000, 1_000_000_000, 2.0)
    '40 %, 200 MB a second, a few seconds left'
    >>> progress(400_000_000, None, 2.0)
    '400 MB, 200 MB a second'
    """
    share = f"{min(100, done * 100 // total)} %" if total else amount(done)
    if seconds < _SOON or not done:
        return share
    speed = done / seconds
    told = f"{share}, {amount(speed)} a second"
    return f"{told}, {span(max(0, total - done) / speed)} left" if total else told
