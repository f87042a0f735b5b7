"""``tamizdat open``: open a sealed file or its parts with its key, and give the files their names back where the disk can."""

from __future__ import annotations

import argparse
import os

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import ahead, disk
from tamizdat.carry import keyed
from tamizdat.cli import partly, parts
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import counted
from tamizdat.field import dossier
from tamizdat.field.dossier import Entry, ObjectInfo
from tamizdat.field.salvage import Rescued
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import header, recipients
from tamizdat.primitives.errors import FormatError, ShortError, TamizdatError, TrustError, UsageError


CHUNK: Final = 1 << 20


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "open",
        help="open a sealed file, or its parts, with its key",
        description=(
            "Open a sealed file, or enough of its parts, check every byte of it, and write its files into a new folder."
        ),
    )
    parser.add_argument(
        "sealed",
        nargs="+",
        metavar="X.age|PART",
        help="the sealed file as `join` gave it, or parts, or folders of them",
    )
    parser.add_argument(
        "-i",
        "--identity",
        required=True,
        metavar="IDENTITY",
        help="the file with the key; asked for its passphrase if it has one",
    )
    parser.add_argument(
        "--partial", action="store_true", help="take the files that are whole, where the missing parts will never come"
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
        ShortError: The parts are not enough.
    """
    out = Path(args.out)
    if out.exists():
        raise UsageError(
            "output-exists", f"{shown(str(out))} is there already", mend="Give a folder that is not there yet."
        )
    paths = parts.files(args.sealed)
    whole = [path for path in paths if parts.is_sealed(path)]
    if len(paths) == 1 and parts.set_of(paths[0]) is None:
        whole = paths  # neither: age says what is wrong with it
    if whole and len(paths) > 1:
        raise UsageError(
            "open-several",
            f"{shown(str(whole[0]))} is a sealed file, and it is not the only one named",
            mend="Give one sealed file, or the parts of one, each by itself.",
        )
    identities = read_identities(args, console)
    fresh = out.with_name(f".{out.name}.{os.getpid()}.part")
    if args.partial and not whole:
        _partly(paths, identities, out, console)
        return
    try:
        opened = _whole(whole[0], identities, fresh, console) if whole else _parts(paths, identities, fresh, console)
        for info in opened.void:
            (fresh / "data" / Path(info.path).name).unlink()
        renamed, kept = _name(fresh, opened.objects)
        fresh.rename(out)
    finally:
        _remove(fresh)
    console.product(str(out))
    for unnamed in kept:
        console.warn(f"this disk cannot hold the name {shown(unnamed.name)}; the file is {shown(unnamed.path)}")
    for left in opened.left_out:
        console.warn(f"the sender could not seal {shown(left.name)}: {left.reason}")
    files = counted(len(opened.objects), "file")
    console.say(f"opened: {files}, {renamed} with their own names; every byte is as it was sealed")
    console.say("who sealed them is not proven: anyone who has the card can")


def _partly(paths: list[Path], identities: list[recipients.Identity], out: Path, console: Console) -> None:
    """Open what is whole; LeftOutError says what is not."""
    fresh = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        files, lost = partly.read(paths, identities, fresh, console)
        _name(fresh, files)
        fresh.rename(out)
    finally:
        _remove(fresh)
    console.product(str(out))
    console.say("each of these files is as it was sealed, every byte; who sealed them is not proven")
    if lost.faults:
        raise lost


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


def _whole(path: Path, identities: list[recipients.Identity], fresh: Path, console: Console) -> dossier.Opened:
    with parts.opened([path]) as streams:
        return _read(age.Reader(streams[0], identities), path.stat().st_size, fresh, console)


def _parts(paths: list[Path], identities: list[recipients.Identity], fresh: Path, console: Console) -> dossier.Opened:
    """Open straight from the parts, by the short way first: believing what is not contradicted."""
    try:
        with parts.joiner(paths, tell=console.say) as joiner:
            stream = joiner.stream()
            opened = _read(age.Reader(stream, identities), stream.length, fresh, console)
    except (FormatError, ShortError, TrustError) as error:
        if error.code == "carry-mixed":
            raise
        doubt: TamizdatError = error
    else:
        for source in sorted(stream.rows.lost):
            console.warn(f"{shown(str(paths[source]))} went away while it was read; the others were enough")
        return opened
    if isinstance(doubt, FormatError | TrustError):
        console.warn(f"put together simply, the parts do not open ({doubt}); looking for a forged one among them")
    with parts.opened(paths) as streams:
        for found in keyed.find(streams, [shown(path.name) for path in paths], identities):
            _remove(fresh)
            try:
                opened = _read(found.stream(), found.length, fresh, console)
            except (FormatError, ShortError) as error:
                doubt = error
                continue
            for liar in found.liars:
                console.warn(str(liar))
            return opened
    raise doubt


def _read(plain: Any, size: int, fresh: Path, console: Console) -> dossier.Opened:
    with console.progress(size, "opening") as meter:
        stream = ahead.Ahead(plain)
        (fresh / "data").mkdir(mode=0o700, parents=True)

        def visit(entry: Entry, payload: Any) -> None:
            target = disk.new_descriptor(fresh / "data" / Path(entry.path).name)
            try:
                # Straight from the memory it was opened into, without a buffer between.
                while data := payload.raw.take(CHUNK):
                    with disk.failing(fresh):
                        disk.write_all(target, memoryview(data))
                    meter.advance(len(data))
            finally:
                with disk.failing(fresh):
                    os.close(target)

        try:
            return dossier.read(stream, visit)
        finally:
            stream.end()


def _name(folder: Path, infos: Sequence[ObjectInfo | Rescued]) -> tuple[int, list[ObjectInfo | Rescued]]:
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
