"""
The user's own files: found, opened without a trace where that can be, and written whole or not at all.

Names are raw bytes as the disk has them. Nothing is followed out of the folders that were named:
symlinks and devices are left out and listed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tamizdat.primitives.errors import AdapterError, UsageError


PRIVATE: Final = 0o600
_READ: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    A regular file.

    Attributes:
        path: Where it is, *name* what it is called below what the user named: raw bytes with ``/``.

        size: Bytes when it was found.

        how: How its bytes were obtained, for objects.json.
    """

    path: bytes
    name: bytes
    size: int
    how: str = "as handed over by the system"

    def open(self) -> BinaryIO:
        """Open it for reading, without changing its access time where the system lets us."""
        return open_quietly(self.path)

    def fingerprint(self) -> tuple[int, ...]:
        """Say what changes when the file is written to: size, time of writing, place on the disk."""
        found = os.stat(self.path, follow_symlinks=False)
        return (found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


@dataclasses.dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was not taken, and why."""

    name: bytes
    why: str


def open_quietly(path: bytes | str | Path) -> BinaryIO:
    """Open a file for reading; never waits at a pipe, never follows a link."""
    return os.fdopen(descriptor_quietly(path), "rb")


def descriptor_quietly(path: bytes | str | Path) -> int:
    """Open a file for reading, as `open_quietly`, and give its bare descriptor."""
    quiet = getattr(os, "O_NOATIME", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        return os.open(path, _READ | quiet)
    except PermissionError:
        # O_NOATIME is for the owner only; the file may still be readable.
        return os.open(path, _READ | getattr(os, "O_NONBLOCK", 0))


def walk(paths: list[str]) -> tuple[list[Found], list[LeftOut]]:
    """
    Find every regular file at and below *paths*, in bytewise order of their names.

    Raises:
        UsageError: Something that was named is not there.
    """
    found: list[Found] = []
    left: list[LeftOut] = []
    for path in paths:
        raw = os.fsencode(path)
        top = os.path.basename(os.path.abspath(raw)) or b"root"
        if not os.path.lexists(raw):
            raise UsageError("file-missing", f"{path!r} is not there", mend="Look at how the name is spelled.")
        _look(raw, top, found, left)
    return _apart(found), left


def _look(path: bytes, name: bytes, found: list[Found], left: list[LeftOut]) -> None:
    try:
        seen = os.lstat(path)
        if stat.S_ISREG(seen.st_mode):
            if os.access(path, os.R_OK):
                found.append(Found(path=path, name=name, size=seen.st_size))
            else:
                left.append(LeftOut(name, "it may not be read by this user"))
        elif stat.S_ISDIR(seen.st_mode):
            for inner in sorted(os.listdir(path)):
                _look(os.path.join(path, inner), name + b"/" + inner, found, left)
        else:
            left.append(LeftOut(name, _kind(seen.st_mode)))
    except OSError as error:
        left.append(LeftOut(name, f"it cannot be read: {error.strerror}"))


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "it is a symbolic link, which says where something else is"
    return "it is a device, a pipe or a socket, not a file"


def _apart(found: list[Found]) -> list[Found]:
    """Keep files of one name from two places apart: the second is called ``~2/name``."""
    seen: set[bytes] = set()
    kept = []
    for one in found:
        name, number = one.name, 1
        while name in seen:
            number += 1
            name = b"~%d/%s" % (number, one.name)
        seen.add(name)
        kept.append(dataclasses.replace(one, name=name))
    return sorted(kept, key=lambda one: one.name)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """
    Write a new file whole or not at all: it has its name only once all of it is on the disk.

    Raises:
        UsageError: There is a file of that name already.
    """
    if path.exists():
        raise UsageError("output-exists", f"{str(path)!r} is there already", mend="Give another name, or move it away.")
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise failure(path, error) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()


def new_file(path: Path) -> BinaryIO:
    """Make a private file that was not there before, to be closed with `settle` or removed."""
    return os.fdopen(new_descriptor(path), "wb")


def new_descriptor(path: Path) -> int:
    """Make a private file that was not there before, and give its bare descriptor."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE)
    except OSError as error:
        raise failure(path, error) from error


def write_all(descriptor: int, data: memoryview) -> None:
    """Write all of *data*, however little is taken at once."""
    while data:
        data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def failing(path: Path) -> Iterator[None]:
    """
    Say what the medium that holds *path* would not do.

    Raises:
        AdapterError: It failed, or is full.
    """
    try:
        yield
    except OSError as error:
        raise failure(path, error) from error


def settle(stream: BinaryIO) -> None:
    """Bring a file to the medium and close it."""
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the medium, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def failure(path: Path | str, error: OSError) -> AdapterError:
    """Say what a medium would not do."""
    return AdapterError(
        "disk-failed",
        f"{str(path)!r}: {error.strerror or 'the disk failed'}",
        mend="Make room, or give another place; nothing half written was left behind.",
    )
