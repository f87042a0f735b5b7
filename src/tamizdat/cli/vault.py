"""``tamizdat vault``: check the originals' ciphertext, rebuild the catalogue from it, export, destroy."""

from __future__ import annotations

import argparse
import re

from typing import Any, Final

from tamizdat.adapters.folder import Folder
from tamizdat.cli import deciding, vault_export
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom, shown
from tamizdat.cli.phrases import amount, counted, joined, read_amount
from tamizdat.newsroom import custody, erasure, fixity, objects, rebuilding
from tamizdat.newsroom.fixity import DAY, Bounds, Report
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.tombstone import Tombstone
from tamizdat.primitives import text
from tamizdat.primitives.errors import TamizdatError, TrustError, UsageError


_FILES: Final = re.compile(r"([1-9][0-9]{0,8})\s*(?:files?|objects?)", re.ASCII)
UNREACHED: Final = (
    "It does not reach: copies of keys/ in your backups (run `tamizdat newsroom backup --keys` onto each of them, or "
    "destroy them); parts that couriers or senders still hold; what was published, exported or printed; cells of a "
    "solid-state disk, snapshots, and what older versions of desk/ left in a disk's free space. Decisions and the ledgers "
    "of who took it out and what was disclosed of it stay, sealed to the newsroom."
)
UNREBUILT: Final = (
    "what no object's metadata holds did not come back: arrivals in which every file was refused or every object "
    "destroyed, announcements, what waits for the public record, the private maps of its lines (desk/batches: without "
    "them no date can be shown for what is on it), approvals, decisions, ledgers. Restore these from a backup of desk/"
)


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "vault", help="check the newsroom's vault, rebuild the catalogue from it, export or destroy originals"
    )
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    _add_fsck(acts)
    rebuild = acts.add_parser(
        "rebuild", help="make the catalogue of originals anew from the vault and the keys; asks for the passphrase"
    )
    add_newsroom_options(rebuild)
    rebuild.set_defaults(run=run_rebuild)
    vault_export.add_parser(acts)
    destroy = acts.add_parser("destroy", help="destroy an original's key, for ever; nobody can open it then")
    destroy.add_argument("object", metavar="OBJECT", help="the object's id")
    destroy.add_argument(
        "--reason", required=True, metavar="TEXT", help="why, in one line that names nobody; it is kept"
    )
    destroy.add_argument("--yes", action="store_true", help="do not ask again")
    deciding.add_options(destroy)
    add_newsroom_options(destroy)
    destroy.set_defaults(run=run_destroy)


def _add_fsck(acts: Any) -> None:
    fsck = acts.add_parser(
        "fsck",
        help="read every object and compare it with its inventory; needs no passphrase",
        description=(
            "Without options: everything, now. With any option it goes on where the last run stopped, the oldest check "
            "first, and ends behind the object with which a bound is reached."
        ),
    )
    fsck.add_argument("--limit", metavar="SIZE", help="read so much, as 20GB, or so many objects, as 500files")
    fsck.add_argument("--minutes", type=int, default=0, metavar="M", help="read for so long")
    fsck.add_argument("--every", type=int, default=0, metavar="DAYS", help="pass over what was checked in these days")
    fsck.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    fsck.set_defaults(run=run_fsck)


def run_fsck(args: argparse.Namespace, console: Console) -> None:
    """
    Check the vault, all of it or some.

    Raises:
        TrustError: An object is damaged or missing; every fault is listed.
    """
    bounds = _bounds(args)
    house = houses.at(find_newsroom(args))
    with console.progress(None, "checking") as meter:
        report = fixity.run(house, bounds, meter.advance)
        strays = () if not bounds.anew else tuple(house.vault().strays())
    _tell(report, console)
    faults = (*report.faults, *strays)
    if faults:
        more = f", and {counted(report.more, 'more')} not named" if report.more else ""
        raise TrustError(
            "vault-fsck",
            f"the vault has {counted(len(faults), 'fault')}{more}",
            mend="Restore these objects from a backup (docs/spec/vault.md, “Restoring one object”), then check again.",
            faults=faults,
        )
    if bounds.anew:
        console.say(f"the vault is whole: {counted(report.checked, 'object')}")


def run_rebuild(args: argparse.Namespace, console: Console) -> None:
    """
    Make desk/arrivals and desk/index anew.

    Raises:
        TrustError: Some objects could not be taken up; each is named.
    """
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        _finish(house, keys, args)
        done = rebuilding.rebuild(house, keys)
    console.say(
        f"the catalogue is made anew: {counted(done.objects, 'original')} in {counted(done.arrivals, 'arrival')}"
        + (f"; {counted(done.kept, 'arrival')} stood there already and in no object" if done.kept else "")
        + (f"; {counted(done.buried, 'object')} destroyed before" if done.buried else "")
    )
    console.say(UNREBUILT)
    if done.faults:
        raise TrustError(
            "vault-rebuild",
            f"{counted(len(done.faults), 'object')} could not be taken up",
            mend="The others are in the catalogue.",
            faults=done.faults,
        )


def run_destroy(args: argparse.Namespace, console: Console) -> None:
    """
    Destroy an original's key.

    Raises:
        UsageError: There is no such object, or it is not to be.
        ShortError: More persons have to decide it.
    """
    details = erasure.details(args.object, args.reason)
    with houses.opened(args) as house:
        keys = houses.unlocked(house, args, console)
        done = {stone.object: stone for stone in _finish(house, keys, args)}
        if args.object not in done:
            objects.identity(house, keys, args.object)
            _show(house, keys, args.object, console)
            if not args.yes and not console.yes("Destroy its key for ever?"):
                raise UsageError("erasure-not", "nothing was destroyed", mend="Say yes, or give --yes.")
            decided = deciding.decided(house, keys, args, console, "destroy", args.object, details)
            shred = Folder(find_newsroom(args)).shred
            erasure.destroy(house, keys, args.object, args.reason, decided=decided, shred=shred)
    console.say(
        f"object {args.object} is destroyed: its key, its seeds, its name and its place in the index are gone from this "
        "newsroom. Its ciphertext stays in the vault, which stays whole, and nobody can open it; a tombstone says who "
        "decided it, when and why"
    )
    console.warn(UNREACHED)


def _finish(house: House, keys: Keys, args: argparse.Namespace) -> tuple[Tombstone, ...]:
    """Finish a destruction that was cut off, before anything else is looked at."""
    return erasure.recover(house, keys, Folder(find_newsroom(args)).shred)


def _show(house: House, keys: Keys, ident: str, console: Console) -> None:
    """Say what is about to be destroyed; this is shown and kept nowhere."""
    try:
        found = custody.whole(house, keys, ident)
    except TamizdatError:
        console.warn(f"object {ident}: what is known of it cannot be read")
        return
    names = joined(dict.fromkeys(shown(file.name) for one in found.custody for file in one.files))
    console.say(f"object {ident}: {found.kind}, {amount(found.size)}, received as {names}")


def _tell(report: Report, console: Console) -> None:
    since = "some were never checked" if report.oldest is None else f"the oldest check is of {text.day(report.oldest)}"
    due = f"{counted(report.due, 'object')} still due; {since}" if report.due else f"nothing else is due; {since}"
    console.say(f"checked {counted(report.checked, 'object')}, {amount(report.size)}; {due}")


def _bounds(args: argparse.Namespace) -> Bounds:
    size = count = 0
    try:
        match = _FILES.fullmatch((args.limit or "").strip())
        if match:
            count = int(match[1])
        elif args.limit:
            size = read_amount(args.limit)
        if args.minutes < 0 or args.every < 0:
            raise ValueError
    except ValueError as error:
        raise UsageError(
            "vault-bounds",
            "these bounds cannot be",
            mend="Give --limit as 20GB or 500files, --minutes and --every as plain numbers.",
        ) from error
    if not (args.limit or args.minutes or args.every):
        return Bounds(anew=True)
    return Bounds(size=size, count=count, seconds=args.minutes * 60, every=args.every * DAY)
