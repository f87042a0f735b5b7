"""
The committer: entries of many callers put on the record in groups, each under one signature, each in its order.

A caller's number comes back when its entry is on the medium, signed for and published. An entry that comes before the one
it follows waits a little for it. It does NOT decide who may call (cli/logserve.py). Flaws: docs/spec/entry.md.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import queue
import time

from threading import Thread
from typing import Final, Self

from tamizdat.primitives.errors import AdapterError, UsageError
from tamizdat.record import entry as entries
from tamizdat.record.entry import BatchEntry, Entry
from tamizdat.record.rows import Rows
from tamizdat.record.sequencer import MOST_AT_ONCE, Sequencer


GROUP: Final = 256  # entries that are committed together
WINDOW: Final = 0.2  # seconds a group is open, and an entry waits for the one before it where nothing else is said
PATIENCE: Final = 0.005  # seconds a group waits for one more
WAITING: Final = 1024  # entries that may wait at once
LONGEST: Final = 60.0  # seconds until a caller is told that it takes too long


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    raw: bytes
    entry: Entry | BatchEntry
    until: float
    done: concurrent.futures.Future[int] = dataclasses.field(default_factory=concurrent.futures.Future)


class Committer:
    """
    Used as a context manager; it ends when all that was given to it is on the record or refused.

    Args:
        sequencer, rows: The log, and the rows it works on.

        most: How many entries may wait at once.

        early: For how many seconds an entry waits for the one before it.
    """

    def __init__(self, sequencer: Sequencer, rows: Rows, most: int = WAITING, early: float = WINDOW) -> None:
        self._sequencer = sequencer
        self._rows = rows
        self._early = early
        self._order: entries.Order | None = None
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(most)
        self._thread = Thread(target=self._work, name="committer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()

    def add(self, raw: bytes) -> int:
        """
        Put an entry on the record and give its number; returns when it is signed for.

        Raises:
            FormatError: It is no entry (docs/spec/entry.md).
            UsageError: ``entry-order``: it is not what is due.
            AdapterError: ``log-busy``: too many wait; or as `Sequencer.append`.
        """
        item = _Waiting(raw=raw, entry=entries.read(raw), until=time.monotonic() + self._early)
        try:
            self._queue.put_nowait(item)
            return item.done.result(LONGEST)
        except (queue.Full, concurrent.futures.TimeoutError) as error:
            raise AdapterError(
                "log-busy", "too many entries wait to be put on the public record", mend="Try again in a while."
            ) from error

    def _work(self) -> None:
        early: list[_Waiting] = []
        ended = False
        while not ended:
            group = early
            ended = self._gather(group)
            early = self._commit(group) if group else []
        for item in early:
            self._refuse(item)

    def _gather(self, group: list[_Waiting]) -> bool:
        """Wait for entries, add them to *group*, and say whether no more will come."""
        wait = max(0.0, min(item.until for item in group) - time.monotonic()) if group else None
        end: float | None = None
        while len(group) < GROUP and (end is None or time.monotonic() < end):
            try:
                item = self._queue.get(timeout=wait)
            except queue.Empty:
                return False
            if item is None:
                return True
            group.append(item)
            end = end or time.monotonic() + WINDOW
            wait = PATIENCE
        return False

    def _commit(self, group: list[_Waiting]) -> list[_Waiting]:
        """Put on the record what is in order; give back what comes too early and may still wait."""
        taken: list[_Waiting] = []
        early: list[_Waiting] = []
        try:
            with self._rows.alone():
                order = self._followed()
                for item in sorted(group, key=lambda item: item.entry.sequence):
                    if not any(order.faults(item.entry)):
                        order.take(item.entry)
                        taken.append(item)
                    elif order.early(item.entry) and time.monotonic() < item.until:
                        early.append(item)
                    else:
                        self._refuse(item)
                numbers = self._sequencer.commit([item.raw for item in taken])
            self._sequencer.publish()
        except Exception as error:  # noqa: BLE001 -- whoever waits gets it
            self._order = None
            for item in group:
                if not item.done.done():
                    item.done.set_exception(error)
            return []
        for number, item in zip(numbers, taken, strict=True):
            item.done.set_result(number)
        return early

    def _followed(self) -> entries.Order:
        """Give the order of everything that stands in the rows, whoever put it there."""
        self._order = order = self._order or entries.Order()
        count = self._rows.count()
        while order.count < count:
            for _ in order.follow(self._rows.read(order.count, min(count, order.count + MOST_AT_ONCE))):
                """What stands there stays; `log fsck` speaks about it."""
        return order

    def _refuse(self, item: _Waiting) -> None:
        order = self._order or entries.Order()
        what = "; ".join(order.faults(item.entry)) or "what comes before it did not come"
        mend = "Read the public record again, and make the entry anew."
        item.done.set_exception(UsageError("entry-order", what, mend=mend))
