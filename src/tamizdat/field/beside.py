"""
One thread beside this one, for work that does not hold the interpreter: a hash, while the same bytes are encrypted.

It is NOT a pool: one piece of work at a time, and whoever gave it waits for its end. To pass it over costs a tenth of
what hashing does on a processor that has instructions for that; so where there are only two processors, both of them
busy with sealing, it is done only where hashing is slow.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import threading
import time
import weakref

from collections.abc import Callable, Iterator
from typing import Any, Final


_SAMPLE: Final = bytes(1 << 17)
_SLOW: Final = 1.3e-9  # seconds a byte: 770 MB a second


class Beside:
    """
    Starts its thread with the first piece of work, where that is worth it.

    Args:
        always: Whether to do so in any case.
    """

    def __init__(self, *, always: bool = False) -> None:
        self._hands: _Hands | None = None
        self._always = always

    @contextlib.contextmanager
    def doing(self, work: Callable[[Any], object], data: Any) -> Iterator[None]:
        """Have ``work(data)`` done beside the block; it is done when the block ends. It must not raise."""
        if not self._always and not _worth():
            work(data)
            yield
            return
        if self._hands is None:
            self._hands = _Hands()
            threading.Thread(target=self._hands.serve, daemon=True).start()
            weakref.finalize(self, self._hands.end)
        hands = self._hands
        hands.job = work, data
        hands.go.release()
        try:
            yield
        finally:
            hands.done.acquire()

    def close(self) -> None:
        """End the thread."""
        if self._hands is not None:
            self._hands.end()
            self._hands = None


class _Hands:
    def __init__(self) -> None:
        self.job: tuple[Callable[[Any], object], Any] | None = None
        self.go = threading.Lock()
        self.done = threading.Lock()
        self.go.acquire()
        self.done.acquire()

    def serve(self) -> None:
        while True:
            self.go.acquire()
            if self.job is None:
                return
            work, data = self.job
            work(data)
            del data
            self.job = None
            self.done.release()

    def end(self) -> None:
        with contextlib.suppress(RuntimeError):  # ended already
            self.go.release()


@functools.cache
def _worth() -> bool:
    processors = os.cpu_count() or 1
    return processors > 2 or (processors == 2 and _hashing() > _SLOW)


def _hashing() -> float:
    """Measure how many seconds hashing takes a byte."""
    best = 1.0
    for _ in range(4):
        begin = time.perf_counter()
        hashlib.sha256(_SAMPLE).digest()
        best = min(best, time.perf_counter() - begin)
    return best / len(_SAMPLE)
