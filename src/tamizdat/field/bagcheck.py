"""
A validator for bags that lie in a folder: BagIt 0.93 to 1.0, whoever made them.

It reports all faults and fetches nothing: a bag that is still to be fetched is not complete.
It is NOT the reader of dossiers (dossier.py), which checks its one kind of bag as it streams by.
The formats are RFC 8493 (1.0) and draft-kunze-bagit before it; where the older ones say less, less is asked.
"""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import re

from collections.abc import Callable, Iterable
from typing import Any, Final

from tamizdat.field import bagpath
from tamizdat.primitives.errors import AdapterError, Fault
from tamizdat.primitives.ports import Store


VERSIONS: Final = {"0.93", "0.94", "0.95", "0.96", "0.97", "1.0"}
MAX_TAG_FILE: Final = 256 << 20
_CHUNK: Final = 1 << 20
_ASK: Final = "Ask whoever made the bag for a whole one."
_DECLARATION: Final = re.compile(r"BagIt-Version: ([0-9]+\.[0-9]+)\nTag-File-Character-Encoding: (\S+)\n?")
_DECLARATION_BEFORE: Final = re.compile(
    r"BagIt-Version[ \t]*:[ \t]*([0-9]+\.[0-9]+)[ \t]*\nTag-File-Character-Encoding[ \t]*:[ \t]*(\S+)[ \t]*\n*"
)
_MANIFEST: Final = re.compile(r"(tag)?manifest-([A-Za-z0-9_-]+)\.txt", re.ASCII)
_ENTRY: Final = re.compile(r"([0-9A-Fa-f]+)[ \t]+(\S.*)", re.ASCII)
_FETCH: Final = re.compile(r"(\S+)[ \t]+([0-9]+|-)[ \t]+(\S.*)", re.ASCII)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)
_LABEL: Final = re.compile(r"[^\s:](?:[^:]*[^\s:])?:(?:[ \t].*)?")
_LABEL_BEFORE: Final = re.compile(r"[^\s:][^:]*:.*")
_OXUM: Final = re.compile(r"([0-9]+)\.([0-9]+)", re.ASCII)
_ALGORITHMS: Final[dict[str, Callable[[], Any]]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha224": hashlib.sha224,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
    "sha3224": hashlib.sha3_224,
    "sha3256": hashlib.sha3_256,
    "sha3384": hashlib.sha3_384,
    "sha3512": hashlib.sha3_512,
    "blake2b": hashlib.blake2b,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an inspection found: *faults* make the bag invalid, *warnings* do not."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def _deaf(_: int) -> None:
    """Let progress pass."""


def validate(store: Store, prefix: str = "") -> list[Fault]:
    """Validate the bag at *prefix*, and report all faults; none means that it is complete and valid."""
    return list(inspect(store, prefix).faults)


def inspect(
    store: Store,
    prefix: str = "",
    *,
    empty: Iterable[str] | None = None,
    progress: Callable[[int], None] = _deaf,
) -> Findings:
    """
    Inspect the bag at *prefix*, every byte of it.

    *empty* are the folders with nothing in them, which a Store cannot show: where they are given, a bag
    without payload must have an empty `data`. *progress* is told the bytes read.
    """
    return _Bag(store, prefix, progress).inspect(None if empty is None else set(empty))


class _Bag:
    """One inspection of one bag."""

    def __init__(self, store: Store, prefix: str, progress: Callable[[int], None]) -> None:
        self.store = store
        self.below = f"{prefix}/" if prefix else ""
        self.names = {name[len(self.below) :] for name in store.names(prefix) if name.startswith(self.below)}
        self.payload = {name for name in self.names if name.startswith("data/")}
        self.twins = bagpath.twins(self.names)
        self.sizes: dict[str, int] = {}
        self.progress = progress
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.version = "1.0"
        self.encoding = "utf-8"
        # What each file must have: algorithm and digest, to the manifests that say so.
        self.wanted: dict[str, dict[tuple[str, str], list[str]]] = {}

    def inspect(self, empty: set[str] | None) -> Findings:
        self._declaration()
        if empty is not None and not self.payload and f"{self.below}data" not in empty:
            self._fault("bagit-payload", "data", "there is no payload folder")
        manifests = {name: match for name in sorted(self.names) if (match := _MANIFEST.fullmatch(name))}
        listed = {name: self._manifest(name, match[2]) for name, match in manifests.items() if not match[1]}
        tags = {name: self._manifest(name, match[2]) for name, match in manifests.items() if match[1]}
        self._payload_manifests(listed)
        self._tag_manifests(tags, set(listed))
        self._fetch(listed)
        self._digests()
        self._info()
        return Findings(faults=tuple(self.faults), warnings=tuple(self.warnings))

    def _fault(self, code: str, where: str, what: str, mend: str = _ASK) -> None:
        self.faults.append(Fault(code=code, where=self.below + where, what=what, mend=mend))

    def _warn(self, code: str, where: str, what: str) -> None:
        mend = "Nothing needs doing; the bag is valid."
        self.warnings.append(Fault(code=code, where=self.below + where, what=what, mend=mend))

    def _raw(self, name: str) -> bytes:
        try:
            with self.store.open(self.below + name) as file:
                raw = file.read(MAX_TAG_FILE + 1)
        except FileNotFoundError:
            self._fault("bagit-missing", name, "the file is not there")
            return b""
        except AdapterError as error:
            self._fault("bagit-unreadable", name, str(error), error.mend)
            return b""
        if len(raw) > MAX_TAG_FILE:
            self._fault("bagit-large", name, f"the file has more than {MAX_TAG_FILE} bytes")
            return b""
        return raw

    def _declaration(self) -> None:
        """Check bagit.txt (2.1.1), whose encoding is always UTF-8 and has no byte order mark."""
        raw = self._raw("bagit.txt")
        try:
            text = _one_ending(raw.decode("utf-8"))
        except UnicodeDecodeError:
            text = ""
        match = _DECLARATION_BEFORE.fullmatch(text)
        if not match:
            if raw or "bagit.txt" in self.names:
                self._fault("bagit-declaration", "bagit.txt", "it is not the two lines that declare a bag")
            return
        self.version, encoding = match[1], match[2]
        if self.version not in VERSIONS:
            self._fault("bagit-version", "bagit.txt", f"BagIt {self.version} is not known here")
        # Older drafts show no rule about blanks; 1.0 allows the one after the colon only.
        if self._strict and not _DECLARATION.fullmatch(text):
            self._fault("bagit-declaration", "bagit.txt", "its lines have blanks where BagIt 1.0 allows none")
        try:
            codecs.lookup(encoding)
            "".encode(encoding)
            self.encoding = encoding
        except (LookupError, ValueError):
            self._fault("bagit-encoding", "bagit.txt", f"the encoding {encoding!r} is not known here")

    @property
    def _strict(self) -> bool:
        return self.version not in VERSIONS - {"1.0"}

    def _lines(self, name: str) -> list[str]:
        """Read a tag file in the declared encoding; a line ends in CR, LF or both."""
        try:
            text = self._raw(name).decode(self.encoding)
        except (UnicodeError, LookupError):
            self._fault("bagit-encoding", name, f"it is not {self.encoding}")
            return []
        if text.startswith("\ufeff"):
            self._warn("bagit-mark", name, "it begins with a byte order mark")
        return _one_ending(text.removeprefix("\ufeff")).split("\n")

    def _manifest(self, name: str, algorithm: str) -> dict[str, str]:
        """Read a manifest (2.1.3, 2.2.1) to path and digest, and note what it wants."""
        algorithm = re.sub(r"[^a-z0-9]", "", algorithm.lower())
        if algorithm not in _ALGORITHMS:
            self._warn("bagit-algorithm", name, f"digests of the kind {algorithm} cannot be checked here")
        found: dict[str, str] = {}
        for number, line in enumerate(self._lines(name), 1):
            match = _ENTRY.fullmatch(line)
            if not line.strip():
                continue
            where = f"{name} line {number}"
            if not match:
                self._fault("bagit-line", where, f"{line[:80]!r} is no digest and path")
            elif path := self._path(match[2], where, payload=not name.startswith("tag")):
                self._list(found, path, match[1].lower(), where)
        if algorithm in _ALGORITHMS:
            for path, digest in found.items():
                self.wanted.setdefault(path, {}).setdefault((algorithm, digest), []).append(name)
        return found

    def _list(self, found: dict[str, str], path: str, digest: str, where: str) -> None:
        if path not in found:
            found[path] = digest
        elif found[path] != digest or self._strict:
            self._fault("bagit-twice", where, f"{path!r} is listed twice")
        else:
            self._warn("bagit-twice", where, f"{path!r} is listed twice, with one digest")

    def _path(self, spelled: str, where: str, *, payload: bool) -> str:
        """Read a path as it is spelled in a manifest or fetch.txt; empty where it leads out of its place."""
        path, oddity = bagpath.read(spelled, strict=self._strict)
        if not self._strict and path not in self.names and spelled in self.names:
            path = spelled  # before 1.0 nothing tells a line end that was escaped from a name with %0A in it
        if oddity:
            self._warn("bagit-spelling", where, oddity)
        danger = bagpath.danger(path)
        if not danger and path.startswith("data/") != payload:
            danger = "leads out of the payload" if payload else "leads into the payload"
        if danger:
            self._fault("bagit-path", where, f"{spelled[:80]!r} {danger}", "Do not unpack this bag; ask who made it.")
            return ""
        return path

    def _payload_manifests(self, listed: dict[str, dict[str, str]]) -> None:
        if not listed:
            self._fault("bagit-manifest", "manifest-sha512.txt", "there is no payload manifest")
        elif all(_kind(name) not in _ALGORITHMS for name in listed):
            self._fault("bagit-algorithm", min(listed), "no payload manifest has digests that can be checked here")
        found = {name: self._find(set(paths), name) for name, paths in listed.items()}
        some = set().union(*found.values())
        for name in sorted(self.payload - some if listed else ()):
            self._fault("bagit-unlisted", name, "no manifest lists this file")
        for manifest, paths in found.items() if self._strict else ():
            for name in sorted((some - paths) & self.payload):
                self._fault("bagit-unlisted", name, f"{manifest} does not list this file, another manifest does")
        for one, other in bagpath.clashes(self.payload):
            self._warn("bagit-clash", other, f"on some disks its name is the same as {one!r}")

    def _find(self, paths: set[str], manifest: str) -> set[str]:
        """
        Find the files that *paths* mean.

        A path that is not there may mean a file whose name differs only in letters' case or in how accents are
        composed: the bag was made on a disk that does not tell them apart. Its digest is checked like any other's.
        """
        found = paths & self.names
        for path in sorted(paths - self.names):
            twin = self.twins.get(bagpath.fold(path), "")
            if twin:
                self._warn("bagit-twin", path, f"it is taken to be {twin!r}, whose name differs in letters only")
                for want, manifests in self.wanted.pop(path, {}).items():
                    self.wanted.setdefault(twin, {}).setdefault(want, []).extend(manifests)
                found.add(twin)
            else:
                self._fault("bagit-missing", path, f"{manifest} lists it, and it is not there")
                self.wanted.pop(path, None)
        return found

    def _tag_manifests(self, tags: dict[str, dict[str, str]], manifests: set[str]) -> None:
        for name, paths in tags.items():
            self._find(set(paths), name)
            if self._strict:
                for path in sorted(manifests - paths.keys()):
                    self._fault("bagit-unlisted", path, f"{name} does not list this manifest")
                for path in sorted(path for path in paths if path.startswith("tagmanifest-")):
                    self._fault("bagit-line", name, f"it lists the tag manifest {path!r}")

    def _fetch(self, listed: dict[str, dict[str, str]]) -> None:
        """Check fetch.txt (2.2.3); nothing is ever fetched."""
        if "fetch.txt" not in self.names:
            return
        for number, line in enumerate(self._lines("fetch.txt"), 1):
            where = f"fetch.txt line {number}"
            match = _FETCH.fullmatch(line)
            if not line.strip():
                continue
            if not match or not _URL.fullmatch(match[1]):
                self._fault("bagit-fetch", where, f"{line[:80]!r} is no address, length and path")
                continue
            path = self._path(match[3], where, payload=True)
            holders = [name for name, paths in listed.items() if path in paths]
            if path and (not holders or (self._strict and len(holders) < len(listed))):
                self._fault("bagit-fetch", where, f"{path!r} is to be fetched, but not every manifest lists it")
            elif path and path not in self.names:
                self._fault("bagit-fetch", where, f"{path!r} is still to be fetched", "Fetch it yourself, then check.")

    def _digests(self) -> None:
        """Read every file once, for all digests that any manifest gives it."""
        for name in sorted(self.payload | self.wanted.keys()):
            wanted = self.wanted.get(name, {})
            states = {algorithm: _ALGORITHMS[algorithm]() for algorithm, _ in wanted}
            try:
                with self.store.open(self.below + name) as file:
                    size = 0
                    while chunk := file.read(_CHUNK):
                        size += len(chunk)
                        self.progress(len(chunk))
                        for state in states.values():
                            state.update(chunk)
            except FileNotFoundError:
                self._fault("bagit-missing", name, "the file went away during the check")
                continue
            except AdapterError as error:
                self._fault("bagit-unreadable", name, str(error), error.mend)
                continue
            self.sizes[name] = size
            for (algorithm, digest), manifests in wanted.items():
                if states[algorithm].hexdigest() != digest:
                    self._fault("bagit-digest", name, f"it is not what {', '.join(manifests)} says: altered or damaged")

    def _info(self) -> None:
        """Check bag-info.txt (2.2.2), which was package-info.txt before 0.96."""
        for name in sorted(self.names & {"bag-info.txt", "package-info.txt"}):
            oxums: list[str] = []
            for number, line in enumerate(self._lines(name), 1):
                if not line.strip() or (line[0] in " \t" and number > 1):
                    continue
                if not (_LABEL if self._strict else _LABEL_BEFORE).fullmatch(line):
                    self._fault("bagit-info", f"{name} line {number}", f"{line[:80]!r} is no label and value")
                label, _, value = line.partition(":")
                if label.strip().lower() == "payload-oxum":
                    oxums.append(value.strip())
            if len(oxums) > 1 and self._strict:
                self._fault("bagit-oxum", name, "Payload-Oxum is given more than once")
            for oxum in oxums:
                self._oxum(name, oxum)

    def _oxum(self, name: str, oxum: str) -> None:
        sizes = [size for path, size in self.sizes.items() if path in self.payload]
        match = _OXUM.fullmatch(oxum)
        if not match:
            self._fault("bagit-oxum", name, f"the Payload-Oxum {oxum[:40]!r} is no number of bytes and files")
        elif (int(match[1][:19]), int(match[2][:19])) != (sum(sizes), len(sizes)):
            self._fault("bagit-oxum", name, f"it says {oxum[:40]}, the payload has {sum(sizes)}.{len(sizes)}")


def _kind(manifest: str) -> str:
    match = _MANIFEST.fullmatch(manifest)
    return re.sub(r"[^a-z0-9]", "", match[2].lower()) if match else ""


def _one_ending(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
