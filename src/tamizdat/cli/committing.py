"""
Commitments to pictures while files are sealed, by all processors: ``tamizdat seal`` is bound by them, where it is given photographs.

Nothing is decided here: field/sealing.py says what is committed to, redaction/ how.
"""

from __future__ import annotations

import contextlib

from collections.abc import Iterator, Sequence
from typing import Final

from tamizdat.adapters import crew
from tamizdat.adapters.disk import Found
from tamizdat.field import objects, sealing
from tamizdat.field.sealing import Begin, Coming
from tamizdat.redaction import commitment


_SEED: Final = 32
# What is worth another process: photographs, by their names; whether they are some is seen when they are read.
_NAMES: Final = (b".jpg", b".jpeg", b".png")
_WORTH: Final = 8 << 20


@contextlib.contextmanager
def crewed(found: Sequence[Found]) -> Iterator[Begin]:
    """Give what begins a commitment, with other processes for it where *found* are photographs. Forks: call it before threads."""
    size = sum(one.size for one in found if one.name.lower().endswith(_NAMES))
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
    covers, root = sealing.committed(given[:_SEED], given[_SEED:])
    return covers.encode("ascii") + root


def _read(said: bytes) -> tuple[objects.Covers, bytes]:
    return (objects.PARTS if said[:-_SEED] == b"parts" else objects.FILE), said[-_SEED:]
