"""
Lines of kind `key` on a public record: the newsroom said that its keys or its persons changed without a decision.

It is NOT a check of such a line's text, which is not on the record (docs/spec/entry.md), and a line is neither
proof nor fault: who reads of one asks the newsroom. docs/spec/decision.md, "When they cannot".
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Iterator

from tamizdat.primitives.errors import FormatError
from tamizdat.record import entry as entries
from tamizdat.record.entry import BatchEntry


KIND = "key"


@dataclasses.dataclass(slots=True)
class KeyLines:
    """
    Those that were seen on the way through a record, oldest first.

    Attributes:
        count: How many.

        newest: The number of the newest, counted from 0 on the record.

        since: When the slot of the last batch before it began, by the newsroom's word; None where none was seen.
    """

    count: int = 0
    newest: int = 0
    since: int | None = None
    _slot: int | None = None

    def take(self, number: int, raw: bytes) -> None:
        """Look at one entry; one that cannot be read is somebody else's to name."""
        try:
            found = entries.read(raw)
        except FormatError:
            return
        if isinstance(found, BatchEntry):
            self._slot = found.slot.start
        elif found.kind == KIND:
            self.count, self.newest, self.since = self.count + 1, number, self._slot

    def passing(self, raws: Iterable[bytes], start: int = 0) -> Iterator[bytes]:
        """Look at entries, from number *start* on, and hand them on."""
        for number, raw in enumerate(raws, start):
            self.take(number, raw)
            yield raw
