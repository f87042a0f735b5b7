"""
Tell readers of the lines of kind `key` on the public record that travels in an edition.

Such a line is the newsroom's word that it changed who signs or decides without those who should decide it. It is
neither proof nor fault, and NOT all that can happen to a key: one that was stolen leaves no line. docs/spec/edition.md.
"""

from __future__ import annotations

from typing import Final

from tamizdat.primitives import text
from tamizdat.primitives.errors import TamizdatError
from tamizdat.record.keylines import KeyLines
from tamizdat.record.log import LogReader
from tamizdat.wire.report import Findings


_WHAT: Final = "the newsroom changed its keys or its persons without a decision of those persons"
_ASK: Final = "ask the newsroom, by voice, why, and compare the 12 words of its card"


def tell(found: Findings, keys: KeyLines) -> None:
    """Say how many there are; nothing where there is none."""
    if keys.count:
        dated = "" if keys.since is None else f", by the record's own dates not before {text.instant(keys.since)}"
        found.stated.append(
            f"the record says that {_WHAT}; such entries (of the kind “key”): {keys.count}, the newest is entry "
            f"{keys.newest} (counted from 0){dated}; {_ASK}"
        )


def tell_new(found: Findings, new: LogReader, old_size: int) -> None:
    """Say how many came between two public records, and whether all that came could be read."""
    keys = KeyLines()
    try:
        for _ in keys.passing(new.entries(old_size), old_size):
            pass
    except (TamizdatError, OSError):
        found.unproven.append(
            f"that the newer of the two public records does not say once more that {_WHAT}: "
            "what is new in it is not all there, or was altered"
        )
    if keys.count:
        found.stated.append(
            f"what is new in the newer of the two public records says that {_WHAT}; such entries (of the "
            f"kind “key”): {keys.count}, the newest is entry {keys.newest} (counted from 0); {_ASK}"
        )
