"""
Feed mutated JPEGs to the strict reader: refused by name, or read as libjpeg reads them and written again alike.

With a C compiler at hand (gcc or clang) the same source runs under the address and undefined-behaviour sanitizers too,
many thousand mutations a second; without one that part is left out, and said so.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import sys
import tempfile  # noqa: TID251 -- drawn test pictures only
import time
import warnings

from pathlib import Path

import numpy as np

from PIL import Image

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import codec, jpeg


sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.redaction import pictures


ROOT = Path(__file__).parents[1]


def seeds() -> list[bytes]:
    """Give small pictures of every kind."""
    kinds = [
        {},
        {"progressive": True},
        {"subsampling": "4:4:4", "restart_marker_blocks": 2},
        {"subsampling": "4:2:2", "optimize": True},
        {"mode": "L", "progressive": True},
        {"mode": "CMYK"},
        {"progressive": True, "restart_marker_rows": 1, "quality": 40},
    ]
    return [pictures.jpeg(49, 40, exif=b"", **kind) for kind in kinds]


def sanitized(folder: Path, seconds: float, seed: str) -> None:
    """Run fuzz/jpeg.c for about so many seconds."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        print("missing: a C compiler (gcc, clang): no sanitizers this time")
        return
    program = folder / "jpeg"
    flags = ["-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-w"]
    subprocess.run([compiler, *flags, "-o", str(program), str(ROOT / "fuzz" / "jpeg.c")], check=True)
    files = []
    for number, raw in enumerate(seeds()):
        files.append(folder / f"{number}.jpg")
        files[-1].write_bytes(raw)
    until, turn = time.monotonic() + seconds, random.Random(seed).randrange(1 << 30)
    while time.monotonic() < until:
        turn += 1
        if subprocess.run([str(program), "50000", str(turn), *map(str, files)], check=False).returncode:
            sys.exit(f"fuzz/jpeg.c found something: seed {turn}")


def compared(seconds: float, seed: str) -> None:
    """Compare what is accepted with libjpeg, in pixels."""
    dice, tried, read = random.Random(seed), 0, 0
    until, files = time.monotonic() + seconds, seeds()
    while time.monotonic() < until:
        raw = mutate(dice.choice(files), dice)
        tried += 1
        try:
            made = codec.read(raw)
        except FormatError:
            continue
        if made.header.width * made.header.height > 1 << 20:
            continue
        read += 1
        again = b"\xff\xd8" + b"".join(jpeg.segments(made.header, ())) + made.write()
        if not np.array_equal(decoded(raw[: len(raw) - len(made.trailer)]), decoded(again)):
            Path("fuzz-jpeg.jpg").write_bytes(raw)
            sys.exit("a picture is not what libjpeg makes of it: fuzz-jpeg.jpg")
    print(f"{tried} tried, {read} read as libjpeg does, the others refused")


def decoded(raw: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.open(io.BytesIO(raw))
        image.draft(None, None)
        return np.asarray(image)


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, or cut or double a stretch."""
    file = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(file) if dice.random() < 0.5 else min(700, len(file)))
        match dice.randrange(6):
            case 0:
                file[at] = 0xFF
            case 1:
                file[at] = dice.randrange(256)
            case 2:
                del file[at : at + dice.randint(1, 8)]
            case 3:
                file[at:at] = file[at : at + dice.randint(1, 40)]
            case _:
                file[at] ^= 1 << dice.randrange(8)
    return bytes(file)


def main(seconds: float) -> None:
    """Spend half of the time on each."""
    seed = sys.argv[2] if len(sys.argv) > 2 else "jpeg"
    with tempfile.TemporaryDirectory() as folder:
        sanitized(Path(folder), seconds / 2, seed)
    compared(seconds / 2, seed)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
