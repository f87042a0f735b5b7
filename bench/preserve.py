"""
Measure the vault against the hash it must make in any case: python bench/preserve.py [FOLDER].

Storing and checking originals of 4 MB, each beside SHA-512 of the same bytes read from the same disk, in turns, and the other
implementation of OCFL where it is installed, which leaves what it writes to the cache. Every figure is the least of several
rounds, in seconds of processor time, so that what else the machine does counts little, and by the clock, where the disk is
part of it; the ratios are what matters. FOLDER is where to write (else a folder beside this one); it is removed
afterwards. Goals: docs/performance.md.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import time

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tamizdat.adapters.folder import Folder
from tamizdat.record.vault import Vault


ROUNDS: Final = 5
COUNT: Final = 40
SIZE: Final = 4_000_000
GOAL: Final = 3.0
CHUNK: Final = 1 << 20
SAID: Final = b"x" * 4096  # metadata, sealed


class Clock:
    """A clock that stands still."""

    def now(self) -> int:
        """Say one time for ever."""
        return 1795651200


def main(folder: Path) -> int:
    """Measure, say whether the goal is met, and remove what was written."""
    source = folder / "source"
    source.mkdir(parents=True)
    try:
        for number in range(COUNT):
            (source / f"{number:016x}").write_bytes(os.urandom(SIZE))  # noqa: TID251 -- bytes that no disk compresses
        return measure(folder, sorted(source.iterdir()))
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, files: list[Path]) -> int:
    """Let the contestants take turns."""
    contestants: dict[str, Callable[[], None]] = {
        "sha512 of the bytes": lambda: hash_all(files),
        "copy, each brought to the disk": lambda: copy_all(files, folder / "copy"),
        "vault: store": lambda: store_all(files, folder / "vault"),
        "vault: check": lambda: check_all(folder / "vault"),
    }
    theirs = other(files, folder / "theirs")
    if theirs is not None:
        contestants["ocfl-py: store, left to the cache"] = theirs
    best = {name: (float("inf"), float("inf")) for name in contestants}
    for _ in range(ROUNDS):
        for name in ("copy", "vault", "theirs"):  # what is removed first is no part of storing
            shutil.rmtree(folder / name, ignore_errors=True)
        for name, run in contestants.items():
            begin = time.process_time(), time.perf_counter()
            run()
            spent = time.process_time() - begin[0], time.perf_counter() - begin[1]
            best[name] = min(best[name][0], spent[0]), min(best[name][1], spent[1])
    floor = best["sha512 of the bytes"]
    print(f"{COUNT} originals of {SIZE / 1e6:.0f} MB               processor              by the clock")
    for name, (busy, clock) in best.items():
        shares = f"{busy * 1000:8.0f} ms {busy / floor[0]:5.2f} x   {clock * 1000:8.0f} ms {clock / floor[1]:5.2f} x"
        print(f"{name:34} {shares}")
    ratio = best["vault: store"][0] / floor[0]
    print(
        f"storing takes {ratio:.2f} x the hash alone; the goal is at most {GOAL} x: {'met' if ratio <= GOAL else 'MISSED'}"
    )
    return ratio > GOAL


def hash_all(files: list[Path]) -> None:
    """Read and hash."""
    for path in files:
        with path.open("rb") as stream:
            hashlib.file_digest(stream, "sha512")


def copy_all(files: list[Path], folder: Path) -> None:
    """Copy as safely as the vault writes, without hashing: what the disk alone takes."""
    store = Folder(folder)
    for path in files:
        with path.open("rb") as stream:
            store.put(path.name, iter(lambda: stream.read(CHUNK), b""))


def store_all(files: list[Path], folder: Path) -> None:
    """Store each as an object of a new vault."""
    store = Folder(folder)
    vault = Vault(store, Clock(), together=store.together)
    for path in files:
        with path.open("rb") as stream:
            vault.add(path.name, iter(lambda: stream.read(CHUNK), b""), SAID)


def check_all(folder: Path) -> None:
    """Check every byte of it."""
    if Vault(Folder(folder), Clock()).fsck():
        raise SystemExit("the vault is damaged")


def other(files: list[Path], folder: Path) -> Callable[[], None] | None:
    """Store by ocfl-py, where it is installed."""
    try:
        import ocfl  # noqa: PLC0415 -- measured where it is there
    except ImportError:
        return None
    logging.disable(logging.WARNING)

    def store() -> None:
        folder.mkdir()
        for path in files:
            single = folder / f"src-{path.name}"
            single.mkdir()
            os.link(path, single / "content.age")
            made = ocfl.Object(identifier=f"tamizdat:{path.name}")
            made.create(srcdir=str(single), objdir=str(folder / f"obj-{path.name}"))

    return store


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / ".preserve-bench"))
