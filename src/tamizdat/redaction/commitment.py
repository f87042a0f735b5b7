"""
Commit to a file so that parts of it can be shown later: its header, its tiles, its metadata, and the whole.

It is NOT a signature, and shows nothing by itself: the root goes where others keep it (docs/spec/dossier.md). A file
that cannot be taken apart is committed to as a whole: all or nothing. The specification is docs/spec/redaction.md.
"""

from __future__ import annotations

import dataclasses
import hashlib

from typing import Any, Final

import numpy.typing as npt

from tamizdat.primitives import digest
from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import metadata, text, tiled, tree
from tamizdat.redaction.commit import Seeds, object_root, seed_split, step


# A picture is read into memory as a whole; larger files are committed to as a whole only.
MAX_FILE: Final = 128 << 20
FILE: Final = "file"
PARTS: Final = "parts"
_NO_KIND: Final = "it is no JPEG, PNG or text of a size that can be taken apart"

_SPREAD: Final = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """
    What a file is committed to.

    Attributes:
        root: The object root R.

        header: The bytes that stand in the open; None where the file is all or nothing. The roots of tiles and
            metadata likewise.

        reason: Why the file is all or nothing, in words; empty where it is not.
    """

    root: bytes
    header: bytes | None = None
    tiles: bytes | None = None
    metadata: bytes | None = None
    reason: str = ""

    @property
    def covers(self) -> str:
        """What objects.json says of it: ``parts``, or ``file`` for all or nothing."""
        return FILE if self.header is None else PARTS


def divisible(head: bytes, size: int) -> bool:
    """Say from a file's first bytes and its size whether it is worth reading into memory to be taken apart."""
    return size <= text.MAX_LENGTH or (size <= MAX_FILE and head.startswith(tiled.SIGNATURES))


def commit(seed: bytes, raw: bytes) -> Commitment:
    """
    Commit to a file with its object's *seed*, by parts where it is a picture or text that can be taken apart.

    Raises:
        AdapterError: ``codec-time``: the machine was too slow to tell. The same file must not get one root here and
            another there, so this is no reason to take it as a whole; ``codec-missing`` likewise.
    """
    if not divisible(raw, len(raw)):
        return whole(seed, raw, _NO_KIND)
    try:
        if raw.startswith(tiled.SIGNATURES):
            return of_picture(seed, raw, tiled.read(raw))
        return of_text(seed, raw, text.split(raw))
    except FormatError as flaw:
        # A small film or a HEIC picture is tried as a text, and fails as one: that is not why it cannot be divided.
        return whole(seed, raw, _NO_KIND if flaw.code == "text-bytes" else str(flaw))


def whole(seed: bytes, raw: bytes, reason: str) -> Commitment:
    """Commit to a file as a whole, and say why."""
    return Commitment(root=object_root(seed, hashlib.sha256(raw).digest()), reason=reason)


def of_picture(seed: bytes, raw: bytes, picture: tiled.Tiled) -> Commitment:
    """Commit to a picture that was read from *raw*."""
    seeds = seed_split(seed)
    header = picture.header.write()
    tiles = tree.Branches(tree.grid(*picture.header.grid), leaves(picture.tiles)).root(seeds.tiles)
    items = Items(seeds, picture.items())
    root = object_root(seed, hashlib.sha256(raw).digest(), header, tiles, items.root)
    return Commitment(root=root, header=header, tiles=tiles, metadata=items.root)


def of_text(seed: bytes, raw: bytes, paragraphs: text.Paragraphs) -> Commitment:
    """Commit to a text; it has no metadata of its own."""
    header, tiles = text.header(len(paragraphs)), text.root(seed_split(seed).tiles, paragraphs)
    root = object_root(seed, hashlib.sha256(raw).digest(), header, tiles)
    return Commitment(root=root, header=header, tiles=tiles)


def contents(tiles: npt.NDArray[Any]) -> tree.Content:
    """Give what each tile holds, as it is hashed: bytes, or coefficients of 16 bits, little-endian."""
    view = tiles.astype(tiles.dtype.newbyteorder("<"), order="C", copy=False).data.cast("B")
    length = view.nbytes // len(tiles)
    return lambda number: view[number * length : (number + 1) * length]


def leaves(tiles: npt.NDArray[Any]) -> tree.Leaf:
    """Give the hash of each tile from its salt; as `tree.salted` of `contents`, with fewer copies, for there are thousands."""
    view = tiles.astype(tiles.dtype.newbyteorder("<"), order="C", copy=False).data.cast("B")
    length, begun = view.nbytes // len(tiles), hashlib.sha256(b"\x00").copy

    def hashed(salt: bytes, number: int) -> bytes:
        made = begun()
        made.update(salt)
        made.update(view[number * length : (number + 1) * length])
        return made.digest()

    return hashed


class Items:
    """The tree of a picture's metadata: items at places drawn from the seed, the other leaves empty but salted."""

    def __init__(self, seeds: Seeds, items: list[metadata.Item]) -> None:
        self.seed = seeds.metadata
        self.items = items
        self.depth = 8 if len(items) <= 1 << 8 else 12
        self.places = _places(seeds.metadata, self.depth)[: len(items)]
        self._at = dict(zip(self.places, items, strict=True))
        self.shape = tree.full(self.depth)
        self.branches = tree.Branches(self.shape, tree.salted(self._content))
        self.root = self.branches.root(self.seed)

    def _content(self, place: int) -> bytes:
        item = self._at.get(place)
        return item.write() if item else b""


def _places(seed: bytes, depth: int) -> list[int]:
    """Draw an order of all places: sorted by eight bytes each, drawn from the seed by SHAKE256."""
    drawn = hashlib.shake_256(step(seed, _SPREAD)).digest(8 << depth)
    return sorted(range(1 << depth), key=lambda place: (drawn[8 * place : 8 * place + 8], place))


def slot(tag: bytes, value: bytes) -> bytes:
    """Hash one of the four slots of an object root."""
    return digest.leaf(tag, value)


def join_slots(header: bytes, tiles: bytes, items: bytes, file: bytes) -> bytes:
    """Join the hashes of the four slots to the object root."""
    return digest.node(digest.node(header, tiles), digest.node(items, file))
