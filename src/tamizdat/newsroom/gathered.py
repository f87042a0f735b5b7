"""
Parts that came on different days: what is good of them waits in the newsroom until there is enough.

Only ciphertext is kept, packets as they came, under ``desk/parts/SET``; the medium can leave again. It is not asked
for with an option: whoever hands a stick in expects it to have been taken in, and a forgotten option would lose it.
A newsroom with this on its disk shows what a stick shows (docs/threats.md), and no more. Nothing else depends on it:
where a set will never be complete, its folder can be removed by hand.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from blake3 import blake3

from tamizdat.carry import part
from tamizdat.carry.scan import Group, Scan, fetch
from tamizdat.newsroom.house import House
from tamizdat.primitives.errors import MediumGoneError


FOLDER: Final = "desk/parts"
_BATCH: Final = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How many packets were taken in now, and how many of them were here already."""

    packets: int
    known: int


def names(house: House, set_id: bytes) -> list[str]:
    """Give the names of what waits of a set; `house.root.open` opens them."""
    return list(house.root.names(f"{FOLDER}/{set_id.hex()}"))


def take(
    house: House, set_id: bytes, sources: Sequence[BinaryIO], scans: Sequence[Scan], *, tag_key: bytes | None = None
) -> Taken:
    """
    Copy the whole packets of a set into the newsroom; those that *tag_key* shows to be forged are left.

    Raises:
        AdapterError: The newsroom's disk is full.
    """
    packets = known = 0
    here = set(names(house, set_id))
    for source, scan in zip(sources, scans, strict=True):
        for group in scan.groups.values():
            if group.shape.set_id != set_id:
                continue
            state, count = blake3(), 0
            for packet in _packets(source, group, tag_key):
                state.update(packet[: part.HEADER])
                count += 1
            if not count:
                continue
            name = f"{FOLDER}/{set_id.hex()}/{group.volume}-{group.index + 1}-{state.digest(8).hex()}"
            packets += count
            if name in here:
                known += count
            else:
                house.root.put(name, _batches(_packets(source, group, tag_key)))
                here.add(name)
    return Taken(packets=packets, known=known)


def clear(house: House, set_id: bytes) -> None:
    """Drop what waited of a set: it was received whole."""
    for name in names(house, set_id):
        house.root.drop(name)


def _packets(source: BinaryIO, group: Group, tag_key: bytes | None) -> Iterator[bytes]:
    """Give the whole blocks of a part in a source, each once; the length stands in the last of them."""
    seen: set[int] = set()
    for stripe, offset in zip(group.stripes, group.offsets, strict=True):
        if stripe in seen:
            continue
        try:
            raw, _ = fetch(source, offset, group.shape.packet)
        except MediumGoneError:
            return
        if len(raw) < group.shape.packet or raw[part.CHECKED : part.HEADER] != part.check(raw):
            continue
        if tag_key is not None and group.shape.tagged and not part.tag_holds(raw, tag_key):
            continue
        seen.add(stripe)
        yield raw


def _batches(packets: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for packet in packets:
        held.append(packet)
        size += len(packet)
        if size >= _BATCH:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
