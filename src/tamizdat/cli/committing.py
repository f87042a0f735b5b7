"""
Commitments to pictures by all processors, while files are sealed or received: photographs bind both.

Nothing is decided here: field/sealing.py and newsroom/committing.py say what is committed to, redaction/ how.
"""

from __future__ import annotations

import contextlib

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tamizdat.adapters import crew
from tamizdat.adapters.disk import Found
from tamizdat.field import objects, sealing
from tamizdat.field.sealing import Begin, Coming, Committed
from tamizdat.redaction import commitment


_SEED: Final = 32
_ROOT: Final = 32
# What is worth another process: photographs, by their names; whether they are some is seen when they are read.
_NAMES: Final = (b".jpg", b".jpeg", b".png")
_WORTH: Final = 8 << 20


def photographs(found: Iterable[Found]) -> int:
    """Say how many bytes of files are photographs, by their names."""
    return sum(one.size for one in found if one.name.lower().endswith(_NAMES))


def carried(paths: Sequence[str]) -> int:
    """Say how many bytes lie at these paths, as far as it matters; what is in them cannot be told yet."""
    size = 0
    for path in map(Path, paths):
        for one in path.rglob("*") if path.is_dir() else [path]:
            with contextlib.suppress(OSError):  # whoever reads it says so
                size += one.lstat().st_size
            if size >= _WORTH:
                return size
    return size


@contextlib.contextmanager
def crewed(size: int) -> Iterator[Begin]:
    """
    Give what begins a commitment, with other processes for it where *size* bytes may be photographs.

    Forks: call it before there are threads, keys or locks.
    """
    if size < _WORTH:
        yield sealing.at_once
        return
    hands = crew.start(_work, _SEED + commitment.MAX_FILE)

    def begin(seed: bytes, raw: bytes) -> Coming:
        answer = hands.give(seed, raw)
        if answer is None:  # all are busy: so are we
            return sealing.at_once(seed, raw)
        return lambda: _read(answer())

    try:
        yield begin
    finally:
        hands.close()


def _work(given: bytes) -> bytes:
    made = sealing.committed(given[:_SEED], given[_SEED:])
    return b"%b%c%b" % (made.root, made.covers == objects.PARTS, made.reason.encode())


def _read(said: bytes) -> Committed:
    return Committed(objects.PARTS if said[_ROOT] else objects.FILE, said[:_ROOT], said[_ROOT + 1 :].decode())
