"""``tamizdat seal``: seal files for a newsroom, offline, and split them into parts to carry."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.carry import part, split
from tamizdat.carry.split import part_length
from tamizdat.cli import committing
from tamizdat.cli.console import Console, shown
from tamizdat.cli.outputs import Media, Output
from tamizdat.cli.writing import Cut
from tamizdat.field import sealing
from tamizdat.field.objects import LeftOut
from tamizdat.primitives import card as cards
from tamizdat.primitives import words
from tamizdat.primitives.age import recipients
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import Fault, LeftOutError, TrustError, UsageError


MAX_NOTE: Final = 16 << 20
_SIZE: Final = re.compile(r"([0-9]+)\s*(B|KB|MB|GB|KiB|MiB|GiB)?", re.ASCII | re.IGNORECASE)
_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
WARNING: Final = (
    "These 24 check words tell the newsroom, before the files arrive, that they existed now. Whoever records them can "
    "later see which dossier they belong to, and sending them is itself visible. Send them only if that is safe for you."
)


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "seal",
        help="seal files for a newsroom and split them into parts to carry",
        description=(
            "Seal files and folders for a newsroom, offline, and split them so that any NEED of PARTS are enough. "
            "Nothing is written but the parts. Exit status 7: sealed, but something was left out."
        ),
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file or a folder")
    parser.add_argument("--for", dest="card", required=True, metavar="CARD", help="the newsroom's card (card.txt)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--out", metavar="OUT", help="the folder the parts go to; made where it is not there")
    where.add_argument(
        "--to",
        action="append",
        metavar="MEDIUM",
        help="a medium (its folder) that parts are written straight to, and read back from; once for each medium",
    )
    parser.add_argument("--parts", type=int, metavar="N", help="how many parts to make (else as the card advises)")
    parser.add_argument("--need", type=int, metavar="K", help="how many of them are enough (else as the card advises)")
    parser.add_argument("--part-size", metavar="SIZE", help="no part larger than this, for messengers: 20MB")
    parser.add_argument("--whole", action="store_true", help="one sealed file, not split")
    parser.add_argument("--note", metavar="FILE", help="a written note to put beside the files")
    parser.add_argument("--card-words", metavar="WORDS", help="the card's 12 words, as the newsroom told you them")
    parser.add_argument("--unchecked", action="store_true", help="do not read back what was written: faster, less sure")
    parser.add_argument(
        "--no-tiles",
        action="store_true",
        help="commit to whole files only: faster, but no part of a picture can be proven later",
    )
    parser.add_argument("--words", action="store_true", help="print the 24 check words to send ahead")
    parser.add_argument("--strict", action="store_true", help="refuse to seal if anything has to be left out")
    parser.add_argument("--force-expired", action="store_true", help="seal to a card whose time is over")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Seal to parts.

    Raises:
        UsageError: There is nothing to seal, or the counts cannot be.
        TrustError: The card is damaged, expired, or not the one whose words were given.
        LeftOutError: The work is done, but files were left out.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        no_core_dump()
    card = confirmed_card(args, console)
    found, left = disk.walk(args.paths)
    if not found and args.note is None:
        raise UsageError("seal-nothing", "there is nothing to seal", mend="Name files, or folders with files in them.")
    left_out = [LeftOut(name=one.name, reason=one.why) for one in left]
    for one in left_out:
        console.warn(f"left out: {shown(one.name)}: {one.reason}")
    if left and args.strict:
        raise _left_out(left_out, done=False)
    with contextlib.ExitStack() as stack:
        parts = None if args.no_tiles else stack.enter_context(committing.crewed(committing.photographs(found)))
        sealed, output = _seal(args, card, console, found, left_out, parts=parts)
    for one in sealed.left_out:
        if one in left_out:
            continue
        console.warn(f"left out: {shown(one.name)}: {one.reason}")
    output.give(console)
    if args.words and output.enough:
        console.say(WARNING)
        console.product(" ".join(words.check_words(sealed.announcement)))
        console.say(f"the same as digits: {words.digits(sealed.announcement)}")
    output.tell(console)
    if sealed.left_out:
        raise _left_out(list(sealed.left_out), done=True)


def _seal(
    args: argparse.Namespace,
    card: Card,
    console: Console,
    found: Sequence[disk.Found],
    left_out: list[LeftOut],
    *,
    parts: sealing.Begin | None,
) -> tuple[sealing.Sealed, Output]:
    """Seal what was found, and bring the parts where they belong."""
    total = sum(one.size for one in found)
    # Before anything shows progress: with threads at work no second process can be had.
    cut, output = _output(args, card, console, total)
    with output:
        with console.progress(total, "sealing") as meter:
            told = 0

            def progress(done: int) -> None:
                nonlocal told
                meter.advance(done - told)
                told = done

            sealed = sealing.seal(
                found,
                recipients=[recipients.read_recipient(word) for word in (*card.recipients, card.recovery) if word],
                entropy=SystemEntropy(),
                sink=output.sink,
                created=SystemClock().now(),
                note=_note(args.note),
                left_out=left_out,
                progress=progress,
                file_key=cut.file_key,
                parts=parts,
            )
        if args.strict and sealed.left_out:
            raise _left_out(list(sealed.left_out), done=False)
        with console.progress(sealed.plain_length * cut.total // cut.need, "reading back") as meter:
            output.settle(meter.advance)
    return sealed, output


def confirmed_card(args: argparse.Namespace, console: Console) -> Card:
    """
    Read the card that --for names, and have its 12 words confirmed.

    Raises:
        FormatError, TrustError, UsageError: It is none, it is not the one that was meant, its time is over.
    """
    try:
        raw = Path(args.card).read_bytes()
    except OSError as error:
        raise UsageError(
            "card-file", f"{shown(args.card)}: the card cannot be read: {error.strerror}", mend="Give the card's file."
        ) from error
    card = cards.read(raw)
    fingerprint = cards.fingerprint(raw)
    spoken = " ".join(words.card_words(fingerprint))
    console.say(f"this is the card of “{shown(card.name)}”; its 12 words are: {spoken}")
    if args.card_words is not None:
        if words.read_card_words(args.card_words) != fingerprint:
            raise TrustError(
                "card-words",
                "these are not the 12 words of this card",
                mend="Do not seal to it: get the card again, or ask the newsroom for the words.",
            )
    elif not console.yes("Are these the 12 words the newsroom gave you, by voice or on paper?"):
        raise TrustError("card-words", "the card was not confirmed", mend="Ask the newsroom for the 12 words first.")
    if not args.force_expired:
        cards.check_current(card, SystemClock().now())
    if card.strength != "post-quantum":
        console.warn("this newsroom's card has the older kind of key: what is recorded today may be read in decades")
    return card


def _note(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with disk.open_quietly(path) as stream:
            data = stream.read(MAX_NOTE + 1)
    except OSError as error:
        raise UsageError(
            "note-file", f"{shown(path)}: the note cannot be read: {error.strerror}", mend="Give a text file."
        ) from error
    if len(data) > MAX_NOTE:
        raise UsageError("note-large", "the note is larger than 16 MiB", mend="Seal it as a file instead.")
    return data


def _output(args: argparse.Namespace, card: Card, console: Console, total: int) -> tuple[Cut, Output]:
    """
    Choose how many parts there will be and where they go.

    Raises:
        UsageError: The counts cannot be.
    """
    entropy = SystemEntropy()
    media = [Path(folder) for folder in args.to or ()]
    need, parts = _counts(args, card, len(media))
    packet, volume = (0, None) if args.whole else _cut(total, need, _size(args.part_size))
    cut = Cut(
        need=need, total=parts, packet=packet, volume=volume, file_key=entropy.random(16), seed=entropy.random(32)
    )
    if media:
        size = part_length(total, need=need, packet_size=packet, tagged=True) * parts if packet else total * parts
        return cut, Media(cut, media, console, check=not args.unchecked, size=size)
    return cut, Output(cut, Path(args.out), entropy, check=not args.unchecked)


def _counts(args: argparse.Namespace, card: Card, media: int) -> tuple[int, int]:
    if args.whole:
        if args.parts or args.need or args.part_size:
            raise UsageError(
                "seal-whole", "--whole makes one file, not parts", mend="Leave out --parts, --need and --part-size."
            )
        return 1, max(1, media)
    need = args.need or (card.need if args.parts is None else 0)
    parts = args.parts or (max(card.parts, media) if args.need is None else 0)
    if not 1 <= need <= parts <= part.CAPACITY:
        raise UsageError(
            "seal-counts",
            f"any {need or '?'} of {parts or '?'} parts cannot be",
            mend=f"Give --need and --parts, at most {part.CAPACITY}: --need 3 --parts 5.",
        )
    if parts < media:
        raise UsageError(
            "seal-counts",
            f"{parts} parts are too few for {media} media",
            mend="Make at least one part for each medium: give more --parts.",
        )
    return need, parts


def _cut(total: int, need: int, part_size: int | None) -> tuple[int, int | None]:
    """Choose the length of packets, and how much ciphertext a volume holds (None: all of it)."""
    length = -(-total // need)
    packet = part.packet_size(min(length, part_size or length))
    return packet, part_size and split.volume_for(part_size, need=need, packet_size=packet, tagged=True)


def _size(word: str | None) -> int | None:
    if word is None:
        return None
    match = _SIZE.fullmatch(word.strip())
    if not match or not int(match[1]):
        raise UsageError("size", f"{word!r} is not a size", mend="Write it as 20MB or 700KB.")
    return int(match[1]) * _UNITS[(match[2] or "").lower()]


def _left_out(left: list[LeftOut], *, done: bool) -> LeftOutError:
    faults = tuple(Fault(code="seal-left-out", where=shown(one.name), what=one.reason, mend="") for one in left)
    if done:
        return LeftOutError(
            "seal-left-out",
            f"sealed, {len(left)} left out",
            mend="Bring those another way if they matter.",
            faults=faults,
        )
    return LeftOutError(
        "seal-strict",
        f"{len(left)} would be left out, and --strict was given; nothing was sealed",
        mend="Mend or move them, or leave out --strict.",
        faults=faults,
    )


def no_core_dump() -> None:
    """Keep a crash from writing keys to the disk."""
    if sys.platform == "win32" or os.name != "posix":
        return
    import resource  # noqa: PLC0415 -- Windows has none

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
