"""
Spoil a vault's files: `fsck` never stops, and what it calls whole still holds the bytes that were put in.

`python fuzz/ocfl.py 30` runs for 30 seconds by itself; with atheris installed, `atheris.Setup` takes `one_input`.
"""

from __future__ import annotations

import random
import sys
import time

from tamizdat.adapters.memory import Memory
from tamizdat.record import ocfl
from tamizdat.record.vault import Vault


try:
    import atheris
except ImportError:
    atheris = None


OBJECT = "00112233aabbccdd"
CONTENT = b"age-encryption.org/v1 and so on"
PIECES = [
    b"{}",
    b"[]",
    b"null",
    b'"',
    b",",
    b"v1",
    b"v2",
    b"..",
    b"/",
    b"\x00",
    b"\xff",
    b"e",
    b"{" * 2000,
    b"9" * 5000,
    b"",
]


class Standing:
    """A clock that stands still."""

    def now(self) -> int:
        """Say one time for ever."""
        return 1795651200


def vault() -> tuple[Memory, Vault]:
    """Make a vault with one object of two versions."""
    store = Memory()
    made = Vault(store, Standing())
    made.add(OBJECT, [CONTENT], b"what is said of it")
    made.describe(OBJECT, b"more that is said of it")
    return store, made


def one_input(data: bytes) -> None:
    """Let the first byte choose a file, the rest stand in it; anything but a report is a find."""
    store, made = vault()
    names = sorted(store.values)
    name = names[data[0] % len(names)] if data else names[0]
    store.values[name] = data[1:]
    before, _ = vault()
    if not made.fsck():
        same = {found: value for found, value in store.values.items() if not found.endswith(".sha512")}
        if any(before.values[found] != value for found, value in same.items()):
            raise AssertionError(f"an altered {name} went unseen")
    ocfl.validate(store)
    if made.has(OBJECT):
        made.sweep()
        if name not in store.values or not any(found.endswith("content.age") for found in store.values):
            raise AssertionError(f"sweeping after {name} was altered removed something")


def spoil(dice: random.Random) -> bytes:
    """Spoil one file of a vault in a few places."""
    store, _ = vault()
    names = sorted(store.values)
    number = dice.randrange(len(names))
    value = bytearray(store.values[names[number]])
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(value) + 1)
        if dice.random() < 0.5:
            value[at : at + dice.randint(0, 8)] = dice.choice(PIECES)
        elif value:
            value[at % len(value)] ^= 1 << dice.randrange(8)
    return bytes([number]) + bytes(value)


def main(seconds: float) -> None:
    """Run for so many seconds."""
    dice = random.Random(7)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        one_input(spoil(dice))
        count += 1
    print(f"{count} vaults, nothing unseen")


if __name__ == "__main__":
    if atheris is not None and len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 10)
