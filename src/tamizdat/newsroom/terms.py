"""
The terms on which a newsroom decides: who counts, how many are needed, which outsiders watch; and who may change them.

Once a card names as many persons as it asks for, a card with other persons, another number, or an outside witness less
follows it only when as many persons as *that* card says have decided it; before, there is nobody to ask. It does NOT
issue cards: newsroom/init.py does, and asks here first. docs/spec/decision.md, "Who decides".
"""

from __future__ import annotations

import dataclasses
import itertools
import json

from collections.abc import Callable
from typing import Final

from tamizdat.newsroom import decisions, witnessing
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.decisions import Decided
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import UsageError
from tamizdat.primitives.stores import read
from tamizdat.record import entry as entries
from tamizdat.record.entry import Entry


KIND: Final = "card"
FOLDER: Final = "desk/terms"
_PERSON: Final = "person: "
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """
    Who says that a card may follow.

    Attributes:
        person, passphrase: As `decisions.demand` gets them.

        say: Shows what is decided, a line at a time.
    """

    person: str = ""
    passphrase: bytes = dataclasses.field(default=b"", repr=False)
    say: Say = lambda _: None


NOBODY: Final = Voice()


def is_founding(card: Card) -> bool:
    """Say whether a card names fewer persons than it asks for, so that nobody could decide anything yet."""
    return len(card.approvers) < card.approvals


def details(before: Card, after: Card) -> bytes:
    """Write what is decided: who decides until now, and all the terms of the card that is to follow."""
    there, then = set(before.approvers), set(after.approvers)
    lines = [
        f"Change who decides in this newsroom; until now {_told(before)}.",
        f"From the next card on {_told(after)}:",
        f"approvals: {after.approvals}",
        *(f"{_PERSON}{name} {vkey}" for name, vkey in after.approvers),
        *(f"outside witness: {vkey}" for vkey in after.witnesses),
        *(f"new: {name}" for name, vkey in after.approvers if (name, vkey) not in there),
        *(f"gone: {name}" for name, vkey in before.approvers if (name, vkey) not in then),
        *(f"no outside witness any more: {vkey}" for vkey in before.witnesses if vkey not in after.witnesses),
    ]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def demand(house: House, keys: Keys, before: Card, after: Card, by: Voice) -> Decided | None:
    """
    Let a person say that one card may follow the other; None where nobody has to.

    Raises:
        ShortError: ``decision-waiting``: more persons of the card that is in force have to say it.
        UsageError: ``card-few``: it asks for more persons than it names, where there were enough.
        TrustError: As `decisions.demand`.
    """
    if is_founding(before):
        return None
    changed = before.approvers != after.approvers or before.approvals != after.approvals
    if not changed and set(before.witnesses) <= set(after.witnesses):
        return None
    if is_founding(after) and before.approvals > 1:
        raise UsageError(
            "card-few",
            f"the next card would ask for {after.approvals} persons and name {len(after.approvers)}, so that "
            "nobody could decide anything and whoever has the passphrase could add anybody",
            mend="Set `approvals` in newsroom.toml to what there are persons for; add a new person before one goes.",
        )
    told = details(before, after)
    for line in told.decode("ascii").splitlines():
        by.say(line)
    subject, at = house.settings.origin, place(after)
    return decisions.demand(house, keys, KIND, subject, told, by.person, by.passphrase, at=at)


def place(card: Card) -> str:
    """Name what such a decision is carried out in: one card, by its number, and none after it."""
    return f"card {card.serial}"


def demand_voice(house: House, person: str) -> None:
    """
    Find out, before anybody types a passphrase, whether somebody has to say who decides.

    Raises:
        UsageError: ``person-who``.
    """
    card = house.card()
    if card.approvals > 1 and not is_founding(card) and not person:
        raise UsageError(
            "person-who",
            f"{card.approvals} persons of {', '.join(name for name, _ in card.approvers)} decide who decides",
            mend="Say who you are: --as PERSON. Each of them runs the same command.",
        )


def waiting(house: House, keys: Keys, name: str) -> str:
    """Give the verifier key that some persons decided to put on the card under this name, and others not yet; or empty."""
    if read(house.root, keyring.person_file(name), 1) is None:
        return ""
    for found in decisions.pending(house, keys, KIND, house.settings.origin):
        lines = found.details.decode("ascii", "replace").splitlines()
        if f"new: {name}" in lines:
            return next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{_PERSON}{name} "))
    return ""


def tell(house: House, keys: Keys, before: Card, after: Card, say: Say) -> None:
    """
    Put a line on the public record that the terms change without the decision of those who should make it.

    The line holds a salted hash; what it stands for is kept, to be given to whoever asks.

    Raises:
        TrustError, AdapterError: As `witnessing.append`; then nothing was written, and no card may follow.
    """
    told = "Without their decision, with the newsroom's passphrase and its recovery page. " + details(
        before, after
    ).decode("ascii")
    salt = house.entropy.random(32)
    kept = {"card": after.serial, "salt": text.rebase64(salt), "text": told}
    house.root.put(f"{FOLDER}/{after.serial:06}.json", [json.dumps(kept, sort_keys=True).encode("ascii")])
    log = witnessing.writer(house, keys.log, say)
    reader = log.reader()

    def made(_: int) -> list[bytes]:
        since = itertools.chain(reversed(log.since(reader.size)), reader.newest_first())
        sequence = entries.next_sequence("key", since)
        hashed = entries.text_hash(salt, told.encode("ascii"))
        return [entries.write(Entry(kind="key", sequence=sequence, text_hash=hashed))]

    witnessing.append(house, log, made, say)


def _told(card: Card) -> str:
    return f"{card.approvals} of {', '.join(name for name, _ in card.approvers)}"
