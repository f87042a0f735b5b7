"""``tamizdat story``: check a story, or approve it for publication."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom
from tamizdat.cli.phrases import counted
from tamizdat.newsroom import approvals, published_pictures, stories
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.errors import UsageError
from tamizdat.wire.story import Story


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser("story", help="check a story, or approve it")
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    check = acts.add_parser(
        "check",
        help="report every fault of a story, with its line",
        description=(
            "Report every fault of a story, with its line. With the passphrase: what was ever disclosed of each picture, "
            "and what the story would newly show."
        ),
    )
    check.add_argument("name", metavar="NAME", help="the story's name: stories/NAME.md")
    add_newsroom_options(check)
    check.set_defaults(run=run_check)
    approve = acts.add_parser(
        "approve", help="approve this very text for publication; asks for the person's passphrase"
    )
    approve.add_argument("name", metavar="NAME", help="the story's name: stories/NAME.md")
    approve.add_argument("--as", dest="person", required=True, metavar="PERSON", help="who approves")
    approve.add_argument(
        "--newsroom-passphrase-file",
        metavar="FILE",
        help="a file whose first line is the newsroom's own passphrase: it opens the ledger of what was disclosed before",
    )
    add_newsroom_options(approve)
    approve.set_defaults(run=run_approve)


def run_check(args: argparse.Namespace, console: Console) -> None:
    """
    Check a story. A passphrase is asked for only where a picture's maker is shown.

    Raises:
        FormatError: It has faults; all are listed with their lines.
    """
    house = houses.at(find_newsroom(args))
    story = stories.read_one(house, args.name)
    _demand_pictures(house, story)
    if args.passphrase_file is not None or _shown(story):
        try:
            _tell(house, houses.unlocked(house, args, console), story, console)
        except UsageError as error:
            if error.code != "no-terminal":
                raise
            console.warn("nobody was asked for the passphrase, so what was disclosed before is not told here")
    console.say(
        f"stories/{args.name}.md: no faults; {counted(len(story.figures), 'figure')} with sources, "
        f"{counted(len(story.pictures), 'picture')}"
    )


def run_approve(args: argparse.Namespace, console: Console) -> None:
    """
    Approve a story as one person, who sees first what its pictures newly show.

    Raises:
        FormatError: It has faults.
        UsageError: The card does not name this person.
    """
    with houses.opened(args) as house:
        story = stories.read_one(house, args.name)
        _demand_pictures(house, story)
        if _shown(story) or args.newsroom_passphrase_file is not None:
            _tell(house, _newsroom(house, args, console), story, console)
        passphrase = console.passphrase(args, what=args.person)
        approvals.approve(house, story, args.person, passphrase)
        console.say(f"{args.person} approved “{story.headline}”, version {story.version}")


def _shown(story: Story) -> bool:
    """Say whether any picture of a story shows the camera's own pixels."""
    return any(one.maker == "shown" for one in story.pictures)


def _demand_pictures(house: House, story: Story) -> None:
    vault = house.vault()
    missing = [one.object for one in story.pictures if not vault.has(one.object)]
    if missing:
        raise UsageError(
            "story-picture-unknown",
            f"the vault has no object {', '.join(missing)}",
            mend="Run `tamizdat objects` to see what there is.",
        )


def _newsroom(house: House, args: argparse.Namespace, console: Console) -> Keys:
    """Open the ledger's keys: an editor's own passphrase does, anybody else needs the newsroom's beside their own."""
    if args.person == keyring.EDITOR:
        return houses.unlocked(house, args, console)
    own = argparse.Namespace(passphrase_file=args.newsroom_passphrase_file, named_by="--newsroom-passphrase-file")
    return houses.unlocked(house, own, console)


def _tell(house: House, keys: Keys, story: Story, console: Console) -> None:
    for line in published_pictures.report(house, keys, story):
        (console.warn if line.startswith("ATTENTION") else console.say)(line)
