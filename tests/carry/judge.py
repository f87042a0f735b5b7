"""
A judge of what parts are good for, who shares no line with the reader: it knows every packet that was written, and searches for its bytes.
"""

from __future__ import annotations

import hashlib
import io

from collections.abc import Iterable, Sequence

from tamizdat.carry import part
from tamizdat.carry.join import Joiner
from tamizdat.carry.split import Splitter


SET = bytes(range(16))
Parts = dict[tuple[int, int], bytes]


class Kept(io.BytesIO):
    def close(self) -> None:
        pass


def text(length: int, seed: bytes = b"acceptance") -> bytes:
    return hashlib.shake_256(seed).digest(length)


def split(whole: bytes, need: int, total: int, packet: int = 1024, set_id: bytes = SET, **options) -> Parts:
    """Give every part, by its index and its volume."""
    sinks: dict[tuple[int, int], Kept] = {}
    splitter = Splitter(
        lambda index, volume: sinks.setdefault((index, volume), Kept()),
        need=need, total=total, packet_size=packet, set_id=set_id, **options,
    )  # fmt: skip
    splitter.write(whole)
    splitter.close()
    return {place: sink.getvalue() for place, sink in sinks.items()}


def joiner(files: Sequence[bytes], **options) -> Joiner:
    return Joiner([io.BytesIO(raw) for raw in files], [f"file{n}" for n in range(len(files))], **options)


def join(files: Sequence[bytes], **options) -> bytes:
    with joiner(files, **options).stream() as stream:
        return stream.read()


class Judge:
    """Knows the packets of a set."""

    def __init__(self, parts: Parts) -> None:
        self.need = 0
        self._packets: dict[bytes, tuple[tuple[int, int], int]] = {}
        for raw in parts.values():
            size = part.read_head(raw).shape.packet
            for at in range(0, len(raw), size):
                head = part.read_head(raw[at : at + size])
                if head.kind == part.BLOCK:
                    self.need = head.shape.need
                    self._packets[raw[at : at + size]] = (head.volume, head.stripe), head.index

    @property
    def rows(self) -> set[tuple[int, int]]:
        """Every row: its volume and its number there, from 0."""
        return {row for row, _ in self._packets.values()}

    def lost(self, files: Iterable[bytes]) -> list[tuple[int, int]]:
        """Give the rows (volume and row, from 0) of which fewer than k packets are in any of the files."""
        files = list(files)
        found: dict[tuple[int, int], set[int]] = {row: set() for row in self.rows}
        for packet, (row, index) in self._packets.items():
            if any(packet in raw for raw in files):
                found[row].add(index)
        return sorted(row for row, indexes in found.items() if len(indexes) < self.need)
