"""
The proof that travels beside a redacted picture: what is hidden, and the seeds and hashes that lead to the root.

It holds no secret beyond what is shown: a seed in it opens shown leaves and no other. It is NOT checked here against a
picture (verify.py). The format is docs/spec/redaction.md, "Proof".
"""

from __future__ import annotations

import dataclasses
import itertools
import struct

from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction.codec import COEFFICIENT_LEAST, COEFFICIENT_MOST, MAX_TILES, TILE
from tamizdat.redaction.metadata import Item


MAGIC: Final = b"TJP1"
MEDIA_TYPE: Final = "application/vnd.tamizdat.redaction"
JPEG, PNG = 1, 2
DEPTHS: Final = (8, 12)
MAX_LENGTH: Final = 64 << 20

_HEAD: Final = struct.Struct(">4sBHhIIIIIIIBIII")
_ITEM: Final = struct.Struct(">HIHI")
_HASH: Final = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    A proof as it stands in its file.

    Attributes:
        kind: 1 for a JPEG, 2 for a PNG.

        fill: What stands in hidden tiles: the first component's DC coefficient (JPEG), 0 for all else.

        width: The original's, in pixels as stored; height likewise.

        left: Where the published picture begins in the original, in pixels as stored; top likewise.

        runs: How many tiles of the published picture are shown, then hidden, then shown and so on, row by row. Only
            the first may be 0.

        depth: The depth of the tree of metadata, 0 where no item is shown.

        items: Each with its place in that tree, places rising.

        metadata: The hash of the metadata's slot where no item is shown, else empty.

        file: The hash of the file's slot.
    """

    kind: int
    fill: int
    width: int
    height: int
    left: int
    top: int
    runs: tuple[int, ...]
    seeds: tuple[bytes, ...] = dataclasses.field(repr=False)
    hashes: tuple[bytes, ...] = dataclasses.field(repr=False)
    depth: int = 0
    items: tuple[tuple[int, Item], ...] = ()
    item_seeds: tuple[bytes, ...] = dataclasses.field(default=(), repr=False)
    item_hashes: tuple[bytes, ...] = dataclasses.field(default=(), repr=False)
    metadata: bytes = b""
    file: bytes


def write(proof: Proof) -> bytes:
    """Write a proof."""
    runs = b"".join(map(_write_run, proof.runs))
    lists = (proof.seeds, proof.hashes, proof.item_seeds, proof.item_hashes)
    head = _HEAD.pack(
        *(MAGIC, proof.kind, TILE, proof.fill, proof.width, proof.height, proof.left, proof.top),
        *(len(runs), len(proof.seeds), len(proof.hashes)),
        *(proof.depth, len(proof.items), len(proof.item_seeds), len(proof.item_hashes)),
    )
    items = b"".join(_write_item(place, item) for place, item in proof.items)
    hashes = [b"".join(one) for one in lists]
    return b"".join((head, runs, *hashes[:2], items, *hashes[2:], proof.metadata, proof.file))


def runs(flags: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """
    Tell flags of tiles as runs: how many are not set, then how many are, and so on.

    >>> runs(np.array([True, True, False]))
    (0, 2, 1)
    """
    turns = np.flatnonzero(np.diff(flags, prepend=False))
    counted: tuple[int, ...] = tuple(np.diff(turns, prepend=0, append=len(flags)).tolist())
    return counted


def flags(runs: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """
    Give the flags that *runs* tell.

    >>> flags((0, 2, 1)).tolist()
    [True, True, False]
    """
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs)


def read(raw: bytes) -> Proof:
    """
    Read a proof.

    Raises:
        FormatError: ``redaction-magic``, ``redaction-length``, ``redaction-value``.
    """
    if raw[:4] != MAGIC:
        raise _flaw("redaction-magic", f"the proof begins with {raw[:4]!r}, not {MAGIC!r}")
    if not _HEAD.size <= len(raw) <= MAX_LENGTH:
        raise _flaw("redaction-length", f"a proof of {len(raw)} bytes cannot be")
    _, kind, tile, fill, *sizes, runs, seeds, hashes, depth, items, item_seeds, item_hashes = _HEAD.unpack_from(raw)
    source = _Source(raw, _HEAD.size)
    proof = Proof(
        kind=kind,
        fill=fill,
        width=sizes[0],
        height=sizes[1],
        left=sizes[2],
        top=sizes[3],
        runs=_read_runs(source.take(runs)),
        seeds=source.hashes(seeds),
        hashes=source.hashes(hashes),
        depth=depth,
        items=tuple(source.item() for _ in source.range(items, _ITEM.size)),
        item_seeds=source.hashes(item_seeds),
        item_hashes=source.hashes(item_hashes),
        metadata=source.take(0 if items else _HASH),
        file=source.take(_HASH),
    )
    source.end()
    if tile != TILE:
        raise _flaw("redaction-value", f"tiles of {tile} pixels are not known")
    _check(proof)
    return proof


def _check(proof: Proof) -> None:
    most = (COEFFICIENT_LEAST, COEFFICIENT_MOST) if proof.kind == JPEG else (0, 0)
    if proof.kind not in {JPEG, PNG} or not most[0] <= proof.fill <= most[1]:
        raise _flaw("redaction-value", f"a proof of kind {proof.kind} with the fill {proof.fill} is not known")
    if not (1 <= proof.width < 1 << 16 and 1 <= proof.height < 1 << 16):
        raise _flaw("redaction-value", f"an original of {proof.width} x {proof.height} pixels cannot be")
    if -(-proof.width // TILE) * -(-proof.height // TILE) > MAX_TILES:
        raise _flaw("redaction-value", f"an original of {proof.width} x {proof.height} pixels has too many tiles")
    if proof.left % TILE or proof.top % TILE or proof.left >= proof.width or proof.top >= proof.height:
        raise _flaw("redaction-value", f"no part of the original begins at {proof.left}, {proof.top}")
    places = [place for place, _ in proof.items]
    if proof.depth not in (DEPTHS if places else (0,)) or (not places and (proof.item_seeds or proof.item_hashes)):
        raise _flaw("redaction-value", f"{len(places)} items in a tree of depth {proof.depth} cannot be")
    rising = all(one < other for one, other in itertools.pairwise(places))
    if not rising or any(place >> proof.depth for place in places):
        raise _flaw("redaction-value", "the items stand out of order or out of their tree")
    paths = [item.path for _, item in proof.items]
    if len(set(paths)) != len(paths):
        raise _flaw("redaction-value", "two items have one path")


def _write_run(run: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the highest bit set."""
    count = max(1, -(-run.bit_length() // 7))
    return bytes((run >> 7 * at & 127) | (128 if at + 1 < count else 0) for at in range(count))


def _read_runs(raw: bytes) -> tuple[int, ...]:
    read: list[int] = []
    run = at = total = 0
    for byte in raw:
        run |= (byte & 127) << at
        at += 7
        if byte & 128:
            if at > 14:
                raise _flaw("redaction-value", "a run is longer than any picture")
            continue
        total += run
        # Only the first may be empty, and each is written as short as can be: there is one proof for one choice.
        if (not run and read) or (not byte and at > 7) or total > MAX_TILES:
            raise _flaw("redaction-value", f"a run of {run} tiles cannot stand here")
        read.append(run)
        run = at = 0
    if at or not read:
        raise _flaw("redaction-value", "the last run is missing or breaks off")
    return tuple(read)


def _write_item(place: int, item: Item) -> bytes:
    path = item.path.encode()
    return _ITEM.pack(place, len(item.raw), item.type, item.count) + bytes([len(path)]) + path + item.raw


class _Source:
    """Takes a proof apart; no count in it costs more than its bytes do."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw, self._at = raw, at

    def take(self, count: int) -> bytes:
        taken = self._raw[self._at : self._at + count]
        if len(taken) != count:
            raise _flaw("redaction-length", "the proof breaks off")
        self._at += count
        return taken

    def hashes(self, count: int) -> tuple[bytes, ...]:
        joined = self.take(count * _HASH)
        return tuple(joined[at : at + _HASH] for at in range(0, len(joined), _HASH))

    def range(self, count: int, least: int) -> range:
        if count * least > len(self._raw) - self._at:
            raise _flaw("redaction-length", "the proof breaks off")
        return range(count)

    def item(self) -> tuple[int, Item]:
        place, length, kind, count = _ITEM.unpack(self.take(_ITEM.size))
        path = self.take(self.take(1)[0])
        if not path.isascii() or not path.decode("ascii").isprintable():
            raise _flaw("redaction-value", f"an item's path is {path!r}")
        return place, Item(path=path.decode("ascii"), type=kind, count=count, raw=self.take(length))

    def end(self) -> None:
        if self._at != len(self._raw):
            raise _flaw("redaction-length", f"{len(self._raw) - self._at} bytes follow the proof")


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend="Get the proof anew from the newsroom or from a mirror.")
