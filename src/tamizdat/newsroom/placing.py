"""
Each file of an arrival finds its object, new or held already, and its commitments: the sender's, the desk's, or both.

The bytes are kept once, however often they come; each arrival's root, seed and nonce are kept beside them.
It writes nothing: what it gives goes into the plan of the arrival (newsroom/finishing.py).
"""

from __future__ import annotations

import dataclasses

from collections.abc import Callable, Sequence

from tamizdat.field.sealing import Begin, at_once
from tamizdat.newsroom import committing, objects
from tamizdat.newsroom.arrival import Item
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import Covers, Origin
from tamizdat.newsroom.staging import Staged


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """
    One file of an arrival on its way into the record.

    Attributes:
        number, name, how: As in the arrival's record.

        item: What is staged of it; or its line in the record, where it was refused already.

        root, seed, covers: The sender's commitment; *seed* is empty where there is none.
    """

    number: int
    name: bytes
    item: Staged | Item
    how: str = ""
    root: bytes = b""
    seed: bytes = dataclasses.field(default=b"", repr=False)
    covers: Covers = "file"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Places the files of one arrival: its id, when it was *received*, who is told how many bytes were read, who *begin*s."""

    house: House
    keys: Keys
    arrival: str
    received: int
    progress: Callable[[int], None]
    begin: Begin = at_once

    def place(self, pieces: Sequence[Piece]) -> tuple[tuple[Item, ...], tuple[tuple[str, Origin], ...]]:
        """Give the lines of the record, and every commitment with the id of its object."""
        items: list[Item] = []
        kept: list[tuple[str, Origin]] = []
        known: dict[bytes, str] = {}
        # All are begun before one is waited for; whoever begins them takes no more at once than he can hold.
        begun = {one.number: self._origins(one, one.item) for one in pieces if isinstance(one.item, Staged)}
        for one in pieces:
            if isinstance(one.item, Item):
                items.append(one.item)
                continue
            found = begun[one.number]()
            held = known.get(one.item.sha256) or objects.find(self.house, self.keys, one.item.sha256)
            ident = known.setdefault(one.item.sha256, held or one.item.object)
            items.append(_item(one, one.item, held, found[0]))
            kept.extend((ident, origin) for origin in found)
        return tuple(items), tuple(kept)

    def _origins(self, one: Piece, staged: Staged) -> Callable[[], tuple[Origin, ...]]:
        """Begin the commitments to one file, and give what waits for them, the best first; the desk makes one where none by parts came."""
        if one.seed and one.covers == "parts":
            return lambda: (self._sent(one, ""),)
        coming = committing.begin(
            self.house,
            staged,
            self.begin,
            arrival=self.arrival,
            number=one.number,
            received=self.received,
            progress=self.progress,
        )

        def origins() -> tuple[Origin, ...]:
            made = coming()
            if not one.seed:
                return (made,)
            sent = self._sent(one, made.reason or "it was sealed as a whole")
            return (made, sent) if made.covers == "parts" else (sent,)

        return origins

    def _sent(self, one: Piece, reason: str) -> Origin:
        return Origin(
            arrival=self.arrival,
            number=one.number,
            by="field",
            covers=one.covers,
            received=self.received,
            root=one.root,
            seed=one.seed,
            nonce=self.house.entropy.random(32),
            reason=reason,
        )


def refused(number: int, name: bytes, why: str) -> Item:
    """Give the line of a file that was not taken in."""
    return Item(number=number, name=name, size=0, sha256=b"", kind="", how="", outcome="refused", why=why)


def _item(one: Piece, staged: Staged, held: str, best: Origin) -> Item:
    return Item(
        number=one.number,
        name=one.name,
        size=staged.size,
        sha256=staged.sha256,
        kind=staged.kind,
        how=one.how,
        outcome="duplicate" if held else "stored",
        why=f"the same bytes are object {held}" if held else "",
        object=held or staged.object,
        root=best.root,
        covers=best.covers,
        reason=best.reason,
        committed=best.by,
    )
