"""
Whether what is here is the newest there is of the public record: asked before anything is signed.

A copy restored from a backup may be older than what was published; signing on top of it would be a fork, and the end of the
record. So others are asked: its outside witnesses, copies that somebody names, the watermark on another medium; or as many
persons as the card says take it upon themselves. The newest edition in the folder is held against it always. It is NOT
proof against somebody who sets back everything at once. docs/spec/log.md, "After a restore".
"""

from __future__ import annotations

import hashlib
import json

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from tamizdat.newsroom import decisions
from tamizdat.newsroom.decisions import Decided
from tamizdat.newsroom.house import LOG, House, watermark_name
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, FormatError, TamizdatError, TrustError
from tamizdat.primitives.note import Verifier
from tamizdat.primitives.stores import read
from tamizdat.record import checkpoint
from tamizdat.record.log import CHECKPOINT, LogReader
from tamizdat.record.policy import Policy


KIND: Final = "unwitnessed"
HOLDS: Final = 30 * 60  # seconds that what persons said holds
STANDING: Final = "desk/unwitnessed.json"
Say = Callable[[str], None]


def confirm(house: House, reader: LogReader, rules: Policy | None, say: Say) -> None:
    """
    Go on only where nothing says that *reader* is older than what was published, and where it must be asked, somebody agrees.

    Raises:
        TrustError: ``log-set-back``: somebody has seen more, or something else; ``log-copied``: this folder is a copy,
            and nobody agrees; ``policy-card``: the policy leaves out a witness of the card.
        AdapterError: ``log-unwitnessed``, ``log-watermark``: there are witnesses or a watermark, and none can be asked.
    """
    card_agrees(house, rules, say)
    _hold(house, reader, "the newest edition here", _edition(house))
    asked, spoken = _witnesses(house, reader, rules, say)
    kept = _watermark(house, reader)
    others = [*spoken, *_copies(house, reader, say), *kept]
    agreed = [*others, *_standing(house, reader)]
    copied = house.place is not None and not house.place.known()
    if not agreed:
        if asked == "nobody":
            raise AdapterError("log-unwitnessed", f"none of the record's outside witnesses {_CAN}", mend=_MEND)
        if not kept and house.watermark() is not None:
            raise AdapterError(
                "log-watermark", f"nothing of this record stands where `watermark` says, {_NOR}", mend=_MEND
            )
        if copied:
            what = f"this folder was restored or copied from another place, {_NOR}"
            raise TrustError("log-copied", what, mend=_MEND, evidence=reader.checkpoint())
    above = house.watermark()
    if above is not None and kept != [reader.checkpoint()]:
        # Before anything is signed: a medium that is away is found out now.
        above.put(watermark_name(house.settings.origin), [reader.checkpoint()])
    if copied and house.place is not None:
        why = f"{len(others)} agree" if others else "nobody outside agrees, persons took it upon themselves"
        say(f"this folder was restored or copied, and its record is taken for the newest: {why}")
        house.place.mark()


def details(reader: LogReader) -> bytes:
    """Give what each person says: that this very state of the record is the newest, as far as they know."""
    return f"nobody outside agrees that this is the newest state\nentries: {reader.size}\nroot: {reader.root.hex()}\n".encode()


def take_upon(house: House, keys: Keys, reader: LogReader, person: str, passphrase: bytes) -> Decided:
    """
    Have a person say that the record goes on from *reader* though nobody outside agrees; where enough do, it holds for `HOLDS`.

    Raises:
        ShortError, TrustError, UsageError: As `decisions.demand`.
    """
    origin, now = reader.head.origin, house.clock.now()
    for found in decisions.pending(house, keys, KIND, origin):
        if abs(now - found.told.since) > HOLDS:
            decisions.close(house, Decided(folder=found.folder, names=(), raw=b"too late\n"))
    decided = decisions.demand(house, keys, KIND, origin, details(reader), person, passphrase)
    told = {"entries": reader.size, "root": reader.root.hex(), "until": now + HOLDS, "said": decided.raw.decode()}
    # Closed first: after a kill in between it is said again, and never holds for a second half hour.
    decisions.close(house, decided)
    house.root.put(STANDING, [json.dumps(told, sort_keys=True).encode("ascii")])
    return decided


def addresses(rules: Policy | None) -> Mapping[str, Sequence[Verifier]]:
    """Give the keys of the witnesses that have an address, by address: one witness may have two kinds of key."""
    found: dict[str, list[Verifier]] = {}
    for party in rules.witnesses.values() if rules else ():
        if party.url:
            found.setdefault(party.url.rstrip("/") + "/", []).append(party.key)
    return found


def _witnesses(house: House, reader: LogReader, rules: Policy | None, say: Say) -> tuple[str, list[bytes]]:
    """Ask every witness for what it saw last; say whether "none" are to be asked, "nobody" or "some" answered."""
    if house.wire is None or not addresses(rules):
        return "none", []
    origin = hashlib.sha256(reader.head.origin.encode()).hexdigest()
    reached, spoken = "nobody", []
    for address in addresses(rules):
        try:
            raw = house.wire.get(f"{address}{origin}/checkpoint")
        except AdapterError as error:
            say(f"the witness at {address} cannot be asked now: {error}")
            continue
        if raw is None:
            reached = "some"
        elif _held(house, reader, "a witness", raw, say):
            reached = "some"
            spoken.append(raw)
    return reached, spoken


def _copies(house: House, reader: LogReader, say: Say) -> Iterator[bytes]:
    """Hold the record against the copies that somebody named: editions, mirrors, folders of the record's files."""
    for name, store in house.copies.items():
        try:
            raw = read(store, f"{LOG}/{CHECKPOINT}", note.MAX_LENGTH) or read(store, CHECKPOINT, note.MAX_LENGTH)
        except AdapterError as error:
            say(f"{name} cannot be reached now: {error}")
            continue
        if raw is None:
            say(f"{name} holds no public record")
            continue
        if _held(house, reader, name, raw, say):
            yield raw


def _watermark(house: House, reader: LogReader) -> list[bytes]:
    kept = house.watermark()
    raw = read(kept, watermark_name(reader.head.origin), note.MAX_LENGTH) if kept is not None else None
    _hold(house, reader, "the watermark on the other medium", raw)
    return [] if raw is None else [raw]


def _standing(house: House, reader: LogReader) -> Iterator[bytes]:
    """Give what persons took upon themselves within the last half hour, of this state or one that it continues."""
    raw = read(house.root, STANDING, note.MAX_LENGTH)
    if raw is None:
        return
    told = json.loads(raw)
    size = told["entries"]
    in_time = 0 <= told["until"] - house.clock.now() <= HOLDS
    if in_time and size <= reader.size and (not size or reader.root_of(size).hex() == told["root"]):
        yield raw


def _edition(house: House) -> bytes | None:
    """Give the signed state in the newest edition of this folder, whether it is whole or was cut short."""
    names = (f"editions/{one}/{LOG}/{CHECKPOINT}" for one in sorted(house.root.folders("editions"), reverse=True))
    return next((raw for name in names if (raw := read(house.root, name, note.MAX_LENGTH)) is not None), None)


def _held(house: House, reader: LogReader, whose: str, raw: bytes, say: Say) -> bool:
    """Hold our record against what somebody far away says they saw; what this record never signed says nothing."""
    try:
        _hold(house, reader, whose, raw)
    except (FormatError, TrustError) as error:
        if error.code == "log-set-back":
            raise
        say(f"{whose} gave something that this record never signed: {error}")
        return False
    return True


def _hold(house: House, reader: LogReader, whose: str, raw: bytes | None) -> None:
    """Hold our record against what somebody saw; it is our own signature under it that counts."""
    if raw is None:
        return
    seen = checkpoint.verify(raw, note.read_verifier(house.card().log), origin=reader.head.origin)
    try:
        if seen.size > reader.size:
            what = f"{whose} has seen {seen.size} entries of this record, and {reader.size} are here"
            raise TrustError("log-set-back", what, mend=_RESTORE, evidence=raw)
        if seen.size and reader.root_of(seen.size) != seen.root:
            what = f"{whose} has seen other {seen.size} entries than the first {seen.size} here"
            raise TrustError("log-set-back", what, mend=_RESTORE, evidence=raw)
    except TamizdatError as error:
        if error.code == "log-set-back":
            raise
        raise TrustError("log-set-back", str(error), mend=_RESTORE, evidence=raw) from error


def card_agrees(house: House, rules: Policy | None, say: Say) -> None:
    """
    Hold the policy against the card, which is signed: whoever takes a line out of a policy has silenced a witness.

    Raises:
        TrustError: ``policy-card``.
    """
    asked = {party.key.vkey: name for name, party in rules.witnesses.items()} if rules else {}
    named = house.card().witnesses
    left_out = [note.read_verifier(vkey).name for vkey in named if vkey not in asked]
    if left_out:
        raise TrustError(
            "policy-card",
            f"the card names outside witnesses that policy.txt does not: {', '.join(sorted(set(left_out)))}",
            mend="Restore policy.txt; or, if they are gone for good, run `tamizdat newsroom card --renew`.",
            evidence=house.card_bytes(),
        )
    more = sorted({name for vkey, name in asked.items() if vkey not in named})
    if more:
        say(
            f"policy.txt names outside witnesses that the card does not: {', '.join(more)}; readers do not count them "
            "before you run `tamizdat newsroom card --renew`"
        )


_CAN: Final = "can be asked whether this is its newest state"
_NOR: Final = "and nobody agrees that its record is the newest"
_RESTORE: Final = "Do not write to this record: restore its newest copy from a mirror or an edition first."
_MEND: Final = (
    "Try again with a connection; or name the newest edition or mirror that you can reach: `tamizdat log tick --against "
    "PLACE`; or let as many persons as approve a story say so: `tamizdat log tick --unwitnessed --as PERSON`."
)
