"""Feed mutated cards to their reader: each is written back byte for byte, or refused."""

from __future__ import annotations

import random
import sys
import time

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.entry import mutate
from tamizdat.primitives import card, note
from tamizdat.primitives.errors import TamizdatError
from tests import vectors


def one_input(data: bytes) -> bool:
    """Read the bytes as a whole card, and as the text of one; say whether the text was read."""
    try:
        card.read(data)
    except TamizdatError:
        pass
    else:
        assert card.write_text(card.read(data)) == note.read(data).text
    try:
        body = note.read(data).text
        assert card.write_text(card.read_text(body)) == body
    except TamizdatError:
        return False
    return True


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random("card")
    seeds = [vector.file for vector in vectors.load("card")]
    tried = read = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 1
        read += one_input(mutate(dice.choice(seeds), dice))
    print(f"{tried} tried, {read} texts read, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
