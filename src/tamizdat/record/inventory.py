"""
One OCFL inventory (1.0 or 1.1), read and checked by itself.

It is NOT a check of the files it speaks of, nor of other inventories of its object: that is ocfl.py.
The format is https://ocfl.io/1.1/spec/#inventory; the codes are that specification's own.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re

from collections.abc import Iterable, Mapping
from typing import Any, Final


LENGTHS: Final = {"sha512": 128, "sha256": 64, "sha1": 40, "md5": 32, "blake2b-512": 128}
# Registered extensions 0001 and 0009; known by name, so that a fixity block may hold them.
_EXTENDED: Final = {"blake2b-160": 40, "blake2b-256": 64, "blake2b-384": 96, "sha512/256": 64, "size": 0}
_KEYS: Final = {"id", "type", "digestAlgorithm", "head", "contentDirectory", "manifest", "versions", "fixity"}
_VERSION_KEYS: Final = {"created", "state", "message", "user"}
_TYPE: Final = re.compile(r"https://ocfl\.io/(1\.[01])/spec/#inventory")
_VERSION: Final = re.compile(r"v(0*)([1-9][0-9]*)", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)
_CREATED: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):([0-5]\d|60)(?:\.\d+)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII | re.IGNORECASE
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version: which logical path has which digest, and what is said about the version."""

    state: Mapping[str, str]
    said: tuple[Any, Any, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """
    What could be made out of an inventory, flaws or not.

    Attributes:
        findings: Code of the standard and what is wrong, E for errors and W for warnings.

        spec: "1.0" or "1.1", as `type` says.

        content: The content folder's name, and *content_given* whether the inventory named it.

        manifest: Content path to digest in small letters.

        fixity: Algorithm to content path to digest in small letters.
    """

    findings: tuple[tuple[str, str], ...]
    spec: str
    object_id: str
    algorithm: str
    head: str
    content: str
    content_given: bool
    manifest: Mapping[str, str]
    fixity: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, Version]


class _Reader:
    """One reading, which notes what it finds and goes on."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.spec = "1.1"
        self.used: set[str] = set()

    def say(self, codes: str, what: str) -> None:
        """Note one flaw against every clause that it breaks."""
        self.found += [(code, what) for code in codes.split()]

    def read(self, raw: bytes, spec: str) -> Inventory:
        value = self._parse(raw)
        self._keys(value, _KEYS, "the inventory")
        self.spec = spec
        self._identity(value, spec)
        algorithm = self._algorithm(value)
        content = self._content(value)
        digests: set[str] = set()
        versions = self._mapping(value, "versions", "E041 E043", "E044 E045")
        self._sequence(list(versions), value.get("head"))
        manifest = self._manifest(value, algorithm, digests, list(versions), content)
        fixity = self._fixity(value, manifest)
        read = {name: self._version(name, version, digests) for name, version in versions.items()}
        for digest in sorted(digests - self.used):
            self.say("E107" if self.spec != "1.0" else "E050 E107", f"no version uses {digest[:16]}…")
        return Inventory(
            findings=tuple(self.found),
            spec=self.spec,
            object_id=str(value.get("id", "")),
            algorithm=algorithm,
            head=str(value.get("head", "")),
            content=content,
            content_given="contentDirectory" in value,
            manifest=manifest,
            fixity=fixity,
            versions=read,
        )

    def _parse(self, raw: bytes) -> dict[str, Any]:
        try:
            value = json.loads(raw.decode("utf-8"), object_pairs_hook=self._once)
        except (ValueError, RecursionError) as error:
            self.say("E033", f"it is not JSON: {error}")
            return {}
        if isinstance(value, dict):
            return value
        self.say("E033", "it is not a JSON object")
        return {}

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            self.say("E033", "a JSON object has a key twice")
        return value

    def _keys(self, value: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in sorted(value.keys() - known):
            self.say("E102", f"{where} has the unknown key {key!r}")

    def _mapping(self, value: Mapping[str, Any], key: str, missing: str, wrong: str) -> Mapping[str, Any]:
        if key not in value:
            self.say(missing, f"there is no {key!r}")
        elif isinstance(value[key], dict):
            return dict(value[key])
        else:
            self.say(wrong, f"{key!r} is not a JSON object")
        return {}

    def _identity(self, value: Mapping[str, Any], spec: str) -> None:
        for key in ("id", "type", "digestAlgorithm", "head"):
            if key not in value:
                self.say("E036", f"there is no {key!r}")
        object_id = value.get("id", "x:x")
        if not isinstance(object_id, str) or not object_id:
            self.say("E037", f"the id {object_id!r} is none")
        elif not _URI.fullmatch(object_id):
            self.say("W005", f"the id {object_id!r} is not a URI")
        kind = value.get("type", f"https://ocfl.io/{spec}/spec/#inventory")
        match = _TYPE.fullmatch(kind) if isinstance(kind, str) else None
        if match:
            self.spec = match[1]
        else:
            self.say("E038", f"the type is {kind!r}")

    def _algorithm(self, value: Mapping[str, Any]) -> str:
        algorithm = value.get("digestAlgorithm", "sha512")
        if algorithm == "sha256":
            self.say("W004", "its digests are sha256")
        elif algorithm != "sha512":
            self.say("E025 E039", f"{algorithm!r} is no algorithm for content")
            return "sha512"
        return str(algorithm)

    def _content(self, value: Mapping[str, Any]) -> str:
        content = value.get("contentDirectory", "content")
        if not isinstance(content, str) or not content or "/" in content:
            self.say("E017 E108", f"{content!r} is no name of a content folder")
            return "content"
        if content in {".", ".."}:
            self.say("E018 E108", f"{content!r} is no name of a content folder")
            return "content"
        return content

    def _sequence(self, names: list[str], head: Any) -> None:
        """Check the names of the versions (3.3 and 3.5.3)."""
        numbers: dict[int, str] = {}
        for name in names:
            match = _VERSION.fullmatch(name)
            if match:
                numbers[int(match[2][:9])] = name
            else:
                self.say("E046 E104 E105", f"{name!r} is no name of a version")
        if not numbers:
            self.say("E008 E009" if names else "E008", "there is no version")
            return
        if min(numbers) != 1:
            self.say("E009", f"the first version is {numbers[min(numbers)]}")
        if len(numbers) != max(numbers) - min(numbers) + 1:
            self.say("E010", f"versions are missing before {numbers[max(numbers)]}")
        padded = {name.startswith("v0") for name in numbers.values()}
        if padded != {False}:
            self.say("W001", "the version numbers are padded")
            if len(padded) > 1 or len({len(name) for name in numbers.values()}) > 1:
                self.say("E011 E012 E013", "the version numbers are padded in more than one way")
        if head is not None and head != numbers[max(numbers)]:
            self.say("E040", f"the head is {head!r}, the newest version {numbers[max(numbers)]!r}")
            if isinstance(head, str) and head.startswith("v0") != (True in padded):
                self.say("E011 E012 E013", f"the head {head!r} is padded in another way than the versions")

    def _manifest(
        self, value: Mapping[str, Any], algorithm: str, digests: set[str], versions: list[str], content: str
    ) -> dict[str, str]:
        block = self._mapping(value, "manifest", "E041", "E106" if self.spec != "1.0" else "E041 E106")
        digests |= {digest for digest, paths in block.items() if paths and isinstance(paths, list)}
        found = self._block(block, LENGTHS[algorithm], "manifest", twice="E096", paths="E092", form="E025 E039")
        for path in found:
            version, _, rest = path.partition("/")
            if version not in versions or not rest.startswith(f"{content}/"):
                self.say("E042", f"the content path {path!r} is not in a version's content folder")
        return found

    def _block(
        self, block: Mapping[str, Any], length: int, where: str, *, twice: str, paths: str, form: str
    ) -> dict[str, str]:
        """Turn digest to paths round to path to digest."""
        found: dict[str, str] = {}
        seen: set[str] = set()
        for digest, names in block.items():
            small = digest.lower()
            if small in seen:
                self.say(twice, f"the {where} has the digest {digest[:16]}… twice")
            seen.add(small)
            if length and not re.fullmatch(f"[0-9a-f]{{{length}}}", small):
                self.say(form, f"the {where} has the digest {digest[:24]!r}, which is none of its kind")
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or not names:
                self.say(paths, f"the {where} does not list paths for {digest[:16]}…")
                continue
            for name in names:
                if name in found:
                    self.say("E101", f"the {where} has the content path {name!r} twice")
                found[name] = small
        self._paths(found, "content path", edge="E100", element="E099", clash="E101")
        return found

    def _paths(self, paths: Iterable[str], kind: str, *, edge: str, element: str, clash: str) -> None:
        known = set(paths)
        for path in sorted(known):
            if path.startswith("/") or path.endswith("/"):
                self.say(edge, f"the {kind} {path!r} begins or ends with a slash")
            segments = path.split("/")
            if {"", ".", ".."} & set(path.strip("/").split("/")):
                self.say(element, f"the {kind} {path!r} has an empty or dotted element")
            if any("/".join(segments[:count]) in known for count in range(1, len(segments))):
                self.say(clash, f"the {kind} {path!r} lies below a file")

    def _version(self, name: str, value: Any, digests: set[str]) -> Version:
        if not isinstance(value, dict):
            self.say("E047", f"{name} is not a JSON object")
            return Version(state={}, said=(None, None, None))
        self._keys(value, _VERSION_KEYS, name)
        if "created" not in value:
            self.say("E048", f"{name} has no 'created'")
        elif not _is_time(value["created"]):
            self.say("E049", f"{name} was created at {value['created']!r}, which is no time")
        if not isinstance(value.get("message", ""), str):
            self.say("E094", f"the message of {name} is not text")
        for key in ("message", "user"):
            if key not in value:
                self.say("W007", f"{name} has no {key!r}")
        if "user" in value:
            self._user(name, value["user"])
        block = self._mapping(value, "state", "E048", "E050")
        said = (value.get("created"), value.get("message"), value.get("user"))
        return Version(state=self._state(name, block, digests), said=said)

    def _user(self, name: str, user: Any) -> None:
        if not isinstance(user, dict) or not isinstance(user.get("name"), str) or not user["name"]:
            self.say("E054", f"the user of {name} has no name")
            return
        self._keys(user, {"name", "address"}, f"the user of {name}")
        address = user.get("address", "")
        if "address" not in user:
            self.say("W008", f"the user of {name} has no address")
        elif not isinstance(address, str):
            self.say("E054", f"the address of the user of {name} is not text")
        elif not _URI.fullmatch(address):
            self.say("W009", f"the address of the user of {name} is not a URI")

    def _state(self, name: str, block: Mapping[str, Any], digests: set[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        seen: set[str] = set()
        for digest, paths in block.items():
            if digest not in digests:
                self.say("E050", f"{name} has the digest {digest[:16]}…, which is not in the manifest")
            if digest.lower() in seen:
                self.say("E050", f"{name} has the digest {digest[:16]}… twice")
            seen.add(digest.lower())
            self.used.add(digest)
            if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
                self.say("E050 E051", f"{name} does not list paths for {digest[:16]}…")
                continue
            for path in paths:
                if path in found:
                    self.say("E095", f"{name} has the path {path!r} twice")
                found[path] = digest
        self._paths(found, f"path in {name},", edge="E053", element="E052", clash="E095")
        return found

    def _fixity(self, value: Mapping[str, Any], manifest: Mapping[str, str]) -> dict[str, dict[str, str]]:
        if "fixity" not in value:
            return {}
        found: dict[str, dict[str, str]] = {}
        wrong = "E111" if self.spec != "1.0" else "E056 E111"
        for algorithm, block in self._mapping(value, "fixity", "", wrong).items():
            length = (LENGTHS | _EXTENDED).get(algorithm)
            if length is None:
                self.say("E026 E056", f"the fixity block has the unknown algorithm {algorithm!r}")
            if not isinstance(block, dict):
                self.say("E057", f"the fixity block of {algorithm} is not a JSON object")
                continue
            where = f"fixity block of {algorithm}"
            found[algorithm] = self._block(block, length or 0, where, twice="E097", paths="E057", form="E057")
            for path in sorted(found[algorithm].keys() - manifest.keys()):
                self.say("E057", f"the {where} names {path!r}, which the manifest does not")
        return found


def examine(raw: bytes, spec: str = "1.1") -> Inventory:
    """Read an inventory of an object that declares *spec*, and note every flaw; whatever the bytes are, it returns."""
    return _Reader().read(raw, spec)


def number(version: str) -> int:
    """Give the number of a version's name, 0 where it is none."""
    match = _VERSION.fullmatch(version)
    return int(match[2][:9]) if match else 0


def _is_time(value: Any) -> bool:
    match = _CREATED.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return False
    try:
        datetime.datetime.fromisoformat(f"{match[1]}T{match[2]}")
    except ValueError:
        return False
    return True
