"""
A log's entries in PostgreSQL: `record.rows.Rows` for newsrooms that keep a server.

adapters/sqlite.py is the same in one file, and the default. All tables stand in a schema of their own; the schema has a
number, each step to the next is a function here and has a test.
"""

from __future__ import annotations

import contextlib
import threading

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import psycopg

from tamizdat.primitives.errors import AdapterError


VERSION: Final = 1
_LOCK: Final = 0x74617A6C  # any number that nobody else locks by
Connection = psycopg.Connection[tuple[object, ...]]


class PostgresRows:
    """
    The rows of one log in the database that *address* names (libpq's form).

    Raises:
        AdapterError: ``database``: it cannot be reached, or would not; ``database-newer``: see adapters/sqlite.py.
    """

    def __init__(self, address: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        with _failing():
            self._base: Connection = psycopg.connect(address, autocommit=True)
            # What is acknowledged is on the medium, whatever the server's own setting.
            self._base.execute("SET synchronous_commit = on")
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._base.close()

    def count(self) -> int:
        """Say how many entries there are."""
        return self._number("SELECT coalesce(max(number) + 1, 0) FROM tamizdat_log.entry")

    def add(self, entries: Sequence[bytes]) -> range:
        """Add entries and give their numbers."""
        with self.alone(), _failing():
            start = self.count()
            with (
                self._base.cursor() as cursor,
                cursor.copy("COPY tamizdat_log.entry (number, entry) FROM STDIN") as copy,
            ):
                for place, entry in enumerate(entries):
                    copy.write_row((start + place, entry))
        return range(start, start + len(entries))

    def read(self, start: int, end: int) -> list[bytes]:
        """Give the entries from *start* to before *end*."""
        query = "SELECT entry FROM tamizdat_log.entry WHERE number >= %s AND number < %s ORDER BY number"
        with self._lock, _failing():
            return [_bytes(entry) for (entry,) in self._base.execute(query, (start, end), binary=True)]

    def last(self) -> bytes | None:
        """Give the last checkpoint that was signed."""
        with self._lock, _failing():
            row = self._base.execute("SELECT checkpoint FROM tamizdat_log.signed", binary=True).fetchone()
        return None if row is None else _bytes(row[0])

    def swap(self, old: bytes | None, new: bytes) -> bool:
        """Put *new* in the place of the last checkpoint, only where that still is *old*."""
        with self.alone(), _failing():
            if old is None:
                query = "INSERT INTO tamizdat_log.signed VALUES (1, %s) ON CONFLICT DO NOTHING"
                return self._base.execute(query, (new,)).rowcount == 1
            query = "UPDATE tamizdat_log.signed SET checkpoint = %s WHERE checkpoint = %s"
            return self._base.execute(query, (new, old)).rowcount == 1

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only writer, of all threads and machines; within itself it is entered again without effect."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            try:
                with _failing(), self._base.transaction():
                    self._base.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                    yield
            finally:
                self._depth = 0

    def _migrate(self) -> None:
        with self.alone(), _failing():
            self._base.execute("CREATE SCHEMA IF NOT EXISTS tamizdat_log")
            self._base.execute("CREATE TABLE IF NOT EXISTS tamizdat_log.version (number integer NOT NULL)")
            version = self._number("SELECT coalesce(max(number), 0) FROM tamizdat_log.version")
            if version > VERSION:
                raise AdapterError(
                    "database-newer",
                    f"the database was written by a newer version of Tamizdat ({version} > {VERSION})",
                    mend="Update this machine.",
                )
            for step in _STEPS[version:]:
                step(self._base)
            if version < VERSION:
                self._base.execute("DELETE FROM tamizdat_log.version")
                self._base.execute("INSERT INTO tamizdat_log.version VALUES (%s)", (VERSION,))

    def _number(self, query: str) -> int:
        with self._lock, _failing():
            row = self._base.execute(query.encode()).fetchone()
        return int(str(row[0])) if row else 0


def _to_1(base: Connection) -> None:
    base.execute("CREATE TABLE tamizdat_log.entry (number bigint PRIMARY KEY, entry bytea NOT NULL)")
    base.execute(
        "CREATE TABLE tamizdat_log.signed (one integer PRIMARY KEY CHECK (one = 1), checkpoint bytea NOT NULL)"
    )


_STEPS: Final[tuple[Callable[[Connection], None], ...]] = (_to_1,)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes | memoryview):
        raise AdapterError("database", "the database gave something that is no bytes", mend="Restore it.")
    return bytes(value)


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        # Only the server's own first line: an address may hold a password.
        what = (error.diag.message_primary or type(error).__name__) if error.diag else type(error).__name__
        raise AdapterError(
            "database", f"PostgreSQL: {what}", mend="Check that the server runs and lets us in, then run this again."
        ) from error
