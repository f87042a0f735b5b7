"""``tamizdat open``: open a sealed file with its key, and give the files their names back where the disk can."""

from __future__ import annotations

import argparse
import os

from pathlib import Path
from typing import Any, BinaryIO, Final

from tamizdat.adapters import disk
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import counted
from tamizdat.field import dossier
from tamizdat.field.dossier import Entry, ObjectInfo
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import header, recipients
from tamizdat.primitives.errors import UsageError


CHUNK: Final = 1 << 20


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "open",
        help="open a sealed file with its key",
        description="Open a sealed file, check every byte of it, and write its files into a new folder.",
    )
    parser.add_argument("sealed", metavar="X.age", help="the sealed file, as `join` gave it")
    parser.add_argument(
        "-i",
        "--identity",
        required=True,
        metavar="IDENTITY",
        help="the file with the key; asked for its passphrase if it has one",
    )
    parser.add_argument("-o", "--out", required=True, metavar="DIR", help="a folder that is not there yet")
    parser.add_argument("--passphrase-file", metavar="FILE", help="a file whose first line is the key's passphrase")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Open a dossier into a folder: whole and checked, or not at all.

    Raises:
        TrustError: The key does not open it.
        FormatError: It is damaged, or no dossier.
    """
    out = Path(args.out)
    if out.exists():
        raise UsageError(
            "output-exists", f"{shown(str(out))} is there already", mend="Give a folder that is not there yet."
        )
    identities = read_identities(args, console)
    fresh = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        opened = _read(args.sealed, identities, fresh, console)
        for info in opened.void:
            (fresh / "data" / Path(info.path).name).unlink()
        renamed, kept = _name(fresh, opened.objects)
        fresh.rename(out)
    finally:
        _remove(fresh)
    console.product(str(out))
    for info in kept:
        console.warn(f"this disk cannot hold the name {shown(info.name)}; the file is {shown(info.path)}")
    for left in opened.left_out:
        console.warn(f"the sender could not seal {shown(left.name)}: {left.reason}")
    console.say(
        f"opened: {counted(len(opened.objects), 'file')}, {renamed} with their own names; every byte is as it was sealed"
    )
    console.say("who sealed them is not proven: anyone who has the card can")


def read_identities(args: argparse.Namespace, console: Console) -> list[recipients.Identity]:
    """
    Read the key that --identity names; its passphrase is asked for where it has one.

    Raises:
        UsageError: It cannot be read. FormatError: It is no key. TrustError: The passphrase is wrong.
    """
    try:
        raw = Path(args.identity).read_bytes()
    except OSError as error:
        raise UsageError(
            "identity-file",
            f"{shown(args.identity)}: the key cannot be read: {error.strerror}",
            mend="Give the key's file.",
        ) from error
    if raw.startswith((header.VERSION, b"-----BEGIN AGE")):
        raw = age.open_(raw, [recipients.Passphrase(console.passphrase(args, what="this key"))])
    return recipients.read_identity_file(raw.decode("utf-8", "replace"))


def _read(path: str, identities: list[recipients.Identity], fresh: Path, console: Console) -> dossier.Opened:
    try:
        size = Path(path).stat().st_size
        source = Path(path).open("rb")  # noqa: SIM115 -- closed below
    except OSError as error:
        raise UsageError(
            "sealed-file",
            f"{shown(path)}: it cannot be read: {error.strerror}",
            mend="Give the file that `join` wrote.",
        ) from error
    with source, console.progress(size, "opening") as meter:
        stream = age.Reader(source, identities)
        (fresh / "data").mkdir(mode=0o700, parents=True)

        def visit(entry: Entry, payload: BinaryIO) -> None:
            target = disk.new_file(fresh / "data" / Path(entry.path).name)
            try:
                while chunk := payload.read(CHUNK):
                    with disk.failing(fresh):
                        target.write(chunk)
                    meter.advance(len(chunk))
            finally:
                with disk.failing(fresh):
                    target.close()

        return dossier.read(stream, visit)


def _name(folder: Path, infos: tuple[ObjectInfo, ...]) -> tuple[int, list[ObjectInfo]]:
    """Give each file its own name below ``files/``; keep under its number what this disk cannot name safely."""
    kept = []
    base = os.fsencode(folder / "files")
    for info in infos:
        numbered = os.fsencode(folder / "data" / Path(info.path).name)
        target = os.path.join(base, info.name)
        try:
            # A name may be taken by one that this disk holds for the same: case, accents.
            if not _stays_inside(info.name) or os.path.lexists(target):
                raise OSError
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            os.rename(numbered, target)
        except OSError:
            kept.append(info)
    if not kept:
        (folder / "data").rmdir()
    return len(infos) - len(kept), kept


def _stays_inside(name: bytes) -> bool:
    segments = name.split(b"/")
    if os.name == "nt" and any(byte in name for byte in b'\\:*?"<>|'):
        return False
    return b"\0" not in name and all(segment not in {b"", b".", b".."} for segment in segments)


def _remove(folder: Path) -> None:
    if folder.exists():
        for root, folders, files in os.walk(os.fsencode(folder), topdown=False):
            for name in files:
                os.unlink(os.path.join(root, name))
            for name in folders:
                os.rmdir(os.path.join(root, name))
        folder.rmdir()
