"""``tamizdat mint``: make more parts of a dossier that was split before, from enough of its parts or from all of it."""

from __future__ import annotations

import argparse
import contextlib

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from tamizdat.adapters import disk
from tamizdat.adapters.machine import SystemEntropy
from tamizdat.adapters.medium import NewFile
from tamizdat.adapters.stage import Stage
from tamizdat.carry import mint, part, readback
from tamizdat.carry.join import Joiner
from tamizdat.carry.part import Layout, Shape
from tamizdat.carry.survey import Survey
from tamizdat.cli import open as opening
from tamizdat.cli import parts
from tamizdat.cli.console import Console, shown
from tamizdat.cli.meters import Meter
from tamizdat.cli.phrases import counted, listed
from tamizdat.primitives import digest
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import AdapterError, FormatError, UsageError


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "mint",
        help="make more parts later",
        description=(
            "Make more parts that join with the old ones: from any parts that are enough, damaged or not, or from the "
            "sealed file and one part (--like). No key is needed; with the key (-i) they are tagged as the originals are."
        ),
    )
    parser.add_argument(
        "sources", nargs="+", metavar="PART|X.age", help="enough parts, or folders of them; or the sealed file"
    )
    parser.add_argument(
        "-o", "--out", required=True, metavar="OUT", help="the folder the new parts go to; made where it is not there"
    )
    parser.add_argument("--like", metavar="PART", nargs="+", help="with the sealed file: one part of the set, or more")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--more", type=int, default=None, metavar="N", help="how many to make (else 1)")
    which.add_argument(
        "--index", type=int, nargs="+", metavar="NUMBER", help="these very parts, by number from 1 to 255"
    )
    parser.add_argument(
        "--from", dest="first", type=int, metavar="NUMBER", help="number them from here, where you know which exist"
    )
    parser.add_argument(
        "-i", "--identity", metavar="KEY", help="the newsroom's key: tag the parts as the originals are"
    )
    parser.add_argument("--passphrase-file", metavar="FILE", help="a file whose first line is the key's passphrase")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Mint parts: all of them stay, or none.

    Raises:
        UsageError: The numbers cannot be. ShortError: The parts at hand are not enough.
        FormatError: The sealed file and the part do not belong together.
    """
    if args.first is not None and args.index:
        raise UsageError("mint-counts", "--from and --index exclude each other", mend="Give one of the two.")
    with contextlib.ExitStack() as stack:
        source, survey, layout, tag_key = _source(args, console, stack)
        wanted = _wanted(args, survey)
        tagged = " and tagged" if tag_key else ""
        with _Fresh(Path(args.out), source.shape) as fresh:
            amount = source.count * source.shape.packet * len(wanted)
            with console.progress(amount, "minting") as meter:
                volumes = mint.mint(source, wanted, fresh.open, layout=layout, tag_key=tag_key, progress=meter.advance)
            with console.progress(fresh.length, "reading back") as meter:
                fresh.settle(meter)
    for path in fresh.paths:
        console.product(str(path))
    _tell(console, survey, wanted, volumes, tagged)


def _tell(console: Console, survey: Survey, wanted: Sequence[int], volumes: int, tagged: str) -> None:
    numbers = [index + 1 for index in wanted]
    again = [number for number in numbers if number in survey.present]
    if again:
        console.say(f"{listed('part', again)} was made anew: it counts once, beside the one that is here")
    files = "" if volumes == 1 else f", in {counted(len(wanted) * volumes, 'file')}"
    console.say(
        f"minted{tagged} and read back: {listed('part', numbers)}{files}; with any of the others, "
        f"{counted(survey.need, 'part')} together {'is' if survey.need == 1 else 'are'} enough"
    )
    console.say(
        "how many parts exist stands nowhere: if somebody else mints the same numbers, those parts are equal, "
        "and two equal parts count as one"
    )


def _source(
    args: argparse.Namespace, console: Console, stack: contextlib.ExitStack
) -> tuple[mint.Source, Survey, Layout, bytes | None]:
    """Open what is minted from; give it with the survey of the parts at hand."""
    paths = parts.files(args.like or args.sources)
    streams = stack.enter_context(parts.opened(paths))
    names = [shown(path.name) for path in paths]
    amount = sum(path.stat().st_size for path in paths)
    joiner = stack.enter_context(contextlib.closing(Joiner(streams, names)))
    with console.progress(amount, "checking") as meter:
        survey = joiner.survey(meter.advance)
    sealed = stack.enter_context(_sealed(args.sources)) if args.like else None
    if sealed is None:
        survey.require()
    tag_key = _tag_key(args, console, sealed or joiner.open(), tagged=survey.tagged) if args.identity else None
    if tag_key is not None:
        joiner = Joiner(streams, names, tag_key=tag_key)  # what is forged is passed over now
        stack.callback(joiner.close)
        survey = joiner.survey()
        if sealed is None:
            survey.require()
    rows = joiner.rows()
    layout = Layout(total=mint.announced(streams, rows.shape), volume_stripes=survey.volume_rows)
    if sealed is not None:
        return mint.FromDossier(sealed, rows), survey, layout, tag_key
    return mint.FromParts(rows), survey, layout, tag_key


@contextlib.contextmanager
def _sealed(names: list[str]) -> Iterator[BinaryIO]:
    if len(names) != 1:
        raise UsageError("mint-sealed", "--like goes with one sealed file", mend="Give X.age --like PART.")
    with parts.opened(parts.files(names)) as streams:
        yield streams[0]


def _tag_key(args: argparse.Namespace, console: Console, sealed: BinaryIO, *, tagged: bool) -> bytes | None:
    if not tagged:
        console.say("the parts of this set have no tags, so the key changes nothing")
        return None
    identities = opening.read_identities(args, console)
    sealed.seek(0)
    return digest.part_tag_key(age.Reader(sealed, identities).file_key)


def _wanted(args: argparse.Namespace, survey: Survey) -> list[int]:
    if args.index:
        wrong = [number for number in args.index if not 1 <= number <= part.CAPACITY]
        if wrong or len(set(args.index)) != len(args.index):
            raise UsageError(
                "mint-counts",
                f"parts {', '.join(map(str, args.index))} cannot be",
                mend=f"Give different numbers from 1 to {part.CAPACITY}.",
            )
        return sorted(number - 1 for number in args.index)
    first = None if args.first is None else max(0, args.first - 1)
    present = [number - 1 for number in survey.present]
    return mint.choose(present, 1 if args.more is None else args.more, SystemEntropy(), first=first)


class _Fresh:
    """New files with random names that have their places all together or not at all."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._folder = folder
        self._shape = shape
        self._entropy = SystemEntropy()
        self._made: list[_File] = []
        self._settled = False
        with disk.failing(folder):
            self._stage = Stage(folder, self._entropy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._settled:
            for file in self._made:
                file.new.remove()
            self._stage.remove()

    @property
    def paths(self) -> list[Path]:
        """Where the files are once they are settled."""
        return [self._folder / made.new.path.name for made in self._made]

    @property
    def length(self) -> int:
        """How many bytes were written."""
        return sum(made.new.length for made in self._made)

    def open(self, index: int, volume: int) -> _File:
        """Begin a part; its name tells nothing."""
        with disk.failing(self._folder):
            made = _File(NewFile(self._stage.path / self._entropy.random(6).hex()), (index, volume))
        self._made.append(made)
        return made

    def settle(self, meter: Meter) -> None:
        """
        Read every file back, and only then give it its place.

        Raises:
            AdapterError: The medium failed, or does not give back what was written.
        """
        with disk.failing(self._folder):
            for made in self._made:
                try:
                    with made.new.reading() as stream:
                        readback.prove(stream, self._shape, made.place, made.new.length, meter.advance)
                except FormatError as error:
                    raise AdapterError(
                        "medium-false",
                        f"{shown(str(self._folder))}: what was read back is not what was written",
                        mend="Do not trust this disk: take another.",
                    ) from error
            self._stage.settle([path.name for path in self.paths])
        self._settled = True


class _File:
    """One part on its way: a `split.Sink`."""

    def __init__(self, new: NewFile, place: tuple[int, int]) -> None:
        self.new = new
        self.place = place

    def write(self, data: memoryview) -> None:
        """Take all of *data*."""
        with disk.failing(self.new.path.parent.parent):
            self.new.write(data)

    def close(self) -> None:
        """Bring it to the medium."""
        with disk.failing(self.new.path.parent.parent):
            self.new.settle()
