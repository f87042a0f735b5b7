"""
A tombstone: who destroyed an object's key, when and why; it stays in the vault, sealed to the newsroom, and names nothing.

It does NOT tell what the object was: that went with the key. docs/spec/vault.md, "Tombstone".
"""

from __future__ import annotations

import dataclasses
import json

from tamizdat.newsroom.arrival import Item, Outcome
from tamizdat.primitives import text
from tamizdat.primitives.errors import FormatError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """
    What stays of an object.

    Attributes:
        object: Its id. *when*: seconds since 1970. *persons*: who decided it, by the card's names. *reason*: in their words.

        places: Where it stood in arrivals: arrival's id, the file's number, and what had been done with the file.
    """

    object: str
    when: int
    persons: tuple[str, ...]
    reason: str
    places: tuple[tuple[str, int, Outcome], ...]

    def item(self, number: int, outcome: Outcome) -> Item:
        """Give what an arrival's record says in the place of the object."""
        why = f"its key was destroyed on {text.day(self.when)}"
        return Item(
            number=number, name=b"", size=0, sha256=b"", kind="", how="", outcome=outcome, why=why, object=self.object
        )


def write(tombstone: Tombstone) -> bytes:
    """Write it as JSON, keys sorted."""
    return json.dumps(dataclasses.asdict(tombstone), sort_keys=True).encode("ascii")


def read(raw: bytes) -> Tombstone:
    """
    Read what `write` wrote.

    Raises:
        FormatError: ``tombstone``.
    """
    try:
        value = json.loads(raw)
        places = tuple((str(arrival), int(number), outcome) for arrival, number, outcome in value.pop("places"))
        found = Tombstone(**value | {"persons": tuple(value["persons"]), "places": places})
        if write(found) == raw:
            return found
        what = "it is spelled otherwise"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = type(error).__name__
    raise FormatError(
        "tombstone",
        f"the tombstone of an object cannot be read: {what}",
        mend="Nothing can be mended; the object stays destroyed.",
    )
