"""A folder of a store, as a store of its own; and several values brought to the medium together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol, runtime_checkable

from tamizdat.primitives.ports import Store


@runtime_checkable
class Grouping(Protocol):
    """A ports.Store that brings several values to the medium in about the time of one."""

    def put_all(self, values: Iterable[tuple[str, Iterable[bytes]]]) -> None:
        """
        Store values, each as `Store.put` does; the last has its name only when all others are on the medium.

        They are taken one after another, so that what one holds may follow from those before it. Where it raises, or is
        killed, the last is as it was; each of the others is the old one or the new.
        """


def put_all(store: Store, values: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Do as `Grouping.put_all`, one by one where the store knows no other way."""
    if isinstance(store, Grouping):
        store.put_all(values)
    else:
        for name, chunks in values:
            store.put(name, chunks)


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

    def put_all(self, values: Iterable[tuple[str, Iterable[bytes]]]) -> None:
        """Store values together."""
        put_all(self._store, ((f"{self._folder}/{name}", chunks) for name, chunks in values))

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
