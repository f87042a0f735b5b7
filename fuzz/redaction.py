"""Feed mutated proofs, PNGs and texts to their readers: refused by name, or no other than what was committed to."""

from __future__ import annotations

import io
import random
import sys
import time
import zlib

from collections.abc import Callable
from pathlib import Path

import numpy as np

from PIL import Image

from tamizdat.primitives.errors import TamizdatError
from tamizdat.redaction import commitment, picture, png, proof, text, verify


sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.redaction import pictures


SEED = bytes(range(32))
LETTER = "Écrit à Bakou, le 20.\n\nIls sont venus à une heure.\nElle a tout vu.\n\nFin.\n".encode()


def targets(dice: random.Random) -> list[tuple[bytes, Callable[[bytes], None]]]:
    """Give what is mutated, and what must hold for whatever is accepted."""
    raw = pictures.jpeg(100, 70)
    root = commitment.commit(SEED, raw).root
    redacted = picture.redact(SEED, raw, hide=[(40, 40, 10, 10)], disclose=["date", "place"])
    letter = text.redact(SEED, LETTER, [(0, None), (1, 2)])
    letter_root = commitment.commit(SEED, LETTER).root
    drawn = [png_of(mode, dice) for mode in ("RGB", "L", "P", "RGBA", "1")]

    def one_proof(made: bytes) -> None:
        assert proof.write(proof.read(made)) == made, "two spellings of one proof"
        verify.verify(redacted.file, made, root)
        assert made == redacted.proof, "another proof was accepted"

    def one_text(made: bytes) -> None:
        text.verify(letter.file, made, letter_root)
        assert made == letter.proof, "another proof of a text was accepted"

    def one_letter(made: bytes) -> None:
        text.verify(made, letter.proof, letter_root)
        assert made == letter.file, "another text was accepted"

    return [
        (redacted.proof, one_proof),
        (letter.proof, one_text),
        (letter.file, one_letter),
        *((file, as_libpng) for file in drawn),
    ]


def png_of(mode: str, dice: random.Random) -> bytes:
    sink = io.BytesIO()
    pictures.scene(50, 40, mode).save(sink, "PNG", compress_level=dice.randrange(10))
    return sink.getvalue()


def as_libpng(raw: bytes) -> None:
    """Whatever we read of a PNG is what libpng shows."""
    made = png.read(raw)
    if made.header.width * made.header.height < 1 << 20:
        again = Image.open(io.BytesIO(made.publish(())))
        assert np.array_equal(np.asarray(again), np.asarray(Image.open(io.BytesIO(raw)))), "not as libpng reads it"


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, or cut, double or drop a stretch; a PNG gets right check sums half of the time."""
    file = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        start, end = sorted(dice.choices(range(len(file) + 1), k=2))
        match dice.randrange(6):
            case 0:
                del file[start : min(end, start + 40)]
            case 1:
                file[start:start] = file[start : start + 40]
            case 2:
                file[start : start + 1] = bytes([dice.choice(b"\x00\x01\x02\x08\x20\xff")])
            case _:
                file[start : start + 1] = bytes([dice.randrange(256)])
    if raw.startswith(png.SIGNATURE) and dice.random() < 0.5:
        return checked(bytes(file))
    return bytes(file)


def checked(raw: bytes) -> bytes:
    """Set the check sums of a PNG's chunks right."""
    at, file = 8, bytearray(raw)
    while at + 12 <= len(file):
        length = int.from_bytes(file[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(file):
            break
        file[end : end + 4] = zlib.crc32(file[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(file)


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random(sys.argv[2] if len(sys.argv) > 2 else "redaction")
    all_targets, tried, read = targets(dice), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seed, holds = dice.choice(all_targets)
        raw = mutate(seed, dice)
        if raw == seed:
            continue
        tried += 1
        try:
            holds(raw)
            read += 1
        except TamizdatError:
            continue
        except AssertionError as error:
            Path("fuzz-redaction.bin").write_bytes(raw)
            sys.exit(f"{holds.__name__}: {error}: fuzz-redaction.bin")
    print(f"{tried} tried, {read} read as they are, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
