"""
One writer at a time, by a lock that the system itself takes back when a process dies.

It is NOT a promise against somebody who does not ask for it, and readers never need it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tamizdat.primitives.errors import AdapterError


if sys.platform != "win32":
    import fcntl

_TAKEN: Final = {errno.EWOULDBLOCK, errno.EACCES}


def hold(descriptor: int) -> bool:
    """
    Take the lock of an open file without waiting, until it is closed; False where somebody has it.

    On Windows nothing is taken: there an open file cannot be removed, which is what we need of it.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """
    Be the only writer while the block runs.

    *path* is a file that exists only to be locked; it is made (mode 0600) and stays, because
    removing it would let two writers hold two files of one name. A second `locked` of one path
    is refused inside one process as well.

    Raises:
        AdapterError: Another process is writing, or the file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise AdapterError(
            "lock-failed",
            f"{str(path)!r} cannot be locked: {error.strerror}",
            mend="Give a folder on a disk of this machine that you may write to.",
        ) from error
    try:
        if not _held(descriptor, path):
            raise AdapterError(
                "busy",
                f"another tamizdat is writing in {str(path.parent)!r}",
                mend="Wait until it has ended, then run this command again.",
            )
        yield
    finally:
        os.close(descriptor)


def _held(descriptor: int, path: Path) -> bool:
    try:
        return hold(descriptor)
    except OSError as error:
        raise AdapterError(
            "lock-failed",
            f"{str(path)!r} cannot be locked: {error.strerror}",
            mend="Use a disk of this machine: some network and removable disks know no locks.",
        ) from error
