"""A folder of a store, as a store of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tamizdat.primitives.ports import Store


class Below:
    """Everything of *store* under *folder*: a ports.Store whose names begin there."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    def open(self, name: str) -> BinaryIO:
        """Open a value for reading and seeking."""
        return self._store.open(f"{self._folder}/{name}")

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value in place of any that is there."""
        self._store.put(f"{self._folder}/{name}", chunks)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value under a new name."""
        self._store.add(f"{self._folder}/{name}", chunks)

    def names(self, prefix: str = "") -> Iterator[str]:
        """Give every name that is or lies below *prefix*."""
        below = f"{self._folder}/{prefix}" if prefix else self._folder
        for name in self._store.names(below):
            if name != self._folder:
                yield name[len(self._folder) + 1 :]

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Give every folder directly below *prefix*."""
        return self._store.folders(f"{self._folder}/{prefix}" if prefix else self._folder)

    def drop(self, name: str) -> None:
        """Remove a value."""
        self._store.drop(f"{self._folder}/{name}")


def read(store: Store, name: str, most: int = 64 << 20) -> bytes | None:
    """Read a value whole, at most *most* bytes of it; None where there is none."""
    try:
        with store.open(name) as stream:
            return stream.read(most)
    except FileNotFoundError:
        return None
