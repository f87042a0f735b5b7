"""
The text of a decision: what is to be done, to what, and the hash of its exact details, for each person to sign.

It is NOT the collecting of the signatures (newsroom/decisions.py), and it says nothing of the details themselves.
The format is docs/spec/decision.md.
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final

from tamizdat.primitives import digest, note, text
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.note import Signature


TITLE: Final = "tamizdat-decision-v1"
KINDS: Final = frozenset({"disclosure", "export", "destroy", "unwitnessed", "open-announcement", "card"})
SALT_LENGTH: Final = 32
_SUBJECT: Final = re.compile(r"[!-~]{1,200}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What is decided.

    Attributes:
        kind: One of `KINDS`.

        subject: What it is done to: an object's id, or another word without spaces.

        since: When the first person signed, in seconds since 1970.

        digest: The 32 bytes of `details_hash`.
    """

    kind: str
    subject: str
    since: int
    digest: bytes

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise _flaw(f"nobody decides a {self.kind[:40]!r}")
        if not _SUBJECT.fullmatch(self.subject) or self.since < 0 or len(self.digest) != 32:
            raise _flaw(f"a decision about {self.subject[:40]!r} cannot be")


def details_hash(salt: bytes, details: bytes) -> bytes:
    """Hash the exact details with a salt of 32 bytes, so that nobody guesses them from the hash."""
    return digest.sha256(digest.DECISION, salt, details)


def write_text(decision: Decision) -> str:
    """Write the text that each person signs."""
    return (
        f"{TITLE}\nkind: {decision.kind}\nsubject: {decision.subject}\nsince: {text.instant(decision.since)}\n"
        f"hash: {text.rebase64(decision.digest)}\n"
    )


def read_text(body: str) -> Decision:
    """
    Read the text of a decision.

    Raises:
        FormatError: ``decision-text``: it is spelled otherwise than `write_text` would.
    """
    match [line.split(": ", 1) for line in body.split("\n")]:
        case [[title], ["kind", kind], ["subject", subject], ["since", since], ["hash", hashed], [""]] if (
            title == TITLE
        ):
            try:
                return Decision(
                    kind=kind, subject=subject, since=text.read_instant(since), digest=text.unbase64(hashed, 32)
                )
            except ValueError as error:
                raise _flaw(str(error)) from error
    raise _flaw(f"it begins with {body[:40]!r} and should have a kind, a subject, a time and a hash")


def signed(raw: bytes, card: Card) -> tuple[Decision, dict[str, Signature]]:
    """
    Read a decision and give the signatures of persons on the card, by their names.

    Raises:
        FormatError: It is no note, or no decision.
        TrustError: Nobody on the card signed it, or a signature of theirs is false.
    """
    known = [(name, note.read_verifier(vkey)) for name, vkey in card.approvers]
    found = note.verify(raw, *(verifier for _, verifier in known))
    names: dict[str, Signature] = {}
    for signature in found.signatures:
        for name, verifier in known:
            if verifier.signed(signature):
                names.setdefault(name, signature)
    return read_text(found.text), names


def unknown(person: str) -> TrustError:
    """Say that a person's signature would count for nothing."""
    return TrustError(
        "decision-nobody",
        f"{person[:40]!r} is not on the card with a key of this newsroom, so it would not count",
        mend="Add the person first: tamizdat newsroom person add NAME",
    )


def _flaw(what: str) -> FormatError:
    return FormatError("decision-text", f"the decision cannot be read: {what}", mend="Have it decided again.")
