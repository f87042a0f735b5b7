"""Sources in memory: steady ones, and ones that misbehave as files on a disk do."""

from __future__ import annotations

import dataclasses
import io

from collections.abc import Hashable
from typing import Any, BinaryIO

from tamizdat.field import dossier, sealing
from tests.conftest import SeededEntropy


CREATED = 1795651200


@dataclasses.dataclass
class Held:
    """A file that keeps still."""

    name: bytes
    data: bytes = b""
    how: str = sealing.HOW_SYSTEM

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)

    def fingerprint(self) -> Hashable:
        return len(self.data)


@dataclasses.dataclass
class Restless(Held):
    """A file that is another one each time it is looked at, the first *times* times."""

    times: int = 1
    looks: int = 0

    def fingerprint(self) -> Hashable:
        self.looks += 1
        return min(self.looks, 2 * self.times)


@dataclasses.dataclass
class Shrinking(Held):
    """A file that is cut while it is read, once."""

    cuts: int = 1

    def open(self) -> BinaryIO:
        self.cuts -= 1
        return _Cut(self.data) if self.cuts >= 0 else io.BytesIO(self.data)


@dataclasses.dataclass
class Torn(Held):
    """A file on a medium that fails half way, always."""

    def open(self) -> BinaryIO:
        return _Bad(self.data)


@dataclasses.dataclass
class Shut(Held):
    """A file nobody may read."""

    def open(self) -> BinaryIO:
        raise PermissionError(13, "Permission denied")


class _ByRead(io.BytesIO):
    """Reads into memory as it reads."""

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Cut(_ByRead):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size)[:3] if self.tell() == 0 else b""


class _Bad(_ByRead):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(3)


def written(*sources: sealing.Source, **more: object) -> tuple[bytes, dossier.Sealed]:
    """Write the plaintext of a dossier."""
    sink = io.BytesIO()
    sealed = dossier.write(sources, sink=sink, entropy=SeededEntropy(), created=CREATED, **more)  # type: ignore[arg-type]
    return sink.getvalue(), sealed


def opened(raw: bytes) -> tuple[dict[str, bytes], dossier.Opened]:
    """Read a dossier and keep every payload."""
    kept: dict[str, bytes] = {}

    def visit(entry: dossier.Entry, stream: BinaryIO) -> None:
        kept[entry.path] = stream.read()

    return kept, dossier.read(io.BytesIO(raw), visit, again=lambda entry: kept[entry.path])
