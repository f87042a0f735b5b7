"""
A file that is written over several runs: what a run brought to the medium, the next goes on from.

It has its name only once it is whole. Until then it lies hidden beside it, and a mark beside that
says how far it is on the medium (after fsync); what stands beyond the mark is never believed.
"""

from __future__ import annotations

import contextlib
import os

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tamizdat.adapters import disk, lock
from tamizdat.primitives.errors import AdapterError, UsageError


EVERY: Final = 128 << 20  # bytes between two marks: what a kill costs at most
_TITLE: Final = "tamizdat-unfinished-v1"
_SUFFIX: Final = ".unfinished"
_MARK: Final = ".mark"
_FRESH: Final = ".new"


class Unfinished:
    """
    The file while it is written.

    Attributes:
        done: How many bytes are there; what is written goes behind them.
    """

    def __init__(self, path: Path, descriptor: int, facts: str, done: int) -> None:
        self.done = done
        self._path = path
        self._descriptor = descriptor
        self._facts = facts
        self._marked = done

    def write(self, data: memoryview) -> None:
        """Write more; now and then it is brought to the medium and marked."""
        with disk.failing(self._path):
            disk.write_all(self._descriptor, data)
            self.done += len(data)
            if self.done - self._marked >= EVERY:
                self._mark()

    def keep(self) -> None:
        """Bring all to the medium, for a later run to go on from."""
        with disk.failing(self._path):
            self._mark()

    def _mark(self) -> None:
        os.fsync(self._descriptor)
        mark = _mark_of(self._path)
        fresh = mark.with_name(mark.name + _FRESH)
        fresh.unlink(missing_ok=True)
        stream = disk.new_file(fresh)
        stream.write(f"{_TITLE}\n{self._facts}\n{self.done}\n".encode())
        disk.settle(stream)
        fresh.rename(mark)
        disk.sync_folder(mark.parent)
        self._marked = self.done


@contextlib.contextmanager
def resuming(path: Path, name: str, facts: str) -> Iterator[Unfinished]:
    """
    Write a new file whole or not at all, going on where an earlier run was cut off.

    A fault of use or of the bytes clears what was written; a kill, an interruption and a medium
    that went away (``medium-gone``) keep it.

    Args:
        path: The file.
        name: What tells it from others that might become this file: short, for a file's name.
        facts: One line; where a run finds other facts than its own it starts anew.

    Raises:
        UsageError: There is a file of that name already.
        AdapterError: The medium would not do it, or another process is writing the same file.
    """
    if path.exists():
        raise UsageError("output-exists", f"{str(path)!r} is there already", mend="Give another name, or move it away.")
    hidden = path.with_name(f".{path.name}.{name}{_SUFFIX}")
    with disk.failing(path):
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(hidden, flags | getattr(os, "O_BINARY", 0), disk.PRIVATE)
    kept = False
    try:
        if not lock.hold(descriptor):
            kept = True
            raise AdapterError("busy", f"another tamizdat is writing {str(path)!r}", mend="Wait until it has ended.")
        with disk.failing(path):
            done = _done(hidden, descriptor, facts)
            os.ftruncate(descriptor, done)
            os.lseek(descriptor, done, os.SEEK_SET)
        unfinished = Unfinished(hidden, descriptor, facts, done)
        try:
            yield unfinished
        except (KeyboardInterrupt, AdapterError) as error:
            if isinstance(error, KeyboardInterrupt) or error.code == "medium-gone":
                unfinished.keep()
                kept = True
            raise
        with disk.failing(path):
            os.fsync(descriptor)
            _mark_of(hidden).unlink(missing_ok=True)  # first: a mark without its file would stay for ever
            hidden.rename(path)
            disk.sync_folder(path.parent)
    finally:
        os.close(descriptor)
        if not kept:
            _clear(path)


def _done(hidden: Path, descriptor: int, facts: str) -> int:
    """Say how far an earlier run came for certain."""
    try:
        title, said, count, empty = _mark_of(hidden).read_bytes().decode("utf-8", "replace").split("\n")
    except (OSError, ValueError):
        return 0
    if (title, said, empty) != (_TITLE, facts, "") or not count.isascii() or not count.isdigit() or len(count) > 18:
        return 0
    return int(count) if int(count) <= os.fstat(descriptor).st_size else 0


def _mark_of(hidden: Path) -> Path:
    return hidden.with_name(hidden.name + _MARK)


def _clear(path: Path) -> None:
    """Remove what earlier runs left of this file, whatever it was to be made of."""
    with contextlib.suppress(OSError):
        for one in path.parent.iterdir():
            ours = one.name.startswith(f".{path.name}.") and _SUFFIX in one.suffixes
            if ours and one.suffix in {_SUFFIX, _MARK, _FRESH} and not _busy(one):
                one.unlink(missing_ok=True)


def _busy(path: Path) -> bool:
    """Whether another process is writing it."""
    if path.suffix != _SUFFIX:
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        return not lock.hold(descriptor)
    finally:
        os.close(descriptor)
