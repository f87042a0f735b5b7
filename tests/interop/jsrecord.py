"""
The check page's modules of the record and of editions, run by Node without a browser: jobs in, answers out.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess

from pathlib import Path
from typing import Any

from tamizdat.adapters.memory import Memory
from tests import tools


def base64s(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def coded(changes: dict[str, bytes | None]) -> dict[str, str | None]:
    return {name: None if raw is None else base64s(raw) for name, raw in changes.items()}


def kept(folder: Path, store: Memory) -> str:
    for path, raw in store.values.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return str(folder)


def spoiled(dice: random.Random, raw: bytes) -> bytes:
    """One small change: a byte, a stretch gone, a stretch twice, or letters that readers stumble over."""
    at = dice.randrange(len(raw) + 1)
    end = min(len(raw), at + dice.choice([1, 1, 2, 8, 40]))
    odd = dice.choice(
        [b"\n", b" ", b"0", b"+", b"=", b"\t", "é".encode(), "\u2028".encode(), "\ufeff".encode(), b"A", b"9" * 20]
    )
    kind = dice.randrange(4)
    if kind == 0 and at < len(raw):
        return raw[:at] + bytes([raw[at] ^ 1 << dice.randrange(8)]) + raw[at + 1 :]
    return raw[:at] + {0: b"", 1: b"", 2: raw[at:end] * 2, 3: odd}[kind] + raw[end if kind < 3 else at :]


def ask(folder: Path, jobs: tuple[dict[str, Any], ...]) -> list[Any]:
    """Run jobs of record.mjs; *folder* is for its files."""
    tools.node_module("@noble/post-quantum")
    (folder / "jobs").write_text(json.dumps(jobs))
    command = [tools.need("node"), "--no-warnings", tools.ROOT / "tests/interop/record.mjs", folder / "jobs"]
    done = subprocess.run([*command, folder / "answers"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((folder / "answers").read_text())
