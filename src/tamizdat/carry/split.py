"""
Splitting: a stream of ciphertext into the parts of a set, in one pass. It does NOT encrypt. docs/spec/part.md.

A few rows of packets, one a part, are in memory at a time, so memory is flat in the dossier's size.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from blake3 import blake3

from tamizdat.carry import erasure, part
from tamizdat.carry.part import Header, Layout, Shape
from tamizdat.primitives.errors import UsageError


MAX_VOLUMES: Final = 1 << 32
_ROOM: Final = 6 << 20  # bytes of packets in memory, where one row of them is not more
_MOST_AT_ONCE: Final = 1 << 20  # bytes written to one part at once
_BODY: Final = part.HEADER - part.CHECKED  # where the head stands for a moment, just before the payload
_INDEX: Final = 10  # where in the head the index stands


class Sink(Protocol):
    """Where one part goes; `write` takes all it is given, or raises."""

    def write(self, data: memoryview, /) -> object:
        """Take the bytes; they must be used before this returns."""

    def close(self) -> object:
        """End the part."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SplitSummary:
    """
    What was made.

    Attributes:
        total_length: How many bytes of ciphertext the parts hold.

        volumes: How many volumes they were cut into.

        part_lengths: The length of every part of a volume, one number a volume.
    """

    set_id: bytes
    need: int
    total: int
    packet_size: int
    total_length: int
    volumes: int
    part_lengths: tuple[int, ...]


def part_length(ciphertext: int, *, need: int, packet_size: int, tagged: bool = False) -> int:
    """Say how long each part of a volume of *ciphertext* bytes will be."""
    shape = Shape(set_id=bytes(16), need=need, packet=packet_size, tagged=tagged)
    return part.packets(max(1, -(-ciphertext // shape.stripe))) * packet_size


def volume_for(part_size: int, *, need: int, packet_size: int, tagged: bool = False) -> int:
    """
    Say how much ciphertext a volume may hold so that no part is longer than *part_size*: for `volume_length`.

    Raises:
        UsageError: Not even one row of packets fits.
    """
    room = part_size // packet_size
    stripes = max(0, room - 1 - -(-room // part.EVERY))
    while part.packets(stripes + 1) <= room:
        stripes += 1
    if stripes < 1:
        raise UsageError(
            "carry-small",
            f"a part of {part_size} bytes is too small for packets of {packet_size}",
            mend=f"Allow parts of at least {3 * packet_size} bytes.",
        )
    return stripes * Shape(set_id=bytes(16), need=need, packet=packet_size, tagged=tagged).stripe


class Splitter:
    """
    Write ciphertext in; the parts come out through *open_part*.

    Args:
        open_part: Called with an index (from 0) and a volume (from 0); gives the sink of that part.
            All sinks of one volume are open together; those of the next are opened after they are closed.
        need: How many parts will be enough (k).
        total: How many parts are made (n), at most 255.
        packet_size: One of `part.PACKETS`; see `part.packet_size`.
        volume_length: How many bytes of ciphertext a volume holds at most; None for one volume.
        set_id: 16 random bytes.
        total_length: The length of the ciphertext where it is known beforehand; it must then be right.
        tag_key: 32 bytes, or None for parts without tags.

    Raises:
        UsageError: The counts or lengths cannot be, or more or fewer bytes came than were announced.
    """

    def __init__(
        self,
        open_part: Callable[[int, int], Sink],
        *,
        need: int,
        total: int,
        packet_size: int,
        set_id: bytes,
        volume_length: int | None = None,
        total_length: int | None = None,
        tag_key: bytes | None = None,
    ) -> None:
        if not 1 <= need <= total <= part.CAPACITY:
            raise _misuse(f"any {need} of {total} parts cannot be: at most {part.CAPACITY} can be made")
        self._open = open_part
        self._total = total
        self._announced = total_length
        self._tag_key = tag_key
        self._shape = Shape(set_id=set_id, need=need, packet=packet_size, tagged=tag_key is not None)
        self._volume_stripes = None if volume_length is None else volume_length // self._shape.stripe
        if self._volume_stripes is not None and not 1 <= self._volume_stripes < MAX_VOLUMES:
            raise _misuse(f"a volume of {volume_length} bytes cannot be; one row is {self._shape.stripe}")
        self._rows = _Rows(self._shape, need, total)
        self._fill = 0
        self._done = 0
        self._volume = 0
        self._stripe = 0
        self._begun = False
        self._sinks: list[Sink] = []
        self._lengths: list[int] = []
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take the next bytes of ciphertext."""
        view = memoryview(data)
        payload, stripe = self._shape.payload, self._shape.stripe
        taken = 0
        while taken < len(view):
            if self._fill == stripe:  # only now is it known that this row is not the last
                self._flush(last=False)
            if not self._begun:
                self._begin()
            row, place = divmod(self._fill, payload)
            count = min(payload - place, len(view) - taken)
            self._rows.data[row][place : place + count] = view[taken : taken + count]
            self._fill += count
            taken += count
        return taken

    def close(self) -> SplitSummary:
        """Write what is left, end every part, and say what was made."""
        if self._closed:
            raise _misuse("the parts are written already")
        length = self._done + self._fill
        if self._announced is not None and self._announced != length:
            raise _misuse(f"{length} bytes came, but {self._announced} were announced")
        if not self._begun:
            self._begin()
        self._flush(last=True)
        self._closed = True
        return SplitSummary(
            set_id=self._shape.set_id,
            need=self._shape.need,
            total=self._total,
            packet_size=self._shape.packet,
            total_length=length,
            volumes=self._volume,
            part_lengths=tuple(self._lengths),
        )

    def _begin(self) -> None:
        """Make room for a row, and for the descriptor before it where one is due."""
        if self._stripe % (part.EVERY - 1) == 0:
            self._describe(self._announced)
        self._next()
        self._begun = True

    def _flush(self, *, last: bool) -> None:
        """Code the row that is full (or the last), and make its packets, one a part."""
        self._pad()
        self._rows.code()
        ends = last or self._stripe + 1 == self._volume_stripes
        header = Header(
            shape=self._shape,
            kind=part.BLOCK,
            index=0,
            volume=self._volume,
            stripe=self._stripe,
            used=self._fill,
            end_of_volume=ends,
            end_of_set=last,
        )
        self._rows.seal(header, self._tag_key)
        self._done += self._fill
        self._stripe += 1
        self._fill = 0
        self._begun = False
        if ends:
            self._end_volume(self._done if last else self._announced)

    def _pad(self) -> None:
        """Fill the rest of the last row with zeros."""
        row, place = divmod(self._fill, self._shape.payload)
        for data in self._rows.data[row:]:
            data[place:] = bytes(len(data) - place)
            place = 0

    def _end_volume(self, total: int | None) -> None:
        self._describe(total)
        self._drain()
        self._lengths.append(part.packets(self._stripe) * self._shape.packet)
        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            sink.close()
        self._volume += 1
        self._stripe = 0
        if self._volume >= MAX_VOLUMES:
            raise _misuse("there are more volumes than can be counted")

    def _describe(self, total: int | None) -> None:
        """Write a descriptor to each part."""
        self._next()
        layout = Layout(total=total, volume_stripes=self._volume_stripes)
        for index, packet in enumerate(self._rows.packets):
            header = Header(
                shape=self._shape, kind=part.DESCRIPTOR, index=index, volume=self._volume, stripe=self._stripe, used=0
            )
            packet[part.HEADER : part.HEADER + self._shape.payload] = part.write_layout(header, layout)
            part.seal(packet, header, self._tag_key)

    def _next(self) -> None:
        if self._rows.full:
            self._drain()
        self._rows.next()

    def _drain(self) -> None:
        """Write the packets that are ready."""
        if not self._sinks:
            # One by one, so that those that did open are known and can be closed by whoever gave them.
            for index in range(self._total):
                self._sinks.append(self._open(index, self._volume))
        for sink, ready in zip(self._sinks, self._rows.take(), strict=True):
            sink.write(ready)


class _Rows:
    """
    Rows of packets in memory: those that are ready to be written, and the one being filled.

    Attributes:
        packets: The packets of the row that is being filled, one a part. *data*: the payload of the data parts.
    """

    def __init__(self, shape: Shape, need: int, total: int) -> None:
        self._most = max(1, min(_ROOM // (total * shape.packet), _MOST_AT_ONCE // shape.packet))
        self._shape = shape
        self._need = need
        self._matrix = erasure.generator(need, total)[need:]
        # Each part's packets lie one after another, to be written at once.
        self._parts = [memoryview(bytearray(self._most * shape.packet)) for _ in range(total)]
        self._coders: list[Callable[[], None]] = []
        self._places: list[list[memoryview]] = []
        self._count = 0
        self.packets: list[memoryview] = []
        self.data: list[memoryview] = []

    @property
    def full(self) -> bool:
        return self._count == self._most

    def next(self) -> None:
        """Begin another row."""
        begin, end = part.HEADER, part.HEADER + self._shape.payload
        if self._count == len(self._places):
            size = self._shape.packet
            packets = [one[self._count * size : (self._count + 1) * size] for one in self._parts]
            blocks = [np.frombuffer(packet, np.uint8)[begin:end] for packet in packets]
            self._places.append(packets)
            self._coders.append(erasure.prepare(self._matrix, blocks[: self._need], blocks[self._need :]))
        self.packets = self._places[self._count]
        self.data = [packet[begin:end] for packet in self.packets[: self._need]]
        self._count += 1

    def code(self) -> None:
        """Compute what stands in the parts that are not data."""
        self._coders[self._count - 1]()

    def seal(self, header: Header, tag_key: bytes | None) -> None:
        """Do what `part.seal` does for each packet of the row; *header* is that of the first part."""
        head = bytearray(part.write_head(header))
        for index, packet in enumerate(self.packets):
            head[_INDEX] = index
            # The head stands before the payload while it is hashed: one call for bytes that lie in one piece.
            hashed = packet[_BODY:]
            hashed[: part.CHECKED] = head
            if tag_key is not None:
                hashed[-part.TAG :] = blake3(hashed[: -part.TAG], key=tag_key).digest(part.TAG)
            check = blake3(hashed).digest(_BODY)
            packet[: part.HEADER] = head + check

    def take(self) -> list[memoryview]:
        """Give what is ready, one piece a part, and begin anew."""
        ready = [one[: self._count * self._shape.packet] for one in self._parts]
        self._count = 0
        return ready


def _misuse(what: str) -> UsageError:
    return UsageError("carry-counts", what, mend="Choose other numbers of parts or other sizes.")
