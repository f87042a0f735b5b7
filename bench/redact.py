"""
Measure commit, redact and verify against what everybody has: Pillow, jpegtran, hashing (python -m bench.redact [FILE ...]).

Every figure is the least of several rounds in which all contestants take turns, in seconds of processor time, so that
what else the machine does counts little; the ratios are what matters. `python -m bench.redact --large` takes 30 and 100
megapixels, each step in a process of its own, whose memory is measured. Goals: docs/performance.md. It wants jpegtran
(Debian: libjpeg-turbo-progs) and Pillow.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import resource
import shutil
import subprocess
import sys
import tempfile  # noqa: TID251 -- nothing of anybody's is in it
import time

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from PIL import Image

from bench.goals import note
from tamizdat.primitives.errors import TamizdatError
from tamizdat.redaction import codec, commitment, jpeg, picture, verify


ROUNDS: Final = 7
SEED: Final = bytes(range(32))
FACES: Final = [(0.2, 0.3), (0.35, 0.42), (0.5, 0.35), (0.66, 0.4), (0.8, 0.33)]
# A face of 300 pixels in a phone's picture of 12 MP; in others in proportion.
FACE: Final = 300 / 4032
# Best reported for a zero-knowledge proof of the like, of 30 MP: VerITAS (Datta, Chen, Boneh, 2024), signer's part.
VERITAS: Final = 300.0
LARGE: Final = {"30 MP": (4, 4), "100 MP": (8, 7)}


def main(paths: list[str]) -> int:
    """Measure each file, or a drawn one; says at the end whether the goals are met."""
    if paths[:1] == ["--large"]:
        return large()
    if paths[:1] == ["--one"]:
        return one(*paths[1:])
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths] or [("drawn, 12 MP", drawn(4032, 3024))]
    return max(measure(name, raw) for name, raw in files)


def drawn(width: int, height: int, quality: int = 88) -> bytes:
    """Draw slopes and grain, at about the size of a phone's photograph."""
    dice = np.random.default_rng(1)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([128 + 100 * np.sin(x / 97 + n) * np.cos(y / (61 + 9 * n)) for n in range(3)], axis=2)
    grain = np.clip(base + dice.normal(0, 9, base.shape), 0, 255).astype("uint8")
    sink = io.BytesIO()
    Image.fromarray(grain).save(sink, "JPEG", quality=quality, subsampling="4:2:0")
    return sink.getvalue()


def measure(name: str, raw: bytes) -> int:
    """Measure one file."""
    jpegtran = shutil.which("jpegtran")
    if jpegtran is None:
        print("missing: the program 'jpegtran' (Debian: libjpeg-turbo-progs)")
        return 1
    try:
        header = codec.read(raw).header
    except TamizdatError as error:
        print(f"{name} is committed to as a whole only, so there is nothing to measure: {error}")
        return 1
    boxes = faces(header)
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
        met = note(f"{what}, {name}", value, goal)
        print(f"  {what:34}{value:7.2f}  goal {goal:g}  {'met' if met else 'NOT MET'}")
    return int(any(value > goal for _, value, goal in goals))


def faces(header: codec.Header) -> list[picture.Box]:
    """Give the places of five faces."""
    edge = round(FACE * header.width)
    return [(int(x * header.width), int(y * header.height), edge, edge) for x, y in FACES]


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


def large() -> int:
    """Measure large pictures, one process a step."""
    small, late = codec.read(drawn(53 * 32, 35 * 32)), False
    with tempfile.TemporaryDirectory() as folder:
        for name, (across, down) in LARGE.items():
            path = Path(folder) / "large.jpg"
            path.write_bytes(repeated(small, across, down))
            header = codec.read(path.read_bytes()).header
            print(f"\n{name}: {header.width} x {header.height}, {path.stat().st_size:,} bytes")
            spent_on = {}
            for step in ("nothing", "commit", "redact", "verify"):
                spent_on[step], peak = alone(step, path)
                print(f"  {step:10}{spent_on[step]:7.2f} s of the processor, {peak:5} MiB at the most")
            made = spent_on["commit"] + spent_on["redact"] - 2 * spent_on["nothing"]
            if name == "30 MP":
                late = not note(
                    "commit and hide, 30 MP: times faster than VerITAS", VERITAS / made, 200, " x", least=True
                )
                print(
                    f"  commit and redact: {VERITAS / made:.0f} x faster than {VERITAS:.0f} s, goal 200: {'NOT MET' if late else 'met'}"
                )
    return int(late)


def repeated(small: codec.Picture, across: int, down: int) -> bytes:
    """Lay a picture of whole tiles side by side; to draw a large one would take minutes."""
    columns, rows = small.header.grid
    tiles = np.tile(small.tiles.reshape(rows, columns, -1), (down, across, 1)).reshape(
        columns * across * rows * down, -1
    )
    width, height = small.header.width * across, small.header.height * down
    made = codec.build(dataclasses.replace(small.header, width=width, height=height), tiles)
    return b"\xff\xd8" + b"".join(jpeg.segments(made.header, ())) + made.write()


def alone(step: str, path: Path) -> tuple[float, int]:
    """Run one step three times in a process of its own; gives its least seconds of the processor and its memory, in MiB."""
    command, best = [sys.executable, "-m", "bench.redact", "--one", step, str(path)], float("inf")
    for _ in range(3):
        before = spent()
        subprocess.run(command, check=True)
        best = min(best, spent() - before)
    return best, int(path.with_suffix(".peak").read_text())


def one(step: str, path: str) -> int:
    """Do one step with a large picture; what it gives lies beside the picture for the next."""
    raw, beside = Path(path).read_bytes(), Path(path).with_suffix
    if step == "commit":
        beside(".root").write_bytes(commitment.commit(SEED, raw).root)
    if step == "redact":
        made = picture.redact(SEED, raw, hide=[(1000, 1000, 500, 500), (3000, 2000, 500, 500)])
        beside(".red").write_bytes(made.file)
        beside(".proof").write_bytes(made.proof)
    if step == "verify":
        verify.verify(beside(".red").read_bytes(), beside(".proof").read_bytes(), beside(".root").read_bytes())
    # Not ru_maxrss, in which the process that started this one counts too.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    beside(".peak").write_text(str(int(peak.split()[1]) >> 10))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
