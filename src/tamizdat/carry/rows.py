"""
Rows: every whole packet of one set, by row, and the row made of any k of them. docs/spec/part.md.

It does NOT judge who lied: a packet whose check is right is whole.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from tamizdat.carry import erasure, part
from tamizdat.carry.scan import fetch
from tamizdat.carry.survey import Plan
from tamizdat.primitives.errors import ShortError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """
    A whole packet of a row.

    Attributes:
        index: Which part of the set, from 0.

        source: Which of the sources it was read from, from 0.

        packet: All its bytes; its check was found right as it was read.
    """

    index: int
    source: int
    packet: bytes | memoryview


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """Where the packets of one volume are: row r has the entries from starts[r] to starts[r + 1], sorted by index."""

    indexes: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


class Rows:
    """
    The rows of all volumes of one set, one after another, from 0.

    Attributes:
        shape: What all packets of the set say alike.

        total: The length of the ciphertext in bytes; None where nobody says.

        count: How many rows there are in all; None where nobody says.
    """

    def __init__(self, plan: Plan, sources: Sequence[BinaryIO]) -> None:
        self.shape = plan.shape
        self.total = plan.total
        self.count = plan.all_rows
        self._plan = plan
        self._sources = sources
        self._volume = -1
        self._map: _Map | None = None

    def place(self, row: int) -> tuple[int, int]:
        """Give the volume a row belongs to and its number there, both from 0."""
        return divmod(row, self._plan.volume_rows) if self._plan.volume_rows else (0, row)

    def used(self, row: int) -> int:
        """Give how many bytes of ciphertext a row holds: all but the last are full."""
        if self.total is None:
            return self.shape.stripe
        return max(0, min(self.shape.stripe, self.total - row * self.shape.stripe))

    def blocks(self, row: int, *, least: int | None = None) -> Sequence[Block]:
        """
        Read the whole packets of a row, data blocks first.

        Args:
            row: Which row of all, from 0.
            least: Stop after so many different indexes; None reads every packet at hand, also those of one index
                from several sources.
        """
        volume, stripe = self.place(row)
        found: list[Block] = []
        present: set[int] = set()
        table = self._table(volume)
        if table is None or stripe + 1 >= len(table.starts):
            return found
        for entry in range(int(table.starts[stripe]), int(table.starts[stripe + 1])):
            index, source = int(table.indexes[entry]), int(table.sources[entry])
            if least is not None and index in present:
                continue
            packet = self._packet(source, int(table.offsets[entry]), (index, stripe, volume))
            if packet is not None:
                present.add(index)
                found.append(Block(index=index, source=source, packet=packet))
            if least is not None and len(present) >= least:
                break
        return found

    def decode(self, row: int, blocks: Sequence[Block]) -> bytes:
        """
        Make the row's ciphertext of k blocks of different index.

        Raises:
            ShortError: They are fewer.
        """
        need, payload = self.shape.need, self.shape.payload
        chosen = {block.index: block for block in reversed(blocks)}
        order = sorted(chosen)[:need]
        if len(order) < need:
            volume, stripe = self.place(row)
            raise ShortError(
                "carry-short",
                f"row {stripe} of volume {volume + 1} could be read before, and now only {len(order)} of {need} "
                "packets can",
                mend="Put the medium back, or bring another part, and join again.",
            )
        out = np.empty(self.shape.stripe, np.uint8)
        targets = [out[at : at + payload] for at in range(0, self.shape.stripe, payload)]
        views = [np.frombuffer(chosen[index].packet, np.uint8)[part.HEADER : part.HEADER + payload] for index in order]
        missing = [index for index in range(need) if index not in chosen]
        if missing:
            erasure.multiply(erasure.recovery(need, order, missing), views, [targets[index] for index in missing])
        for index, view in zip(order, views, strict=True):
            if index < need:
                targets[index][:] = view
        return out[: self.used(row)].tobytes()

    def _packet(self, source: int, offset: int, place: tuple[int, int, int]) -> bytes | None:
        """Read a packet that was whole in the survey; None where it is so no more."""
        shape = self.shape
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

    def _table(self, volume: int) -> _Map | None:
        if volume not in self._plan.groups:
            return None
        if volume != self._volume or self._map is None:
            self._map = _map(self._plan, volume)
            self._volume = volume
        return self._map


def _map(plan: Plan, volume: int) -> _Map:
    groups = plan.groups[volume]
    stripes = np.concatenate([np.array(group.stripes, np.int64) for _, group in groups])
    indexes = np.concatenate([np.full(len(group.stripes), group.index, np.int64) for _, group in groups])
    sources = np.concatenate([np.full(len(group.stripes), source, np.int64) for source, group in groups])
    offsets = np.concatenate([np.array(group.offsets, np.int64) for _, group in groups])
    rows = plan.rows(volume) or int(stripes.max(initial=0)) + 1
    order = np.lexsort((indexes, stripes))
    starts = np.searchsorted(stripes[order], np.arange(rows + 1))
    return _Map(indexes=indexes[order], sources=sources[order], offsets=offsets[order], starts=starts)
