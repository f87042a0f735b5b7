"""``tamizdat check``: say what the parts at hand are good for, and how many more to bring."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.carry.survey import FileFinding, Survey
from tamizdat.cli import parts
from tamizdat.cli.console import Console


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "check",
        help="say what the parts at hand are good for",
        description="Check every packet of every part; exit status 4 when they are not enough yet.",
    )
    parser.add_argument("parts", nargs="+", metavar="PART", help="a part, or a folder of parts")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Check parts.

    Raises:
        FormatError: They belong to different dossiers.
        ShortError: They are not enough yet, or none of them is a part.
    """
    paths = parts.files(args.parts)
    total = sum(path.stat().st_size for path in paths)
    with parts.joiner(paths) as joiner, console.progress(total, "checking") as meter:
        survey = joiner.survey(meter.advance)
    tell(survey, console)
    survey.require()
    console.say("these parts are enough")


def tell(survey: Survey, console: Console) -> None:
    """Say of each file what it is good for."""
    for file in survey.files:
        console.product(f"{file.name}: {_worth(file, survey.need)}")


def _worth(file: FileFinding, need: int) -> str:
    if file.set_id is None:
        return "nothing in it can be used"
    if file.same_as:
        return f"the same part as {file.same_as}"
    told = []
    for share in file.shares[:8]:
        volume = f" of volume {share.volume}" if len(file.shares) > 1 or share.volume > 1 else ""
        if share.expected is None:
            state = f"{share.whole} packets whole, its end is missing"
        elif share.whole == share.expected:
            state = "whole"
        else:
            state = f"{share.whole} of {share.expected} packets whole, the rest damaged or missing"
        told.append(f"part {share.part}{volume} (any {need} are enough): {state}")
    return "; ".join(told)
