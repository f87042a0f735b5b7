"""
The sequencer: a log whose entries stand in a database first, and whose tiles and checkpoint follow from it.

The database is the truth. The order is always: tiles written, entries and the new checkpoint committed together (only
where the last one still is the one that was read), the checkpoint published. A kill at any point loses no entry that was
acknowledged, and no checkpoint that is not committed is ever seen by anybody, so that none contradicts another. It does NOT decide who may
write (newsroom/) nor what an entry means (record/entry.py). Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import concurrent.futures

from collections.abc import Callable, Sequence
from typing import Final

from tamizdat.primitives import note, ports, stores
from tamizdat.primitives.errors import AdapterError, FormatError, TrustError
from tamizdat.record import checkpoint, tiles
from tamizdat.record import log as logs
from tamizdat.record.checkpoint import Checkpoint
from tamizdat.record.log import LogReader
from tamizdat.record.rows import Rows
from tamizdat.record.tiles import Tile


MOST_AT_ONCE: Final = 65_536  # entries under one signature
HANDS: Final = 8  # files that are written at once


class Sequencer:
    """
    The writer of the log *origin*.

    Args:
        rows: The database.

        store: Where tiles and checkpoint are published, as c2sp.org/tlog-tiles has them.

        signer: The log's key; its name is the log's origin.

        guard: Asked once before the first new checkpoint is signed, with the last one and its log: it raises where
            this database may be an old copy (docs/spec/log.md, "After a restore").

        signed: Told of a new checkpoint before anybody can see it.

    Raises:
        AdapterError: ``log-missing``: there is no log here; `begin` makes one.
        TrustError: What is here was not signed by *signer*.
    """

    def __init__(
        self,
        rows: Rows,
        store: ports.Store,
        signer: note.Signer,
        guard: Callable[[LogReader], None] = lambda _: None,
        signed: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._rows = rows
        self._store = store
        self._signer = signer
        self._guard: Callable[[LogReader], None] | None = guard
        self._signed = signed
        self._hands = concurrent.futures.ThreadPoolExecutor(HANDS, "tiles")
        self._raw: bytes
        self._head: Checkpoint
        self._edge: list[list[bytes]]
        self._load(self._last())
        self._not_behind()
        self.sequence()

    @property
    def origin(self) -> str:
        """The log's lasting name."""
        return self._head.origin

    @property
    def size(self) -> int:
        """How many entries its checkpoint stands for."""
        return self._head.size

    @property
    def root(self) -> bytes:
        """The root over them."""
        return self._head.root

    def checkpoint(self) -> bytes:
        """Give the signed checkpoint."""
        return self._raw

    def reader(self) -> LogReader:
        """Give the log as it stands now, for reading."""
        return LogReader(self._store, self._raw, self._head)

    def append(self, entries: Sequence[bytes]) -> range:
        """
        Add *entries* and give their numbers. When it returns they are on the medium, signed for and published. When it
        raises, all of them are on the record or none: where only the publishing failed, the next run publishes.

        Raises:
            FormatError: ``log-entry-length``: an entry is longer than 65,535 bytes.
            AdapterError: As the database and the store.
        """
        with self._rows.alone():
            added = self.commit(entries)
        self.publish()
        return added

    def append_made(self, make: Callable[[int], Sequence[bytes]]) -> range:
        """
        Do as `append` with what *make* gives for the number that the first will get: nobody else adds anything meanwhile.

        What *make* raises comes out, and nothing was added.
        """
        with self._rows.alone():
            added = self.commit(make(self._rows.count()))
        self.publish()
        return added

    def since(self, start: int) -> list[bytes]:
        """Give the entries from number *start* on, also those that are not signed for yet; within `append_made`, all."""
        return self._rows.read(start, self._rows.count())

    def commit(self, entries: Sequence[bytes]) -> range:
        """Do as `append`, within `Rows.alone`, without publishing: whoever calls it calls `publish` after that."""
        for entry in entries:
            if len(entry) > tiles.MAX_ENTRY:
                raise FormatError(
                    "log-entry-length", f"an entry of {len(entry)} bytes is too long", mend="Log a hash of it instead."
                )
        if not entries:
            return range(self.size, self.size)
        added = self._rows.add(entries)
        self._catch_up()
        return added

    def sequence(self) -> None:
        """Bring everything that is committed under a checkpoint, and publish it."""
        with self._rows.alone():
            self._catch_up()
        self.publish()

    def publish(self) -> None:
        """Publish the last checkpoint that was committed."""
        with self._rows.alone():
            # Read anew: of two processes, the later to publish publishes the later checkpoint.
            newest = self._last()
            if stores.read(self._store, logs.CHECKPOINT, note.MAX_LENGTH) != newest:
                self._signed(newest)
                self._store.put(logs.CHECKPOINT, [newest])

    def cosigned(self, raw: bytes) -> None:
        """
        Publish the last checkpoint with the signatures of others under it.

        Raises:
            AdapterError: ``log-changed``: it is not the last any more.
        """
        if note.read(raw).text != note.read(self._raw).text or not self._rows.swap(self._raw, raw):
            raise logs.changed()
        self._raw = raw
        self.sequence()

    def rebuild(self) -> None:
        """
        Write all tiles anew from the database, where the published folder was lost or altered.

        Raises:
            AdapterError: ``log-rows``: they would not lead to what was signed; nothing was written.
        """
        for write in (False, True):
            edge = list[list[bytes]]()
            for start in range(0, self.size, MOST_AT_ONCE):
                entries = self._rows.read(start, min(self.size, start + MOST_AT_ONCE))
                if write:
                    edge = self._write(start, edge, entries)
                else:
                    edge = tiles.grow(edge, start, tiles.leaf_hashes(entries)).edge
            if tiles.edge_root(edge) != self.root:
                raise AdapterError(
                    "log-rows",
                    "the entries in the database are not those that were signed",
                    mend="Restore the newest copy of the database; keep this one as evidence.",
                )
        self._edge = edge
        self._store.put(logs.CHECKPOINT, [self._raw])

    def _catch_up(self) -> None:
        raw = self._last()
        if raw != self._raw:
            self._load(raw)
        while (count := self._rows.count()) > self.size:
            self._extend(min(count, self.size + MOST_AT_ONCE))

    def _extend(self, end: int) -> None:
        if self._guard is not None:
            self._guard(self.reader())
            self._guard = None
        entries = self._rows.read(self.size, end)
        edge = self._write(self.size, self._edge, entries)
        head = Checkpoint(origin=self.origin, size=self.size + len(entries), root=tiles.edge_root(edge))
        raw = checkpoint.sign(head, self._signer)
        if not self._rows.swap(self._raw, raw):
            raise logs.changed()
        self._raw, self._head, self._edge = raw, head, edge

    def _write(self, size: int, edge: list[list[bytes]], entries: list[bytes]) -> list[list[bytes]]:
        """Write the bundles and tiles that a log of *size* gets with *entries*, and give its new edge."""
        first = size // tiles.WIDTH
        tail = [*self._rows.read(first * tiles.WIDTH, size), *entries]
        growth = tiles.grow(edge, size, tiles.leaf_hashes(entries))
        parts = (tail[start : start + tiles.WIDTH] for start in range(0, len(tail), tiles.WIDTH))
        bundles = (
            (tiles.Tile(level=-1, index=first + number, width=len(part)), tiles.write_bundle(part))
            for number, part in enumerate(parts)
        )
        # All at once: a disk brings several files to the medium in about the time of one.
        writing = [self._hands.submit(self._put, *tile, size) for tile in (*bundles, *growth.tiles)]
        concurrent.futures.wait(writing)
        for done in writing:
            done.result()
        return growth.edge

    def _last(self) -> bytes:
        raw = self._rows.last()
        if raw is None:
            raise AdapterError(
                "log-missing",
                "there is no log here: its last checkpoint is missing",
                mend="Restore the newest copy of the log; a new one must never be begun in its place.",
            )
        return raw

    def _load(self, raw: bytes) -> None:
        """Take *raw* for the last checkpoint, and make the right edge of what is published anew if it was torn."""
        self._raw = raw
        self._head = checkpoint.verify(raw, self._signer.verifier, origin=self._signer.name)
        try:
            reader = self.reader()
            self._edge = reader.edge()
            if self.size:
                reader.entry(self.size - 1)
        except TrustError:
            # What is published is a copy: it is made anew, and only if it then leads to what was signed.
            self.rebuild()

    def _not_behind(self) -> None:
        """Refuse a database that is older than what it published: somebody restored it, and not the published files."""
        published = stores.read(self._store, logs.CHECKPOINT, note.MAX_LENGTH) or b""
        try:
            seen = checkpoint.verify(published, self._signer.verifier, origin=self.origin)
        except (FormatError, TrustError):
            return  # torn, or not ours: it is published anew
        if seen.size > self.size or (seen.size == self.size and seen.root != self.root):
            raise TrustError(
                "log-set-back",
                f"{seen.size} entries of this record were published, and the database has {self.size}",
                mend="Restore the newest copy of the database, or remove it: it is made anew from what was published.",
                evidence=published,
            )

    def _put(self, place: Tile, content: bytes, size: int) -> None:
        self._store.put(place.name, [content])
        logs.sweep(self._store, place, size)


def begin(rows: Rows, store: ports.Store, signer: note.Signer) -> Sequencer:
    """
    Begin an empty log in a new database and an empty store, which `FiledRows` may be one and the same.

    Raises:
        UsageError: ``log-exists``: there is one, or what is left of one.
    """
    logs.begin(store, signer)
    return adopt(rows, store, signer)


def adopt(
    rows: Rows,
    store: ports.Store,
    signer: note.Signer,
    guard: Callable[[LogReader], None] = lambda _: None,
    signed: Callable[[bytes], None] = lambda _: None,
) -> Sequencer:
    """
    Open a log; one that was kept in files alone moves into the database, and every file of it is checked first.

    Raises:
        TrustError: It is not whole; or as `Sequencer`.
    """
    with rows.alone():
        if rows.last() is None:
            reader = logs.read_log(store, signer.verifier, origin=signer.name)
            for start in range(rows.count(), reader.size, MOST_AT_ONCE):
                rows.add([reader.entry(index) for index in range(start, min(reader.size, start + MOST_AT_ONCE))])
            rows.swap(None, reader.checkpoint())
    return Sequencer(rows, store, signer, guard, signed)
