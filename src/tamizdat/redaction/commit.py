"""
The object root: one hash that commits to a file so that a part of it can be shown, and the rest proven, later.

It is NOT the proof itself, and it decodes nothing: header, tiles and metadata come in as bytes
or are absent. The construction is docs/spec/dossier.md, "Object root".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tamizdat.primitives import digest


SEED_LENGTH: Final = 32


class Seeds(NamedTuple):
    """The three seeds of one object: who holds one can open that branch, and nothing else."""

    tiles: bytes
    file: bytes
    metadata: bytes


def seed_split(seed: bytes) -> Seeds:
    """
    Split an object's seed in three: for its tiles, its whole file, its metadata.

    >>> len(set(seed_split(bytes(32))))
    3
    """
    rest = step(seed, 1)
    return Seeds(step(seed, 0), step(rest, 0), step(rest, 1))


def step(seed: bytes, branch: int) -> bytes:
    """Go one step down the tree of seeds: G(s, b) of the specification."""
    if len(seed) != SEED_LENGTH:
        msg = f"a seed has {SEED_LENGTH} bytes, not {len(seed)}"
        raise ValueError(msg)
    return digest.sha256(digest.SEED_STEP, bytes([branch]), seed)


def file_commitment(file_seed: bytes, sha256: bytes) -> bytes:
    """Commit to a whole file by the SHA-256 of its bytes, salted so that nobody can test a guess."""
    return digest.leaf(file_seed, sha256)


def object_root(
    seed: bytes,
    sha256: bytes,
    header: bytes | None = None,
    tiles: bytes | None = None,
    metadata: bytes | None = None,
) -> bytes:
    """
    Compute the object root R from the object's seed and the SHA-256 of its file, 32 bytes.

    Where *header* (its bytes), *tiles* or *metadata* (the roots of their trees) are absent,
    32 zero bytes stand in their slot.
    """
    whole = file_commitment(seed_split(seed).file, sha256)
    return digest.node(
        digest.node(_slot(digest.HEADER, header), _slot(digest.TILES, tiles)),
        digest.node(_slot(digest.METADATA, metadata), _slot(digest.FILE, whole)),
    )


def _slot(tag: bytes, value: bytes | None) -> bytes:
    return digest.leaf(tag, digest.ABSENT if value is None else value)
