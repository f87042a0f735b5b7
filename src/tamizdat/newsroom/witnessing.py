"""
Outside witnesses of the public record: ask them for cosignatures, and believe them about what was signed before.

Whom to ask stands in the newsroom's policy.txt (c2sp.org/tlog-policy), which is public: readers may use it as it is.
The network is not here: the house has it. docs/spec/log.md.
"""

from __future__ import annotations

import functools
import hashlib

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tamizdat.newsroom.house import House
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, TamizdatError, TrustError
from tamizdat.primitives.note import Signer, Verifier
from tamizdat.primitives.stores import read
from tamizdat.record import checkpoint, policy, witness
from tamizdat.record.log import LogReader
from tamizdat.record.policy import Policy
from tamizdat.record.sequencer import Sequencer


POLICY: Final = "policy.txt"


def rules(house: House) -> Policy | None:
    """
    Give the newsroom's policy; None where it has none.

    Raises:
        FormatError: ``policy``.
    """
    raw = read(house.root, POLICY, policy.MAX_LENGTH + 1)
    return None if raw is None else policy.read(raw)


def writer(house: House, signer: Signer, say: Callable[[str], None]) -> Sequencer:
    """Open the record for writing; its witnesses are asked before anything is signed."""
    return house.log(signer, lambda reader: guard(house, reader, say))


def append(house: House, log: Sequencer, entries: Sequence[bytes], say: Callable[[str], None]) -> range:
    """
    Put entries on the record: its witnesses are asked before whether it is the newest, and afterwards to cosign it.

    Raises:
        TrustError, AdapterError: As `guard` and the log; nothing was added then.
    """
    guard(house, log.reader(), say)
    added = log.append(entries)
    settle(house, log, say)
    return added


def settle(house: House, log: Sequencer, say: Callable[[str], None]) -> None:
    """Ask for cosignatures of what is on the record already; what a witness will not sign is for people to look into."""
    try:
        gather(house, log, say)
    except TrustError as error:
        say(f"A WITNESS REFUSES: {error} [{error.code}]")


def gather(house: House, log: Sequencer, say: Callable[[str], None]) -> None:
    """
    Ask every witness that has an address for its signature under the record's checkpoint, and publish what they give.

    A witness that cannot be reached is named and asked the next time. One that refuses is an error.

    Raises:
        TrustError: ``witness-refused``, ``witness-ahead``: what it saw before and what it is shown now do not agree.
    """
    if house.wire is None:
        return
    reader = log.reader()
    for address, keys in _addresses(house).items():
        raw = log.checkpoint()
        if _signed(raw, keys):
            continue
        send = functools.partial(house.wire.post, f"{address}add-checkpoint")
        try:
            made = witness.ask(raw, keys, send, reader.consistency)
        except AdapterError as error:
            say(f"the witness at {address} cannot be asked now: {error}")
            continue
        if made != raw:
            log.cosigned(made)
            say(f"cosigned by {', '.join(sorted({key.name for key in keys}))}")


def guard(house: House, reader: LogReader, say: Callable[[str], None]) -> None:
    """
    Ask, before the record is signed: is what is here the newest there is?

    A copy restored from a backup may be older than what was published; signing on top of it would be a fork, and the
    end of the record. Its witnesses know what they signed last.

    Raises:
        TrustError: ``log-set-back``: a witness has seen more, or something else.
        AdapterError: ``log-unwitnessed``: there are witnesses, and none of them can be reached.
    """
    if house.wire is None:
        return
    addresses = _addresses(house)
    origin = hashlib.sha256(reader.head.origin.encode()).hexdigest()
    reached = 0
    for address in addresses:
        try:
            raw = house.wire.get(f"{address}{origin}/checkpoint")
        except AdapterError as error:
            say(f"the witness at {address} cannot be asked now: {error}")
            continue
        reached += 1
        if raw is not None:
            _newest(reader, raw, house)
    if addresses and not reached:
        raise AdapterError(
            "log-unwitnessed",
            "none of the record's witnesses can be asked whether this is its newest state",
            mend="Try again with a connection: a copy that is not the newest must never be written to.",
        )


def _newest(reader: LogReader, raw: bytes, house: House) -> None:
    """Hold our record against what a witness saw last; it is our own signature under it that counts."""
    seen = checkpoint.verify(raw, note.read_verifier(house.card().log), origin=reader.head.origin)
    try:
        if seen.size > reader.size:
            what = f"a witness has seen {seen.size} entries of this record, and {reader.size} are here"
            raise TrustError("log-set-back", what, mend=_RESTORE, evidence=raw)
        if seen.size and reader.root_of(seen.size) != seen.root:
            what = f"a witness has seen other {seen.size} entries than the first {seen.size} here"
            raise TrustError("log-set-back", what, mend=_RESTORE, evidence=raw)
    except TamizdatError as error:
        if error.code == "log-set-back":
            raise
        raise TrustError("log-set-back", str(error), mend=_RESTORE, evidence=raw) from error


def _addresses(house: House) -> Mapping[str, Sequence[Verifier]]:
    """Give the keys of the witnesses that have an address, by address: one witness may have two kinds of key."""
    found = rules(house)
    addresses: dict[str, list[Verifier]] = {}
    for party in found.witnesses.values() if found else ():
        if party.url:
            addresses.setdefault(party.url.rstrip("/") + "/", []).append(party.key)
    return addresses


def _signed(raw: bytes, keys: Sequence[Verifier]) -> bool:
    try:
        return len(note.verify(raw, *keys).signatures) == len(keys)
    except TrustError:
        return False


_RESTORE: Final = "Do not write to this record: restore its newest copy from a mirror or an edition first."
