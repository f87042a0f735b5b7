"""
Throw bytes at the reader of descriptors: it refuses them, or they have the one spelling; and no lie in one spoils a join.

A forged descriptor has a valid check here, as a courier could make it: the others outvote it, without any key.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random

from ground import Kept, run, spoil

from tamizdat.carry import part
from tamizdat.carry.join import Joiner
from tamizdat.carry.split import Splitter
from tamizdat.primitives.errors import FormatError, TamizdatError


TEXT = hashlib.shake_256(b"descriptor").digest(9_000)
PIECES = [
    *(b"\n", b"\n\n", b"\r\n", b" ", b"\0", b"total: ", b"volume-rows: ", b"all", b"unknown", b"tamizdat-part-v1"),
    *(
        b"-1",
        b"+1",
        b"0",
        b"00",
        b"1",
        b"1_0",
        b"72057594037927936",
        b"72057594037927937",
        b"4294967295",
        b"4294967296",
    ),
    *(b"9" * 60, "\u0661".encode(), b"0x10", b"1e9", b""),
]


def parts(packet: int, volume: int | None) -> list[bytes]:
    """Split the text into five parts, or into five for each volume."""
    sinks: dict[tuple[int, int], Kept] = {}
    splitter = Splitter(
        lambda index, number: sinks.setdefault((index, number), Kept()),
        need=2, total=5, packet_size=packet, set_id=bytes(16), volume_length=volume,
    )  # fmt: skip
    splitter.write(TEXT)
    splitter.close()
    return [sink.getvalue() for sink in sinks.values()]


SETS = [(size, parts(size, volume)) for size, volume in ((1024, None), (1024, 4_000), (4096, None))]
SEEDS = [raw[64:size] for size, files in SETS for raw in files[:1]]
SEEDS += [part.write_layout(part.read_head(SETS[2][1][0]), part.Layout(total=n, volume_stripes=n)) for n in (1, 9000)]


def one_input(given: tuple[bytes, int]) -> None:
    """Read the text of a descriptor; then let one part of five say it in every descriptor, and join."""
    thrown, which = given
    with contextlib.suppress(FormatError):
        layout = part.read_layout(thrown)
        stripes = "all" if layout.volume_stripes is None else layout.volume_stripes
        total = "unknown" if layout.total is None else layout.total
        if not thrown.startswith(f"tamizdat-part-v1\ntotal: {total}\nvolume-rows: {stripes}\n\n".encode()):
            raise AssertionError(f"a descriptor has two spellings: {layout}")
        if (layout.total or 0) > 1 << 56 or not 1 <= (layout.volume_stripes or 1) < 1 << 32:
            raise AssertionError(f"a number in it is out of bounds: {layout}")
    size, files = SETS[which]
    liar = _say(files[0], size, thrown)
    for others in ([], files[1:]):
        sources = [liar, *others]
        try:
            joiner = Joiner([io.BytesIO(raw) for raw in sources], [str(n) for n in range(len(sources))])
            with joiner.stream() as stream:
                joined = stream.read(1 << 20)
        except TamizdatError:
            if others:
                raise
            continue
        if others and joined != TEXT:
            raise AssertionError("one liar of five spoiled the join")


def make(dice: random.Random) -> tuple[bytes, int]:
    """Spoil the lines at the beginning of a descriptor."""
    text = dice.choice(SEEDS)
    lines, rest = text[:70], text[70:]
    return spoil(lines, dice, PIECES) + rest, dice.randrange(len(SETS))


def _say(raw: bytes, size: int, text: bytes) -> bytes:
    changed = bytearray(raw)
    for at in range(0, len(raw), size):
        if raw[at + 4] == part.DESCRIPTOR:
            view = memoryview(changed)[at : at + size]
            view[64:] = text[: size - 64].ljust(size - 64, b"\0")
            view[40:64] = part.check(view)
            view.release()
    return bytes(changed)


if __name__ == "__main__":
    run(make, one_input)
