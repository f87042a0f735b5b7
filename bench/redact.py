"""
Measure commit, redact and verify against what everybody has: Pillow, jpegtran, hashing (python bench/redact.py [FILE ...]).

Every figure is the least of several rounds in which all contestants take turns, in seconds of processor time, so that
what else the machine does counts little; the ratios are what matters. Goals: docs/performance.md. It wants jpegtran
(Debian: libjpeg-turbo-progs) and Pillow.
"""

from __future__ import annotations

import hashlib
import io
import resource
import shutil
import subprocess
import sys
import time

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from PIL import Image

from tamizdat.redaction import codec, commitment, picture, verify


ROUNDS: Final = 7
SEED: Final = bytes(range(32))
FACES: Final = [(0.2, 0.3), (0.35, 0.42), (0.5, 0.35), (0.66, 0.4), (0.8, 0.33)]


def main(paths: list[str]) -> int:
    """Measure each file, or a drawn one; says at the end whether the goals are met."""
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths] or [("drawn, 12 MP", drawn(4032, 3024))]
    return max(measure(name, raw) for name, raw in files)


def drawn(width: int, height: int) -> bytes:
    """Draw slopes and grain, at about the size of a phone's photograph."""
    dice = np.random.default_rng(1)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([128 + 100 * np.sin(x / 97 + n) * np.cos(y / (61 + 9 * n)) for n in range(3)], axis=2)
    grain = np.clip(base + dice.normal(0, 9, base.shape), 0, 255).astype("uint8")
    sink = io.BytesIO()
    Image.fromarray(grain).save(sink, "JPEG", quality=88, subsampling="4:2:0")
    return sink.getvalue()


def measure(name: str, raw: bytes) -> int:
    """Measure one file."""
    jpegtran = shutil.which("jpegtran")
    if jpegtran is None:
        print("missing: the program 'jpegtran' (Debian: libjpeg-turbo-progs)")
        return 1
    header = codec.read(raw).header
    boxes = [(int(x * header.width), int(y * header.height), 300, 300) for x, y in FACES]
    redacted = picture.redact(SEED, raw, hide=boxes)
    root = commitment.commit(SEED, raw).root
    optimize = [jpegtran, "-optimize", "-copy", "none"]
    best = least(
        {
            "Pillow decode + encode": lambda: pillow(raw),
            "jpegtran -optimize": lambda: subprocess.run(optimize, input=raw, stdout=subprocess.DEVNULL, check=True),
            "sha256 of the file": lambda: hashlib.sha256(raw).digest(),
            "coefficients alone": lambda: codec.read(raw),
            "commit": lambda: commitment.commit(SEED, raw),
            "redact five faces": lambda: picture.redact(SEED, raw, hide=boxes),
            "verify": lambda: verify.verify(redacted.file, redacted.proof, root),
        }
    )
    megapixels = header.width * header.height / 1e6
    print(f"\n{name}: {megapixels:.1f} MP, {len(raw):,} bytes; {redacted.hidden} of {redacted.tiles} tiles hidden")
    for what, seconds in best.items():
        print(f"  {what:24}{1000 * seconds:9.1f} ms")
    goals = [
        ("commit / Pillow decode + encode", best["commit"] / best["Pillow decode + encode"], 1.2),
        ("commit / coefficients alone", best["commit"] / best["coefficients alone"], 4.0),
        ("redact / jpegtran -optimize", best["redact five faces"] / best["jpegtran -optimize"], 1.0),
        ("proof of five faces / file, %", 100 * len(redacted.proof) / len(raw), 0.5),
        ("proof of thirty faces, KB", thirty(raw, header) / 1000, 32.0),
    ]
    for what, value, goal in goals:
        print(f"  {what:34}{value:7.2f}  goal {goal:g}  {'met' if value <= goal else 'NOT MET'}")
    return int(any(value > goal for _, value, goal in goals))


def thirty(raw: bytes, header: codec.Header) -> int:
    """Give the length of the proof with thirty small boxes hidden."""
    places = [(column / 6.5, row / 6) for column in range(6) for row in range(5)]
    boxes = [(int(x * header.width), int(y * header.height), 120, 120) for x, y in places]
    return len(picture.redact(SEED, raw, hide=boxes).proof)


def pillow(raw: bytes) -> None:
    """Decode and encode as a picture program does."""
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        image.save(io.BytesIO(), "JPEG", quality=90)


def least(contestants: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Let all take turns and give the least of each."""
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(ROUNDS):
        for name, run in contestants.items():
            before = spent()
            run()
            best[name] = min(best[name], spent() - before)
    return best


def spent() -> float:
    """Processor time of this process and of those it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
