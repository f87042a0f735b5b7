"""A store that forgets when the process ends: the tests' world, and the demonstration of the contract."""

from __future__ import annotations

import io

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tamizdat.adapters.names import checked


class Memory:
    """A ports.Store in memory."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def open(self, name: str) -> BinaryIO:
        """Open a value for reading and seeking."""
        try:
            return io.BytesIO(self.values[checked(name)])
        except KeyError:
            raise FileNotFoundError(name) from None

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value in place of any that is there."""
        self.values[checked(name)] = b"".join(chunks)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value under a new name."""
        if checked(name) in self.values:
            raise FileExistsError(name)
        self.values[name] = b"".join(chunks)

    def names(self, prefix: str = "") -> Iterator[str]:
        """Give, sorted, every name that is or lies below *prefix*."""
        below = f"{prefix}/" if prefix else ""
        yield from sorted((n for n in list(self.values) if n == prefix or n.startswith(below)), key=str.encode)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Give every folder directly below *prefix*."""
        below = f"{prefix}/" if prefix else ""
        inside = (name[len(below) :] for name in self.values if name.startswith(below))
        yield from {name.partition("/")[0] for name in inside if "/" in name}

    def drop(self, name: str) -> None:
        """Remove a value."""
        self.values.pop(checked(name), None)
