"""How far long work has come: a bar for eyes, a line now and then for pipes and screen readers. It keeps nothing."""

from __future__ import annotations

import contextlib
import time

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from tamizdat.cli.phrases import amount, span


EVERY: Final = 10.0  # seconds between two lines; work that takes less says nothing before its last line
_FRAME: Final = 0.1
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


@contextlib.contextmanager
def bar(terminal: Terminal, total: int | None, what: str) -> Iterator[Meter]:
    """Show a bar that goes away when the work is done; NO_COLOR is kept by *terminal*."""
    columns = (TextColumn("tamizdat: {task.description}", markup=False), BarColumn(bar_width=20), _Told())
    with Progress(*columns, console=terminal, transient=True, refresh_per_second=4) as shown:
        yield _Bar(shown, shown.add_task(what, total=total))


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


class _Bar:
    def __init__(self, shown: Progress, task: TaskID) -> None:
        self._shown = shown
        self._task = task
        self._waiting = 0
        self._drawn = 0.0

    def advance(self, count: int) -> None:
        self._waiting += count
        now = time.monotonic()
        if now - self._drawn >= _FRAME:  # to tell the bar of every packet would cost more than hashing it
            self._shown.advance(self._task, self._waiting)
            self._waiting, self._drawn = 0, now


class _Told(ProgressColumn):
    """The same words as a line has."""

    def render(self, task: Task) -> Text:
        total = None if task.total is None else int(task.total)
        return Text(progress(int(task.completed), total, task.elapsed or 0.0))
