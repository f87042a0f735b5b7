"""
Measure content credentials: sign a photograph of 4 MB and read it back with all checks (python -m bench.credentials [FILE ...]).

Beside it stands SHA-256 of the same bytes, which both must make in any case. Every figure is the least of several rounds in which
all take turns, in seconds of processor time. Goal: docs/performance.md. A FILE must be as it is published: a JPEG that was not signed.
"""

from __future__ import annotations

import hashlib
import sys

from pathlib import Path
from typing import Final

from bench.goals import note
from bench.redact import SEED, drawn, faces, least
from tamizdat.redaction import codec, commitment, picture
from tamizdat.wire import credentials


GOAL: Final = 25.0  # ms
NOW: Final = 1_790_000_000


def main(paths: list[str]) -> int:
    """Measure each file, or a drawn one, five faces hidden; says at the end whether the goal is met."""
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths] or [("drawn", drawn(4032, 3024, 91))]
    return max(measure(name, raw) for name, raw in files)


def measure(name: str, raw: bytes) -> int:
    """Measure one file."""
    chain = credentials.make_chain("bench", NOW)
    redacted = picture.redact(SEED, raw, hide=faces(codec.read(raw).header))
    root = commitment.commit(SEED, raw).root
    beside = {"root": root.hex(), "redaction": redacted.proof.hex()}

    def sign() -> bytes:
        return credentials.sign(redacted.file, chain, title="a photograph", redaction=beside)

    def read() -> None:
        state = credentials.read(signed, [chain.root]).state
        if state != "Trusted":
            sys.exit(f"the credentials are not what was signed: {state}")

    signed = sign()
    best = least({"sha256 of the file": lambda: hashlib.sha256(signed).digest(), "sign": sign, "read and check": read})
    print(f"\n{name}: {len(redacted.file):,} bytes, {len(signed):,} signed")
    for what, seconds in best.items():
        print(f"  {what:24}{1000 * seconds:9.1f} ms{seconds / best['sha256 of the file']:9.1f} x sha256")
    both = 1000 * (best["sign"] + best["read and check"])
    met = note("content credentials: sign, read and check", both, GOAL, " ms")
    print(f"  {'sign, read and check':24}{both:9.1f} ms  goal {GOAL:g} ms  {'met' if met else 'NOT MET'}")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
