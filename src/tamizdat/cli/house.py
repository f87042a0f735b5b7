"""Open a newsroom for a verb: its folder, its lock, this machine's clock and dice."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import importlib

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tamizdat.adapters import sqlite, web
from tamizdat.adapters.cell import Cell
from tamizdat.adapters.folder import Folder
from tamizdat.adapters.lock import locked
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.adapters.place import Elsewhere, Place
from tamizdat.cli.console import Console, find_newsroom
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import note
from tamizdat.primitives.errors import UsageError
from tamizdat.record.rows import Rows
from tamizdat.record.witness import Answer


DATABASE: Final = "desk/log.sqlite"


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator[House]:
    """
    Open the newsroom for writing; one command at a time.

    Raises:
        UsageError: There is none.
        AdapterError: Another command is at work in it.
    """
    path = find_newsroom(args)
    with locked(path / ".lock"), contextlib.ExitStack() as stack:
        house = at(path)
        house = dataclasses.replace(house, rows=functools.partial(rows, house, path, stack))
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
    return House(
        Folder(path),
        clock=SystemClock(),
        entropy=SystemEntropy(),
        wire=_Wire(),
        cells=Cell,
        place=Place(path),
        elsewhere=lambda named: Elsewhere(Path(named)),
    )


def unlocked(house: House, args: argparse.Namespace, console: Console) -> Keys:
    """Ask for the passphrase, once a run, and unlock the keys."""
    return house.unlock(console.passphrase(args, what=f"“{house.card().name}”"))


def rows(house: House, path: Path, stack: contextlib.ExitStack) -> Rows:
    """Open the database of the public record; it is closed with *stack*."""
    if not house.settings.database:
        (path / DATABASE).parent.mkdir(mode=0o700, exist_ok=True)
        return stack.enter_context(contextlib.closing(sqlite.SqliteRows(path / DATABASE)))
    try:
        postgres = importlib.import_module("tamizdat.adapters.postgres")
    except ImportError as error:
        raise UsageError(
            "extra-missing",
            "PostgreSQL needs packages that are not installed",
            mend="Install them with `pip install 'tamizdat[postgres]'`, or leave `database` empty.",
        ) from error
    found: Rows = stack.enter_context(contextlib.closing(postgres.PostgresRows(house.settings.database)))
    return found


class _Wire:
    """The way to the public record's witnesses, where the newsroom's policy names any."""

    def post(self, address: str, body: bytes, kind: str = "application/octet-stream") -> Answer:
        """Hand a checkpoint, or a request for a time stamp, in."""
        status, answer = web.post(address, body, kind)
        return Answer(status=status, body=answer)

    def get(self, address: str) -> bytes | None:
        """Get what a witness saw last."""
        return web.fetch(address, note.MAX_LENGTH)
