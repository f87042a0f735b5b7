"""``tamizdat plan``: how many parts of what size for which carriers, and what is lost when which fail. It writes NOTHING."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex

from collections.abc import Iterator
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.carry import plan
from tamizdat.carry.plan import Carriers, Load, Plan
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import amount, counted, joined, listed, read_amount
from tamizdat.field import layout, padme
from tamizdat.primitives.errors import UsageError


_CARRIERS: Final = re.compile(r"\s*([0-9]{1,5})\s+(.+?)(?:\s+of\s+(.+?))?(?:\s+each)?\s*")
_LIMITED: Final = frozenset({"message", "mail", "email", "e-mail", "letter"})
_PAPER: Final = frozenset({"sheet", "page"})
SHEET: Final = 12 * 944  # bytes on a sheet of paper: docs/spec/sheet.md, "Limits"
MOST_SHEETS: Final = 40
_TESTIMONY: Final = 14_000  # what a small package has besides its files
_NAMED: Final = 8  # media that are named one by one
_HEADER: Final = 4096  # an age header for a newsroom and its recovery key, and room
_LISTING: Final = 8192  # what the list of files begins with
_EACH: Final = 600  # what a file adds to the lists, its name included
_CHUNK: Final = 1 << 16  # age seals so many bytes at a time, and adds 16 to them


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "plan",
        help="say how many parts to make for which carriers, and what may be lost",
        description=(
            "Say how many parts of what size to make for the carriers you have, what is lost when which of them fail, "
            "and the command that does it. Nothing is written."
        ),
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what will be sealed: it is measured, and not read")
    parser.add_argument("--size", metavar="SIZE", help="instead of PATH: how much it is: 4GB")
    parser.add_argument(
        "--carrier",
        action="append",
        required=True,
        metavar='"COUNT NAME [of SIZE]"',
        help='"3 sticks", "40 messages of 20MB"; once for each kind',
    )
    parser.add_argument(
        "--survive", type=int, metavar="COUNT", help="how many carriers, whichever they are, may be lost"
    )
    parser.add_argument("--loss", metavar="PERCENT", help="your own guess how likely one carrier is lost: 10%%")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Plan.

    Raises:
        UsageError: The words cannot be read, or it cannot be done with these carriers.
    """
    carriers = [_carriers(word) for word in args.carrier]
    loss = None if args.loss is None else _loss(args.loss)
    if args.survive is not None and args.survive < 0:
        raise UsageError("plan-survive", f"{args.survive} carriers cannot be lost", mend="Give 0 or more.")
    data, sealed = _lengths(args)
    sheets = sum(one.count for one in carriers if _is_paper(one))
    carriers = [one for one in carriers if not _is_paper(one)]
    if sheets and not carriers:
        _on_paper(args, console, data, sheets)
        return
    if sheets:
        console.warn(
            f"not used: {counted(sheets, 'sheet')} of paper: {amount(sheets * SHEET)} at most; on paper a testimony goes "
            "by itself: tamizdat sheet FILE --for card.txt -o sheets.pdf"
        )
    made = plan.make(sealed, carriers, survive=args.survive, data=data)
    for line in _lines(made, data, loss, args):
        console.product(line)
    for idle, why in made.idle:
        console.warn(f"not used: {_kind(idle)}: {why}")
    console.say(f"planned; any {made.need} of {counted(made.total, 'part')} will be enough")


def _lines(made: Plan, data: int, loss: float | None, args: argparse.Namespace) -> Iterator[str]:
    yield f"to carry: {amount(data)}; sealed and padded about {amount(made.sealed)}"
    files = f", in {counted(made.volumes, 'file')} of at most {amount(made.file_length)}" if made.volumes > 1 else ""
    yield f"split: {counted(made.total, 'part')}, any {made.need} of them enough; each {amount(made.part_length)}{files}"
    yield f"together: {amount(made.written)}, {made.written / made.sealed:.2f} times the sealed file"
    yield ""
    yield "who takes what"
    yield from _shares(made)
    yield ""
    yield "what may be lost"
    yield from _losses(made)
    if loss is not None:
        yield f"  your assumption: each carrier is lost with a chance of {loss * 100:g} %, and not because others are;"
        yield f"  then all of it arrives with a chance of {_likely(made.chance(loss))}, and otherwise nothing can be read"
    yield ""
    yield "then run"
    paths = " ".join(shlex.quote(path) for path in args.paths) or "DCIM"
    most = made.part_size or _bound(made)
    size = f" --part-size {_spelled(most)}" if most else ""
    counts = f"--need {made.need} --parts {made.total}{size}"
    yield f"  tamizdat seal {paths} --for card.txt -o parts {counts}"
    used = sum(load.used for load in made.loads)
    if made.alike and 1 < used <= _NAMED and made.volumes == 1:
        yield "or, straight onto them, each with its own folder in place of MEDIUM"
        yield f"  tamizdat seal {paths} --for card.txt {' '.join(['--to MEDIUM'] * used)} {counts}"


def _on_paper(args: argparse.Namespace, console: Console, data: int, sheets: int) -> None:
    """Plan for paper alone, where each sheet is a part."""
    sealed = _HEADER + padme.power(data + _TESTIMONY)
    need = -(-sealed // SHEET)
    total = sheets if args.survive is None else min(sheets, need + args.survive)
    if need > total or total > MOST_SHEETS or (args.survive or 0) > total - need:
        raise UsageError(
            "plan-small",
            f"{counted(sheets, 'sheet')} of paper {'holds' if sheets == 1 else 'hold'} {sheets * SHEET:,} bytes, and "
            f"about {sealed:,} are to be carried: {counted(need, 'sheet')}, and more for each that may be lost",
            mend=f"Take more sheets, {MOST_SHEETS} at most, or other carriers, or put a testimony alone on paper.",
        )
    paths = " ".join(shlex.quote(path) for path in args.paths) or "FILE"
    console.product(f"to carry: {amount(data)}; sealed and padded about {amount(sealed)}")
    console.product(f"split: {counted(total, 'sheet')} of paper, any {need} of them enough")
    console.product("then run")
    console.product(f"  tamizdat sheet {paths} --for card.txt -o sheets.pdf --need {need} --parts {total}")
    console.say(f"planned; any {need} of {counted(total, 'sheet')} will be enough")


def _shares(made: Plan) -> Iterator[str]:
    for load in made.loads:
        one, many = load.carriers.name, _plural(load.carriers)
        if load.shared:
            spare = load.carriers.count - load.used
            left = f"; {counted(spare, one, many)} to spare" if spare else ""
            each = "one file each" if load.files == 1 else f"up to {load.files} files each"
            yield f"  {counted(load.used, one, many)}: {listed('part', load.parts[0])}, {each}{left}"
        elif len(load.parts) > 12 and load.total == len(load.parts):
            every = itertools.chain.from_iterable(load.parts)
            yield f"  {counted(load.used, one, many)}: {listed('part', every)}, one each, {amount(made.part_length)}"
        else:
            for number, numbers in enumerate(load.parts, 1):
                weight = amount(len(numbers) * made.part_length)
                files = counted(len(numbers) * made.volumes, "file")
                yield f"  {one} {number}: {listed('part', numbers)}, {weight} in {files}"


def _losses(made: Plan) -> Iterator[str]:
    count = sum(load.used for load in made.loads)
    least = made.survives
    if least == 0:
        yield "  nothing: there is a carrier without which it cannot be joined"
    elif len(made.loads) > 1:
        yield f"  any {least} of the {count} carriers, whichever {'it is' if least == 1 else 'they are'}: still joins"
    if least or len(made.loads) > 1:
        for load in made.loads:
            yield f"  {_of_kind(made, load)}"
    for size in range(2, len(made.loads) + 1):
        for lost in itertools.combinations(made.loads, size):
            names = joined(_plural(load.carriers) for load in lost)
            yield f"  all {names}: {'still joins' if made.joins_without(lost) else 'lost'}"
    yield f"  {_fatal(made)}: lost, at the worst"


def _of_kind(made: Plan, load: Load) -> str:
    one, many = load.carriers.name, _plural(load.carriers)
    least = made.survives_of(load)
    if least >= load.used:
        return f"all {many}: still joins" if load.used > 1 else f"the {one}: still joins"
    if least == 0:
        return f"any {one}: lost" if load.used > 1 else f"the {one}: lost"
    return f"any {least} of the {counted(load.used, one, many)}: still joins"


def _fatal(made: Plan) -> str:
    """Name the fewest carriers without which nothing joins."""
    spare = made.total - made.need
    heavy = sorted(
        ((weight, load) for load in made.loads for weight in load.weights), key=lambda pair: pair[0], reverse=True
    )
    gone: dict[int, int] = {}
    for weight, load in heavy:
        gone[made.loads.index(load)] = gone.get(made.loads.index(load), 0) + 1
        spare -= weight
        if spare < 0:
            break
    return joined(
        counted(count, made.loads[number].carriers.name, _plural(made.loads[number].carriers))
        for number, count in gone.items()
    )


def _bound(made: Plan) -> int | None:
    """Give the size no part may pass, where a carrier would be almost full: the sealed file's length is a guess."""
    bounds = [
        load.carriers.size // max(load.weights)
        for load in made.loads
        if load.carriers.size is not None and max(load.weights) * made.part_length > 0.8 * load.carriers.size
    ]
    return min(bounds, default=None)


def _spelled(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return f"{size}B"


def _likely(chance: float) -> str:
    if chance > 0.9995:
        return "over 99.9 %"
    return f"{chance:.1%}".replace("%", " %")


def _lengths(args: argparse.Namespace) -> tuple[int, int]:
    """Give how much is to be sealed, and about how long the sealed file will be: a little more than it is."""
    if (args.size is None) == (not args.paths):
        raise UsageError("plan-size", "it is not said what will be sealed", mend="Give PATHs, or --size 4GB.")
    if args.size is not None:
        try:
            sizes = [read_amount(args.size)]
        except ValueError as error:
            raise _no_size(args.size) from error
    else:
        sizes = [one.size for one in disk.walk(args.paths)[0]] or [0]
    inner = sum(layout.stored_length(size) + _EACH for size in sizes) + _LISTING
    padded = padme.length(inner)
    return sum(sizes), _HEADER + padded + -(-padded // _CHUNK) * 16


def _carriers(word: str) -> Carriers:
    match = _CARRIERS.fullmatch(word)
    if not match:
        raise UsageError(
            "plan-carrier", f"{shown(word)!r} names no carriers", mend='Write "3 sticks" or "40 messages of 20MB".'
        )
    name = match[2]
    if int(match[1]) != 1 and name.endswith("s") and name.isascii():
        name = name.removesuffix("s")
    size = None
    if match[3] is not None:
        try:
            size = read_amount(match[3])
        except ValueError as error:
            raise _no_size(match[3]) from error
    elif name.lower().split()[-1] in _LIMITED:
        raise UsageError(
            "plan-carrier", f"how much one {shown(name)} holds is not said", mend=f'Write "{match[0].strip()} of 20MB".'
        )
    return Carriers(name=name, count=int(match[1]), size=size)


def _is_paper(carriers: Carriers) -> bool:
    return carriers.name.lower().split()[-1] in _PAPER


def _kind(carriers: Carriers) -> str:
    size = "" if carriers.size is None else f" of {amount(carriers.size)}"
    return f"{counted(carriers.count, shown(carriers.name), _plural(carriers))}{size}"


def _plural(carriers: Carriers) -> str:
    return f"{carriers.name}s" if carriers.name.isascii() else carriers.name


def _loss(word: str) -> float:
    match = re.fullmatch(r"\s*([0-9]{1,2}(?:\.[0-9]+)?)\s*%?\s*", word, re.ASCII)
    if not match:
        raise UsageError("plan-loss", f"{shown(word)!r} is no percentage under 100", mend="Write --loss 10%.")
    return float(match[1]) / 100


def _no_size(word: str) -> UsageError:
    return UsageError("size", f"{shown(word)!r} is not a size", mend="Write it as 20MB or 4GB.")
