"""
Where the seconds go: each stage of the work alone, on one core, over the same bytes; and sealing with the last stage left out.

`python -m bench.carry.stages TREE CARD` seals 3 of 5 and writes to nowhere.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bench.carry import contenders
from bench.carry.contenders import Contender
from bench.carry.course import Course
from tamizdat.adapters import disk, relay
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.carry import erasure, part, split
from tamizdat.field import sealing
from tamizdat.primitives import card as cards
from tamizdat.primitives import digest
from tamizdat.primitives.age import recipients


NOWHERE: Final = Contender(
    name="sealing 3 of 5, written to nowhere",
    script=f'{sys.executable} -m bench.carry.stages "$TREE" "$CARD"',
    ours=True,
)
_PACKET: Final = 65536
_CHUNK: Final = 65536


class Nowhere:
    """Parts that are thrown away; it works in the second process, as the real writer does."""

    def __init__(self, file_key: bytes, set_id: bytes) -> None:
        self._key = digest.part_tag_key(file_key)
        self._set_id = set_id
        self._inner: split.Splitter | None = None

    def write(self, data: memoryview) -> None:
        """Code it."""
        if self._inner is None:
            self._inner = split.Splitter(
                lambda _index, _volume: _Thrown(),
                need=3, total=5, packet_size=_PACKET, set_id=self._set_id, tag_key=self._key,
            )  # fmt: skip
        self._inner.write(data)

    def finish(self, _: Callable[[int], None]) -> None:
        """Code the rest."""
        if self._inner is not None:
            self._inner.close()

    def abandon(self) -> None:
        """There is nothing to undo."""


class _Thrown:
    def write(self, data: memoryview, /) -> int:
        return len(data)

    def close(self) -> None:
        pass


def seal_nowhere(folder: str, card: str) -> None:
    """Seal a folder into parts that are thrown away."""
    found, _ = disk.walk([folder])
    entropy = SystemEntropy()
    file_key = entropy.random(16)
    sink = relay.start(Nowhere(file_key, entropy.random(16)))
    newsroom = cards.read(Path(card).read_bytes())
    sealing.seal(
        found,
        recipients=[recipients.read_recipient(word) for word in (*newsroom.recipients, newsroom.recovery) if word],
        entropy=entropy,
        sink=sink,
        created=SystemClock().now(),
        file_key=file_key,
        parts=None,
    )
    sink.finish(lambda _: None)


def alone(place: Course) -> str:
    """Time every stage alone, in seconds of processor; give a table."""
    names = sorted((place.home / "tree").rglob("*.JPG"))
    size = sum(path.stat().st_size for path in names)
    lines = [f"| stage of sealing 3 of 5, one core, {size / 1e9:.2f} GB | seconds | MB/s of files |", "|---|---|---|"]
    total = 0.0
    for name, stage in _stages(place.home, names, size):
        # Seconds of processor, not of the clock: others may be at work on this machine.
        begin = time.process_time()
        stage()
        took = time.process_time() - begin
        total += took
        lines.append(f"| {name} | {took:.3f} | {size / took / 1e6:.0f} |")
    lines.append(f"| all of these, one after another | {total:.3f} | {size / total / 1e6:.0f} |")
    start = Contender(name="", script=f"{contenders.TAMIZDAT} seal --help")
    nothing = min((place.one(start) for _ in range(3)), key=lambda one: one.cpu)
    lines.append(f"| besides: starting Python and importing, each process of ours | {nothing.cpu:.3f} | |")
    return "\n".join(lines)


def profile(place: Course) -> str:
    """Time every stage alone, then the commands; give two tables."""
    first = alone(place)
    lines = [
        f"| command, {place.size / 1e9:.2f} GB in memory, best of three | seconds | CPU seconds | MB/s |",
        "|---|---|---|---|",
    ]
    place.prepare_opening()
    for contender in (
        NOWHERE,
        contenders.SEAL_UNCHECKED,
        contenders.SEAL_3_5,
        contenders.OPEN_ALL,
        contenders.OPEN_TWO,
        contenders.UNTAR,
        contenders.TAR_AGE,
    ):
        done = min((place.one(contender) for _ in range(3)), key=lambda one: one.wall)
        name = contender.name.replace("|", "\\|")
        lines.append(f"| `{name}` | {done.wall:.3f} | {done.cpu:.2f} | {place.size / done.wall / 1e6:.0f} |")
    return first + "\n\n" + "\n".join(lines)


def _stages(home: Path, names: list[Path], size: int) -> Iterator[tuple[str, Callable[[], None]]]:
    room = memoryview(bytearray(_CHUNK + 16))
    chunk = bytes(room[:_CHUNK])
    count = -(-size // _CHUNK)
    cipher = ChaCha20Poly1305(bytes(32))
    sources = [np.random.default_rng(n).integers(0, 256, _PACKET - 80, np.uint8) for n in range(3)]
    targets = [np.zeros(_PACKET - 80, np.uint8) for _ in range(2)]
    matrix = erasure.generator(3, 5)[3:]
    packet = memoryview(bytearray(_PACKET))

    def read() -> None:
        for path in names:
            with path.open("rb", buffering=0) as stream:
                while stream.readinto(room):
                    pass

    def write() -> None:
        out = os.open(home / "written", os.O_CREAT | os.O_WRONLY, 0o600)
        for _ in range(count * 5 // 3):
            os.write(out, packet)
        os.close(out)
        (home / "written").unlink()

    yield "read", read
    yield "SHA-256", lambda: [hashlib.sha256(chunk) for _ in range(count)] and None
    yield (
        "ChaCha20-Poly1305",
        lambda: [cipher.encrypt_into(bytes(12), chunk, None, room) for _ in range(count)] and None,
    )
    yield "erasure code", lambda: [erasure.multiply(matrix, sources, targets) for _ in range(count // 3)] and None
    yield "BLAKE3, check", lambda: [blake3(packet).digest(24) for _ in range(count * 5 // 3)] and None
    yield "BLAKE3, tag", lambda: [part.tag(packet, bytes(32)) for _ in range(count * 5 // 3)] and None
    yield "write", write


if __name__ == "__main__":
    seal_nowhere(*sys.argv[1:])
