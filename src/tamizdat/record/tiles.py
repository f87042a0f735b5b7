"""
Tiles: a log's entries and hashes as a finite set of files, as c2sp.org/tlog-tiles has them.

Names, bundles, growth at the right edge, and a reader that believes no tile before it has been
checked up to the root. It opens nothing itself (record/log.py does). Never pruned.
"""

from __future__ import annotations

import collections
import dataclasses
import re

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from tamizdat.primitives import digest, merkle
from tamizdat.primitives.errors import FormatError, TrustError


WIDTH: Final = 256
MAX_ENTRY: Final = 65535
MAX_TILE: Final = WIDTH * merkle.HASH_LENGTH
MAX_BUNDLE: Final = WIDTH * (2 + MAX_ENTRY)

_NAME: Final = re.compile(
    r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)
_CACHED: Final = 64

# Gives a file of the log by its name; None where there is none.
Read = Callable[[str, int], bytes | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """
    Which tile: *width* hashes of *level* from number ``index * 256`` on; level -1 stands for a bundle of entries.

    >>> Tile(level=0, index=1234067, width=256).name, Tile(level=-1, index=0, width=5).name
    ('tile/0/x001/x234/067', 'tile/entries/000.p/5')
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def name(self) -> str:
        """Its name in the store, and its path under the log's address."""
        return self.folder if self.width == WIDTH else f"{self.folder}.p/{self.width}"

    @property
    def folder(self) -> str:
        """Its name when full; its partial forms lie in the folder of that name and ``.p``."""
        rest, last = divmod(self.index, 1000)
        groups = [f"{last:03}"]
        while rest:
            rest, group = divmod(rest, 1000)
            groups.append(f"x{group:03}")
        return f"tile/{'entries' if self.level < 0 else self.level}/{'/'.join(reversed(groups))}"

    @property
    def end(self) -> int:
        """How many entries a log has at least that has this tile."""
        return (self.index * WIDTH + self.width) << 8 * max(self.level, 0)


def read_name(name: str) -> Tile | None:
    """Read a tile's name; None where it is none, or is not spelled the one way."""
    match = _NAME.fullmatch(name)
    if not match:
        return None
    level, groups, width = match.groups()
    index = int(groups.replace("/", "").replace("x", ""))
    tile = Tile(level=-1 if level == "entries" else int(level), index=index, width=int(width or WIDTH))
    return tile if tile.name == name else None


def levels(size: int) -> int:
    """
    Say how many levels of tiles a log of *size* entries has.

    >>> levels(0), levels(255), levels(256), levels(70_000)
    (0, 1, 2, 3)
    """
    return (size.bit_length() + 7) // 8


def tile_at(level: int, index: int, size: int) -> Tile:
    """Give tile *index* of *level* (-1: the bundle) in the widest form that a log of *size* entries has."""
    full, width = divmod(size >> 8 * max(level, 0), WIDTH)
    return Tile(level=level, index=index, width=WIDTH if index < full else width)


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Write a bundle: each entry behind its length, 2 bytes big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(raw: bytes, width: int) -> list[bytes]:
    """
    Read the first *width* entries of a bundle that has as many or more.

    Raises:
        FormatError: ``log-bundle``: it does not fall into that many entries.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if len(raw) - at < 2 or end > len(raw):
            _bundle("its last entry is cut off")
        entries.append(raw[at + 2 : end])
        at = end
    if not width <= len(entries) <= WIDTH:
        _bundle(f"it holds {len(entries)} entries, not {width}")
    return entries[:width]


def hashes(raw: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [raw[i : i + merkle.HASH_LENGTH] for i in range(0, len(raw), merkle.HASH_LENGTH)]


def edge_root(edge: Sequence[Sequence[bytes]]) -> bytes:
    """Compute a log's root from the hashes of its partial tiles, one row a level, lowest first."""
    subtrees: list[bytes] = []
    for row in edge:
        end = len(row)
        while end:
            start = end & (end - 1)
            subtrees.append(merkle.root(row[start:end]))
            end = start
    return merkle.join_right(subtrees[::-1])


def grow(edge: Sequence[Sequence[bytes]], size: int, leaf_hashes: Sequence[bytes]) -> Growth:
    """Give what a log of *size* entries with the partial tiles *edge* becomes when *leaf_hashes* join it."""
    tiles: list[tuple[Tile, bytes]] = []
    rows = [list(row) for row in edge]
    added, level = list(leaf_hashes), 0
    while added:
        row = [*(rows[level] if level < len(rows) else ()), *added]
        first = size >> 8 * (level + 1)
        added = []
        for start in range(0, len(row), WIDTH):
            part = row[start : start + WIDTH]
            tiles.append((Tile(level=level, index=first + start // WIDTH, width=len(part)), b"".join(part)))
            if len(part) == WIDTH:
                added.append(merkle.root(part))
        rows[level : level + 1] = [row[len(row) - len(row) % WIDTH :]]
        level += 1
    return Growth(edge=rows, tiles=tiles)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The new right edge, and the tiles to write for it."""

    edge: list[list[bytes]]
    tiles: list[tuple[Tile, bytes]]


class Tiles:
    """
    The hashes of a log of *size* entries, each believed only when it leads to *root*.

    A full tile is checked against the tile above, the partial ones (together) against the root.
    """

    def __init__(self, read: Read, size: int, root: bytes) -> None:
        self.size = size
        self.root = root
        self._read = read
        self._edge: list[list[bytes]] | None = None
        self._cache: collections.OrderedDict[tuple[int, int], list[bytes]] = collections.OrderedDict()

    def edge(self) -> list[list[bytes]]:
        """
        Give the hashes of the partial tiles, one row a level.

        Raises:
            TrustError: ``log-tile``: one is missing, or they do not lead to the root.
        """
        if self._edge is None:
            edge = [self._load(level, self.size >> 8 * (level + 1)) for level in range(levels(self.size))]
            if edge_root(edge) != self.root:
                names = ", ".join(
                    tile_at(level, self.size >> 8 * (level + 1), self.size).name
                    for level, row in enumerate(edge)
                    if row
                )
                _tile(f"{names} do not lead to the root of the checkpoint")
            self._edge = edge
        return self._edge

    def tile(self, level: int, index: int) -> list[bytes]:
        """
        Give the hashes of one tile.

        Raises:
            TrustError: ``log-tile``: it, or one above it, is missing or altered.
        """
        if index == self.size >> 8 * (level + 1):
            return self.edge()[level]
        key = (level, index)
        if key not in self._cache:
            found = self._load(level, index)
            if merkle.root(found) != self.tile(level + 1, index // WIDTH)[index % WIDTH]:
                _tile(f"{tile_at(level, index, self.size).name} was altered: it does not lead to the tile above it")
            self._cache[key] = found
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def hash(self, level: int, index: int) -> bytes:
        """Give the hash over the leaves from ``index << level`` to ``(index + 1) << level`` (a `merkle.Fetch`)."""
        row, rest = divmod(level, 8)
        start = index << rest
        found = self.tile(row, start // WIDTH)
        return merkle.root(found[start % WIDTH : start % WIDTH + (1 << rest)])

    def _load(self, level: int, index: int) -> list[bytes]:
        tile = tile_at(level, index, self.size)
        if tile.width == 0:
            return []
        raw = load(self._read, tile)
        if raw is None:
            _tile(f"{tile.name} is missing, or not of its length")
        return hashes(raw)


def load(read: Read, tile: Tile) -> bytes | None:
    """Read a tile, or as much of the full one where its partial form is gone; None where it is missing or misshapen."""
    length = tile.width * merkle.HASH_LENGTH
    raw = read(tile.name, MAX_TILE)
    if raw is not None:
        return raw if len(raw) == length else None
    raw = read(tile.folder, MAX_TILE)
    return raw[:length] if raw is not None and len(raw) == MAX_TILE else None


def load_bundle(read: Read, tile: Tile) -> list[bytes] | None:
    """
    Read a bundle, or as much of the full one where its partial form is gone; None where there is neither.

    Raises:
        FormatError: ``log-bundle``: it does not fall into that many entries.
    """
    raw = read(tile.name, MAX_BUNDLE)
    if raw is not None:
        entries = read_bundle(raw, tile.width)
        if sum(2 + len(entry) for entry in entries) != len(raw):
            _bundle(f"it holds more than {tile.width} entries")
        return entries
    raw = read(tile.folder, MAX_BUNDLE)
    return None if raw is None else read_bundle(raw, tile.width)


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Hash entries as leaves."""
    return [digest.leaf(entry) for entry in entries]


_MEND: Final = "Get the log anew from the newsroom or another mirror, and keep this copy: it is evidence."


def _bundle(what: str) -> NoReturn:
    raise FormatError("log-bundle", what, mend=_MEND)


def _tile(what: str) -> NoReturn:
    raise TrustError("log-tile", what, mend=_MEND)
