"""Writing what is whole of a dossier of which stretches are missing: for ``tamizdat open PARTS --partial``."""

from __future__ import annotations

import os

from pathlib import Path
from typing import Any

from tamizdat.adapters import disk
from tamizdat.carry import keyed
from tamizdat.cli import parts
from tamizdat.cli.console import Console, shown
from tamizdat.cli.phrases import counted
from tamizdat.field import salvage
from tamizdat.field.dossier import Entry
from tamizdat.field.salvage import Rescued
from tamizdat.primitives.age.recipients import Identity
from tamizdat.primitives.errors import Fault, LeftOutError


def read(
    paths: list[Path], identities: list[Identity], fresh: Path, console: Console
) -> tuple[tuple[Rescued, ...], LeftOutError]:
    """
    Write each whole file below *fresh*, under its number; give them, and what has to be said of the others.

    Raises:
        ShortError, TrustError, FormatError: Nothing of it can be had.
    """
    (fresh / "data").mkdir(mode=0o700, parents=True)
    with parts.opened(paths) as streams, console.progress(None, "opening") as meter:
        found = keyed.find(streams, [shown(path.name) for path in paths], identities)[0]

        def visit(entry: Entry, payload: Any) -> None:
            path = fresh / "data" / Path(entry.path).name
            target = disk.new_descriptor(path)
            try:
                while piece := payload.read(1 << 20):
                    with disk.failing(fresh):
                        disk.write_all(target, piece)
                    meter.advance(len(piece))
            except salvage.Hole:
                path.unlink()
                raise
            finally:
                os.close(target)

        saved = salvage.walk(found, visit)
        liars, missing = found.liars, found.missing()
    kept = tuple(salvage.entries(saved))
    wanted = {Path(one.path).name for one in kept}
    for path in (fresh / "data").iterdir():
        if path.name not in wanted:
            path.unlink()
    for liar in liars:
        console.warn(str(liar))
    mend = "Bring another part, if there is one after all."
    faults = [
        Fault(code="open-partial", where=f"volume {volume + 1}, rows {first} to {last}", what="not here", mend=mend)
        for volume, first, last in missing[:20]
    ]
    faults += [Fault(code="open-partial", where=shown(one.name), what=one.why, mend=mend) for one in saved.lost]
    lost = f"opened in part: {counted(len(kept), 'whole file')}; known to be missing: {len(saved.lost)}"
    more = "" if saved.listed else "; the list of its files is missing, so there may be more"
    return kept, LeftOutError("open-partial", lost + more, mend=mend, faults=tuple(faults))
