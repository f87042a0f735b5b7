"""``tamizdat log monitor`` and ``log evidence``: watch somebody else's public record, and check what convicts it."""

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
from tamizdat.record import checkpoint, evidence, monitor, policy
from tamizdat.record import entry as entries
from tamizdat.record.keylines import KeyLines


MAX_POLICY: Final = 1 << 20


def add_parsers(acts: Any) -> None:
    """Teach the command line these acts of `log`."""
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
    shown_ = acts.add_parser(
        "evidence",
        help="check a file of evidence against a public record",
        description="Check, offline, whether a file shows that a record signed two states that cannot both be true.",
    )
    shown_.add_argument("file", metavar="FILE", help="the file, as `log monitor` and `log witness` keep it")
    by = shown_.add_mutually_exclusive_group(required=True)
    by.add_argument("--card", metavar="CARD", help="the newsroom's card")
    by.add_argument("--policy", metavar="FILE", help="a policy (c2sp.org/tlog-policy)")
    shown_.set_defaults(run=run_evidence)


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
    keys = KeyLines()

    def visit(number: int, raw: bytes) -> None:
        keys.take(number, raw)
        try:
            entries.read(raw)
        except FormatError as error:
            odd.append(f"entry {number}: {error}")

    def checked() -> None:
        for line in odd:
            console.warn(line)
        if keys.count:
            console.warn(_changed(keys))

    try:
        seen = monitor.look(published, Folder(folder), rules, visit, checked=checked)
    except TrustError as error:
        if error.code in {"monitor-fork", "monitor-shrunk"}:
            console.say(f"both signed states are kept in {shown(str(folder / 'evidence'))}")
        raise
    head = seen.verdict.head
    if seen.before is None:
        console.say("nothing was remembered of this record: this look is the first")
    for name, when in seen.verdict.seen.items():
        console.say(
            f"signed by the outside witness {name} ({rules.witnesses[name].key.name}) on {text.instant(when)}, it says"
        )
    new = head.size - (seen.before or 0)
    console.product(
        f"{head.origin}: {head.size} entries, {new} new, each in its place; it continues what was seen before"
    )


def _changed(keys: KeyLines) -> str:
    dated = "" if keys.since is None else f", by the record's own dates not before {text.instant(keys.since)}"
    return (
        "the record says that the newsroom changed its keys or its persons without a decision of those persons; "
        f"such entries (of the kind “key”) that are new: {keys.count}, the newest is entry {keys.newest} (counted "
        f"from 0){dated}; ask the newsroom, by voice, why, and compare the 12 words of its card"
    )


def run_evidence(args: argparse.Namespace, console: Console) -> None:
    """
    Check a file of evidence.

    Raises:
        TrustError: ``evidence-open``: both states are signed, and may both be true; or they are not signed by that record.
        FormatError: It is no evidence.
    """
    try:
        raw = Path(args.file).read_bytes()[: 2 * note.MAX_LENGTH + 2]
    except OSError as error:
        raise UsageError(
            "evidence-file", f"{shown(args.file)}: it cannot be read: {error.strerror}", mend="Look at the name."
        ) from error
    keys = [party.key for party in _rules(args).logs]
    contradiction = evidence.contradicts(raw, *keys)
    one, other = (checkpoint.verify(half, *keys) for half in evidence.read(raw))
    if not contradiction:
        raise TrustError(
            "evidence-open",
            f"both are signed by {one.origin}, one for {one.size} entries and one for {other.size}: the file alone does not "
            "show that they contradict each other",
            mend="Hold both against the record's entries: `tamizdat log monitor`.",
            evidence=raw,
        )
    console.product(f"proven: {one.origin} signed two different states of {one.size} entries; they cannot both be true")


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
