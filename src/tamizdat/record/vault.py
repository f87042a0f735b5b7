"""
The vault: an OCFL 1.1 storage root in which every object is one age file, written once.

It is NOT a catalogue and holds no key: what an object is and how to open it is known outside, so
that destroying a key erases an object that OCFL never deletes. Its arrival is told to the day only.
The format is https://ocfl.io/1.1/spec/ with layout extension 0003.
"""

from __future__ import annotations

import hashlib
import json
import re

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final

from tamizdat.primitives import text
from tamizdat.primitives.errors import Fault, UsageError
from tamizdat.primitives.ports import Clock, Store
from tamizdat.record import ocfl, ocfl_object


DECLARATION: Final = "0=ocfl_1.1"
LAYOUT: Final = "0003-hash-and-id-n-tuple-storage-layout"
CONTENT: Final = "content.age"
SCHEME: Final = "tamizdat:"
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_SEALED: Final = "inventory.json.sha512"
_DEPTH: Final = 4  # three tuples of the hash, then the id
_DAY: Final = 86_400


class Vault:
    """
    Objects in *store* below *prefix*, each added once and never changed.

    An object is there when its own `inventory.json.sha512` is, which is written last: an interrupted
    `add` leaves something that is not there yet, that a new `add` replaces and `sweep` removes.
    One process writes at a time (the caller's lock); readers need none.
    """

    def __init__(self, store: Store, clock: Clock, *, prefix: str = "") -> None:
        self._store = store
        self._clock = clock
        self._below = f"{prefix}/" if prefix else ""
        self._prefix = prefix

    def create(self) -> None:
        """Make the empty vault, or complete one that was begun; nothing happens to one that is whole."""
        for name, value in _root_files().items():
            if not self._is_there(self._below + name):
                self._store.put(self._below + name, [value])

    def add(self, object_id: str, chunks: Iterable[bytes]) -> None:
        """
        Store the ciphertext *chunks* as a new object, in one pass.

        Raises:
            FileExistsError: There is such an object, and it stays as it is.
            AdapterError: The disk would not take it; the object is not there.
        """
        if self.has(object_id):
            raise FileExistsError(object_id)
        self.create()
        at = self._path(object_id)
        state = hashlib.sha512()
        self._store.put(f"{at}/v1/content/{CONTENT}", _hashing(chunks, state))
        inventory = _inventory(object_id, state.hexdigest(), self._clock.now())
        sidecar = f"{hashlib.sha512(inventory).hexdigest()} inventory.json\n".encode("ascii")
        for name, value in (
            ("v1/inventory.json", inventory),
            (f"v1/{_SEALED}", sidecar),
            ("0=ocfl_object_1.1", b"ocfl_object_1.1\n"),
            ("inventory.json", inventory),
            (_SEALED, sidecar),
        ):
            self._store.put(f"{at}/{name}", [value])

    def has(self, object_id: str) -> bool:
        """Say whether the object is there, whole as far as its writer knew."""
        return self._is_there(f"{self._path(object_id)}/{_SEALED}")

    def open(self, object_id: str) -> BinaryIO:
        """Open an object's ciphertext for reading and seeking; FileNotFoundError where there is none."""
        if not self.has(object_id):
            raise FileNotFoundError(object_id)
        return self._store.open(f"{self._path(object_id)}/v1/content/{CONTENT}")

    def ids(self) -> Iterator[str]:
        """Give the id of every object that is there, in the order of their places."""
        for at, files in self._objects().items():
            if _SEALED in files:
                yield _read_place(at)

    def sweep(self) -> int:
        """Remove what interrupted `add`s left, and say of how many objects; for the one writer only."""
        unfinished = [(at, files) for at, files in self._objects().items() if _SEALED not in files]
        for at, files in unfinished:
            for name in files:
                self._store.drop(f"{self._below}{at}/{name}")
        return len(unfinished)

    def fsck(self, progress: Callable[[int], None] = lambda _: None) -> list[Fault]:
        """
        Check every object and every byte, and report all faults, the `ocfl-e…` ones with the standard's codes.

        *progress* is told the number of bytes read since it was last told.
        """
        faults = [*ocfl.check_root(self._store, self._prefix), *self._altered_root()]
        for at, files in self._objects().items():
            where = self._below + at
            if _SEALED not in files:
                faults.append(
                    Fault(
                        code="vault-unfinished",
                        where=where,
                        what="an object was begun and never finished",
                        mend="Receive its parts again; the next `receive` removes what was left.",
                    )
                )
                continue
            faults += ocfl_object.inspect(self._store, where, progress=progress).faults
            faults += self._misplaced(at, files)
        return faults

    def _altered_root(self) -> Iterator[Fault]:
        """Check that the root's own files are as `create` writes them."""
        for name, value in _root_files().items():
            if not self._is_there(self._below + name):
                what = "the file is not there"
            else:
                with self._store.open(self._below + name) as file:
                    what = "" if file.read(len(value) + 1) == value else "the file was altered"
            if what:
                mend = "Remove this file; the next `receive` writes it again. The objects do not depend on it."
                yield Fault(code="vault-root", where=self._below + name, what=what, mend=mend)

    def _misplaced(self, at: str, files: list[str]) -> Iterator[Fault]:
        """Check what OCFL leaves open and this vault does not: the object's place, and its one content file."""
        try:
            object_id = _read_place(at)
            found = f"{at}/v1/content/{CONTENT}" if f"v1/content/{CONTENT}" in files else "no content.age"
            expected = f"{place(object_id)}/v1/content/{CONTENT}"
        except UsageError as error:
            found, expected = at, str(error)
        if found != expected:
            yield Fault(
                code="vault-place",
                where=self._below + at,
                what=f"the object is not where its id puts it ({expected})",
                mend="Restore this folder from a backup; the vault never moves an object.",
            )

    def _objects(self) -> dict[str, list[str]]:
        """Find the files of every object, finished or not, by its place."""
        found: dict[str, list[str]] = {}
        for name in self._store.names(self._prefix):
            segments = name[len(self._below) :].split("/")
            if len(segments) > _DEPTH and segments[0] != "extensions":
                found.setdefault("/".join(segments[:_DEPTH]), []).append("/".join(segments[_DEPTH:]))
        return found

    def _path(self, object_id: str) -> str:
        return self._below + place(object_id)

    def _is_there(self, name: str) -> bool:
        try:
            self._store.open(name).close()
        except FileNotFoundError:
            return False
        return True


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
            "vault-id", f"{object_id!r} is no object's id", mend="Give the id that `tamizdat objects` shows."
        )
    # Our ids need no escape but the scheme's colon, and with it never reach the 100 characters where 0003 cuts.
    digest = hashlib.sha256((SCHEME + object_id).encode("ascii")).hexdigest()
    return f"{digest[:3]}/{digest[3:6]}/{digest[6:9]}/{_escaped(SCHEME)}{object_id}"


def _escaped(word: str) -> str:
    return word.replace(":", "%3a")


def _read_place(at: str) -> str:
    name = at.rsplit("/", 1)[1]
    object_id = name.removeprefix(_escaped(SCHEME))
    if object_id == name or not _ID.fullmatch(object_id):
        raise UsageError("vault-id", f"{name!r} is no place of an object", mend="Run `tamizdat vault fsck`.")
    return object_id


def _hashing(chunks: Iterable[bytes], state: Any) -> Iterator[bytes]:
    for chunk in chunks:
        state.update(chunk)
        yield chunk


def _inventory(object_id: str, sha512: str, now: int) -> bytes:
    """Write the inventory of a first and only version; `created` is the day, for the hour is nobody's business."""
    version = {
        "created": text.instant(now - now % _DAY),
        "message": "taken in",
        "state": {sha512: [CONTENT]},
        "user": {"address": "https://tamizdat.example/", "name": "tamizdat"},
    }
    return _json(
        {
            "digestAlgorithm": "sha512",
            "head": "v1",
            "id": SCHEME + object_id,
            "manifest": {sha512: [f"v1/content/{CONTENT}"]},
            "type": "https://ocfl.io/1.1/spec/#inventory",
            "versions": {"v1": version},
        }
    )


def _root_files() -> dict[str, bytes]:
    """Write the storage root's own files, its declaration last."""
    config = {"digestAlgorithm": "sha256", "extensionName": LAYOUT, "numberOfTuples": 3, "tupleSize": 3}
    layout = {"description": "Hashed n-tuples of the object's id, then the id.", "extension": LAYOUT}
    return {
        f"extensions/{LAYOUT}/config.json": _json(config),
        "ocfl_layout.json": _json(layout),
        DECLARATION: b"ocfl_1.1\n",
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode("ascii")
