"""
What waits for the next line on the public record: leaf hashes only, which tell nothing.

Arrivals and announcements look alike here and in the batch. What a leaf stands for is kept apart,
sealed to the newsroom.
"""

from __future__ import annotations

import json

from typing import Final

from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import text
from tamizdat.primitives.age import file as age
from tamizdat.primitives.stores import read
from tamizdat.record import batch


QUEUE: Final = "desk/queue"
BATCHES: Final = "desk/batches"
ANNOUNCED: Final = "desk/announcements"


def put(house: House, nonce: bytes, value: bytes) -> None:
    """Queue one leaf; it is named by itself, so that a repeated run queues it once and its name tells nothing."""
    if value:
        put_leaf(house, batch.leaf(nonce, value))


def put_leaf(house: House, leaf: bytes) -> None:
    """Queue one leaf that was hashed already."""
    house.root.put(f"{QUEUE}/{leaf.hex()}", [leaf])


def recorded(house: House, keys: Keys) -> frozenset[bytes]:
    """Give every leaf that a batch has taken."""
    maps = (age.open_(read(house.root, name) or b"", keys.identities) for name in list(house.root.names(BATCHES)))
    return frozenset(leaf for raw in maps for leaf in batch.read_map(raw).leaves)


def announce(house: House, announcement: bytes) -> None:
    """Queue what a source sent ahead, and keep it, sealed, until the dossier comes."""
    ident = house.entropy.random(16).hex()
    nonce = house.entropy.random(32)
    told = {
        "announcement": text.rebase64(announcement),
        "nonce": text.rebase64(nonce),
        "queued": house.clock.now(),
    }
    sealed = age.seal(json.dumps(told, sort_keys=True).encode("ascii"), house.card_recipients(), house.entropy)
    house.root.put(f"{ANNOUNCED}/{ident}.age", [sealed])
    put(house, nonce, announcement)


def announced(house: House, keys: Keys, announcement: bytes) -> int | None:
    """Say when this announcement was queued, in seconds since 1970; None where it was not."""
    times = []
    for name in house.root.names(ANNOUNCED):
        told = json.loads(age.open_(read(house.root, name) or b"", keys.identities))
        if text.unbase64(told["announcement"], 32) == announcement:
            times.append(int(told["queued"]))
    return min(times, default=None)
