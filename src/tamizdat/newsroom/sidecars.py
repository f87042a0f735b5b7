"""
Make the proof that lies beside a published picture: from its commitment over the public record to those who signed that.

What it costs does not grow with the archive: a leaf is looked for where its time says it went, and the state of the
record it is shown against is the first that enough others signed. It does NOT redact or check the picture
(redaction/, wire/sidecar.py), nor decide whether it may be shown. docs/spec/sidecar.md.
"""

from __future__ import annotations

import dataclasses
import itertools

from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from tamizdat.newsroom import stamping, witnessing
from tamizdat.newsroom.house import LOG, House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import Origin
from tamizdat.newsroom.queue import BATCHES, QUEUE
from tamizdat.newsroom.stamping import Authority
from tamizdat.newsroom.ticks import Tick, Ticks
from tamizdat.primitives import note
from tamizdat.primitives.age import file as age
from tamizdat.primitives.digest import sha256
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.primitives.stores import Below, read
from tamizdat.record import batch, checkpoint, policy, proof, stamp
from tamizdat.record import entry as entries
from tamizdat.record.entry import BatchEntry
from tamizdat.wire import edition, sidecar
from tamizdat.wire.sidecar import Record, Sidecar, Stamps


# How many states of the record are looked at for one that enough others signed: a month of days.
PATIENCE: Final = 30


def make(house: House, keys: Keys, origin: Origin, redaction_proof: bytes, file: bytes) -> bytes:
    """
    Make the sidecar that lies beside *file*; for many pictures use one `Maker`.

    Raises:
        UsageError: ``sidecar-unrecorded``: nothing of this commitment was ever put on the record.
        TrustError: ``sidecar-lost``: it was, and no batch is here that has it.
    """
    maker = Maker(house, keys)
    return maker.beside(maker.make(origin, redaction_proof), file)


def waits(raw: bytes) -> bool:
    """Say whether a sidecar was made before its line was on the public record: a newer one says more."""
    return sidecar.read(raw).record is None


class Maker:
    """Makes the sidecars of one edition; a batch's sealed map is opened once."""

    def __init__(self, house: House, keys: Keys) -> None:
        self._house = house
        self._keys = keys
        self._reader = house.log_reader()
        self._card = house.card()
        self._ticks = Ticks(house)
        self._maps: dict[bytes, batch.Map] = {}
        self._rules = _rules(house)
        self._authorities = list(stamping.authorities(house))

    def make(self, origin: Origin, redaction_proof: bytes) -> bytes:
        """Make one as it stands inside a picture, without the file's hash; raises as `make` of this module."""
        if not origin.leaf:
            raise UsageError(
                "sidecar-unrecorded",
                "an older version received this file, and put no line for it on the public record",
                mend="Publish the picture as a reduced copy, attested by the newsroom.",
            )
        record, stamps = None, tuple[Stamps, ...]()
        if read(self._house.root, f"{QUEUE}/{origin.leaf.hex()}", 1) is None:
            tick = self._find(origin)
            raw = self._state(tick)
            record = self._record(origin, tick, raw)
            stamps = tuple(self._stamps(raw))
        made = Sidecar(
            card=self._house.card_bytes().decode("utf-8"),
            committed=origin.by,
            policy=self._rules.decode("utf-8", "replace"),
            redaction=redaction_proof,
            root=origin.root,
            record=record,
            stamps=stamps,
        )
        return sidecar.write(sidecar.sign(made, self._keys.edition_signer))

    def beside(self, raw: bytes, file: bytes) -> bytes:
        """Make of one that stands inside a picture that which lies beside *file* and says that it is this very file."""
        named = dataclasses.replace(sidecar.read(raw), file=sha256(file))
        return sidecar.write(sidecar.sign(named, self._keys.edition_signer))

    def own(self, raw: bytes) -> bool:
        """Say whether the newsroom's edition key of today signed a sidecar."""
        return sidecar.read(raw).signed_by(self._keys.edition_signer.verifier)

    def stale(self, raw: bytes) -> bool:
        """Say whether a sidecar made before might say more now: its line has come, a signature, a stamp, another card."""
        was = sidecar.read(raw)
        if was.record is None or was.card.encode() != self._house.card_bytes():
            return True
        state = proof.read(was.record.log.encode()).checkpoint
        held = {one.authority: one.stamps for one in was.stamps}
        more = any(len(self._responses(state, one.name)) > len(held.get(one.name, ())) for one in self._authorities)
        return more or not self._witnessed(state)

    def _find(self, origin: Origin) -> Tick:
        for tick in self._ticks.since(origin.received):
            if origin.leaf in self._map(tick.root).leaves:
                return tick
        return self._find_slowly(origin)

    def _find_slowly(self, origin: Origin) -> Tick:
        """Look through the record itself: what was kept of its lines may not have come back from a backup."""
        for back, told in enumerate(self._reader.newest_first(), 1):
            entry = entries.read(told)
            if isinstance(entry, BatchEntry) and origin.leaf in self._map(entry.root).leaves:
                place = self._reader.size - back
                return Tick(root=entry.root, entry=place, made=0, checkpoint=self._reader.checkpoint())
        raise TrustError(
            "sidecar-lost",
            "this file's line waits nowhere, and no line of the public record is known to have taken it",
            mend="Restore desk/queue and desk/batches from your backup.",
        )

    def _map(self, root: bytes) -> batch.Map:
        if root not in self._maps:
            sealed = read(self._house.root, f"{BATCHES}/{root.hex()}.age")
            if sealed is None:
                return batch.Map(root=root, seed=bytes(32), leaves={})
            self._maps[root] = batch.read_map(age.open_(sealed, self._keys.identities))
        return self._maps[root]

    def _state(self, tick: Tick) -> bytes:
        """Choose the first state of the record with the batch in it that says all that can be said, or else most."""
        key, raw = note.read_verifier(self._card.log), self._reader.checkpoint()
        kept = [one.checkpoint for one in itertools.islice(self._ticks.after(tick), PATIENCE)]
        # Readers hold it against the card as it is now: what an earlier key of the record signed is none for them.
        states = [*(state for state in kept if _signed(state, key)), raw]
        return max(states, key=lambda state: (self._witnessed(state), self._stamped(state)))

    def _witnessed(self, raw: bytes) -> bool:
        rules = policy.read(self._rules or b"quorum none\n")
        own = [
            name
            for name, party in rules.witnesses.items()
            if party.key.vkey in self._card.witnesses and _signed(raw, party.key)
        ]
        return rules.witnessed(own)

    def _stamped(self, raw: bytes) -> bool:
        return all(self._responses(raw, one.name) for one in self._authorities)

    def _record(self, origin: Origin, tick: Tick, raw: bytes) -> Record:
        size = checkpoint.read_text(note.read(raw).text).size
        placement = batch.prove(self._map(tick.root), origin.leaf)
        shown = proof.Proof(
            index=tick.entry,
            path=self._reader.inclusion(tick.entry, size),
            checkpoint=raw,
            extra=batch.write_placement(placement),
        )
        entry = self._reader.entry(tick.entry).decode("ascii")
        return Record(entry=entry, log=proof.write(shown).decode("utf-8"), nonce=origin.nonce)

    def _stamps(self, raw: bytes) -> Iterator[Stamps]:
        for one in sorted(self._authorities, key=lambda one: one.name):
            if held := self._responses(raw, one.name):
                yield Stamps(authority=one.name, roots=_roots(one), stamps=held)

    def _responses(self, raw: bytes, authority: str) -> tuple[bytes, ...]:
        return tuple(responses(self._house, stamp.name(raw, authority)))


def rules(house: House) -> Iterator[tuple[str, bytes]]:
    """Give what readers hold the record and the stamps against, to be put on an edition's signed list."""
    if held := _rules(house):
        yield edition.POLICY, held
    for one in stamping.authorities(house):
        yield edition.authority(one.name), _roots(one).encode("ascii")


def stamps(house: House, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Give the stamps over *raw*, a state of the record, by their place in an edition."""
    for one in stamping.authorities(house):
        base = f"{edition.LOG}{stamp.name(raw, one.name)}"
        for number, held in enumerate(responses(house, base.removeprefix(edition.LOG)), 1):
            yield base if number == 1 else f"{base}.{number}", held


def responses(house: House, base: str) -> Iterator[bytes]:
    """Give an authority's stamps, the first over the record's state and each other over the one before it."""
    published = Below(house.root, LOG)
    for number in itertools.count(1):
        held = read(published, base if number == 1 else f"{base}.{number}")
        if held is None:
            return
        yield held


def _roots(one: Authority) -> str:
    return "".join(root.public_bytes(Encoding.PEM).decode("ascii") for root in one.roots)


def _rules(house: House) -> bytes:
    return read(house.root, witnessing.POLICY, policy.MAX_LENGTH + 1) or b""


def _signed(raw: bytes, key: note.Verifier) -> bool:
    try:
        return bool(note.verify(raw, key).signatures)
    except TrustError:
        return False
