"""Feed mutated squares to their reader: each is written back letter for letter, or refused; what is gathered never lies."""

from __future__ import annotations

import random
import sys
import time

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.entry import mutate
from tamizdat.carry import part, sheet
from tamizdat.primitives.errors import TamizdatError
from tests import vectors


def one_input(data: bytes) -> bool:
    """Read the bytes as one square, and as another reader's text of many; say whether the square was read."""
    gathered = sheet.Gathered()
    if sheet.is_text(data):
        for line in sheet.lines(data):
            try:
                gathered.take(line)
            except TamizdatError:
                continue
    try:
        square = gathered.take(data)
    except TamizdatError:
        return False
    if isinstance(square, sheet.Block):
        assert sheet.encode(square.packet).encode() == data
        assert part.read_packet(square.packet).header == square.header
    elif isinstance(square, sheet.Piece):
        assert data.endswith(square.data)
    else:
        assert sheet.write_announcement(square.value).encode() == data
    _judge(gathered)
    gathered.whole({data})
    return True


def _judge(gathered: sheet.Gathered) -> None:
    """Demand that what is said of the squares agrees with itself."""
    for finding in gathered.findings():
        assert 0 <= finding.more <= finding.need
        for one in finding.sheets:
            assert finding.squares is None or one.read + len(one.torn) >= finding.squares
        for _, raw in gathered.parts(finding.set_id):
            assert len(raw) % part.PAPER == 0
    for _, raw, missing in gathered.cards():
        assert raw is None or not missing


def _mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    """Change a square, or the packet in it with its check made right, so that the change gets through."""
    seed = dice.choice(seeds)
    if dice.random() < 0.5:
        return mutate(seed, dice)
    try:
        packet = bytearray(sheet.decode(seed))
    except ValueError:
        return mutate(seed, dice)
    if len(packet) != part.PAPER:
        return mutate(seed, dice)
    for _ in range(dice.randrange(1, 4)):
        packet[dice.randrange(40 if dice.random() < 0.8 else part.PAPER)] = dice.choice(
            [0, 1, 2, 10, 255, dice.randrange(256)]
        )
    packet[part.CHECKED : part.HEADER] = part.check(packet)
    return sheet.encode(bytes(packet)).encode()


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random("sheet")
    seeds = [vector.file for vector in vectors.load("sheet")]
    tried = read = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = _mutated(dice, seeds)
        tried += 1
        try:
            read += one_input(data)
        except Exception:
            print(f"fault found by {data[:2000]!r}")
            raise
    print(f"{tried} squares, {read} of them read")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
