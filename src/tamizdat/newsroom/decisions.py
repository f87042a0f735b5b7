"""
Decisions: as many persons as the card says each sign the exact details of what cannot be taken back.

Disclosing, exporting, destroying, going on without the record's outside witnesses: a command asks `settle` or `demand`, and goes on
only when it is `Decided`. Each person says it alone, with a passphrase of their own; where the card asks for one, it is
settled at once. A decision holds for these details only, for thirty days, and for one time: whoever carries it out calls
`begin` before a byte of it is written, which binds it to one place, and `close` when it is done. What is in between holds
for finishing that, there, and for nothing else.

It is NOT a lock: whoever holds the machine and its keys can go around it (docs/threats.md). docs/spec/decision.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterator
from typing import Final

from tamizdat.newsroom import decision as texts
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.decision import SALT_LENGTH, Decision
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import note
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import Fault, FormatError, ShortError, TamizdatError, TrustError, UsageError
from tamizdat.primitives.note import Note, Signature, Signer
from tamizdat.primitives.stores import read


FOLDER: Final = "desk/decisions"
DETAILS: Final = "details.age"
BEGUN: Final = "begun.age"
DONE: Final = "done.txt"
LIFE: Final = 30 * 86_400
MAX_DETAILS: Final = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """
    Enough persons signed.

    Attributes:
        folder: Where it is kept, for `close`.

        names: Who signed, as the card has them in order.

        raw: One note with all their signatures.

        begun: An earlier run began it in this very place, and did not close it.
    """

    folder: str
    names: tuple[str, ...]
    raw: bytes
    begun: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    Not enough persons signed yet.

    Attributes:
        names: Who signed so far; none where nobody did.

        need: How many the card asks for.

        faults: What is kept for it and does not count.
    """

    names: tuple[str, ...]
    need: int
    faults: tuple[Fault, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """
    A decision that is neither done nor too old.

    Attributes:
        folder: Where it is kept.

        told: What is signed.

        salt: What the hash was made with.

        details: What each person was shown.

        signatures: Of the persons on the card, by name.

        begun: The place in which it was begun; empty where it was not.

        faults: What is kept for it and does not count.
    """

    folder: str
    told: Decision
    salt: bytes = dataclasses.field(repr=False)
    details: bytes
    signatures: dict[str, Signature]
    begun: str = ""
    faults: tuple[Fault, ...] = ()


def settle(  # noqa: PLR0917 -- as one says it: what is decided, then who says it
    house: House,
    keys: Keys,
    kind: str,
    subject: str,
    details: bytes,
    person: str = "",
    passphrase: bytes = b"",
    *,
    at: str = "",
) -> Decided | Waiting:
    """
    Say it as one person, and tell whether enough have said it.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        kind: One of `decision.KINDS`.

        subject: What it is done to: one word, at most 200 letters.

        details: What exactly is decided, as UTF-8 text that was shown to the person; every byte counts.

        person: Who says it, a name on the card. Empty: only look, except in a newsroom of one, where the editor's key
            says it at once.

        passphrase: The person's own. The editor's is the newsroom's; empty, where *keys* were opened with it just now.

        at: The place where it is to be done, as `begin` gets it: what was begun there is gone on with.

    Raises:
        TrustError: ``passphrase-wrong``; ``decision-nobody``: the card does not name this person with this key.
        UsageError: ``decision-details``: there are no details, or too many.
    """
    if not 0 < len(details) <= MAX_DETAILS:
        raise UsageError("decision-details", f"{len(details)} bytes of details cannot be decided", mend="Ask for less.")
    found = _find(house, keys, kind, subject, details, at)
    card = house.card()
    if person or card.approvals == 1:
        found = _sign(house, signer(house, keys, person, passphrase), person or keyring.EDITOR, found)
    if len(found.signatures) < card.approvals:
        return Waiting(names=tuple(found.signatures), need=card.approvals, faults=found.faults)
    names = tuple(name for name, _ in card.approvers if name in found.signatures)
    whole = Note(text=texts.write_text(found.told), signatures=tuple(found.signatures[name] for name in names))
    return Decided(folder=found.folder, names=names, raw=note.write(whole), begun=bool(found.begun))


def demand(  # noqa: PLR0917 -- as `settle`
    house: House,
    keys: Keys,
    kind: str,
    subject: str,
    details: bytes,
    person: str = "",
    passphrase: bytes = b"",
    *,
    at: str = "",
) -> Decided:
    """
    Say it as one person, as `settle`, and go on only where enough have said it.

    Raises:
        ShortError: ``decision-waiting``: more persons have to say it.
        TrustError, UsageError: As `settle`.
    """
    found = settle(house, keys, kind, subject, details, person, passphrase, at=at)
    if isinstance(found, Decided):
        return found
    by = f" ({', '.join(found.names)})" if found.names else ""
    raise ShortError(
        "decision-waiting",
        f"{len(found.names)} of {found.need} persons have said so{by}; nothing was done",
        mend="Have another person on the card run the very same command with --as PERSON."
        if found.names
        else "Say who you are: --as PERSON. As many persons on the card as it asks for run the very same command.",
        faults=found.faults,
    )


def signer(house: House, keys: Keys, person: str, passphrase: bytes) -> Signer:
    """
    Open the key of a person on the card; the editor's where nobody is named. The passphrase is as `settle` gets it.

    Raises:
        TrustError: ``passphrase-wrong``; ``decision-nobody``: the card does not name this person with this key.
    """
    approvers = dict(house.card().approvers)
    if not person or (person == keyring.EDITOR and not passphrase):
        found = keys.editor
    elif person not in approvers:
        raise texts.unknown(person)
    elif person == keyring.EDITOR:
        found = house.unlock(passphrase).editor
    else:
        found = keyring.open_person(house.root, person, passphrase)
    if approvers.get(person or keyring.EDITOR) != found.verifier.vkey:
        raise texts.unknown(person or keyring.EDITOR)
    return found


def begin(house: House, decided: Decided, at: str) -> None:
    """
    Note, before a byte is written, that it is being carried out in this place: from now on it holds for nothing else.

    *at* is one word or path, which `settle` is asked with again where this run is cut off.
    """
    if not decided.begun:
        sealed = age.seal(at.encode("utf-8", "surrogateescape"), house.card_recipients(), house.entropy)
        house.root.add(f"{decided.folder}/{BEGUN}", [sealed])


def is_begun(house: House, keys: Keys, kind: str, subject: str, details: bytes, at: str) -> bool:  # noqa: PLR0917
    """Say whether these details were begun in this very place and not finished."""
    return any(one.begun == at != "" and one.details == details for one in pending(house, keys, kind, subject))


def close(house: House, decided: Decided) -> None:
    """Note that it was carried out, so that it does not hold a second time; the signatures are kept."""
    house.root.put(f"{decided.folder}/{DONE}", [decided.raw])


def pending(house: House, keys: Keys, kind: str = "", subject: str = "") -> Iterator[Open]:
    """Give every decision that waits for persons, or for being carried out to its end, of this kind and subject if given."""
    folders = {name.rpartition("/")[0] for name in house.root.names(FOLDER)}
    for folder in sorted(folders):
        found = _read(house, keys, folder)
        if found and kind in {"", found.told.kind} and subject in {"", found.told.subject}:
            yield found


def _find(house: House, keys: Keys, kind: str, subject: str, details: bytes, at: str) -> Open:  # noqa: PLR0917
    """Find the decision about these very details that was begun in this place or nowhere, or open one in memory."""
    alike = [one for one in pending(house, keys, kind, subject) if one.details == details]
    for found in sorted(alike, key=lambda one: not one.begun):
        if found.begun in {"", at}:
            return found
    salt = house.entropy.random(SALT_LENGTH)
    told = Decision(kind=kind, subject=subject, since=house.clock.now(), digest=texts.details_hash(salt, details))
    return Open(
        folder=f"{FOLDER}/{house.entropy.random(8).hex()}",
        told=told,
        salt=salt,
        details=details,
        signatures={},
        faults=tuple(map(_elsewhere, alike)),
    )


def _read(house: House, keys: Keys, folder: str) -> Open | None:
    """Read what is kept of a decision; None where it is carried out, too old, or nobody's signature counts."""
    if read(house.root, f"{folder}/{DONE}", 1) is not None:
        return None
    opened, begun = _opened(house, keys, f"{folder}/{DETAILS}"), _opened(house, keys, f"{folder}/{BEGUN}")
    if not opened or begun == b"":
        return None
    card, told, faults = house.card(), None, []
    signatures: dict[str, Signature] = {}
    salt, details = opened[:SALT_LENGTH], opened[SALT_LENGTH:]
    for path in house.root.names(folder):
        if not path.endswith(".txt"):
            continue
        try:
            said, found = texts.signed(read(house.root, path, note.MAX_LENGTH + 1) or b"", card)
        except (FormatError, TrustError) as error:
            faults.append(Fault(code=error.code, where=path, what=str(error), mend="Have that person say it again."))
            continue
        old = abs(house.clock.now() - said.since) > LIFE
        # The hash binds what was signed to what is kept sealed; anybody could seal other details to the newsroom.
        if old or said.digest != texts.details_hash(salt, details) or told not in {None, said}:
            continue
        told = said
        signatures = found | signatures
    if told is None:
        return None
    return Open(
        folder=folder,
        told=told,
        salt=salt,
        details=details,
        signatures=signatures,
        begun=(begun or b"").decode("utf-8", "surrogateescape"),
        faults=tuple(faults),
    )


def _opened(house: House, keys: Keys, name: str) -> bytes | None:
    """Open what is kept sealed; None where it is not there, nothing where it cannot be opened."""
    sealed = read(house.root, name)
    try:
        return None if sealed is None else age.open_(sealed, keys.identities)
    except TamizdatError:
        return b""


def _elsewhere(found: Open) -> Fault:
    what = f"this was decided before, and begun in another place: {found.begun}"
    return Fault(
        code="decision-begun", where=found.folder, what=what, mend="Finish it there with the same command as then."
    )


def _sign(house: House, by: Signer, person: str, found: Open) -> Open:
    body = texts.write_text(found.told)
    if not found.signatures:
        sealed = age.seal(found.salt + found.details, house.card_recipients(), house.entropy)
        house.root.put(f"{found.folder}/{DETAILS}", [sealed])
    house.root.put(f"{found.folder}/{person}.txt", [note.sign(body, by)])
    return dataclasses.replace(found, signatures=found.signatures | {person: by.sign(body)})
