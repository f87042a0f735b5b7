"""
What the vault itself says of an original: the metadata beside it, which grows with every arrival of the same bytes.

It is sealed to the object's own identity, so that it goes when the object's key goes. Together with the keys it is
enough to make the desk's catalogue anew (rebuilding.py). The format is record/crate.py, docs/spec/vault.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import objects
from tamizdat.newsroom.arrival import Arrival, Item
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import UsageError
from tamizdat.primitives.stores import read
from tamizdat.record import crate as crates
from tamizdat.record.crate import Crate, Custody, Received
from tamizdat.record.vault import MAX_VERSIONS, METADATA


ARRIVALS: Final = "desk/arrivals"


class Telling:
    """What one arrival says of its objects; its files are sorted by object once, however many they are."""

    def __init__(self, house: House, keys: Keys, made: Arrival) -> None:
        self._house = house
        self._keys = keys
        self._made = made
        self._items: dict[str, list[Item]] = {}
        for item in made.items:
            self._items.setdefault(item.object, []).append(item)
        self._first = next(carriers(made), "")

    def sealed(self, ident: str) -> bytes:
        """Write and seal what is said of an object that is new with this arrival."""
        return seal(self._house, self._keys, self._begun(ident))

    def describe(self) -> None:
        """
        See that the vault says of every object that was held already that it came by this arrival too, once.

        What is new was said when it was stored. An object whose key was destroyed meanwhile, or that has all the
        versions it may have, is passed over.
        """
        vault = self._house.vault()
        for ident, items in self._items.items():
            old = ident and all(item.outcome != "stored" for item in items)
            if not old or not vault.has(ident) or read(self._house.root, objects.key_file(ident), 1) is None:
                continue
            found = crate(self._house, self._keys, ident)
            told = {one.arrival for one in found.custody} if found else set()
            if self._made.id in told or vault.versions(ident) >= MAX_VERSIONS:
                continue
            begun = self._begun(ident)
            before = found.custody if found else tuple(_older(self._house, self._keys, ident, self._made.id))
            grown = dataclasses.replace(begun, custody=(*before, *begun.custody))
            vault.describe(ident, seal(self._house, self._keys, grown))

    def _begun(self, ident: str) -> Crate:
        items = self._items[ident]
        rest = self._items.get("", []) if ident == self._first else None
        one = items[0]
        entry = _entry(self._made, items, rest)
        return Crate(object=ident, size=one.size, sha256=one.sha256, kind=one.kind, custody=(entry,))


def crate(house: House, keys: Keys, ident: str) -> Crate | None:
    """
    Read what the vault says of an object; None where an older version stored it and said nothing.

    Raises:
        UsageError: ``object-unknown``: there is no such object, or its key was destroyed.
        FormatError, TrustError: It is damaged.
    """
    identity = objects.identity(house, keys, ident)
    try:
        raw = house.vault().read(ident, METADATA)
    except FileNotFoundError:
        raise objects.unknown(ident) from None
    return None if raw is None else crates.read(age.open_(raw, [identity]))


def seal(house: House, keys: Keys, value: Crate) -> bytes:
    """Write and seal an object's metadata to its own identity."""
    recipient = objects.identity(house, keys, value.object).recipient()
    return age.seal(crates.pad(crates.write(value)), [recipient], house.entropy)


def whole(house: House, keys: Keys, ident: str) -> Crate:
    """Give what is said of an object, by the vault or, where an older version stored it, by the desk's records."""
    found = crate(house, keys, ident)
    if found is not None:
        return found
    told = tuple(_older(house, keys, ident, ""))
    first = next((item for made in arrivals(house, keys) for item in made.items if item.object == ident), None)
    if first is None:
        raise UsageError(
            "object-undescribed",
            f"nothing is known of object {ident}: neither the vault nor the desk has a record of it",
            mend="Restore desk/arrivals from a backup.",
        )
    return Crate(object=ident, size=first.size, sha256=first.sha256, kind=first.kind, custody=told)


def arrivals(house: House, keys: Keys) -> Iterator[Arrival]:
    """Give every arrival's record, in the order of their ids."""
    for name in house.root.names(ARRIVALS):
        yield records.read(age.open_(read(house.root, name) or b"", keys.identities))


def carry(made: Arrival, value: Crate) -> Crate:
    """Let an object's metadata also say what belongs to the arrival as a whole (see `_entry`)."""
    entry = _entry(made, _of(made, value.object), _of(made, ""))
    entries = tuple(entry if one.arrival == made.id else one for one in value.custody)
    return dataclasses.replace(value, custody=entries)


def carriers(made: Arrival) -> Iterator[str]:
    """Give the objects of an arrival in the order in which they say what belongs to it as a whole."""
    return iter(dict.fromkeys(item.object for item in made.items if item.object))


def _entry(made: Arrival, items: Sequence[Item], rest: Sequence[Item] | None) -> Custody:
    """
    Say how an object came by one arrival, as which *items*.

    An arrival's own record stands in its objects' metadata in pieces, each with its object's files only: what was said
    of an object that is destroyed goes with it. What belongs to no object (*rest*, what was refused, and what was left
    out) stands with the first; None for the others.
    """
    if rest is None:
        piece = dataclasses.replace(made, items=tuple(items), left_out=(), faults=(), forged=())
    else:
        piece = dataclasses.replace(made, items=tuple(sorted((*items, *rest), key=lambda item: item.number)))
    return Custody(
        arrival=made.id,
        received=made.received,
        route=made.route,
        files=tuple(_received(item) for item in items),
        record=records.write(piece).decode("ascii"),
        sender=made.sender,
        via=made.via,
    )


def _received(item: Item) -> Received:
    return Received(
        number=item.number,
        name=item.name,
        how=item.how,
        root=item.root,
        covers=item.covers,
        committed=item.committed,
    )


def _of(made: Arrival, ident: str) -> list[Item]:
    return [item for item in made.items if item.object == ident]


def _older(house: House, keys: Keys, ident: str, but: str) -> Iterable[Custody]:
    """Say how an object came before the vault said such things."""
    told = [made for made in arrivals(house, keys) if made.id != but and _of(made, ident)]
    for made in sorted(told, key=lambda one: (one.received, one.id)):
        first = next(carriers(made)) == ident
        yield _entry(made, _of(made, ident), _of(made, "") if first else None)
