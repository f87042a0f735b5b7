"""
One OCFL object, 1.0 or 1.1: an inspection of its folder, its inventories and every byte.

It is NOT a check of the storage root around it: that is ocfl.py.
The format is https://ocfl.io/1.1/spec/#object-spec; the codes are that specification's own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re

from collections.abc import Callable, Iterable
from typing import Any, Final

from tamizdat.primitives.errors import AdapterError, Fault
from tamizdat.primitives.ports import Store
from tamizdat.record import inventory
from tamizdat.record.inventory import Inventory


MEND: Final = "Restore this file from a backup, or take the whole folder for damaged."
MAX_INVENTORY: Final = 64 << 20
_CHUNK: Final = 1 << 20
DECLARATION: Final = re.compile(r"0=ocfl_object_(1\.[01])")
_SIDECAR: Final = re.compile(rb"([0-9A-Fa-f]+)[ \t]+inventory\.json\r?\n?")
_VERSION: Final = re.compile(r"v[0-9]+", re.ASCII)
_REGISTERED: Final = re.compile(r"00(0[1-9]|1[01])-[a-z0-9-]+|initial", re.ASCII)
_HASHES: Final[dict[str, Callable[[], Any]]] = {
    "sha512": hashlib.sha512,
    "sha256": hashlib.sha256,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "blake2b-512": hashlib.blake2b,
    "blake2b-384": lambda: hashlib.blake2b(digest_size=48),
    "blake2b-256": lambda: hashlib.blake2b(digest_size=32),
    "blake2b-160": lambda: hashlib.blake2b(digest_size=20),
    "sha512/256": lambda: hashlib.new("sha512_256"),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an inspection found: *faults* break the standard, *warnings* are what it advises against."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def deaf(_: int) -> None:
    """Let progress pass."""


def inspect(
    store: Store, prefix: str = "", *, empty: Iterable[str] = (), progress: Callable[[int], None] = deaf
) -> Findings:
    """Inspect one object, every byte of it."""
    found = _Object(store, prefix, set(empty), progress).inspect()
    return Findings(
        faults=tuple(fault for fault in found if not fault.code.startswith("ocfl-w")),
        warnings=tuple(fault for fault in found if fault.code.startswith("ocfl-w")),
    )


class _Object:
    """One inspection of one object."""

    def __init__(self, store: Store, prefix: str, empty: set[str], progress: Callable[[int], None]) -> None:
        self.store = store
        self.prefix = prefix
        self.below = f"{prefix}/" if prefix else ""
        self.names = sorted(name[len(self.below) :] for name in store.names(prefix))
        self.empty = {name[len(self.below) :] for name in empty if name.startswith(self.below)}
        self.progress = progress
        self.found: list[Fault] = []
        # What each content file must have, as (algorithm, digest) to the clause that says so.
        self.wanted: dict[str, dict[tuple[str, str], str]] = {}

    def inspect(self) -> list[Fault]:
        spec = self._declaration()
        raw = self._read("inventory.json")
        if raw is None:
            self._say("E063", "inventory.json", "the object has no inventory")
            self._read_links()
            return self.found
        root = self._inventory("", raw, spec)
        if root.spec != spec:
            self._say("E038", "inventory.json", f"its type is of OCFL {root.spec}, the object declares {spec}")
        self._top(root)
        folders = {name.split("/")[0] for name in [*self.names, *self.empty] if "/" in name or name in self.empty}
        for version in sorted(root.versions.keys() - folders):
            self._say("E046", version, "the version has no folder")
        before = "1.0"
        for version in sorted(folders & root.versions.keys(), key=inventory.number):
            before = self._version(version, root, raw, before)
        self._contents()
        return self.found

    def _say(self, codes: str, where: str, what: str) -> None:
        self.found += [
            Fault(code=f"ocfl-{code.lower()}", where=self.below + where, what=what, mend=MEND) for code in codes.split()
        ]

    def _read(self, name: str) -> bytes | None:
        if name not in self.names:
            return None
        try:
            with self.store.open(self.below + name) as file:
                raw = file.read(MAX_INVENTORY)
        except AdapterError as error:
            self._unreadable(name, error)
            return b""
        self.progress(len(raw))
        return raw

    def _unreadable(self, name: str, error: AdapterError) -> None:
        # A link says its own clause; whatever else keeps a file from being read is told as it is.
        code = "ocfl-e090" if error.code in {"disk-link", "disk-special"} else "ocfl-unreadable"
        self.found.append(Fault(code=code, where=self.below + name, what=str(error), mend=error.mend))

    def _declaration(self) -> str:
        """Check the one version declaration (3.2), and give the version."""
        tops = [name for name in self.names if "/" not in name and "=" in name]
        good = [name for name in tops if DECLARATION.fullmatch(name)]
        for name in tops:
            if name not in good:
                self._say("E001 E004 E006", name, "this is no declaration of an OCFL object")
        if len(good) != 1:
            self._say("E003", good[-1] if good else "0=ocfl_object_1.1", f"there are {len(good)} declarations, not one")
        for name in good:
            if self._read(name) != f"{name[2:]}\n".encode("ascii"):
                self._say("E007", name, "the declaration's text is not its name")
        return good[-1][-3:] if good else "1.1"

    def _inventory(self, folder: str, raw: bytes, spec: str) -> Inventory:
        """Read an inventory, report on it and on its sidecar, and note what it wants of the content."""
        name = f"{folder}inventory.json"
        read = inventory.examine(raw, spec)
        for code, what in read.findings:
            self._say(code, name, what)
        self._sidecar(name, raw, read.algorithm)
        known = set(self.names)
        for path, digest in read.manifest.items():
            if path in known:
                self.wanted.setdefault(path, {}).setdefault((read.algorithm, digest), "E092")
            else:
                self._say("E092", name, f"the manifest names {path!r}, which is not there")
        for algorithm, block in read.fixity.items():
            for path, digest in block.items():
                if path not in known:
                    self._say("E093", name, f"the fixity block names {path!r}, which is not there")
                elif algorithm in _HASHES:
                    self.wanted.setdefault(path, {}).setdefault((algorithm, digest), "E093")
        return read

    def _sidecar(self, name: str, raw: bytes, algorithm: str) -> None:
        sidecar = self._read(f"{name}.{algorithm}")
        if sidecar is None:
            self._say("E058 E059", f"{name}.{algorithm}", "the inventory has no sidecar of its algorithm")
            return
        match = _SIDECAR.fullmatch(sidecar)
        if not match:
            self._say("E061", f"{name}.{algorithm}", "it does not hold one digest and 'inventory.json'")
        elif match[1].decode().lower() != _digest(algorithm, raw):
            self._say("E060", f"{name}.{algorithm}", "it is not the digest of the inventory beside it")

    def _top(self, root: Inventory) -> None:
        """Check what lies in the object's own folder (3.1)."""
        allowed = {"inventory.json", f"inventory.json.{root.algorithm}"}
        for top in sorted({name.split("/")[0] for name in [*self.names, *self.empty]}):
            is_file = top in self.names
            if is_file and top not in allowed and "=" not in top:
                self._say("E001", top, "this file has no place in an object")
            elif not is_file and _VERSION.fullmatch(top) and top not in root.versions:
                self._say("E001 E046", top, "the inventory knows no such version")
            elif not is_file and top not in {"logs", "extensions", *root.versions}:
                self._say("E001", top, "this folder has no place in an object")
        for name in self.names:
            if name.startswith("extensions/") and name.count("/") == 1:
                self._say("E067 E112", name, "a file lies among the extensions")
        for extension in sorted({name.split("/")[1] for name in self.names if name.startswith("extensions/")}):
            if not _REGISTERED.fullmatch(extension):
                self._say("W013", f"extensions/{extension}", "the extension is not registered")

    def _version(self, version: str, root: Inventory, root_raw: bytes, before: str) -> str:
        """Check one version's folder (3.3, 3.7); give the OCFL version that it keeps to."""
        raw = self._read(f"{version}/inventory.json")
        if raw is None:
            self._say("W010", version, "the version has no inventory of its own")
            read, algorithm = root, root.algorithm
        elif version == root.head and raw == root_raw:
            self._sidecar(f"{version}/inventory.json", raw, root.algorithm)
            read, algorithm = root, root.algorithm
        else:
            read = self._inventory(f"{version}/", raw, before)
            algorithm = read.algorithm
            if version == root.head:
                self._say("E064", f"{version}/inventory.json", "it is not the same as the object's inventory")
            self._agree(version, read, root)
        if raw is not None and _order(read.spec) < _order(before):
            self._say("E103", version, f"it keeps to OCFL {read.spec}, an earlier version to {before}")
        allowed = {"inventory.json", f"inventory.json.{algorithm}"} if raw is not None else set()
        self._inside(version, root, read if raw is not None else None, allowed)
        return read.spec if raw is not None else before

    def _agree(self, version: str, read: Inventory, root: Inventory) -> None:
        """Check an earlier inventory against the object's (3.3.1, 3.5.1, 3.7)."""
        where = f"{version}/inventory.json"
        if read.object_id != root.object_id:
            self._say("E037 E110", where, f"the id was {read.object_id!r} and is now {root.object_id!r}")
        if read.head != version:
            self._say("E040", where, f"its head is {read.head!r}")
        if read.content != root.content or read.content_given != root.content_given:
            self._say("E019 E020", where, f"the content folder was {read.content!r} and is now {root.content!r}")
        for name in sorted(
            read.versions.keys() | {v for v in root.versions if _upto(v, version)}, key=inventory.number
        ):
            if name not in read.versions or name not in root.versions:
                self._say("E066", where, f"{name} is not in both inventories")
            elif _meaning(read, name) != _meaning(root, name, like=read):
                self._say("E066", where, f"it gives another state of {name} than the object's inventory")
            elif read.versions[name].said != root.versions[name].said:
                self._say("W011", where, f"it tells {name} in other words than the object's inventory")

    def _inside(self, version: str, root: Inventory, own: Inventory | None, allowed: set[str]) -> None:
        """Check the files of a version's folder."""
        content = f"{version}/{root.content}/"
        for name in self.names:
            if not name.startswith(f"{version}/"):
                continue
            inside = name[len(version) + 1 :]
            if name.startswith(content):
                if name not in root.manifest or (own is not None and name not in own.manifest):
                    self._say("E023", name, "the manifest does not name this file")
            elif "/" not in inside and inside not in allowed:
                self._say("E015", name, "this file has no place in a version")
        others = {
            n.split("/")[1] for n in [*self.names, *self.empty] if n.startswith(f"{version}/") and n.count("/") > 1
        }
        others |= {n.split("/")[1] for n in self.empty if n.startswith(f"{version}/")}
        for other in sorted(others - {root.content}):
            self._say("W002", f"{version}/{other}", "this folder is no part of the version")
        for name in sorted(self.empty):
            if name == content[:-1]:
                self._say("W003", name, "the content folder is empty")
            elif name.startswith(content):
                self._say("E024", name, "the folder is empty")

    def _contents(self) -> None:
        """Read every content file once, for all the digests that any inventory gives it."""
        for path, wanted in sorted(self.wanted.items()):
            states = {algorithm: _HASHES[algorithm]() for algorithm, _ in wanted}
            try:
                with self.store.open(self.below + path) as file:
                    while chunk := file.read(_CHUNK):
                        for state in states.values():
                            state.update(chunk)
                        self.progress(len(chunk))
            except AdapterError as error:
                self._unreadable(path, error)
                continue
            for (algorithm, digest), code in wanted.items():
                if states[algorithm].hexdigest() != digest:
                    self._say(code, path, f"its {algorithm} is not {digest[:16]}…: it was altered or is damaged")

    def _read_links(self) -> None:
        """Without an inventory, at least find what cannot be opened."""
        for name in self.names:
            try:
                self.store.open(self.below + name).close()
            except AdapterError as error:
                self._unreadable(name, error)


def _digest(algorithm: str, raw: bytes) -> str:
    state = _HASHES[algorithm]()
    state.update(raw)
    return str(state.hexdigest())


def _upto(name: str, version: str) -> bool:
    return inventory.number(name) <= inventory.number(version)


def _order(spec: str) -> tuple[int, ...]:
    return tuple(int(word) for word in spec.split("."))


def _meaning(read: Inventory, name: str, like: Inventory | None = None) -> dict[str, frozenset[str]]:
    """
    Say which content each logical path of a version has, in words that two inventories share.

    Content paths are such words whatever the algorithm; *like* is the inventory that knows fewer of them.
    """
    known = (like or read).manifest
    paths: dict[str, set[str]] = {}
    for path, digest in read.manifest.items():
        if path in known:
            paths.setdefault(digest, set()).add(path)
    return {path: frozenset(paths.get(digest.lower(), ())) for path, digest in read.versions[name].state.items()}
