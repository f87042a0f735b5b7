"""``tamizdat log``: write the line that is due, queue an announcement, check the record."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli import house as houses
from tamizdat.cli import monitor, witness
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import queue, tick
from tamizdat.primitives import text, words
from tamizdat.primitives.errors import TrustError
from tamizdat.record import entry as entries


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser("log", help="keep the newsroom's public record")
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    ticking = acts.add_parser(
        "tick", help="write the line that is due; asks for the passphrase unless the log's key is kept apart"
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


def run_tick(args: argparse.Namespace, console: Console) -> None:
    """Write the batch that is due, if one is."""
    with houses.opened(args) as house:
        signer = house.unattended_log_signer() or houses.unlocked(house, args, console).log
        entry = tick.due(house, signer, console.say)
    if entry is None:
        console.say("nothing is due: this slot has its line on the public record")
    else:
        console.say(
            f"line {entry.sequence} for the slot that began {text.instant(entry.slot.start)} is on the public record"
        )


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
    reader = houses.at(find_newsroom(args)).log_reader()
    faults = tuple(reader.check_all()) or tuple(entries.check_order(reader.entries()))
    if faults:
        raise TrustError(
            "log-fsck", f"the record has {len(faults)} faults", mend="Restore it from a mirror.", faults=faults
        )
    console.say(f"the public record is whole: {counted(reader.size, 'entry')}, every one in its place, signed")
