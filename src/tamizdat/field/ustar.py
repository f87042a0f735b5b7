"""
One header of a tar archive: 512 bytes, as POSIX.1-2001 (pax) has it, and as older tars write it.

It reads no archive: that is field/archive.py. docs/spec/dossier.md, "Tar".
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final

from tamizdat.primitives.errors import FormatError


BLOCK: Final = 512
ZEROS: Final = bytes(BLOCK)
# Eleven octal digits: a larger size needs a pax header.
LARGEST: Final = 8**11 - 1
MOST_SIZE: Final = 1 << 62
_RECORD: Final = re.compile(rb"([1-9][0-9]{0,6}) ")
_NUMBER: Final = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_AGAIN: Final = "Ask for it again; what you have is damaged or was not made by tamizdat."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What one header says.

    Attributes:
        name: The path as raw bytes. *kind*: the type flag, one byte.

        size: How many bytes follow. *mtime*: seconds since 1970.

        extended: GNU sparse headers follow this one.
    """

    name: bytes
    kind: bytes
    size: int
    mtime: int
    extended: bool = False


def write(path: str, size: int, mtime: int) -> bytes:
    """
    Write the one header of a regular file: 512 bytes, or 1,536 where the size needs a pax record.

    >>> len(write("dossier/bagit.txt", 55, 0)), len(write("dossier/data/000001", 8**11, 0))
    (512, 1536)
    """
    if size <= LARGEST:
        return spell(path, b"0", size, mtime)
    record = _record(b"size", str(size).encode("ascii"))
    top, base = path.partition("/")[0], path.rpartition("/")[2]
    extra = spell(f"{top}/PaxHeaders/{base}", b"x", len(record), mtime)
    return extra + record + bytes(-len(record) % BLOCK) + spell(path, b"0", 0, mtime)


def spell(path: str, kind: bytes, size: int, mtime: int) -> bytes:
    """Spell one header of 512 bytes as a dossier has it: no owner, no group, mode 0600, whole seconds."""
    name = path.encode("ascii")
    if len(name) > 100 or not 0 <= mtime <= LARGEST:
        msg = f"no header can say {path!r} at {mtime}"
        raise ValueError(msg)
    # Mode 0600: what comes out of a dossier is nobody else's to read. No owner, no group.
    front = name.ljust(100, b"\0") + b"0000600\0" + b"0000000\0" * 2 + b"%011o\0%011o\0" % (size, mtime)
    back = kind + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(155 + 12)
    checksum = sum(front) + sum(back) + 8 * ord(" ")
    return front + b"%06o\0 " % checksum + back


def read(block: bytes) -> Head:
    """
    Read a header of any common dialect of tar.

    Raises:
        FormatError: Its checksum is wrong, or a number in it is none.
    """
    # POSIX sums unsigned bytes; some old tars summed signed ones.
    blanked = block[:148] + b" " * 8 + block[156:]
    off = sum(blanked) - _octal(block[148:156]) if len(block) == BLOCK else -1
    if off and off != 256 * _high(blanked):
        raise flaw("tar-header", "the checksum of a header is wrong")
    name = _text(block[:100])
    if block[257:265] == b"ustar\x0000" and block[345:346] != b"\0":
        name = _text(block[345:500]) + b"/" + name
    kind = block[156:157]
    return Head(
        name=name,
        kind=b"0" if kind == b"\0" else kind,
        size=_octal(block[124:136]),
        mtime=_octal(block[136:148], signed=True),
        extended=kind == b"S" and block[482:483] not in {b"\0", b"0"},
    )


def read_pax(raw: bytes) -> dict[bytes, bytes]:
    """
    Read the records of a pax header.

    Raises:
        FormatError: A record does not keep to "length key=value".
    """
    records: dict[bytes, bytes] = {}
    place = 0
    while place < len(raw):
        match = _RECORD.match(raw, place, place + 8)
        end = place + int(match[1]) if match else 0
        record = raw[match.end() : end] if match else b""
        key, sign, value = record.partition(b"=")
        if not sign or not key or end > len(raw) or not value.endswith(b"\n"):
            raise flaw("tar-header", "a record of a pax header cannot be read")
        records[key] = value[:-1]
        place = end
    return records


def is_relative(name: bytes) -> bool:
    """
    Say whether a path stays below the folder it is given in.

    >>> is_relative(b"a/b"), is_relative(b"../a"), is_relative(b"/a"), is_relative(b"a//b")
    (True, False, False, False)
    """
    return b"\0" not in name and not any(segment in {b"", b".", b".."} for segment in name.split(b"/"))


def flaw(code: str, what: str) -> FormatError:
    """Make the error of a flaw in a tar."""
    return FormatError(code, what, mend=_AGAIN)


def shown(name: bytes) -> str:
    """Make a hostile name fit to be shown on one line."""
    word = name[:80].decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in word)


def _record(key: bytes, value: bytes) -> bytes:
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _high(block: bytes) -> int:
    return sum(1 for byte in block if byte > 127)


def _octal(field: bytes, *, signed: bool = False) -> int:
    # GNU: a first bit of one means a binary number (base 256).
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:])
        if field[0] & 0x40:
            if not signed:
                raise flaw("tar-header", "a number in a header is negative")
            value -= 1 << (8 * len(field) - 1)
    else:
        match = _NUMBER.fullmatch(field.partition(b"\0")[0] or b"0")
        if not match:
            raise flaw("tar-header", "a number in a header is not octal")
        value = int(match[1] or b"0", 8)
    if abs(value) > MOST_SIZE:
        raise flaw("tar-header", f"a number in a header, {value}, is too large")
    return value
