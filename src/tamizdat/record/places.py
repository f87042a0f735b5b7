"""
Where the vault's objects lie, and the small files around them, in the one spelling that we write.

It touches no disk. The format is https://ocfl.io/1.1/spec/ with layout extension 0003; docs/spec/vault.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re

from collections.abc import Mapping
from typing import Any, Final

from tamizdat.primitives import text
from tamizdat.primitives.errors import UsageError
from tamizdat.record import inventory


DECLARATION: Final = "0=ocfl_1.1"
OBJECT_DECLARATION: Final = "0=ocfl_object_1.1"
LAYOUT: Final = "0003-hash-and-id-n-tuple-storage-layout"
INVENTORY: Final = "inventory.json"
SEALED: Final = "inventory.json.sha512"
SCHEME: Final = "tamizdat:"
DEPTH: Final = 4  # three tuples of the hash, then the id
TUPLE: Final = 3
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_DAY: Final = 86_400
_USER: Final = {"address": "https://tamizdat.example/", "name": "tamizdat"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    What an object's inventory says, in our own words.

    Attributes:
        object_id: Whose it is.

        manifest: Content path to SHA-512 in hexadecimal digits.

        versions: For each version from 1: its day, its message, and logical path to SHA-512.
    """

    object_id: str
    manifest: Mapping[str, str] = dataclasses.field(default_factory=dict)
    versions: tuple[tuple[str, str, Mapping[str, str]], ...] = ()

    def path(self, logical: str) -> str | None:
        """Give the content path of a logical path of the newest version; None where that version has none."""
        digest = self.versions[-1][2].get(logical)
        return next((path for path, value in self.manifest.items() if value == digest), None) if digest else None

    def next(self, day: str, message: str, files: Mapping[str, str], *, keep: bool) -> State:
        """Add a version with *files*, logical path to SHA-512; with *keep* the others stay in it."""
        number = len(self.versions) + 1
        before = self.versions[-1][2] if keep and self.versions else {}
        added = {f"v{number}/content/{name}": digest for name, digest in files.items()}
        version = (day, message, {**before, **files})
        return State(object_id=self.object_id, manifest={**self.manifest, **added}, versions=(*self.versions, version))


def place(object_id: str) -> str:
    """
    Say where an object lies below the storage root (extension 0003: sha256, three tuples of three).

    >>> place("e1f7a0")
    'cee/755/291/tamizdat%3ae1f7a0'

    Raises:
        UsageError: It is no id of ours.
    """
    if not _ID.fullmatch(object_id):
        raise UsageError(
            "vault-id", f"{object_id[:80]!r} is no object's id", mend="Give the id that `tamizdat objects` shows."
        )
    # Our ids need no escape but the scheme's colon, and with it never reach the 100 characters where 0003 cuts.
    digest = hashlib.sha256((SCHEME + object_id).encode("ascii")).hexdigest()
    return f"{digest[:3]}/{digest[3:6]}/{digest[6:9]}/{_escaped(SCHEME)}{object_id}"


def read_place(at: str) -> str:
    """
    Read the object's id off its place.

    >>> read_place("cee/755/291/tamizdat%3ae1f7a0")
    'e1f7a0'

    Raises:
        UsageError: It is no place of an object of ours.
    """
    name = at.rsplit("/", 1)[-1]
    object_id = name.removeprefix(_escaped(SCHEME))
    if object_id == name or not _ID.fullmatch(object_id):
        raise UsageError("vault-id", f"{name[:80]!r} is no place of an object", mend="Run `tamizdat vault fsck`.")
    return object_id


def today(now: int) -> str:
    """Write the day of a time as an instant, for the hour is nobody's business."""
    return text.instant(now - now % _DAY)


def write(state: State) -> bytes:
    """Write an object's inventory."""
    manifest: dict[str, list[str]] = {}
    for path, digest in sorted(state.manifest.items()):
        manifest.setdefault(digest, []).append(path)
    versions = {
        f"v{number}": {"created": day, "message": message, "state": _by_digest(files), "user": _USER}
        for number, (day, message, files) in enumerate(state.versions, 1)
    }
    return as_json(
        {
            "digestAlgorithm": "sha512",
            "head": f"v{len(state.versions)}",
            "id": SCHEME + state.object_id,
            "manifest": manifest,
            "type": "https://ocfl.io/1.1/spec/#inventory",
            "versions": versions,
        }
    )


def read(raw: bytes) -> State | None:
    """Read an inventory that `write` wrote; None where it is any other."""
    found = inventory.examine(raw)
    if found.findings or not found.object_id.startswith(SCHEME):
        return None
    versions = tuple(
        (str(said[0]), str(said[1]), version.state)
        for _, version in sorted(found.versions.items(), key=lambda pair: inventory.number(pair[0]))
        for said in [version.said]
    )
    state = State(object_id=found.object_id.removeprefix(SCHEME), manifest=found.manifest, versions=versions)
    return state if write(state) == raw else None


def seal(raw: bytes) -> bytes:
    """Write the sidecar of an inventory."""
    return f"{hashlib.sha512(raw).hexdigest()} {INVENTORY}\n".encode("ascii")


def root_files() -> dict[str, bytes]:
    """Write the storage root's own files, its declaration last."""
    config = {"digestAlgorithm": "sha256", "extensionName": LAYOUT, "numberOfTuples": 3, "tupleSize": TUPLE}
    layout = {"description": "Hashed n-tuples of the object's id, then the id.", "extension": LAYOUT}
    return {
        f"extensions/{LAYOUT}/config.json": as_json(config),
        "ocfl_layout.json": as_json(layout),
        DECLARATION: b"ocfl_1.1\n",
    }


def as_json(value: Any) -> bytes:
    """Write JSON as every small file here is written."""
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode("ascii")


def _by_digest(files: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, digest in sorted(files.items()):
        found.setdefault(digest, []).append(path)
    return found


def _escaped(word: str) -> str:
    return word.replace(":", "%3a")
