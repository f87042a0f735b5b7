"""
One line of an original's ledger of custody: that it was taken out whole, when, and whose passphrase was typed for it.

It is NOT the ledger (newsroom/takings.py), and holds nothing of the original but its id. The format is docs/spec/custody.md.
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final

from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text
from tamizdat.primitives.digest import sha256
from tamizdat.primitives.errors import FormatError, TamizdatError


TITLE: Final = "tamizdat-custody-v1"
MAX_LENGTH: Final = 2_048
GET: Final = "get"
EXPORT: Final = "export"
SEALED: Final = "export-sealed"
_ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What was taken out.

    Attributes:
        object: The original's id.

        number: Its place in the ledger, from 1; *previous*: the hash of the line before, empty for the first.

        when: In seconds since 1970, by the newsroom's clock.

        what: `GET`, `EXPORT` or `SEALED`; *decision*: of an export, the last part of its decision's folder; else empty.

        by, key: The person's short name, and the verifier key that signs this.
    """

    object: str
    number: int
    previous: str
    when: int
    what: str
    decision: str = ""
    by: str
    key: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.object) or self.number < 1 or self.when < 0:
            raise _flaw(f"line {self.number} about {self.object[:40]!r} cannot be")
        if bool(self.previous) != (self.number > 1) or (self.previous and not _HASH.fullmatch(self.previous)):
            raise _flaw("it does not hold on to the line before")
        if self.what not in {GET, EXPORT, SEALED} or bool(self.decision) != (self.what != GET):
            raise _flaw(f"{self.what[:40]!r} is nothing that is done with an original")
        if self.decision and not _ID.fullmatch(self.decision):
            raise _flaw("it names no decision")
        if not cards.is_person(self.by) or not _is_key(self.key):
            raise _flaw("it names no person with a key")


def write_text(taken: Taken) -> str:
    """Write the text that is signed."""
    return (
        f"{TITLE}\nobject: {taken.object}\nnumber: {taken.number}\nprevious: {taken.previous or '-'}\n"
        f"when: {text.instant(taken.when)}\nwhat: {f'{taken.what} {taken.decision}'.strip()}\nby: {taken.by} {taken.key}\n"
    )


def read_text(body: str) -> Taken:
    """
    Read what `write_text` writes, and nothing else. No signature is looked at: use `read`.

    Raises:
        FormatError: ``custody-text``.
    """
    match [line.split(": ", 1) for line in body.split("\n")]:
        case [
            [title], ["object", ident], ["number", number], ["previous", previous], ["when", when], ["what", what],
            ["by", by], [""],
        ] if title == TITLE:  # fmt: skip
            try:
                taken = Taken(
                    object=ident,
                    number=text.decimal(number),
                    previous="" if previous == "-" else previous,
                    when=text.read_instant(when),
                    what=what.partition(" ")[0],
                    decision=what.partition(" ")[2],
                    by=by.partition(" ")[0],
                    key=by.partition(" ")[2],
                )
            except ValueError as error:
                raise _flaw(str(error)) from error
            if write_text(taken) == body:
                return taken
    raise _flaw(f"it begins with {body[:40]!r}, and is not spelled as it should be")


def read(raw: bytes) -> Taken:
    """
    Read a line, and check that the key it names signed it.

    Raises:
        FormatError: ``custody-text``, or it is no note.
        TrustError: ``note-unsigned``, ``note-forged``.
    """
    taken = read_text(note.read(raw, most=MAX_LENGTH).text)
    note.verify(raw, note.read_verifier(taken.key), most=MAX_LENGTH)
    return taken


def link(raw: bytes) -> str:
    """Give the hash by which the next line holds on to this one."""
    return sha256(raw).hex()


def _is_key(key: str) -> bool:
    try:
        verifier = note.read_verifier(key)
    except TamizdatError:
        return False
    return verifier.vkey == key and verifier.kind == note.ED25519


def _flaw(what: str) -> FormatError:
    return FormatError(
        "custody-text",
        f"a line of a ledger of custody cannot be read: {what}",
        mend="Restore desk/custody from your backup, and find out who changed it.",
    )
