"""
Joining: from any k parts, damaged or not, back to the ciphertext. It does NOT decrypt, and trusts nobody. docs/spec/part.md.

The parts are read twice: once to find what is whole (`survey`), once to give it. One row of
packets is in memory at a time.

HOLE: a part forged on purpose, its checks valid, is believed unless a tag key is at hand. It never
gives wrong plaintext: age refuses the bytes.
"""

from __future__ import annotations

import dataclasses
import io

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from tamizdat.carry import erasure, part
from tamizdat.carry.scan import Progress, fetch, scan
from tamizdat.carry.survey import Plan, Survey, choose, judge
from tamizdat.primitives.errors import ShortError


_BUFFER: Final = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """Where the packets of one volume are: row r has the entries from starts[r] to starts[r + 1], sorted by index."""

    indexes: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


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
        return io.BufferedReader(_Ciphertext(plan, self._sources), max(_BUFFER, plan.shape.stripe))

    def _learn(self, progress: Progress | None) -> tuple[Plan, Survey]:
        if self._known is None:
            scans = [scan(source, tag_key=self._tag_key, progress=progress) for source in self._sources]
            plan = choose(scans, self._names, self._set_id)
            self._known = plan, judge(plan, scans, self._names)
        return self._known


class _Ciphertext(io.RawIOBase):
    """The rows of all volumes, one after another."""

    def __init__(self, plan: Plan, sources: Sequence[BinaryIO]) -> None:
        self._plan = plan
        self._sources = sources
        self._length = plan.total or 0
        self._at = 0
        self._row = -1
        self._out = bytearray(plan.shape.stripe)
        payload = plan.shape.payload
        view = memoryview(self._out)
        self._blocks = [view[at : at + payload] for at in range(0, plan.shape.stripe, payload)]
        self._arrays = [np.frombuffer(block, np.uint8) for block in self._blocks]
        self._volume = -1
        self._map: _Map | None = None

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
        stripe = self._plan.shape.stripe
        filled = 0
        while filled < len(target) and self._at < self._length:
            row, place = divmod(self._at, stripe)
            if row != self._row:
                self._row = -1
                self._decode(row)
                self._row = row
            count = min(stripe - place, len(target) - filled, self._length - self._at)
            target[filled : filled + count] = memoryview(self._out)[place : place + count]
            filled += count
            self._at += count
        return filled

    def _decode(self, row: int) -> None:
        volume, stripe = divmod(row, self._plan.volume_rows) if self._plan.volume_rows else (0, row)
        need = self._plan.shape.need
        begin, end = part.HEADER, part.HEADER + self._plan.shape.payload
        spare: dict[int, erasure.Bytes] = {}
        present: set[int] = set()
        table = self._table(volume)
        for entry in range(int(table.starts[stripe]), int(table.starts[stripe + 1])):
            index = int(table.indexes[entry])
            if index in present:
                continue
            packet = self._packet(int(table.sources[entry]), int(table.offsets[entry]), (index, stripe, volume))
            if packet is None:
                continue
            present.add(index)
            if index < need:
                self._blocks[index][:] = packet[begin:end]
            else:
                spare[index] = np.frombuffer(packet, np.uint8)[begin:end]
            if len(present) == need:
                break
        if len(present) < need:
            raise ShortError(
                "carry-short",
                f"row {stripe} of volume {volume + 1} could be read before, and now only {len(present)} of {need} "
                "packets can",
                mend="Put the medium back, or bring another part, and join again.",
            )
        missing = [index for index in range(need) if index not in present]
        if missing:
            order = sorted(present)
            sources = [self._arrays[index] if index < need else spare[index] for index in order]
            rows = erasure.recovery(need, order, missing)
            erasure.multiply(rows, sources, [self._arrays[index] for index in missing])

    def _packet(self, source: int, offset: int, place: tuple[int, int, int]) -> bytes | None:
        """Read a packet that was whole in the survey; None where it is so no more."""
        shape = self._plan.shape
        raw, _ = fetch(self._sources[source], offset, shape.packet)
        index, stripe, volume = place
        same = (
            len(raw) == shape.packet
            and raw[4] == part.BLOCK
            and raw[8] == shape.need
            and raw[10] == index
            and raw[12:36] == stripe.to_bytes(4, "big") + shape.set_id + volume.to_bytes(4, "big")
            and raw[part.CHECKED : part.HEADER] == part.check(raw)
        )
        return raw if same else None

    def _table(self, volume: int) -> _Map:
        if volume != self._volume or self._map is None:
            self._map = _map(self._plan, volume)
            self._volume = volume
        return self._map


def _map(plan: Plan, volume: int) -> _Map:
    groups = plan.groups[volume]
    rows = plan.rows(volume) or 0
    stripes = np.concatenate([np.array(group.stripes, np.int64) for _, group in groups])
    indexes = np.concatenate([np.full(len(group.stripes), group.index, np.int64) for _, group in groups])
    sources = np.concatenate([np.full(len(group.stripes), source, np.int64) for source, group in groups])
    offsets = np.concatenate([np.array(group.offsets, np.int64) for _, group in groups])
    order = np.lexsort((indexes, stripes))
    starts = np.searchsorted(stripes[order], np.arange(rows + 1))
    return _Map(indexes=indexes[order], sources=sources[order], offsets=offsets[order], starts=starts)
