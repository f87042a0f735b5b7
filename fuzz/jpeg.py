"""
Feed mutated JPEGs to the strict reader: refused by name, or read as libjpeg reads them and written again alike.

`python fuzz/jpeg.py SECONDS [SEED]`: for half of the time the reader's source runs under the address and
undefined-behaviour sanitizers, some thousand mutations a second, and libjpeg must read the same coefficients of what is
accepted; for the other half Python compares pixels. `python fuzz/jpeg.py million [FOLDER]` throws a million at the former, in twenty
rounds; FOLDER keeps which are done, so that it goes on where it was ended. Without a C compiler (gcc or clang), or
without libjpeg's headers (Debian: libjpeg62-turbo-dev), that part is left out, and said so.
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


def build(folder: Path) -> Path | None:
    """Compile fuzz/jpeg.c with sanitizers and what is at hand to compare with; None without a compiler."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        print("missing: a C compiler (gcc, clang): no sanitizers this time")
        return None
    program = folder / "jpeg"
    headers = "#include <stdio.h>\n#include <jpeglib.h>\n"
    compare = (
        subprocess.run([compiler, "-E", "-"], input=headers.encode(), capture_output=True, check=False).returncode == 0
    )
    if not compare:
        print("missing: libjpeg's headers (Debian: libjpeg62-turbo-dev): coefficients are not compared this time")
    flags = ["-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-w"]
    flags += ["-DLIBJPEG"] if compare else []
    command = [compiler, *flags, "-o", str(program), str(ROOT / "fuzz" / "jpeg.c"), *(["-ljpeg"] if compare else [])]
    subprocess.run(command, check=True)
    for number, raw in enumerate(seeds()):
        (folder / f"{number}.jpg").write_bytes(raw)
    return program


def run(program: Path, count: int, lots: int) -> str:
    """Throw so many mutations; gives what the program says of them, and ends everything where it found something."""
    files = map(str, sorted(program.parent.glob("*.jpg")))
    done = subprocess.run([str(program), str(count), str(lots), *files], stdout=subprocess.PIPE, check=False)
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        sys.exit(f"fuzz/jpeg.c found something with {count} {lots}: {said}")
    return said


def sanitized(folder: Path, seconds: float, seed: str) -> None:
    """Run fuzz/jpeg.c for about so many seconds."""
    lots, program = random.Random(seed).randrange(1 << 30), build(folder)
    until = time.monotonic() + seconds
    while program and time.monotonic() < until:
        lots += 1
        print(run(program, 20_000, lots))


def million(folder: Path) -> None:
    """Throw a million mutations, in rounds that are remembered."""
    folder.mkdir(parents=True, exist_ok=True)
    program, log = build(folder), folder / "done.txt"
    if not program:
        sys.exit(1)
    done = log.read_text().splitlines() if log.exists() else []
    for lots in range(len(done) + 1, 21):
        said = run(program, 50_000, lots)
        with log.open("a") as file:
            file.write(said + "\n")
    lines = log.read_text().splitlines()
    tried, accepted = (sum(int(line.split()[at]) for line in lines) for at in (0, 2))
    print(f"{tried:,} tried, {accepted:,} accepted, each written again alike; no find")


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


def main() -> None:
    """Spend half of the time on each."""
    if sys.argv[1:2] == ["million"]:
        million(Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "build" / "fuzz-jpeg"))
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = sys.argv[2] if len(sys.argv) > 2 else "jpeg"
    with tempfile.TemporaryDirectory() as folder:
        sanitized(Path(folder), seconds / 2, seed)
    compared(seconds / 2, seed)


if __name__ == "__main__":
    main()
