"""Feed mutated entries, maps, notes and proofs to their readers: each is read and written back alike, or refused."""

from __future__ import annotations

import random
import sys
import time

from collections.abc import Callable
from pathlib import Path

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError
from tamizdat.record import batch, checkpoint, entry, proof


sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import vectors


def formats() -> list[tuple[list[bytes], Callable[[bytes], bytes]]]:
    """Give for each format its seeds, and what reads and writes again."""
    signer = note.Signer(name="example.com/fuzz", seed=bytes(32))
    signed = checkpoint.sign(checkpoint.Checkpoint(origin=signer.name, size=3, root=bytes(32)), signer)
    proven = proof.write(proof.Proof(index=1, path=(bytes(32), bytes(32)), checkpoint=signed, extra=b"extra"))
    files = {vector.name: vector.file for vector in vectors.load("entry")}
    return [
        ([raw for name, raw in files.items() if name.startswith("entry-")], lambda raw: entry.write(entry.read(raw))),
        (
            [raw for name, raw in files.items() if name.startswith("map-")],
            lambda raw: batch.write_map(batch.read_map(raw)),
        ),
        ([files["placement-whole"]], lambda raw: batch.write_placement(batch.read_placement(raw))),
        ([signed], lambda raw: note.write(note.read(raw))),
        ([proven], lambda raw: proof.write(proof.read(raw))),
    ]


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, or cut, double or drop a stretch."""
    file = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        start, end = sorted(dice.choices(range(len(file) + 1), k=2))
        match dice.randrange(4):
            case 0:
                file[start : start + 1] = bytes(
                    [dice.choice(b"\n :=+/A0\xe2\x00\xff") if dice.random() < 0.7 else dice.randrange(256)]
                )
            case 1:
                del file[start : min(end, start + 40)]
            case 2:
                file[start:start] = file[start : start + 40]
            case _:
                del file[max(end, len(file) - 3) :]
    return bytes(file)


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random(sys.argv[2] if len(sys.argv) > 2 else "entry")
    targets, tried, read = formats(), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seeds, again = dice.choice(targets)
        raw = mutate(dice.choice(seeds), dice)
        tried += 1
        try:
            same = again(raw)
        except FormatError:
            continue
        read += 1
        if same != raw:
            sys.exit(f"two spellings of one value: {raw!r}")
    print(f"{tried} tried, {read} read, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
