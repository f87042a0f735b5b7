"""Make a folder whole or not at all: it is made beside its place and moved there when everything is in it."""

from __future__ import annotations

import contextlib
import shutil

from collections.abc import Iterator
from pathlib import Path

from tamizdat.adapters import disk
from tamizdat.cli.console import shown
from tamizdat.primitives.errors import UsageError


@contextlib.contextmanager
def made_beside(target: Path, *, keep: bool = True) -> Iterator[Path]:
    """
    Give a folder beside *target* to fill, and move it there; whatever goes wrong, it is taken away.

    What a killed run left of it is removed first. With *keep* False it is taken away in any case: a rehearsal.

    Raises:
        UsageError: ``output-exists``: there is something in the way.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            "output-exists",
            f"{shown(str(target))} is there already, and is not an empty folder",
            mend="Give a folder that is not there yet.",
        )
    beside = target.with_name(f".{target.name}.unfinished")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(mode=0o700)
        yield beside
        if keep:
            beside.rename(target)
            disk.sync_folder(target.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
