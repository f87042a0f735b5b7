"""
Ciphertext on its way to the media: coded, written, brought there, read back. It does NOT seal, and says nothing.

`Writing` is a sink for adapters/relay.py: all of it works in the other process where there is one. A part counts as
written only when its medium has it and every packet of it was read back from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import threading

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

from blake3 import blake3

from tamizdat.adapters import disk
from tamizdat.adapters.medium import NewFile
from tamizdat.carry import readback, split
from tamizdat.carry.part import Shape
from tamizdat.primitives import digest
from tamizdat.primitives.errors import AdapterError, FormatError


FALSE: Final = "what was read back is not what was written"
_NAME: Final = 6  # bytes of a part's name
_WAITING: Final = 32  # files of one medium that wait to be read back, so that there are never too many open
_AT_ONCE: Final = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """
    How the ciphertext is cut.

    Attributes:
        need, total: k and n; 1 and the number of copies for one whole file.

        packet: The length of a packet; 0 for one whole file.

        volume: How much ciphertext a volume holds; None for all of it.

        file_key: Of the age file, for tags. *seed*: 32 bytes that the set's and the files' names are drawn from.
    """

    need: int
    total: int
    packet: int
    volume: int | None
    file_key: bytes = dataclasses.field(repr=False)
    seed: bytes = dataclasses.field(repr=False)

    @property
    def shape(self) -> Shape:
        """What the set's packets say."""
        return Shape(set_id=self._drawn(b"set", 16), need=self.need, packet=self.packet, tagged=True)

    def name(self, index: int, volume: int) -> str:
        """Draw a part's file name: both processes can, so that either can clear up after the other."""
        return self._drawn(b"name %d %d" % (index, volume), _NAME).hex()

    def _drawn(self, what: bytes, count: int) -> bytes:
        return hashlib.blake2b(what, key=self.seed, digest_size=count).digest()


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """A part that is on its medium. *place*: which of the folders."""

    index: int
    volume: int
    place: int


class _Inner(Protocol):
    def write(self, data: memoryview, /) -> object:
        """Take ciphertext."""

    def close(self) -> object:
        """End every part."""


class Writing:
    """
    The sink: see `relay.Sink`.

    Args:
        cut: How to cut.
        folders: Where the parts go, to one after another in turn.
        strict: The first failure ends all; else that folder is given up and the others are finished.
        check: Read back what was written.
    """

    def __init__(self, cut: Cut, folders: Sequence[Path], *, strict: bool, check: bool = True) -> None:
        self.cut = cut
        self.check = check
        self.strict = strict
        self.stopped = False
        self.progress: Callable[[int], None] = _untold
        self._places = [_Place(self, number, folder) for number, folder in enumerate(folders)]
        self._inner: _Inner | None = None

    def write(self, data: memoryview) -> None:
        """Take ciphertext."""
        self._work().write(data)
        if all(place.fault for place in self._places):
            what = (
                f"{self._places[0].fault}; there is no other medium"
                if len(self._places) == 1
                else "every medium failed"
            )
            raise AdapterError("media-failed", what, mend="Seal again, to other media.")

    def finish(self, progress: Callable[[int], None]) -> Any:
        """End all parts, and wait until they are on their media and proven; give them, and what failed, by place."""
        self.progress = progress
        self._work().close()
        written = [one for place in self._places for one in place.end()]
        faults = [[place.number, place.fault] for place in self._places if place.fault]
        return {"written": [[one.index, one.volume, one.place] for one in written], "faults": faults}

    def abandon(self) -> None:
        """Take away every file that was made."""
        self.stopped = True
        for place in self._places:
            place.abandon()

    def _work(self) -> _Inner:
        # Made when the first bytes come: the memory and the threads belong to the process that works.
        if self._inner is None:
            for place in self._places:
                place.start()
            self._inner = self._make()
        return self._inner

    def _make(self) -> _Inner:
        if not self.cut.packet:
            return _Copies([self._open(index, 0) for index in range(self.cut.total)])
        return split.Splitter(
            self._open,
            need=self.cut.need,
            total=self.cut.total,
            set_id=self.cut.shape.set_id,
            tag_key=digest.part_tag_key(self.cut.file_key),
            packet_size=self.cut.packet,
            volume_length=self.cut.volume,
        )

    def _open(self, index: int, volume: int) -> _Part:
        return self._places[index % len(self._places)].open(index, volume)


class _Place:
    """A folder that parts are written to."""

    def __init__(self, writing: Writing, number: int, folder: Path) -> None:
        self.writing = writing
        self.number = number
        self.folder = folder
        self.fault = ""
        self._parts: list[_Part] = []
        self._written: list[Written] = []
        self._coming: deque[Future[Written | None]] = deque()

    def start(self) -> None:
        # A medium does one thing at a time; one folder for all is on a disk that does two.
        self._workers = ThreadPoolExecutor(2 if self.writing.strict else 1)
        self._room = threading.BoundedSemaphore(_WAITING)

    def open(self, index: int, volume: int) -> _Part:
        while self._coming and self._coming[0].done():
            self._take()
        part = _Part(self, index, volume)
        self._parts.append(part)
        return part

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """
        Note what the medium would not do.

        Raises:
            AdapterError: Nothing may fail.
        """
        try:
            yield
        except OSError as error:
            if self.writing.strict:
                raise disk.failure(self.folder, error) from error
            self.fault = self.fault or error.strerror or "it failed"
        except FormatError as error:
            if self.writing.strict:
                raise AdapterError(
                    "medium-false", f"{str(self.folder)!r}: {FALSE}", mend="Do not trust this disk: take another."
                ) from error
            self.fault = self.fault or FALSE

    def bring(self, part: _Part) -> None:
        """Have a part brought to the medium and proven, while others are written."""
        self._room.acquire()
        self._coming.append(self._workers.submit(self._bring, part))

    def end(self) -> list[Written]:
        """Wait for all of them."""
        while self._coming:
            self._take()
        self._workers.shutdown()
        if not self.writing.strict:
            with self.failing():
                disk.sync_folder(self.folder)
        if self.fault:
            for part in self._parts:
                part.remove_unproven()
            return []
        return self._written

    def abandon(self) -> None:
        if hasattr(self, "_workers"):
            # Not waited for: a medium that hangs would keep us for ever.
            self._workers.shutdown(wait=False, cancel_futures=True)
        for part in self._parts:
            part.remove()

    def _bring(self, part: _Part) -> Written | None:
        try:
            with self.failing():
                if not self.fault and part.bring():
                    return Written(part.index, part.volume, self.number)
            return None
        finally:
            self._room.release()

    def _take(self) -> None:
        done = self._coming.popleft().result()
        if done is not None:
            self._written.append(done)


class _Part:
    """One part on its way: a `split.Sink`."""

    def __init__(self, place: _Place, index: int, volume: int) -> None:
        self.index = index
        self.volume = volume
        self.whole = b""
        self._place = place
        self._file: NewFile | None = None
        self._proven = False
        with place.failing():
            if not place.fault:
                self._file = NewFile(place.folder / place.writing.cut.name(index, volume))

    def write(self, data: memoryview) -> None:
        """Take bytes, or throw them away where the medium has failed."""
        if self._file is not None and not self._place.fault:
            with self._place.failing():
                self._file.write(data)

    def close(self) -> None:
        """End it."""
        self._place.bring(self)

    def bring(self) -> bool:
        """Bring it to the medium, and read it back; in a thread of the medium's own."""
        if self._file is None or self._place.writing.stopped:
            return False
        self._file.settle()
        if self._place.writing.check:
            with self._file.reading() as stream:
                self._prove(stream, self._file.length)
        self._proven = True
        return True

    def remove(self) -> None:
        """Take it away."""
        if self._file is not None:
            self._file.remove()

    def remove_unproven(self) -> None:
        """Take it away where it is not whole."""
        if not self._proven:
            self.remove()

    def _prove(self, stream: Any, length: int) -> None:
        writing = self._place.writing
        if writing.cut.packet:
            readback.prove(stream, writing.cut.shape, (self.index, self.volume), length, self._told)
            return
        found = blake3()
        while data := stream.read(_AT_ONCE):
            found.update(data)
            self._told(len(data))
        if found.digest() != self.whole:
            raise FormatError("part-check", FALSE, mend="Take another medium.")

    def _told(self, count: int) -> None:
        if self._place.writing.stopped:
            raise OSError(0, "stopped")
        self._place.writing.progress(count)


class _Copies:
    """One whole file, as often as there are places."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts
        self._hash = blake3()

    def write(self, data: memoryview) -> None:
        self._hash.update(data)
        for one in self._parts:
            one.write(data)

    def close(self) -> None:
        for one in self._parts:
            one.whole = self._hash.digest()
            one.close()


def _untold(count: int) -> None:
    """Nobody listens yet."""
