"""
Approvals: who said that this very text may be published, kept one file a person, counted against the card.

The note that is signed, and who counts, is wire/approval.py, so that readers can check it too. Whoever
holds the machine and its keys can go around this: docs/threats.md says so.
"""

from __future__ import annotations

from typing import Final

from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import note
from tamizdat.primitives.errors import Fault, FormatError, TrustError, UsageError
from tamizdat.primitives.note import Note, Signature, Signer
from tamizdat.primitives.stores import read
from tamizdat.wire import approval
from tamizdat.wire.approval import Approval
from tamizdat.wire.story import Story


FOLDER: Final = "desk/approvals"


def approve(house: House, story: Story, person: str, passphrase: bytes) -> None:
    """
    Approve this very text of a story as one person.

    The editor's key is under the newsroom's own passphrase, everybody else's under their own.

    Raises:
        TrustError: ``passphrase-wrong``.
        UsageError: ``approval-nobody``: the card does not name this person, or not with this key.
    """
    if person not in dict(house.card().approvers):
        raise _nobody(person)
    editor = person == keyring.EDITOR
    signer = house.unlock(passphrase).editor if editor else keyring.open_person(house.root, person, passphrase)
    _sign(house, signer, story, person)


def approve_solo(house: House, keys: Keys, story: Story) -> None:
    """
    Approve with the editor's key, in a newsroom where one approval is enough.

    Raises:
        TrustError: ``approvals-missing``: the card asks for more than one person.
    """
    card = house.card()
    if card.approvals != 1:
        raise TrustError(
            "approvals-missing",
            f"{story.name} needs {card.approvals} persons' approvals",
            mend=f"Have each approve it: tamizdat story approve {story.name} --as PERSON",
        )
    _sign(house, keys.editor, story, keyring.EDITOR)


def check(house: House, story: Story) -> tuple[bytes, tuple[str, ...]]:
    """
    Count the persons who approved this very text, and give one note with all their signatures, and their names.

    A file that is damaged, of another text, or signed by nobody on the card does not count.

    Raises:
        TrustError: ``approvals-missing``: they are not as many as the card asks for; *faults* names what did not count.
    """
    card, told = house.card(), _told(story)
    found: dict[str, Signature] = {}
    faults = []
    for path in house.root.names(FOLDER):
        if not path.startswith(_prefix(story)):
            continue
        try:
            said, names = approval.approvers(raw := read(house.root, path, note.MAX_LENGTH + 1) or b"", card)
        except (FormatError, TrustError) as error:
            faults.append(
                Fault(code=error.code, where=path, what=str(error), mend="Have that person approve it again.")
            )
            continue
        if said == told:
            keys = dict(card.approvers)
            verifiers = {name: note.read_verifier(keys[name]) for name in names}
            for signature in note.verify(raw, *verifiers.values()).signatures:
                who = next(name for name, verifier in verifiers.items() if verifier.signed(signature))
                found.setdefault(who, signature)
    if len(found) < card.approvals:
        by = f" (by {', '.join(found)})" if found else ""
        raise TrustError(
            "approvals-missing",
            f"{story.name} carries {len(found)} of {card.approvals} approvals of this text{by}",
            mend=f"Have it approved: tamizdat story approve {story.name} --as PERSON",
            faults=tuple(faults),
        )
    names = tuple(name for name, _ in card.approvers if name in found)
    whole = Note(text=approval.write_text(told), signatures=tuple(found[name] for name in names))
    return note.write(whole), names


def _sign(house: House, signer: Signer, story: Story, person: str) -> None:
    if dict(house.card().approvers).get(person) != signer.verifier.vkey:
        raise _nobody(person)
    raw = note.sign(approval.write_text(_told(story)), signer)
    house.root.put(f"{_prefix(story)}{person}.txt", [raw])


def _nobody(person: str) -> UsageError:
    return UsageError(
        "approval-nobody",
        f"{person[:40]!r} is not on the card with a key of this newsroom, so the approval would not count",
        mend="Add the person first: tamizdat newsroom person add NAME",
    )


def _told(story: Story) -> Approval:
    return Approval(story=story.name, version=story.version, digest=story.digest)


def _prefix(story: Story) -> str:
    # The eight digits keep the files of two texts apart; what counts is the whole hash inside.
    return f"{FOLDER}/{story.name}-{story.digest.hex()[:8]}-"
