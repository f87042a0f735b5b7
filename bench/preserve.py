"""
Measure the vault against the hash it must make in any case: python bench/preserve.py [FOLDER].

Storing and checking originals of 4 MB, each beside SHA-512 of the same bytes read from the same disk, in turns, and the other
implementation of OCFL where it is installed, which leaves what it writes to the cache. Every figure is the least of several
rounds, in seconds of processor time, so that what else the machine does counts little, and by the clock; the ratios are
what matters. It runs in memory first (/dev/shm), where only the work itself counts. Then on a disk,
where everything is brought to the medium before an object counts, and four objects are stored at once: it is held against the same goal.
The other implementation is there once as it is, and once with `sync -f` behind all of it.
FOLDER is where to write there (else a folder beside this one); all is removed afterwards. Goals: docs/performance.md.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import time

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.goals import note
from tamizdat.adapters.folder import Folder
from tamizdat.record.vault import Vault


ROUNDS: Final = 5
COUNT: Final = 40
SIZE: Final = 4_000_000
GOAL: Final = 3.0
MEMORY: Final = Path("/dev/shm/tamizdat-preserve-bench")  # noqa: S108 -- no temporary file of the program's
CHUNK: Final = 1 << 20
SAID: Final = b"x" * 4096  # metadata, sealed


class Clock:
    """A clock that stands still."""

    def now(self) -> int:
        """Say one time for ever."""
        return 1795651200


def main(folder: Path) -> int:
    """Measure in memory and on a disk, and say whether the goal is met."""
    met = True
    for place, where in ((MEMORY, "in memory"), (folder, "on the disk")):
        if place.parent.is_dir():
            busy, clock = measured(place, where)
            for what, ratio in (("of the processor", busy), ("by the clock", clock)):
                good = note(f"take into the vault / SHA-512 of the bytes, {where}, {what}", ratio, GOAL, " x")
                print(
                    f"storing takes {ratio:.2f} x the hash alone {what}: {'met' if good else 'MISSED'} (at most {GOAL} x)"
                )
                met = met and good
            print()
    return not met


def measured(folder: Path, where: str) -> tuple[float, float]:
    """Make the originals, let the contestants take turns, and remove it all; give storing's times of the hash, busy and by the clock."""
    source = folder / "source"
    source.mkdir(parents=True)
    try:
        for number in range(COUNT):
            (source / f"{number:016x}").write_bytes(os.urandom(SIZE))  # noqa: TID251 -- bytes that no disk compresses
        return measure(folder, sorted(source.iterdir()), where)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, files: list[Path], where: str) -> tuple[float, float]:
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
        contestants["ocfl-py: store, sync -f behind it"] = lambda: synced(theirs, folder)
    best = {name: (float("inf"), float("inf")) for name in contestants}
    for _ in range(ROUNDS):
        for name in ("copy", "vault"):  # what is removed first is no part of storing
            shutil.rmtree(folder / name, ignore_errors=True)
        for name, run in contestants.items():
            shutil.rmtree(folder / "theirs", ignore_errors=True)
            begin = time.process_time(), time.perf_counter()
            run()
            spent = time.process_time() - begin[0], time.perf_counter() - begin[1]
            best[name] = min(best[name][0], spent[0]), min(best[name][1], spent[1])
    floor = best["sha512 of the bytes"]
    print(f"{f'{COUNT} originals of {SIZE / 1e6:.0f} MB, {where}':34}       processor           by the clock")
    for name, (busy, clock) in best.items():
        shares = f"{busy * 1000:8.0f} ms {busy / floor[0]:5.2f} x   {clock * 1000:8.0f} ms {clock / floor[1]:5.2f} x"
        print(f"{name:34} {shares}")
    busy, clock = best["vault: store"]
    return busy / floor[0], clock / floor[1]


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
    Vault(Folder(folder), Clock()).add_all((path.name, chunks(path), SAID) for path in files)


def chunks(path: Path) -> Iterator[bytes]:
    """Read a file in pieces."""
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(CHUNK), b"")


def check_all(folder: Path) -> None:
    """Check every byte of it."""
    if Vault(Folder(folder), Clock()).fsck():
        raise SystemExit("the vault is damaged")


def synced(store: Callable[[], None], folder: Path) -> None:
    """Store, and bring it all to the medium once."""
    store()
    subprocess.run(["sync", "-f", folder], check=True)


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
