"""
Destroying an object: its key, its seeds and nonces, its place in the index and its lines in the desk's records.

OCFL deletes nothing, so the ciphertext stays, and nobody can open it any more. It does NOT reach copies of the keys,
what couriers still hold, what was published, or cells of a disk that nobody can address. docs/spec/vault.md, "Erasure".

What will be done is written down first, so that a kill at any moment is finished by the next run.
"""

from __future__ import annotations

import dataclasses
import json

from collections.abc import Callable, Iterator
from typing import Final

from tamizdat.newsroom import arrival as records
from tamizdat.newsroom import custody, finishing, objects, tombstone
from tamizdat.newsroom.arrival import Arrival, Outcome
from tamizdat.newsroom.custody import ARRIVALS
from tamizdat.newsroom.decisions import DONE, Decided
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.tombstone import Tombstone
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError, TamizdatError, UsageError
from tamizdat.primitives.stores import read
from tamizdat.record.vault import MAX_VERSIONS, TOMBSTONE


PLANS: Final = "desk/destroying"
MAX_REASON: Final = 500
Shred = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What will be done: the tombstone to set, the index's files to remove, and the decision it rests on."""

    stone: Tombstone
    index: tuple[str, ...]
    folder: str
    raw: bytes = dataclasses.field(repr=False)


def details(ident: str, reason: str) -> bytes:
    """
    Write what persons decide on; no name of a file stands in it, for it outlasts the object.

    Raises:
        UsageError: ``erasure-reason``.
    """
    if not reason.isprintable() or not 0 < len(reason) <= MAX_REASON:
        raise UsageError(
            "erasure-reason",
            "the reason is empty, too long, or more than one line",
            mend=f"Say why in one line of at most {MAX_REASON} signs, without naming anybody.",
        )
    return f"Destroy the key of object {ident}, for ever.\nReason: {reason}\n".encode()


def destroy(house: House, keys: Keys, ident: str, reason: str, *, decided: Decided, shred: Shred) -> Tombstone:
    """
    Destroy an object's key, and what the desk keeps of the object.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        ident: The object's id.

        reason: Why, in one line; it is kept, sealed to the newsroom.

        decided: By whom.

        shred: Overwrites a file as well as the disk lets it, and removes it.

    Raises:
        UsageError: ``object-unknown``: there is none, or it was destroyed.
    """
    finishing.recover(house, keys)
    if not house.vault().has(ident):
        raise objects.unknown(ident)
    objects.identity(house, keys, ident)
    stone, index = _look(house, keys, ident, reason, decided.names)
    plan = _Plan(stone=stone, index=index, folder=decided.folder, raw=decided.raw)
    house.root.put(f"{PLANS}/{ident}.age", [age.seal(_write(plan), keys.own_recipients, house.entropy)])
    _finish(house, keys, plan, shred)
    return stone


def recover(house: House, keys: Keys, shred: Shred) -> tuple[Tombstone, ...]:
    """Finish what killed runs had begun; give the tombstones set now."""
    done = []
    for name in list(house.root.names(PLANS)):
        plan = _read(age.open_(read(house.root, name) or b"", keys.identities))
        _finish(house, keys, plan, shred)
        done.append(plan.stone)
    return tuple(done)


def is_openable(house: House, ident: str) -> bool:
    """Say whether there is a key for an object here."""
    return read(house.root, objects.key_file(ident), 1) is not None


def _look(
    house: House, keys: Keys, ident: str, reason: str, persons: tuple[str, ...]
) -> tuple[Tombstone, tuple[str, ...]]:
    """Find everything that the desk keeps of an object."""
    places: dict[tuple[str, int], Outcome] = {}
    for made in custody.arrivals(house, keys):
        places |= {(made.id, item.number): item.outcome for item in made.items if item.object == ident}
    try:
        index = [objects.index_file(keys, custody.whole(house, keys, ident).sha256)]
    except TamizdatError:  # damaged metadata must not keep a key from being destroyed
        named = list(house.root.names(objects.INDEX))
        index = [name for name in named if read(house.root, name, 64) == ident.encode("ascii")]
    stone = Tombstone(
        object=ident,
        when=house.clock.now(),
        persons=persons,
        reason=reason,
        places=tuple((arrival, number, outcome) for (arrival, number), outcome in sorted(places.items())),
    )
    return stone, tuple(index)


def _finish(house: House, keys: Keys, plan: _Plan, shred: Shred) -> None:
    ident, vault = plan.stone.object, house.vault()
    for made in _arrivals(house, keys, plan.stone):
        _hand_on(house, keys, made, ident)
    try:
        if vault.read(ident, TOMBSTONE) is None:
            vault.bury(ident, age.seal(tombstone.write(plan.stone), house.card_recipients(), house.entropy))
    except TamizdatError:
        # A damaged object takes no tombstone, and its key goes all the same; the decision is kept.
        pass
    # The index first, so that the same bytes, should they come before this is finished, are not taken for held.
    for name in plan.index:
        if read(house.root, name, 64) == ident.encode("ascii"):
            shred(name)
    # Then the key: were it cut off here, the object is gone for good, and the next run removes the rest.
    for name in (objects.key_file(ident), *list(house.root.names(f"{objects.KEYS}/{ident}"))):
        shred(name)
    for made in _arrivals(house, keys, plan.stone):
        _scrub(house, keys, made, plan.stone, shred)
    house.root.put(f"{plan.folder}/{DONE}", [plan.raw])
    shred(f"{PLANS}/{ident}.age")


def _arrivals(house: House, keys: Keys, stone: Tombstone) -> Iterator[Arrival]:
    for ident in dict.fromkeys(arrival for arrival, _, _ in stone.places):
        sealed = read(house.root, f"{ARRIVALS}/{ident}.age")
        if sealed is not None:
            yield records.read(age.open_(sealed, keys.identities))


def _hand_on(house: House, keys: Keys, made: Arrival, ident: str) -> None:
    """Let the next object of an arrival say what belongs to no object, where this one said it."""
    if not (made.left_out or made.faults or made.forged or any(not item.object for item in made.items)):
        return
    living = [one for one in custody.carriers(made) if one == ident or is_openable(house, one)]
    if len(living) < 2 or living[0] != ident or not is_openable(house, ident):
        return
    heir = living[1]
    found = custody.crate(house, keys, heir)
    if found is None or house.vault().versions(heir) >= MAX_VERSIONS:
        return
    grown = custody.carry(made, found)
    if grown != found:
        house.vault().describe(heir, custody.seal(house, keys, grown))


def _scrub(house: House, keys: Keys, made: Arrival, stone: Tombstone, shred: Shred) -> None:
    """Take the object out of an arrival's record; a record of nothing that is left goes."""
    name = f"{ARRIVALS}/{made.id}.age"
    if not any(item.object != stone.object and is_openable(house, item.object) for item in made.items if item.object):
        shred(name)
        return
    items = tuple(stone.item(item.number, item.outcome) if item.object == stone.object else item for item in made.items)
    scrubbed = records.write(dataclasses.replace(made, items=items))
    house.root.put(name, [age.seal(scrubbed, keys.own_recipients, house.entropy)])


def _write(plan: _Plan) -> bytes:
    stone = tombstone.write(plan.stone).decode("ascii")
    said = {"folder": plan.folder, "index": plan.index, "note": plan.raw.decode("utf-8"), "tombstone": stone}
    return json.dumps(said, sort_keys=True).encode("ascii")


def _read(raw: bytes) -> _Plan:
    try:
        said = json.loads(raw)
        return _Plan(
            stone=tombstone.read(said["tombstone"].encode("ascii")),
            index=tuple(said["index"]),
            folder=said["folder"],
            raw=said["note"].encode("utf-8"),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(
            "erasure-plan",
            "the plan of an erasure that was cut off cannot be read",
            mend="Remove desk/destroying, and destroy the object again.",
        ) from error
