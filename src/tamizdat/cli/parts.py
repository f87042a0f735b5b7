"""Parts on the user's disk: opened together, sorted by the dossier they belong to."""

from __future__ import annotations

import contextlib

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from tamizdat.adapters import disk
from tamizdat.adapters.media import Media
from tamizdat.carry import part, scan
from tamizdat.carry.join import Joiner
from tamizdat.cli.console import shown
from tamizdat.primitives.age import armor, header
from tamizdat.primitives.errors import FormatError, UsageError


def files(names: list[str]) -> list[Path]:
    """
    Give every file at and below *names*, in the order of their names; hidden ones inside folders are passed over.

    Raises:
        UsageError: Something that was named is not there.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if not path.exists():
            raise UsageError("file-missing", f"{shown(name)} is not there", mend="Look at how the name is spelled.")
        inner = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        found += inner if path.is_dir() else [path]
    return found


@contextlib.contextmanager
def opened(paths: list[Path]) -> Iterator[list[BinaryIO]]:
    """Open every file for reading, however many they are; all are closed at the end."""
    media = Media()
    try:
        streams: list[BinaryIO] = []
        for path in paths:
            try:
                streams.append(media.file(path))
            except OSError as error:
                raise UsageError(
                    "part-file",
                    f"{shown(str(path))}: it cannot be read: {error.strerror}",
                    mend="Look at the medium; leave this part out if the others are enough.",
                ) from error
        yield streams
    finally:
        media.close()


@contextlib.contextmanager
def joiner(
    paths: list[Path], set_id: bytes | None = None, *, tell: Callable[[str], None] = lambda _: None
) -> Iterator[Joiner]:
    """Open parts to be joined; *tell* is told of trouble that costs time."""
    with opened(paths) as streams:
        made = Joiner(streams, [shown(path.name) for path in paths], set_id=set_id, tell=tell)
        try:
            yield made
        finally:
            made.close()


def is_sealed(path: Path) -> bool:
    """Say whether a file is an age file, armored or not."""
    try:
        with disk.open_quietly(path) as stream:
            return stream.read(64).startswith((header.VERSION, armor.BEGIN))
    except OSError:
        return False  # whoever reads it next says what is wrong


def set_of(path: Path) -> bytes | None:
    """Say which dossier's parts a file holds: by its first packet, or where that is damaged by most of them."""
    with disk.open_quietly(path) as stream:
        with contextlib.suppress(FormatError):
            for packet in part.read(stream):
                return packet.header.shape.set_id
        votes: Counter[bytes] = Counter()
        for group in scan.scan(stream).groups.values():
            votes[group.shape.set_id] += group.whole
    return max(votes, key=lambda found: votes[found], default=None)
