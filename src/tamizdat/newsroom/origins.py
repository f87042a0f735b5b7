"""
Where an object's commitments came from: each arrival's root, seed and nonce, kept with the object's key.

They lie sealed under ``keys/objects/ID/``, so that destroying that folder destroys them: from then on nobody can
open what was hidden, or show which line of the public record stood for this object. What can be shown of an object
follows from them (redaction/); the lines themselves are newsroom/queue.py's.
"""

from __future__ import annotations

import dataclasses
import json
import re

from collections.abc import Iterable
from typing import Any, Final, Literal

from tamizdat.newsroom import arrival as records
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.objects import ID, KEYS
from tamizdat.primitives import text
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.stores import read
from tamizdat.record import batch


By = Literal["field", "desk"]
Covers = Literal["parts", "file"]
_NAME: Final = re.compile(r"([0-9a-f]{32})-([0-9]{1,6})(?:-desk)?\.age", re.ASCII)
_BARE: Final = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    One commitment to an object's bytes.

    Attributes:
        arrival, number: The arrival it belongs to, and the file's place in it, from 1.

        by: Who drew the seed: the sender before the files travelled, or the desk after they came.

        covers: Parts of it can be shown, or it is all or nothing; *reason* says why, in words.

        received: When the desk took it in, in seconds since 1970.

        root: The object root R, 32 bytes. *seed*: S, from which R and every proof follow.

        nonce: With R gives the leaf on the public record; empty where an old newsroom queued none, so that this one
            can never be shown to have been on it.
    """

    arrival: str
    number: int
    by: By
    covers: Covers
    received: int
    root: bytes
    seed: bytes = dataclasses.field(repr=False)
    nonce: bytes = dataclasses.field(repr=False)
    reason: str = ""

    @property
    def leaf(self) -> bytes:
        """The hash that stands on the public record for it; empty where none does."""
        return batch.leaf(self.nonce, self.root) if self.nonce else b""


def origins(house: House, keys: Keys, ident: str) -> tuple[Origin, ...]:
    """
    Give every commitment kept of an object, the best first: parts before file, field before desk, earliest first.

    Empty where the vault has no such object, or its key was destroyed.
    """
    if not ID.fullmatch(ident):
        return ()
    found = [
        _read(house, keys, match, read(house.root, name) or b"")
        for name in house.root.names(f"{KEYS}/{ident}")
        if (match := _NAME.fullmatch(name.rpartition("/")[2]))
    ]
    return best_first(found)


def best_first(found: Iterable[Origin]) -> tuple[Origin, ...]:
    """Put those first by which most can be shown, and that say most."""
    return tuple(
        sorted(found, key=lambda one: (one.covers != "parts", one.by != "field", one.received, one.arrival, one.number))
    )


def write(house: House, ident: str, origin: Origin) -> None:
    """Keep a commitment beside its object's key; it goes when that goes."""
    end = "-desk" if origin.by == "desk" else ""
    sealed = age.seal(_write(origin), house.card_recipients(), house.entropy)
    house.root.put(f"{KEYS}/{ident}/{origin.arrival}-{origin.number}{end}.age", [sealed])


def plain(origin: Origin) -> dict[str, Any]:
    """Give it as JSON has it. It holds the seed, a secret."""
    secret = {key: text.rebase64(getattr(origin, key)) for key in ("root", "seed", "nonce")}
    return {field.name: getattr(origin, field.name) for field in dataclasses.fields(origin)} | secret


def of_plain(said: dict[str, Any]) -> Origin:
    """Read what `plain` gives."""
    return Origin(**said | {key: text.unbase64(said[key]) for key in ("root", "seed", "nonce")})


def _write(origin: Origin) -> bytes:
    return json.dumps(plain(origin), sort_keys=True).encode("ascii")


def _read(house: House, keys: Keys, name: re.Match[str], sealed: bytes) -> Origin:
    raw = age.open_(sealed, keys.identities)
    if len(raw) == _BARE:
        return _bare(house, keys, name[1], int(name[2]), raw)
    try:
        return of_plain(json.loads(raw))
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(
            "origin-record",
            "what is kept of an object's commitment cannot be read",
            mend="Restore keys/objects from your backup.",
        ) from error


def _bare(house: House, keys: Keys, arrival: str, number: int, seed: bytes) -> Origin:
    """Complete what an older newsroom kept, the seed alone, from its record of the arrival."""
    sealed = read(house.root, f"desk/arrivals/{arrival}.age")
    record = records.read(age.open_(sealed, keys.identities)) if sealed is not None else None
    items = [item for item in record.items if item.number == number] if record is not None else []
    return Origin(
        arrival=arrival,
        number=number,
        by="field" if record is not None and record.route == "sealed" else "desk",
        covers="file",
        received=record.received if record is not None else 0,
        root=items[0].root if items else b"",
        seed=seed,
        nonce=b"",
        reason="it was received by an older version, which committed to whole files only",
    )
