"""
Checkpoints: a log's size and root, signed, as c2sp.org/tlog-checkpoint has them.

A checkpoint is not a promise that the log is whole (record/log.py reads that). Flaws: docs/spec/entry.md.
"""

from __future__ import annotations

import dataclasses

from typing import Final, NoReturn

from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.text import decimal, rebase64, unbase64


MAX_SIZE: Final = (1 << 63) - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    What a log says of itself.

    Attributes:
        origin: The log's lasting name.

        size: How many entries it has.

        root: The Merkle root over them, 32 bytes.

        extensions: Lines of the log's own; ours writes none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            _flaw("a line of the checkpoint is empty")
        if not 0 <= self.size <= MAX_SIZE:
            _flaw(f"a log cannot have {self.size} entries")
        if len(self.root) != merkle.HASH_LENGTH or (self.size == 0 and self.root != merkle.EMPTY):
            _flaw("the root is not a hash, or not that of an empty log")


def write_text(checkpoint: Checkpoint) -> str:
    """Write what the log signs."""
    lines = (checkpoint.origin, str(checkpoint.size), rebase64(checkpoint.root), *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)


def read_text(text: str) -> Checkpoint:
    """
    Read what `write_text` writes.

    Raises:
        FormatError: ``checkpoint``.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        _flaw("it has fewer than three whole lines")
    try:
        size, root = decimal(lines[1]), unbase64(lines[2], merkle.HASH_LENGTH)
    except ValueError as error:
        raise FormatError("checkpoint", str(error), mend=_MEND) from error
    return Checkpoint(origin=lines[0], size=size, root=root, extensions=tuple(lines[3:]))


def sign(checkpoint: Checkpoint, *signers: note.Signer) -> bytes:
    """Write the signed checkpoint."""
    return note.sign(write_text(checkpoint), *signers)


def verify(raw: bytes, *verifiers: note.Verifier, origin: str | None = None) -> Checkpoint:
    """
    Read a checkpoint that one of *verifiers* signed; of the log *origin*, where one is named.

    Raises:
        FormatError: ``checkpoint``, or as `note.read`.
        TrustError: ``checkpoint-origin``, or as `note.verify`.
    """
    checkpoint = read_text(note.verify(raw, *verifiers).text)
    if origin is not None and checkpoint.origin != origin:
        raise TrustError(
            "checkpoint-origin",
            f"it is a checkpoint of {checkpoint.origin!r}, not of {origin!r}",
            mend="Get the checkpoint of the right log.",
            evidence=raw,
        )
    return checkpoint


_MEND: Final = "Get the checkpoint anew from the newsroom or a mirror."


def _flaw(what: str) -> NoReturn:
    raise FormatError("checkpoint", what, mend=_MEND)
