"""
Processes beside this one that each do one piece of work at a time, so that every processor has some.

What they are given lies in memory that both share, anonymous and made before the fork; only lengths and answers go through
pipes. Nothing of it has a name, and nothing rests on a disk. It is NOT a queue: who finds them all busy does the work himself, so never more is held than each has in hand.
Where no second process can be had (Windows, macOS, one processor, or TAMIZDAT_PROCESSES says 1) there is nobody in it.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import signal
import warnings

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from tamizdat.adapters import relay


Work = Callable[[bytes], bytes]

_HEAD: Final = 8
_DONE, _FAILED = b"de"
_HANDS: Final = 2  # each holds a picture: some 75 MB where it has 12 megapixels


class Crew:
    """
    Forks its hands at once: no thread may have been started that holds a lock.

    Args:
        work: What each of them does with what it is given.
        count: How many there are.
        most: The most bytes that one piece of work has; memory is taken as it is needed.
    """

    def __init__(self, work: Work, count: int, most: int) -> None:
        self._hands: list[_Hand] = []
        with contextlib.suppress(OSError):  # fewer do as well
            for _ in range(count):
                self._hands.append(_Hand(work, self._hands, most))

    def give(self, *pieces: bytes) -> Callable[[], bytes] | None:
        """
        Give one that is idle something to do, and get what waits for its answer; None where all are busy.

        What waits raises what the work raised; ``worker-gone`` where the process died.
        """
        hand = next((one for one in self._hands if one.idle()), None)
        return None if hand is None else hand.give(pieces)

    def close(self) -> None:
        """End them all, done or not."""
        for hand in self._hands:
            hand.end()
        self._hands = []


class _Hand:
    def __init__(self, work: Work, others: Sequence[_Hand], most: int) -> None:
        self._room = mmap.mmap(-1, most)
        inward, self._down = os.pipe()
        self._up, outward = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, relay.held())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child = os.fork()
            if not self._child:
                _work(
                    work,
                    self._room,
                    (inward, outward),
                    [self._down, self._up, *(end for one in others for end in one.ends)],
                    before,
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(inward)
            os.close(outward)
        self._busy: _Answer | None = None

    @property
    def ends(self) -> tuple[int, int]:
        """The ends of the pipes that are here."""
        return self._down, self._up

    def idle(self) -> bool:
        if self._busy is not None and select.select([self._up], [], [], 0)[0]:
            self._busy.hear()
        return self._busy is None

    def give(self, pieces: Sequence[bytes]) -> Callable[[], bytes]:
        self._room.seek(0)
        for piece in pieces:
            self._room.write(piece)
        try:
            _tell(self._down, self._room.tell().to_bytes(_HEAD, "big"))
        except BrokenPipeError:
            raise relay.gone() from None
        self._busy = _Answer(self)
        return self._busy.wait

    def hear(self) -> tuple[int, bytes]:
        """Read the answer; this waits."""
        self._busy = None
        kind = relay.exactly(self._up, 1)
        size = relay.exactly(self._up, _HEAD) if kind else b""
        if not size:
            raise relay.gone()
        return kind[0], relay.exactly(self._up, int.from_bytes(size, "big"))

    def end(self) -> None:
        for end in self.ends:
            os.close(end)
        self._room.close()
        # Not waited for: whatever it is at, nobody wants it any more.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._child, 0)


class _Answer:
    """What one piece of work gave; kept from when it was heard until it is asked for."""

    def __init__(self, hand: _Hand) -> None:
        self._hand: _Hand | None = hand
        self._kind, self._said = _DONE, b""

    def hear(self) -> None:
        if self._hand is not None:
            hand, self._hand = self._hand, None
            self._kind, self._said = hand.hear()

    def wait(self) -> bytes:
        self.hear()
        if self._kind == _FAILED:
            raise relay.raised(json.loads(self._said))
        return self._said


def start(work: Work, most: int) -> Crew:
    """Make a crew of one for each processor but this process's own."""
    return Crew(work, min(relay.processes() - 1, _HANDS), most)


def _work(work: Work, room: mmap.mmap, ends: tuple[int, int], others: Sequence[int], mask: set[int]) -> NoReturn:
    """Work until the other end is closed, and end this process: nothing of the parent's goes on in it."""
    try:
        inward, outward = ends
        for end in others:
            os.close(end)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        relay.end_with_parent()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        while head := relay.exactly(inward, _HEAD):
            try:
                kind, said = _DONE, work(room[: int.from_bytes(head, "big")])
            except Exception as error:  # noqa: BLE001 -- whatever it is, the parent hears of it
                kind, said = _FAILED, json.dumps(relay.told(error)).encode()
            _tell(outward, bytes([kind]) + len(said).to_bytes(_HEAD, "big"), said)
    finally:
        os._exit(0)


def _tell(end: int, *pieces: bytes) -> None:
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[os.write(end, view) :]
