"""Feed mutated stories and ledgers of claims to their readers: each is read, or refused with its faults."""

from __future__ import annotations

import random
import sys
import time

from importlib import resources
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.entry import mutate
from tamizdat.primitives.errors import FormatError
from tamizdat.wire import ledger, manuscript
from tests import vectors


SAMPLE = resources.files("tamizdat.newsroom").joinpath("sample")
CLAIMS = SAMPLE.joinpath("black-january.csv").read_bytes()


def one_input(data: bytes) -> bool:
    """Read the bytes as a story and as a ledger; say whether either was read."""
    read = False
    for reader in (
        lambda: manuscript.read("story", data, {"black-january": CLAIMS}),
        lambda: ledger.read_claims("ledger", data),
    ):
        try:
            reader()
            read = True
        except FormatError as error:
            assert error.faults or error.code
    return read


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random("story")
    seeds = [vector.file for name in ("story", "claim") for vector in vectors.load(name)]
    seeds += [path.read_bytes() for path in SAMPLE.iterdir() if path.name.endswith(".md")] + [CLAIMS]
    tried = read = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 1
        read += one_input(mutate(dice.choice(seeds), dice))
    print(f"{tried} tried, {read} read, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
