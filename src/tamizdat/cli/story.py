"""``tamizdat story``: check a story, or approve it for publication."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import approvals, release
from tamizdat.primitives.errors import UsageError


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser("story", help="check a story, or approve it")
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    check = acts.add_parser("check", help="report every fault of a story, with its line")
    check.add_argument("name", metavar="NAME", help="the story's name: stories/NAME.md")
    add_newsroom_options(check)
    check.set_defaults(run=run_check)
    approve = acts.add_parser(
        "approve", help="approve this very text for publication; asks for the person's passphrase"
    )
    approve.add_argument("name", metavar="NAME", help="the story's name: stories/NAME.md")
    approve.add_argument("--as", dest="person", required=True, metavar="PERSON", help="who approves")
    add_newsroom_options(approve)
    approve.set_defaults(run=run_approve)


def run_check(args: argparse.Namespace, console: Console) -> None:
    """
    Check a story; no passphrase is needed.

    Raises:
        FormatError: It has faults; all are listed with their lines.
    """
    house = houses.at(find_newsroom(args))
    story = release.read_story(house, args.name)
    vault = house.vault()
    missing = [one.object for one in story.pictures if not vault.has(one.object)]
    if missing:
        raise UsageError(
            "story-picture-unknown",
            f"the vault has no object {', '.join(missing)}",
            mend="Run `tamizdat objects` to see what there is.",
        )
    console.say(
        f"stories/{args.name}.md: no faults; {counted(len(story.figures), 'figure')} with sources, "
        f"{counted(len(story.pictures), 'picture')}"
    )


def run_approve(args: argparse.Namespace, console: Console) -> None:
    """Approve a story as one person."""
    with houses.opened(args) as house:
        story = release.read_story(house, args.name)
        passphrase = console.passphrase(args, what=args.person)
        approvals.approve(house, story, args.person, passphrase)
        console.say(f"{args.person} approved “{story.headline}”, version {story.version}")
