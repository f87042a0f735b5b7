"""
Proofs in a file: that an entry is on a log, checkable offline, as c2sp.org/tlog-proof has them (``.tlog-proof``).

Who must have signed is the verifier's policy, not known here. Flaws: docs/spec/entry.md.
"""

from __future__ import annotations

import dataclasses

from typing import Final, NoReturn

from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.text import decimal, rebase64, unbase64
from tamizdat.record import checkpoint
from tamizdat.record.checkpoint import Checkpoint


SPEC: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 63
MAX_LENGTH: Final = 2 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    Everything needed to check that an entry is on a log, but the entry and the keys.

    Attributes:
        index: The entry's number.

        path: The hashes from the entry to the root.

        checkpoint: The signed checkpoint, verbatim, with whatever cosignatures it has.

        extra: Bytes of the application (ours: the way to the entry's root within a batch); not authenticated.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < checkpoint.MAX_SIZE or len(self.path) > MAX_PATH:
            _flaw("its entry's number or its path is too long")
        if any(len(step) != merkle.HASH_LENGTH for step in self.path):
            _flaw("a step of its path is not a hash")


def write(proof: Proof) -> bytes:
    """Write a proof."""
    extra = [f"extra {rebase64(proof.extra)}"] if proof.extra else []
    lines = [SPEC, *extra, f"index {proof.index}", *map(rebase64, proof.path), ""]
    return "".join(f"{line}\n" for line in lines).encode() + proof.checkpoint


def read(raw: bytes) -> Proof:
    """
    Read what `write` writes, and nothing else. Nothing is verified: use `verify` to believe it.

    Raises:
        FormatError: ``proof``, or as `note.read` and `checkpoint.read_text`.
    """
    if len(raw) > MAX_LENGTH:
        _flaw("it is too long")
    head, _, signed = raw.partition(b"\n\n")
    try:
        magic, *lines = head.decode("ascii").split("\n")
        if magic != SPEC:
            _flaw(f"it does not begin with {SPEC}")
        extra = unbase64(lines.pop(0)[len("extra ") :]) if lines and lines[0].startswith("extra ") else None
        if extra == b"" or not lines or not lines[0].startswith("index "):
            _flaw("the number of its entry is missing, or an empty extra line stands there")
        index = decimal(lines[0][len("index ") :])
        path = tuple(unbase64(line, merkle.HASH_LENGTH) for line in lines[1:])
    except ValueError as error:
        raise FormatError("proof", str(error), mend=_MEND) from error
    checkpoint.read_text(note.read(signed).text)
    return Proof(index=index, path=path, checkpoint=signed, extra=extra or b"")


def verify(proof: Proof, leaf_hash: bytes, *verifiers: note.Verifier, origin: str | None = None) -> Checkpoint:
    """
    Check that the entry with *leaf_hash* (`digest.leaf` of it) is on the log, and give the checkpoint that says so.

    Raises:
        FormatError, TrustError: As `checkpoint.verify` and `merkle.verify_inclusion`.
    """
    head = checkpoint.verify(proof.checkpoint, *verifiers, origin=origin)
    merkle.verify_inclusion(leaf_hash, proof.index, head.size, proof.path, head.root)
    return head


_MEND: Final = "Get the proof anew from the newsroom or a mirror."


def _flaw(what: str) -> NoReturn:
    raise FormatError("proof", what, mend=_MEND)
