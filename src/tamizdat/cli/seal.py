"""``tamizdat seal``: seal files for a newsroom, offline, and split them into parts to carry."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys

from pathlib import Path
from typing import Any, Final, Self

from tamizdat.adapters import disk
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.carry import part, split
from tamizdat.cli.console import Console, shown
from tamizdat.field import sealing
from tamizdat.field.objects import LeftOut
from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, words
from tamizdat.primitives.age import recipients
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import Fault, LeftOutError, TrustError, UsageError


MAX_NOTE: Final = 16 << 20
UNFINISHED: Final = ".unfinished"
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
    parser.add_argument(
        "-o", "--out", required=True, metavar="OUT", help="the folder the parts go to; made where it is not there"
    )
    parser.add_argument("--parts", type=int, metavar="N", help="how many parts to make (else as the card advises)")
    parser.add_argument("--need", type=int, metavar="K", help="how many of them are enough (else as the card advises)")
    parser.add_argument("--part-size", metavar="SIZE", help="no part larger than this, for messengers: 20MB")
    parser.add_argument("--whole", action="store_true", help="one sealed file, not split")
    parser.add_argument("--note", metavar="FILE", help="a written note to put beside the files")
    parser.add_argument("--card-words", metavar="WORDS", help="the card's 12 words, as the newsroom told you them")
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
        _no_core_dump()
    card = _card(args, console)
    found, left = disk.walk(args.paths)
    if not found and args.note is None:
        raise UsageError("seal-nothing", "there is nothing to seal", mend="Name files, or folders with files in them.")
    left_out = [LeftOut(name=one.name, reason=one.why) for one in left]
    for one in left_out:
        console.warn(f"left out: {shown(one.name)}: {one.reason}")
    if left and args.strict:
        raise _left_out(left_out, done=False)
    out = Path(args.out)
    with _Output(out, args, card, sum(one.size for one in found)) as output:
        with console.progress(sum(one.size for one in found), "sealing") as meter:
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
                file_key=output.file_key,
            )
        if args.strict and sealed.left_out:
            raise _left_out(list(sealed.left_out), done=False)
        output.settle()
    for one in sealed.left_out:
        if one in left_out:
            continue
        console.warn(f"left out: {shown(one.name)}: {one.reason}")
    output.tell(console)
    if args.words:
        console.say(WARNING)
        console.product(" ".join(words.check_words(sealed.announcement)))
        console.say(f"the same as digits: {words.digits(sealed.announcement)}")
    if sealed.left_out:
        raise _left_out(list(sealed.left_out), done=True)


def _card(args: argparse.Namespace, console: Console) -> Card:
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


class _Output:
    """The parts on their way to the disk: all of them stay, or none does."""

    def __init__(self, folder: Path, args: argparse.Namespace, card: Card, total: int) -> None:
        self._folder = folder
        self._entropy = SystemEntropy()
        self._made: list[tuple[str, _File]] = []
        self._carriers: dict[int, list[Path]] = {}
        self._settled = False
        self.file_key = self._entropy.random(16)
        self._need = args.need or (card.need if args.parts is None else 0)
        self._parts = args.parts or (card.parts if args.need is None else 0)
        if args.whole and (args.parts or args.need or args.part_size):
            raise UsageError(
                "seal-whole", "--whole makes one file, not parts", mend="Leave out --parts, --need and --part-size."
            )
        if not args.whole and not 1 <= self._need <= self._parts <= part.CAPACITY:
            raise UsageError(
                "seal-counts",
                f"any {self._need or '?'} of {self._parts or '?'} parts cannot be",
                mend=f"Give --need and --parts, at most {part.CAPACITY}: --need 3 --parts 5.",
            )
        self._whole = bool(args.whole)
        packet, volume = (0, None) if self._whole else _cut(total, self._need, _size(args.part_size))
        self._fresh_folder = not folder.exists()
        place = Path(os.path.abspath(folder))  # noqa: PTH100 -- resolve() would follow links
        self._stage = place.with_name(f".{place.name}{UNFINISHED}") if self._fresh_folder else place / UNFINISHED
        _remove(self._stage)  # what a killed run left
        self._stage.mkdir(mode=0o700, parents=True)
        if self._whole:
            self.sink: Any = self._open(0, 0)
        else:
            self.sink = split.Splitter(
                self._open,
                need=self._need,
                total=self._parts,
                set_id=self._entropy.random(16),
                tag_key=digest.part_tag_key(self.file_key),
                packet_size=packet,
                volume_length=volume,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._settled:
            return
        for made in self._made:
            made[1].abandon()
        with contextlib.suppress(OSError):
            _remove(self._stage)

    def _open(self, index: int, volume: int) -> _File:  # noqa: ARG002 -- the splitter's contract
        name = self._entropy.random(6).hex()
        stream = _File(self._stage / name)
        self._made.append((name, stream))
        self._carriers.setdefault(index, []).append(self._folder / name)
        return stream

    def settle(self) -> None:
        """Bring every part to the medium, and only then give them their places."""
        try:
            self.sink.close()
            disk.sync_folder(self._stage)
            if self._fresh_folder:
                self._stage.rename(self._folder)
                disk.sync_folder(self._stage.parent)
            else:
                for name, _ in self._made:
                    (self._stage / name).rename(self._folder / name)
                self._stage.rmdir()
                disk.sync_folder(self._folder)
        except OSError as error:
            raise disk.failure(self._folder, error) from error
        self._settled = True

    def tell(self, console: Console) -> None:
        """Say what to do with the parts; their paths are the product."""
        for index in sorted(self._carriers):
            for path in self._carriers[index]:
                console.product(str(path))
        count = len(self._made)
        if self._whole:
            console.say("sealed into one file; only the newsroom can open it")
        elif len(self._carriers) == count:
            console.say(f"sealed into {count} parts; any {self._need} of them are enough. Send each by another way.")
        else:
            for index, paths in sorted(self._carriers.items()):
                console.say(f"way {index + 1}: " + " ".join(path.name for path in paths))
            console.say(
                f"sealed into {count} files for {self._parts} ways; what goes by any {self._need} of the ways is enough."
            )


class _File:
    """One part on its way to the medium: when it is closed, it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = disk.new_file(path)

    def write(self, data: bytes | memoryview) -> int:
        """Take all of *data*."""
        try:
            return self._stream.write(data)
        except OSError as error:
            raise disk.failure(self._path, error) from error

    def close(self) -> None:
        """Bring it to the medium."""
        try:
            disk.settle(self._stream)
        except OSError as error:
            raise disk.failure(self._path, error) from error

    def abandon(self) -> None:
        """Close it without a care for what is in it."""
        with contextlib.suppress(OSError):
            self._stream.close()


def _remove(stage: Path) -> None:
    if stage.is_dir() and not stage.is_symlink():
        for path in stage.iterdir():
            path.unlink()
        stage.rmdir()


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


def _no_core_dump() -> None:
    """Keep a crash from writing keys to the disk."""
    if sys.platform == "win32" or os.name != "posix":
        return
    import resource  # noqa: PLC0415 -- Windows has none

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
