"""Feed mutated entries, maps, notes, checkpoints and proofs to their readers: each is read, or refused with a code."""

from __future__ import annotations

import random
import sys

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError
from tamizdat.record import batch, checkpoint, entry, proof
from tests import vectors


def formats() -> list[tuple[list[bytes], object]]:
    """Give for each format its seeds, and what must give the same bytes back."""
    signer = note.Signer(name="example.com/fuzz", seed=bytes(32))
    signed = checkpoint.sign(checkpoint.Checkpoint(origin=signer.name, size=3, root=bytes(32)), signer)
    proofs = [proof.write(proof.Proof(index=1, path=(bytes(32), bytes(32)), checkpoint=signed, extra=b"e"))]
    whole = [vector.file for vector in vectors.load("entry")]
    return [
        (whole, lambda raw: entry.write(entry.read(raw))),
        (whole, lambda raw: batch.write_map(batch.read_map(raw))),
        (whole, lambda raw: batch.write_placement(batch.read_placement(raw))),
        ([signed], lambda raw: note.write(note.read(raw))),
        (proofs, lambda raw: proof.write(proof.read(raw))),
    ]
