"""
A log's entries in SQLite: one file, every commit on the medium before it is acknowledged.

It is `record.rows.Rows` for one machine; adapters/postgres.py is the same for a server. The schema has a number;
each step to the next is a function here and has a test.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tamizdat.primitives.errors import AdapterError


VERSION: Final = 1
PATIENCE: Final = 60.0  # seconds to wait for another process


class SqliteRows:
    """
    The rows of one log in the file *path*, made where it is not there.

    Raises:
        AdapterError: ``database-newer``: a later version of this program wrote it; ``database``: SQLite would not.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        with _failing(path):
            path.touch(mode=0o600)
            # The lock above lets one thread in at a time.
            self._base = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            # One write to the medium for each commit. Where the disk cannot do that, the old way, which needs four.
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = EXTRA")
            self._base.execute("PRAGMA trusted_schema = OFF")
        self._path = path
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def count(self) -> int:
        """Say how many entries there are."""
        with self._lock, _failing(self._path):
            (count,) = self._base.execute("SELECT coalesce(max(number) + 1, 0) FROM entry").fetchone()
        return int(count)

    def add(self, entries: Sequence[bytes]) -> range:
        """Add entries and give their numbers."""
        with self.alone(), _failing(self._path):
            start = self.count()
            rows = ((start + place, entry) for place, entry in enumerate(entries))
            self._base.executemany("INSERT INTO entry (number, entry) VALUES (?, ?)", rows)
        return range(start, start + len(entries))

    def read(self, start: int, end: int) -> list[bytes]:
        """Give the entries from *start* to before *end*."""
        query = "SELECT entry FROM entry WHERE number >= ? AND number < ? ORDER BY number"
        with self._lock, _failing(self._path):
            return [bytes(entry) for (entry,) in self._base.execute(query, (start, end))]

    def last(self) -> bytes | None:
        """Give the last checkpoint that was signed."""
        with self._lock, _failing(self._path):
            row = self._base.execute("SELECT checkpoint FROM signed WHERE one = 1").fetchone()
        return None if row is None else bytes(row[0])

    def swap(self, old: bytes | None, new: bytes) -> bool:
        """Put *new* in the place of the last checkpoint, only where that still is *old*."""
        with self.alone(), _failing(self._path):
            if old is None:
                done = self._base.execute("INSERT INTO signed VALUES (1, ?) ON CONFLICT DO NOTHING", (new,))
            else:
                done = self._base.execute("UPDATE signed SET checkpoint = ? WHERE checkpoint = ?", (new, old))
            return done.rowcount == 1

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only writer, of all threads and processes; within itself it is entered again without effect."""
        with self._lock:
            if self._base.in_transaction:
                yield
                return
            with _failing(self._path):
                self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            with _failing(self._path):
                self._base.execute("COMMIT")

    def _migrate(self) -> None:
        with self.alone(), _failing(self._path):
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise AdapterError(
                    "database-newer",
                    f"{self._path.name} was written by a newer version of Tamizdat ({version} > {VERSION})",
                    mend="Update this machine.",
                )
            for step in _STEPS[version:]:
                step(self._base)
            if version < VERSION:
                self._base.execute(f"PRAGMA user_version = {VERSION}")


def _to_1(base: sqlite3.Connection) -> None:
    base.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT")
    base.execute("CREATE TABLE signed (one INTEGER PRIMARY KEY CHECK (one = 1), checkpoint BLOB NOT NULL) STRICT")


_STEPS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_to_1,)


@contextlib.contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise AdapterError(
            "database", f"{path.name}: {error}", mend="Make room, end other programs that use it, or restore it."
        ) from error
