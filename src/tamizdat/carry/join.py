"""
Joining: from any k parts, damaged or not, back to the ciphertext. It does NOT decrypt, and trusts nobody. docs/spec/part.md.

Where the first and last packets of the files say plainly how they belong together, each byte is
read once (`glance`), rows ahead of those that are asked for; at the first sign of trouble all is
scanned, and joining goes on by what was found. What comes out is the same either way.

A part forged on purpose, its checks valid, is believed here: nobody without the key can tell. It never gives wrong
plaintext, for age refuses the bytes; whoever has the key finds it and joins around it (carry/keyed.py).
"""

from __future__ import annotations

import dataclasses
import io
import queue
import threading

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from tamizdat.carry.glance import glance, suppose
from tamizdat.carry.rows import Rows
from tamizdat.carry.scan import Progress, Scan, scan
from tamizdat.carry.survey import Plan, Survey, choose, judge
from tamizdat.primitives.errors import AdapterError


_BATCH: Final = 2 << 20  # about so many bytes are made at once
_AHEAD: Final = 2  # batches made before they are asked for


class Joiner:
    """
    Rebuild the ciphertext from parts in any order, under any names.

    Args:
        sources: Seekable binary streams; they stay open as long as the joiner is used. One thread reads from them
            while another uses what was read.
        names: What to call them in messages, in the same order.
        set_id: Join only this set, whatever else the sources hold.
        tag_key: With it, packets whose tag is wrong are passed over as forged.
        tell: Told, in plain words, of trouble that costs time.
    """

    def __init__(
        self,
        sources: Sequence[BinaryIO],
        names: Sequence[str],
        *,
        set_id: bytes | None = None,
        tag_key: bytes | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        if len(sources) != len(names):
            msg = "each source has one name"
            raise ValueError(msg)
        self._sources = sources
        self._names = names
        self._set_id = set_id
        self._tag_key = tag_key
        self._tell = tell
        self._known: tuple[Plan, Survey] | None = None
        self._stream: Ciphertext | None = None
        self._streams: list[Ciphertext] = []
        self._lost: set[int] = set()

    def survey(self, progress: Progress | None = None) -> Survey:
        """
        Read all sources and say what they are good for; *progress* is told of bytes as they are read.

        Raises:
            FormatError: The sources belong to different dossiers.
            ShortError: None of them holds a whole packet.
        """
        return self._learn(progress)[1]

    def read(self, count: int = -1, /) -> bytes:
        """
        Give the next *count* bytes of ciphertext, fewer only at its end.

        Raises:
            ShortError: The parts are not enough, or no longer what they were.
            AdapterError: A medium went away, and without it they are not enough.
        """
        if self._stream is None:
            self._stream = self.stream()
        return self._stream.read(count)

    def open(self) -> BinaryIO:
        """
        Give the ciphertext as a stream that can seek; errors as `read`.

        Raises:
            FormatError: The sources belong to different dossiers.
            ShortError: The parts are not enough.
        """
        return io.BufferedReader(self.stream(), io.DEFAULT_BUFFER_SIZE)

    def stream(self) -> Ciphertext:
        """Give the same without a buffer of its own: it gives whole batches, and says what set it is."""
        plan = None
        if self._known is None:
            plan = suppose(self._glances(), self._set_id)
        again = self._exact if plan is not None else None
        plan = plan or self._exact()
        rows = Rows(plan, self._sources, self._names, tag_key=self._tag_key, again=again, lost=self._lost)
        self._streams.append(Ciphertext(rows))
        return self._streams[-1]

    def close(self) -> None:
        """End every stream that was given, and wait until nobody reads from the sources; they stay open."""
        for stream in self._streams:
            stream.end()

    def rows(self) -> Rows:
        """
        Give the packets row by row, also where they are not enough for all rows.

        Raises:
            FormatError: The sources belong to different dossiers.
            ShortError: None of them holds a whole packet.
        """
        return Rows(self._learn(None)[0], self._sources, self._names, tag_key=self._tag_key)

    def _glances(self) -> list[Scan]:
        found = [glance(source, tag_key=self._tag_key) for source in self._sources]
        self._lost.update(number for number, one in enumerate(found) if one.gone)
        return found

    def _exact(self) -> Plan:
        if self._known is None:
            self._tell("some of it is not where it should be: reading all of the parts first")
        plan, survey = self._learn(None)
        survey.require()
        return plan

    def _learn(self, progress: Progress | None) -> tuple[Plan, Survey]:
        if self._known is None:
            scans = [scan(source, tag_key=self._tag_key, progress=progress) for source in self._sources]
            self._lost.update(number for number, one in enumerate(scans) if one.gone)
            gone = ", ".join(name for name, one in zip(self._names, scans, strict=True) if one.gone)
            plan = choose(scans, self._names, self._set_id)
            survey = judge(plan, scans, self._names)
            if gone and not survey.enough:
                raise AdapterError(
                    "medium-gone",
                    f"{gone} went away while it was read, and the others are not enough",
                    mend="Put the medium back and run the same command again: it goes on where it stopped.",
                )
            self._known = plan, survey
        return self._known


class Ciphertext(io.RawIOBase, BinaryIO):
    """
    The rows of all volumes, one after another, made ahead by a thread of its own.

    Attributes:
        rows: What it is made of.

        length: How many bytes it has.
    """

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self.rows = rows
        self._at = 0
        self._many = max(1, _BATCH // rows.shape.stripe)
        self._size = self._many * rows.shape.stripe
        self._ready: dict[int, _Task] = {}
        self._free: list[memoryview] = []
        self._due: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    @property
    def length(self) -> int:
        """How many bytes there are in all."""
        return self.rows.total or 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can seek."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the ciphertext."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Say the place in the ciphertext."""
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """Give *size* bytes, or all; fewer only at the end."""
        left = max(0, self.length - self._at)
        out = bytearray(left if size is None or size < 0 else min(size, left))
        return bytes(out[: self.readinto(out)])

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer, or as much of it as the ciphertext is long."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and (piece := self._piece()):
            count = min(len(piece), len(target) - filled)
            target[filled : filled + count] = piece[:count]
            filled += count
            self._at += count
        return filled

    def take(self, most: int, /) -> memoryview:
        """Give up to *most* bytes, none only at the end; they are there until the next call."""
        piece = self._piece()[:most]
        self._at += len(piece)
        return piece

    def pieces(self) -> Iterator[memoryview]:
        """Give the rest in pieces; each is there until the next is asked for."""
        while piece := self._piece():
            self._at += len(piece)
            yield piece

    def close(self) -> None:
        """Let the thread end when it has done what it does; the sources stay open."""
        # Also called by the collector of garbage, in any thread: nothing here may wait or take a lock.
        self._due.put(None)
        super().close()

    def end(self) -> None:
        """Close it, and wait until the thread has ended."""
        for task in self._ready.values():
            task.wanted = False
        self.close()
        if self._worker is not None:
            self._worker.join()

    def _piece(self) -> memoryview:
        """Give what there is from here to the end of a batch."""
        if self._at >= self.length:
            return memoryview(b"")
        batch, place = divmod(self._at, self._size)
        for old in [number for number in self._ready if not batch <= number <= batch + _AHEAD]:
            self._ready[old].wanted = False
            self._ready[old].done.wait()
            self._free.append(self._ready.pop(old).room)
        for number in range(batch, batch + _AHEAD + 1):
            if number not in self._ready and (number == batch or number * self._size < self.length):
                room = self._free.pop() if self._free else memoryview(bytearray(self._size))
                first = number * self._many
                count = min(self._many, (self.rows.count or 0) - first)
                self._ready[number] = _Task(first=first, count=count, room=room)
                self._due.put(self._ready[number])
        if self._worker is None:
            self._worker = threading.Thread(target=_work, args=(self.rows, self._due), name="rows", daemon=True)
            self._worker.start()
        task = self._ready[batch]
        task.done.wait()
        if task.error is not None:
            raise task.error
        return task.room[place : min(self._size, self.length - batch * self._size)]


@dataclasses.dataclass(slots=True, kw_only=True)
class _Task:
    """Rows to be made ahead."""

    first: int
    count: int
    room: memoryview
    wanted: bool = True
    done: threading.Event = dataclasses.field(default_factory=threading.Event)
    error: BaseException | None = None


def _work(rows: Rows, due: queue.SimpleQueue[_Task | None]) -> None:
    """Make what is due, until nothing will be; whatever goes wrong is told to whoever asks for it."""
    while (task := due.get()) is not None:
        try:
            if task.wanted and task.count > 0:
                rows.fill(task.first, task.count, task.room)
        except BaseException as error:  # noqa: BLE001 -- raised where the row is asked for
            task.error = error
        task.done.set()
