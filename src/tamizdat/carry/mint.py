"""
Minting: more parts of a set, made later from any k parts or from the whole dossier. It is NOT a copy of lost parts only:
any of the 255 can be made, and one made twice is the same but for its tag. docs/spec/part.md, "The code", "Tag".

One row of packets is in memory at a time.
"""

from __future__ import annotations

import dataclasses

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO, Final, Protocol

import numpy as np
import numpy.typing as npt

from tamizdat.carry import erasure, part
from tamizdat.carry.part import Header, Layout, Shape
from tamizdat.carry.rows import Rows
from tamizdat.carry.scan import Progress, fetch
from tamizdat.carry.split import Sink
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tamizdat.primitives.ports import Entropy


LATE: Final = 127  # whoever seals seldom makes so many parts: what is minted above it hardly meets an unknown original


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The k blocks a row is made of: which parts they are of, and their payloads in that order."""

    indexes: tuple[int, ...]
    payloads: tuple[npt.NDArray[np.uint8], ...]


class Source(Protocol):
    """
    What parts are minted from.

    Attributes:
        count: How many rows there are in all.
    """

    shape: Shape
    count: int

    def place(self, row: int) -> tuple[int, int]:
        """Give the volume a row belongs to and its number there."""

    def used(self, row: int) -> int:
        """Give how many bytes of ciphertext a row holds."""

    def known(self, row: int) -> Known:
        """Give k blocks of a row."""


class FromParts:
    """
    Mint from the whole packets of any k parts.

    Raises:
        ValueError: The rows are not all there; ask the survey first.
    """

    def __init__(self, rows: Rows) -> None:
        if rows.count is None:
            msg = "nobody says how many rows there are"
            raise ValueError(msg)
        self.shape = rows.shape
        self.count = rows.count
        self._rows = rows
        self.place = rows.place
        self.used = rows.used

    def known(self, row: int) -> Known:
        """
        Give k blocks of a row; all that are at hand are held against each other.

        Raises:
            ShortError: Fewer can be read than in the survey.
            TrustError: They contradict each other.
        """
        need, payload = self.shape.need, self.shape.payload
        blocks = self._rows.blocks(row)
        places = {block.index: place for place, block in reversed(list(enumerate(blocks)))}
        if len(places) < need:
            self._rows.decode(row, blocks)  # says what is missing
        order = tuple(sorted(places)[:need])
        views = [np.frombuffer(block.packet, np.uint8)[part.HEADER : part.HEADER + payload] for block in blocks]
        found = Known(indexes=order, payloads=tuple(views[places[index]] for index in order))
        more = [place for place, block in enumerate(blocks) if block.index not in order or place != places[block.index]]
        if more:
            self._demand_agreement(found, [(blocks[place].index, views[place]) for place in more])
        return found

    def _demand_agreement(self, found: Known, more: Sequence[tuple[int, npt.NDArray[np.uint8]]]) -> None:
        """What is minted from a forged part is as false as it is; where more is at hand than is needed, that shows."""
        wanted = sorted({index for index, _ in more})
        made = dict(zip(wanted, _blocks(found, self.shape, wanted), strict=True))
        if any(not np.array_equal(view, made[index]) for index, view in more):
            numbers = ", ".join(str(index + 1) for index in sorted({*found.indexes, *wanted}))
            raise TrustError(
                "mint-contradict",
                f"the parts at hand ({numbers}) contradict each other: one of them at least is forged",
                mend="Do not mint from these without the newsroom's key (-i), which knows the forged ones.",
            )


class FromDossier:
    """
    Mint from the sealed file itself, in the shape of parts that exist.

    Args:
        stream: The ciphertext, from its beginning.
        like: Rows of at least one part of the set; every whole packet of it must fit the file.
    """

    def __init__(self, stream: BinaryIO, like: Rows) -> None:
        length = stream.seek(0, 2)
        self.shape = like.shape
        self.count = max(1, -(-length // like.shape.stripe))
        self._length = length
        self._stream = stream
        self._like = like
        self._indexes = tuple(range(like.shape.need))
        self.place = like.place
        if like.total not in {None, length}:
            raise _other(f"it has {length} bytes, and the part is of one of {like.total}")

    def used(self, row: int) -> int:
        """Give how many bytes of ciphertext a row holds."""
        return max(0, min(self.shape.stripe, self._length - row * self.shape.stripe))

    def known(self, row: int) -> Known:
        """
        Read a row, and hold it against the packets that exist.

        Raises:
            FormatError: They are not of this file.
        """
        stripe, payload = self.shape.stripe, self.shape.payload
        raw = fetch(self._stream, row * stripe, self.used(row))[0].ljust(stripe, b"\0")
        data = np.frombuffer(raw, np.uint8)
        found = Known(
            indexes=self._indexes, payloads=tuple(data[at : at + payload] for at in range(0, stripe, payload))
        )
        for block in self._like.blocks(row):
            expected = _blocks(found, self.shape, [block.index])[0]
            if block.packet[part.HEADER : part.HEADER + payload] != expected.tobytes():
                raise _other("the part holds other bytes")
        return found


def announced(sources: Sequence[BinaryIO], shape: Shape) -> int | None:
    """
    Say which total the first descriptors of a set's parts hold, so that minted ones are as they are; None: "unknown".

    Only the first packet of each source is looked at, and most voices hold.
    """
    votes: Counter[int | None] = Counter()
    for source in sources:
        raw, _ = fetch(source, 0, shape.packet)
        try:
            packet = part.read_packet(raw)
        except FormatError:
            continue
        if packet.layout is not None and packet.header.shape == shape and packet.header.stripe == 0:
            votes[packet.layout.total] += 1
    return votes.most_common(1)[0][0] if votes else None


def choose(present: Iterable[int], more: int, entropy: Entropy, *, first: int | None = None) -> list[int]:
    """
    Choose which parts to mint, from 0.

    How many parts exist stands nowhere. So, where *first* is not given, they are drawn by dice from above both
    the highest at hand and `LATE`: neither an original elsewhere nor another courier's new part is likely to be the same.

    Raises:
        UsageError: There are not so many left.
    """
    here = set(present)
    begin = first if first is not None else max(LATE, max(here, default=-1) + 1)
    free = [index for index in range(begin, part.CAPACITY) if index not in here]
    if first is not None:
        chosen = free[:more]
    else:
        if len(free) < more:
            free = [index for index in range(part.CAPACITY) if index not in here]
        chosen = []
        while free and len(chosen) < more:
            chosen.append(free.pop(int.from_bytes(entropy.random(8), "big") % len(free)))
    if more < 1 or len(chosen) < more:
        raise UsageError(
            "mint-counts",
            f"{more} more parts cannot be: of the {part.CAPACITY} that can ever be, {len(chosen)} are left to choose from",
            mend="Ask for fewer, or begin lower with --from.",
        )
    return sorted(chosen)


def mint(
    source: Source,
    wanted: Sequence[int],
    open_part: Callable[[int, int], Sink],
    *,
    layout: Layout,
    tag_key: bytes | None = None,
    progress: Progress | None = None,
) -> int:
    """
    Write the parts *wanted*, all volumes, and give how many volumes there are.

    Args:
        source: Where the rows come from.
        wanted: Which parts, from 0.
        open_part: Called with an index and a volume, as by `split.Splitter`.
        layout: What all but the last descriptor say: see `announced`.
        tag_key: 32 bytes; None leaves the tags zero, as nobody without the newsroom's key can do else.
        progress: Told of bytes as they are written.
    """
    volume = -1
    writers: list[_Writer] = []
    for row in range(source.count):
        now, stripe = source.place(row)
        if now != volume:
            volume = now
            writers = [
                _Writer(open_part(index, volume), source.shape, (index, volume), layout=layout, tag_key=tag_key)
                for index in wanted
            ]
        last = row + 1 == source.count
        blocks = _blocks(source.known(row), source.shape, wanted)
        ends = last or source.place(row + 1)[0] != volume
        total = row * source.shape.stripe + source.used(row) if last else layout.total
        for writer, block in zip(writers, blocks, strict=True):
            writer.block(block, stripe, source.used(row), ends=ends, last=last)
            if ends:
                writer.close(stripe + 1, total)
        if progress is not None:
            progress(len(wanted) * source.shape.packet)
    return volume + 1


class _Writer:
    """One part of one volume on its way, packet by packet as `split.Splitter` writes them."""

    def __init__(
        self, sink: Sink, shape: Shape, place: tuple[int, int], *, layout: Layout, tag_key: bytes | None
    ) -> None:
        self._sink = sink
        self._shape = shape
        self._index, self._volume = place
        self._layout = layout
        self._tag_key = tag_key
        self._packet = memoryview(bytearray(shape.packet))

    def block(self, payload: npt.NDArray[np.uint8], stripe: int, used: int, *, ends: bool, last: bool) -> None:
        if stripe % (part.EVERY - 1) == 0:
            self._describe(stripe, self._layout.total)
        self._packet[part.HEADER : part.HEADER + self._shape.payload] = payload.data
        self._write(self._header(part.BLOCK, stripe, used, ends=ends, last=last))

    def close(self, rows: int, total: int | None) -> None:
        self._describe(rows, total)
        self._sink.close()

    def _describe(self, stripe: int, total: int | None) -> None:
        header = self._header(part.DESCRIPTOR, stripe, 0)
        payload = part.write_layout(header, dataclasses.replace(self._layout, total=total))
        self._packet[part.HEADER : part.HEADER + self._shape.payload] = payload
        self._write(header)

    def _write(self, header: Header) -> None:
        part.seal(self._packet, header, self._tag_key)
        self._sink.write(self._packet)

    def _header(self, kind: int, stripe: int, used: int, *, ends: bool = False, last: bool = False) -> Header:
        return Header(
            shape=self._shape,
            kind=kind,
            index=self._index,
            volume=self._volume,
            stripe=stripe,
            used=used,
            end_of_volume=ends,
            end_of_set=last,
        )


def _blocks(known: Known, shape: Shape, wanted: Sequence[int]) -> list[npt.NDArray[np.uint8]]:
    """Give the payloads of other parts of the row."""
    targets = [np.empty(shape.payload, np.uint8) for _ in wanted]
    erasure.multiply(erasure.recovery(shape.need, known.indexes, wanted), known.payloads, targets)
    return targets


def _other(why: str) -> FormatError:
    return FormatError(
        "mint-other",
        f"this is not the sealed file that the part was made of: {why}",
        mend="Give the sealed file and a part of the same dossier.",
    )
