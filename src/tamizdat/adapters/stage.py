"""
A folder for what is not finished yet: its files get their places together, or go.

It stands beside the folder they are for where that is not there yet, else in it. It is locked as long as its run
is alive, so that what a killed run left is told from what another run is doing, and cleared.
"""

from __future__ import annotations

import contextlib
import errno
import os

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tamizdat.adapters import disk, lock
from tamizdat.primitives.ports import Entropy


UNFINISHED: Final = ".unfinished"
_THERE: Final = {errno.ENOTEMPTY, errno.EEXIST, errno.EACCES, errno.EPERM}


class Stage:
    """
    One run's unfinished files.

    Attributes:
        path: The folder to write them to.
    """

    def __init__(self, folder: Path, entropy: Entropy) -> None:
        """
        Clear what killed runs left, and make a folder of our own.

        Raises:
            OSError: The disk would not do it.
        """
        self._folder = folder
        self._fresh = not folder.exists()
        place = Path(os.path.abspath(folder))  # noqa: PTH100 -- resolve() would follow links
        parent, stem = (place.parent, f".{place.name}{UNFINISHED}") if self._fresh else (place, UNFINISHED)
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in _left(parent, stem):
            with _held(left) as ours:
                if ours:
                    _remove(left)
        while True:
            self.path = parent / f"{stem}-{entropy.random(4).hex()}"
            self.path.mkdir(mode=0o700)
            self._lock = contextlib.ExitStack()
            if self._lock.enter_context(_held(self.path)) is not False and self.path.exists():
                return
            self._lock.close()

    def settle(self, names: Iterable[str]) -> None:
        """
        Give the files their places; they are on the medium already.

        Raises:
            OSError: The disk would not do it.
        """
        disk.sync_folder(self.path)
        moved = False
        if self._fresh:
            with _already_there():
                self.path.rename(self._folder)
                moved = True
                disk.sync_folder(self.path.parent)
        if not moved:  # another run was faster, or the folder was there
            for name in names:
                (self.path / name).rename(self._folder / name)
            self.path.rmdir()
            disk.sync_folder(self._folder)
        self._lock.close()

    def remove(self) -> None:
        """Take all of it away."""
        with contextlib.suppress(OSError):
            _remove(self.path)
        self._lock.close()


@contextlib.contextmanager
def _already_there() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _THERE:
            raise


def _left(parent: Path, stem: str) -> list[Path]:
    return [path for path in parent.iterdir() if path.name.startswith(stem) and path.is_dir() and not path.is_symlink()]


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool | None]:
    """Hold the lock of a folder; False where a living run has it, None where the disk knows no locks."""
    if os.name != "posix":
        yield None
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        ours: bool | None = None
        with contextlib.suppress(OSError):
            ours = lock.hold(descriptor)
        yield ours
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
