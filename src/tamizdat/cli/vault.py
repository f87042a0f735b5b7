"""``tamizdat vault``: check every original's ciphertext."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, find_newsroom
from tamizdat.cli.phrases import counted
from tamizdat.primitives.errors import TrustError


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser("vault", help="check the newsroom's vault")
    acts = parser.add_subparsers(metavar="WHAT", required=True)
    fsck = acts.add_parser("fsck", help="read every object and compare it with its inventory")
    fsck.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    fsck.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Check the vault.

    Raises:
        TrustError: An object is damaged; every fault is listed.
    """
    vault = houses.at(find_newsroom(args)).vault()
    count = sum(1 for _ in vault.ids())
    with console.progress(None, "checking") as meter:
        faults = tuple(vault.fsck(meter.advance))
    if faults:
        raise TrustError(
            "vault-fsck",
            f"the vault has {counted(len(faults), 'fault')}",
            mend="Restore these objects from a backup.",
            faults=faults,
        )
    console.say(f"the vault is whole: {counted(count, 'object')}")
