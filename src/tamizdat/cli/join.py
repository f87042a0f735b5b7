"""``tamizdat join``: put enough parts together into one sealed file."""

from __future__ import annotations

import argparse

from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.cli import check, parts
from tamizdat.cli.console import Console


CHUNK: Final = 1 << 20


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "join",
        help="put enough parts together into one sealed file",
        description="Rebuild the sealed file from enough parts, damaged or not. It is an ordinary age file.",
    )
    parser.add_argument("parts", nargs="+", metavar="PART", help="a part, or a folder of parts")
    parser.add_argument("-o", "--out", required=True, metavar="X.age", help="the new file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Join parts; the file is there whole or not at all.

    Raises:
        FormatError: They belong to different dossiers.
        ShortError: They are not enough.
    """
    paths = parts.files(args.parts)
    with parts.joiner(paths) as joiner:
        total = sum(path.stat().st_size for path in paths)
        with console.progress(total, "checking") as meter:
            survey = joiner.survey(meter.advance)
        if not survey.enough:
            check.tell(survey, console)
        survey.require()
        with disk.writing(Path(args.out)) as out, console.progress(survey.total_length, "joining") as meter:
            while chunk := joiner.read(CHUNK):
                out.write(chunk)
                meter.advance(len(chunk))
    console.product(args.out)
    console.say("joined; `tamizdat open`, or `age -d` and `tar x`, opens it with the newsroom's key")
