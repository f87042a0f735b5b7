"""The doors to the machine, as contracts. Only adapters/ implements them; stages take them as arguments."""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol


class Clock(Protocol):
    """The machine's clock, which may be wrong: what it says is a claim."""

    def now(self) -> int:
        """Say the time in whole seconds since 1970-01-01T00:00:00Z."""


class Entropy(Protocol):
    """The machine's dice."""

    def random(self, count: int) -> bytes:
        """Give *count* bytes nobody can guess, fit for keys."""


class Store(Protocol):
    """
    Named byte strings that outlive the process.

    A name is one or more segments joined by ``/``; a segment is never empty, ``.`` or ``..``.
    When put or add returns, the bytes are on the medium (fsync of file and folder), whole or
    not at all: no reader ever sees half a value, and a kill leaves the old one.

    Raises:
        AdapterError: The medium would not do it (full, gone, not allowed).
    """

    def open(self, name: str) -> BinaryIO:
        """Open a value for reading and seeking; FileNotFoundError where there is none."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value in place of any that is there."""

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value under a new name; FileExistsError, and nothing changed, where there is one."""

    def names(self, prefix: str = "") -> Iterator[str]:
        """Give, sorted bytewise, every name that is *prefix* or lies below it as a folder; none where it is not there."""

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Give, in any order, the last segment of every folder directly below *prefix*, without looking into them."""

    def drop(self, name: str) -> None:
        """Remove a value; nothing happens where there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """
    How far work on a stranger's bytes may go.

    Attributes:
        memory: In bytes of address space.

        seconds: Of the processor.

        patience: Seconds on the clock until whoever does nothing at all is given up.

        answer: The most bytes that may come back.
    """

    memory: int
    seconds: int
    patience: int
    answer: int


class Cell(Protocol):
    """Where a stranger's bytes are worked on, and nothing can be reached from; what comes back is a stranger's word."""

    def ask(self, said: bytes, given: bytes, bounds: Bounds) -> bytes:
        """
        Have the bytes *given* worked on, as *said*; again only about the same stranger's.

        Raises:
            FormatError: ``decoder-...``: whoever worked on them died of it, or went beyond *bounds*.
        """
