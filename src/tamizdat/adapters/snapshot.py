"""
A copy of an SQLite file that is whole whatever others write meanwhile: by SQLite's own backup, never by copying bytes.

What SQLite keeps beside the file is folded into it on the way. https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import contextlib
import sqlite3

from pathlib import Path

from tamizdat.primitives.errors import AdapterError


def snapshot(source: Path, target: Path) -> None:
    """
    Write a copy of the database *source* into the new file *target*, and check it.

    Raises:
        AdapterError: ``database``: one of the two could not be read or written, or the copy is not whole.
    """
    target.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            target.chmod(0o600)
            old.backup(new)
            (found,) = new.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise AdapterError(
            "database", f"{source.name} could not be copied: {found}", mend="Look after the disk, then try again."
        )
