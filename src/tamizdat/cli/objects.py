"""``tamizdat objects``: list what the vault holds, or write one original out."""

from __future__ import annotations

import argparse

from pathlib import Path
from typing import Any

from tamizdat.adapters import disk
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, shown
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import intake, objects
from tamizdat.newsroom.arrival import Arrival, Item, showing
from tamizdat.primitives import text


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "objects",
        help="list what the vault holds",
        description="List every object with its arrival, or write one original out. Asks for the passphrase.",
    )
    parser.add_argument("--get", metavar="OBJECT", help="write this original out, byte for byte")
    parser.add_argument("-o", "--out", metavar="FILE", help="with --get: the new file")
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """List objects, one a line: id, size, kind, day of arrival, name; or write one out."""
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        if args.get:
            with (
                objects.open_original(house, keys, args.get) as stream,
                disk.writing(Path(args.out or args.get)) as out,
            ):
                while chunk := stream.read(1 << 20):
                    out.write(chunk)
            console.product(args.out or args.get)
            return
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


def _line(arrival: Arrival, item: Item, shows: str) -> str:
    if not item.sha256:  # its key was destroyed, and with it what it was called
        return f"{item.object}  {item.why}"
    label = "unsealed" if arrival.route == "unsealed" else "sealed"
    facts = f"{item.size:>12,} bytes  {item.kind}  {text.day(arrival.received)}  {label}"
    return f"{item.object}  {facts}  {shown(item.name)}  ({shows})"
