"""
The ledger of custody: who took an original out of the vault whole, a line each time, before a byte of it is written.

The lines lie sealed under ``desk/custody/ID/``, each signed by whoever typed a passphrase for it and with the hash of the
one before. It is NOT proof against whoever holds the newsroom's machine: the newest lines can be taken away unseen.
docs/spec/custody.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterator
from typing import Final

from tamizdat.newsroom import decisions, taken
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.taken import Taken
from tamizdat.primitives import note
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tamizdat.primitives.note import Signer
from tamizdat.primitives.stores import read as read_value


FOLDER: Final = "desk/custody"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Whose hand takes: the person's short name on the card, and the key that the passphrase opened."""

    name: str
    signer: Signer = dataclasses.field(repr=False)


def demand_who(house: House, person: str) -> None:
    """
    Find out, before anybody types a passphrase, whether somebody has to say who it is.

    Raises:
        UsageError: ``custody-who``.
    """
    names = [name for name, _ in house.card().approvers]
    if names != [keyring.EDITOR] and not person:
        raise UsageError(
            "custody-who",
            "it is noted who takes an original out, and there is not only the editor on the card",
            mend=f"Say who you are: --as {' or --as '.join(names)}",
        )


def hand(house: House, keys: Keys, person: str = "", passphrase: bytes = b"") -> Hand:
    """
    Open a person's key; the editor's where nobody is named. The passphrase is as `decisions.settle` gets it.

    Raises:
        TrustError: ``passphrase-wrong``; ``decision-nobody``: the card does not name this person with this key.
    """
    return Hand(name=person or keyring.EDITOR, signer=decisions.signer(house, keys, person, passphrase))


def note_down(house: House, keys: Keys, ident: str, by: Hand, what: str, *, decision: str = "") -> Taken:
    """
    Add a line, on the disk when this returns; of one decision there is one.

    Raises:
        TrustError: As `ledger`.
    """
    lines = list(_lines(house, keys, ident))
    for line, _ in lines if decision else ():
        if line.decision == decision:
            return line
    told = Taken(
        object=ident,
        number=len(lines) + 1,
        previous=taken.link(lines[-1][1]) if lines else "",
        when=house.clock.now(),
        what=what,
        decision=decision,
        by=by.name,
        key=by.signer.verifier.vkey,
    )
    raw = note.sign(taken.write_text(told), by.signer)
    sealed = age.seal(raw, house.card_recipients(), house.entropy)
    house.root.add(f"{FOLDER}/{ident}/{told.number:06}.age", [sealed])
    return told


def ledger(house: House, keys: Keys, ident: str) -> tuple[Taken, ...]:
    """
    Read an original's ledger, the oldest first.

    Raises:
        TrustError: ``custody-chain``: a line is missing, was exchanged, or is not signed by whom it names.
    """
    return tuple(told for told, _ in _lines(house, keys, ident))


def _lines(house: House, keys: Keys, ident: str) -> Iterator[tuple[Taken, bytes]]:
    previous = ""
    names = sorted(file for file in house.root.names(f"{FOLDER}/{ident}") if file.endswith(".age"))
    for number, file in enumerate(names, 1):
        raw = age.open_(read_value(house.root, file) or b"", keys.identities)
        try:
            told = taken.read(raw)
        except (FormatError, TrustError) as error:
            raise _broken(ident, number, raw) from error
        if (told.object, told.number, told.previous) != (ident, number, previous):
            raise _broken(ident, number, raw)
        previous = taken.link(raw)
        yield told, raw


def _broken(ident: str, number: int, raw: bytes) -> TrustError:
    return TrustError(
        "custody-chain",
        f"the ledger of custody of {ident} is not whole: a line is missing, exchanged or not signed at {number}",
        mend="Restore desk/custody from your backup, and find out who changed it.",
        evidence=raw,
    )
