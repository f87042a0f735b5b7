"""The checks of docs/spec/sidecar.md of the public record: its lines, its witnesses, and its time stamps."""

from __future__ import annotations

import base64
import dataclasses

from pathlib import Path

from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.note import Cosigner
from tamizdat.record import entry as entries
from tamizdat.record import policy, proof
from tamizdat.record.entry import Entry
from tamizdat.redaction import commitment, picture
from tamizdat.wire.sidecar import Record, Stamps
from tools.vectors.newsroom import (
    BOTH,
    CARD,
    DAY,
    GROUND,
    HOUR,
    HOURGLASS,
    LOG,
    NEWSROOM,
    NONCE,
    NORTH,
    OTHER_LOG,
    POLICY,
    RAW,
    SOUTH,
    STRANGER,
    SUNDIAL,
    signed,
)
from tools.vectors.sidecar_checks import case


def write() -> None:
    """Write them, for sidecar.py."""
    _roots()
    _lines()
    _witnesses()
    _stamps()
    _new_keys()


def _roots() -> None:
    foreign = commitment.commit(bytes(32), RAW).root
    again = picture.redact(bytes(32), RAW, hide=[(40, 40, 8, 8)], disclose=["date", "place"])
    case("root", "another root", signed(root=foreign), has=("redaction-root", "root-foreign"))
    case(
        "root-later",
        "committed to anew, with the record of the first",
        signed(root=foreign, redaction=again.proof),
        shown=again.file,
        has=("root-foreign",),
    )
    case(
        "nonce",
        "another nonce",
        signed(record=dataclasses.replace(GROUND.record(*BOTH), nonce=bytes(32))),
        has=("root-foreign",),
    )
    case(
        "other-log",
        "the record of another newsroom",
        signed(record=GROUND.record(log=dataclasses.replace(OTHER_LOG, name="far.example/record"))),
        has=("record-other",),
    )
    case(
        "other-key",
        "a record of that name under another key",
        signed(record=GROUND.record(log=OTHER_LOG)),
        has=("record-other",),
    )


def _lines() -> None:
    good = GROUND.record(*BOTH)
    lines = good.log.split("\n")
    signature = next(line for line in lines if line.startswith("\N{EM DASH} news"))
    name, _, value = signature.rpartition(" ")
    spoilt = bytearray(base64.b64decode(value))
    spoilt[20] ^= 1
    forged = good.log.replace(signature, f"{name} {base64.b64encode(spoilt).decode()}")
    case(
        "log-forged",
        "the newsroom's signature under its record is false",
        signed(record=dataclasses.replace(good, log=forged)),
        has=("record-forged",),
    )
    case(
        "line",
        "another line of the record",
        signed(record=dataclasses.replace(good, log=good.log.replace("index 3", "index 2"))),
        has=("record-entry",),
    )
    case(
        "entry",
        "another entry",
        signed(record=dataclasses.replace(good, entry=good.entry.replace("sequence: 3", "sequence: 4"))),
        has=("record-entry",),
    )
    case(
        "entry-torn",
        "the entry breaks off",
        signed(record=dataclasses.replace(good, entry=good.entry[:-5])),
        has=("record-damaged",),
    )
    edition = entries.write(Entry(kind="edition", sequence=1, text_hash=bytes([1]) * 32)).decode()
    case(
        "entry-kind",
        "the entry is no batch",
        signed(record=dataclasses.replace(good, entry=edition)),
        has=("record-damaged",),
    )
    case(
        "placement",
        "the way through the batch is missing",
        signed(
            record=dataclasses.replace(good, log="\n".join(line for line in lines if not line.startswith("extra ")))
        ),
        has=("record-damaged",),
    )
    case(
        "policy-torn", "the newsroom's rules cannot be read", signed(policy=POLICY + "quorum"), has=("record-damaged",)
    )


def _witnesses() -> None:
    case(
        "quorum",
        "one of two outside witnesses is missing",
        signed(record=GROUND.record((NORTH, DAY + 3600)), stamps=()),
        has=("quorum-missing", "date-alone", "unchanged"),
    )
    case(
        "quorum-stamped",
        "one is missing, and a stamp is there",
        signed(record=GROUND.record((NORTH, DAY + 3600))),
        has=("quorum-missing", "stamped", "unchanged-since"),
    )
    rules = policy.one_of([LOG.verifier], [NORTH.verifier, SOUTH.verifier, STRANGER.verifier], 2).decode("ascii")
    case(
        "stranger",
        "one whom the card does not name",
        signed(policy=rules, record=GROUND.record((NORTH, DAY + 3600), (STRANGER, DAY + 60)), stamps=()),
        has=("witness-not-on-card", "quorum-missing", "date-alone"),
    )
    case(
        "stranger-more",
        "the card's two, and one whom it does not name",
        signed(policy=rules, record=GROUND.record(*BOTH, (STRANGER, DAY + 60))),
        has=("witness-not-on-card", "witnessed"),
    )
    any_ = policy.one_of([LOG.verifier], [NORTH.verifier, SOUTH.verifier], 1).decode("ascii")
    case(
        "any",
        "one of two is enough",
        signed(policy=any_, record=GROUND.record((SOUTH, DAY + 7200))),
        has=("witnessed",),
    )
    good = GROUND.record(*BOTH)
    line = next(line for line in good.log.split("\n") if "south" in line)
    name, _, value = line.rpartition(" ")
    spoilt = bytearray(base64.b64decode(value))
    spoilt[11] ^= 1  # the time
    forged = good.log.replace(line, f"{name} {base64.b64encode(spoilt).decode()}")
    case(
        "witness-forged",
        "an outside witness's time was changed",
        signed(record=dataclasses.replace(good, log=forged)),
        has=("witness-forged",),
    )


def _stamps() -> None:
    data = GROUND.text.encode()
    sun = Stamps(authority="sundial", roots=SUNDIAL.pem, stamps=(SUNDIAL.stamp(data, DAY + 900),))
    case("stamps", "two authorities; the earlier counts", signed(stamps=(HOUR, sun)), has=("stamped",))
    case(
        "stamp-only",
        "a stamp and no outside witness",
        signed(policy="", record=GROUND.record()),
        has=("unchanged-since", "stamped"),
    )
    other = HOURGLASS.stamp(b"something else", DAY + 1800)
    case(
        "stamp-false",
        "the stamp is over something else",
        signed(stamps=(dataclasses.replace(HOUR, stamps=(other,)),)),
        has=("stamp-false",),
    )
    case(
        "stamp-root",
        "the stamp is by another authority",
        signed(stamps=(dataclasses.replace(HOUR, roots=SUNDIAL.pem),)),
        has=("stamp-false",),
    )
    case(
        "stamp-torn",
        "the stamp breaks off",
        signed(stamps=(dataclasses.replace(HOUR, stamps=(HOUR.stamps[0][:-20],)),)),
        has=("stamp-damaged",),
    )
    case(
        "stamp-no-root",
        "no root stands beside it",
        signed(stamps=(dataclasses.replace(HOUR, roots="none\n"),)),
        has=("stamp-damaged",),
    )
    renewed = dataclasses.replace(
        HOUR, roots=HOURGLASS.pem + SUNDIAL.pem, stamps=(*HOUR.stamps, SUNDIAL.stamp(HOUR.stamps[0], DAY + 30 * 86_400))
    )
    late = DAY + 200 * 86_400
    case("stamp-old", "the authority's certificate has ended", signed(), now=late, has=("stamp-old", "stamped"))
    case("stamp-renewed", "it was stamped anew before", signed(stamps=(renewed,)), now=late, has=("stamped",))
    broken = dataclasses.replace(renewed, stamps=(*HOUR.stamps, SUNDIAL.stamp(b"another", DAY + 30 * 86_400)))
    case(
        "stamp-chain", "the newer stamp is not over the older", signed(stamps=(broken,)), now=late, has=("stamp-false",)
    )


def _cosigned(new: Cosigner) -> note.Signature:
    """Give the signature by ML-DSA-44 that is kept, for no two runs make one alike; a fresh one where it fits no more."""
    kept = Path(__file__).with_name("mldsa44.txt")
    if kept.exists():
        (signature,) = note.read_signatures(kept.read_text("utf-8"))
        if new.verifier.signed(signature) and new.verifier.verifies(GROUND.text, signature):
            return signature
    fresh = new.cosign(GROUND.text, DAY + 90)
    kept.write_text(note.write_signature(fresh), "utf-8")
    return fresh


def _new_keys() -> None:
    """An outside witness with both kinds of key, both wanted."""
    new = Cosigner(name=NORTH.name, kind=note.MLDSA44, seed=b"\x05" * 32)
    signatures = (LOG.sign(GROUND.text), NORTH.cosign(GROUND.text, DAY + 60), _cosigned(new))
    signed_ = note.write(note.Note(text=GROUND.text, signatures=signatures))
    shown = proof.Proof(index=3, path=GROUND.path, checkpoint=signed_, extra=GROUND.placement)
    made = signed(
        card=cards.sign(
            dataclasses.replace(CARD, witnesses=(NORTH.verifier.vkey, new.verifier.vkey)), NEWSROOM
        ).decode(),
        policy=policy.one_of([LOG.verifier], [NORTH.verifier, new.verifier], 2).decode("ascii"),
        record=Record(entry=GROUND.entry, log=proof.write(shown).decode(), nonce=NONCE),
        stamps=(),
    )
    case(
        "witness-new",
        "an outside witness with an Ed25519 and an ML-DSA-44 key",
        made,
        spoken=None,
        has=("witnessed", "unchanged-since"),
    )
