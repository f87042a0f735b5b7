"""
`python -m bench.carry`: measure, print tables, and write them into docs/performance.md beside a plot.

`--quick` is a small tree and two rounds, and writes nothing. `--profile` says where the seconds go. `--large` is the 20 GB dossier.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.carry import contenders, large, machine, report, stages, tree
from bench.carry.course import MASK, ROOT, Course, Results, damaged, say


PAGE: Final = ROOT / "docs" / "performance.md"
MIB: Final = 1 << 20
LARGE: Final = 20  # GB
PHOTOGRAPHS: Final = 24
PICTURE: Final = (
    "![Bars of the seconds each command takes, in memory and on disk: the medians of the tables below, ours dark.]"
    "(performance/carry.svg)"
)
MEMORY, DISK = "in memory", "on disk"
SEALING: Final = (
    contenders.CP, contenders.TAR_AGE, contenders.ZFEC, contenders.RESTIC, contenders.BORG,
    contenders.SEAL_UNCHECKED, contenders.SEAL_3_5,
)  # fmt: skip
BOUNDS: Final = {contenders.SEAL_170_238.name: 300}


@dataclasses.dataclass(slots=True, kw_only=True)
class Book:
    """Everything that was measured."""

    size: int
    sealing: dict[str, Results] = dataclasses.field(default_factory=dict)
    opening: dict[str, Results] = dataclasses.field(default_factory=dict)
    core: Results = dataclasses.field(default_factory=dict)
    small: Results = dataclasses.field(default_factory=dict)
    small_size: int = 0
    whole_par2: Results = dataclasses.field(default_factory=dict)
    masked: Results = dataclasses.field(default_factory=dict)
    counts: Results = dataclasses.field(default_factory=dict)
    stages: str = ""
    photos: Results = dataclasses.field(default_factory=dict)
    photo_size: int = 0


def main() -> None:
    """Do what the options say."""
    args = _arguments()
    if args.large:
        text = large.run(args.disk / "tamizdat-bench-large", args.large_size)
        print(text)
        if args.large_size == LARGE:
            report.put(PAGE, "python -m bench.carry --large", text)
    elif args.photographs:
        book = Book(size=MIB)
        _photographs(book, args)
        print(_photographs_text(book))
    elif args.profile:
        with course(args.memory, args.size * MIB, flush=False) as place:
            print(stages.profile(place))
    else:
        _bench(args)


def _bench(args: argparse.Namespace) -> None:
    begin = time.monotonic()
    book = Book(size=args.size * MIB, small_size=args.par2_size * MIB)
    rounds = args.rounds
    for setting, home in ((MEMORY, args.memory), (DISK, args.disk)):
        count = rounds if setting == MEMORY else max(2, rounds - 2)
        with course(home, book.size, flush=setting == DISK) as place:
            say(f"== sealing {setting}")
            book.sealing[setting] = place.rounds(SEALING, count)
            book.opening[setting] = _opening(place, count, check=setting == MEMORY)
            if setting == MEMORY:
                book.core = _core(place, count)
                book.masked = _masked(place, 3)
                say("== each stage alone")
                book.stages = stages.alone(place)
            else:
                say("== other counts of parts, for their memory")
                book.counts = place.rounds((contenders.SEAL_10_14, contenders.SEAL_170_238), 1)
                if args.whole_par2:
                    say("== par2 on the whole tree, once: minutes")
                    book.whole_par2 = place.rounds(
                        (contenders.SEAL_UNCHECKED, contenders.PAR2), 1, watch=False, warm=False
                    )
    with course(args.memory, book.small_size, flush=False) as place:
        say(f"== against par2, on {args.par2_size} MiB")
        book.small = place.rounds((contenders.SEAL_UNCHECKED, contenders.PAR2), 2)
    _photographs(book, args)
    text = _text(book, args)
    print(text)
    say(f"done in {(time.monotonic() - begin) / 60:.0f} minutes")
    if not args.quick:
        report.plot(ROOT / "docs/performance/carry.svg", _panels(book), book.size)
        report.put(PAGE, "make bench", text)
        say("docs/performance.md and docs/performance/carry.svg are written")


@contextmanager
def course(home: Path, size: int, *, flush: bool) -> Iterator[Course]:
    """Make a place to measure in, and remove it."""
    place = Course(home / "tamizdat-bench", size, flush=flush)
    try:
        yield place
    finally:
        place.close()


def _opening(place: Course, count: int, *, check: bool) -> Results:
    say("== opening")
    parts = place.prepare_opening()
    # What is damaged is damaged for one command alone; rounds are kept in step by hand.
    whole = (contenders.UNTAR, contenders.OPEN_ALL, contenders.OPEN_TWO)
    results = place.rounds(whole, 0, check=check)
    with damaged(parts, 3):
        results |= place.rounds((contenders.OPEN_DAMAGED,), 0, check=check)
    for _ in range(count):
        more = place.rounds(whole, 1, warm=False)
        with damaged(parts, 3):
            more |= place.rounds((contenders.OPEN_DAMAGED,), 1, warm=False)
        for name in results.keys() & more.keys():
            results[name].runs += more[name].runs
    return results


def _core(place: Course, count: int) -> Results:
    say("== the age core, one file to nowhere")
    one = place.home / "one"
    with one.open("wb") as stream:
        for path in sorted((place.home / "tree").rglob("*.JPG")):
            stream.write(path.read_bytes())
    place.env["FILE"] = str(one)
    found = place.rounds(contenders.CORE, count)
    one.unlink()
    return found


def _masked(place: Course, count: int) -> Results:
    say("== sealing with SHA-NI and AVX-512 masked")
    place.env["OPENSSL_ia32cap"] = MASK
    try:
        return place.rounds((contenders.SEAL_UNCHECKED, stages.NOWHERE), count, watch=False)
    finally:
        del place.env["OPENSSL_ia32cap"]


def _photographs(book: Book, args: argparse.Namespace) -> None:
    say("== photographs, with and without being committed to by parts")
    with course(args.memory, MIB, flush=False) as place:
        book.photo_size = tree.photographs(place.home / "photos", PHOTOGRAPHS)
        place.env["PHOTOS"] = str(place.home / "photos")
        book.photos = place.rounds(contenders.PHOTOS, args.rounds)


def _photographs_text(book: Book) -> str:
    title = f"### Photographs: {PHOTOGRAPHS} of 12 megapixels, {book.photo_size / 1e6:.0f} MB, in memory"
    return f"{title}\n\n{report.table(book.photos, contenders.PHOTOS[1].name)}"


def _panels(book: Book) -> dict[str, Results]:
    return {setting: book.sealing[setting] | book.opening[setting] for setting in book.sealing}


def _text(book: Book, args: argparse.Namespace) -> str:
    settings = {
        MEMORY: [book.sealing[MEMORY], book.opening[MEMORY], book.core, book.small],
        DISK: [book.sealing[DISK], book.opening[DISK], book.whole_par2],
    }
    pieces = ["### The machine", "\n".join(f"- {line}" for line in machine.describe(args.disk))]
    tree = f"{book.size / 1e9:.2f} GB of incompressible data in 200 files"
    pieces += [f"{tree}; {args.rounds} rounds in memory, {max(2, args.rounds - 2)} on disk.", "### Goals"]
    pieces += [report.goals(settings), _memory_goals(book), _masked_text(book)]
    pieces += [PICTURE]
    for setting in (MEMORY, DISK):
        pieces += [f"### Sealing, {setting}", report.table(book.sealing[setting], contenders.SEAL_UNCHECKED.name)]
        pieces += [f"### Opening, {setting}", report.table(book.opening[setting], contenders.OPEN_TWO.name)]
    pieces += ["### The age core, one file to nowhere", report.table(book.core)]
    pieces += [
        f"### Against par2, {book.small_size / 1e6:.0f} MB, in memory",
        report.table(book.small, contenders.SEAL_UNCHECKED.name),
    ]
    if book.whole_par2:
        pieces += [
            f"### Against par2, {book.size / 1e9:.2f} GB, on disk, one run",
            report.table(book.whole_par2, contenders.SEAL_UNCHECKED.name),
        ]
    pieces += [_photographs_text(book)]
    pieces += ["### Other counts of parts, on disk, one run", report.table(book.counts)]
    pieces += ["### Each stage alone", book.stages]
    return "\n\n".join(pieces)


def _memory_goals(book: Book) -> str:
    lines = ["| goal: memory of all processes together | bound, MiB | measured, MiB | met |", "|---|---|---|---|"]
    fields = [*book.sealing.values(), *book.opening.values(), book.counts]
    worst: dict[str, int] = {}
    for result in (one for field in fields for one in field.values() if one.contender.ours):
        worst[result.contender.name] = max(worst.get(result.contender.name, 0), result.peak)
    for name, peak in worst.items():
        bound = BOUNDS.get(name, 128)
        lines.append(f"| `{name}` | {bound} | {peak / MIB:.0f} | {'yes' if peak <= bound * MIB else 'no'} |")
    return "\n".join(lines)


def _masked_text(book: Book) -> str:
    lines = [
        "| goal: with SHA-NI and AVX-512 masked (for OpenSSL) | bound | median (best) | met |",
        "|---|---|---|---|",
    ]
    for result in book.masked.values():
        walls = [one.wall for one in result.runs]
        speed, best = book.size / statistics.median(walls) / 1e6, book.size / min(walls) / 1e6
        met = "yes" if speed >= 400 else "in the best round only" if best >= 400 else "no"
        bound = "400 MB/s" if result.contender is stages.NOWHERE else ""
        lines.append(
            f"| `{result.contender.name}` | {bound} | {speed:.0f} ({best:.0f}) MB/s | {met if bound else ''} |"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.carry", description=__doc__)
    parser.add_argument("--size", type=int, metavar="MIB", help="the tree, in MiB (1024; with --quick 128)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds in memory (5; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="a short look: nothing is written to docs/")
    parser.add_argument("--profile", action="store_true", help="say where the seconds of sealing and opening go")
    parser.add_argument("--photographs", action="store_true", help="the price of committing to photographs, by itself")
    parser.add_argument("--large", action="store_true", help="seal and open a dossier of 20 GB; needs 60 GB of disk")
    parser.add_argument("--large-size", type=int, default=LARGE, metavar="GB", help=argparse.SUPPRESS)
    parser.add_argument("--memory", type=Path, default=Path("/dev/shm"), metavar="DIR", help="a tmpfs")  # noqa: S108
    parser.add_argument("--disk", type=Path, default=Path("/var/tmp"), metavar="DIR", help="a disk")  # noqa: S108
    args = parser.parse_args()
    args.size = args.size or (128 if args.quick or args.profile else 1024)
    args.rounds = args.rounds or (2 if args.quick else 5)
    args.par2_size = 4 if args.quick else 128
    args.whole_par2 = not args.quick
    return args


if __name__ == "__main__":
    main()
