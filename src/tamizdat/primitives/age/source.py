"""Exact reading from anything that has ``read``, with a look ahead. Not a buffer of the payload: memory stays flat."""

from __future__ import annotations

import io

from typing import Final, Protocol, runtime_checkable


BLOCK: Final = 4096


class Readable(Protocol):
    """Anything bytes come from; a short read is no end, an empty one is."""

    def read(self, size: int, /) -> bytes:
        """Give up to *size* bytes, and none only at the end."""


@runtime_checkable
class _Seekable(Protocol):
    def seekable(self) -> bool: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...

    def tell(self) -> int: ...


@runtime_checkable
class _Filling(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None: ...


@runtime_checkable
class _Lending(Protocol):
    def take(self, most: int, /) -> memoryview: ...


class Source:
    """
    A stream read in exact counts.

    Attributes:
        position: How many bytes were taken since it was made.
    """

    def __init__(self, raw: Readable) -> None:
        self._raw = raw
        self._ahead = b""
        self._seeker = raw if isinstance(raw, _Seekable) and raw.seekable() else None
        self._base = self._seeker.tell() if self._seeker else 0
        self.position = 0

    def peek(self, count: int) -> bytes:
        """Look at the next *count* bytes, fewer only at the end, and leave them there."""
        while len(self._ahead) < count:
            more = self._raw.read(max(BLOCK, count - len(self._ahead)))
            if not more:
                break
            self._ahead += more
        return self._ahead[:count]

    def read(self, count: int) -> bytes:
        """Take *count* bytes, fewer only at the end."""
        pieces = []
        if self._ahead:
            pieces.append(self._ahead[:count])
            self._ahead = self._ahead[count:]
            count -= len(pieces[0])
        while count > 0:
            piece = self._raw.read(count)
            if not piece:
                break
            pieces.append(piece)
            count -= len(piece)
        taken = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.position += len(taken)
        return taken

    def readinto(self, target: memoryview) -> int:
        """Fill *target*, less only at the end; give how many bytes there were."""
        filled = min(len(self._ahead), len(target))
        target[:filled] = self._ahead[:filled]
        self._ahead = self._ahead[filled:]
        while filled < len(target):
            if isinstance(self._raw, _Filling):
                count = self._raw.readinto(target[filled:]) or 0
            else:
                piece = self._raw.read(len(target) - filled)
                count = len(piece)
                target[filled : filled + count] = piece
            if not count:
                break
            filled += count
        self.position += filled
        return filled

    @property
    def lending(self) -> bool:
        """Whether `lend` can be asked for."""
        return isinstance(self._raw, _Lending)

    def lend(self, most: int) -> memoryview | None:
        """Give up to *most* bytes where they lie, until the next call; None where they have to be copied."""
        if self._ahead or not isinstance(self._raw, _Lending):
            return None
        piece = self._raw.take(most)
        self.position += len(piece)
        return piece

    def unread(self, data: bytes) -> None:
        """Put back what was taken last."""
        self._ahead = data + self._ahead
        self.position -= len(data)

    def readline(self, limit: int) -> bytes:
        """Take a line with its line feed; one that is longer than *limit*, or the last, may lack it."""
        count = min(BLOCK, limit)
        seen = self.peek(count)
        while b"\n" not in seen and len(seen) == count < limit:
            count = min(count * 2, limit)
            seen = self.peek(count)
        return self.read(seen.find(b"\n") + 1 or len(seen))

    @property
    def seekable(self) -> bool:
        """Whether `seek` and `size` can be asked for."""
        return self._seeker is not None

    def seek(self, position: int) -> None:
        """Go to *position*, counted from where the source began."""
        self._need().seek(self._base + position)
        self._ahead = b""
        self.position = position

    def size(self) -> int:
        """Measure the whole source, and leave it at an end: seek before the next read."""
        return self._need().seek(0, io.SEEK_END) - self._base

    def _need(self) -> _Seekable:
        if self._seeker is None:
            raise io.UnsupportedOperation("this source cannot seek")
        return self._seeker
