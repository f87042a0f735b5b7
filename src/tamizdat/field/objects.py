"""
objects.json: what stands in a dossier, under which name it came, and what was left out.

It has one spelling: `write(read(raw)) == raw`, or it is refused. Names are labels in raw bytes;
nothing here makes a path of one. docs/spec/dossier.md, "objects.json".
"""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
import re

from typing import Any, Final, Literal

from tamizdat.primitives import text
from tamizdat.primitives.errors import FormatError


Covers = Literal["file", "parts"]

VERSION: Final = 1
FILE: Final = "file"
PARTS: Final = "parts"
MOST_FILES: Final = 100_000
MOST_BYTES: Final = 32 << 20
MOST_NAME: Final = 4096
MOST_WORDS: Final = 200
_COMMON: Final = (
    "jpg jpeg png gif webp heic heif avif tif tiff bmp dng mp4 m4v mov avi mkv webm 3gp mpg mpeg "
    "mp3 m4a aac ogg oga opus wav flac amr txt md csv pdf rtf doc docx odt xls xlsx ods ppt pptx odp "
    "json xml html eml mbox zip"
)
EXTENSIONS: Final = frozenset(_COMMON.split())
# The whole grammar, checked before anything is built of it: hostile JSON of 32 MiB would fill the memory.
_WORD: Final = rb'"(?:[^"\\]|\\.)*+"'
_NAMED: Final = rb'"name(?:_b64)?":' + _WORD
_FILE: Final = (
    rb'\{"covers":"(?:file|parts)","how":'
    + _WORD
    + rb","
    + _NAMED
    + rb',"path":"data/[0-9]{6}[.a-z0-9]{0,6}","root":"[0-9a-f]{64}"'
    rb',"sha256":"[0-9a-f]{64}","size":[0-9]{1,19}(?:,"void":' + _WORD + rb")?\}"
)
_LEFT: Final = rb"\{" + _NAMED + rb',"reason":' + _WORD + rb"\}"
_SPELLING: Final = re.compile(
    rb'\{"created":"[-:0-9TZ]{20}","files":\[(?:' + _FILE + rb",?)*+\]"
    rb',"left_out":\[(?:' + _LEFT + rb',?)*+\](?:,"note":"[a-z0-9./]{11,17}")?,"version":([0-9]{1,9})\}\n'
)
_LINES: Final = re.compile(rb'"(?:root|reason)":')
_VERSION: Final = re.compile(rb',"version":([0-9]{1,9})\}\n\Z')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One file of the payload.

    Attributes:
        path: ``data/`` and its number, from 1, in six digits, and its extension where that is a common one.

        name: Raw bytes, segments joined by ``/``, as the sender's disk had them.

        size, sha256: Of the bytes in the dossier.

        root: The object root, 32 bytes. *covers*: what it commits to: "parts", or "file" for all or nothing.

        how: How the sender's machine had the bytes, as it says.

        void: Why these bytes are not what any file held, where they are not; else empty.
    """

    path: str
    name: bytes
    size: int
    sha256: bytes
    root: bytes
    how: str
    void: str = ""
    covers: Covers = FILE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One thing that was asked for and is not in the dossier: its name in raw bytes, and why."""

    name: bytes
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    What objects.json says.

    Attributes:
        created: Seconds since 1970, by the sender's clock.

        files: Every file of the payload, in the order of the payload.

        left_out: What could not be sealed, in bytewise order of the names.

        note: The path of the written note, or empty.
    """

    created: int
    files: tuple[Item, ...]
    left_out: tuple[LeftOut, ...] = ()
    note: str = ""


def path(number: int, name: bytes) -> str:
    """
    Give the payload path of file *number*, from 1.

    >>> path(1, b"DCIM/IMG_0001.JPG"), path(2, b"a.exe")
    ('data/000001.jpg', 'data/000002')
    """
    _, dot, end = name.rpartition(b"/")[2].rpartition(b".")
    extension = end.decode("ascii", "replace").lower()
    return f"data/{number:06d}" + (f".{extension}" if dot and extension in EXTENSIONS else "")


def fits(name: bytes) -> bool:
    """Say whether objects.json can hold this name."""
    return 0 < len(name) <= MOST_NAME and b"\0" not in name


def words(message: str) -> str:
    """Cut a reason to one printable line that objects.json can hold."""
    return "".join(sign if sign.isprintable() else " " for sign in message)[:MOST_WORDS].strip() or "unknown"


def write(listing: Listing) -> bytes:
    """Write objects.json: JSON in ASCII, keys sorted, no spaces, one line end."""
    value: dict[str, Any] = {
        "created": text.instant(listing.created),
        "files": [_plain_item(item) for item in listing.files],
        "left_out": [{**_plain_name(one.name), "reason": one.reason} for one in listing.left_out],
        "version": VERSION,
    }
    if listing.note:
        value["note"] = listing.note
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"


def read(raw: bytes) -> Listing:
    """
    Read objects.json.

    Raises:
        FormatError: It does not keep to docs/spec/dossier.md, or is spelled otherwise than `write` spells it.
    """
    try:
        version = _VERSION.search(raw, max(0, len(raw) - 32))
        _demand(not version or int(version[1]) == VERSION, "it is of another version; a newer tamizdat may read it")
        _demand(sum(1 for _ in _LINES.finditer(raw)) <= 2 * MOST_FILES, f"it lists more than {MOST_FILES} files")
        _demand(bool(_SPELLING.fullmatch(raw)), "it is not in the one spelling")
        listing = _listing(json.loads(raw))
        _demand_order(listing)
        _demand(write(listing) == raw, "it is not in the one spelling")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = str(error) if isinstance(error, _FlawError) else "it cannot be read"
        raise FormatError(
            "dossier-objects", f"objects.json: {what}", mend="Ask for the dossier again, and keep what you have."
        ) from None
    return listing


class _FlawError(ValueError):
    """What is wrong with objects.json, in words of ours."""


def _plain_item(item: Item) -> dict[str, Any]:
    plain = {
        **_plain_name(item.name),
        "covers": item.covers,
        "how": item.how,
        "path": item.path,
        "root": item.root.hex(),
        "sha256": item.sha256.hex(),
        "size": item.size,
    }
    return {**plain, "void": item.void} if item.void else plain


def _plain_name(name: bytes) -> dict[str, str]:
    try:
        return {"name": name.decode("utf-8")}
    except UnicodeDecodeError:
        return {"name_b64": base64.b64encode(name).decode("ascii")}


def _listing(value: dict[str, Any]) -> Listing:
    return Listing(
        created=text.read_instant(value["created"]),
        files=tuple(_item(plain) for plain in value["files"]),
        left_out=tuple(LeftOut(name=_name(plain), reason=_words(plain["reason"])) for plain in value["left_out"]),
        note=value.get("note", ""),
    )


def _item(plain: dict[str, Any]) -> Item:
    return Item(
        path=plain["path"],
        name=_name(plain),
        size=plain["size"],
        sha256=bytes.fromhex(plain["sha256"]),
        root=bytes.fromhex(plain["root"]),
        how=_words(plain["how"]),
        void=_words(plain["void"]) if "void" in plain else "",
        covers=plain["covers"],
    )


def _name(plain: dict[str, Any]) -> bytes:
    name = text.unbase64(plain["name_b64"]) if "name_b64" in plain else plain["name"].encode("utf-8")
    _demand(fits(name), f"a name is empty, holds a zero byte, or is longer than {MOST_NAME} bytes")
    return bytes(name)


def _words(word: str) -> str:
    _demand(words(word) == word, "a reason is not one printable line")
    return word


def _demand_order(listing: Listing) -> None:
    for number, item in enumerate(listing.files, 1):
        _demand(item.path == path(number, item.name), f"file {number} has not the path of its number and name")
        _demand(not item.void or item.covers == FILE, "what no file held is said to be committed to by parts")
    named = [item for item in listing.files if item.path != listing.note]
    for before, item in itertools.pairwise(named):
        _demand(before.name < item.name or (bool(before.void) and before.name == item.name), "names are out of order")
    _demand(not listing.note or listing.files[-1:] == (_last(listing),), "the note is not the last file")
    left = [one.name for one in listing.left_out]
    _demand(left == sorted(set(left)), "the names left out are out of order")


def _last(listing: Listing) -> Item | None:
    return next((item for item in listing.files if item.path == listing.note and not item.void), None)


def _demand(condition: bool, what: str) -> None:  # noqa: FBT001
    if not condition:
        raise _FlawError(what)
