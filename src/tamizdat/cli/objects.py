"""``tamizdat objects``: list what the vault holds, write one original out, or tell who had it in their hands."""

from __future__ import annotations

import argparse

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.cli import deciding
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, shown
from tamizdat.cli.phrases import counted, joined
from tamizdat.newsroom import custody, disclosures, intake, objects, taken, takings, tombstone
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.arrival import Arrival, Item, showing
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.taken import Taken
from tamizdat.primitives import text
from tamizdat.primitives.age import file as age
from tamizdat.record.vault import TOMBSTONE


_DONE: Final = {
    taken.GET: "written out whole",
    taken.EXPORT: "exported, open, as was decided in desk/decisions/{}",
    taken.SEALED: "exported, still sealed, as was decided in desk/decisions/{}",
}


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "objects",
        help="list what the vault holds",
        description=(
            "List every object with its arrival, write one original out, or tell how one came, who took it out and what was "
            "disclosed of it. Writing one out is noted first. Asks for the passphrase."
        ),
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--get", metavar="OBJECT", help="write this original out, byte for byte")
    which.add_argument("--custody", metavar="OBJECT", help="tell how this original came, and who took it out since")
    parser.add_argument("-o", "--out", metavar="FILE", help="with --get: the new file")
    deciding.add_options(parser, does="takes it out")
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """List objects, one a line: id, size, kind, day of arrival, name; or write one out; or tell of one."""
    with houses.opened(args) as house:
        if args.get:
            takings.demand_who(house, args.person)
        keys = houses.unlocked(house, args, console)
        if args.get:
            _get(house, keys, args, console)
        elif args.custody:
            # By time alone: what one second saw stands in the order in which such things happen.
            for when, what in sorted(_told(house, keys, args.custody), key=lambda pair: pair[0]):
                console.product(f"{text.instant(when)}  {what}")
        else:
            _list(house, keys, console)


def _get(house: House, keys: Keys, args: argparse.Namespace, console: Console) -> None:
    person, passphrase = deciding.voice(args, console)
    hand = takings.hand(house, keys, person, passphrase)
    with objects.open_original(house, keys, args.get) as stream, disk.writing(Path(args.out or args.get)) as out:
        # First the line: whatever happens after it, nobody has had the original in silence.
        told = takings.note_down(house, keys, args.get, hand, taken.GET)
        while chunk := stream.read(1 << 20):
            out.write(chunk)
    console.say(f"line {told.number} of its ledger of custody: written out whole, by {_who(told)}")
    console.product(args.out or args.get)


def _list(house: House, keys: Keys, console: Console) -> None:
    arrivals = sorted(intake.arrivals(house, keys), key=lambda one: one.received)
    shows = showing(arrivals)
    stored = [(made, item) for made in arrivals for item in made.items if item.outcome == "stored"]
    for arrival, item in stored:
        console.product(_line(arrival, item, shows[item.object]))
    if not stored:
        held = sum(1 for _ in house.vault().ids())
        if held:
            console.warn(
                f"no arrival is noted, and the vault holds {counted(held, 'object')}: run `tamizdat vault rebuild`"
            )
        else:
            console.say("the vault holds nothing yet; `tamizdat receive` takes in what arrived")


def _told(house: House, keys: Keys, ident: str) -> Iterator[tuple[int, str]]:
    """Tell of one original, what happened to it and when."""
    vault = house.vault()
    if not objects.ID.fullmatch(ident) or not vault.has(ident):
        raise objects.unknown(ident)
    buried = vault.read(ident, TOMBSTONE)
    if buried is None:
        for one in custody.whole(house, keys, ident).custody:
            by = f", said to come from {shown(one.sender)}, {shown(one.via)}" if one.sender or one.via else ""
            names = joined(shown(file.name) for file in one.files)
            yield one.received, f"received, {one.route}, as {names}{by}"
    now = dict(house.card().approvers)
    for line in takings.ledger(house, keys, ident):
        gone = "" if now.get(line.by) == line.key else ", who is not on the card with that key now"
        yield line.when, f"{_DONE[line.what].format(line.decision)}, by {_who(line)}{gone}"
    for told in disclosures.ledger(house, keys, ident):
        yield told.when, f"disclosed in part: {shown(told.to)}, by {joined(told.by) or 'nobody named'}"
    if buried is not None:
        stone = tombstone.read(age.open_(buried, keys.identities))
        yield stone.when, f"its key destroyed by {joined(stone.persons)}: {shown(stone.reason)}"


def _who(line: Taken) -> str:
    if line.by == keyring.EDITOR:
        return f"{line.by} (somebody who has the newsroom's passphrase)"
    return f"{line.by} (with that person's own passphrase)"


def _line(arrival: Arrival, item: Item, shows: str) -> str:
    if not item.sha256:  # its key was destroyed, and with it what it was called
        return f"{item.object}  {item.why}"
    label = "unsealed" if arrival.route == "unsealed" else "sealed"
    facts = f"{item.size:>12,} bytes  {item.kind}  {text.day(arrival.received)}  {label}"
    return f"{item.object}  {facts}  {shown(item.name)}  ({shows})"
