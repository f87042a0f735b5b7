"""``tamizdat join``: put enough parts together into one sealed file."""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk, resuming
from tamizdat.carry.join import Ciphertext, Joiner
from tamizdat.cli import parts
from tamizdat.cli.console import Console, shown
from tamizdat.primitives.errors import AdapterError, ShortError, UsageError


_LOOK_AGAIN: Final = 1.0  # seconds


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "join",
        help="put enough parts together into one sealed file",
        description=(
            "Rebuild the sealed file from enough parts, damaged or not. It is an ordinary age file. "
            "What was cut off goes on where it stopped when the same command is run again."
        ),
    )
    parser.add_argument("parts", nargs="+", metavar="PART", help="a part, or a folder of parts")
    parser.add_argument("-o", "--out", required=True, metavar="X.age", help="the new file")
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait for a medium that was pulled out to come back (so it does on a terminal)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Join parts; the file is there whole or not at all.

    Raises:
        FormatError: They belong to different dossiers.
        ShortError: They are not enough.
        AdapterError: A medium went away, and without it they are not enough.
    """
    out = Path(args.out)
    if out.exists():
        raise UsageError(
            "output-exists", f"{shown(args.out)} is there already", mend="Give another name, or move it away."
        )
    paths = parts.files(args.parts)
    waiting(lambda: _join(paths, out, console), paths, console, ask=args.wait)
    console.product(args.out)
    console.say("joined; `tamizdat open`, or `age -d` and `tar x`, opens it with the newsroom's key")


def waiting(work: Callable[[], None], paths: list[Path], console: Console, *, ask: bool) -> None:
    """Do *work*; where a medium goes away meanwhile and somebody is there, wait for it and do the rest."""
    while True:
        try:
            return work()
        except AdapterError as error:
            if error.code != "medium-gone" or not (ask or (sys.stdin.isatty() and sys.stderr.isatty())):
                raise
            console.warn(str(error))
            console.say("put it back: it goes on by itself (Ctrl-C stops it; the same command goes on later)")
        while not all(_there(path) for path in paths):
            time.sleep(_LOOK_AGAIN)


def _there(path: Path) -> bool:
    try:
        with disk.open_quietly(path) as stream:
            stream.read(1)
    except OSError:
        return False
    return True


def _join(paths: list[Path], out: Path, console: Console) -> None:
    with parts.joiner(paths, tell=console.say) as joiner:
        stream = told(joiner, console)
        shape = stream.rows.shape
        name = shape.set_id.hex()
        facts = f"set {name} k {shape.need} packet {shape.packet} tagged {int(shape.tagged)} total {stream.length}"
        with resuming.resuming(out, name[:16], facts) as file:
            if file.done:
                console.say(f"going on at {file.done * 100 // max(1, stream.length)} %")
            with console.progress(stream.length, "joining") as meter:
                meter.advance(file.done)
                stream.seek(file.done)
                for piece in stream.pieces():
                    file.write(piece)
                    meter.advance(len(piece))
        for source in sorted(stream.rows.lost):
            console.warn(f"{shown(str(paths[source]))} went away while it was read; the others were enough")


def told(joiner: Joiner, console: Console) -> Ciphertext:
    """
    Give the ciphertext; where the parts are not enough, say of each file what it is good for.

    Raises:
        ShortError: They are not enough.
    """
    try:
        return joiner.stream()
    except ShortError as error:
        if error.code == "carry-short":
            # Its module is a heavy one, and hardly ever wanted here.
            importlib.import_module("tamizdat.cli.check").tell(joiner.survey(), console)
        raise
