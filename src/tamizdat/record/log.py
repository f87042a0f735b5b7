"""
The public record: an append-only log, begun and read through a store, as c2sp.org/tlog-tiles has it.

What lies beyond the checkpoint in the store is left over from an append that was cut short, and is written over. The
one writer is record/sequencer.py. What an entry says is not known here (record/entry.py). Flaws: docs/spec/entry.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tamizdat.primitives import merkle, note, ports, stores
from tamizdat.primitives.errors import AdapterError, Fault, FormatError, TrustError, UsageError
from tamizdat.record import checkpoint, recheck, tiles
from tamizdat.record.checkpoint import Checkpoint
from tamizdat.record.tiles import Tile


CHECKPOINT: Final = "checkpoint"


class LogReader:
    """A log as it stood at one checkpoint; everything it gives has been checked against that."""

    def __init__(self, store: ports.Store, raw: bytes, head: Checkpoint) -> None:
        self.head = head
        self._raw = raw
        self._read = reading(store)
        self._store = store
        self._tiles = tiles.Tiles(self._read, head.size, head.root)
        self._bundle: tuple[int, list[bytes]] = (-1, [])

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.head.size

    @property
    def root(self) -> bytes:
        """The root over its entries."""
        return self.head.root

    def checkpoint(self) -> bytes:
        """Give the signed checkpoint."""
        return self._raw

    def edge(self) -> list[list[bytes]]:
        """Give the hashes of its partial tiles, one row a level; as `tiles.Tiles.edge`."""
        return self._tiles.edge()

    def entry(self, index: int) -> bytes:
        """
        Give one entry.

        Raises:
            UsageError: ``log-index``: the log has no such entry.
            TrustError: ``log-tile`` or ``log-entries``: what holds it is missing or altered.
        """
        self._within(0 <= index < self.size, f"entry {index}")
        number, place = divmod(index, tiles.WIDTH)
        if self._bundle[0] != number:
            self._bundle = number, self._load_bundle(number)
        return self._bundle[1][place]

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """Give the entries from *start* on, oldest first."""
        for index in range(start, self.size):
            yield self.entry(index)

    def newest_first(self) -> Iterator[bytes]:
        """Give all entries, newest first: what was said last is found without reading the whole log."""
        for index in range(self.size - 1, -1, -1):
            yield self.entry(index)

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Give the path from entry *index* to the root of the first *size* entries (all of them by default)."""
        size = self.size if size is None else size
        self._within(0 <= index < size <= self.size, f"path from entry {index} of {size}")
        return merkle.inclusion_path(index, size, self._tiles.hash)

    def consistency(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Give the proof that the first *size* entries (all by default) continue the first *old_size*; empty for 0."""
        size = self.size if size is None else size
        self._within(0 <= old_size <= size <= self.size, f"proof from {old_size} to {size} entries")
        return merkle.consistency_path(old_size, size, self._tiles.hash) if old_size else ()

    def root_of(self, size: int) -> bytes:
        """Compute the root over the first *size* entries, 1 at least."""
        self._within(1 <= size <= self.size, f"first {size} entries")
        return merkle.root_of(size, self._tiles.hash)

    def check_all(self) -> list[Fault]:
        """Read every file of the log, compute everything anew, and report every fault found."""
        return recheck.faults(self._read, self._store.names("tile"), self.head)

    def _within(self, there: bool, what: str) -> None:  # noqa: FBT001 -- reads as a sentence where it stands
        if not there:
            raise UsageError("log-index", f"the log of {self.size} entries has no {what}", mend="Ask for one it has.")

    def _load_bundle(self, number: int) -> list[bytes]:
        place = tiles.tile_at(-1, number, self.size)
        found = load_bundle(self._read, place)
        if tiles.leaf_hashes(found) != self._tiles.tile(0, number):
            raise _altered(f"{place.name} was altered: its entries do not have the hashes on record")
        return found


def read_log(
    store: ports.Store, *verifiers: note.Verifier, origin: str | None = None, raw: bytes | None = None
) -> LogReader:
    """
    Read the log in *store* at its checkpoint, or at the (older) checkpoint *raw*.

    Raises:
        AdapterError: ``log-missing``: there is no checkpoint.
        FormatError, TrustError: As `checkpoint.verify`.
    """
    raw = _latest(store) if raw is None else raw
    return LogReader(store, raw, checkpoint.verify(raw, *verifiers, origin=origin))


def begin(store: ports.Store, signer: note.Signer) -> None:
    """
    Begin an empty log in *store*, which must hold none, and sign its first checkpoint; its origin is the key's name.

    Raises:
        UsageError: ``log-exists``: there is a log, or what is left of one.
    """
    first = checkpoint.sign(Checkpoint(origin=signer.name, size=0, root=merkle.EMPTY), signer)
    try:
        if next(iter(store.names("tile")), None) is not None:
            raise FileExistsError
        store.add(CHECKPOINT, [first])
    except FileExistsError:
        # A second log under one name would contradict what was signed before.
        raise UsageError(
            "log-exists",
            f"a log is there already, or what is left of one: {signer.name}",
            mend="Open it, or choose another folder.",
        ) from None


def sweep(store: ports.Store, kept: Tile, size: int) -> None:
    """
    Drop partial forms of a tile that no checkpoint ever stood for: left over, they would pass for altered ones.

    *size* is the log's as last signed, *kept* what was just written beyond it.
    """
    edge = size >> 8 * (max(kept.level, 0) + 1)
    published = tiles.tile_at(kept.level, kept.index, size).width if kept.index <= edge else 0
    for name in list(store.names(f"{kept.folder}.p")):
        left = tiles.read_name(name)
        if left is not None and left.width > published and left != kept:
            store.drop(name)


def changed() -> AdapterError:
    """Say that somebody else wrote meanwhile."""
    return AdapterError(
        "log-changed",
        "another process has written to the log meanwhile",
        mend="Let one process at a time write; run this again.",
    )


def _latest(store: ports.Store) -> bytes:
    raw = reading(store)(CHECKPOINT, note.MAX_LENGTH)
    if raw is None:
        raise AdapterError(
            "log-missing",
            "there is no log: its file 'checkpoint' is missing",
            mend="Restore the newest copy of the log; a new one must never be begun in its place.",
        )
    return raw


def load_bundle(read: tiles.Read, place: Tile) -> list[bytes]:
    """
    Read a bundle's entries, whose hashes are not looked at here.

    Raises:
        TrustError: ``log-entries``: it is missing or misshapen.
    """
    try:
        found = tiles.load_bundle(read, place)
    except FormatError as error:
        raise _altered(f"{place.name} was altered: {error}") from error
    if found is None:
        raise _altered(f"{place.name} is missing")
    return found


def reading(store: ports.Store) -> tiles.Read:
    """Give what reads the files of a log in *store*."""
    # One byte more than the limit: what is too long is seen to be, and never taken for its beginning.
    return lambda name, limit: stores.read(store, name, limit + 1)


def _altered(what: str) -> TrustError:
    return TrustError(
        "log-entries",
        what,
        mend="Get the log anew from the newsroom or another mirror, and keep this copy: it is evidence.",
    )
