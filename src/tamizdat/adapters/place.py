"""
Where a newsroom's folder lies: whether it is the one that was written to last, or a copy; and another place beside it.

A copy is told by a small file whose time of change (ctime) the system alone sets: no backup restores that. It is NOT seen
where a whole disk or a whole machine is set back, nor where a disk keeps no such time (FAT, exFAT), nor on Windows where a
program copies the time of creation too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tamizdat.adapters.failing import failures
from tamizdat.adapters.folder import Folder
from tamizdat.primitives.errors import AdapterError
from tamizdat.primitives.stores import read


MARK: Final = "desk/place"
SEEN: Final = "desk/place-seen"
COARSE: Final = 2_000_000_000  # nanoseconds: FAT's clock


class Place:
    """The newsroom's folder *path*."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = Folder(path)

    def known(self) -> bool:
        """Say whether the folder is the one that `mark` was last called for, and neither a copy nor restored."""
        noted, (changed, written) = read(self._store, SEEN, 64) or b"", self._times()
        if noted == b"%d\n" % changed:
            return True
        # A disk that keeps no time of change gives that of writing for it, as coarse as it has it.
        number = noted.strip()
        return changed == written and number.isdigit() and abs(changed - int(number)) <= COARSE

    def mark(self) -> None:
        """Take the folder as it lies here for the one."""
        self._store.put(MARK, [b""])
        self._store.put(SEEN, [b"%d\n" % self._times()[0]])

    def _times(self) -> tuple[int, int]:
        """Give when the mark was changed and when it was written, in nanoseconds; twice 0 where it is not there."""
        with failures(MARK):
            try:
                found = (self._path / MARK).stat()
            except FileNotFoundError:
                return 0, 0
        return found.st_ctime_ns, found.st_mtime_ns


class Elsewhere(Folder):
    """
    A folder on another medium, which must be there: it is never made.

    Raises:
        AdapterError: ``watermark-away``: it is not there now, when something is to be written.
    """

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a value in place of any that is there."""
        self._there()
        super().put(name, chunks)

    def put_all(self, values: Iterable[tuple[str, Iterable[bytes]]]) -> None:
        """Store values together; see `Folder.put_all`."""
        self._there()
        super().put_all(values)

    def _there(self) -> None:
        if not self.path.is_dir():
            raise AdapterError(
                "watermark-away",
                f"the folder {str(self.path)!r}, where the newest signed state is kept too, is not there",
                mend="Connect it, or change `watermark` in newsroom.toml.",
            )
