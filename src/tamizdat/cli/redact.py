"""``tamizdat redact``: write out a picture or text with parts hidden, and the proof that the rest is unchanged."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses

from pathlib import Path
from typing import Any, Final

from tamizdat.adapters.folder import Folder
from tamizdat.cli import deciding
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, shown
from tamizdat.newsroom import decisions, disclosures, redacting, sidecars
from tamizdat.newsroom.disclosure import Disclosure
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.redacting import Shown
from tamizdat.primitives import text
from tamizdat.primitives.errors import UsageError
from tamizdat.wire import sidecar


EXPORT: Final = "an export"
KIND: Final = "disclosure"
_MAX_WORDS: Final = 1 << 20

Box = tuple[int, int, int, int]


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "redact",
        help="write out an original with parts hidden, and the proof of the rest",
        description=(
            "Hide parts of a picture or text in the vault, and write the rest out with its proof. Shows first what was "
            "ever disclosed of it and what would newly be shown, and waits for as many persons as the card says. "
            "Boxes count in pixels of the upright picture; whole squares of 32 pixels are hidden. Asks for the passphrase."
        ),
    )
    parser.add_argument("object", metavar="PICTURE", help="the object's 16 signs, as `tamizdat objects` lists it")
    parser.add_argument(
        "--hide", action="append", default=[], metavar="X,Y,W,H", help="black out a box; may be repeated"
    )
    parser.add_argument("--crop", metavar="X,Y,W,H", help="keep this box only")
    parser.add_argument(
        "--disclose", default="", metavar="NAMES", help="show what the camera wrote: date,place,camera and others"
    )
    parser.add_argument(
        "--see-through", choices=["shown"], help="show what stands under see-through pixels too; else it is refused"
    )
    parser.add_argument(
        "--hide-words", action="append", default=[], metavar="PHRASE", help="of a text: hide a phrase wherever it stands"
        " (-: read phrases from standard input, one a line)",
    )  # fmt: skip
    parser.add_argument(
        "--hide-paragraph", action="append", default=[], type=int, metavar="N", help="of a text: hide a paragraph whole"
    )
    parser.add_argument("--again", action="store_true", help="open what an earlier disclosure hid, knowing that")
    deciding.add_options(parser)
    parser.add_argument("--to", default=".", metavar="DIR", help="the folder to write to (this one)")
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Show, decide, write.

    Raises:
        UsageError: It cannot be taken apart, or something asked for is not there.
        TrustError: It would open what was hidden before; it no longer is what was committed to.
        ShortError: More persons have to decide it.
    """
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        console.say(f"opening {args.object}, hiding, and checking what is left against what was committed to")
        made = _made(house, keys, args, console)
        target = _folder(args.to)
        at = str(target.resolve())
        before, added = _before(house, keys, made, at, again=args.again)
        lines = list(disclosures.report(before, made.told))
        for line in (*lines, *(f"note: {word}" for word in made.missed)):
            (console.warn if line.startswith("ATTENTION") else console.say)(line)
        disclosures.demand_again(
            before,
            made.told,
            again=args.again,
            mend="Hide it here as well; or, if that is what you mean, say --again, and have everybody decide on that.",
        )
        asked = _details(made, lines, again=args.again)
        decided = deciding.decided(house, keys, args, console, KIND, args.object, asked, at=at)
        beside = sidecars.make(house, keys, made.origin, made.proof, made.file)
        decisions.begin(house, decided, at)
        told = added or disclosures.append(house, keys, dataclasses.replace(made.told, by=decided.names))
        _write(made, beside, target, console)
        decisions.close(house, decided)
    console.say(f"line {told.number} of its ledger; decided by {', '.join(decided.names)}")


def _made(house: House, keys: Keys, args: argparse.Namespace, console: Console) -> Shown:
    phrases = [phrase for word in args.hide_words for phrase in (_typed(console) if word == "-" else [word])]
    if phrases or args.hide_paragraph:
        if args.hide or args.crop or args.disclose or args.see_through:
            raise UsageError(
                "redact-mixed",
                "boxes and metadata are of pictures, words and paragraphs are of texts",
                mend="Give the options of one kind.",
            )
        return redacting.of_text(house, keys, args.object, words=phrases, paragraphs=args.hide_paragraph, to=EXPORT)
    return redacting.of_picture(
        house,
        keys,
        args.object,
        hide=[_box("--hide", word) for word in args.hide],
        crop=_box("--crop", args.crop) if args.crop else None,
        disclose=[word for word in args.disclose.split(",") if word],
        see_through=bool(args.see_through),
        to=EXPORT,
    )


def _typed(console: Console) -> list[str]:
    lines = console.read_input(_MAX_WORDS).decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip()]


def _box(option: str, word: str) -> Box:
    with contextlib.suppress(ValueError):
        x, y, width, height = map(text.decimal, word.split(","))
        if width and height:
            return x, y, width, height
    raise UsageError(
        "redact-box",
        f"{option} {shown(word)} is no box",
        mend="Give left,top,width,height in pixels of the upright picture, as in 310,200,120,140.",
    )


def _folder(name: str) -> Path:
    """Find out now, and not when all is decided, whether anything can be written there."""
    target = Path(name)
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = target / ".tamizdat-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            "redact-folder",
            f"{shown(name)} cannot be written to: {error.strerror}",
            mend="Give another folder as --to.",
        ) from error
    return target


def _details(made: Shown, lines: list[str], *, again: bool) -> bytes:
    """Say in full what each person decides: what is hidden, what is newly shown, and what exactly comes out."""
    told = made.told
    asked = [
        f"object {told.object}",
        *(f"hide {word}" for word in told.hide),
        *([f"crop {told.crop}"] if told.crop else []),
        *([f"disclose {','.join(told.asked)}"] if told.asked else []),
        *(["again"] if again else []),
        *lines,
        f"file {told.file}",
    ]
    return "".join(f"{line}\n" for line in asked).encode()


def _before(
    house: House, keys: Keys, made: Shown, at: str, *, again: bool
) -> tuple[tuple[Disclosure, ...], Disclosure | None]:
    """Give the ledger as it was before this very command, and the line of it that a run which was cut off has added."""
    lines = disclosures.ledger(house, keys, made.told.object)
    if lines and lines[-1].file == made.told.file:
        asked = _details(made, list(disclosures.report(lines[:-1], made.told)), again=again)
        if decisions.is_begun(house, keys, KIND, made.told.object, asked, at):
            return lines[:-1], lines[-1]
    return lines, None


def _write(made: Shown, beside: bytes, target: Path, console: Console) -> None:
    """Write the file and its proof; the ledger knows of it already."""
    # Not the object's id: in a newsroom's folder that tells what else came with it, and when, without any key.
    name = f"{made.told.file[:16]}{made.suffix}"
    folder = Folder(target.absolute())
    folder.put(name, [made.file])
    folder.put(name + sidecar.SUFFIX, [beside])
    if sidecars.waits(beside):
        console.say(
            "its line on the public record waits for `tamizdat log tick`: until then the date is the newsroom's word; "
            "run this again after it"
        )
    console.say(
        f"wrote {shown(name)} ({len(made.file):,} bytes) and its proof ({len(beside):,} bytes): keep them together"
    )
    console.product(str(target / name))
