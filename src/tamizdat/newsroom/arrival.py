"""
What came in: one record per arrival, kept only inside an age file to the newsroom.

A record says of every file whether it was stored, a duplicate or refused, and why:
in = stored + duplicate + refused, always. The record is a value with one JSON spelling.
"""

from __future__ import annotations

import base64
import dataclasses
import json

from collections.abc import Iterable
from typing import Any, Literal

from tamizdat.primitives.errors import FormatError


Outcome = Literal["stored", "duplicate", "refused"]
Route = Literal["sealed", "age", "unsealed"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One file of an arrival.

    Attributes:
        number: Its place, from 1. *name*: raw bytes as the sender gave them, never trusted.

        size, sha256: Of the bytes that came; *kind* what they look like, by their first bytes.

        how: How the sender's machine had the bytes, as it says.

        outcome: What was done; *why* in words where it was not stored.

        object: The id of the vault's object that holds these bytes; empty where refused.

        root: The object root, 32 bytes, or empty.

        covers: "parts" where parts of it can be shown, "file" where it is all or nothing; empty where refused, or
            received by an older version.

        reason: Why it is all or nothing, in words.

        committed: Who committed to what can be shown: "field" (before it travelled) or "desk".
    """

    number: int
    name: bytes
    size: int
    sha256: bytes
    kind: str
    how: str
    outcome: Outcome
    why: str = ""
    object: str = ""
    root: bytes = b""
    covers: str = ""
    reason: str = ""
    committed: str = ""

    def showing(self) -> str:
        """Say in plain words what can be shown of it."""
        if self.covers == "parts":
            when = "before it travelled" if self.committed == "field" else "here, after it came"
            return f"can show parts, committed to {when}"
        if not self.covers:
            return "all or nothing: it was received by an older version"
        return f"all or nothing: {self.reason}" if self.reason else "all or nothing"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """
    One arrival.

    Attributes:
        id: 32 hexadecimal digits, the same for the same dossier.

        received: Seconds since 1970, by the desk's clock.

        route: "sealed" (a dossier), "age" (another age file), "unsealed" (came open, labelled so for ever).

        sender, via: Who it is said to come from and how it came, in the desk's words; for unsealed material.

        dossier_root, announcement: 32 bytes each, or empty; *nonce* hides the root in the batch.

        announced: When the matching announcement was queued, or None.

        left_out: What the sender could not seal, as (name, reason).

        faults: Why the whole was refused, or what is missing of it, one line each; empty where it came whole.

        partial: Stretches of it never came; what was whole of it is here.

        forged: Which of the parts it came in were forged, one line each; it was joined around them.

        again: It had been received before, and nothing was changed now.
    """

    id: str
    received: int
    route: Route
    items: tuple[Item, ...]
    sender: str = ""
    via: str = ""
    dossier_root: bytes = b""
    announcement: bytes = b""
    nonce: bytes = b""
    announced: int | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()
    partial: bool = False
    forged: tuple[str, ...] = ()
    again: bool = False

    def count(self, outcome: Outcome) -> int:
        """Count the files with this outcome."""
        return sum(item.outcome == outcome for item in self.items)


def showing(arrivals: Iterable[Arrival]) -> dict[str, str]:
    """Say in plain words of each object what can be shown of it, by the best of all that came of it."""
    rank = {("parts", "field"): 0, ("parts", "desk"): 1}
    best: dict[str, Item] = {}
    for item in (item for one in arrivals for item in one.items if item.object):
        before = best.setdefault(item.object, item)
        if rank.get((item.covers, item.committed), 2) < rank.get((before.covers, before.committed), 2):
            best[item.object] = item
    return {ident: item.showing() for ident, item in best.items()}


def write(arrival: Arrival) -> bytes:
    """Write a record as JSON, keys sorted; bytes stand as base64 under a key that ends in ``_b64``."""
    return json.dumps(_plain(dataclasses.asdict(arrival)), sort_keys=True, ensure_ascii=True).encode("ascii")


def read(raw: bytes) -> Arrival:
    """
    Read a record.

    Raises:
        FormatError: It is not one that `write` wrote.
    """
    try:
        value = _bytes(json.loads(raw))
        items = tuple(Item(**item) for item in value.pop("items"))
        left_out = tuple((name, why) for name, why in value.pop("left_out"))
        faults, forged = tuple(value.pop("faults")), tuple(value.pop("forged", ()))
        return Arrival(items=items, left_out=left_out, faults=faults, forged=forged, **value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(
            "arrival-record",
            "a record of an arrival cannot be read",
            mend="Restore desk/arrivals from your backup; the originals in the vault are not touched.",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {(f"{key}_b64" if isinstance(inner, bytes) else key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key.removesuffix("_b64"): base64.b64decode(inner) if key.endswith("_b64") else _bytes(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_bytes(inner) for inner in value]
    return value
