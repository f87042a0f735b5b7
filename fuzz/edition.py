"""Feed mutated lists, approvals and whole editions to their readers: read and written alike, or refused; never silent."""

from __future__ import annotations

import random
import sys
import time

from collections.abc import Callable
from pathlib import Path

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import approval, edition, verify


sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import vectors
from tests.wire import editions


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, or cut, double or drop a stretch."""
    file = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        start, end = sorted(dice.choices(range(len(file) + 1), k=2))
        match dice.randrange(4):
            case 0:
                file[start : start + 1] = bytes([dice.choice(b"\n :=+/.A0\xe2\x00\xff")])
            case 1:
                del file[start : min(end, start + 40)]
            case 2:
                file[start:start] = file[start : start + 80]
            case _:
                del file[max(end, len(file) - 3) :]
    return bytes(file)


def text(raw: bytes, again: Callable[[str], str]) -> bool:
    """Read and write once; say whether it was read."""
    try:
        body = raw.decode()
        same = again(body)
    except (FormatError, UnicodeDecodeError):
        return False
    if same != body:
        sys.exit(f"two spellings of one value: {raw!r}")
    return True


def folder(whole: editions.Memory, dice: random.Random) -> None:
    """Spoil one file of an edition: a fault must be found, and no exception may come out."""
    name = dice.choice(sorted(whole.values))
    spoiled = editions.copy(whole)
    spoiled.values[name] = mutate(whole.values[name], dice)
    # What is added behind the signatures of strangers changes nothing.
    if spoiled.values[name] != whole.values[name] and not verify.check(spoiled, now=editions.NOW).faults:
        sys.exit(f"unseen: {name}: {spoiled.values[name]!r}")


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random(sys.argv[2] if len(sys.argv) > 2 else "edition")
    whole = editions.Room().publish()
    lists = [vector.file for vector in vectors.load("edition")]
    approvals = [vector.file for vector in vectors.load("approval")]
    tried, read = 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 3
        read += text(mutate(dice.choice(lists), dice), lambda body: edition.write_text(edition.read_text(body)))
        read += text(mutate(dice.choice(approvals), dice), lambda body: approval.write_text(approval.read_text(body)))
        folder(whole, dice)
    print(f"{tried} tried, {read} texts read, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
