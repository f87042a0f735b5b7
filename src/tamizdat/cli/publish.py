"""``tamizdat publish``: make the edition."""

from __future__ import annotations

import argparse

from pathlib import Path
from typing import Any

from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import release


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "publish",
        help="make the edition: pages, feeds, signed list",
        description=(
            "Make the whole edition of the named stories and all published before, and enter it on the public record. "
            "Asks for the passphrase."
        ),
    )
    parser.add_argument(
        "stories", nargs="*", metavar="STORY", help="stories to publish now; those published before go out again"
    )
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Publish.

    Raises:
        FormatError: A story has faults. TrustError: An approval is missing.
    """
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        released = release.publish(house, keys, tuple(args.stories), console.say)
    for ident, removed in released.removed.items():
        console.say(f"picture {ident}: removed: {', '.join(removed) or 'nothing, there was no metadata'}")
    if released.provable:
        console.say(
            f"{counted(released.provable, 'picture')} can be proven by anyone: each has its proof and a page that checks it"
        )
    if released.waiting:
        console.warn(
            f"{counted(released.waiting, 'picture')} of them wait for their line on the public record: "
            "publish again after the next `tamizdat log tick`"
        )
    kind = "approved by one person (solo)" if released.solo else "approved as the card asks"
    console.say(
        f"edition {released.number}: {counted(len(released.stories), 'story')}, {counted(released.files, 'file')}, "
        f"entry {released.entry} of the public record; {kind}"
    )
    console.product(str(Path(find_newsroom(args)) / released.folder))
