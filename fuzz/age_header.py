"""
Throw bytes at the reader of age files: it refuses with an error of ours, or reads a header of one spelling.

Only what was sealed is ever given, and a whole file, armored or not, is never refused.
"""

from __future__ import annotations

import contextlib
import io
import random

from ground import Dice, run, spoil

from tamizdat.primitives.age import armor, header, recipients
from tamizdat.primitives.age.file import Reader, seal
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import TamizdatError


CLASSICAL = recipients.generate(post_quantum=False, entropy=Dice())
HYBRID = recipients.generate(post_quantum=True, entropy=Dice())
OPENERS = [CLASSICAL, HYBRID, recipients.Passphrase(b"words", 1, max_work_factor=2)]
PIECES = [b"\n", b"\r\n", b" ", b"-> ", b"---", b"=", b"X25519", b"scrypt", b"mlkem768x25519", b"\x00", b"\xff", b""]
PIECES += [b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----", b"age-encryption.org/v1"]
TEXTS = [b"", b"text", b"long " * 14_000]


def seeds() -> list[bytes]:
    """Make a sound file of each kind to begin from."""
    dice = Dice()
    whom = [[CLASSICAL.recipient()], [HYBRID.recipient()] * 2, [recipients.Passphrase(b"words", 1)]]
    made = [seal(text, to, dice) for to in whom for text in TEXTS]
    return made + [armor.write(one) for one in made if len(one) < 9000]


SEEDS = seeds()


def one_input(data: bytes) -> None:
    """Read *data* every way; anything but an error of ours, or bytes that nobody sealed, is a find."""
    source = Source(io.BytesIO(data))
    with contextlib.suppress(TamizdatError):
        if header.write(header.read(source)) != data[: source.position]:
            raise AssertionError("a header has two spellings")
    given = b""
    try:
        reader = Reader(io.BytesIO(data), OPENERS)
        for chunk in reader.chunks():
            given += chunk
        if reader.seekable() and (reader.length != len(given) or reader.read_at(0, len(given)) != given):
            raise AssertionError("the two ways of reading differ")
    except TamizdatError as error:
        if data in SEEDS:
            raise AssertionError("a whole file was refused") from error
        if not any(text.startswith(given) for text in TEXTS):
            raise AssertionError("bytes were given that nobody sealed") from error
        return
    if given not in TEXTS:
        raise AssertionError("bytes were given that nobody sealed, and were called whole")


def make(dice: random.Random) -> bytes:
    """Change a few places, mostly in the head."""
    raw = dice.choice(SEEDS)
    head = raw.find(b"\n---") + 60 if dice.random() < 0.8 else len(raw)
    return spoil(raw[:head], dice, PIECES) + raw[head:] if dice.random() < 0.98 else raw


if __name__ == "__main__":
    run(make, one_input)
