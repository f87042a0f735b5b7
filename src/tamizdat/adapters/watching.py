"""
Watching folders by looking again and again: network shares and sticks tell nobody when something changes.

It reads no file, only names, lengths and times; a file counts as here once it has stopped growing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias


_Face: TypeAlias = tuple[int, int]  # length, and time of the last change in nanoseconds


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What has changed since the last look.

    Attributes:
        come: Files that are complete, as far as anybody can see: new, or changed since they were given before.

        growing: Files that have changed since the last look, as those that are being copied do.

        gone: Files that were given before and cannot be seen any more: removed, or their medium was pulled out.

        back: Files that were gone and are as they were.
    """

    come: tuple[Path, ...] = ()
    growing: tuple[Path, ...] = ()
    gone: tuple[Path, ...] = ()
    back: tuple[Path, ...] = ()


class Watch:
    """
    Look at some folders, as often as asked.

    Args:
        folders: They need not be there yet.
        leave: Files that are not looked at.
    """

    def __init__(self, folders: Sequence[Path], *, leave: Sequence[Path] = ()) -> None:
        self._folders = folders
        self._leave = {Path(os.path.abspath(path)) for path in leave}  # noqa: PTH100 -- resolve() would follow links
        self._faces: dict[Path, _Face] = {}
        self._given: dict[Path, _Face] = {}
        self._away: set[Path] = set()

    def look(self, *, now: bool = False) -> Seen:
        """
        Look once.

        Args:
            now: Do not wait for files that may be growing.
        """
        before, self._faces = self._faces, dict(self._walk())
        come, growing, back = [], [], []
        for path, face in self._faces.items():
            if self._given.get(path) == face:
                if path in self._away:
                    back.append(path)
                continue
            if face[0] and (now or before.get(path) == face):
                self._given[path] = face
                come.append(path)
            elif path in before and before[path] != face:
                growing.append(path)
        gone = [path for path in self._given if path not in self._faces and path not in self._away]
        self._away = {path for path in self._given if path not in self._faces}
        return Seen(come=tuple(come), growing=tuple(growing), gone=tuple(gone), back=tuple(back))

    def forget(self, path: Path) -> None:
        """Give a file again when it is seen next."""
        self._given.pop(path, None)
        self._away.discard(path)

    def _walk(self) -> Iterator[tuple[Path, _Face]]:
        """Give every regular file that is not hidden; whatever cannot be looked at is not here now."""
        for folder in self._folders:
            for root, folders, names in os.walk(folder):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(names):
                    path = Path(root, name)
                    if name.startswith(".") or Path(os.path.abspath(path)) in self._leave:  # noqa: PTH100 -- as above
                        continue
                    with contextlib.suppress(OSError):
                        seen = path.lstat()
                        if stat.S_ISREG(seen.st_mode):
                            yield path, (seen.st_size, seen.st_mtime_ns)
