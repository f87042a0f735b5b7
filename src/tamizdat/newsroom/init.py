"""
Make a newsroom: keys, card, empty public record, empty vault, settings; and issue its later cards.

Everything is written into the store it is given, which must be new: the caller makes it beside the place
and moves it there whole, so that a kill leaves no half a newsroom.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Sequence
from typing import Final

from tamizdat.newsroom import decisions, recovery, terms, witnessing
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom import settings as settings_file
from tamizdat.newsroom.house import CARD, LOG, VAULT, House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.settings import Settings
from tamizdat.newsroom.terms import NOBODY, Say, Voice
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.recipients import WORK_FACTOR, Passphrase
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import AdapterError, TrustError, UsageError
from tamizdat.primitives.stores import Below, read
from tamizdat.record import log as logs
from tamizdat.record import policy
from tamizdat.record.vault import Vault


LIFE: Final = 365 * 86_400
FOLDERS: Final = ("stories", "claims", "editions", "inbox")


def create(
    house: House,
    settings: Settings,
    passphrase: bytes,
    *,
    post_quantum: bool = True,
    log_unattended: bool = False,
    witnesses: Sequence[bytes] = (),
    work_factor: int = WORK_FACTOR,
) -> bytes:
    """
    Make a newsroom in the house's empty store, and give its card.

    Args:
        house: A store with nothing in it, a clock and dice.

        settings: What newsroom.toml is to say.

        passphrase: What its keys will be under.

        post_quantum: Make hybrid recipients; False for a newsroom whose tools are old.

        log_unattended: Keep the record's key in clear, so that it can go on with nobody there.

        witnesses: What the outside witnesses of its record say of themselves (`witnessing.compose`).

        work_factor: Of the passphrase; lower only in tests.

    Raises:
        FormatError: ``policy``: those are no witnesses.
    """
    root, entropy = house.root, house.entropy
    identity = recipients.generate(post_quantum, entropy)
    spare = recipients.generate(post_quantum, entropy)
    origin = settings.origin
    signers = {role: note.generate_signer(f"{origin}/{role}") for role in ("newsroom", "edition")}
    # C2SP tlog-checkpoint: the log's key is named as its origin.
    log, editor = note.generate_signer(origin), note.generate_signer(f"{origin}/{keyring.EDITOR}")
    now = house.clock.now()
    rules = witnessing.compose(log.verifier, witnesses) if witnesses else b""
    card = Card(
        name=settings.name,
        serial=1,
        issued=now,
        not_after=now + LIFE,
        strength="post-quantum" if post_quantum else "classical",
        recipients=(str(identity.recipient()),),
        recovery=str(spare.recipient()),
        newsroom=signers["newsroom"].verifier.vkey,
        log=log.verifier.vkey,
        edition=signers["edition"].verifier.vkey,
        approvals=settings.approvals,
        approvers=((keyring.EDITOR, editor.verifier.vkey),),
        witnesses=_keys(rules),
        need=settings.need,
        parts=settings.parts,
        hand_in=settings.hand_in,
    )
    raw = cards.sign(card, signers["newsroom"])
    if rules:
        root.put(witnessing.POLICY, [rules])

    keyring.write_identity(root, identity, Passphrase(passphrase, work_factor), entropy)
    own = identity.recipient()
    for name, signer in (
        (keyring.NEWSROOM, signers["newsroom"]),
        (keyring.EDITION, signers["edition"]),
        (keyring.person_file(keyring.EDITOR), editor),
    ):
        keyring.write_signer(root, name, signer, own, entropy)
    if log_unattended:
        keyring.write_unattended_log_signer(root, log)
    else:
        keyring.write_signer(root, keyring.LOG, log, own, entropy)
    keyring.write_desk(root, own, entropy)
    logs.begin(Below(root, LOG), log)
    Vault(root, house.clock, prefix=VAULT).create()
    for name, page in recovery.pages(card, raw, spare.secret()).items():
        root.put(name, [page])
    root.put(CARD, [raw])
    root.put(settings_file.FILE, [settings_file.write(settings)])
    if house.place is not None:
        house.place.mark()
    return raw


def add_person(
    house: House,
    keys: Keys,
    name: str,
    passphrase: bytes,
    *,
    by: Voice = NOBODY,
    work_factor: int = WORK_FACTOR,
) -> bytes:
    """
    Make a person's key under that person's own passphrase, and issue a card on which it counts.

    Where other persons have to decide it, the key that the first of them was shown waits, and its passphrase with it:
    *passphrase* counts only where none waits. A kill between key and card leaves a key that is on no card and that
    nobody decided on: it is made anew. An editor who was taken off the card comes back with the key of before, which opens
    with the newsroom's passphrase.

    Raises:
        UsageError: ``person-name``, or ``person-known``: there is such a person on the card.
        ShortError, TrustError: As `reissue`.
    """
    check_person(house, name)
    vkey = keys.editor.verifier.vkey if name == keyring.EDITOR else terms.waiting(house, keys, name)
    if not vkey:
        signer, at = note.generate_signer(f"{house.settings.origin}/{name}"), keyring.person_file(name)
        house.root.drop(at)
        keyring.write_signer(house.root, at, signer, Passphrase(passphrase, work_factor), house.entropy)
        vkey = signer.verifier.vkey
    return reissue(house, keys, approvers=(*house.card().approvers, (name, vkey)), by=by)


def remove_person(house: House, keys: Keys, name: str, *, by: Voice = NOBODY) -> bytes:
    """
    Issue a card without a person, and drop that person's key.

    Raises:
        UsageError: ``person-unknown``; ``person-editor``: one person is to decide, and it is the editor.
        ShortError, TrustError: As `reissue`.
    """
    raw = reissue(house, keys, approvers=_without(house, name), by=by)
    _drop_key(house, name)
    return raw


def remove_lost_person(house: House, keys: Keys, name: str, page: str, *, say: Say) -> bytes:
    """
    Issue a card without a person though those who should decide it cannot, with what was typed off the recovery page.

    A line on the public record comes first. Where the card then asks for more persons than it names, others can be
    added as at the founding.

    Raises:
        UsageError: ``person-unknown``; ``person-editor``; ``person-decide``: nothing keeps it from being decided.
        FormatError, TrustError: As `recovery.rehearse`, and what the record says (`witnessing.append`).
    """
    before = house.card()
    after, _ = _next(house, _without(house, name), ())
    if before.approvals == 1 or terms.is_founding(before):
        raise UsageError(
            "person-decide", "nobody has to be asked for this", mend=f"Run `tamizdat newsroom person remove {name}`."
        )
    recovery.rehearse(before, page, house.entropy)
    terms.tell(house, keys, before, after, say)
    raw = _put(house, keys, after)
    _drop_key(house, name)
    return raw


def _drop_key(house: House, name: str) -> None:
    if name != keyring.EDITOR:  # whose key is the newsroom's own
        house.root.drop(keyring.person_file(name))


def _without(house: House, name: str) -> tuple[tuple[str, str], ...]:
    approvers = house.card().approvers
    if name not in dict(approvers):
        raise UsageError(
            "person-unknown", f"{name[:40]!r} is not on the card", mend="Look at `tamizdat newsroom card`."
        )
    return tuple(one for one in approvers if one[0] != name)


def check_person(house: House, name: str) -> None:
    """
    Check that a person may be added under this short name.

    Raises:
        UsageError: ``person-name``, or ``person-known``.
    """
    if not cards.is_person(name):
        raise UsageError(
            "person-name",
            f"{name[:40]!r} is no short name",
            mend="Use small letters a to z, digits and hyphens, at most 40.",
        )
    if name in dict(house.card().approvers):
        raise UsageError("person-known", f"{name} is on the card already", mend="Choose another short name.")


def reissue(
    house: House,
    keys: Keys,
    *,
    approvers: tuple[tuple[str, str], ...] = (),
    witnesses: Sequence[bytes] = (),
    by: Voice = NOBODY,
) -> bytes:
    """
    Issue the next card, with what newsroom.toml and policy.txt say now, good for a year from now.

    Where *witnesses* (`witnessing.compose`) are given, policy.txt is written anew first, with them and no others. Other
    persons, another number of approvals, or an outside witness less have to be decided (terms.py); *by* says who says so.

    Raises:
        ShortError: ``decision-waiting``: more persons have to say it. UsageError: ``card-few``.
        AdapterError: ``clock-backwards``: this machine's clock stands before the last card.
        TrustError: ``policy-card``: policy.txt is not of this record. FormatError: ``policy``: it is none.
    """
    before = house.card()
    after, rules = _next(house, approvers or before.approvers, witnesses)
    decided = terms.demand(house, keys, before, after, by)
    if decided is not None:
        decisions.begin(house, decided, terms.place(after))
    if witnesses:
        house.root.put(witnessing.POLICY, [rules])
    raw = _put(house, keys, after)
    if decided is not None:
        decisions.close(house, decided)
    return raw


def _next(house: House, approvers: tuple[tuple[str, str], ...], witnesses: Sequence[bytes]) -> tuple[Card, bytes]:
    """Make the card that would follow, and the policy that goes with it."""
    before, settings, now = house.card(), house.settings, house.clock.now()
    if now < before.issued:
        raise AdapterError(
            "clock-backwards",
            "this machine's clock stands before the day the last card was made",
            mend="Set the clock, then run the command again.",
        )
    log = note.read_verifier(before.log)
    rules = witnessing.compose(log, witnesses) if witnesses else read(house.root, witnessing.POLICY) or b""
    if rules and log not in [party.key for party in policy.read(rules).logs]:
        raise TrustError(
            "policy-card",
            f"{witnessing.POLICY} does not name the key of this newsroom's public record",
            mend=f"Put the line `log {log.vkey}` into it, or give the outside witnesses anew with --witness.",
            evidence=rules,
        )
    card = dataclasses.replace(
        before,
        name=settings.name,
        serial=before.serial + 1,
        issued=now,
        not_after=now + LIFE,
        previous="",
        approvals=settings.approvals,
        approvers=approvers,
        witnesses=_keys(rules),
        need=settings.need,
        parts=settings.parts,
        hand_in=settings.hand_in,
    )
    if card.approvals == 1 and keyring.EDITOR not in dict(card.approvers):
        raise UsageError(
            "person-editor",
            "where one person decides it is the editor, who would not be on the next card",
            mend="Leave `approvals` in newsroom.toml at 2 or more, or add the editor again: tamizdat newsroom person add editor",
        )
    return card, rules


def _put(house: House, keys: Keys, card: Card) -> bytes:
    raw = cards.sign(card, keys.newsroom_signer)
    house.root.put(CARD, [raw])
    return raw


def _keys(rules: bytes) -> tuple[str, ...]:
    """Give the verifier keys of a policy's witnesses, as they stand on a card."""
    return tuple(party.key.vkey for party in policy.read(rules).witnesses.values()) if rules else ()
