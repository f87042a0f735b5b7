"""``tamizdat log anchor``: say what a proof of OpenTimestamps over a checkpoint, or over any file, is worth; offline."""

from __future__ import annotations

import argparse
import dataclasses
import io

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from tamizdat.cli.console import Console, shown
from tamizdat.primitives import note, text
from tamizdat.primitives.errors import Fault, FormatError, ShortError, TrustError, UsageError
from tamizdat.record import anchor, anchor_header, stamp
from tamizdat.record.anchor import Anchored


SUFFIX: Final = ".ots"
MAX_FILE: Final = 1 << 30
# Where proofs lie in an edition, in a newsroom's folder, and in its public record.
_PLACES: Final = ("anchors", "log/stamps", "stamps")


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """A proof, what it should be over, and the header of its block, where there is one."""

    proof: Path
    content: Path
    header: Path | None


def add_parser(acts: Any) -> None:
    """Teach the command line this act of `log`."""
    parser = acts.add_parser(
        "anchor",
        help="say what a proof of OpenTimestamps is worth",
        description=(
            "Say, offline, whether a proof of OpenTimestamps (.ots) shows that a signed state of a public record, or any other "
            "file, was there when a block of Bitcoin was made. It shows that only with that block's header; whether the header "
            "is Bitcoin's, you must ask others. Exit status 4: not proven yet; 6: not proven."
        ),
    )
    parser.add_argument(
        "path", metavar="FILE|EDITION", help="the file that was stamped, or an edition or a record's folder"
    )
    parser.add_argument("--proof", metavar="FILE", help="the proof, where it is not beside it (NAME.ots)")
    parser.add_argument(
        "--header",
        metavar="FILE",
        help="the header of the block that the proof names: 80 bytes, or 160 hexadecimal digits",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Weigh one proof, or all that are in a folder.

    Raises:
        TamizdatError: As `anchor.judge`; of several, ``anchor-failed`` where one does not hold.
    """
    path = Path(args.path)
    if not path.is_dir():
        proof = Path(args.proof or f"{args.path}{SUFFIX}")
        _tell(Given(proof, path, Path(args.header) if args.header else None), console)
        return
    found = list(_inside(path))
    if not found:
        raise UsageError(
            "anchor-none", f"{shown(args.path)}: no proof is in it", mend="Give the file that was stamped."
        )
    good, waiting, faults = 0, list[ShortError](), list[Fault]()
    for one in found:
        name = str(one.proof.relative_to(path))
        try:
            _tell(one, console)
            good += 1
        except (TrustError, FormatError) as error:
            faults.append(Fault(code=error.code, where=name, what=str(error), mend=error.mend))
        except ShortError as error:
            console.say(f"{shown(name)}: {error}")
            waiting.append(error)
    if faults:
        what = f"{len(faults)} of {len(found)} proofs do not hold"
        raise TrustError("anchor-failed", what, mend="Do not count them.", faults=tuple(faults))
    if not good:
        raise waiting[0]


def _inside(folder: Path) -> Iterator[Given]:
    for place in _PLACES:
        for proof in sorted((folder / place).glob(f"*/*{SUFFIX}")):
            header = proof.with_suffix(".header")
            yield Given(proof, proof.parent / "checkpoint", header if header.is_file() else None)


def _tell(given: Given, console: Console) -> None:
    try:
        header = anchor_header.read(_read(given.header, anchor_header.MAX_LENGTH + 1)) if given.header else None
        proof, state = _read(given.proof, anchor.MAX_LENGTH + 1), _state(_read(given.content, note.MAX_LENGTH + 1))
        with given.content.open("rb") as stream:
            found = anchor.judge(proof, [stream, *state], header)
    except OSError as error:
        raise UsageError(
            "anchor-file",
            f"{shown(str(error.filename))}: it cannot be read: {error.strerror}",
            mend="Look at the name.",
        ) from error
    console.product(f"{shown(str(given.content))}: {_sentence(found)}")
    if found.header.work < anchor_header.LITTLE:
        console.warn(f"that header took about 2^{found.header.work} tries: anybody can make up one like it")


def _sentence(found: Anchored) -> str:
    header = found.header
    return (
        f"it was there by {text.instant(header.time)}, give or take some hours, if block {found.height} of Bitcoin has the "
        f"hash {header.hash}: compare that with somebody you trust. The header is from "
        f"{header.source or 'whoever gave you that file'}, and took about 2^{header.work} tries to make"
    )


def _state(content: bytes) -> list[BinaryIO]:
    """Give the text of a checkpoint: that is what is stamped, so that signatures that come later change nothing."""
    try:
        return [io.BytesIO(stamp.stamped(content))]
    except FormatError:
        return []


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(most)
