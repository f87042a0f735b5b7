"""``tamizdat newsroom person``: add and remove the people whose approvals and decisions count, by those who count now."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli import deciding
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options
from tamizdat.newsroom import init, terms
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.terms import Voice
from tamizdat.primitives import card as cards
from tamizdat.primitives import note, words
from tamizdat.primitives.age.recipients import WORK_FACTOR
from tamizdat.primitives.card import Card


_DECIDED = (
    "Once the card names as many persons as it asks for, as many as it says decide it: each runs the same command with "
    "--as. "
)


def add_parsers(acts: Any) -> None:
    """Teach `tamizdat newsroom` these two."""
    person = acts.add_parser("person", help="the people whose approvals count")
    deeds = person.add_subparsers(metavar="WHAT", required=True)
    add = deeds.add_parser(
        "add",
        help="make a person's key and issue a card with it; asks for the newsroom's passphrase, then for the person's own",
        description=f"Make a person's key and issue a card with it. {_DECIDED}The new person types their own passphrase once.",
    )
    add.add_argument("name", metavar="NAME", help="a short name: a to z, digits, hyphens")
    add.add_argument(
        "--person-passphrase-file", metavar="FILE", help="a file whose first line is the new person's passphrase"
    )
    add.add_argument("--work-factor", type=int, default=WORK_FACTOR, help=argparse.SUPPRESS)
    deciding.add_options(add, alone=True)
    add_newsroom_options(add)
    add.set_defaults(run=run_add)
    remove = deeds.add_parser(
        "remove",
        help="issue a card without a person; asks for the newsroom's passphrase",
        description=(
            f"Issue a card without a person, and drop that person's key. {_DECIDED}Where they cannot, because a key is lost "
            "or somebody has died: --lost."
        ),
    )
    remove.add_argument("name", metavar="NAME", help="whom; to replace somebody, add the new person first")
    remove.add_argument(
        "--lost",
        action="store_true",
        help="nobody can decide it: with the printed recovery page instead, and a line on the public record that lasts",
    )
    remove.add_argument(
        "--from", dest="page", metavar="FILE", help="with --lost: what was typed off the recovery page (- for input)"
    )
    deciding.add_options(remove, alone=True)
    add_newsroom_options(remove)
    remove.set_defaults(run=run_remove)


def run_add(args: argparse.Namespace, console: Console) -> None:
    """
    Add a person whose approvals count.

    Raises:
        UsageError: The name cannot be, or is taken.
        TrustError: A passphrase is wrong.
        ShortError: More persons have to decide it.
    """
    with houses.opened(args) as house:
        init.check_person(house, args.name)
        terms.demand_voice(house, args.person)
        keys = houses.unlocked(house, args, console)
        passphrase = b""
        if args.name == keyring.EDITOR:
            console.say("the editor's key opens with the newsroom's passphrase; nobody types a new one")
        elif terms.waiting(house, keys, args.name):
            console.say(f"the key that {args.name} made waits; nobody types a new passphrase")
        else:
            own = argparse.Namespace(passphrase_file=args.person_passphrase_file, named_by="--person-passphrase-file")
            passphrase = console.passphrase(own, confirm=True, what=f"{args.name} (their own, that nobody else knows)")
        raw = init.add_person(house, keys, args.name, passphrase, by=voice(args, console), work_factor=args.work_factor)
    vkey = dict(cards.read(raw).approvers)[args.name]
    console.say(f"the key of {args.name}: {note.read_verifier(vkey).vkey}")
    _tell(f"{args.name} is on", raw, console)
    _tell_of_editor(cards.read(raw), console)


def run_remove(args: argparse.Namespace, console: Console) -> None:
    """
    Take a person off the card.

    Raises:
        UsageError: There is none of that name, or it cannot go.
        TrustError: A passphrase is wrong, or it is another newsroom's recovery page.
        ShortError: More persons have to decide it.
    """
    with houses.opened(args) as house:
        if not args.lost:
            terms.demand_voice(house, args.person)
        keys = houses.unlocked(house, args, console)
        raw = _lost(house, keys, args, console) if args.lost else _removed(house, keys, args, console)
    _tell(f"{args.name} is not on", raw, console)
    console.warn("stories that were published before wait for the approval of those who are on the card now")
    card = cards.read(raw)
    if terms.is_founding(card):
        console.warn(
            f"the card asks for {card.approvals} persons and names {len(card.approvers)}: nothing can be decided before "
            "you add others, whom nobody has to agree to"
        )


def voice(args: argparse.Namespace, console: Console) -> Voice:
    """Say who decides, by the options, and let what is decided be shown."""
    person, passphrase = deciding.voice(args, console)
    return Voice(person=person, passphrase=passphrase, say=console.say)


def _removed(house: House, keys: Keys, args: argparse.Namespace, console: Console) -> bytes:
    return init.remove_person(house, keys, args.name, by=voice(args, console))


def _lost(house: House, keys: Keys, args: argparse.Namespace, console: Console) -> bytes:
    page = console.typed_page(args.page)
    raw = init.remove_lost_person(house, keys, args.name, page, say=console.say)
    console.warn(
        "nobody decided this. A line of the kind “key” stands on the public record for ever, before the card; what it says "
        f"is in {terms.FOLDER}/{cards.read(raw).serial:06}.json: give it to whoever asks"
    )
    return raw


def _tell_of_editor(card: Card, console: Console) -> None:
    """Say who can decide as two: the newsroom's passphrase, which whoever decides has to type, opens the editor's key."""
    others = sum(1 for name, _ in card.approvers if name != keyring.EDITOR)
    if card.approvals > 1 and others < len(card.approvers):
        console.warn(
            "“editor” is whoever has the newsroom's passphrase: somebody who has it, and their own, counts as two persons. "
            + (
                "Take the editor off the card: tamizdat newsroom person remove editor"
                if others >= card.approvals
                else f"Once {card.approvals} others are on the card, take the editor off it"
            )
        )


def _tell(what: str, raw: bytes, console: Console) -> None:
    card = cards.read(raw)
    must = (
        f"{card.approvals} persons must approve a story, and decide, of whom it names {len(card.approvers)}"
        if len(card.approvers) < card.approvals
        else f"{card.approvals} of {len(card.approvers)} persons must approve a story, and decide"
    )
    console.say(f"{what} card {card.serial}; {must}")
    console.warn("the card is a new one, with other words: hand it out again")
    console.say(f"its 12 words: {' '.join(words.card_words(cards.fingerprint(raw)))}")
