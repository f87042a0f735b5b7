"""
Approvals: one note that says which version of which story may be published, signed by each person who says so.

The format is docs/spec/approval.md. Who counts, and how many are needed, stands on the card.
"""

from __future__ import annotations

import dataclasses
import re

from typing import Final

from tamizdat.primitives import note, text
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import FormatError


TITLE: Final = "tamizdat-approval-v1"
MAX_NAME: Final = 80
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What is approved: a story by name, its version, and the 32-byte hash of its text and figures."""

    story: str
    version: int
    digest: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.story) or len(self.story) > MAX_NAME or self.version < 1 or len(self.digest) != 32:
            raise _flaw(f"an approval of {self.story[:40]!r}, version {self.version}, cannot be")


def write_text(approval: Approval) -> str:
    """Write the text that each person signs."""
    return f"{TITLE}\nstory: {approval.story}\nversion: {approval.version}\nhash: {text.rebase64(approval.digest)}\n"


def read_text(body: str) -> Approval:
    """
    Read the text of an approval.

    Raises:
        FormatError: ``approval-text``: it is spelled otherwise than `write_text` would.
    """
    lines = body.split("\n")
    match [line.split(": ") for line in lines]:
        case [[title], ["story", story], ["version", version], ["hash", digest], [""]] if title == TITLE:
            try:
                return Approval(story=story, version=text.decimal(version), digest=text.unbase64(digest, 32))
            except ValueError as error:
                raise _flaw(str(error)) from error
    raise _flaw(f"it begins with {lines[0][:40]!r} and should have a story, a version and a hash")


def approvers(raw: bytes, card: Card) -> tuple[Approval, tuple[str, ...]]:
    """
    Read an approval and name the persons on the card whose signatures it carries.

    Raises:
        FormatError: It is no note, or no approval.
        TrustError: Nobody on the card signed it, or a signature of theirs is false.
    """
    known = [(name, note.read_verifier(vkey)) for name, vkey in card.approvers]
    signed = note.verify(raw, *(verifier for _, verifier in known))
    keys = {(signature.name, signature.key_id) for signature in signed.signatures}
    return read_text(signed.text), tuple(name for name, verifier in known if (verifier.name, verifier.key_id) in keys)


def _flaw(what: str) -> FormatError:
    return FormatError("approval-text", f"the approval cannot be read: {what}", mend="Approve the story again.")
