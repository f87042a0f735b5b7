"""The proof beside a picture: waiting, then on the record, with whoever signed first, from the first batch that has it."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from tamizdat.newsroom import origins, release, sidecars, tick, ticks
from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text, words
from tamizdat.primitives.errors import AdapterError, TrustError, UsageError
from tamizdat.primitives.note import Cosigner
from tamizdat.primitives.stores import Below, read
from tamizdat.record import policy, stamp, witness
from tamizdat.redaction import commitment, picture
from tamizdat.wire import sidecar, verify
from tests.newsroom import rooms
from tests.redaction import pictures
from tools.vectors import authority


DAY = 86_400
SUNDIAL = authority.make("Sundial", 1_795_651_200 - 30 * DAY, 365)
STORY = b"""---
headline: The harbour is closed
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
---
Closed.
"""
NORTH = Cosigner(name="north.example/w", kind=note.COSIGNATURE, seed=b"\x07" * 32)


class OneWitness:
    """The way to one outside witness, which signs whatever it is shown, when it can be reached."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.there = True

    def get(self, address):
        return None

    def post(self, address, body, kind=""):
        if not self.there:
            raise AdapterError("unreachable", "nobody answers", mend="")
        if kind == stamp.REQUEST_TYPE:
            return witness.Answer(status=200, body=SUNDIAL.answer(body, self.clock.now() + 1))
        text = note.read(witness.read_request(body).raw).text
        line = note.write_signature(NORTH.cosign(text, self.clock.now() + 5))
        return witness.Answer(status=200, body=line.encode())


@pytest.fixture
def house(memory, clock, entropy):
    made = rooms.make(memory, clock, entropy)
    keys = made.unlock(rooms.PASSPHRASE)
    card = dataclasses.replace(made.card(), witnesses=(NORTH.verifier.vkey,))
    memory.put("card.txt", [cards.sign(card, keys.newsroom_signer)])
    rules = policy.one_of([note.read_verifier(card.log)], [NORTH.verifier], 1).replace(
        NORTH.verifier.vkey.encode(), NORTH.verifier.vkey.encode() + b" https://north.example/"
    )
    memory.put("policy.txt", [rules])
    return dataclasses.replace(made, wire=OneWitness(clock))


def arrived(house, number: int = 1):
    """Put a picture's commitment where intake puts it, and give it with the redacted picture."""
    seed = hashlib.sha256(bytes([number])).digest()
    raw = pictures.jpeg(96, 64, salt=number)
    origin = origins.Origin(
        arrival=f"{number:032x}",
        number=1,
        by="field",
        covers="parts",
        received=house.clock.now(),
        root=commitment.commit(seed, raw).root,
        seed=seed,
        nonce=house.entropy.random(32),
    )
    house.root.put(f"desk/queue/{origin.leaf.hex()}", [origin.leaf])
    return origin, picture.redact(seed, raw, hide=[(10, 10, 8, 8)])


def found(house, keys, origin, redacted):
    raw = sidecars.make(house, keys, origin, redacted.proof, redacted.file)
    spoken = " ".join(words.card_words(cards.fingerprint(house.card_bytes())))
    made = sidecar.check(redacted.file, sidecar.read(raw), card_words=spoken, now=house.clock.now())
    return {one.code: one for one in made.all}, made.verdict


def test_a_picture_waits_and_then_its_time_is_that_of_the_first_line_it_stands_in(house, clock):
    keys = house.unlock(rooms.PASSPHRASE)
    tick.due(house, keys.log)
    clock.seconds += 3600
    origin, redacted = arrived(house)
    codes, verdict = found(house, keys, origin, redacted)
    assert verdict == "stated"
    assert {"record-waiting", "unchanged", "hidden", "committed-field"} <= set(codes)

    clock.seconds += DAY
    tick.due(house, keys.log)
    first = clock.now() + 5
    for _ in range(3):
        clock.seconds += DAY
        tick.due(house, keys.log)
    codes, verdict = found(house, keys, origin, redacted)
    assert verdict == "proven"
    from_text = codes["unchanged-since"].params["time"]
    assert from_text == codes["witnessed"].params["time"] == text.instant(first)


def test_a_witness_out_of_reach_that_day_signs_the_next_state_and_that_one_is_shown(house, clock):
    keys = house.unlock(rooms.PASSPHRASE)
    origin, redacted = arrived(house)
    house.wire.there = False
    clock.seconds += DAY
    house_alone = dataclasses.replace(house, wire=None)
    tick.due(house_alone, keys.log)
    assert "quorum-missing" in found(house, keys, origin, redacted)[0]
    early = sidecars.make(house, keys, origin, redacted.proof, redacted.file)
    assert sidecars.Maker(house, keys).stale(early)
    house.wire.there = True
    tick.due(house, keys.log)  # the same slot: only the signature is asked for again
    codes, verdict = found(house, keys, origin, redacted)
    assert verdict == "proven"
    assert codes["witnessed"].params["names"] == NORTH.name
    assert not sidecars.Maker(house, keys).stale(sidecars.make(house, keys, origin, redacted.proof, redacted.file))


def test_what_it_costs_does_not_grow_with_the_archive(house, clock, monkeypatch):
    """However many lines there are, one sealed map is opened, and no more of the record is read than a path needs."""
    keys = house.unlock(rooms.PASSPHRASE)
    opened = []
    for day in range(10):
        if day == 5:
            origin, redacted = arrived(house)
        clock.seconds += DAY
        tick.due(house, keys.log)
    real = sidecars.batch.read_map
    monkeypatch.setattr(sidecars.batch, "read_map", lambda raw: opened.append(1) or real(raw))
    assert found(house, keys, origin, redacted)[1] == "proven"
    assert len(opened) <= 2
    assert len(list(house.root.names(ticks.FOLDER))) == 10


def test_a_line_that_was_never_made_or_is_lost_is_said(house, clock):
    keys = house.unlock(rooms.PASSPHRASE)
    origin, redacted = arrived(house)
    with pytest.raises(UsageError) as caught:
        sidecars.make(house, keys, dataclasses.replace(origin, nonce=b""), redacted.proof, redacted.file)
    assert caught.value.code == "sidecar-unrecorded"
    clock.seconds += DAY
    tick.due(house, keys.log)
    for name in list(house.root.names(ticks.FOLDER)):  # not in the backup: it is found in the record itself
        house.root.drop(name)
    assert found(house, keys, origin, redacted)[1] == "proven"
    for name in list(house.root.names("desk/batches")):
        house.root.drop(name)
    with pytest.raises(TrustError) as caught:
        sidecars.make(house, keys, origin, redacted.proof, redacted.file)
    assert caught.value.code == "sidecar-lost"


def test_an_edition_carries_rules_roots_and_stamps_and_a_mirror_that_takes_them_away_proves_less(house, clock):
    """The authority was away on the first day; its stamps come with the next line, and with every edition."""
    keys = house.unlock(rooms.PASSPHRASE)
    house.root.put("authorities/sundial.pem", [b"# url: https://sundial.example/\n" + SUNDIAL.pem.encode()])
    house.root.put("stories/harbour.md", [STORY])
    origin, redacted = arrived(house)
    clock.seconds += DAY
    tick.due(house, keys.log)
    codes, _ = found(house, keys, origin, redacted)
    assert codes["stamped"].params["time"] == text.instant(clock.now() + 1) == codes["unchanged-since"].params["time"]
    release.publish(house, keys, ("harbour",))
    edition = Below(house.root, release.folder(1))
    report = verify.check(edition, now=clock.now())
    assert report.faults == ()
    assert any("stamped by “sundial”" in one for one in report.proven)
    assert any("as many as the newsroom's rules ask for" in one for one in report.proven)
    stamps = list(edition.names("log/stamps"))
    held = [read(edition, name) for name in stamps]
    for name in stamps:
        edition.drop(name)
    less = verify.check(edition, now=clock.now())
    assert less.faults == ()
    assert any("has not stamped this state" in one for one in less.stated)
    edition.put(stamps[0], [held[0][:-1]])
    assert [fault.code for fault in verify.check(edition, now=clock.now()).faults] == ["edition-stamp"]
    edition.put(stamps[0], held)
    edition.drop("policy.txt")
    assert [fault.where for fault in verify.check(edition, now=clock.now()).faults] == ["policy.txt"]


def test_a_stamp_is_renewed_before_its_certificate_ends_and_the_published_proof_takes_the_newer_one(house, clock):
    keys = house.unlock(rooms.PASSPHRASE)
    house.root.put("authorities/sundial.pem", [b"# url: https://sundial.example/\n" + SUNDIAL.pem.encode()])
    origin, redacted = arrived(house)
    clock.seconds += DAY
    tick.due(house, keys.log)
    early = sidecars.make(house, keys, origin, redacted.proof, redacted.file)
    assert not sidecars.Maker(house, keys).stale(early)
    clock.seconds += 250 * DAY  # 84 days before it ends
    tick.due(house, keys.log)
    assert sidecars.Maker(house, keys).stale(early)
    (held,) = sidecar.read(sidecars.make(house, keys, origin, redacted.proof, redacted.file)).stamps
    assert len(held.stamps) == 2
    clock.seconds += DAY
    tick.due(house, keys.log)
    (later,) = sidecar.read(sidecars.make(house, keys, origin, redacted.proof, redacted.file)).stamps
    assert later == held  # the same certificate once more would add nothing
    assert found(house, keys, origin, redacted)[1] == "proven"
