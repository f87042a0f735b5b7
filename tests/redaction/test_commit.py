"""Object roots keep to docs/spec/dossier.md."""

from __future__ import annotations

import hashlib

import pytest

from tamizdat.redaction import commit
from tests import vectors


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


SEED = bytes(range(32))
FILE = h(b"a picture")


def test_the_root_of_a_file_alone_is_what_the_specification_writes() -> None:
    """Header, tiles and metadata absent: 32 zero bytes in each slot."""
    rest = h(b"tmz-ggm1", b"\x01", SEED)
    whole = h(b"\0", h(b"tmz-ggm1", b"\x00", rest), FILE)

    left = h(b"\1", h(b"\0hdr", bytes(32)), h(b"\0til", bytes(32)))
    right = h(b"\1", h(b"\0met", bytes(32)), h(b"\0fil", whole))

    assert commit.object_root(SEED, FILE) == h(b"\1", left, right)


def test_seeds_are_apart() -> None:
    """Tiles, file and metadata each have their own branch of the tree."""
    seeds = commit.seed_split(SEED)

    assert seeds.tiles == h(b"tmz-ggm1", b"\x00", SEED)
    assert seeds.metadata == h(b"tmz-ggm1", b"\x01", h(b"tmz-ggm1", b"\x01", SEED))
    assert seeds.file not in {seeds.tiles, seeds.metadata}
    with pytest.raises(ValueError, match="32 bytes"):
        commit.seed_split(b"short")


def test_every_branch_changes_the_root() -> None:
    """A header, a tile root or a metadata root that is there gives another root than one that is absent."""
    some = bytes([1]) * 32

    roots = {
        commit.object_root(SEED, FILE),
        commit.object_root(SEED, FILE, header=b"TJC1"),
        commit.object_root(SEED, FILE, tiles=some),
        commit.object_root(SEED, FILE, metadata=some),
        commit.object_root(some, FILE),
    }

    assert len(roots) == 5


def test_the_root_written_in_the_specification_is_the_one_computed() -> None:
    """Somebody else's program can be checked against docs/spec/dossier.md alone."""
    prose = (vectors.SPECS / "dossier.md").read_text()

    assert commit.object_root(SEED, FILE).hex() in prose
