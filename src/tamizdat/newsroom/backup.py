"""
A backup: every file of a newsroom in a plain folder that any tool can read, with a list of their hashes beside them.

`sha256sum -c SHA256SUMS` checks it without this program. What was written once (the vault's content, the record's
tiles) is never replaced or removed in it, so that damage here does not spread there. It is NOT a history: keep two in
turn. The form is docs/spec/vault.md, "Backup".
"""

from __future__ import annotations

import dataclasses
import hashlib
import re

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final

from tamizdat.primitives.errors import AdapterError, Fault, FormatError, ShortError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read


FILES: Final = "newsroom"
LIST: Final = "SHA256SUMS"
MAX_LIST: Final = 1 << 30
KEYS: Final = re.compile(r"keys/|recovery-print-and-remove\.")
# What is only of the moment, or of this machine.
_PASSING: Final = re.compile(r"\.lock|\.busy|desk/log\.sqlite-(?:wal|shm|journal)|(?:.*/)?\.[^/]*\.unfinished/.*")
# Written once: what is there and differs was damaged, here or there.
_ONCE: Final = re.compile(r"vault/[0-9a-f]{3}/.*/v[0-9]+/.*|log/tile/(?:(?!\.p/).)*")
# What lies in an object's folder, and that folder.
_OBJECT: Final = re.compile(r"vault/((?:[0-9a-f]{3}/){3}[^/]+)/")
_LINE: Final = re.compile(r"(\\?)([0-9a-f]{64})  newsroom/(.+)", re.DOTALL)
_CHUNK: Final = 1 << 20
Progress = Callable[[int], None]
Opener = Callable[[], BinaryIO]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """
    What a backup did.

    Attributes:
        files, size: How much it holds now.

        copied: How many files were new or had changed.

        removed: How many were removed there, for they are no more here.

        objects: The places in the vault of those of which something was new.

        faults: What was written once and differs, or is gone here: the backup keeps its own.

        passed: What is no plain file and was passed over.
    """

    files: int
    size: int
    copied: int
    removed: int
    objects: tuple[str, ...]
    faults: tuple[Fault, ...]
    passed: tuple[str, ...]


def make(
    source: Store,
    target: Store,
    *,
    keys: bool,
    instead: Mapping[str, Opener],
    shred: Callable[[str], None],
    early: Callable[[str], bool] = lambda _: False,
    progress: Progress = lambda _: None,
) -> Made:
    """
    Bring a backup up to date, and read all of it again to see that it holds what is here.

    Args:
        source: The newsroom, which no command writes to meanwhile; people may, and the public record may grow.

        target: The backup's folder, empty or an earlier backup.

        keys: With the keys; without, they are left as they are there.

        instead: What to copy in the place of a file that may not be copied as it lies, by its name.

        shred: Removes a file of the backup, overwriting it.

        early: Says of a file that it is not to be saved yet.

        progress: Told the bytes read.

    Raises:
        FormatError: ``backup-list``: its list cannot be read, so it is no backup of ours.
        AdapterError: ``backup-differs``: the medium did not keep what was written.
    """
    run = _Backup(source, target, instead, progress)
    names = [name for name in run.names(source, "") if (keys or not KEYS.match(name)) and not early(name)]
    run.clean({name for name in names if run.copy(name)}, keys=keys, shred=shred)
    run.finish()
    run.verify()
    return Made(
        files=len(run.listed),
        size=run.size,
        copied=run.copied,
        removed=run.removed,
        objects=tuple(sorted(run.objects)),
        faults=tuple(run.faults),
        passed=tuple(run.passed),
    )


class _Backup:
    """One run."""

    def __init__(self, source: Store, target: Store, instead: Mapping[str, Opener], progress: Progress) -> None:
        self.source = source
        self.target = target
        self.instead = instead
        self.progress = progress
        raw = read(target, LIST, MAX_LIST)
        self.before = {} if raw is None else dict(read_list(raw))
        self.listed: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.copied = self.removed = self.size = 0
        self.objects: set[str] = set()
        self.faults: list[Fault] = []
        self.passed: list[str] = []

    def names(self, store: Store, below: str) -> Iterator[str]:
        """Give what is to be saved, or was."""
        for name in store.names(below):
            inner = name[len(below) + bool(below) :]
            if not _PASSING.fullmatch(inner):
                yield inner

    def copy(self, name: str) -> bool:
        """Bring one file there, if it is not there in these very bytes; False where somebody took it away meanwhile."""
        try:
            digest, size = hashed(self._open(name), self.progress)
        except FileNotFoundError:
            return False
        except AdapterError as error:
            if error.code not in {"disk-link", "disk-special", "store-name"}:
                raise
            self.passed.append(name)
            return True
        there = self.before.get(name)
        if there is not None and there != digest and _ONCE.fullmatch(name) and name not in self.instead:
            self._differs(name, "it was written once, and is another here than in the backup, which keeps its own")
            digest = there
        elif there != digest or self._length(name) != size:
            try:
                stream = self._open(name)
            except FileNotFoundError:
                return False
            digest = self._written(name, stream)
        self.listed[name] = digest
        return True

    def _written(self, name: str, stream: BinaryIO) -> str:
        """Write a file there, and give the hash of what was written: where it changes while it is read, that is listed."""
        state = hashlib.sha256()

        def seen() -> Iterator[bytes]:
            for chunk in _pieces(stream, self.progress):
                state.update(chunk)
                yield chunk

        self.target.put(f"{FILES}/{name}", seen())
        self.copied += 1
        if match := _OBJECT.match(name):
            self.objects.add(match[1])
        return state.hexdigest()

    def clean(self, names: set[str], *, keys: bool, shred: Callable[[str], None]) -> None:
        """Remove there what is no more here, but for what was written once, and keys that were not asked for."""
        for name in list(self.names(self.target, FILES)):
            if name in names or name in self.passed:
                continue
            if KEYS.match(name) and not keys:
                self.listed |= {name: self.before[name]} if name in self.before else {}
            elif _ONCE.fullmatch(name) and name in self.before:
                self._differs(name, "it is in the backup, and is not here any more; the backup keeps it")
                self.listed[name] = self.before[name]
            else:
                shred(f"{FILES}/{name}")
                self.removed += 1

    def finish(self) -> None:
        """Write the list."""
        self.target.put(LIST, [write_list(self.listed)])

    def verify(self) -> None:
        """Read every byte of the backup, and compare it with the list."""
        wrong = []
        for name, digest in sorted(self.listed.items()):
            try:
                found, size = hashed(self.target.open(f"{FILES}/{name}"), self.progress)
            except FileNotFoundError:
                found, size = "", 0
            self.size += size
            if found != digest:
                mend = "Remove this file from the backup and make it again; if it happens twice, take another medium."
                wrong.append(Fault(code="backup-file", where=name, what="it is not what was written", mend=mend))
        if wrong:
            raise AdapterError(
                "backup-differs",
                f"{len(wrong)} files of the backup are not what they should be",
                mend="Do not rely on this medium.",
                faults=tuple(wrong),
            )

    def _open(self, name: str) -> BinaryIO:
        return self.instead[name]() if name in self.instead else self.source.open(name)

    def _length(self, name: str) -> int:
        try:
            with self.target.open(f"{FILES}/{name}") as stream:
                return stream.seek(0, 2)
        except FileNotFoundError:
            return -1

    def _differs(self, name: str, what: str) -> None:
        mend = "Run `tamizdat vault fsck` and `tamizdat log fsck`; what is damaged here, restore from the backup."
        self.faults.append(Fault(code="backup-once", where=name, what=what, mend=mend))


def check(store: Store, progress: Progress = lambda _: None) -> dict[str, str]:
    """
    Check a backup against its list, every byte of it, and give the list: name to SHA-256.

    Raises:
        ShortError: ``backup-none``: there is no list, so it was never finished.
        FormatError: ``backup-damaged``, with every file that is altered, missing or more.
    """
    raw = read(store, LIST, MAX_LIST)
    if raw is None:
        raise ShortError(
            "backup-none",
            f"there is no {LIST} in this folder: it is no backup, or it was never finished",
            mend="Give the folder that `tamizdat newsroom backup` wrote, or make the backup again.",
        )
    listed = dict(read_list(raw))
    faults = []
    for name, digest in listed.items():
        try:
            found, _ = hashed(store.open(f"{FILES}/{name}"), progress)
            what = "" if found == digest else "it was altered, or the last backup was cut off"
        except FileNotFoundError:
            what = "it is not there"
        if what:
            faults.append(_damaged(name, what))
    faults += [
        _damaged(name[len(FILES) + 1 :], "the list does not have it")
        for name in store.names(FILES)
        if name[len(FILES) + 1 :] not in listed
    ]
    if faults:
        raise FormatError(
            "backup-damaged",
            f"{len(faults)} files of this backup are not what its list says",
            mend="Make the backup again where the newsroom still is; otherwise take another copy.",
            faults=tuple(faults),
        )
    return listed


def restore(store: Store, target: Store, progress: Progress = lambda _: None) -> dict[str, str]:
    """
    Restore a backup into an empty folder, and read it again there; give the list of what was restored.

    Raises:
        ShortError, FormatError: As `check`.
        AdapterError: ``backup-differs``: the disk did not keep what was written.
    """
    listed = check(store, progress)
    for name in listed:
        target.put(name, _pieces(store.open(f"{FILES}/{name}"), progress))
    wrong = [name for name, digest in listed.items() if hashed(target.open(name), progress)[0] != digest]
    if wrong:
        raise AdapterError(
            "backup-differs",
            f"{len(wrong)} files came back otherwise than they are in the backup, the first: {wrong[0]!r}",
            mend="Do not rely on this disk; restore to another.",
        )
    return listed


def write_list(listed: Mapping[str, str]) -> bytes:
    """Write the list as `sha256sum` reads it: names with a line end or a backslash are escaped, as it does."""
    lines = []
    for name, digest in sorted(listed.items()):
        escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        lines.append(f"{'' if escaped == name else chr(92)}{digest}  {FILES}/{escaped}\n")
    return "".join(lines).encode("utf-8", "surrogateescape")


def read_list(raw: bytes) -> Iterator[tuple[str, str]]:
    """
    Read what `write_list` wrote, as (name, digest).

    Raises:
        FormatError: ``backup-list``.
    """
    found: dict[str, str] = {}
    for line in raw.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        match = _LINE.fullmatch(line)
        if not match:
            raise _unlisted(line)
        name = match[3]
        if match[1]:
            name = re.sub(r"\\(.)", lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), name)
        if {"", ".", ".."} & set(name.split("/")):
            raise _unlisted(line)
        found[name] = match[2]
    if write_list(found) != raw:
        raise _unlisted("its order")
    return iter(found.items())


def hashed(stream: BinaryIO, progress: Progress = lambda _: None) -> tuple[str, int]:
    """Hash a stream to its end and close it; give the SHA-256 in hexadecimal digits, and the length."""
    state, size = hashlib.sha256(), 0
    for chunk in _pieces(stream, progress):
        state.update(chunk)
        size += len(chunk)
    return state.hexdigest(), size


def _pieces(stream: BinaryIO, progress: Progress) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
            progress(len(chunk))


def _damaged(name: str, what: str) -> Fault:
    return Fault(code="backup-file", where=name, what=what, mend="Take this file from another copy.")


def _unlisted(what: str) -> FormatError:
    return FormatError(
        "backup-list",
        f"{LIST} is not a list that a backup wrote: {what[:100]!r}",
        mend="Make the backup in another folder, or take another copy.",
    )
