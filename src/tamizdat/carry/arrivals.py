"""
Arrivals: parts that come one by one, each read once, and what they are good for together so far. It does NOT join.

What is kept of a file is where its whole packets stand: some bytes a stretch, whatever its length.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Hashable
from typing import Generic, TypeVar

from tamizdat.carry import condition
from tamizdat.carry.condition import Dossier
from tamizdat.carry.scan import Scan


Key = TypeVar("Key", bound=Hashable)


@dataclasses.dataclass(slots=True, kw_only=True)
class _File:
    name: str
    scan: Scan
    here: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Generic[Key]):
    """One dossier's files that are here: their keys and scans, in one order, and what they are good for."""

    keys: tuple[Key, ...]
    scans: tuple[Scan, ...]
    names: tuple[str, ...]
    dossier: Dossier


class Arrivals(Generic[Key]):
    """Files under keys of the caller's."""

    def __init__(self) -> None:
        self._files: dict[Key, _File] = {}

    def put(self, key: Key, name: str, scan: Scan) -> None:
        """Enter a file, new or changed."""
        self._files[key] = _File(name=name, scan=scan)

    def mark(self, key: Key, *, here: bool) -> None:
        """Say that a file went away or came back."""
        if key in self._files:
            self._files[key].here = here

    def drop(self, key: Key) -> None:
        """Forget a file."""
        self._files.pop(key, None)

    def knows(self, key: Key) -> bool:
        """Whether a file was entered."""
        return key in self._files

    def sets(self, key: Key) -> set[bytes]:
        """Say which dossiers a file holds anything of."""
        found = self._files.get(key)
        return set() if found is None else {group.shape.set_id for group in found.scan.groups.values()}

    def gathered(self) -> list[Gathered[Key]]:
        """Give each dossier with its files that are here, the largest first."""
        files = {key: file for key, file in self._files.items() if file.here}
        keys = tuple(files)
        found, _ = condition.dossiers([file.scan for file in files.values()], [file.name for file in files.values()])
        made = []
        for dossier in found:
            if dossier.remnant:
                continue
            mine = tuple(keys[state.source] for state in dossier.states)
            scans, names = tuple(files[key].scan for key in mine), tuple(files[key].name for key in mine)
            set_id = bytes.fromhex(dossier.survey.set_id)
            made.append(Gathered(keys=mine, scans=scans, names=names, dossier=condition.dossier(scans, names, set_id)))
        return made
