"""``tamizdat log monitor``: watch somebody else's public record."""

from __future__ import annotations

import argparse

from pathlib import Path
from typing import Any, Final

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.web import Remote
from tamizdat.cli.console import Console, shown
from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tamizdat.primitives.ports import Store
from tamizdat.record import entry as entries
from tamizdat.record import monitor, policy


MAX_POLICY: Final = 1 << 20


def add_parser(acts: Any) -> None:
    """Teach the command line this act of `log`."""
    watch = acts.add_parser(
        "monitor",
        help="check that somebody's public record only grows",
        description=(
            "Look at a public record once: check every new entry, and that it continues what was seen last. "
            "What contradicts it is kept as evidence that anybody can check. Exit status 6 then."
        ),
    )
    watch.add_argument("log", metavar="LOG", help="the record's address (https://...), or a folder of its files")
    watch.add_argument("--into", required=True, metavar="DIR", help="the folder that remembers what was seen last")
    whom = watch.add_mutually_exclusive_group(required=True)
    whom.add_argument("--card", metavar="CARD", help="the newsroom's card: its record's key, and its witnesses")
    whom.add_argument("--policy", metavar="FILE", help="a policy (c2sp.org/tlog-policy)")
    watch.set_defaults(run=run_monitor)


def run_monitor(args: argparse.Namespace, console: Console) -> None:
    """
    Look once.

    Raises:
        TrustError: The record contradicts what was seen before, or itself.
    """
    folder = Path(args.into)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    published: Store = Remote(args.log) if "://" in args.log else Folder(Path(args.log))
    rules = _rules(args)
    odd: list[str] = []

    def visit(number: int, raw: bytes) -> None:
        try:
            entries.read(raw)
        except FormatError as error:
            odd.append(f"entry {number}: {error}")

    try:
        seen = monitor.look(published, Folder(folder), rules, visit)
    except TrustError as error:
        if error.code in {"monitor-fork", "monitor-shrunk"}:
            console.say(f"both signed states are kept in {shown(str(folder / 'evidence'))}")
        raise
    head = seen.verdict.head
    if seen.before is None:
        console.say("nothing was remembered of this record: this look is the first")
    for line in odd:
        console.warn(line)
    for name, when in seen.verdict.seen.items():
        console.say(
            f"signed by the outside witness {name} ({rules.witnesses[name].key.name}) on {text.instant(when)}, it says"
        )
    new = head.size - (seen.before or 0)
    console.product(
        f"{head.origin}: {head.size} entries, {new} new, each in its place; it continues what was seen before"
    )


def _rules(args: argparse.Namespace) -> policy.Policy:
    path = Path(args.policy or args.card)
    try:
        raw = path.read_bytes()[:MAX_POLICY]
    except OSError as error:
        raise UsageError(
            "policy-file", f"{shown(str(path))}: it cannot be read: {error.strerror}", mend="Look at the name."
        ) from error
    if args.policy:
        return policy.read(raw)
    card = cards.read(raw)
    witnesses = [note.read_verifier(vkey) for vkey in card.witnesses]
    timed = [key for key in witnesses if key.kind in note.TIMED]
    return policy.read(policy.one_of([note.read_verifier(card.log)], timed, 0))
