"""``tamizdat newsroom``: make a newsroom, show its card, write its page, rehearse its recovery, add a person."""

from __future__ import annotations

import argparse
import re

from pathlib import Path
from typing import Any

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.adapters.place import Place
from tamizdat.cli import backup, deciding, people
from tamizdat.cli import house as houses
from tamizdat.cli.beside import made_beside
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom, shown
from tamizdat.newsroom import init, page, recovery, symbols
from tamizdat.newsroom.house import House
from tamizdat.newsroom.settings import Settings
from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, text, words
from tamizdat.primitives.age.recipients import WORK_FACTOR
from tamizdat.primitives.errors import TamizdatError, UsageError


MAX_PAGE = 1 << 20


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "newsroom",
        help="make a newsroom, show its card, write its page, rehearse its recovery, add a person, back up, restore",
    )
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    _add_init(acts)
    card = acts.add_parser("card", help="print the public card, and its 12 words on the other stream")
    card.add_argument(
        "--qr",
        metavar="FILE",
        nargs="?",
        const="card-qr.html",
        help="write the card as a sheet of square codes: FILE.svg or FILE.html (else card-qr.html)",
    )
    card.add_argument(
        "--renew", action="store_true", help="issue the next card first, good for a year; asks for the passphrase"
    )
    _add_witness(card)
    deciding.add_options(card, alone=True)
    add_newsroom_options(card)
    card.set_defaults(run=run_card)
    field = acts.add_parser(
        "page", help="write the field page: one HTML file that seals files for this newsroom in any browser, offline"
    )
    field.add_argument(
        "-o", "--out", required=True, metavar="FILE", help="the file to write; give it a name that tells nothing"
    )
    field.add_argument(
        "--any", action="store_true", help="without a card: whoever uses it chooses one; no newsroom is needed"
    )
    field.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    field.set_defaults(run=run_page)
    rehearse = acts.add_parser("rehearse", help="prove that the printed recovery page opens what is sealed for you")
    rehearse.add_argument(
        "--from", dest="page", metavar="FILE", help="read what was typed off the page (- for standard input)"
    )
    rehearse.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    rehearse.set_defaults(run=run_rehearse)
    people.add_parsers(acts)
    backup.add_parsers(acts)


def _add_init(acts: Any) -> None:
    parser = acts.add_parser("init", help="make a newsroom in a new folder; asks for a passphrase")
    parser.add_argument("folder", metavar="DIR", help="the folder to make; it must be empty or not there")
    parser.add_argument("--name", required=True, help="what the newsroom calls itself, in any script")
    parser.add_argument("--origin", help="the public record's lasting name, such as news.example/record")
    parser.add_argument(
        "--classical", action="store_true", help="older keys, for a newsroom whose tools know no others"
    )
    parser.add_argument("--need", type=int, default=3, metavar="K", help="advise that any K parts be enough (3)")
    parser.add_argument("--parts", type=int, default=5, metavar="N", help="of N parts (5)")
    parser.add_argument(
        "--approvals", type=int, default=1, metavar="P", help="persons who must approve a story (1: solo)"
    )
    parser.add_argument(
        "--hand-in", action="append", default=[], metavar="TEXT", help="where parts are handed in; may be repeated"
    )
    parser.add_argument("--base", default="", metavar="URL", help="where the edition will be found")
    _add_witness(parser)
    parser.add_argument(
        "--log-unattended",
        action="store_true",
        help="keep the record's key in clear, so that it goes on with nobody there",
    )
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="a file whose first line is the passphrase (- for standard input)"
    )
    parser.add_argument("--work-factor", type=int, default=WORK_FACTOR, help=argparse.SUPPRESS)
    parser.set_defaults(run=run_init)


def _add_witness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="FILE",
        help="what an outside witness said of itself (`log witness` prints it), for policy.txt and the card; may be repeated",
    )


def run_init(args: argparse.Namespace, console: Console) -> None:
    """
    Make a newsroom, whole or not at all.

    Raises:
        UsageError: The folder is in use, or the settings cannot be.
        AdapterError: The disk would not take it.
    """
    target = Path(args.folder).absolute()
    entropy = SystemEntropy()
    settings = Settings(
        name=args.name,
        # A record needs a name that no other has, even where there is no address yet.
        origin=args.origin or f"tamizdat.invalid/{_slug(args.name)}-{entropy.random(4).hex()}",
        approvals=args.approvals,
        need=args.need,
        parts=args.parts,
        base=args.base,
        hand_in=tuple(args.hand_in),
    )
    _demand_free(target)
    passphrase = console.passphrase(args, confirm=True, what=f"the new newsroom “{args.name}”")
    with made_beside(target) as beside:
        raw = init.create(
            House(Folder(beside), clock=SystemClock(), entropy=entropy, place=Place(beside)),
            settings,
            passphrase,
            post_quantum=not args.classical,
            log_unattended=args.log_unattended,
            witnesses=_told(args.witness),
            work_factor=args.work_factor,
        )
        for folder in init.FOLDERS:
            (beside / folder).mkdir(mode=0o700)
    console.say(f"made the newsroom “{args.name}” in {shown(str(target))}")
    _tell_words(raw, console)
    console.say(f"hand out {shown(str(target / 'card.txt'))}: it is public; say its 12 words by voice or on paper")
    console.warn(f"print {shown(str(target / recovery.PAGE))} now, then remove it and {recovery.PLAIN} from the disk")
    console.say("then try the printed page: tamizdat newsroom rehearse")
    if args.approvals > 1:
        console.say(f"{args.approvals} persons must approve a story: add each with `tamizdat newsroom person add NAME`")


def run_card(args: argparse.Namespace, console: Console) -> None:
    """
    Print the card.

    Raises:
        FormatError, TrustError: It is damaged.
        UsageError: The sheet cannot be written in that form.
        ShortError: With --renew: it changes who decides, and more persons have to decide that.
    """
    if args.renew:
        with houses.opened(args) as house:
            keys = houses.unlocked(house, args, console)
            raw = init.reissue(house, keys, witnesses=_told(args.witness), by=people.voice(args, console))
    elif args.witness:
        raise UsageError("card-witness", "outside witnesses stand on the next card", mend="Give --renew as well.")
    else:
        house = houses.at(find_newsroom(args))
        raw = house.card_bytes()
    card = cards.read(raw)
    if args.renew:
        console.warn("the card is a new one, with other words: hand it out again")
    if args.qr:
        _write_sheet(Path(args.qr), raw)
        console.say(f"wrote {shown(args.qr)}: print it, or show it on a screen")
    try:
        cards.check_current(card, house.clock.now())
    except TamizdatError as error:
        console.warn(f"{error}; renew it: tamizdat newsroom card --renew")
    if card.approvals != house.settings.approvals:
        console.warn(
            f"newsroom.toml asks for {house.settings.approvals} approvals, the card for {card.approvals}; "
            "the card counts until it is renewed"
        )
    console.say(f"card {card.serial} of “{card.name}”, good until {text.day(card.not_after)}")
    _tell_words(raw, console)
    console.product(raw.decode("utf-8"))


def run_page(args: argparse.Namespace, console: Console) -> None:
    """
    Write the field page.

    Raises:
        FormatError, TrustError: The newsroom's card is damaged.
        AdapterError: The disk would not take it.
    """
    out = Path(args.out).absolute()
    if args.any:
        raw = page.template()
    else:
        house = houses.at(find_newsroom(args))
        card = house.card_bytes()
        raw = page.write(card)
        try:
            cards.check_current(cards.read(card), house.clock.now())
        except TamizdatError as error:
            console.warn(f"{error}; renew it first: tamizdat newsroom card --renew")
        _tell_words(card, console)
    Folder(out.parent).put(out.name, [raw])
    console.say(f"wrote {shown(args.out)}: {len(raw):,} bytes, SHA-256 {digest.sha256(raw).hex()}")
    console.say("hand it out on a stick or from your own address; say the card's 12 words another way")


def run_rehearse(args: argparse.Namespace, console: Console) -> None:
    """
    Prove that the printed page opens what is sealed for the newsroom.

    Raises:
        FormatError: It was typed wrongly; each wrong line is named.
        TrustError: It is another newsroom's page.
    """
    folder = find_newsroom(args)
    house = houses.at(folder)
    card = house.card()
    recovery.rehearse(card, console.typed_page(args.page), house.entropy)
    console.say(f"the recovery page opens what is sealed for “{card.name}”")
    left = [name for name in (recovery.PAGE, recovery.PLAIN) if (folder / name).exists()]
    if left:
        console.warn(f"still on the disk: {' and '.join(left)}; once they are printed, remove them and empty the bin")


def _told(paths: list[str]) -> list[bytes]:
    """Read what outside witnesses said of themselves."""
    told = []
    for path in paths:
        try:
            told.append(Path(path).read_bytes()[:MAX_PAGE])
        except OSError as error:
            raise UsageError(
                "witness-file",
                f"{shown(path)} cannot be read: {error.strerror}",
                mend="Give a file with the lines that the outside witness printed.",
            ) from error
    return told


def _tell_words(raw: bytes, console: Console) -> None:
    console.say(f"its 12 words: {' '.join(words.card_words(cards.fingerprint(raw)))}")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower(), flags=re.ASCII).strip("-")[:40] or "newsroom"


def _demand_free(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            "newsroom-in-the-way",
            f"{shown(str(target))} is there already, and is not an empty folder",
            mend="Give a folder that is not there yet.",
        )


def _write_sheet(path: Path, raw: bytes) -> None:
    drawn = symbols.sheet(raw)
    match path.suffix.lower():
        case ".svg":
            page = drawn
        case ".html":
            page = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Card</title>\n<body>\n{drawn}</body></html>\n'
        case _:
            raise UsageError(
                "card-sheet",
                f"{shown(path.name)} is neither .svg nor .html",
                mend="Give --qr FILE.svg or --qr FILE.html.",
            )
    Folder(path.absolute().parent).put(path.name, [page.encode("utf-8")])
