"""``tamizdat watch``: join what drops into a folder, as it comes, and say what is still needed. No key is asked for."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import time

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import disk
from tamizdat.adapters.watching import Seen, Watch
from tamizdat.carry.arrivals import Arrivals, Gathered
from tamizdat.carry.condition import Dossier, State
from tamizdat.carry.join import Ciphertext
from tamizdat.carry.rows import Rows
from tamizdat.carry.scan import scan
from tamizdat.carry.survey import Survey
from tamizdat.cli import check, parts
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import counted, listed
from tamizdat.primitives.age import header
from tamizdat.primitives.errors import TamizdatError, UsageError


EVERY: Final = 2.0  # seconds between two looks
_PASSING: Final = frozenset({"carry-short", "medium-gone", "part-file"})  # faults that the next look may mend


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "watch",
        help="join what drops into a folder, as it comes",
        description=(
            "Look at folders again and again, say of each file that comes what it is and what is still needed, and join "
            "as soon as it is enough. Damaged parts count with what is left of them. Ctrl-C ends it."
        ),
    )
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="a folder, a stick, a share; it may come later")
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="X.age",
        help="the new file; or a folder that is there: each dossier gets a file in it, and watching goes on",
    )
    parser.add_argument("--once", action="store_true", help="look once, and end; exit status 4 where it is not enough")
    parser.add_argument(
        "--every", type=float, default=EVERY, metavar="SECONDS", help=f"how often to look (else {EVERY:g})"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Watch until one dossier is joined; into a folder, until interrupted.

    Raises:
        UsageError: The file is there already. ShortError: With --once: it is not enough yet.
    """
    out = Path(args.out)
    many = out.is_dir()
    if not many and out.exists():
        raise UsageError("output-exists", f"{shown(args.out)} is there already", mend="Give another name.")
    folders = [Path(name) for name in args.folders]
    coming = Coming(folders, console, every=args.every, once=args.once, leave=[out])
    for ready in coming:
        if ready.gathered is None:
            console.say(f"{shown(ready.paths[0].name)}: a sealed file, not a part; left where it is")
            continue
        target = out / f"{ready.gathered.dossier.survey.set_id[:8]}.age" if many else out
        if many and target.exists():
            console.say(f"{shown(str(target))} is there already; nothing to do")
            continue
        try:
            _join(ready.gathered, target, console)
        except TamizdatError as error:
            if error.code not in _PASSING or args.once:
                raise
            console.warn(f"{error}; looking again")
            coming.again(ready)
            continue
        console.product(str(target))
        console.say("joined whole; `tamizdat open`, or `age -d` and `tar x`, opens it with the newsroom's key")
        if not many:
            return
    if not many:
        check.judge(coming.dossiers, console)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A dossier of which there is enough, or a sealed file (then *gathered* is None); and where its files are."""

    paths: tuple[Path, ...]
    gathered: Gathered[Path] | None = None

    @property
    def set_id(self) -> bytes | None:
        """Which dossier it is."""
        return None if self.gathered is None else bytes.fromhex(self.gathered.dossier.survey.set_id)


class Coming:
    """
    What comes into some folders: told of, and given as soon as it is enough.

    Args:
        folders: Where to look.
        console: Who is told.
        every: Seconds between two looks.
        once: Look once, at everything as it is, and end.
        leave: Files that are not looked at.
        eager: Give a dossier whenever anything of it has come, enough or not, until it is said to be `finished`.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        console: Console,
        *,
        every: float = EVERY,
        once: bool = False,
        leave: Sequence[Path] = (),
        eager: bool = False,
    ) -> None:
        if not 0 < every <= 3600:
            raise UsageError("watch-every", f"every {every:g} seconds cannot be", mend="Give between 0.1 and 3600.")
        self._watch = Watch(folders, leave=leave)
        self._console = console
        self._every = every
        self._once = once
        self._eager = eager
        self._arrivals: Arrivals[Path] = Arrivals()
        self._done: set[bytes] = set()
        self._told: set[tuple[Path, str]] = set()

    @property
    def dossiers(self) -> list[Dossier]:
        """What is here now."""
        return [gathered.dossier for gathered in self._arrivals.gathered()]

    def again(self, ready: Ready) -> None:
        """Read its files anew at the next look, and give it again when it is enough."""
        for path in ready.paths:
            self._watch.forget(path)
            self._arrivals.drop(path)
        if ready.set_id is not None:
            self._done.discard(ready.set_id)

    def finished(self, ready: Ready) -> None:
        """Give no more of this dossier."""
        if ready.set_id is not None:
            self._done.add(ready.set_id)

    def __iter__(self) -> Iterator[Ready]:
        if not self._once:
            self._console.say(f"looking every {self._every:g} seconds at what comes; Ctrl-C ends it")
        while True:
            seen = self._watch.look(now=self._once)
            self._note(seen)
            yield from self._take(seen)
            if self._once:
                return
            time.sleep(self._every)

    def _note(self, seen: Seen) -> None:
        for path in seen.growing:
            self._once_said(path, "is being copied; waiting for the rest of it")
        for path in seen.gone:
            known = self._arrivals.sets(path) - self._done
            self._arrivals.mark(path, here=False)
            if known and not self._eager:  # whoever takes all at once may have kept or removed it
                self._console.say(f"{shown(path.name)}: gone; put it back, it does not count until then")
        for path in seen.back:
            self._arrivals.mark(path, here=True)
            if self._arrivals.sets(path) - self._done:
                self._console.say(f"{shown(path.name)}: back, as it was")

    def _take(self, seen: Seen) -> Iterator[Ready]:
        """Read what has come, tell of it, and give what is enough now."""
        fresh = [path for path in seen.come if self._read(path)]
        yield from (Ready(paths=(path,)) for path in fresh if not self._arrivals.knows(path))
        if not seen.back and not fresh:
            return
        here = self._arrivals.gathered()
        self._tell([path for path in fresh if self._arrivals.knows(path)], here)
        for gathered in here:
            ready = Ready(paths=gathered.keys, gathered=gathered)
            if ready.set_id in self._done:
                continue
            if self._eager:
                if not set(fresh).isdisjoint(gathered.keys):
                    yield ready
            elif gathered.dossier.survey.enough:
                self.finished(ready)
                yield ready

    def _read(self, path: Path) -> bool:
        """Enter a file, where it can be read; a sealed one is not entered."""
        name = shown(path.name)
        try:
            with parts.opened([path]) as streams:
                stream = streams[0]
                if stream.read(len(header.VERSION)) == header.VERSION:
                    self._arrivals.drop(path)
                    return True
                with self._console.progress(stream.seek(0, 2), f"reading {name}") as meter:
                    found = scan(stream, progress=meter.advance)
        except (OSError, UsageError):  # it may be there again, or be readable, at the next look
            found = None
        if found is None or found.gone:
            self._once_said(path, "cannot be read now; trying again")
            self._watch.forget(path)
            return False
        self._arrivals.put(path, name, found)
        return True

    def _tell(self, fresh: Sequence[Path], here: Sequence[Gathered[Path]]) -> None:
        """Say what each file is, and what each dossier of them lacks now."""
        strangers = [path for path in fresh if not any(path in gathered.keys for gathered in here)]
        for path in strangers:
            self._console.say(f"{shown(path.name)}: not a part, or nothing of it can be used; left alone")
        for gathered in here:
            survey = gathered.dossier.survey
            states = [state for state in gathered.dossier.states if gathered.keys[state.source] in fresh]
            if not states:
                continue
            of = f" of set {survey.set_id[:8]}" if len(here) > 1 else ""
            now = "it is enough" if survey.enough else check.lacking(gathered.dossier)
            if bytes.fromhex(survey.set_id) in self._done:
                now = "that one is done already"
            elif self._eager:
                now = "taking it in"
            whole = [state for state in states if state.same_as is None and check.is_whole(state)]
            if len(whole) > check.MANY:
                states = [state for state in states if state not in whole]
            for state in states:
                last = f"; {now}" if len(whole) <= check.MANY and state is states[-1] else ""
                self._console.say(f"{gathered.names[state.source]}: {self._what(state, survey)}{of}{last}")
            if len(whole) > check.MANY:
                numbers = listed("part", {state.pieces[0].part for state in whole})
                self._console.say(f"{counted(len(whole), 'file')} of {numbers}, whole{of}; {now}")

    def _what(self, state: State, survey: Survey) -> str:
        told = [f"{check.named(piece, survey)}, {check.usable(piece)}" for piece in state.pieces[: check.MANY]]
        if state.same_as is not None:
            told.append("one more copy")
        return "; ".join(told)

    def _once_said(self, path: Path, what: str) -> None:
        if (path, what) not in self._told:
            self._told.add((path, what))
            self._console.say(f"{shown(path.name)}: {what}")


def _join(gathered: Gathered[Path], target: Path, console: Console) -> None:
    """Join what was gathered; its packets are known, and each is checked again as it is read."""
    total = gathered.dossier.survey.total_length
    console.say(f"joining from {counted(len(gathered.keys), 'file')}")
    with parts.opened(list(gathered.keys)) as streams, disk.writing(target) as out:
        rows = Rows(gathered.dossier.plan, streams, gathered.names)
        with contextlib.closing(Ciphertext(rows)) as ciphertext, console.progress(total, "joining") as meter:
            for piece in ciphertext.pieces():
                out.write(piece)
                meter.advance(len(piece))
