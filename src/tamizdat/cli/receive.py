"""``tamizdat receive``: take in what arrived, and report every file."""

from __future__ import annotations

import argparse
import json

from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.cli import committing, parts
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom, shown
from tamizdat.cli.watch import Coming
from tamizdat.field.sealing import Begin, at_once
from tamizdat.newsroom import delivery
from tamizdat.newsroom.arrival import Arrival
from tamizdat.newsroom.house import House
from tamizdat.newsroom.intake import Intake
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text
from tamizdat.primitives.age import header
from tamizdat.primitives.errors import AdapterError, Fault, FormatError, LeftOutError, TamizdatError, UsageError


ARMOR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "receive",
        help="take in what arrived, and report every file",
        description=(
            "Rebuild, open and check what arrived, store each original in the vault, and report every file: "
            "in = stored + duplicate + refused. Asks for the passphrase. Parts that are not enough yet are kept in the "
            "newsroom, and counted in when more come; a run that was cut off goes on where it stopped."
        ),
    )
    parser.add_argument("paths", nargs="+", metavar="PART|X.age|INBOX", help="parts, sealed files, or folders of them")
    parser.add_argument(
        "--plain", action="store_true", help="take PATHs that came unsealed; they are labelled so for ever"
    )
    parser.add_argument("--from", dest="sender", metavar="WHO", help="with --plain: who it came from, in your words")
    parser.add_argument("--how", metavar="HOW", help="with --plain: how it came (a messenger, a mail)")
    parser.add_argument(
        "--partial", action="store_true", help="take the files that are whole, where the missing parts will never come"
    )
    parser.add_argument(
        "--watch", action="store_true", help="go on taking in what drops into the folders that are named, until Ctrl-C"
    )
    parser.add_argument("--json", action="store_true", help="print the report for machines")
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Receive everything that was named; what cannot be received stops nothing else.

    Raises:
        ShortError: Parts are missing. TrustError: The newsroom's key does not open it.
        FormatError: It is damaged. LeftOutError: Some files were refused.
    """
    if args.plain and not (args.sender and args.how):
        raise UsageError(
            "receive-plain", "--plain needs to know who it came from and how", mend='Add --from "…" --how "…".'
        )
    if args.watch and (args.plain or not all(Path(path).is_dir() for path in args.paths)):
        raise UsageError(
            "receive-watch", "--watch looks at folders, for what comes sealed", mend="Name folders, without --plain."
        )
    # While it watches, what comes is taken in by this process alone: hours lie between two arrivals.
    crew = committing.crewed(0 if args.watch else committing.carried(args.paths))
    # The crew first: so no other process has the newsroom's lock, or its keys.
    with crew as begin, houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        recovered = Intake(house, keys).recover()
        for one in recovered:
            console.say("a run that was cut off has been finished; its report:")
            _tell(one, args, console)
        done = {one.id for one in recovered}
        faults: list[TamizdatError] = []
        if not args.watch:
            desk = _Desk(args, console, house, keys, done, begin=begin)
            faults = _plain(args, console, house, keys, begin) if args.plain else _sealed(args, console, desk)
    if args.watch:
        _watched(args, console, keys)
    if faults:
        first = faults[0]
        if len(faults) == 1:
            raise first
        told = tuple(
            Fault(code=one.code, where=str(number), what=str(one), mend=one.mend)
            for number, one in enumerate(faults, 1)
        )
        raise type(first)(first.code, f"{len(faults)} arrivals were not received whole", mend=first.mend, faults=told)


def _plain(args: argparse.Namespace, console: Console, house: House, keys: Keys, begin: Begin) -> list[TamizdatError]:
    found, left = disk.walk(args.paths)
    for one in left:
        console.warn(f"left out: {shown(one.name)}: {one.why}")
    if not found:
        raise UsageError(
            "receive-nothing", "there is no file to receive", mend="Name files, or folders with files in them."
        )
    with console.progress(None, "receiving") as meter:
        arrival = Intake(house, keys, meter.advance, begin).unsealed(found, sender=args.sender, via=args.how)
    _tell(arrival, args, console)
    return _faults(arrival)


def _sealed(args: argparse.Namespace, console: Console, desk: _Desk) -> list[TamizdatError]:
    sets, sealed = _sort(parts.files(args.paths), console)
    for set_id, paths in sets.items():
        desk.assemble(set_id, paths)
    for path in sealed:
        desk.receive(path)
    if not sets and not sealed:
        raise UsageError(
            "receive-nothing", "none of these is a part or a sealed file", mend="For files that came open, use --plain."
        )
    return desk.faults


def _watched(args: argparse.Namespace, console: Console, keys: Keys) -> None:
    """Take in what comes, as it comes; between two arrivals the newsroom is free for other commands."""
    coming = Coming([Path(path) for path in args.paths], console, eager=True)
    for ready in coming:
        try:
            with houses.opened(args) as house:
                desk = _Desk(args, console, house, keys, set())
                if ready.set_id is None:
                    desk.receive(ready.paths[0])
                else:
                    desk.assemble(ready.set_id, list(ready.paths))
        except AdapterError as error:
            if error.code != "busy":
                raise
            coming.again(ready)  # another command is at work in the newsroom
            continue
        for fault in desk.faults:
            console.fault(fault)
        if not desk.faults:
            coming.finished(ready)


class _Desk:
    """Takes in one arrival after another; what fails stops nothing else."""

    def __init__(
        self,
        args: argparse.Namespace,
        console: Console,
        house: House,
        keys: Keys,
        recovered: set[str],
        *,
        begin: Begin = at_once,
    ) -> None:
        self._args = args
        self._console = console
        self._house = house
        self._keys = keys
        self._recovered = recovered
        self._begin = begin
        self._inbox = (find_newsroom(args) / "inbox").resolve()
        self.faults: list[TamizdatError] = []

    def receive(self, path: Path) -> None:
        """Receive one sealed file that came whole."""
        name = path.name.encode("utf-8", "surrogateescape")
        try:
            with parts.opened([path]) as streams, self._console.progress(None, "receiving") as meter:
                arrival = Intake(self._house, self._keys, meter.advance, self._begin).sealed(streams[0], name)
        except TamizdatError as error:
            self._failed([path], error)
        else:
            self._done(arrival, [path])

    def assemble(self, set_id: bytes, paths: list[Path]) -> None:
        """Receive one dossier from its parts, or keep what is good of them until there is enough."""
        try:
            with parts.opened(paths) as streams, self._console.progress(None, "receiving") as meter:
                handed = [
                    delivery.Handed(stream=stream, name=shown(path.name), own=self._ours(path))
                    for stream, path in zip(streams, paths, strict=True)
                ]
                outcome = delivery.receive(
                    self._house,
                    self._keys,
                    set_id,
                    handed,
                    partial=self._args.partial,
                    progress=meter.advance,
                    begin=self._begin,
                )
        except TamizdatError as error:
            self._failed(paths, error)
            return
        for arrival in outcome.arrivals:
            self._done(arrival, paths if outcome.error is None else [])
        if outcome.error is not None:
            self._failed(paths, outcome.error)
        if outcome.kept:
            self._console.say("what is good of these parts is kept in the newsroom: their medium can leave")

    def _failed(self, paths: list[Path], error: TamizdatError) -> None:
        self._console.warn(f"not received: {', '.join(shown(path.name) for path in paths)}")
        self.faults.append(error)

    def _done(self, arrival: Arrival, paths: list[Path]) -> None:
        if arrival.id not in self._recovered:
            _tell(arrival, self._args, self._console)
            self.faults += _faults(arrival)
        if not arrival.faults:
            # The received dossier and its secret are deleted after intake; only our own inbox is ours to delete from.
            for path in paths:
                if self._ours(path):
                    path.unlink()

    def _ours(self, path: Path) -> bool:
        return path.resolve().parent == self._inbox


def _sort(paths: list[Path], console: Console) -> tuple[dict[bytes, list[Path]], list[Path]]:
    """Sort files into parts, by the dossier they belong to, and sealed files."""
    sets: dict[bytes, list[Path]] = {}
    sealed = []
    for path in paths:
        with disk.open_quietly(path) as stream:
            head = stream.read(64)
        if head.startswith((header.VERSION, ARMOR)):
            sealed.append(path)
        elif (found := parts.set_of(path)) is not None:
            sets.setdefault(found, []).append(path)
        else:
            console.warn(f"{shown(path.name)}: neither a part nor a sealed file; left where it is")
    return sets, sealed


def _faults(arrival: Arrival) -> list[TamizdatError]:
    if arrival.partial:
        mend = "Keep asking for the missing parts; what is here will not be stored twice."
        return [LeftOutError("receive-partial", arrival.faults[0], mend=mend)]
    if arrival.faults:
        first, *rest = arrival.faults
        faults = tuple(
            Fault(code="receive-refused", where=f"finding {n}", what=one, mend="") for n, one in enumerate(rest, 1)
        )
        return [FormatError("receive-refused", first, mend="Ask for it again; keep what you have.", faults=faults)]
    refused = arrival.count("refused")
    if refused:
        return [LeftOutError("receive-some-refused", f"received, {refused} refused", mend="Ask for those files again.")]
    return []


def _tell(arrival: Arrival, args: argparse.Namespace, console: Console) -> None:
    stored, duplicate, refused = (arrival.count(word) for word in ("stored", "duplicate", "refused"))
    if args.json:
        console.product(json.dumps(_plainly(arrival), ensure_ascii=False, sort_keys=True))
    else:
        for item in arrival.items:
            name = shown(item.name) or f"file {item.number}"
            why = f" ({item.why})" if item.why else ""
            console.product(
                f"{item.outcome:<9}  {item.object or '-':<16}  {item.size:>12,} bytes  {item.kind or '-'}  {name}{why}"
            )
            if item.outcome != "refused":
                console.product(f"           {item.showing()}")
        console.product(f"{len(arrival.items)} in = {stored} stored + {duplicate} duplicate + {refused} refused")
    if arrival.again:
        console.say(f"this very dossier was received before, on {text.instant(arrival.received)}; nothing was changed")
    for line in arrival.forged:
        console.warn(line)
    for name, why in arrival.left_out:
        console.warn(f"the sender could not seal {shown(name)}: {why}")
    if arrival.announced is not None:
        console.say(f"this matches the announcement that was queued on {text.instant(arrival.announced)}")
    if arrival.route == "unsealed":
        console.say(f"labelled for ever: came unsealed from {arrival.sender}, {arrival.via}")
    elif arrival.route == "sealed" and not arrival.faults:
        console.say("who sealed it is not proven: anyone who has the card can")


def _plainly(arrival: Arrival) -> dict[str, Any]:
    return {
        "in": len(arrival.items),
        "stored": arrival.count("stored"),
        "duplicate": arrival.count("duplicate"),
        "refused": arrival.count("refused"),
        "again": arrival.again,
        "forged": list(arrival.forged),
        "partial": arrival.partial,
        "announced": arrival.announced,
        "route": arrival.route,
        "files": [
            {
                "name": shown(item.name),
                "size": item.size,
                "kind": item.kind,
                "outcome": item.outcome,
                "object": item.object,
                "why": item.why,
                "covers": item.covers,
                "committed": item.committed,
                "reason": item.reason,
            }
            for item in arrival.items
        ],
    }
