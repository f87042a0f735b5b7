"""
Rows: every whole packet of one set, by row, and the row made of any k of them. docs/spec/part.md.

It does NOT judge who lied: a packet whose check is right is whole. Where packets stand is either
known from a scan (exact) or supposed by what the first and last packets of a file say (a glance).
What is supposed is checked as it is read, so a wrong guess costs a second reading, never a byte.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Final, TypeAlias

import numpy as np

from tamizdat.carry import erasure, part
from tamizdat.carry.due import Due
from tamizdat.carry.scan import fetch, scatter
from tamizdat.carry.spans import Spans, number
from tamizdat.carry.survey import Plan
from tamizdat.primitives.errors import AdapterError, FormatError, MediumGoneError, ShortError


Views: TypeAlias = dict[int, memoryview]  # what was read of one row: part index, payload
_DOUBT: Final = 64  # for so many rows a source that failed is asked last


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


@dataclasses.dataclass(slots=True, kw_only=True)
class _Way:
    """Where one source has blocks of one part of a volume; before row *doubtful* it is asked last."""

    index: int
    source: int
    spans: Spans
    doubtful: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class _Batch:
    """Rows of one volume that are made together: *got* says what was read of each; *slots* blocks lie aside."""

    volume: int
    first: int
    out: memoryview
    got: list[Views]
    slots: int = 0


class Rows:
    """
    The rows of all volumes of one set, one after another, from 0.

    Args:
        plan: The set, and where its packets stand.
        sources: What they are read from; *names* is what to call these in messages.
        tag_key: With it, packets whose tag is wrong are passed over as forged.
        again: Where the plan is only supposed: scans all sources and gives the exact one, or raises.
        lost: The sources known to be gone; more are added as they go.

    Attributes:
        shape: What all packets of the set say alike.

        total: The length of the ciphertext in bytes; None where nobody says.

        count: How many rows there are in all; None where nobody says.

        lost: The sources whose medium went away.
    """

    def __init__(
        self,
        plan: Plan,
        sources: Sequence[BinaryIO],
        names: Sequence[str] = (),
        *,
        tag_key: bytes | None = None,
        again: Callable[[], Plan] | None = None,
        lost: set[int] | None = None,
    ) -> None:
        self._sources = sources
        self._names = names
        self._tag_key = tag_key
        self._again = again
        self.lost = set() if lost is None else lost
        self._spare: list[memoryview] = []
        self._heads: list[memoryview] = []
        self._adopt(plan)

    def _adopt(self, plan: Plan) -> None:
        self._plan = plan
        self.shape = plan.shape
        self.total = plan.total
        self.count = plan.all_rows
        self._payload, self._stripe = self.shape.payload, self.shape.stripe
        self._volume = -1
        self._ways: list[_Way] = []
        self._due = Due(plan, self._tag_key, supposed=self._again is not None)
        self._spare.clear()
        self._heads.clear()

    def place(self, row: int) -> tuple[int, int]:
        """Give the volume a row belongs to and its number there, both from 0."""
        return divmod(row, self._plan.volume_rows) if self._plan.volume_rows else (0, row)

    def used(self, row: int) -> int:
        """Give how many bytes of ciphertext a row holds: all but the last are full."""
        return self._due.used(row)

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
        for way in sorted(self._of(volume), key=lambda way: (way.index, way.source)):
            if least is not None and (way.index in present or len(present) >= least):
                continue
            for _, _, base in way.spans.pieces(stripe, stripe + 1):
                packet = self._packet(way, base + number(stripe) * self.shape.packet, (stripe, volume))
                if packet is not None:
                    present.add(way.index)
                    found.append(Block(index=way.index, source=way.source, packet=packet))
        return found

    def decode(self, row: int, blocks: Sequence[Block]) -> bytes:
        """
        Make the row's ciphertext of k blocks of different index.

        Raises:
            ShortError: They are fewer.
        """
        payload = self.shape.payload
        views = {
            block.index: memoryview(block.packet)[part.HEADER : part.HEADER + payload] for block in reversed(blocks)
        }
        if len(views) < self.shape.need:
            raise self._short(row, len(views))
        out = memoryview(bytearray(self.shape.stripe))
        for index, view in views.items():
            if index < self.shape.need:
                out[index * payload : (index + 1) * payload] = view
        self._complete(out, views)
        return bytes(out[: self.used(row)])

    def fill(self, first: int, count: int, out: memoryview) -> None:
        """
        Make the rows from *first* on, one after another, each as long as a full one.

        Raises:
            ShortError: For one of them too few packets are whole.
            AdapterError: They would be enough, had not a medium gone away (``medium-gone``).
        """
        at = 0
        while at < count:
            volume, stripe = self.place(first + at)
            room = self._plan.rows(volume)
            many = count - at if room is None else min(count - at, room - stripe)
            many = max(1, min(many, part.EVERY - 1))
            size = self.shape.stripe
            while not self._fill(volume, stripe, many, out[at * size : (at + many) * size]):
                self._scan(first + at)
            at += many

    def _fill(self, volume: int, stripe: int, count: int, out: memoryview) -> bool:
        """Make some rows of one volume; False where packets do not stand where they were supposed to."""
        need = self.shape.need
        got: list[Views] = [{} for _ in range(count)]
        batch = _Batch(volume=volume, first=stripe, out=out, got=got)
        ways = sorted(self._of(volume), key=lambda way: (way.doubtful > stripe, way.index, way.source))
        taken: set[int] = set()
        later: list[_Way] = []
        for way in ways:
            # The first k parts for all rows at once; the others only for the rows that need them.
            if way.index in taken or len(taken) == need:
                later.append(way)
            elif self._read(way, batch, 0, count):
                taken.add(way.index)
        for way in later:
            lacking = [at for at in range(count) if len(got[at]) < need and way.index not in got[at]]
            for begin, end in _stretches(lacking):
                self._read(way, batch, begin, end)
        for at, views in enumerate(got):
            if len(views) < need:
                if self._again is None:
                    raise self._short(self._due.row(volume, stripe + at), len(views))
                return False
        for at, views in enumerate(got):
            self._complete(out[at * self._stripe : (at + 1) * self._stripe], views)
        return True

    def _complete(self, out: memoryview, views: Views) -> None:
        """Compute the data blocks that are missing in a row's *out*."""
        need, payload = self.shape.need, self._payload
        missing = [index for index in range(need) if index not in views]
        if missing:
            order = sorted(views)[:need]
            sources = [np.frombuffer(views[index], np.uint8) for index in order]
            targets = [np.frombuffer(out[at * payload : (at + 1) * payload], np.uint8) for at in missing]
            erasure.multiply(erasure.recovery(need, order, missing), sources, targets)

    def _read(self, way: _Way, batch: _Batch, begin: int, end: int) -> bool:
        """Read what one source has of the batch's rows; False where it supposedly has nothing."""
        if way.source in self.lost:
            return False
        tried = False
        for first, stop, base in way.spans.pieces(batch.first + begin, batch.first + end):
            at = first
            while at < stop:
                # A descriptor stands between two runs of rows.
                until = min(stop, (at // (part.EVERY - 1) + 1) * (part.EVERY - 1))
                tried = True
                try:
                    self._run(way, batch, at, until, base)
                except MediumGoneError:
                    self.lost.add(way.source)
                    return False
                at = until
        return tried

    def _run(self, way: _Way, batch: _Batch, first: int, stop: int, base: int) -> None:
        """Read packets that stand one behind the other; each that is whole is entered."""
        shape = self.shape
        heads, tail = self._head_room(stop - first), shape.packet - part.HEADER - self._payload
        payloads = self._targets(way.index, batch, first, stop)
        buffers: list[memoryview] = []
        for head, payload in zip(heads, payloads, strict=False):
            buffers += [head[: part.HEADER], payload, head[part.HEADER :]] if tail else [head, payload]
        filled = self._scatter(way.source, base + number(first) * shape.packet, buffers)
        bad = max(0, stop - first - filled // shape.packet)
        for row, head, payload in zip(range(first, stop - bad), heads, payloads, strict=False):
            if self._due.whole(head, payload, self._due.head(way.index, batch.volume, row)):
                batch.got[row - batch.first][way.index] = payload
            else:
                bad += 1
        if bad:
            way.doubtful = first + max(_DOUBT, len(batch.got))

    def _scatter(self, source: int, offset: int, buffers: list[memoryview]) -> int:
        """Fill the buffers; where a medium fails, as far as it lets us, sector by sector."""
        try:
            return scatter(self._sources[source], offset, buffers)
        except MediumGoneError:
            raise
        except OSError:
            raw, _ = fetch(self._sources[source], offset, sum(len(buffer) for buffer in buffers))
        at = 0
        for buffer in buffers:
            piece = raw[at : at + len(buffer)]
            buffer[: len(piece)] = piece
            at += len(piece)
        return at

    def _packet(self, way: _Way, offset: int, place: tuple[int, int]) -> bytes | None:
        """Read one packet; None where it is not whole."""
        stripe, volume = place
        try:
            raw, _ = fetch(self._sources[way.source], offset, self.shape.packet)
        except MediumGoneError:
            self.lost.add(way.source)
            return None
        view, end = memoryview(raw), part.HEADER + self.shape.payload
        if len(raw) < self.shape.packet:
            return None
        head = memoryview(raw[: part.HEADER] + raw[end:])
        return (
            raw if self._due.whole(head, view[part.HEADER : end], self._due.head(way.index, volume, stripe)) else None
        )

    def _targets(self, index: int, batch: _Batch, first: int, stop: int) -> list[memoryview]:
        """Give where the payloads go: to their place, or aside where something is computed from them."""
        payload, stripe = self._payload, self._stripe
        if index < self.shape.need:
            begin = (first - batch.first) * stripe + index * payload
            return [batch.out[at : at + payload] for at in range(begin, begin + (stop - first) * stripe, stripe)]
        slots = range(batch.slots, batch.slots + stop - first)
        batch.slots = slots.stop
        while len(self._spare) < slots.stop:
            self._spare.append(memoryview(bytearray(payload)))
        return self._spare[slots.start : slots.stop]

    def _head_room(self, rows: int) -> list[memoryview]:
        """Give room for all of a packet but its payload, so many times."""
        size = self.shape.packet - self.shape.payload
        while len(self._heads) < rows:
            self._heads.append(memoryview(bytearray(size)))
        return self._heads

    def _of(self, volume: int) -> list[_Way]:
        if volume != self._volume:
            groups = self._plan.groups.get(volume, [])
            self._ways = [_Way(index=group.index, source=source, spans=group.spans) for source, group in groups]
            self._volume = volume
        return self._ways

    def _scan(self, row: int) -> None:
        """Look for all packets, wherever they stand, and go on by what was found."""
        if self._again is None:
            raise self._short(row, 0)
        before = self.shape, self._plan.volume_rows
        plan = self._again()
        if (plan.shape, plan.volume_rows) != before:
            raise FormatError(
                "carry-mixed",
                "the parts contradict each other in what they say of the whole",
                mend="Look at them with `tamizdat check`, and leave out the one that differs.",
            )
        self._again = None
        self._adopt(plan)

    def _short(self, row: int, found: int) -> ShortError | AdapterError:
        if self.lost:
            return self._gone(row)
        volume, stripe = self.place(row)
        return ShortError(
            "carry-short",
            f"row {stripe} of volume {volume + 1} could be read before, and now only {found} of {self.shape.need} "
            "packets can",
            mend="Put the medium back, or bring another part, and join again.",
        )

    def _gone(self, row: int) -> AdapterError:
        volume, stripe = self.place(row)
        names = ", ".join(self._names[source] if source < len(self._names) else "?" for source in sorted(self.lost))
        return AdapterError(
            "medium-gone",
            f"{names} went away while it was read, and the others are not enough for row {stripe} of volume {volume + 1}",
            mend="Put the medium back and run the same command again: it goes on where it stopped.",
        )


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give the stretches of numbers that follow one another: first and end."""
    begin = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[begin], numbers[at - 1] + 1
            begin = at
