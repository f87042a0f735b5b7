"""
Reading ahead: a thread of its own reads a stream while another uses what was read.

Its memory is a few buffers, used again and again. It is for streams whose work is done outside
Python's lock (hashing, deciphering, reading): two processors share it then.
"""

from __future__ import annotations

import io
import queue
import threading

from typing import Any, BinaryIO, Final, Protocol, TypeAlias


SLOT: Final = 1 << 20
SLOTS: Final = 4


class Filling(Protocol):
    """Anything that fills a buffer; a short filling is no end, an empty one is."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Give how many bytes were put into the buffer."""


_Full: TypeAlias = "queue.SimpleQueue[tuple[memoryview, int] | BaseException]"
_Free: TypeAlias = "queue.SimpleQueue[memoryview | None]"


class Ahead(io.RawIOBase, BinaryIO):
    """
    A stream that is read from its beginning to its end, ahead of whoever asks.

    What the stream raises is raised here once all before it was given. `close` ends the thread and waits for it;
    the stream stays open.
    """

    def __init__(self, stream: Filling) -> None:
        super().__init__()
        self._full: _Full = queue.SimpleQueue()
        self._free: _Free = queue.SimpleQueue()
        for _ in range(SLOTS):
            self._free.put(memoryview(bytearray(SLOT)))
        self._slot = memoryview(b"")
        self._here = memoryview(b"")
        self._failed: BaseException | None = None
        self._worker = threading.Thread(target=_work, args=(stream, self._free, self._full), name="ahead", daemon=True)
        self._worker.start()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; less only at the end."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target):
            piece = self.take(len(target) - filled)
            if not piece:
                break
            target[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def take(self, most: int) -> memoryview:
        """Give up to *most* bytes, none only at the end; they are there until the next call."""
        if not self._here and self._failed is None:
            if self._slot:
                self._free.put(self._slot)
                self._slot = memoryview(b"")
            found = self._full.get()
            if isinstance(found, BaseException):
                self._failed = found
            else:
                self._slot = found[0]
                self._here = self._slot[: found[1]]
                if not self._here:
                    self._failed = EOFError()
        if not self._here and self._failed is not None and not isinstance(self._failed, EOFError):
            raise self._failed
        piece, self._here = self._here[:most], self._here[most:]
        return piece

    def close(self) -> None:
        """Let the thread end when it has done what it does."""
        if not self.closed:
            self._free.put(None)
        super().close()

    def end(self) -> None:
        """Close it, and wait until nobody reads from the stream."""
        self.close()
        self._worker.join()


def _work(stream: Filling, free: _Free, full: _Full) -> None:
    while (slot := free.get()) is not None:
        try:
            count = stream.readinto(slot) or 0
        except BaseException as error:  # noqa: BLE001 -- raised where the bytes are asked for
            full.put(error)
            return
        full.put((slot, count))
        if not count:
            return
