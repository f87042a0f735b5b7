"""
Wound parts, and forge packets in them: every row with k true packets comes back, and nothing wrong ever does.

The judge knows the packets that were written and searches each file for their bytes: it shares no line with the reader.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random

from ground import Kept, run

from tamizdat.carry import part
from tamizdat.carry.join import Joiner
from tamizdat.carry.split import Splitter
from tamizdat.primitives.errors import TamizdatError


TEXT = hashlib.shake_256(b"fuzz").digest(9_000)
SIZE, NEED, TOTAL = 1024, 2, 4
KEY = bytes(range(32))


def parts() -> list[bytes]:
    """Split the text into four parts of three volumes."""
    sinks: list[Kept] = []

    def open_part(_index: int, _volume: int) -> Kept:
        sinks.append(Kept())
        return sinks[-1]

    splitter = Splitter(
        open_part, need=NEED, total=TOTAL, packet_size=SIZE, set_id=bytes(16), volume_length=4_000, tag_key=KEY
    )
    splitter.write(TEXT)
    splitter.close()
    return [sink.getvalue() for sink in sinks]


PARTS = parts()
# Every packet that was written, with the volume, row and index it stands for.
TRUE = {
    raw[at : at + SIZE]: (head.volume, head.stripe, head.index)
    for raw in PARTS
    for at in range(0, len(raw), SIZE)
    if (head := part.read_head(raw[at : at + part.HEADER])).kind == part.BLOCK
}
ROWS = {place[:2] for place in TRUE.values()}


def enough(files: list[bytes]) -> bool:
    """Judge whether each row has k true packets, in whatever files."""
    there: dict[tuple[int, int], set[int]] = {row: set() for row in ROWS}
    for packet, (volume, row, index) in TRUE.items():
        if any(packet in raw for raw in files):
            there[volume, row].add(index)
    return all(len(found) >= NEED for found in there.values())


def one_input(thrown: tuple[list[bytes], bool]) -> None:
    """Read each file as a part, join them all in both ways, and compare with what the judge says."""
    files, forged = thrown
    for raw in files:
        with contextlib.suppress(TamizdatError):
            packets = list(part.read(io.BytesIO(raw)))
            if sum(packet.header.shape.packet for packet in packets) != len(raw):
                raise AssertionError("a part was read, and not all of it")
    judged = enough(files)
    for survey_first in (False, True):
        joiner = Joiner([io.BytesIO(raw) for raw in files], [str(n) for n in range(len(files))], tag_key=KEY)
        try:
            found = joiner.survey().enough if survey_first else None
            with joiner.stream() as stream:
                joined = stream.read()
        except TamizdatError as error:
            if judged and not forged:
                raise AssertionError("what is enough was refused") from error
            continue
        if joined != TEXT:
            raise AssertionError("wrong bytes out of parts")
        if found is False:
            raise AssertionError("it was joined, and the survey said it could not be")
        if not judged:
            raise AssertionError("it was joined out of too little")


def make(dice: random.Random) -> tuple[list[bytes], bool]:
    """Choose some parts in some order, wound some of them, and sometimes give packets that were changed a valid check."""
    files = dice.sample(PARTS, dice.randint(6, len(PARTS)))
    forging = dice.random() < 0.4
    # So few of them that true packets are always more: a set is what most of its packets say.
    left = 3
    for number in dice.sample(range(len(files)), dice.randint(0, 5)):
        raw = bytearray(files[number])
        for _ in range(dice.randint(1, 4)):
            _wound(raw, dice)
        if forging and left and len(raw) >= SIZE:
            left -= 1
            _forge(raw, dice)
        files[number] = bytes(raw)
    if dice.random() < 0.3:  # a raw card: all in one image, rubbish between
        files = [b"".join(raw + dice.choice([b"", bytes(512), dice.randbytes(700), b"TZP1"]) for raw in files)]
    return files, forging


def _wound(raw: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(raw) + 1)
    match dice.randrange(6):
        case 0:
            del raw[at : at + dice.randrange(1, 1500)]
        case 1:
            raw[at:at] = dice.choice([b"TZP1", bytes(raw[:64]), dice.randbytes(9), bytes(raw[:SIZE])])
        case 2:
            raw[at : at + 200] = dice.randbytes(200)
        case 3:
            del raw[: dice.choice([1, 63, 64, SIZE - 1, SIZE, at])]
        case 4:
            raw[at : at + 1] = bytes([dice.choice([0, 1, 2, 4, 127, 128, 254, 255])])
        case 5:
            del raw[at:]


def _forge(raw: bytearray, dice: random.Random) -> None:
    """Change a packet's header or text, and give it a check that holds; the tag stays wrong."""
    begin = dice.randrange(len(raw) // SIZE) * SIZE
    view = memoryview(raw)[begin : begin + SIZE]
    for _ in range(dice.randint(1, 3)):
        place = dice.choice([dice.randrange(64), dice.randrange(64, 140)])
        view[place] = dice.choice([0, 1, 2, 3, 4, 6, 10, 12, 127, 255, dice.randrange(256)])
    if dice.random() < 0.5 or not any(view[-16:]):  # sixteen zeros are "nobody tagged this", which may be true
        view[-16:] = dice.randbytes(16)
    view[40:64] = part.check(view)
    view.release()


if __name__ == "__main__":
    run(make, one_input)
