"""``tamizdat log``: write the line that is due, queue an announcement, check the record."""

from __future__ import annotations

import argparse
import dataclasses

from pathlib import Path
from typing import Any

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.web import Remote
from tamizdat.cli import house as houses
from tamizdat.cli import loganchor, logserve, monitor, witness
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom, shown
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom import newest, queue, tick, ticks, witnessing
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text, words
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.primitives.ports import Store
from tamizdat.record import entry as entries


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser("log", help="keep the newsroom's public record")
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    ticking = acts.add_parser(
        "tick", help="write the line that is due; asks for the passphrase unless the log's key is kept apart"
    )
    ticking.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="PLACE",
        help="an edition or a mirror (a folder, or https://...) that the record must continue; may be repeated",
    )
    ticking.add_argument(
        "--unwitnessed",
        action="store_true",
        help="go on though nobody outside agrees that this record is the newest: as many persons as approve a story "
        "each say so within half an hour",
    )
    ticking.add_argument("--as", dest="person", default="", metavar="PERSON", help="who says it, a name on the card")
    ticking.add_argument(
        "--person-passphrase-file", metavar="FILE", help="a file whose first line is that person's own passphrase"
    )
    add_newsroom_options(ticking)
    ticking.set_defaults(run=run_tick)
    announce = acts.add_parser("announce", help="queue the 24 check words that a source sent ahead")
    announce.add_argument("words", nargs="+", metavar="WORDS", help="the 24 words, or the 80 digits")
    add_newsroom_options(announce)
    announce.set_defaults(run=run_announce)
    fsck = acts.add_parser("fsck", help="check the whole record")
    fsck.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    fsck.set_defaults(run=run_fsck)
    witness.add_parser(acts)
    monitor.add_parsers(acts)
    logserve.add_parser(acts)
    loganchor.add_parser(acts)


def run_tick(args: argparse.Namespace, console: Console) -> None:
    """Write the batch that is due, if one is."""
    with houses.opened(args) as found:
        house = dataclasses.replace(found, copies=_copies(args))
        signer = house.unattended_log_signer()
        if signer is None or args.unwitnessed:
            keys = houses.unlocked(house, args, console)
            signer = keys.log
            if args.unwitnessed:
                _take_upon(house, keys, args, console)
        if house.copies or args.unwitnessed:
            witnessing.guard(house, house.log_reader(), console.say)
        entry = tick.due(house, signer, console.say)
        written = ticks.place_of_newest(house.log_reader())
    if entry is None or written is None:
        console.say("nothing is due: this slot has its line on the public record")
    else:
        console.say(
            f"line {written[0]} (counted from 0), for the slot that began {text.instant(entry.slot.start)}, "
            "is on the public record"
        )


def _take_upon(house: House, keys: Keys, args: argparse.Namespace, console: Console) -> None:
    reader = house.log_reader()
    console.say(newest.details(reader).decode().strip())
    given = argparse.Namespace(passphrase_file=args.person_passphrase_file, named_by="--person-passphrase-file")
    own = args if args.person in {"", keyring.EDITOR} else given
    passphrase = console.passphrase(own, what=args.person) if args.person else b""
    decided = newest.take_upon(house, keys, reader, args.person, passphrase)
    console.warn(
        f"the record goes on for half an hour though nobody outside agrees: {', '.join(decided.names)} said so"
    )


def _copies(args: argparse.Namespace) -> dict[str, Store]:
    """Open the copies of the record that were named; one in the newsroom's own folder says nothing."""
    copies: dict[str, Store] = {}
    for name in args.against:
        path = Path(name).resolve()
        if "://" not in name and path.is_relative_to(find_newsroom(args).resolve()):
            raise UsageError(
                "against-own",
                f"{shown(name)} lies in the newsroom's own folder, and is as old as that",
                mend="Name an edition or a mirror that lies elsewhere.",
            )
        copies[shown(name)] = Remote(name) if "://" in name else Folder(path)
    return copies


def run_announce(args: argparse.Namespace, console: Console) -> None:
    """Queue an announcement; no passphrase is needed."""
    announcement = words.read_check_words(" ".join(args.words))
    with houses.opened(args) as house:
        queue.announce(house, announcement)
    console.say(
        "queued; it goes onto the public record with the next line, where nobody can tell it from anything else"
    )


def run_fsck(args: argparse.Namespace, console: Console) -> None:
    """
    Check the record.

    Raises:
        TrustError: It is not whole; every fault is listed.
    """
    house = houses.at(find_newsroom(args))
    newest.card_agrees(house, witnessing.rules(house), console.warn)
    reader = house.log_reader()
    faults = tuple(reader.check_all()) or tuple(entries.check_order(reader.entries()))
    if faults:
        raise TrustError(
            "log-fsck", f"the record has {len(faults)} faults", mend="Restore it from a mirror.", faults=faults
        )
    console.say(f"the public record is whole: {counted(reader.size, 'entry')}, every one in its place, signed")
