"""Fuzz the part reader, the scan and the join: any bytes give values or a TamizdatError, and never wrong ciphertext."""

from __future__ import annotations

import hashlib
import io
import random
import sys

from tamizdat.carry import part
from tamizdat.carry.join import Joiner
from tamizdat.carry.split import Splitter
from tamizdat.primitives.errors import TamizdatError


TEXT = hashlib.shake_256(b"fuzz").digest(30_000)


class _Kept(io.BytesIO):
    def close(self) -> None:
        """Keep what was written."""


def _parts() -> list[bytes]:
    sinks: list[_Kept] = []

    def open_part(_index: int, _volume: int) -> _Kept:
        sinks.append(_Kept())
        return sinks[-1]

    splitter = Splitter(
        open_part, need=2, total=3, packet_size=4096, set_id=bytes(16), volume_length=20_000, tag_key=bytes(32)
    )
    splitter.write(TEXT)
    splitter.close()
    return [sink.getvalue() for sink in sinks]


PARTS = _parts()


def one_input(data: bytes) -> None:
    """Read *data* as a part, and join it with parts that are whole."""
    try:
        for _ in part.read(io.BytesIO(data)):
            pass
    except TamizdatError:
        pass
    for others in ([], PARTS[1:3] + PARTS[4:6]):
        try:
            joiner = Joiner([io.BytesIO(raw) for raw in [data, *others]], ["data", *map(str, range(len(others)))])
            joiner.survey()
            joined = joiner.read(1 << 20)
        except TamizdatError:
            continue
        if others and joined != TEXT and part.MAGIC not in data:
            raise AssertionError("wrong bytes out of whole parts")


def _mutated(dice: random.Random) -> bytes:
    raw = bytearray(dice.choice(PARTS))
    for _ in range(dice.randrange(1, 6)):
        packet = dice.randrange(len(raw) // 4096 + 1) * 4096
        at = packet + dice.choice([dice.randrange(64), dice.randrange(64, 220), dice.randrange(4096)])
        match dice.randrange(5):
            case 0:
                del raw[at : at + dice.randrange(1, 5000)]
            case 1:
                raw[at:at] = dice.choice([b"TZP1", bytes(raw[:64]), dice.randbytes(9)])
            case _:
                raw[at : at + 1] = bytes([dice.choice([0, 1, 2, 4, 127, 128, 254, 255, dice.randrange(256)])])
        view = memoryview(raw)[packet : packet + 4096]
        if len(view) == 4096 and dice.random() < 0.8:  # a valid check lets the change through to what reads it
            view[40:64] = part.check(view)
        view.release()
    return bytes(raw)


def main(rounds: int) -> None:
    """Try *rounds* random changes; the same ones every time."""
    dice = random.Random(1)
    for _ in range(rounds):
        one_input(_mutated(dice))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
