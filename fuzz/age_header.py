"""
Throw bytes at the reader of age files: it refuses with an error of ours, or reads a header of one spelling.

`python fuzz/age_header.py 30` runs for 30 seconds by itself; with atheris installed, `atheris.Setup` takes `one_input`.
"""

from __future__ import annotations

import io
import random
import sys
import time

from tamizdat.primitives.age import armor, header, recipients
from tamizdat.primitives.age.file import Reader, seal
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import TamizdatError


try:
    import atheris
except ImportError:
    atheris = None


class Dice:
    """Dice that fall the same every time."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def random(self, count: int) -> bytes:
        """Give *count* bytes."""
        return self._random.randbytes(count)


CLASSICAL = recipients.generate(post_quantum=False, entropy=Dice())
HYBRID = recipients.generate(post_quantum=True, entropy=Dice())
OPENERS = [CLASSICAL, HYBRID, recipients.Passphrase(b"words", 1, max_work_factor=2)]
PIECES = [b"\n", b"\r\n", b" ", b"-> ", b"---", b"=", b"X25519", b"scrypt", b"mlkem768x25519", b"\x00", b"\xff", b""]


def seeds() -> list[bytes]:
    """Make a sound file of each kind to begin from."""
    dice = Dice()
    made = [
        seal(b"text", [recipient], dice)
        for recipient in (CLASSICAL.recipient(), HYBRID.recipient(), recipients.Passphrase(b"words", 1))
    ]
    return [*made, armor.write(made[0])]


def one_input(data: bytes) -> None:
    """Read *data* every way; anything but an error of ours is a find."""
    source = Source(io.BytesIO(data))
    try:
        head = header.read(source)
    except TamizdatError:
        pass
    else:
        if header.write(head) != data[: source.position]:
            raise AssertionError("a header has two spellings")
    try:
        reader = Reader(io.BytesIO(data), OPENERS)
        read = reader.read()
        if reader.seekable() and (reader.length != len(read) or reader.read_at(0, len(read)) != read):
            raise AssertionError("the two ways of reading differ")
    except TamizdatError:
        pass


def mutate(data: bytes, dice: random.Random) -> bytes:
    """Change a few places."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        put = dice.choice([dice.randbytes(1), dice.choice(PIECES), data[at : at + dice.randint(1, 80)]])
        data = data[:at] + put + data[at + dice.randint(0, 3) :]
    return data


def main() -> None:
    """Run for as many seconds as the first argument says."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    dice = random.Random()
    corpus = seeds()
    for data in corpus:
        one_input(data)
    count = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = mutate(dice.choice(corpus), dice)
        try:
            one_input(data)
        except BaseException:
            print(f"find: {data.hex()}", file=sys.stderr)
            raise
        count += 1
    print(f"{count} inputs, no find")


if __name__ == "__main__":
    if atheris is not None and "--atheris" in sys.argv:
        sys.argv.remove("--atheris")
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
    else:
        main()
