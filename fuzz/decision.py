"""Feed mutated texts of decisions to their reader: read and written alike, or refused."""

from __future__ import annotations

import random
import sys

from pathlib import Path

from tamizdat.newsroom import decision
from tamizdat.primitives.errors import FormatError


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import ground
from tests import vectors


SEEDS = [vector.file for vector in vectors.load("decision")]
PIECES = [b"\n", b": ", b"kind", b"destroy", b"subject", b"Z", b"=", b"0", b"\xc3", b"tamizdat-decision-v1"]


def make(dice: random.Random) -> bytes:
    """Spoil a vector."""
    return ground.spoil(dice.choice(SEEDS), dice, PIECES)


def one_input(raw: bytes) -> None:
    """Read it, and write it again if it could be read."""
    try:
        body = raw.decode()
        told = decision.read_text(body)
    except (FormatError, UnicodeDecodeError):
        return
    assert decision.write_text(told) == body


if __name__ == "__main__":
    ground.run(make, one_input)
