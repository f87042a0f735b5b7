"""The reading side of ``tamizdat sheet``: pictures in, parts, cards and announcements out, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tamizdat.adapters import disk, scanner
from tamizdat.carry import part, sheet
from tamizdat.cli import parts, phrases
from tamizdat.cli.console import Console, shown
from tamizdat.primitives import card as cards
from tamizdat.primitives import words
from tamizdat.primitives.errors import Fault, FormatError, ShortError, TamizdatError


_MOST_TEXT: Final = 1 << 20
_KINDS: Final = {sheet.Block: "of a package", sheet.Piece: "of a card", sheet.Announcement: "with an announcement"}


def run(names: list[str], folder: Path, console: Console) -> None:
    """
    Read pictures of sheets; what earlier pictures gave, in *folder*, is counted too.

    Raises:
        ShortError: A package or a card is not whole yet; what was read is kept.
        FormatError, TrustError: There is nothing of ours in any of the pictures, or a card is damaged or was altered.
    """
    gathered = sheet.Gathered()
    _recall(folder, gathered)
    ours = 0
    for path in parts.files(names):
        try:
            ours += _picture(path, gathered, console)
        except TamizdatError as error:
            console.warn(f"{error}. {error.mend}")
    if not ours:
        raise FormatError(
            "sheet-none",
            "no square of a sheet could be read in any of these",
            mend="Photograph each sheet again: all of it, flat, sharp, in even light, or scan it at 300 dots to the inch.",
        )
    _write_parts(folder, gathered, console)
    errors = [*_tell_cards(folder, gathered, console), *_tell_packages(folder, gathered, console)]
    for value in gathered.announcements:
        console.product(" ".join(words.check_words(value)))
        console.say(f"an announcement; the same as digits: {words.digits(value)}")
    if len(errors) > 1:
        first = errors[0]
        told = tuple(
            Fault(code=one.code, where=str(n), what=str(one), mend=one.mend) for n, one in enumerate(errors, 1)
        )
        raise type(first)(first.code, f"{len(errors)} of these are not whole", mend=first.mend, faults=told)
    if errors:
        raise errors[0]


def _picture(path: Path, gathered: sheet.Gathered, console: Console) -> int:
    """Read one picture, or the text that another reader wrote, a square a line; say what was in it."""
    name = shown(path.name)
    with disk.failing(path), disk.open_quietly(path) as stream:
        head = stream.read(_MOST_TEXT)
        stream.seek(0)
        if sheet.is_text(head):
            found = set(sheet.lines(head))
            _enough(found, gathered)
        else:
            found = scanner.read(stream, name, lambda codes: _enough(codes, gathered))
    squares: list[sheet.Square] = []
    for content in found:
        try:
            squares.append(sheet.read(content))
        except FormatError as error:
            console.warn(f"{name}: {error}")
    console.say(f"{name}: {_counted(squares)}")
    return len(squares)


def _enough(contents: set[bytes], gathered: sheet.Gathered) -> bool:
    for content in contents:
        try:
            gathered.take(content)
        except FormatError:
            continue
    return gathered.whole(contents)


def _counted(squares: list[sheet.Square]) -> str:
    told = [
        f"{phrases.counted(count, 'square')} {what}"
        for kind, what in _KINDS.items()
        if (count := sum(isinstance(square, kind) for square in squares))
    ]
    sheets = {square.header.index + 1 for square in squares if isinstance(square, sheet.Block)}
    where = f" ({phrases.listed('sheet', sheets)})" if sheets else ""
    return f"{phrases.joined(told)}{where}" if told else "no square of a sheet"


def _tell_packages(folder: Path, gathered: sheet.Gathered, console: Console) -> Iterator[TamizdatError]:
    for finding in gathered.findings():
        package = f"package {finding.set_id.hex()[:8]}"
        for one in finding.sheets:
            of = f" of {finding.squares}" if finding.squares else ""
            torn = f"; not read: {phrases.listed('square', one.torn)}" if one.torn else ""
            console.say(f"{package}, sheet {one.sheet}: {one.read}{of} squares read{torn}")
        enough = f"any {phrases.counted(finding.need, 'sheet')} of it {'are' if finding.need > 1 else 'is'} enough"
        if finding.more:
            yield ShortError(
                "sheet-short",
                f"{package}: {enough}, and {finding.more} more {'is' if finding.more == 1 else 'are'} needed",
                mend="Read another sheet into the same folder, or photograph again those of which squares were not read.",
            )
        else:
            console.say(f"{package}: whole ({enough}). Now: tamizdat join {shown(str(folder))} -o X.age")


def _tell_cards(folder: Path, gathered: sheet.Gathered, console: Console) -> Iterator[TamizdatError]:
    for digits, raw, missing in gathered.cards():
        if raw is None:
            what = f"missing is {phrases.listed('piece', missing)}" if missing else "its pieces do not belong together"
            yield ShortError("sheet-card", f"card {digits}: not whole: {what}", mend="Photograph its sheet again.")
            continue
        try:
            card = cards.read(raw)
        except TamizdatError as error:
            yield error
            continue
        path = folder / "card.txt"
        if path.exists() and path.read_bytes() != raw:
            path = folder / f"card-{digits}.txt"
        if not path.exists():
            _make(folder)
            with disk.writing(path) as stream:
                stream.write(raw)
        console.product(str(path))
        spoken = " ".join(words.card_words(cards.fingerprint(raw)))
        console.say(f"this is the card of “{shown(card.name)}”; its 12 words are: {spoken}")


def _make(folder: Path) -> None:
    with disk.failing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _recall(folder: Path, gathered: sheet.Gathered) -> None:
    """Take what an earlier run read into this folder."""
    for path in sorted(folder.glob("sheet-*.part")) if folder.is_dir() else ():
        with disk.failing(path), disk.open_quietly(path) as stream:
            while packet := stream.read(part.PAPER):
                if len(packet) == part.PAPER:
                    _enough({sheet.encode(packet).encode("ascii")}, gathered)


def _write_parts(folder: Path, gathered: sheet.Gathered, console: Console) -> None:
    for finding in gathered.findings():
        seen: dict[int, int] = {}
        for index, raw in gathered.parts(finding.set_id):
            seen[index] = seen.get(index, 0) + 1
            again = f"-{seen[index]}" if seen[index] > 1 else ""
            path = folder / f"sheet-{finding.set_id.hex()[:8]}-{index + 1:03d}{again}.part"
            _make(folder)
            with disk.failing(path):
                if not path.exists() or path.read_bytes() != raw:
                    fresh = path.with_suffix(".new")
                    fresh.unlink(missing_ok=True)
                    with disk.writing(fresh) as stream:
                        stream.write(raw)
                    fresh.replace(path)
            console.product(str(path))
