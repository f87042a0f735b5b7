"""``tamizdat sheet``: a small package, a card or an announcement on paper, as squares, and back from pictures of it."""

from __future__ import annotations

import argparse
import io

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk, paper
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.carry import leaf, part, sheet, split
from tamizdat.cli import phrases, reading, seal
from tamizdat.cli.console import Console, shown
from tamizdat.field import layout, sealing
from tamizdat.field.objects import LeftOut
from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, words
from tamizdat.primitives.age import header, recipients
from tamizdat.primitives.errors import UsageError


_MOST: Final = sheet.MAX_SHEETS * sheet.SQUARES * part.PAPER
_PRINTABLE: Final = "cp1252"  # what the fonts that every printer has can show


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "sheet",
        help="put a testimony, a card or an announcement on paper, and read it back",
        description=(
            "Seal small files and draw them as squares on sheets of paper, any NEED of which are enough; or draw a card "
            "or an announcement. With --read: photographs and scans of sheets in, parts, cards and announcements out."
        ),
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="small files to seal, or one sealed file (X.age)")
    parser.add_argument("--for", dest="card", metavar="CARD", help="the newsroom's card (card.txt): seal for it")
    parser.add_argument("--card", dest="draw", metavar="CARD", help="draw this card")
    parser.add_argument("--words", metavar="WORDS", help="draw this announcement: 24 words, or 80 digits")
    parser.add_argument("--read", nargs="+", metavar="PICTURE", help="read photographs and scans of sheets")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the new PDF; with --read the folder")
    parser.add_argument("--png", metavar="DIR", help="draw each page as a PNG too, in a new folder")
    parser.add_argument("--need", type=int, metavar="K", help="how many sheets are enough (else as few as hold it)")
    parser.add_argument("--parts", type=int, metavar="N", help="how many sheets to make (else half as many more)")
    parser.add_argument("--paper", choices=sorted(leaf.PAPERS), default="a4", help="a4 (else) or letter")
    parser.add_argument("--no-tiles", action="store_true", help="commit to whole files only")
    parser.add_argument("--card-words", metavar="WORDS", help="the card's 12 words, as the newsroom told you them")
    parser.add_argument("--force-expired", action="store_true", help="seal to a card whose time is over")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Draw sheets, or read them.

    Raises:
        UsageError: It is too large for paper, or what was asked for cannot be.
        TrustError: The card is damaged, expired, or not the one whose words were given.
        ShortError: What was read is not enough yet.
    """
    asked = [bool(args.paths), args.draw is not None, args.words is not None, args.read is not None]
    if sum(asked) != 1:
        raise UsageError(
            "sheet-what",
            "one thing goes on paper at a time, or is read from it",
            mend="Give files and --for CARD, or one X.age, or --card, or --words, or --read.",
        )
    if args.read is not None:
        reading.run(args.read, Path(args.out), console)
    elif args.draw is not None:
        _give(args, console, _card(args, console))
        console.say("to be found with this sheet may show that you have to do with the newsroom")
    elif args.words is not None:
        value = words.read_check_words(args.words)
        page = leaf.announcement_page(args.paper, sheet.write_announcement(value), digits=words.digits(value))
        _give(args, console, [page])
        console.say(seal.WARNING)
    else:
        _package(args, console)


def _package(args: argparse.Namespace, console: Console) -> None:
    """Seal, if it is not sealed yet, and draw; nothing but the pages is written."""
    key = None
    if args.card is None:
        sealed = _sealed(args.paths)
    else:
        seal.no_core_dump()
        file_key = SystemEntropy().random(16)
        sealed, key = _seal(args, console, file_key), digest.part_tag_key(file_key)
    plan = sheet.plan(len(sealed), tagged=key is not None, need=args.need, sheets=args.parts)
    set_id = SystemEntropy().random(16)
    pages = [
        leaf.part_page(args.paper, sheet.write(packets, index), set_id=set_id, number=index + 1, plan=plan)
        for index, packets in enumerate(_split(sealed, plan, set_id, key))
    ]
    _give(args, console, pages)
    enough = f"any {plan.need} of them are enough" if plan.need > 1 else "each is enough by itself"
    console.say(
        f"{phrases.counted(plan.sheets, 'sheet')}; {enough}. Print them in full size (100 %), and send each by another way."
    )


def _seal(args: argparse.Namespace, console: Console, file_key: bytes) -> bytes:
    card = seal.confirmed_card(args, console)
    found, left = disk.walk(args.paths)
    total = sum(one.size for one in found)
    if total > _MOST:
        sheet.plan(total, tagged=True, sheets=args.parts, need=args.need)
    if not found or left:
        what = f"{shown(left[0].name)}: {left[0].why}" if left else "there is nothing to seal"
        raise UsageError("sheet-files", what, mend="Name small files that can be read.")
    sink = io.BytesIO()
    sealed = sealing.seal(
        found,
        recipients=[recipients.read_recipient(word) for word in (*card.recipients, card.recovery) if word],
        entropy=SystemEntropy(),
        sink=sink,
        created=SystemClock().now(),
        file_key=file_key,
        padding=layout.sheet_padding_length,
        parts=None if args.no_tiles else sealing.at_once,
    )
    _demand_all(sealed.left_out)
    return sink.getvalue()


def _demand_all(left_out: Sequence[LeftOut]) -> None:
    if left_out:
        what = f"{shown(left_out[0].name)}: {left_out[0].reason}"
        raise UsageError("sheet-files", what, mend="Leave it alone while it is sealed, and run this again.")


def _sealed(paths: list[str]) -> bytes:
    path = Path(paths[0])
    try:
        with disk.open_quietly(path) as stream:
            raw = stream.read(_MOST + 1)
            size = stream.seek(0, 2)
    except OSError as error:
        raise UsageError(
            "sheet-files", f"{shown(paths[0])}: it cannot be read: {error.strerror}", mend="Look at its name."
        ) from error
    if len(paths) > 1 or not raw.startswith((header.VERSION, b"-----BEGIN AGE ENCRYPTED FILE-----")):
        raise UsageError(
            "sheet-open",
            "only one sealed file goes on paper as it is; what is not sealed must be sealed for somebody",
            mend="Give --for CARD, the newsroom's card.",
        )
    if size > _MOST:
        sheet.plan(size, tagged=False)
    return raw


def _split(sealed: bytes, plan: sheet.Plan, set_id: bytes, key: bytes | None) -> list[list[bytes]]:
    """Give the blocks of each part, in the order of their rows."""
    sinks = [_Kept() for _ in range(plan.sheets)]
    splitter = split.Splitter(
        lambda index, _: sinks[index],
        need=plan.need,
        total=plan.sheets,
        packet_size=part.PAPER,
        set_id=set_id,
        total_length=len(sealed),
        tag_key=key,
    )
    splitter.write(sealed)
    splitter.close()
    return [sink.blocks() for sink in sinks]


class _Kept:
    """A part in memory."""

    def __init__(self) -> None:
        self._raw = bytearray()

    def write(self, data: memoryview) -> None:
        """Take packets."""
        self._raw += data

    def close(self) -> None:
        """Keep what was written."""

    def blocks(self) -> list[bytes]:
        """Give the blocks; what a descriptor says, the sheet says in words."""
        packets = [bytes(self._raw[at : at + part.PAPER]) for at in range(0, len(self._raw), part.PAPER)]
        return [packet for packet in packets if packet[4] == part.BLOCK]


def _card(args: argparse.Namespace, console: Console) -> list[leaf.Page]:
    try:
        raw = Path(args.draw).read_bytes()
    except OSError as error:
        raise UsageError(
            "card-file", f"{shown(args.draw)}: the card cannot be read: {error.strerror}", mend="Give the card's file."
        ) from error
    card = cards.read(raw)
    name = card.name if card.name.encode(_PRINTABLE, "ignore").decode(_PRINTABLE) == card.name else ""
    if not name:
        console.warn("the newsroom's name has letters that cannot be printed here: write it on the sheet by hand")
    spoken = words.card_words(cards.fingerprint(raw))
    return leaf.card_pages(args.paper, sheet.write_card(raw), name=name, spoken=spoken)


def _give(args: argparse.Namespace, console: Console, pages: list[leaf.Page]) -> None:
    """Draw everything first, then write; the paths are the product."""
    out = Path(args.out)
    files = {out: paper.pdf(pages)}
    if args.png is not None:
        folder = Path(args.png)
        files |= {folder / f"sheet-{number}.png": paper.png(page) for number, page in enumerate(pages, 1)}
        with disk.failing(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in files:
        if path.exists():
            raise UsageError("output-exists", f"{shown(str(path))} is there already", mend="Give another name.")
    for path, raw in files.items():
        with disk.writing(path) as stream:
            stream.write(raw)
        console.product(str(path))
