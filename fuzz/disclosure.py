"""Feed mutated lines of the ledger to their reader: read and written alike, or refused."""

from __future__ import annotations

import random
import sys

from pathlib import Path

from tamizdat.newsroom import disclosure
from tamizdat.primitives.errors import FormatError


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import ground
from tests import vectors


SEEDS = [vector.file for vector in vectors.load("disclosure")]
PIECES = [b'"', b",", b":", b"[", b"]", b"{", b"}", b"0", b"1", b"-1", b"1e9", b"null", b"\\u0000", b"\xff", b"="]


def make(dice: random.Random) -> bytes:
    """Spoil a vector."""
    return ground.spoil(dice.choice(SEEDS), dice, PIECES)


def one_input(raw: bytes) -> None:
    """Read it, and write it again if it could be read."""
    try:
        told = disclosure.read(raw)
    except FormatError:
        return
    assert disclosure.write(told) == raw


if __name__ == "__main__":
    ground.run(make, one_input)
