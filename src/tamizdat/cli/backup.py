"""``tamizdat newsroom backup`` and ``restore``: a plain copy with a list of hashes, and the way back, tried and checked."""

from __future__ import annotations

import argparse
import contextlib
import io

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters import snapshot
from tamizdat.adapters.folder import Folder
from tamizdat.cli import house as houses
from tamizdat.cli.beside import made_beside
from tamizdat.cli.console import Console, find_newsroom, shown
from tamizdat.cli.phrases import amount, counted
from tamizdat.newsroom import backup, fixity, init
from tamizdat.newsroom.backup import Opener
from tamizdat.newsroom.house import LOG, House
from tamizdat.primitives import note
from tamizdat.primitives.errors import Fault, FormatError, TamizdatError, TrustError, UsageError
from tamizdat.primitives.stores import read
from tamizdat.record import checkpoint, log, tiles
from tamizdat.record import entry as entries
from tamizdat.wire import edition, verify


SNAPSHOT: Final = ".log.sqlite.unfinished"
WITH_KEYS: Final = (
    "this backup has the keys: whoever has it and the passphrase can open everything, and originals whose keys are "
    "destroyed here stay open in it until it is brought up to date with --keys, or destroyed"
)
WITHOUT_KEYS: Final = (
    "this backup has no keys: without a copy of keys/ or the printed recovery page nobody can open what is in it. "
    "The recovery page opens the originals' keys only where keys/objects is kept as well: make one backup with --keys, "
    "and lock it away"
)


def add_parsers(acts: Any) -> None:
    """Teach `tamizdat newsroom` these two."""
    made = acts.add_parser(
        "backup", help="bring a plain copy of the newsroom up to date, and read it again; no passphrase is needed"
    )
    made.add_argument("--to", required=True, metavar="DIR", help="the backup's folder, on another disk")
    made.add_argument("--keys", action="store_true", help="with keys/: think where you keep that copy")
    made.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    made.set_defaults(run=run_backup)
    back = acts.add_parser(
        "restore", help="restore a backup into an empty folder, and check all that is in it; no passphrase is needed"
    )
    back.add_argument("backup", metavar="DIR", help="the backup's folder")
    back.add_argument("folder", metavar="NEW", help="the folder to make; it must be empty or not there")
    back.add_argument("--rehearse", action="store_true", help="a drill: restore, check, and take it away again")
    back.set_defaults(run=run_restore)


def run_backup(args: argparse.Namespace, console: Console) -> None:
    """
    Bring a backup up to date.

    Raises:
        UsageError: It would lie inside the newsroom.
        TrustError: What was written once is another here than in the backup, or gone; or what was saved is damaged.
        AdapterError: The medium did not keep what was written.
    """
    path, target = find_newsroom(args).resolve(), Path(args.to).resolve()
    if target == path or path in target.parents:
        raise UsageError(
            "backup-inside", "a backup inside the newsroom goes when the newsroom goes", mend="Give another disk."
        )
    with houses.opened(args) as house, _record(house, path, target) as (instead, early):
        if house.settings.database:
            console.warn(
                "the public record's database is a server's: save it with `pg_dump` once this is done; log/ is in this backup"
            )
        with console.progress(None, "saving") as meter:
            store = Folder(target)
            made = backup.make(
                house.root,
                store,
                keys=args.keys,
                instead=instead,
                shred=store.shred,
                early=early,
                progress=meter.advance,
            )
            spoiled = (*fixity.look_at(house, made.objects, meter.advance), *_record_faults(house))
    for name in made.passed:
        console.warn(f"{shown(name)}: not saved, for it is no plain file")
    console.say(
        f"saved {counted(made.files, 'file')}, {amount(made.size)}: {counted(made.copied, 'file')} new or changed, "
        f"{made.removed} removed; every byte was read again and is as listed in {backup.LIST}"
    )
    console.warn(WITH_KEYS if args.keys else WITHOUT_KEYS)
    if made.faults:
        raise TrustError(
            "backup-changed",
            f"{counted(len(made.faults), 'file')} that cannot change did, here or in the backup",
            mend="Everything else was saved.",
            faults=(*made.faults, *spoiled),
        )
    if spoiled:
        raise TrustError(
            "backup-spoiled",
            f"everything was saved, but what was saved is damaged: {counted(len(spoiled), 'fault')}",
            mend="Restore what is named from an older copy, then make a backup into an empty folder: this one keeps the damage.",
            faults=spoiled,
        )


def run_restore(args: argparse.Namespace, console: Console) -> None:
    """
    Restore a backup, or rehearse it.

    Raises:
        ShortError, FormatError: The backup is not whole.
        TrustError: What was restored does not hold; every fault is listed.
    """
    target = Path(args.folder).absolute()
    with made_beside(target, keep=not args.rehearse) as beside:
        with console.progress(None, "restoring") as meter:
            listed = backup.restore(Folder(Path(args.backup)), Folder(beside), meter.advance)
            console.say(f"{counted(len(listed), 'file')} came back, every one with the hash it was saved with")
            faults = tuple(_faults(houses.at(beside), beside, console))
        for folder in init.FOLDERS:
            (beside / folder).mkdir(mode=0o700, exist_ok=True)
        has_keys = (beside / "keys").exists()
    if faults:
        raise TrustError(
            "restore-check",
            f"what was restored has {counted(len(faults), 'fault')}; each was in the newsroom when it was saved",
            mend="Look for these files in an older or other copy.",
            faults=faults,
        )
    if not has_keys:
        console.warn("there are no keys in this backup: put keys/ back from where you keep it")
    console.warn("a restored record is older than what others may have seen: it signs nothing before they agree")
    if args.rehearse:
        console.say("the rehearsal went well: this backup can be restored; what was restored for it is removed again")
    else:
        console.say("the newsroom is restored")
        console.product(args.folder)


def _faults(house: House, path: Path, console: Console) -> Iterator[Fault]:
    """Check vault, public record and editions of what was restored."""
    vault = house.vault()
    yield from vault.fsck()
    console.say(f"vault: {counted(sum(1 for _ in vault.ids()), 'object')} checked")
    yield from _record_faults(house, lambda size: console.say(f"public record: {counted(size, 'entry')} checked"))
    found = sorted(one.parent for one in (path / "editions").glob(f"*/{edition.LIST}"))
    for one in found:
        for fault in verify.check(Folder(one), now=house.clock.now()).faults:
            yield Fault(code=fault.code, where=f"editions/{one.name}/{fault.where}", what=fault.what, mend=fault.mend)
    console.say(f"{counted(len(found), 'edition')} checked")


def _record_faults(house: House, say: Callable[[int], None] = lambda _: None) -> Iterator[Fault]:
    """Check the public record as it is published; *say* is told how many entries it has."""
    try:
        reader = house.log_reader()
        yield from tuple(reader.check_all()) or tuple(entries.check_order(reader.entries()))
        say(reader.size)
    except (TamizdatError, FileNotFoundError) as error:
        mend = getattr(error, "mend", "Restore log/ from a mirror.")
        yield Fault(code="restore-record", where="log", what=f"it cannot be read: {error}", mend=mend)


@contextlib.contextmanager
def _record(house: House, path: Path, target: Path) -> Iterator[tuple[Mapping[str, Opener], Callable[[str], bool]]]:
    """
    Take the public record as it stands at one moment, though `log serve --add` goes on writing to it.

    First what was published, then the database, by the database's own means: the database may hold more than was
    published, never less, or the record could not go on from this backup. Tiles that came later are not saved yet.
    """
    raw = read(house.root, f"{LOG}/{log.CHECKPOINT}", note.MAX_LENGTH)
    instead: dict[str, Opener] = {} if raw is None else {f"{LOG}/{log.CHECKPOINT}": lambda: io.BytesIO(raw)}
    try:
        size = checkpoint.read_text(note.read(raw or b"").text).size
    except FormatError:  # the check of the record names it; here it is saved as it lies
        size = checkpoint.MAX_SIZE

    def early(name: str) -> bool:
        place = tiles.read_name(name.removeprefix(f"{LOG}/"))
        return place is not None and place.end > size

    if not (path / houses.DATABASE).exists():
        yield instead, early
        return
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = target / SNAPSHOT
    try:
        snapshot.snapshot(path / houses.DATABASE, copy)
        yield instead | {houses.DATABASE: lambda: copy.open("rb")}, early
    finally:
        copy.unlink(missing_ok=True)
