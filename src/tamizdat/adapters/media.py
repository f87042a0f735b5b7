"""
Parts where they lie: thousands of files through few descriptors, and media that may be pulled out.

What a medium does not give is told apart: a sector that fails (OSError), or the medium is gone
(MediumGoneError). A file that came back under its path is read on.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from tamizdat.adapters import disk
from tamizdat.primitives.errors import MediumGoneError


MOST_OPEN: Final = 256
_PROBE: Final = 4096
_PATIENCE: Final = 4096  # reads that fail one after another before a medium counts as gone: its name may outlast it
_Value = TypeVar("_Value")


class Media:
    """Files to read from, at most *most* of them open at any moment: the one unused for longest is closed."""

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._open: OrderedDict[Path, int] = OrderedDict()
        self._lock = threading.Lock()
        self._failed: dict[Path, int] = {}

    def file(self, path: Path) -> Medium:
        """
        Give a file to read from.

        Raises:
            OSError: It cannot be opened.
        """
        self.use(path, os.fstat)
        return Medium(self, path)

    def use(self, path: Path, do: Callable[[int], _Value]) -> _Value:
        """
        Do something with the file's descriptor.

        Raises:
            MediumGoneError: Neither this nor anything else can be read from it any more.
            OSError: The medium would not do it, but is there.
        """
        with self._lock:
            fresh = path not in self._open
            try:
                done = do(self._descriptor(path))
                self._failed.pop(path, None)
                return done
            except OSError as error:
                if fresh and path not in self._open:
                    raise MediumGoneError(error.errno, error.strerror, str(path)) from error
                failed = error
            # A descriptor outlives its medium: whether that is there, only a new one tells.
            os.close(self._open.pop(path))
            try:
                descriptor = self._descriptor(path)
                os.read(descriptor, _PROBE)
            except OSError as error:
                raise MediumGoneError(error.errno, error.strerror, str(path)) from error
            self._failed[path] = self._failed.get(path, 0) + 1
            if self._failed[path] > _PATIENCE:
                raise MediumGoneError(failed.errno, failed.strerror, str(path)) from failed
            if fresh:
                raise failed
            return do(descriptor)

    def close(self) -> None:
        """Close all that is open."""
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])

    def _descriptor(self, path: Path) -> int:
        descriptor = self._open.get(path)
        if descriptor is None:
            while len(self._open) >= self._most:
                with contextlib.suppress(OSError):
                    os.close(self._open.popitem(last=False)[1])
            descriptor = self._open[path] = disk.descriptor_quietly(path)
        self._open.move_to_end(path)
        return descriptor


class Medium(io.RawIOBase, BinaryIO):
    """One file, read at any place; made by `Media.file`."""

    def __init__(self, media: Media, path: Path) -> None:
        super().__init__()
        self._media = media
        self._path = path
        self._at = 0

    @property
    def name(self) -> str:
        """Where it is."""
        return str(self._path)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can seek."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the file."""
        base = 0
        if whence == io.SEEK_CUR:
            base = self._at
        elif whence == io.SEEK_END:
            base = self._media.use(self._path, lambda descriptor: os.lseek(descriptor, 0, io.SEEK_END))
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Say the place in the file."""
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Read from here on."""
        count = self.scatter(self._at, [memoryview(buffer).cast("B")])
        self._at += count
        return count

    def scatter(self, offset: int, buffers: Sequence[memoryview], /) -> int:
        """
        Fill the buffers one after another from *offset*; give how many bytes there were, fewer only at the end.

        Raises:
            MediumGoneError: The medium was taken away.
            OSError: It would not give some of these bytes.
        """
        return self._media.use(self._path, lambda descriptor: _fill(descriptor, offset, list(buffers)))


def _fill(descriptor: int, offset: int, buffers: list[memoryview]) -> int:
    done = 0
    while buffers:
        count = _some(descriptor, offset + done, buffers)
        if count == 0:
            break
        done += count
        while buffers and count >= len(buffers[0]):
            count -= len(buffers.pop(0))
        if buffers:
            buffers[0] = buffers[0][count:]
    return done


def _some(descriptor: int, offset: int, buffers: list[memoryview]) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, buffers[:1024], offset)
    os.lseek(descriptor, offset, io.SEEK_SET)
    raw = os.read(descriptor, len(buffers[0]))
    buffers[0][: len(raw)] = raw
    return len(raw)
