"""
Everything that follows from a dossier's secret: seeds, the dossier root D, the announcement A.

D and A are secrets as well: neither ever stands in a public proof. docs/spec/dossier.md, "Derivations".
"""

from __future__ import annotations

from collections.abc import Iterable

from tamizdat.primitives import digest, merkle


def object_seed(secret: bytes, number: int) -> bytes:
    """Derive the seed S of payload *number*, from 1; its position i is one less."""
    return digest.derive(secret, "object", number - 1)


def dossier_root(secret: bytes, objects_json: bytes, roots: Iterable[bytes]) -> bytes:
    """Compute the dossier root D over objects.json as it is stored and all object roots in order."""
    tree = merkle.root([digest.leaf(root) for root in roots])
    return digest.sha256(digest.DOSSIER, digest.derive(secret, "dossier"), digest.sha256(objects_json), tree)


def announcement(secret: bytes, root: bytes) -> bytes:
    """Compute the announcement A of a dossier root: what the 24 check words spell."""
    return digest.sha256(digest.ANNOUNCE, digest.derive(secret, "announce"), root)
