"""
The whole log computed anew, from its entries up, with every fault named and laid at one file's door.

Not for daily reading (record/log.py proves each thing it gives); for `log fsck` and `verify`.
Memory is flat in the size of the log. Flaws: docs/spec/entry.md.
"""

from __future__ import annotations

import dataclasses
import itertools

from collections.abc import Iterable
from typing import Final

from tamizdat.primitives import merkle
from tamizdat.primitives.errors import Fault, FormatError
from tamizdat.record import tiles
from tamizdat.record.checkpoint import Checkpoint
from tamizdat.record.tiles import Tile


_MEND: Final = "Get this file anew from the newsroom or another mirror, and keep this copy: it is evidence."


@dataclasses.dataclass(frozen=True, slots=True)
class _Version:
    """What a tile may be, and what is to be reported where another version proves to be the right one."""

    hashes: list[bytes]
    faults: list[Fault]


def faults(read: tiles.Read, names: Iterable[str], head: Checkpoint) -> list[Fault]:
    """Compute everything anew and give every fault; *names* are all names below ``tile``."""
    check = _Check(read, head)
    for index in range(-(-head.size // tiles.WIDTH)):
        check.bundle(tiles.tile_at(-1, index, head.size))
    check.edge()
    check.older_forms(names)
    return check.faults


class _Check:
    def __init__(self, read: tiles.Read, head: Checkpoint) -> None:
        self.faults: list[Fault] = []
        self._read = read
        self._head = head
        # For each level, the versions of the children of the tile under way, and of its partial tile.
        self._children: list[list[list[_Version]]] = [[] for _ in range(tiles.levels(head.size))]
        self._partial = [[_Version([], [])] for _ in self._children]

    def bundle(self, place: Tile) -> None:
        """Check one bundle against its tile, and whatever tiles above are complete with it."""
        computed = None
        try:
            entries = tiles.load_bundle(self._read, place)
            if entries is None:
                self._say("log-entries", place, "it is missing")
            else:
                computed = tiles.leaf_hashes(entries)
        except FormatError as error:
            self._say("log-entries", place, f"it was altered: {error}")
        altered = [_fault("log-entries", place, "it was altered: its entries do not have the hashes on record")]
        tile = tiles.tile_at(0, place.index, self._head.size)
        self._settle(tile, self._versions(tile, self._stored(tile), computed, altered))

    def edge(self) -> None:
        """Check the partial tiles of all levels against the root."""
        for level in range(1, len(self._children)):
            tile = tiles.tile_at(level, self._head.size >> 8 * (level + 1), self._head.size)
            if tile.width:
                self._parent(tile)
        for chosen in itertools.product(*self._partial):
            if tiles.edge_root([version.hashes for version in chosen]) == self._head.root:
                losing = [v for versions in self._partial for v in versions if not any(v is c for c in chosen)]
                break
        else:
            self.faults.append(
                Fault(
                    code="log-root",
                    where="checkpoint",
                    what="the files of the log do not lead to the root that was signed",
                    mend=_MEND,
                )
            )
            losing = [version for versions in self._partial for version in versions]
        self.faults.extend(fault for version in losing for fault in version.faults)

    def older_forms(self, names: Iterable[str]) -> None:
        """Check the partial tiles and bundles of older checkpoints against the present ones; name what is neither."""
        # By a form that is itself altered, no older one can be judged.
        faulty = {fault.where for fault in self.faults}
        for name in names:
            tile = tiles.read_name(name)
            if tile is None:
                self._say("log-stray", name, "it is no file of a log")
            elif tile.end <= self._head.size and tile != self._now(tile) and self._now(tile).name not in faulty:
                older, newer = self._content(tile), self._content(self._now(tile))
                if older is None or (newer is not None and not newer.startswith(older)):
                    self._say("log-older", tile, "it was altered: it is not the beginning of what it grew into")

    def _parent(self, tile: Tile) -> None:
        """Check the tile whose children are all settled."""
        stored = self._stored(tile)
        children = self._children[tile.level]
        computed: list[bytes] | None = []
        below: list[Fault] = []
        for number, versions in enumerate(children):
            known = None if stored is None else stored[number]
            right = [v for v in versions if merkle.root(v.hashes) == known]
            self.faults.extend(fault for v in versions if len(versions) > 1 and v not in right for fault in v.faults)
            if right or (known is not None and not versions):
                value = known
            else:
                value = merkle.root(versions[0].hashes) if versions else None
                child = Tile(level=tile.level - 1, index=tile.index * tiles.WIDTH + number)
                below.append(_fault("log-tile", child, "it was altered: it does not lead to the tile above it"))
            if value is None:
                computed = None
            elif computed is not None:
                computed.append(value)
        children.clear()
        self._settle(tile, self._versions(tile, stored, computed, below))

    def _settle(self, tile: Tile, versions: list[_Version]) -> None:
        if tile.width < tiles.WIDTH:
            self._partial[tile.level] = versions
            return
        above = tile.level + 1
        self._children[above].append(versions)
        if len(self._children[above]) == tiles.WIDTH:
            self._parent(Tile(level=above, index=tile.index // tiles.WIDTH))

    def _versions(
        self, tile: Tile, stored: list[bytes] | None, computed: list[bytes] | None, below: list[Fault]
    ) -> list[_Version]:
        if stored is None or computed is None or stored == computed:
            return [_Version(hashes, []) for hashes in (stored or computed,) if hashes is not None]
        altered = _fault("log-tile", tile, "it was altered: it does not hold the hashes of what lies below it")
        return [_Version(computed, below), _Version(stored, [altered])]

    def _stored(self, tile: Tile) -> list[bytes] | None:
        raw = tiles.load(self._read, tile)
        if raw is None:
            self._say("log-tile", tile, "it is missing, or not of its length")
            return None
        return tiles.hashes(raw)

    def _now(self, tile: Tile) -> Tile:
        return tiles.tile_at(tile.level, tile.index, self._head.size)

    def _content(self, tile: Tile) -> bytes | None:
        if tile.level >= 0:
            return tiles.load(self._read, tile)
        try:
            entries = tiles.load_bundle(self._read, tile)
        except FormatError:
            return None
        return None if entries is None else tiles.write_bundle(entries)

    def _say(self, code: str, where: Tile | str, what: str) -> None:
        self.faults.append(_fault(code, where, what))


def _fault(code: str, where: Tile | str, what: str) -> Fault:
    return Fault(code=code, where=where.name if isinstance(where, Tile) else where, what=what, mend=_MEND)
