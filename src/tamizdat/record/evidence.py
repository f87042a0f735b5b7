"""
Evidence against a log: two checkpoints that it signed itself and that cannot both be true, in one file.

Anybody who has the log's public key can check it, offline. Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import hashlib

from typing import Final

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read as read_value
from tamizdat.record import checkpoint


FOLDER: Final = "evidence"


def keep(store: Store, one: bytes, other: bytes) -> str:
    """Keep two signed checkpoints of one log, and give the name of the file; twice the same is one file."""
    raw = write(one, other)
    name = f"{FOLDER}/{hashlib.sha256(raw).hexdigest()[:32]}"
    if read_value(store, name, 1) is None:
        store.put(name, [raw])
    return name


def write(one: bytes, other: bytes) -> bytes:
    """Write two checkpoints, an empty line between them."""
    return one + b"\n" + other


def read(raw: bytes) -> tuple[bytes, bytes]:
    """
    Part what `write` wrote; nothing is verified.

    Raises:
        FormatError: ``evidence``.
    """
    pieces = raw.split(b"\n\n")  # a checkpoint has one empty line of its own
    if len(pieces) != 4:
        raise FormatError("evidence", "these are not two checkpoints", mend="Get the file again, whole.")
    return pieces[0] + b"\n\n" + pieces[1] + b"\n", pieces[2] + b"\n\n" + pieces[3]


def contradicts(raw: bytes, *keys: note.Verifier) -> bool:
    """
    Say whether the file proves by itself that the log signed two states that cannot both be true.

    Two sizes may contradict each other as well; to show that, somebody must have the log's entries.

    Raises:
        FormatError: ``evidence``, or it holds no checkpoints. TrustError: *keys* did not sign both.
    """
    one, other = (checkpoint.verify(half, *keys) for half in read(raw))
    return (one.origin, one.size) == (other.origin, other.size) and one.root != other.root
