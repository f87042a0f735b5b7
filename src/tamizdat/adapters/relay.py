"""
A sink that works in a process of its own, so that two processors share the work of one stream.

Between the two lies a ring of anonymous shared memory: nothing of it has a name, and nothing rests on a disk.
It is NOT for plaintext: whatever crosses it is in the memory of both. Where a second process cannot be had
(Windows, macOS, one processor, or TAMIZDAT_PROCESSES says 1), the same sink works in this one.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import signal
import sys
import warnings

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from tamizdat.primitives import errors
from tamizdat.primitives.errors import AdapterError, Fault, TamizdatError


PROCESSES_VARIABLE: Final = "TAMIZDAT_PROCESSES"
_WISHES: Final = {"1", "2", "3"}  # nothing here has work for more
SLOT: Final = 16 * 65_552  # sixteen sealed chunks of an age file
SLOTS: Final = 8
_END: Final = 0
_DEATH_SIGNAL: Final = 1
_FREE, _PROGRESS, _RESULT, _ERROR = b"fpre"
_HELD: Final = frozenset(
    {"SIGINT", "SIGTERM", "SIGHUP"}
)  # what must not come between the fork and the child's own ways


class Sink(Protocol):
    """What works in the other process."""

    def write(self, data: memoryview, /) -> object:
        """Take all of *data* before this returns."""

    def finish(self, progress: Callable[[int], None], /) -> Any:
        """End the work, telling *progress* how much more of it is done; give something JSON can say."""

    def abandon(self) -> None:
        """Undo the work: what it was for has failed. Called in place of, or after, a `finish` that did not end well."""


class Direct:
    """A sink in this process, for those that cannot have another."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._ended = False

    def write(self, data: bytes | memoryview) -> int:
        """Give it the bytes."""
        self._sink.write(memoryview(data))
        return len(data)

    def finish(self, progress: Callable[[int], None]) -> Any:
        """End the work, and give its result."""
        result = self._sink.finish(progress)
        self._ended = True
        return result

    def abandon(self) -> None:
        """End it unfinished, where it has not ended."""
        if not self._ended:
            self._ended = True
            self._sink.abandon()


class Relay:
    """
    A sink in a child of this process; use `start`.

    Errors of the sink are raised here, with the same code and words, at the next call that hears of them. Killing
    either process ends the other's work: the child abandons, the parent raises ``worker-gone``.
    """

    def __init__(self, sink: Sink) -> None:
        """
        Fork.

        Raises:
            OSError: The system has no room for another process or for the ring.
        """
        self._ring = mmap.mmap(-1, SLOT * SLOTS)
        self._view = memoryview(self._ring)
        self._child = -1
        inward, self._down = os.pipe()
        self._up, outward = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, held())
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of other threads: ours are not started yet, numpy's do nothing here.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child = os.fork()
        except OSError:
            for descriptor in (inward, outward, self._down, self._up):
                os.close(descriptor)
            raise
        finally:
            if self._child:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if not self._child:
            _Child(sink, self._view, inward, outward).run((self._down, self._up), before)
        os.close(inward)
        os.close(outward)
        self._free = SLOTS
        self._number = 0
        self._fill = 0

    def write(self, data: bytes | memoryview) -> int:
        """Copy bytes into the ring."""
        view = memoryview(data)
        done = 0
        while done < len(view):
            room = self._room(1)
            count = min(len(room), len(view) - done)
            room[:count] = view[done : done + count]
            self.took(count)
            done += count
        return done

    def lend(self, count: int) -> memoryview:
        """Give *count* bytes of the ring, at most SLOT, to be written into before `took`."""
        return self._room(count)[:count]

    def took(self, count: int) -> None:
        """Take *count* bytes that were written into what `lend` gave."""
        self._fill += count
        if self._fill == SLOT:
            self._send()

    def finish(self, progress: Callable[[int], None]) -> Any:
        """
        Wait until the sink has ended its work, and give its result.

        Raises:
            TamizdatError: Whatever it raised; ``worker-gone`` where the process died.
        """
        if self._fill:
            self._send()
        self._tell(_END)
        while True:
            kind, value = self._hear()
            if kind == _PROGRESS:
                progress(value)
            elif kind == _RESULT:
                self._wait()
                return value

    def abandon(self) -> None:
        """Let the child undo its work, where it has not ended, and wait for it."""
        if self._child:
            os.close(self._down)
            os.close(self._up)
            self._down = self._up = -1
            # It may sit in a long flush: the signal wakes it up.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGTERM)
            self._wait()

    def _room(self, count: int) -> memoryview:
        if SLOT - self._fill < count:
            self._send()
        if not self._free:
            # Half of the ring at once: to wake each other up for every slot costs more on a busy machine.
            while self._free < SLOTS // 2:
                self._hear()
        begin = self._number % SLOTS * SLOT
        return self._view[begin + self._fill : begin + SLOT]

    def _send(self) -> None:
        self._tell(self._fill)
        self._number += 1
        self._free -= 1
        self._fill = 0

    def _tell(self, length: int) -> None:
        try:
            os.write(self._down, length.to_bytes(4, "big"))
        except BrokenPipeError:
            while True:  # it says why before it goes, or `_hear` raises
                self._hear()

    def _hear(self) -> tuple[int, Any]:
        kind = exactly(self._up, 1)
        if not kind:
            self._wait()
            raise gone()
        if kind[0] == _FREE:
            self._free += 1
            return _FREE, None
        raw = exactly(self._up, 8)
        if kind[0] == _PROGRESS:
            return _PROGRESS, int.from_bytes(raw, "big", signed=True)
        said = exactly(self._up, int.from_bytes(raw, "big"))
        if not said:
            self._wait()
            raise gone()
        if kind[0] == _ERROR:
            self._wait()
            raise raised(json.loads(said))
        return _RESULT, json.loads(said)

    def _wait(self) -> None:
        """Leave no dead child behind."""
        child, self._child = self._child, 0
        if child:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
        for descriptor in (self._down, self._up):
            if descriptor >= 0:
                os.close(descriptor)
        self._down = self._up = -1


class _Stopped(BaseException):
    """The other process has gone, or wants no more."""


class _Child:
    """The far end of the ring."""

    def __init__(self, sink: Sink, ring: memoryview, down: int, up: int) -> None:
        self._sink = sink
        self._ring = ring
        self._down = down
        self._up = up
        self._stopping = False

    def run(self, others: tuple[int, int], mask: set[int]) -> NoReturn:
        """
        Work until there is nothing to do, and end this process: nothing of the parent's goes on in it.

        Args:
            others: The parent's ends of the pipes, to be closed here.
            mask: The signals to hold back from now on.
        """
        try:
            for descriptor in others:
                os.close(descriptor)
            # Ctrl-C and a closed terminal are the parent's to answer; its end is heard in the pipe.
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, self._stop)
            end_with_parent()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            self._work()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, the parent hears of it, and this process ends
            self._stopping = True
            with contextlib.suppress(Exception):
                self._sink.abandon()
            with contextlib.suppress(OSError):
                self._say(_ERROR, told(error))
        finally:
            os._exit(0)

    def _work(self) -> None:
        number = 0
        while True:
            raw = exactly(self._down, 4)
            if not raw:
                self._stopping = True
                raise _Stopped
            length = int.from_bytes(raw, "big")
            if length == _END:
                break
            begin = number % SLOTS * SLOT
            self._sink.write(self._ring[begin : begin + length])
            os.write(self._up, bytes([_FREE]))
            number += 1
        result = self._sink.finish(self._progress)
        self._say(_RESULT, result)

    def _stop(self, _number: int, _frame: object) -> None:
        if not self._stopping:
            self._stopping = True
            raise _Stopped

    def _progress(self, count: int) -> None:
        os.write(self._up, bytes([_PROGRESS]) + count.to_bytes(8, "big", signed=True))

    def _say(self, kind: int, value: Any) -> None:
        raw = json.dumps(value).encode()
        message = bytes([kind]) + len(raw).to_bytes(8, "big") + raw
        while message:
            message = message[os.write(self._up, message) :]


def start(sink: Sink) -> Relay | Direct:
    """
    Let *sink* work in a process of its own where that can be, else in this one.

    No thread may have been started that holds a lock: a fork would keep it shut for ever.
    """
    try:
        return Relay(sink) if processes() > 1 else Direct(sink)
    except OSError:
        return Direct(sink)


def processes() -> int:
    """Say for how many processes there is work: TAMIZDAT_PROCESSES where it is a number, else one for each processor."""
    if not sys.platform.startswith("linux"):
        return 1
    wished = os.environ.get(PROCESSES_VARIABLE, "")
    return int(wished) if wished in _WISHES else len(os.sched_getaffinity(0))


def held() -> set[signal.Signals]:
    """Give the signals that must not come between a fork and the child's own ways."""
    return {getattr(signal, name) for name in _HELD}


def end_with_parent() -> None:
    """Be told when the parent dies, even in the middle of a long flush: see prctl(2), PR_SET_PDEATHSIG."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)


def gone() -> AdapterError:
    """Say that the other process has died."""
    return AdapterError(
        "worker-gone",
        "the process that writes has ended before its work was done",
        mend="Run the command again; look whether the machine is short of memory.",
    )


def exactly(descriptor: int, count: int) -> bytes:
    """Read *count* bytes; nothing where the other end was closed before."""
    data = b""
    while len(data) < count:
        more = os.read(descriptor, count - len(data))
        if not more:
            return b""
        data += more
    return data


def told(error: BaseException) -> dict[str, Any]:
    """Say what went wrong so that the other process can raise it; of a fault of ours only where it was, no values."""
    if isinstance(error, TamizdatError):
        faults = [[fault.code, fault.where, fault.what, fault.mend] for fault in error.faults]
        return {"class": type(error).__name__, "said": [error.code, str(error), error.mend], "faults": faults}
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        mend = "Look at the disk, then run the command again."
        return {"class": "AdapterError", "said": ["system", what, mend], "faults": []}
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "" if trace is None else f" in {Path(trace.tb_frame.f_code.co_filename).name}, {trace.tb_lineno}"
    return {"class": "", "said": [type(error).__name__ + place], "faults": []}


def raised(said: dict[str, Any]) -> Exception:
    """Make what `told` said an error again."""
    if not said["class"]:
        return RuntimeError(said["said"][0])
    code, what, mend = said["said"]
    faults = tuple(Fault(code=one, where=where, what=words, mend=cure) for one, where, words, cure in said["faults"])
    made: Exception = getattr(errors, said["class"])(code, what, mend=mend, faults=faults)
    return made
