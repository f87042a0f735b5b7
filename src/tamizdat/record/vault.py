"""
The vault: an OCFL 1.1 storage root of age files, in which bytes are written once and versions only added.

It is NOT a catalogue and holds no key: what an object is and how to open it is known outside, so
that destroying a key erases an object that OCFL never deletes. Days are told, hours are not.
The format is docs/spec/vault.md.
"""

from __future__ import annotations

import collections
import concurrent.futures
import hashlib
import itertools

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, TypeAlias

from tamizdat.primitives.errors import AdapterError, Fault, TrustError, UsageError
from tamizdat.primitives.ports import Clock, Store
from tamizdat.primitives.stores import put_all, read
from tamizdat.record import ocfl, ocfl_object, places
from tamizdat.record.places import DEPTH, INVENTORY, SEALED, State, place


CONTENT: Final = "content.age"
METADATA: Final = "ro-crate-metadata.json.age"
TOMBSTONE: Final = "tombstone.age"
MAX_VERSIONS: Final = 999
MAX_SMALL: Final = 64 << 20
BUCKETS: Final = 16**places.TUPLE
HANDS: Final = 4  # objects that are stored at once
_Value: TypeAlias = tuple[str, Iterable[bytes]]  # a file's name and what is in it
_UNFINISHED: Final = "Run `tamizdat receive` again with what was being received; what was begun is finished or removed."


class Vault:
    """
    Objects in *store* below *prefix*; each has its bytes once, and versions that only add to what is said of them.

    An object is there when its own `inventory.json.sha512` is, which is written last: an interrupted
    `add` leaves something that is not there yet, that a new `add` replaces and `sweep` removes. A version is there
    when the object's inventory names it: what an interrupted `describe` left, `sweep` finishes or removes.
    One process writes at a time (the caller's lock); readers need none.
    """

    def __init__(self, store: Store, clock: Clock, *, prefix: str = "") -> None:
        self._store = store
        self._clock = clock
        self._below = f"{prefix}/" if prefix else ""
        self._prefix = prefix

    def create(self) -> None:
        """Make the empty vault, or complete one that was begun; nothing happens to one that is whole."""
        for name, value in places.root_files().items():
            if not self._is_there(self._below + name):
                self._store.put(self._below + name, [value])

    def add(self, object_id: str, chunks: Iterable[bytes], metadata: bytes = b"") -> None:
        """
        Store the ciphertext *chunks* as a new object, in one pass, with sealed *metadata* beside it if there is any.

        Raises:
            FileExistsError: There is such an object, and it stays as it is.
            AdapterError: The disk would not take it; the object is not there.
        """
        if self.has(object_id):
            raise FileExistsError(object_id)
        self.create()
        put_all(self._store, self._new(object_id, chunks, metadata))

    def add_all(self, objects: Iterable[tuple[str, Iterable[bytes], bytes]]) -> None:
        """
        Store several objects, as `add`, some at once: while one is brought to the medium another is hashed.

        *objects* is asked for the next one when there is a hand for it, so that few are held. Errors as `add`, the first
        of them when nothing is in hand any more; those that were stored before stay.
        """
        self.create()
        with concurrent.futures.ThreadPoolExecutor(HANDS, "vault") as hands:
            busy: collections.deque[concurrent.futures.Future[None]] = collections.deque()
            for one in objects:
                if len(busy) == HANDS:
                    busy.popleft().result()
                busy.append(hands.submit(self.add, *one))
            for done in busy:
                done.result()

    def describe(self, object_id: str, metadata: bytes) -> None:
        """
        Add a version whose sealed metadata is *metadata*; the bytes stay what and where they are.

        Raises:
            FileNotFoundError: There is no such object.
            TrustError: ``vault-damaged``: its inventory is not whole, and stays as it is.
            UsageError: ``vault-versions``: it has as many as there may be.
        """
        if self.versions(object_id) >= MAX_VERSIONS:
            raise UsageError(
                "vault-versions",
                f"object {object_id} has {MAX_VERSIONS} versions, and no more are kept",
                mend="Nothing needs doing: its bytes and what is known of it stay as they are.",
            )
        self._next(object_id, "described anew", {METADATA: metadata}, keep=True)

    def bury(self, object_id: str, tombstone: bytes) -> None:
        """Add a version that holds nothing but a sealed *tombstone*; errors as `describe`."""
        self._next(object_id, "its key was destroyed", {TOMBSTONE: tombstone}, keep=False)

    def has(self, object_id: str) -> bool:
        """Say whether the object is there, whole as far as its writer knew."""
        return self._is_there(f"{self._path(object_id)}/{SEALED}")

    def open(self, object_id: str) -> BinaryIO:
        """Open an object's ciphertext for reading and seeking; FileNotFoundError where there is none."""
        if not self.has(object_id):
            raise FileNotFoundError(object_id)
        return self._store.open(f"{self._path(object_id)}/v1/content/{CONTENT}")

    def read(self, object_id: str, logical: str) -> bytes | None:
        """
        Read a small file of an object's newest version whole; None where that version has none.

        Raises:
            FileNotFoundError: There is no such object.
            TrustError: ``vault-damaged``.
        """
        at = self._path(object_id)
        path = self._state(at, object_id).path(logical)
        return None if path is None else read(self._store, f"{at}/{path}", MAX_SMALL)

    def versions(self, object_id: str) -> int:
        """Say how many versions an object has; errors as `read`."""
        return len(self._state(self._path(object_id), object_id).versions)

    def ids(self, bucket: str = "") -> Iterator[str]:
        """Give the id of every object that is there, in the order of their places."""
        for at, files in self.objects(bucket):
            if SEALED in files:
                yield places.read_place(at)

    def sweep(self) -> int:
        """Finish or remove what was interrupted, and say in how many objects; for the one writer only."""
        count = 0
        for at, files in list(self._broken_off()):
            count += 1
            if SEALED not in files:
                for name in files:
                    self._store.drop(f"{self._below}{at}/{name}")
            else:
                self._settle(self._below + at)
        return count

    def fsck(self, progress: Callable[[int], None] = lambda _: None) -> list[Fault]:
        """
        Check every object and every byte, and report all faults, the `ocfl-e…` ones with the standard's codes.

        *progress* is told the number of bytes read since it was last told.
        """
        faults = [*self.check_root(), *self.strays()]
        for at, files in self.objects():
            faults += self.check(at, files, progress)
        return faults

    def objects(self, bucket: str = "") -> Iterator[tuple[str, list[str]]]:
        """
        Give the place of every object, finished or not, with its files; of one *bucket* (see `buckets`) where it is named.

        One object at a time is in memory, and no file is opened.
        """
        split = (name[len(self._below) :].split("/") for name in self._names(bucket))
        inside = (segments for segments in split if len(segments) > DEPTH and segments[0] != "extensions")
        for at, found in itertools.groupby(inside, key=lambda segments: "/".join(segments[:DEPTH])):
            yield at, ["/".join(segments[DEPTH:]) for segments in found]

    def files(self, at: str) -> list[str]:
        """Give the files of the object at this place; none where there is none."""
        return [name[len(self._below) + len(at) + 1 :] for name in self._store.names(self._below + at)]

    def check_root(self) -> Iterator[Fault]:
        """Check that the root's own files are as `create` writes them; the objects are not looked at."""
        for name, value in places.root_files().items():
            if not self._is_there(self._below + name):
                what = "the file is not there"
            else:
                with self._store.open(self._below + name) as file:
                    what = "" if file.read(len(value) + 1) == value else "the file was altered"
            if what:
                mend = "Remove this file; the next `receive` writes it again. The objects do not depend on it."
                yield Fault(code="vault-root", where=self._below + name, what=what, mend=mend)

    def strays(self) -> Iterator[Fault]:
        """Check what lies around the objects, as the standard and this vault want it; this looks at every name."""
        yield from ocfl.check_root(self._store, self._prefix)
        known = places.root_files()
        for name in self._store.names(self._prefix):
            inner = name[len(self._below) :]
            if inner not in known and not inner.startswith("extensions/") and inner.count("/") < DEPTH:
                mend = "Look at what it is; the vault never put it there."
                yield Fault(code="vault-stray", where=name, what="a file lies where no object is", mend=mend)

    def check(self, at: str, files: list[str], progress: Callable[[int], None] = lambda _: None) -> list[Fault]:
        """Check one object, every byte of it, and give its faults; *at* and *files* are what `objects` gave."""
        where = self._below + at
        if SEALED not in files:
            what = "an object was begun and never finished"
            return [Fault(code="vault-unfinished", where=where, what=what, mend=_UNFINISHED)]
        found = [*ocfl_object.inspect(self._store, where, progress=progress).faults, *self._misplaced(at, files)]
        if found and self._pending(where) is not None:
            what = "a version was begun and never finished"
            return [Fault(code="vault-unfinished", where=where, what=what, mend=_UNFINISHED)]
        return found

    def _misplaced(self, at: str, files: list[str]) -> Iterator[Fault]:
        """Check what OCFL leaves open and this vault does not: the object's place, and its one content file."""
        try:
            object_id = places.read_place(at)
            found = f"{at}/v1/content/{CONTENT}" if f"v1/content/{CONTENT}" in files else "no content.age"
            expected = f"{place(object_id)}/v1/content/{CONTENT}"
        except UsageError as error:
            found, expected = str(error), ""
        if found != expected:
            yield Fault(
                code="vault-place",
                where=self._below + at,
                what=f"the object is not where its id puts it ({expected})",
                mend="Restore this folder from a backup; the vault never moves an object.",
            )

    def _new(self, object_id: str, chunks: Iterable[bytes], metadata: bytes) -> Iterator[_Value]:
        """Give a new object's files, the one by which it is there last."""
        at, state = self._path(object_id), State(object_id=object_id)
        files: dict[str, Iterable[bytes]] = {CONTENT: chunks} | ({METADATA: [metadata]} if metadata else {})
        state = yield from self._version(at, state, "taken in", files, keep=False)
        yield f"{at}/{places.OBJECT_DECLARATION}", [b"ocfl_object_1.1\n"]
        yield from _inventory(at, places.write(state))

    def _next(self, object_id: str, message: str, files: Mapping[str, bytes], *, keep: bool) -> None:
        at = self._path(object_id)
        self._settle(at)
        state = self._state(at, object_id)
        content = {name: [data] for name, data in files.items()}

        def version() -> Iterator[_Value]:
            nonlocal state
            state = yield from self._version(at, state, message, content, keep=keep)

        put_all(self._store, version())
        self._head(at, places.write(state))

    def _version(
        self, at: str, state: State, message: str, files: Mapping[str, Iterable[bytes]], *, keep: bool
    ) -> Generator[_Value, None, State]:
        """Give the files of a next version, its sidecar last; what is returned is the state with it."""
        folder = f"{at}/v{len(state.versions) + 1}"
        made: dict[str, str] = {}
        for name, chunks in files.items():
            hashed = hashlib.sha512()
            yield f"{folder}/content/{name}", _hashing(chunks, hashed)
            made[name] = hashed.hexdigest()
        state = state.next(places.today(self._clock.now()), message, made, keep=keep)
        yield from _inventory(folder, places.write(state))
        return state

    def _head(self, at: str, raw: bytes) -> None:
        put_all(self._store, _inventory(at, raw))

    def _state(self, at: str, object_id: str) -> State:
        """Read what the object's own inventory says, or, where it is just being exchanged, its newest version's."""
        raw = self._whole(at) or self._pending(at)
        state = places.read(raw) if raw else None
        if state is not None and state.object_id == object_id:
            return state
        if not self._is_there(f"{at}/{SEALED}"):
            raise FileNotFoundError(object_id)
        raise TrustError(
            "vault-damaged",
            f"the inventory of object {object_id} is not whole",
            mend="Run `tamizdat vault fsck`, and restore this object from a backup.",
        )

    def _whole(self, folder: str) -> bytes | None:
        """Read an inventory that its sidecar agrees with."""
        raw = read(self._store, f"{folder}/{INVENTORY}", ocfl_object.MAX_INVENTORY)
        return raw if raw and read(self._store, f"{folder}/{SEALED}", 4096) == places.seal(raw) else None

    def _pending(self, at: str) -> bytes | None:
        """
        Say what an interrupted `describe` left: the inventory that the object should have, or b"" to remove a version.

        None: nothing was interrupted. What is damaged otherwise is not taken for it, and is left to the check.
        """
        raw = self._whole(at)
        state = places.read(raw) if raw else None
        if state is not None:
            after = f"{at}/v{len(state.versions) + 1}"
            more = self._whole(after)
            new = places.read(more) if more else None
            if new is not None and new.versions[:-1] == state.versions and new.object_id == state.object_id:
                return more
            return b"" if next(iter(self._store.names(after)), None) else None
        # The inventory was exchanged and its sidecar not yet: then that is still the one of the version before.
        raw = read(self._store, f"{at}/{INVENTORY}", ocfl_object.MAX_INVENTORY) or b""
        state = places.read(raw)
        number = len(state.versions) if state is not None else 0
        if number < 2 or self._whole(f"{at}/v{number}") != raw or not (before := self._whole(f"{at}/v{number - 1}")):
            return None
        return raw if read(self._store, f"{at}/{SEALED}", 4096) == places.seal(before) else None

    def _settle(self, at: str) -> None:
        pending = self._pending(at)
        if pending:
            self._head(at, pending)
        elif pending is not None and (raw := self._whole(at)) and (state := places.read(raw)):
            for name in list(self._store.names(f"{at}/v{len(state.versions) + 1}")):
                self._store.drop(name)

    def _broken_off(self) -> Iterator[tuple[str, list[str]]]:
        for at, files in self.objects():
            if SEALED not in files or (
                any(name.startswith("v2/") for name in files) and self._pending(self._below + at) is not None
            ):
                yield at, files

    def _names(self, bucket: str) -> Iterator[str]:
        return self._store.names(f"{self._below}{bucket}" if bucket else self._prefix)

    def _path(self, object_id: str) -> str:
        return self._below + place(object_id)

    def _is_there(self, name: str) -> bool:
        try:
            self._store.open(name).close()
        except FileNotFoundError:
            return False
        except AdapterError:  # a link or a pipe: it is there, and the check says what it is
            return True
        return True


def buckets() -> Iterator[str]:
    """
    Give every bucket's name in order: the first three digits of an object's place.

    >>> list(buckets())[:2], sum(1 for _ in buckets())
    (['000', '001'], 4096)
    """
    return (f"{number:0{places.TUPLE}x}" for number in range(BUCKETS))


def _inventory(folder: str, raw: bytes) -> Iterator[_Value]:
    yield f"{folder}/{INVENTORY}", [raw]
    yield f"{folder}/{SEALED}", [places.seal(raw)]


def _hashing(chunks: Iterable[bytes], state: Any) -> Iterator[bytes]:
    for chunk in chunks:
        state.update(chunk)
        yield chunk
