"""Make a folder whole or not at all: it is made beside its place and moved there when everything is in it."""

from __future__ import annotations

import contextlib
import os
import shutil

from collections.abc import Iterator
from pathlib import Path

from tamizdat.adapters import disk, lock
from tamizdat.cli.console import shown
from tamizdat.primitives.errors import AdapterError, UsageError


@contextlib.contextmanager
def made_beside(target: Path, *, keep: bool = True) -> Iterator[Path]:
    """
    Give a folder beside *target* to fill, and move it there; whatever goes wrong, it is taken away.

    What a killed run left of it is removed first. With *keep* False it is taken away in any case: a rehearsal.

    Raises:
        UsageError: ``output-exists``: there is something in the way.
        AdapterError: ``busy``: another run is making it.
    """
    demand_free(target)
    beside = _beside(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(beside, target):
        # Whoever was at it a moment ago may have finished.
        demand_free(target)
        _empty(beside)
        try:
            yield beside
            if keep:
                beside.rename(target)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        if keep:
            disk.sync_folder(target.parent)
        else:
            shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def _alone(folder: Path, target: Path) -> Iterator[None]:
    """
    Make *folder*, and be the only one to fill it: of two at once each would clear and fill what the other makes.

    Raises:
        AdapterError: ``busy``.
    """
    if os.name != "posix":
        folder.mkdir(mode=0o700, exist_ok=True)
        yield
        return
    with contextlib.ExitStack() as stack:
        while True:
            folder.mkdir(mode=0o700, exist_ok=True)
            try:
                descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:  # taken away or moved to its place in between
                continue
            stack.callback(os.close, descriptor)
            if not _held(descriptor):
                raise AdapterError(
                    "busy",
                    f"another tamizdat is making {shown(str(target))}",
                    mend="Wait until it has ended, then look whether there is still something to do.",
                )
            with contextlib.suppress(FileNotFoundError):
                if folder.stat().st_ino == os.fstat(descriptor).st_ino:
                    break
        yield


def _held(descriptor: int) -> bool:
    try:
        return lock.hold(descriptor)
    except OSError:  # a disk that knows no locks
        return True


@contextlib.contextmanager
def held_beside(target: Path, *, again: bool) -> Iterator[Path]:
    """
    Give a folder beside *target* to fill, and move it there, for what may be done once.

    Whatever goes wrong leaves the folder there, empty, and a kill as it was: with *again* it is what an earlier run
    left, and where that is gone, what was in it may be somewhere else.

    Raises:
        UsageError: ``output-gone``.
    """
    beside = _beside(target)
    if again and not beside.is_dir():
        raise UsageError(
            "output-gone",
            f"this was begun in {shown(str(target))}, and what was begun is not there any more",
            mend="Look where it went. It was decided for one time: to do it again, decide it again for another folder.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    _empty(beside)
    disk.sync_folder(target.parent)
    try:
        yield beside
        beside.rename(target)
    except BaseException:
        _empty(beside)
        raise
    disk.sync_folder(target.parent)


def demand_free(target: Path) -> None:
    """
    Find out whether a folder can be made here.

    Raises:
        UsageError: ``output-exists``: there is something in the way.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            "output-exists",
            f"{shown(str(target))} is there already, and is not an empty folder",
            mend="Give a folder that is not there yet.",
        )


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.unfinished")


def _empty(folder: Path) -> None:
    """Take out what is in a folder, and make it where it is not there; the folder itself stays the same."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
