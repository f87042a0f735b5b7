"""
What every fuzz target stands on: a loop with bounds. It mutates NOTHING itself.

An input that takes more than TIME of the processor, or a run that wants more than MEMORY, is a find like any crash. `python fuzz/part.py 30`
runs a target for 30 seconds; what it throws follows from the seed (the second argument, 1 if there is none), so a find
comes back.
"""

from __future__ import annotations

import io
import random
import resource
import signal
import sys
import time

from collections.abc import Callable
from typing import Any, Final


TIME: Final = 20  # seconds of processor an input may take: a thousand times what it should
PATIENCE: Final = 600  # seconds by the clock, after which it is taken to hang; the machine may be busy
ROOM: Final = 6 << 30  # bytes of addresses a run may want at once; threads reserve far more than they use
MEMORY: Final = 256  # MiB a run may use over what it starts with


class Kept(io.BytesIO):
    """A file that can be read after it was closed."""

    def close(self) -> None:
        """Keep what was written."""


class Dice:
    """Dice for what is sealed that fall the same every time."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def random(self, count: int) -> bytes:
        """Give *count* bytes."""
        return self._random.randbytes(count)


def run(make: Callable[[random.Random], Any], one_input: Callable[[Any], None]) -> None:
    """Throw what *make* makes at *one_input* for as many seconds as the first argument says."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    _bound()
    before = _peak()
    dice = random.Random(seed)
    end = time.monotonic() + seconds
    count, slowest = 0, 0.0
    while time.monotonic() < end:
        thrown = make(dice)
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, TIME)
        signal.alarm(PATIENCE)
        try:
            one_input(thrown)
        except BaseException:
            print(f"find: seed {seed}, input {count}: {thrown!r}"[:100_000], file=sys.stderr)
            raise
        finally:
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
        if _peak() - before > MEMORY:
            print(
                f"find: seed {seed}, input {count} wants {_peak() - before} MiB: {thrown!r}"[:100_000], file=sys.stderr
            )
            raise MemoryError
        slowest = max(slowest, time.process_time() - begin)
        count += 1
    print(
        f"{count} inputs, no find; the slowest took {slowest:.2f} s, the peak of memory was {_peak()} MiB", flush=True
    )


def spoil(raw: bytes, dice: random.Random, pieces: list[bytes]) -> bytes:
    """Change a few places of *raw*: bytes, what the format is made of, runs moved or doubled, ends cut off."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(raw) + 1)
        other = dice.randrange(len(raw) + 1)
        run_ = raw[other : other + dice.randint(1, 80)]
        put = dice.choice([dice.randbytes(1), dice.choice(pieces), run_, bytes(dice.randint(1, 40))])
        gone = dice.choice([0, len(put), dice.randint(0, 3), dice.randint(0, 80)])
        raw = raw[:at] + put + raw[at + gone :]
    return raw[: dice.randrange(len(raw) + 1)] if dice.random() < 0.1 else raw


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _bound() -> None:
    with open("/proc/self/statm") as file:  # noqa: PTH123 -- one line
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, resource.RLIM_INFINITY))
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _late)


class LateError(BaseException):
    """An input takes too long. No reader may take it for an error of a medium."""


def _late(*_: object) -> None:
    raise LateError
