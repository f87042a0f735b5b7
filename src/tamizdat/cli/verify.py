"""``tamizdat verify``: check an edition, one of its files, or one picture with its proof; offline, in plain words."""

from __future__ import annotations

import argparse
import json

from pathlib import Path
from typing import Any

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemClock
from tamizdat.cli import verify_picture as picture
from tamizdat.cli.console import Console, shown
from tamizdat.primitives import words
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.wire import edition, sidecar, verify
from tamizdat.wire.verify import Report


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "verify",
        help="check an edition or a picture, offline, in plain words",
        description=(
            "Say what is proven, what is only the newsroom's word, what is not proven, and every file that was altered. "
            "A picture outside of an edition is checked with the proof beside it, or the one inside it."
        ),
    )
    parser.add_argument("path", metavar="EDITION|FILE", help="an edition's folder, one file inside it, or a picture")
    parser.add_argument(
        "--proof", metavar="FILE", help="the proof of a picture, where it is not beside it (NAME.proof)"
    )
    parser.add_argument("--card-words", metavar="WORDS", help="the 12 words of the newsroom's card, from elsewhere")
    parser.add_argument(
        "--against",
        metavar="OTHER-EDITION",
        help="another edition of the newsroom, or the file log/checkpoint kept from one: "
        "was anything on the public record changed or taken back between the two?",
    )
    parser.add_argument("--json", action="store_true", help="print the findings for machines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Verify.

    Raises:
        TrustError: Something is wrong; every fault is listed.
    """
    alone = _alone(Path(args.path), args.proof)
    if alone is not None:
        picture.check(alone, args, console)
        return
    root, only = _edition(Path(args.path))
    given = words.card_words(words.read_card_words(args.card_words)) if args.card_words else None
    against = _against(Path(args.against)) if args.against else None
    total = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    with console.progress(total, "checking") as meter:
        report = verify.check(
            Folder(root, every=True),
            now=SystemClock().now(),
            card_words=given,
            only=only,
            against=against,
            progress=meter.advance,
        )
    _tell(report, args, console)
    if report.faults:
        raise TrustError(
            "verify-failed",
            "one fault was found" if len(report.faults) == 1 else f"{len(report.faults)} faults were found",
            mend=verify.MEND,
            evidence=b"\n".join(report.evidence),
        )


def _against(path: Path) -> Folder:
    """Find the public record to compare with: in an edition, alone, or only the newsroom's last signed word on it."""
    folder = path.absolute() if path.is_dir() else path.absolute().parent
    if path.is_dir() and any((folder / name).is_file() for name in ("log/checkpoint", "checkpoint")):
        return Folder(folder)
    if path.is_file() and path.name == "checkpoint":
        return Folder(folder)
    raise UsageError(
        "against-missing",
        f"{shown(str(path))} is neither an edition nor the file log/checkpoint of one",
        mend="Give the folder of another edition of the same newsroom.",
    )


def _alone(path: Path, proof: str | None) -> Path | None:
    """Give the picture that is to be checked by itself; None where it is an edition, or lies in one."""
    if not path.is_file() or (
        proof is None and any((folder / edition.LIST).exists() for folder in path.absolute().parents)
    ):
        return None
    beside = path.with_name(path.name.removesuffix(sidecar.SUFFIX))
    return beside if beside != path and beside.is_file() and proof is None else path


def _edition(path: Path) -> tuple[Path, str | None]:
    """Find the edition a path stands for, and the one file of it that is meant."""
    if not path.exists():
        raise UsageError("file-missing", f"{shown(str(path))} is not there", mend="Look at how the name is spelled.")
    path = path.absolute()
    if path.is_dir() and ((path / edition.LIST).exists() or (path / edition.CARD).exists()):
        return path, None
    for folder in path.parents:
        if (folder / edition.LIST).exists():
            return folder, None if path.is_dir() else path.relative_to(folder).as_posix()
    raise UsageError(
        "verify-alone",
        f"{shown(str(path))} is not in an edition: there is no {edition.LIST} in its folder or above it",
        mend="Give the folder of an edition, one file of it, or a picture with its proof.",
    )


def _tell(report: Report, args: argparse.Namespace, console: Console) -> None:
    if args.json:
        faults = [{"code": one.code, "where": one.where, "what": one.what} for one in report.faults]
        told = {
            "proven": report.proven,
            "stated": report.stated,
            "unproven": report.unproven,
            "faults": faults,
            "limits": report.limits,
            "evidence": [raw.decode("utf-8", "replace") for raw in report.evidence],
        }
        console.product(json.dumps(told, ensure_ascii=False, sort_keys=True))
        return
    for title, lines in (
        ("PROVEN", report.proven),
        ("ONLY THE NEWSROOM'S WORD", report.stated),
        ("NOT PROVEN", report.unproven),
        ("WHAT NO CHECK OF A PICTURE CAN SHOW", report.limits),
        ("WRONG", tuple(f"{shown(one.where)}: {one.what}" for one in report.faults)),
    ):
        if lines:
            console.product(title)
            for line in lines:
                console.product(f"  - {line}")
    if report.evidence:
        console.product("EVIDENCE: the newsroom's own signed words; keep them")
        for raw in report.evidence:
            console.product(raw.decode("utf-8", "replace"))
