"""
Joining: from any k parts, damaged or not, back to the ciphertext. It does NOT decrypt, and trusts nobody. docs/spec/part.md.

The parts are read twice: once to find what is whole (`survey`), once to give it. One row of
packets is in memory at a time.

HOLE: a part forged on purpose, its checks valid, is believed unless a tag key is at hand. It never
gives wrong plaintext: age refuses the bytes.
"""

from __future__ import annotations

import io

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

from tamizdat.carry.rows import Rows
from tamizdat.carry.scan import Progress, scan
from tamizdat.carry.survey import Plan, Survey, choose, judge


_BUFFER: Final = 1 << 20


class Joiner:
    """
    Rebuild the ciphertext from parts in any order, under any names.

    Args:
        sources: Seekable binary streams; they stay open as long as the joiner is used.
        names: What to call them in messages, in the same order.
        set_id: Join only this set, whatever else the sources hold.
        tag_key: With it, packets whose tag is wrong are passed over as forged.
    """

    def __init__(
        self,
        sources: Sequence[BinaryIO],
        names: Sequence[str],
        *,
        set_id: bytes | None = None,
        tag_key: bytes | None = None,
    ) -> None:
        if len(sources) != len(names):
            msg = "each source has one name"
            raise ValueError(msg)
        self._sources = sources
        self._names = names
        self._set_id = set_id
        self._tag_key = tag_key
        self._known: tuple[Plan, Survey] | None = None
        self._stream: BinaryIO | None = None

    def survey(self, progress: Progress | None = None) -> Survey:
        """
        Read all sources once and say what they are good for; *progress* is told of bytes as they are read.

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
        """
        if self._stream is None:
            self._stream = self.open()
        return self._stream.read(count)

    def open(self) -> BinaryIO:
        """
        Give the ciphertext as a stream that can seek.

        Raises:
            ShortError: The parts are not enough.
        """
        plan, survey = self._learn(None)
        survey.require()
        return io.BufferedReader(_Ciphertext(self.rows()), max(_BUFFER, plan.shape.stripe))

    def rows(self) -> Rows:
        """
        Give the packets row by row, also where they are not enough for all rows.

        Raises:
            FormatError: The sources belong to different dossiers.
            ShortError: None of them holds a whole packet.
        """
        return Rows(self._learn(None)[0], self._sources)

    def _learn(self, progress: Progress | None) -> tuple[Plan, Survey]:
        if self._known is None:
            scans = [scan(source, tag_key=self._tag_key, progress=progress) for source in self._sources]
            plan = choose(scans, self._names, self._set_id)
            self._known = plan, judge(plan, scans, self._names)
        return self._known


class _Ciphertext(io.RawIOBase):
    """The rows of all volumes, one after another."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._length = rows.total or 0
        self._at = 0
        self._row = -1
        self._out = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can seek."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the ciphertext."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Say the place in the ciphertext."""
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer, or as much of it as the ciphertext is long."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and self._at < self._length:
            row, place = divmod(self._at, self._rows.shape.stripe)
            if row != self._row:
                blocks = self._rows.blocks(row, least=self._rows.shape.need)
                self._out = self._rows.decode(row, blocks)
                self._row = row
            count = min(len(self._out) - place, len(target) - filled)
            target[filled : filled + count] = memoryview(self._out)[place : place + count]
            filled += count
            self._at += count
        return filled
