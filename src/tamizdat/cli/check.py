"""``tamizdat check``: say what the parts at hand are good for, and how many more to bring. It changes NOTHING."""

from __future__ import annotations

import argparse
import contextlib

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, Final

from tamizdat.carry import condition, keyed
from tamizdat.carry.condition import Dossier, Piece, State, Where
from tamizdat.carry.scan import Scan, scan
from tamizdat.carry.survey import FileFinding, Survey
from tamizdat.cli import open as opening
from tamizdat.cli import parts
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import amount, counted, joined, listed, percent
from tamizdat.primitives.age import header
from tamizdat.primitives.errors import Fault, FormatError, ShortError, TrustError


MANY: Final = 24  # whole files of one dossier that are named one by one
ARMOR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_LOST: Final = {
    Where.NOTHING: "",
    Where.BEGINNING: "its beginning is lost",
    Where.END: "its end is lost",
    Where.BOTH: "its beginning and its end are lost",
    Where.MIDDLE: "one stretch inside is lost",
    Where.UNKNOWN: "its end is lost, so nobody can say how much is missing",
}


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "check",
        help="say what the parts at hand are good for",
        description=(
            "Say of each file, or card image, or card (/dev/sdX), how much of which part can be used, and what is "
            "missing; exit status 4 when they are not enough yet."
        ),
    )
    parser.add_argument("parts", nargs="+", metavar="PART", help="a part, a folder of parts, a card or an image of one")
    parser.add_argument("-i", "--identity", metavar="KEY", help="the newsroom's key: name forged parts too")
    parser.add_argument("--passphrase-file", metavar="FILE", help="a file whose first line is the key's passphrase")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Check parts, of one dossier or of several.

    Raises:
        ShortError: They are not enough yet, or none of them is a part. TrustError: What is forged makes it too little.
    """
    # /dev/disk/by-label/CARD is a link; a file that is one is not followed.
    paths = [path.resolve() if path.is_block_device() else path for path in parts.files(args.parts)]
    names = [shown(path.name) for path in paths]
    with parts.opened(paths) as streams:
        with console.progress(sum(stream.seek(0, 2) for stream in streams), "checking") as meter:
            scans = [scan(stream, progress=meter.advance) for stream in streams]
        found, traces = condition.dossiers(scans, names)
        _Told(console, names, scans, streams).all(found, traces)
        if args.identity is not None:
            _forged(args, console, found, (streams, names, scans))
    judge(found, console)


def tell(survey: Survey, console: Console) -> None:
    """Say of each file what it is good for, where more is not asked for."""
    for file in survey.files:
        console.product(f"{file.name}: {_worth(survey, file)}")


def _worth(survey: Survey, file: FileFinding) -> str:
    if file.set_id is None:
        return "nothing in it can be used"
    if not file.shares:
        return "it belongs to another dossier"
    told = []
    for share in file.shares[:8]:
        piece = Piece(
            part=share.part,
            volume=share.volume,
            whole=share.whole,
            expected=share.expected,
            where=Where.NOTHING if not share.damaged else Where.SCATTERED,
            places=0,
        )
        told.append(f"{named(piece, survey)}, {usable(piece)}")
    return "; ".join(told) + (f"; the same as {file.same_as}" if file.same_as else "")


def wanted(survey: Survey) -> str:
    """Say how many more parts there must be."""
    return f"{counted(survey.missing_parts, 'more part is', 'more parts are')} needed"


def lacking(dossier: Dossier) -> str:
    """Say what to bring, without an end."""
    survey = dossier.survey
    if survey.volume_count is not None and len(survey.volumes) < survey.volume_count:
        whole = sum(1 for volume in survey.volumes if not volume.more)
        return (
            f"each part is {counted(survey.volume_count, 'file')}, of which any {survey.need} with one number are "
            f"enough; so far there is enough of {whole}"
        )
    but = f", any but {listed('part', dossier.useless)}" if dossier.useless else ""
    return f"{wanted(survey)}{but}"


def short(dossier: Dossier) -> str:
    """Say what to bring, as one sentence."""
    survey = dossier.survey
    if survey.volume_count is not None and len(survey.volumes) < survey.volume_count:
        return f"Bring more: {lacking(dossier)}. Damaged ones may do."
    but = f": any but {listed('part', dossier.useless)}" if dossier.useless else ""
    return f"Bring {survey.missing_parts} more{but}; damaged ones may do."


class _Told:
    """Tells of the files, dossier by dossier."""

    def __init__(
        self, console: Console, names: Sequence[str], scans: Sequence[Scan], streams: Sequence[BinaryIO]
    ) -> None:
        self._console = console
        self._names = names
        self._scans = scans
        self._streams = streams

    def all(self, found: Sequence[Dossier], traces: int) -> None:
        """Tell of every file and every dossier."""
        live = [dossier for dossier in found if not dossier.remnant]
        for number, dossier in enumerate(live, 1):
            if len(live) > 1:
                self._console.product(f"dossier {number} of {len(live)} (set {dossier.survey.set_id[:8]})")
            self._files(dossier)
            self._sum(dossier)
        mains = {state.source for dossier in live for state in dossier.states if state.main}
        for source, name in enumerate(self._names):
            if source not in mains:
                self._console.product(f"{name}: {self._stranger(source)}")
        remnants = len(found) - len(live) + traces
        if remnants:
            self._console.say(f"besides, there are remnants of {counted(remnants, 'other dossier')}; they do no harm")

    def _files(self, dossier: Dossier) -> None:
        quiet = [state for state in dossier.states if state.main and state.same_as is None and is_whole(state)]
        named = [state for state in dossier.states if state.main and (state not in quiet or len(quiet) <= MANY)]
        for state in named:
            self._console.product(f"{self._names[state.source]}: {self._file(dossier, state)}")
        if len(quiet) > MANY:
            more = " more" if named else ""
            self._console.product(f"{counted(len(quiet), 'file')}{more}: whole")

    def _file(self, dossier: Dossier, state: State) -> str:
        scan_ = self._scans[state.source]
        if len(state.pieces) > 1:
            return self._card(dossier, state)
        piece = state.pieces[0]
        told = [f"{named(piece, dossier.survey)}, {usable(piece)}"]
        if piece.where is not Where.NOTHING:
            told += self._why(piece, scan_, dossier.survey.packet_size)
        elif scan_.spoiled:
            told.append(f"{amount(scan_.spoiled)} beside it are something else")
        if state.same_as is not None:
            told.append(f"one more copy of what is in {self._names[state.same_as]}; it counts once")
        return "; ".join(told)

    def _why(self, piece: Piece, scan_: Scan, packet: int) -> list[str]:
        told = [_LOST.get(piece.where) or f"it is damaged in {counted(piece.places, 'place')}"]
        if scan_.unreadable:
            told.append(f"{amount(scan_.unreadable)} could not be read from the medium")
        over = scan_.spoiled - scan_.unreadable
        if piece.where in {Where.END, Where.UNKNOWN} and not scan_.unreadable and over < packet:
            told.append("the file was cut off")
        elif over > 0:
            told.append(f"{amount(over)} {'was' if over == 1 else 'were'} written over or changed")
        return told

    def _card(self, dossier: Dossier, state: State) -> str:
        scan_ = self._scans[state.source]
        inside = [f"{named(piece, dossier.survey)}, {usable(piece)}" for piece in state.pieces[:MANY]]
        if len(state.pieces) > MANY:
            inside.append(f"and {len(state.pieces) - MANY} more")
        told = f"searched all {amount(scan_.length)} of it and found {joined(inside)}"
        if scan_.unreadable:
            told += f"; {amount(scan_.unreadable)} could not be read"
        rest = scan_.spoiled - scan_.unreadable
        return told + (f"; {amount(rest)} are something else" if rest > 0 else "")

    def _sum(self, dossier: Dossier) -> None:
        survey = dossier.survey
        now = (
            f"; {percent(dossier.rebuilt)} of it can be rebuilt by now" if dossier.rebuilt and not survey.enough else ""
        )
        self._console.product(f"here: {listed('part', survey.present)}; {_enough(survey)}{now}")
        if (survey.volume_count or 1) > 1 and not survey.enough:
            short = [volume.volume for volume in survey.volumes if volume.more] + list(survey.missing_volumes)
            self._console.product(
                f"each part is {survey.volume_count} files; not enough yet of {listed('file', sorted(short)[:MANY])}"
                + (" and others" if len(short) > MANY else "")
            )

    def _stranger(self, source: int) -> str:
        if self._scans[source].gone:
            return "it went away while it was read; put it back, and check again"
        stream = self._streams[source]
        head = b""
        with contextlib.suppress(OSError):
            stream.seek(0)
            head = stream.read(64)
        if head.startswith((header.VERSION, ARMOR)):
            return "a sealed file, not a part; `tamizdat open` opens it with the newsroom's key"
        if self._scans[source].groups:
            return "not a part, but remnants of one are in it"
        if self._scans[source].unreadable:
            return (
                f"nothing in it can be used; {amount(self._scans[source].unreadable)} could not be read from the medium"
            )
        return "not a part, or nothing of it is left that can be used"


def _enough(survey: Survey) -> str:
    return "one part is enough" if survey.need == 1 else f"any {survey.need} are enough"


def is_whole(state: State) -> bool:
    """Say whether a file is one part, and all of it is here."""
    return len(state.pieces) == 1 and state.pieces[0].where is Where.NOTHING


def named(piece: Piece, survey: Survey) -> str:
    """Say which part, and which of its files."""
    if survey.volume_count == 1 and piece.volume == 1:
        return f"part {piece.part}"
    of = f" of {survey.volume_count}" if survey.volume_count else ""
    return f"part {piece.part}, file {piece.volume}{of}"


def usable(piece: Piece) -> str:
    """Say how much of it can be used."""
    if piece.where is Where.NOTHING:
        return "whole"
    return "damaged" if piece.share is None else f"damaged: {percent(piece.share)} can be used"


def _forged(
    args: argparse.Namespace,
    console: Console,
    found: Iterable[Dossier],
    at_hand: tuple[Sequence[BinaryIO], Sequence[str], Sequence[Scan]],
) -> None:
    """
    Read everything with the key, and name those that lied.

    Raises:
        TrustError: There would be enough, but for what is forged.
    """
    streams, names, scans = at_hand
    identities = opening.read_identities(args, console)
    beyond = False
    for dossier in found:
        set_id = bytes.fromhex(dossier.survey.set_id)
        try:
            opened = [] if dossier.remnant else keyed.find(streams, names, identities, set_id=set_id, scans=scans)
        except (FormatError, ShortError, TrustError) as error:
            console.warn(f"set {dossier.survey.set_id[:8]}: {error}")
            beyond = beyond or (isinstance(error, FormatError) and dossier.survey.enough)
            continue
        for one in opened:
            holes = _read_all(one, console)
            beyond = beyond or (holes > 0 and dossier.survey.enough)
    if beyond:
        raise TrustError(
            "check-forged",
            "there would be enough, but some of it is forged, and the others do not make up for it",
            mend="Bring another part, not a forged one.",
        )


def _read_all(opened: keyed.Keyed, console: Console) -> int:
    """Give how many pieces do not open."""
    holes = 0
    with console.progress(opened.total, "checking with the key") as meter:
        for number in range(opened.count):
            chunk = opened.chunk(number)
            holes += chunk is None
            meter.advance(len(chunk or b""))
    for liar in opened.liars:
        console.warn(str(liar))
    proven = "all of it opens" if not holes else f"{counted(holes, 'piece')} of 64 KiB cannot be opened"
    console.say(f"with the key: {proven}; {counted(len(opened.liars), 'file')} with forgeries")
    return holes


def judge(found: Sequence[Dossier], console: Console) -> None:
    """
    Say that it is enough.

    Raises:
        ShortError: It is not, and what to bring; or there is nothing.
    """
    live = [dossier for dossier in found if not dossier.remnant]
    if not live:
        raise ShortError(
            "carry-none",
            "none of these files holds anything of a part that can be used",
            mend="Look for the files again; a part's name says nothing, so try them all, or the whole card.",
        )
    lacking = [dossier for dossier in live if not dossier.survey.enough]
    if not lacking:
        console.say(
            "these parts are enough"
            if len(live) == 1
            else f"these parts are enough, for each of {counted(len(live), 'dossier')}; join them one by one"
        )
        return
    first = lacking[0]
    if len(live) == 1:
        survey = first.survey
        raise ShortError(
            "carry-short",
            f"{wanted(survey)}: {_enough(survey)}, and there is something here of {listed('part', survey.present)}",
            mend=short(first),
        )
    raise ShortError(
        "carry-short",
        f"of {counted(len(live), 'dossier')} {len(lacking)} cannot be joined yet",
        mend="",
        faults=tuple(
            Fault(
                code="carry-short",
                where=f"set {dossier.survey.set_id[:8]}",
                what=wanted(dossier.survey),
                mend=f"set {dossier.survey.set_id[:8]}: {short(dossier)}",
            )
            for dossier in lacking
        ),
    )
