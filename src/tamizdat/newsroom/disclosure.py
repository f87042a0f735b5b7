"""
One line of an object's ledger: what was shown of it, when, where to, on whose word.

It is NOT the ledger, which is kept sealed and judged by newsroom/disclosures.py, and it holds nothing of the object but
the places and names of what was shown. The format is docs/spec/disclosure.md.
"""

from __future__ import annotations

import dataclasses
import json
import re

from typing import Any, Final, Literal, NoReturn, get_args

from tamizdat.primitives import text
from tamizdat.primitives.digest import sha256
from tamizdat.primitives.errors import FormatError


VERSION: Final = "tamizdat-disclosure-v1"
MAX_LENGTH: Final = 2 << 20
MAX_PLACES: Final = 1 << 20
MAX_WORD: Final = 4_000

How = Literal["provable", "reduced", "words"]

_ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """
    What was shown.

    Attributes:
        object: The object's id.

        number: Its place in the ledger, from 1; *previous*: the hash of the one before, empty for the first.

        when: In seconds since 1970, by the newsroom's clock.

        to: Where it went, in words: ``story harbour-closed, edition 3``.

        how: ``provable`` as it was committed to, ``reduced`` a copy with fewer pixels, ``words`` of a text.

        root: The object root it was proven against, 32 bytes; empty where nothing was proven.

        hide, crop, asked: What was asked for, as it was typed.

        across, down: How many places the original has: tiles of 32 pixels as stored, or words on one line.

        shown: One bit for each place, row by row, the most significant first; set where it was shown.

        items: The paths of the metadata that were shown.

        by: The persons who decided it.

        file: The SHA-256 of what was shown, in hexadecimal, before credentials were signed into it.
    """

    object: str
    number: int = 1
    previous: str = ""
    when: int
    to: str
    how: How
    root: bytes = b""
    hide: tuple[str, ...] = ()
    crop: str = ""
    asked: tuple[str, ...] = ()
    across: int
    down: int
    shown: bytes = dataclasses.field(repr=False)
    items: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    file: str

    def __post_init__(self) -> None:
        places = self.across * self.down
        if not _ID.fullmatch(self.object) or self.number < 1 or self.when < 0 or self.how not in get_args(How):
            _flaw(f"line {self.number} about {self.object[:40]!r} cannot be")
        if not self.across >= 1 <= self.down or places > MAX_PLACES or len(self.shown) != -(-places // 8):
            _flaw("it does not tell of each place whether it was shown")
        if int.from_bytes(self.shown, "big") & ((1 << -places % 8) - 1):
            _flaw("it shows places that are not there")
        if not _HEX.fullmatch(self.file) or bool(self.previous) != (self.number > 1) or len(self.root) not in {0, 32}:
            _flaw("a hash in it is none")
        if self.previous and not _HEX.fullmatch(self.previous):
            _flaw("a hash in it is none")
        if any(len(word) > MAX_WORD for word in (self.to, self.crop, *self.hide, *self.asked, *self.items, *self.by)):
            _flaw("a text in it is too long")


def write(told: Disclosure) -> bytes:
    """Write a line: JSON in ASCII, its keys in order, no spaces."""
    plain: dict[str, Any] = {field.name: getattr(told, field.name) for field in dataclasses.fields(told)}
    plain |= {key: text.rebase64(plain[key]) for key in ("root", "shown")}
    plain |= {"version": VERSION, "when": text.instant(told.when)}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def read(raw: bytes) -> Disclosure:
    """
    Read what `write` writes, and nothing else.

    Raises:
        FormatError: ``disclosure-record``.
    """
    if len(raw) > MAX_LENGTH:
        _flaw(f"it is longer than {MAX_LENGTH} bytes")
    try:
        plain = json.loads(raw)
        if plain.pop("version") != VERSION:
            _flaw(f"it does not say {VERSION!r}")
        for key in ("hide", "asked", "items", "by"):
            plain[key] = _words(plain[key])
        told = Disclosure(
            **plain
            | {"when": text.read_instant(plain["when"]), "across": _number(plain, "across")}
            | {"down": _number(plain, "down"), "number": _number(plain, "number")}
            | {key: text.unbase64(plain[key]) for key in ("root", "shown")}
            | {key: _word(plain[key]) for key in ("object", "previous", "to", "how", "crop", "file")}
        )
        # One spelling; also where a key stands twice, or a letter could be written otherwise.
        if write(told) != raw:
            _flaw("it is spelled otherwise than it should be")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UnicodeError) as error:
        _flaw(f"it cannot be read ({type(error).__name__})", error)
    return told


def link(raw: bytes) -> str:
    """Give the hash by which the next line holds on to this one."""
    return sha256(raw).hex()


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_word, value))


def _number(plain: dict[str, Any], key: str) -> int:
    value = plain[key]
    if type(value) is not int:
        raise TypeError
    return value


def _flaw(what: str, cause: Exception | None = None) -> NoReturn:
    raise FormatError(
        "disclosure-record",
        f"a line of the ledger of disclosures cannot be read: {what}",
        mend="Restore desk/disclosures from your backup, and find out who changed it.",
    ) from cause
