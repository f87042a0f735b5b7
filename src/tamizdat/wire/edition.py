"""
The signed list of an edition: every file, its size and its SHA-256, under the edition key.

The list is a signed note; the log holds a salted hash of its text, so that the record can be kept
for ever while an edition can still be taken down. The format is docs/spec/edition.md.

Nothing here opens a file: bytes come in, values go out.
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final

from tamizdat.primitives import note, text
from tamizdat.primitives.errors import FormatError
from tamizdat.record import entry as entries


TITLE: Final = "tamizdat-edition-v1"
LIST: Final = "edition.txt"
LOG: Final = "log/"
CARD: Final = "card.txt"
POLICY: Final = "policy.txt"
AUTHORITY: Final = re.compile(r"authorities/([a-z0-9][a-z0-9-]{0,39})\.pem", re.ASCII)
PROOF: Final = re.compile(r"(media/.+)\.proof", re.ASCII)
# The list is a note, and a note has no more than this.
MAX_LIST: Final = 64 << 20
_SIGNATURES: Final = 4096
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# No segment begins or ends with a dot: some systems hide the one and drop the other.
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?", re.ASCII)
_ORIGIN: Final = re.compile(r"[^\s+\x00-\x1f]{1,200}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, order=True)
class File:
    """One file of an edition: its path, its length in bytes, its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        if not path_stands(self.path) or self.path == LIST or self.path.startswith(LOG):
            raise _flaw("edition-path", f"{self.path[:200]!r} is no path a list may hold")
        if not _HEX.fullmatch(self.sha256):
            raise _flaw("edition-line", f"{self.sha256[:80]!r} is not a SHA-256 in lower-case hexadecimal")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """
    What an edition says of itself.

    Attributes:
        origin: The log it is entered on.

        number: From 1, one more each time.

        made: Seconds since 1970 by the newsroom's clock: a claim.

        entry: Its place in the log.

        salt: 32 random bytes without which nobody can guess the text from the log.

        files: Every file but those of the log and the list itself, in bytewise order of their paths.
    """

    origin: str
    number: int
    made: int
    entry: int
    salt: bytes
    files: tuple[File, ...]

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise _flaw("edition-head", f"{self.origin[:40]!r} is no name of a public record")
        if not 1 <= self.number <= entries.MAX_NUMBER or not 0 <= self.entry <= entries.MAX_NUMBER:
            raise _flaw("edition-head", f"edition {self.number} at entry {self.entry} cannot be")
        if not 0 <= self.made < entries.MAX_TIME or len(self.salt) != entries.SALT_LENGTH:
            raise _flaw("edition-head", "an edition is made after 1970, and has a salt of 32 bytes")
        _check_paths([file.path for file in self.files])


def path_stands(path: str) -> bool:
    """Say whether a path is one an edition may hold: plain segments that lead nowhere else on any disk."""
    return len(path) <= 1024 and all(_SEGMENT.fullmatch(segment) for segment in path.split("/"))


def authority(name: str) -> str:
    """Say where an edition has the roots of a time authority (`AUTHORITY`)."""
    return f"authorities/{name}.pem"


def write_text(edition: Edition) -> str:
    """
    Write the text that is signed.

    Raises:
        FormatError: ``edition-large``: it would not fit a note.
    """
    head = (
        f"{TITLE}\n"
        f"origin: {edition.origin}\n"
        f"edition: {edition.number}\n"
        f"made: {text.instant(edition.made)}\n"
        f"entry: {edition.entry}\n"
        f"salt: {text.rebase64(edition.salt)}\n"
        f"files: {len(edition.files)}\n"
    )
    body = head + "".join(f"{file.sha256} {file.size} {file.path}\n" for file in edition.files)
    if len(body.encode()) > MAX_LIST - _SIGNATURES:
        raise FormatError(
            "edition-large",
            f"a list of {len(edition.files)} files is longer than a list can be ({MAX_LIST} bytes)",
            mend="Tell the maintainers: this newsroom has outgrown one list.",
        )
    return body


def read_text(body: str) -> Edition:
    """
    Read the text of a list.

    Raises:
        FormatError: ``edition-title``, ``edition-head``, ``edition-line``, ``edition-path``, ``edition-order``,
            ``edition-case``, ``edition-count`` or ``edition-spelling``.
    """
    lines = body.split("\n")
    if lines[0] != TITLE:
        raise _flaw("edition-title", f"the list begins with {lines[0][:60]!r}, not {TITLE!r}")
    try:
        origin, number, made, entry, salt, count = _head(lines[1:7])
        edition = Edition(
            origin=origin,
            number=text.decimal(number),
            made=text.read_instant(made),
            entry=text.decimal(entry),
            salt=text.unbase64(salt, 32),
            files=tuple(_file(line) for line in lines[7:-1]),
        )
    except ValueError as error:
        raise _flaw("edition-head", f"the head of the list cannot be read: {error}") from error
    if count != str(len(edition.files)):
        raise _flaw("edition-count", f"the list says {count} files and holds {len(edition.files)}")
    if write_text(edition) != body:
        raise _flaw("edition-spelling", "the list is not written the one way it can be")
    return edition


def read(raw: bytes, verifier: note.Verifier) -> tuple[Edition, str]:
    """
    Read a signed list, and give the edition and the text that was signed.

    Raises:
        FormatError: It is no note, or no list.
        TrustError: The edition key did not sign it.
    """
    signed = note.verify(raw, verifier, most=MAX_LIST)
    return read_text(signed.text), signed.text


def _check_paths(paths: list[str]) -> None:
    known = set(paths)
    if paths != sorted(known):
        raise _flaw("edition-order", "the files do not stand once each, in the order of their paths")
    folded: dict[str, str] = {}
    for path in paths:
        other = folded.setdefault(path.lower(), path)
        if other != path:
            raise _flaw(
                "edition-case", f"{other!r} and {path!r} differ only by capitals, and some disks know no capitals"
            )
        above = path
        while above := above.rpartition("/")[0]:
            if above in known:
                raise _flaw("edition-path", f"{above!r} is a file, and {path!r} would lie in it")


def _head(lines: list[str]) -> list[str]:
    names = ["origin", "edition", "made", "entry", "salt", "files"]
    pairs = [line.partition(": ") for line in lines]
    if [name for name, _, _ in pairs] != names:
        raise ValueError("its first lines should be " + ", ".join(names))
    return [value for _, _, value in pairs]


def _file(line: str) -> File:
    words = line.split(" ")
    if len(words) != 3:
        raise _flaw("edition-line", f"{line[:80]!r} should be a hash, a size and a path")
    sha256, size, path = words
    try:
        return File(path=path, size=text.decimal(size), sha256=sha256)
    except ValueError as error:
        raise _flaw("edition-line", f"{line[:80]!r} has no plain size") from error


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend="Get the edition again from another mirror or from the newsroom.")
