"""How far long work has come, as a bar on a terminal. Apart from meters.py, for only a terminal needs what draws it."""

from __future__ import annotations

import contextlib
import sys
import time

from collections.abc import Iterator
from typing import Final

from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from tamizdat.cli.meters import Meter, progress


_FRAME: Final = 0.1


@contextlib.contextmanager
def bar(total: int | None, what: str) -> Iterator[Meter]:
    """Show a bar that goes away when the work is done; NO_COLOR is kept."""
    columns = (TextColumn("tamizdat: {task.description}", markup=False), BarColumn(bar_width=20), _Told())
    with Progress(*columns, console=Terminal(file=sys.stderr), transient=True, refresh_per_second=4) as shown:
        yield _Bar(shown, shown.add_task(what, total=total))


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
