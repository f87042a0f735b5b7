"""
The header of an age file: for whom it is sealed, and the check that ties it together.

Not the payload (stream.py), and no key is known here but the file key that checks it. What is read is the one
spelling of what it says, so a header is written back byte for byte. The specification is C2SP's
(age-encryption.org/v1, "Header"); the package says what we do where it leaves a choice.
"""

from __future__ import annotations

import dataclasses
import hmac
import re

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tamizdat.primitives import text
from tamizdat.primitives.age import armor
from tamizdat.primitives.age.source import Readable, Source
from tamizdat.primitives.errors import FormatError


VERSION: Final = b"age-encryption.org/v1\n"
FILE_KEY_LENGTH: Final = 16
COLUMNS: Final = 64
# An honest header of a thousand hybrid recipients has under 2 MB; a hostile one must end somewhere.
MAX_HEADER: Final = 4 << 20
MAX_STANZAS: Final = 4096

_ARGUMENTS: Final = re.compile(rb"-> ([!-~]+(?: [!-~]+)*)\n")
_END: Final = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")
_BODY_LINE: Final = re.compile(rb"[A-Za-z0-9+/]{0,64}\n")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """
    The file key, wrapped for one recipient.

    Attributes:
        kind: The first argument: how it is wrapped.

        arguments: The other arguments.

        body: The wrapped key.
    """

    kind: str
    arguments: tuple[str, ...] = ()
    body: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """All stanzas of a file, and their check (32 bytes)."""

    stanzas: tuple[Stanza, ...]
    mac: bytes


def derive(file_key: bytes, salt: bytes, info: bytes) -> bytes:
    """Derive a key of 32 bytes by HKDF-SHA-256 (RFC 5869), as all of age does."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(file_key)


def encode(value: bytes) -> str:
    """
    Write base64 without padding.

    >>> encode(b"a")
    'YQ'
    """
    return text.rebase64(value).rstrip("=")


def decode(word: str) -> bytes:
    """
    Read base64 without padding.

    Raises:
        ValueError: It is padded, not canonical, or no base64 at all.
    """
    if "=" in word:
        raise ValueError("its base64 is padded")
    return text.unbase64(word + "=" * (-len(word) % 4))


def sign(stanzas: Sequence[Stanza], file_key: bytes) -> Header:
    """Make the header that holds these stanzas."""
    return Header(stanzas=tuple(stanzas), mac=_mac(stanzas, file_key))


def check(header: Header, file_key: bytes) -> None:
    """
    Check that the holder of the file key wrote this very header.

    Raises:
        FormatError: It was altered.
    """
    if not hmac.compare_digest(header.mac, _mac(header.stanzas, file_key)):
        raise FormatError("age-mac", "the head of the sealed file was altered", mend="Get the file again.")


def write(header: Header) -> bytes:
    """Write the header, its last line feed included."""
    return _marked(header.stanzas) + f" {encode(header.mac)}\n".encode("ascii")


def read(source: Source) -> Header:
    """
    Read a header, and leave *source* at the payload's nonce.

    Raises:
        FormatError: It does not keep to the specification.
    """
    start = source.position
    if source.read(len(VERSION)) != VERSION:
        raise flaw("it does not begin as an age file of version 1")
    stanzas: list[Stanza] = []
    while True:
        line = _line(source, start)
        if end := _END.fullmatch(line):
            break
        if not (words := _ARGUMENTS.fullmatch(line)):
            raise flaw(f"a line of its head is neither a recipient nor the end: {line[:COLUMNS]!r}")
        kind, *arguments = words[1].decode("ascii").split(" ")
        stanzas.append(Stanza(kind=kind, arguments=tuple(arguments), body=_body(source, start)))
        if len(stanzas) > MAX_STANZAS:
            raise flaw(f"it names more than {MAX_STANZAS} recipients")
    if not stanzas:
        raise flaw("it names no recipient")
    return Header(stanzas=tuple(stanzas), mac=_decoded(end[1]))


def stanza_kinds(source: Readable) -> list[str]:
    """
    Say how a file, armored or not, is sealed, without any key: the kind of each recipient, in order.

    Raises:
        FormatError: Its header cannot be read.
    """
    return [stanza.kind for stanza in read(armor.unwrap(Source(source))).stanzas]


def flaw(what: str) -> FormatError:
    """Make the error for a header that does not keep to the specification."""
    return FormatError("age-header", f"the sealed file cannot be read: {what}", mend="Get the file again, whole.")


def _marked(stanzas: Sequence[Stanza]) -> bytes:
    """Write everything the check covers: up to and including the mark of the last line."""
    lines = [VERSION.decode("ascii")]
    for stanza in stanzas:
        lines.append(f"-> {' '.join((stanza.kind, *stanza.arguments))}\n")
        body = encode(stanza.body)
        # The last line is shorter than the others, and empty where they fill it (specification, "Recipient stanza").
        lines += [f"{body[at : at + COLUMNS]}\n" for at in range(0, len(body) + 1, COLUMNS)]
    return "".join([*lines, "---"]).encode("ascii")


def _mac(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    return hmac.digest(derive(file_key, b"", b"header"), _marked(stanzas), "sha256")


def _line(source: Source, start: int) -> bytes:
    left = MAX_HEADER - (source.position - start)
    line = source.readline(left) if left > 0 else b""
    if not line.endswith(b"\n"):
        raise flaw("its head breaks off" if source.position - start < MAX_HEADER else "its head is too long")
    return line


def _body(source: Source, start: int) -> bytes:
    lines: list[bytes] = []
    while not lines or len(lines[-1]) == COLUMNS:
        line = _line(source, start)
        if not _BODY_LINE.fullmatch(line):
            raise flaw(f"a wrapped key is not written as it must be: {line[:COLUMNS]!r}")
        lines.append(line[:-1])
    return _decoded(b"".join(lines))


def _decoded(word: bytes) -> bytes:
    try:
        return decode(word.decode("ascii"))
    except ValueError as error:
        raise flaw("a wrapped key is not in its one spelling") from error
