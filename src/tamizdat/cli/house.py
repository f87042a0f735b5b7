"""Open a newsroom for a verb: its folder, its lock, this machine's clock and dice."""

from __future__ import annotations

import argparse
import contextlib

from collections.abc import Iterator
from pathlib import Path

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.lock import locked
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.cli.console import Console, find_newsroom
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator[House]:
    """
    Open the newsroom for writing; one command at a time.

    Raises:
        UsageError: There is none.
        AdapterError: Another command is at work in it.
    """
    path = find_newsroom(args)
    with locked(path / ".lock"):
        house = at(path)
        busy = path / ".busy"
        if busy.exists():
            # The last command was killed: what it left half written goes before anything else is done.
            Folder(path).tidy()
            house.vault().sweep()
        busy.touch(mode=0o600)
        try:
            yield house
        finally:
            busy.unlink(missing_ok=True)


def at(path: Path) -> House:
    """Look at a newsroom without keeping others out."""
    return House(Folder(path), clock=SystemClock(), entropy=SystemEntropy())


def unlocked(house: House, args: argparse.Namespace, console: Console) -> Keys:
    """Ask for the passphrase, once a run, and unlock the keys."""
    return house.unlock(console.passphrase(args, what=f"“{house.card().name}”"))
