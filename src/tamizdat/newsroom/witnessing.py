"""
Outside witnesses of the public record: ask them for cosignatures, and believe them about what was signed before.

Whom to ask stands in the newsroom's policy.txt (c2sp.org/tlog-policy), which is public: readers may use it as it is.
The network is not here: the house has it. docs/spec/log.md.
"""

from __future__ import annotations

import functools

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tamizdat.newsroom import newest
from tamizdat.newsroom.house import House
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError, TrustError
from tamizdat.primitives.note import Signer, Verifier
from tamizdat.primitives.stores import read
from tamizdat.record import policy, witness
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


def compose(log: Verifier, told: Iterable[bytes]) -> bytes:
    """
    Write a policy: the record's key, and a majority of the witnesses, each with all of its keys.

    Args:
        log: The record's key.

        told: For each witness, what it says of itself: the lines that begin with ``witness``; others are passed over.

    Raises:
        FormatError: ``policy``: these are no such lines.
    """
    lines, groups = [f"log {log.vkey}"], []
    for number, raw in enumerate(told, 1):
        found = [line for line in raw.decode("utf-8", "replace").split("\n") if line.startswith("witness ")]
        groups.append(f"g{number}")
        lines += [*found, " ".join(["group", groups[-1], "all", *(line.split()[1] for line in found)])]
    lines += [f"group outside {len(groups) // 2 + 1} {' '.join(groups)}", "quorum outside"]
    raw = "".join(f"{line}\n" for line in lines).encode()
    policy.read(raw)
    return raw


def writer(house: House, signer: Signer, say: Callable[[str], None]) -> Sequencer:
    """Open the record for writing; its witnesses are asked before anything is signed."""
    return house.log(signer, lambda reader: guard(house, reader, say))


def append(house: House, log: Sequencer, make: Callable[[int], Sequence[bytes]], say: Callable[[str], None]) -> range:
    """
    Put entries on the record: its witnesses are asked before whether it is the newest, and afterwards to cosign it.

    *make* gives them for the number that the first will get; nobody else adds anything meanwhile.

    Raises:
        TrustError, AdapterError: As `guard` and the log; nothing was added then.
    """
    guard(house, log.reader(), say)
    added = log.append_made(make)
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
    for address, keys in newest.addresses(rules(house)).items():
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
            try:
                log.cosigned(made)
            except AdapterError as error:
                say(f"the record grew meanwhile, and is cosigned the next time: {error}")
                return
            say(f"cosigned by {', '.join(sorted({key.name for key in keys}))}")


def guard(house: House, reader: LogReader, say: Callable[[str], None]) -> None:
    """
    Ask, before the record is signed: is what is here the newest there is?

    Raises:
        TrustError, AdapterError: As `newest.confirm`.
    """
    newest.confirm(house, reader, rules(house), say)


def _signed(raw: bytes, keys: Sequence[Verifier]) -> bool:
    try:
        return len(note.verify(raw, *keys).signatures) == len(keys)
    except TrustError:
        return False
