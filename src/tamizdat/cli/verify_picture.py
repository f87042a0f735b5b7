"""One picture or text outside of any edition, checked with its proof: the second half of ``tamizdat verify``."""

from __future__ import annotations

import argparse
import json

from pathlib import Path
from typing import Final

from tamizdat.adapters.machine import SystemClock
from tamizdat.cli.console import Console, shown
from tamizdat.primitives.errors import AdapterError, FormatError, TrustError, UsageError
from tamizdat.redaction.commitment import MAX_FILE
from tamizdat.wire import beside, sidecar
from tamizdat.wire.sidecar import Findings, Sidecar


MEND: Final = "Get the picture and its proof again from where they were published, and ask the newsroom if this stays."
_TITLES: Final = (
    ("proven", "PROVEN"),
    ("stated", "ONLY THE NEWSROOM'S WORD"),
    ("unproven", "NOT PROVEN"),
    ("fault", "WRONG"),
)


def check(path: Path, args: argparse.Namespace, console: Console) -> None:
    """
    Check one file by itself and say what came out.

    Raises:
        UsageError: ``sidecar-none``: it carries no proof. FormatError: The proof cannot be read.
        TrustError: ``verify-failed``: something is wrong; all of it was told.
    """
    if args.against:
        raise UsageError(
            "against-picture",
            "--against compares two editions, and this is one picture",
            mend="Leave it out, or give the folder of an edition.",
        )
    picture = _read(path, MAX_FILE)
    where, made = _proof(path, picture, args.proof)
    with console.progress(None, "checking"):
        found = sidecar.check(picture, made, card_words=args.card_words, now=SystemClock().now())
    if args.json:
        console.product(_json(found, where))
    else:
        _tell(found, console)
    if found.verdict == "fault":
        count = sum(one.kind == "fault" for one in found.all)
        what = "one fault was found" if count == 1 else f"{count} faults were found"
        raise TrustError("verify-failed", f"{what}. Do not rely on this file", mend=MEND)
    if not args.json:
        console.product(sidecar.sentence(f"verdict-{found.verdict}"))


def _proof(path: Path, picture: bytes, given: str | None) -> tuple[str, Sidecar]:
    """Find the proof: the one that is given, else the one beside the picture, else the one inside it."""
    if given is not None and not Path(given).is_file():
        raise UsageError("file-missing", f"{shown(given)} is not there", mend="Look at how the name is spelled.")
    near = Path(given) if given is not None else path.with_name(path.name + beside.SUFFIX)
    if near.is_file():
        return "beside" if given is None else "given", sidecar.read(_read(near, beside.MAX_LENGTH))
    inside = sidecar.find(picture)
    if inside is None:
        raise UsageError(
            "sidecar-none",
            f"{shown(str(path))} carries no proof, and none lies beside it: that says nothing against it and nothing for it",
            mend=f"Put its proof beside it as {shown(near.name)}, or name it with --proof; a whole edition is checked by its folder.",
        )
    return "inside", sidecar.read(inside)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except OSError as error:
        raise AdapterError(
            "file-unreadable",
            f"{shown(str(path))} cannot be read: {error.strerror}",
            mend="Copy it again from where it came.",
        ) from error
    if len(raw) > most:
        raise FormatError(
            "verify-large",
            f"{shown(str(path))} is larger than what can be checked, {most >> 20} MiB",
            mend="Check that it is the right file.",
        )
    return raw


def _tell(found: Findings, console: Console) -> None:
    for kind, title in _TITLES:
        lines = [shown(sidecar.sentence(one.code, one.params)) for one in found.all if one.kind == kind]
        if lines:
            console.product(title)
        for line in lines:
            console.product(f"  - {line}")
    console.product("WHAT NO CHECK OF THIS KIND CAN SHOW")
    told = {one.code for one in found.all}
    for code in sidecar.LIMITS:
        if code not in told:
            console.product(f"  - {sidecar.sentence(code)}")


def _json(found: Findings, where: str) -> str:
    findings = [
        {"kind": one.kind, "code": one.code, "params": dict(one.params), "text": sidecar.sentence(one.code, one.params)}
        for one in found.all
    ]
    told = {"verdict": found.verdict, "findings": findings, "proof": where}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
