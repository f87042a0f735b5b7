"""
A new file on a medium that may be slow, full, false or pulled out: written, brought there, and read back from there.

It is NOT a store: a file here has one life, and nothing but what is asked for is ever made (O_EXCL, mode 0600).
"""

from __future__ import annotations

import contextlib
import io
import os

from pathlib import Path
from typing import Final

from tamizdat.adapters import disk, lock


# So many bytes after another are handed to the medium while the next are made: a long flush at the end is a wait.
_EARLY: Final = 8 << 20
_DROP: Final = getattr(os, "POSIX_FADV_DONTNEED", None)


class NewFile:
    """
    A file being written; errors of the medium are OSErrors.

    Attributes:
        path: Where it is. *length*: how many bytes were written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.length = 0
        self._early = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._descriptor = os.open(path, flags, disk.PRIVATE)
        with contextlib.suppress(OSError):
            lock.hold(self._descriptor)  # so that another run sees that somebody is at it

    def write(self, data: bytes | memoryview) -> int:
        """Take all of *data*."""
        view = memoryview(data)
        while view:
            count = os.write(self._descriptor, view)
            self.length += count
            view = view[count:]
        if self.length - self._early >= _EARLY:
            # Of what is not on the medium yet Linux begins the writing; what is there leaves the memory.
            _drop(self._descriptor, self._early, self.length - self._early)
            self._early = self.length
        return len(data)

    def settle(self) -> None:
        """Bring it to the medium, take it out of the machine's memory where that can be, and close it."""
        try:
            os.fsync(self._descriptor)
            _drop(self._descriptor, 0, 0)
        finally:
            self.close()

    def close(self) -> None:
        """Close it as it is."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def reading(self) -> io.FileIO:
        """Open it again, to see what the medium has."""
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
        return io.FileIO(descriptor, "rb")

    def remove(self) -> None:
        """Close it, and take it away if the medium lets us."""
        with contextlib.suppress(OSError):
            self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def busy(path: Path) -> bool:
    """Say whether a run that is alive is writing this file; where the medium knows no locks, yes."""
    try:
        with path.open("rb") as stream:
            return not lock.hold(stream.fileno())
    except OSError:
        return True


def _drop(descriptor: int, begin: int, count: int) -> None:
    if _DROP is not None:
        with contextlib.suppress(OSError):
            os.posix_fadvise(descriptor, begin, count, _DROP)
