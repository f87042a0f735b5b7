"""
A store in a real folder: every value a file of its name, private to its owner.

A value is written under a temporary name beside its own, brought to the disk, then renamed,
so a reader sees the old or the new and a kill leaves only a temporary file, which `names`
does not show and a later write removes. Any number of threads may write. It is NOT a guard against another
program of the same user. The contracts are primitives/ports.py, Store, and primitives/stores.py, Grouping.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import errno
import os
import re
import stat
import threading

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tamizdat.adapters import lock
from tamizdat.adapters.failing import failures
from tamizdat.adapters.names import checked
from tamizdat.primitives.errors import AdapterError


FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_LEFTOVER: Final = re.compile(r"\.tamizdat-[0-9a-f]{16}\.tmp", re.ASCII)
_CAREFUL: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A named pipe that waits for its other end would stop us for ever.
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _CAREFUL
_WRITE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | _CAREFUL
_HANDS: Final = 4  # files that are brought to the disk at once, which takes it about the time of one
_NO_LINKS: Final = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


class Folder:
    """
    A ports.Store in a folder, which the first write makes where it is not there.

    With *every*, what is named as an unfinished write is named as well: in other people's folders a stranger can hide
    whatever he likes under such a name.
    """

    def __init__(self, path: Path | str, *, every: bool = False) -> None:
        self.path = Path(path)
        self._every = every
        self._tidied: set[Path] = set()
        self._tidying = threading.Lock()

    def __repr__(self) -> str:
        return f"Folder({str(self.path)!r})"

    def open(self, name: str) -> BinaryIO:
        """Open a value for reading and seeking."""
        with failures(name):
            try:
                descriptor = os.open(self._path(name), _READ)
            except NotADirectoryError:
                raise FileNotFoundError(name) from None
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise _link(name) from error
                raise
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISREG(mode):
                return os.fdopen(descriptor, "rb")
            os.close(descriptor)
            if stat.S_ISDIR(mode):
                raise FileNotFoundError(name)
            raise AdapterError(
                "disk-special", f"{name!r} is no plain file", mend="Take it out of the folder; it is not ours."
            )

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value in place of any that is there."""
        path = self._path(name)
        with self._beside(path, name, chunks) as fresh, failures(name):
            fresh.replace(path)

    def put_all(self, values: Iterable[tuple[str, Iterable[bytes]]]) -> None:
        """
        Store values in place of any that are there, brought to the disk together: the last only when all others are on it.

        They are taken one after another, so that what one holds may follow from those before it. Where it raises, the
        last is as it was; each of the others is the old one or the new.
        """
        with contextlib.ExitStack() as stack:
            with failures("."):
                self._make(self.path)
            held = [self._held(stack, name, chunks) for name, chunks in values]
            with concurrent.futures.ThreadPoolExecutor(_HANDS, "folder") as hands:
                for done in [hands.submit(one.bring) for one in held]:
                    done.result()
            for one in held[:-1]:
                one.publish()
            for folder in sorted({folder for one in held for folder in self._way(one.path.parent)}):
                with failures(str(folder)):
                    _settle(folder)
            for one in held[-1:]:
                one.publish()
                with failures(one.name):
                    _settle(one.path.parent)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value under a new name."""
        path = self._path(name)
        if os.path.lexists(path):
            raise FileExistsError(name)
        with self._beside(path, name, chunks) as fresh, failures(name):
            _publish(fresh, path, name)

    def names(self, prefix: str = "") -> Iterator[str]:
        """
        Give, sorted, every name that is or lies below *prefix*.

        What is no plain file (a link, a pipe) has a name too, so that a check can report it; `open` refuses it.
        """
        path = self._path(prefix) if prefix else self.path
        with failures(prefix or "."):
            try:
                below = stat.S_ISDIR((path.stat() if path == self.path else path.lstat()).st_mode)
            except (FileNotFoundError, NotADirectoryError):
                return
        if below:
            yield from _walk(path, f"{prefix}/" if prefix else "", every=self._every)
        else:
            yield prefix

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Give every folder directly below *prefix*; links are none."""
        path = self._path(prefix) if prefix else self.path
        with failures(prefix or "."):
            try:
                with os.scandir(path) as entries:
                    found = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            except (FileNotFoundError, NotADirectoryError):
                return
        yield from (name for name in found if not _LEFTOVER.fullmatch(name))

    def drop(self, name: str) -> None:
        """Remove a value, and the folders that it leaves empty."""
        path = self._path(name)
        with failures(name):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            _settle(path.parent)
        self._prune(path.parent)

    def shred(self, name: str) -> None:
        """
        Overwrite a value where it lies, bring that to the disk, and remove it.

        HOLE: a disk that writes elsewhere each time (flash, copy on write, journals of data) keeps the old cells.
        """
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            with failures(name):
                descriptor = os.open(self._path(name), os.O_WRONLY | _CAREFUL)
            try:
                with failures(name):
                    _write(descriptor, os.urandom(os.fstat(descriptor).st_size))  # noqa: TID251 -- noise, no key
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self.drop(name)

    def empty_folders(self) -> Iterator[str]:
        """Give the folders with nothing in them, which no value's name can show."""
        for folder, folders, files in os.walk(self.path):
            if not folders and not files and Path(folder) != self.path:
                yield Path(folder).relative_to(self.path).as_posix()

    def tidy(self) -> None:
        """Remove whatever interrupted writes left anywhere in the folder; what is being written now stays."""
        for folder, _, files in os.walk(self.path, topdown=False):
            if any(_LEFTOVER.fullmatch(file) for file in files):
                _sweep(Path(folder))
            self._prune(Path(folder))

    def _path(self, name: str) -> Path:
        """Find where *name* is; no segment on the way to it may be a link."""
        path = self.path
        *folders, last = checked(name).split("/")
        if any(_LEFTOVER.fullmatch(segment) for segment in (*folders, last)):
            raise AdapterError(
                "store-name", f"{name!r} is kept for unfinished writes", mend="Use another name for this file."
            )
        for segment in folders:
            path /= segment
            if path.is_symlink():
                raise _link(name)
        return path / last

    def _held(self, stack: contextlib.ExitStack, name: str, chunks: Iterable[bytes]) -> _Held:
        """Write *chunks* beside their place; when *stack* ends, nothing temporary stays."""
        path = self._path(name)
        with failures(name):
            descriptor, fresh = self._fresh(path.parent, settled=False)
            stream = os.fdopen(descriptor, "r+b", buffering=0)
        stack.callback(self._clear, fresh, path)
        stack.callback(stream.close)
        for chunk in chunks:
            with failures(name):
                _write(descriptor, chunk)
        return _Held(name, path, fresh, stream)

    def _way(self, folder: Path) -> Iterator[Path]:
        """Give *folder* and those that lead to it from the store's own, any of which may just have been made."""
        yield folder
        while folder != self.path and self.path in folder.parents:
            folder = folder.parent
            yield folder

    @contextlib.contextmanager
    def _beside(self, path: Path, name: str, chunks: Iterable[bytes]) -> Iterator[Path]:
        """Bring *chunks* to the disk beside *path*; whatever happens in the block, nothing temporary stays."""
        with failures(name):
            descriptor, fresh = self._fresh(path.parent)
        try:
            try:
                for chunk in chunks:
                    with failures(name):
                        _write(descriptor, chunk)
                with failures(name):
                    os.fsync(descriptor)
            finally:
                with failures(name):
                    os.close(descriptor)
            yield fresh
            with failures(name):
                _settle(path.parent)
        finally:
            self._clear(fresh, path)

    def _clear(self, fresh: Path, path: Path) -> None:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        if not os.path.lexists(path):
            self._prune(path.parent)

    def _fresh(self, folder: Path, *, settled: bool = True) -> tuple[int, Path]:
        """Make an empty temporary file in *folder*, and say by its lock that somebody is writing it."""
        while True:
            self._make(folder, settled=settled)
            with self._tidying:  # or another thread's file, not locked yet, would be taken for a leftover
                if folder not in self._tidied:
                    _sweep(folder)
                    self._tidied.add(folder)
            fresh = folder / f".tamizdat-{os.urandom(8).hex()}.tmp"  # noqa: TID251 -- a name, no key
            try:
                descriptor = os.open(fresh, _WRITE, FILE_MODE)
            except FileNotFoundError:  # somebody's `drop` found the folder empty in between
                continue
            with contextlib.suppress(OSError):  # a disk that knows no locks
                lock.hold(descriptor)
            return descriptor, fresh

    def _make(self, folder: Path, *, settled: bool = True) -> None:
        """Make *folder* and what leads to it, all of it on the disk before anything is put there, or with what is."""
        missing: list[Path] = []
        while not folder.is_dir():
            missing.append(folder)
            if folder == folder.parent:
                break
            folder = folder.parent
        for path in reversed(missing):
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=FOLDER_MODE)
        # All made first, then all settled: a disk with a journal does the second in one go.
        for path in reversed(missing if settled else []):
            _settle(path.parent)

    def _prune(self, folder: Path) -> None:
        while folder != self.path and self.path in folder.parents:
            try:
                folder.rmdir()
            except OSError:  # not empty, or gone
                return
            self._tidied.discard(folder)
            folder = folder.parent


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    """A value that is written beside its place, and not yet there."""

    name: str
    path: Path
    fresh: Path
    stream: BinaryIO

    def bring(self) -> None:
        """Bring its bytes to the disk."""
        with failures(self.name):
            os.fsync(self.stream.fileno())

    def publish(self) -> None:
        """Give it its name."""
        with failures(self.name):
            self.stream.close()
            self.fresh.replace(self.path)


def _walk(folder: Path, prefix: str, *, every: bool) -> Iterator[str]:
    with failures(prefix or "."), os.scandir(folder) as entries:
        found = [
            (entry.name, entry.is_dir(follow_symlinks=False))
            for entry in entries
            if every or not _LEFTOVER.fullmatch(entry.name)
        ]
    # With its slash a folder sorts where the names below it do ("a.b" before "a/b" before "a0").
    for name, below in sorted(found, key=lambda pair: os.fsencode(pair[0] + "/" * pair[1])):
        if below:
            yield from _walk(folder / name, f"{prefix}{name}/", every=every)
        else:
            yield prefix + name


def _publish(fresh: Path, path: Path, name: str) -> None:
    """Give *fresh* its own name, which nobody may have taken meanwhile."""
    try:
        os.link(fresh, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # HOLE: a disk without hard links (FAT): another writer between these lines would lose. One writer holds lock.py.
        if os.path.lexists(path):
            raise FileExistsError(name) from None
        fresh.replace(path)


def _write(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _settle(folder: Path) -> None:
    """Bring a folder's own list of names to the disk, where the system has a way to."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | _CAREFUL & ~getattr(os, "O_NOFOLLOW", 0))
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # disks that cannot sync a folder
            raise
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove the temporary files in *folder* that nobody is writing any more."""
    with os.scandir(folder) as entries:
        left = [Path(entry.path) for entry in entries if _LEFTOVER.fullmatch(entry.name)]
    for path in left:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, _READ)
            try:
                if lock.hold(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


def _link(name: str) -> AdapterError:
    return AdapterError(
        "disk-link",
        f"{name!r} is a link, or lies behind one, and links are not followed",
        mend="Put the file itself in its place.",
    )
