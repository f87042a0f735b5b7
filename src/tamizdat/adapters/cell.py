"""
A process of its own for one piece of work on a stranger's bytes: what takes it over has no keys, no files and no network.

It is a fresh interpreter and never a fork: a fork would hold the keys that are in memory here. It is used for one file. What is
given up on the far side is confined.py; where a system has less to give up, docs/threats.md says so. It is NOT for work that needs
anything but its bytes, and what comes back is a stranger's word too: whoever asked has to check it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

from collections.abc import Iterator
from typing import IO, Final, Self, cast

from tamizdat.adapters import confined
from tamizdat.primitives.errors import AdapterError, FormatError
from tamizdat.primitives.ports import Bounds


_START: Final = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from tamizdat.adapters import confined; confined.main(sys.argv[1], int(sys.argv[2]))"
)
# Without these no interpreter starts on some systems; everything else in the environment may be a secret.
_KEPT: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_DEAD, _FLOOD = -1, -2
_STARTING: Final = 120  # seconds until one that does not get ready is given up
_MEND: Final = "Do not open this file with other programs on this machine. Use another copy, and keep this one for somebody who examines such files."


class Cell:
    """
    One cell; it begins to start at once, so that other work can go on meanwhile. It ends with the ``with`` block.

    Args:
        work: The name of the module whose ``work(said, given)`` is done in it.
    """

    def __init__(self, work: str) -> None:
        places = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100 -- a path as Python keeps it
        quiet = ["-B"] if sys.dont_write_bytecode else []
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", *quiet, "-c", _START, work, str(os.getpid()), *places],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd=os.path.abspath(os.sep),  # noqa: PTH100
                # Nobody has to be asked where home is.
                env={"HOME": os.sep} | {name: os.environ[name] for name in _KEPT if name in os.environ},
                start_new_session=True,
            )
        except OSError as error:
            raise _unstarted(error.strerror or "it cannot be run") from error
        self._ready = self._late = False

    def __enter__(self) -> Self:
        """Nothing is waited for."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it is at, and leave nothing behind."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                cast(IO[bytes], pipe).close()

    def ask(self, said: bytes, given: bytes, bounds: Bounds) -> bytes:
        """
        Let it work on *given*, as *said*; again only about the same stranger's bytes, and within the first *bounds*.

        Raises:
            FormatError: ``decoder-...``: it died, went beyond *bounds*, or answered nothing that can be understood.
            AdapterError: ``cell-start``: there is no such process to be had here.
        """
        if not self._ready:
            with self._waiting(_STARTING):
                self._feed(confined.BOUNDS.pack(bounds.memory, bounds.seconds))
                self._ready = self._hear(0)[0] == confined.READY
            if not self._ready:
                raise _unstarted("it could not be started, or its rights could not be taken away")
        asked = confined.ASKED.pack(len(said), len(given))
        feeder = threading.Thread(target=self._feed, args=(asked, said, given), daemon=True)
        with self._waiting(bounds.patience):
            feeder.start()
            try:
                kind, answer = self._hear(bounds.answer)
                if kind != confined.DONE:
                    self._child.kill()
            except BaseException:
                self._child.kill()  # nobody would take what is being fed
                raise
            finally:
                feeder.join()
        if kind == confined.DONE and not self._late:
            return answer
        raise self._failed(kind, answer, bounds)

    @contextlib.contextmanager
    def _waiting(self, seconds: float) -> Iterator[None]:
        """Kill it when it takes longer than this."""
        timer = threading.Timer(seconds, self._stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _stop(self) -> None:
        self._late = True
        self._child.kill()

    def _feed(self, *pieces: bytes) -> None:
        inward = cast(IO[bytes], self._child.stdin)
        with contextlib.suppress(OSError):  # it died; what it says, or does not say, tells why
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[inward.write(view) :]

    def _hear(self, most: int) -> tuple[int, bytes]:
        """Read what it says: not where it died before it said all of it, and not more than *most* bytes."""
        head = self._exactly(confined.TOLD.size)
        if len(head) == confined.TOLD.size:
            kind, length = confined.TOLD.unpack(head)
            if length > most:
                return _FLOOD, b""
            said = self._exactly(length)
            if len(said) == length:
                return kind[0], said
        self._child.wait()
        return _DEAD, b""

    def _exactly(self, count: int) -> bytes:
        outward = cast(IO[bytes], self._child.stdout)
        pieces, left = [], count
        while left and (more := outward.read(left)):
            pieces.append(more)
            left -= len(more)
        return b"".join(pieces)

    def _failed(self, kind: int, said: bytes, bounds: Bounds) -> FormatError:
        """Say what became of it."""
        ended = -(self._child.returncode or 0)
        if kind == confined.FULL:
            return _flaw("decoder-memory", f"reading it takes more than {bounds.memory >> 20} MB of memory")
        if self._late or (kind == _DEAD and ended == getattr(signal, "SIGXCPU", None)):
            return _flaw("decoder-time", f"reading it takes more than {bounds.seconds} seconds of the processor")
        if kind == confined.BROKEN:
            name = said.decode("ascii", "replace")
            return _flaw("decoder-crash", f"the decoder failed over it ({name if name.isidentifier() else 'unnamed'})")
        if kind == _DEAD:
            how = _signal(ended) if ended > 0 else "it ended without an answer"
            return _flaw("decoder-crash", f"the decoder crashed over it ({how})")
        return _flaw("decoder-answer", f"the decoder gave more than {bounds.answer} bytes, or nonsense")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend=_MEND)


def _unstarted(why: str) -> AdapterError:
    return AdapterError(
        "cell-start",
        f"there is no process to read a stranger's file in, apart from the keys: {why}",
        mend="Close other programs and run the command again, or use another machine; the file was not opened.",
    )
