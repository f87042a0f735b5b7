"""
Throw bytes at the readers of tars and dossiers: they refuse with an error of ours, or read to the end.

`python fuzz/tar.py 30` runs for 30 seconds by itself; with atheris installed it is driven by coverage.
"""

from __future__ import annotations

import hashlib
import io
import random
import sys
import time

from typing import BinaryIO

from tamizdat.field import archive, dossier, ustar
from tamizdat.primitives.errors import TamizdatError


try:
    import atheris
except ImportError:
    atheris = None


class Dice:
    """Dice that fall the same every time."""

    def random(self, count: int) -> bytes:
        """Give *count* bytes."""
        return hashlib.shake_256(b"fuzz").digest(count)


def seed() -> bytes:
    """Write a small dossier to spoil."""
    sink = io.BytesIO()
    dossier.write([], sink=sink, entropy=Dice(), created=1, note=b"a note")
    return sink.getvalue()


def one_input(raw: bytes) -> None:
    """Read *raw* both ways; anything but an error of ours is a fault of ours."""
    try:
        dossier.read(io.BytesIO(raw), read_all)
    except TamizdatError:
        dossier.kind(raw)
    try:
        for member in archive.read_members(io.BytesIO(raw)):
            member.stream.read()
    except TamizdatError:
        pass


def read_all(_: dossier.Entry, stream: BinaryIO) -> None:
    """Take a payload."""
    stream.read()


def spoiled(dice: random.Random, whole: bytes) -> bytes:
    """Spoil a few bytes of a few headers, and mend their checksums, so that the readers look further."""
    raw = bytearray(whole)
    for _ in range(dice.randint(1, 3)):
        start = ustar.BLOCK * dice.randrange(16)
        raw[start + dice.choice([0, 100, 124, 136, 156, 257, 345, 482]) + dice.randrange(8)] = dice.randrange(256)
        block = raw[start : start + ustar.BLOCK]
        block[148:156] = b" " * 8
        raw[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    return bytes(raw[: dice.randrange(len(raw))] if dice.random() < 0.2 else raw)


def main() -> None:
    """Run for the seconds given."""
    if atheris:
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
    dice = random.Random(1)
    whole = seed()
    end = time.monotonic() + float((*sys.argv, "10")[1])
    count = 0
    while time.monotonic() < end:
        one_input(spoiled(dice, whole))
        count += 1
    print(f"{count} inputs, none broke the readers")


if __name__ == "__main__":
    main()
