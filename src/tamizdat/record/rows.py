"""
Rows: where a log's entries and its last signed checkpoint stand, as the sequencer asks for them.

A database keeps them (adapters/sqlite.py, adapters/postgres.py). `FiledRows` asks the published files themselves: enough
for a log that one process writes. It is NOT the writer (record/sequencer.py).
"""

from __future__ import annotations

import contextlib

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from tamizdat.primitives import note, ports
from tamizdat.record import checkpoint, tiles
from tamizdat.record import log as logs


class Rows(Protocol):
    """
    A database that keeps a log's entries and the last checkpoint that was signed.

    Raises:
        AdapterError: The database would not do it.
    """

    def count(self) -> int:
        """Say how many entries there are."""

    def add(self, entries: Sequence[bytes]) -> range:
        """Add entries and give their numbers; when it returns they are on the medium, all or none."""

    def read(self, start: int, end: int) -> list[bytes]:
        """Give the entries from *start* to before *end*."""

    def last(self) -> bytes | None:
        """Give the last checkpoint that was signed; None in a new database."""

    def swap(self, old: bytes | None, new: bytes) -> bool:
        """Put *new* in the place of the last checkpoint, only where that still is *old*; say whether it was."""

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one, of all processes, between the two ends of the block; what it changed is kept at the end."""


class FiledRows:
    """
    The rows of a log that is kept in its published files alone; the checkpoint in them is the truth.

    What is added stands nowhere before it is signed for: a kill loses it, and whoever added it was not told otherwise.
    `alone` keeps nobody out: one process at a time is the caller's duty. A second one is found out when it signs.
    """

    def __init__(self, store: ports.Store) -> None:
        self._store = store
        self._read = logs.reading(store)
        self._waiting: list[bytes] = []

    def count(self) -> int:
        """Say how many entries there are."""
        return self._size(self.last()) + len(self._waiting)

    def add(self, entries: Sequence[bytes]) -> range:
        """Hold entries until they are signed for, and give their numbers."""
        start = self.count()
        self._waiting += entries
        return range(start, start + len(entries))

    def read(self, start: int, end: int) -> list[bytes]:
        """Give the entries from *start* to before *end*; errors as `log.load_bundle`."""
        size = self._size(self.last())
        found = self._waiting[max(start - size, 0) : max(end - size, 0)]
        if start >= min(end, size):
            return found
        first = start // tiles.WIDTH
        held: list[bytes] = []
        for number in range(first, -(-min(end, size) // tiles.WIDTH)):
            held += logs.load_bundle(self._read, tiles.tile_at(-1, number, size))
        return held[start - first * tiles.WIDTH : min(end, size) - first * tiles.WIDTH] + found

    def last(self) -> bytes | None:
        """Give the last checkpoint that was signed."""
        return self._read(logs.CHECKPOINT, note.MAX_LENGTH)

    def swap(self, old: bytes | None, new: bytes) -> bool:
        """Put *new* in the place of the last checkpoint, only where that still is *old*."""
        if self.last() != old:
            return False
        self._store.put(logs.CHECKPOINT, [new])
        del self._waiting[: self._size(new) - self._size(old)]
        return True

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep nobody out; what was added in a block that failed is forgotten."""
        held = len(self._waiting)
        try:
            yield
        except BaseException:
            del self._waiting[held:]
            raise

    @staticmethod
    def _size(raw: bytes | None) -> int:
        return 0 if raw is None else checkpoint.read_text(note.read(raw).text).size
