"""``tamizdat vault export``: originals leave the newsroom in a bag, once for each time that it was decided."""

from __future__ import annotations

import argparse

from pathlib import Path
from typing import Any

from tamizdat.adapters.folder import Folder
from tamizdat.cli import deciding
from tamizdat.cli import house as houses
from tamizdat.cli.beside import demand_free, held_beside
from tamizdat.cli.console import Console, add_newsroom_options
from tamizdat.cli.phrases import counted, joined
from tamizdat.newsroom import decisions, exporting, taken, takings
from tamizdat.newsroom.decisions import Decided
from tamizdat.newsroom.exporting import Order
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.takings import Hand


KIND = "export"


def add_parser(acts: Any) -> None:
    """Teach `tamizdat vault` this."""
    parser = acts.add_parser(
        "export",
        help="write originals out as a bag (BagIt) with what is known of them",
        description=(
            "As many persons as the card says decide it, for one time and one place: what was cut off is finished by the "
            "same command, and nowhere else."
        ),
    )
    parser.add_argument("objects", nargs="+", metavar="OBJECT", help="an object's id, as `tamizdat objects` lists it")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder to make; it must be empty or not there")
    parser.add_argument("--sealed", action="store_true", help="as ciphertext, without keys, with no word on what it is")
    parser.add_argument(
        "--notes",
        action="store_true",
        help="say as well what it was called, who it is said to come from and how it came",
    )
    deciding.add_options(parser)
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Write originals out as a bag.

    Raises:
        UsageError: There is no such object, or something is in the way.
        ShortError: More persons have to decide it.
    """
    # By its own place, so that a link that leads elsewhere meanwhile is another place.
    target = Path(args.to).resolve()
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        wanted = exporting.order(house, args.objects, sealed=args.sealed, notes=args.notes)
        asked = (KIND, wanted.subject, wanted.details())
        begun = decisions.is_begun(house, keys, *asked, str(target))
        there = begun and exporting.is_there(Folder(target), wanted)
        if not there:
            demand_free(target)
        person, passphrase = deciding.voice(args, console)
        decided = decisions.demand(house, keys, *asked, person, passphrase, at=str(target))
        if not there:
            hand = takings.hand(house, keys, person, passphrase)
            _write(house, keys, wanted, decided, hand, target, console)
        decisions.close(house, decided)
    console.say(
        f"exported {counted(len(wanted.objects), 'original')} as a bag, decided by {joined(decided.names)}; "
        "any BagIt program checks it"
    )
    if not wanted.sealed:
        console.warn(
            "these originals are open, with all that their makers' machines wrote into them: guard that folder"
        )
    console.product(args.to)


def _write(  # noqa: PLR0917 -- as `exporting.write`
    house: House, keys: Keys, wanted: Order, decided: Decided, hand: Hand, target: Path, console: Console
) -> None:
    with held_beside(target, again=decided.begun) as beside:
        decisions.begin(house, decided, str(target))
        what = taken.SEALED if wanted.sealed else taken.EXPORT
        for ident in wanted.objects:
            takings.note_down(house, keys, ident, hand, what, decision=decided.folder.rpartition("/")[2])
        with console.progress(None, "exporting") as meter:
            exporting.write(house, keys, wanted, Folder(beside), meter.advance)
