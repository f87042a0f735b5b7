"""
What the vault itself says of an original: the metadata beside it, which grows with every arrival of the same bytes.

It is sealed to the object's own identity, so that it goes when the object's key goes. Together with the keys it is
enough to make the desk's catalogue anew (rebuilding.py). The format is record/crate.py, docs/spec/vault.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Iterator
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


def sealed(house: House, keys: Keys, made: Arrival, ident: str) -> bytes:
    """Write and seal what this arrival says of an object that is new with it."""
    return seal(house, keys, _begun(made, ident, carried=_carrier(made)))


def describe(house: House, keys: Keys, made: Arrival) -> None:
    """
    See that the vault says of every object that was held already that it came by this arrival too, once.

    What is new was said when it was stored. An object whose key was destroyed meanwhile, or that has all the versions
    it may have, is passed over.
    """
    carrier = _carrier(made)
    vault = house.vault()
    new = {item.object for item in made.items if item.outcome == "stored"}
    for ident in dict.fromkeys(item.object for item in made.items if item.object and item.object not in new):
        if not vault.has(ident) or read(house.root, objects.key_file(ident), 1) is None:
            continue
        found = crate(house, keys, ident)
        told = {one.arrival for one in found.custody} if found else set()
        if made.id in told or vault.versions(ident) >= MAX_VERSIONS:
            continue
        begun = _begun(made, ident, carried=carrier)
        before = found.custody if found else tuple(_older(house, keys, ident, made.id))
        vault.describe(ident, seal(house, keys, dataclasses.replace(begun, custody=(*before, *begun.custody))))


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
    entries = [_entry(made, value.object, carries=True) if one.arrival == made.id else one for one in value.custody]
    return dataclasses.replace(value, custody=tuple(entries))


def carriers(made: Arrival) -> Iterator[str]:
    """Give the objects of an arrival in the order in which they say what belongs to it as a whole."""
    return iter(dict.fromkeys(item.object for item in made.items if item.object))


def _carrier(made: Arrival) -> str:
    return next(carriers(made), "")


def _begun(made: Arrival, ident: str, *, carried: str) -> Crate:
    first = _items(made, ident)[0]
    entry = _entry(made, ident, carries=ident == carried)
    return Crate(object=ident, size=first.size, sha256=first.sha256, kind=first.kind, custody=(entry,))


def _entry(made: Arrival, ident: str, *, carries: bool) -> Custody:
    """
    Say how an object came by one arrival.

    An arrival's own record stands in its objects' metadata in pieces, each with its object's files only: what was said
    of an object that is destroyed goes with it. What belongs to no object (what was refused or left out) stands with
    the first.
    """
    items = _items(made, ident)
    if carries:
        rest = tuple(item for item in made.items if not item.object)
        piece = dataclasses.replace(made, items=tuple(sorted((*items, *rest), key=lambda item: item.number)))
    else:
        piece = dataclasses.replace(made, items=items, left_out=(), faults=(), forged=())
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


def _items(made: Arrival, ident: str) -> tuple[Item, ...]:
    return tuple(item for item in made.items if item.object == ident)


def _older(house: House, keys: Keys, ident: str, but: str) -> Iterable[Custody]:
    """Say how an object came before the vault said such things."""
    told = [made for made in arrivals(house, keys) if made.id != but and _items(made, ident)]
    for made in sorted(told, key=lambda one: (one.received, one.id)):
        yield _entry(made, ident, carries=ident == _carrier(made))
