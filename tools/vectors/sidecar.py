"""
Write the vectors of docs/spec/sidecar.md: flaws of the file as ``.vector``, whole checks as ``.json``.

A ``.json`` is for every language alike: picture (base64), sidecar (text, or null where it stands in the picture), card
words (or null), now; and what must come out, as [kind, code, values].
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import struct
import sys

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, merkle, note, words
from tamizdat.primitives.age import recipients
from tamizdat.primitives.card import Card
from tamizdat.primitives.note import Cosigner, Signer
from tamizdat.record import batch, checkpoint, policy, proof
from tamizdat.record import entry as entries
from tamizdat.record.checkpoint import Checkpoint
from tamizdat.record.entry import BatchEntry, Entry, Slot
from tamizdat.redaction import codec, commitment, jpeg, picture
from tamizdat.redaction import text as texts
from tamizdat.wire import sidecar
from tamizdat.wire.sidecar import Record, Sidecar, Stamps


sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

import authority

from tests import vectors


class Dice:
    """Dice that fall the same every time."""

    count = 0

    def random(self, count: int) -> bytes:
        """Give the next *count* bytes."""
        self.count += 1
        return hashlib.shake_256(b"vectors of sidecar" + self.count.to_bytes(4)).digest(count)


NOW: Final = 1_795_651_200 + 40 * 86_400
DAY: Final = 1_795_651_200
SEED: Final = bytes(range(32))
NONCE: Final = bytes(range(32, 64))
DICE: Final = Dice()
NEWSROOM, LOG, EDITION, EDITOR, OTHER_LOG = (
    Signer(name=f"news.example/{role}", seed=DICE.random(32))
    for role in ("newsroom", "record", "edition", "editor", "record")
)
NORTH, SOUTH, STRANGER = (
    Cosigner(name=f"{name}.example/w", kind=note.COSIGNATURE, seed=DICE.random(32))
    for name in ("north", "south", "far")
)
HOURGLASS: Final = authority.make("Hourglass", DAY - 30 * 86_400, 120)
SUNDIAL: Final = authority.make("Sundial", DAY - 30 * 86_400, 20 * 365, root="other")
CARD: Final = Card(
    name="The Example Courier",
    serial=1,
    issued=DAY - 86_400,
    not_after=DAY + 300 * 86_400,
    strength="classical",
    recipients=(str(recipients.generate(post_quantum=False, entropy=DICE).recipient()),),
    recovery=str(recipients.generate(post_quantum=False, entropy=DICE).recipient()),
    newsroom=NEWSROOM.verifier.vkey,
    log=LOG.verifier.vkey,
    edition=EDITION.verifier.vkey,
    approvers=(("editor", EDITOR.verifier.vkey),),
    witnesses=(NORTH.verifier.vkey, SOUTH.verifier.vkey),
)
POLICY: Final = policy.one_of([LOG.verifier], [NORTH.verifier, SOUTH.verifier], 2).decode("ascii")


def exif() -> bytes:
    """Write EXIF with a date and a place."""
    head = b"Exif\x00\x00MM\x00*" + struct.pack(">I", 8)
    main = struct.pack(">HHHIIHHIII", 2, 0x8769, 4, 1, 38, 0x8825, 4, 1, 76, 0)
    date = struct.pack(">HHHIII", 1, 0x9003, 2, 20, 56, 0) + b"2026:11:26 12:00:00\x00"
    place = struct.pack(
        ">HHHI4sHHIIHHI4sHHIII", 4, 1, 2, 2, b"N\0\0\0", 2, 5, 3, 130, 3, 2, 2, b"E\0\0\0", 4, 5, 3, 154, 0
    )
    angles = struct.pack(">6I", 40, 1, 22, 1, 30, 1) + struct.pack(">6I", 49, 1, 50, 1, 0, 1)
    return head + main + date + place + angles


def original() -> bytes:
    """Make a small JPEG of drawn lots: 96 x 96 pixels, 4:2:0, with a date and a place."""
    plain = tuple(range(1, 65))
    components = tuple(codec.Component(id=n, h=s, v=s, quantiser=plain) for n, s in ((1, 2), (2, 1), (3, 1)))
    header = codec.Header(width=96, height=96, transform=1, components=components)
    across, down = header.grid
    drawn = np.frombuffer(hashlib.shake_256(b"a picture").digest(across * down * header.tile_blocks * 64), "u1")
    tiles = np.where(drawn < 8, drawn.astype(np.int16) * 4 - 16, 0).reshape(across * down, -1)
    made = codec.build(header, tiles.astype(np.int16))
    segments = jpeg.segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), jpeg.segment(0xE1, exif())
    return b"\xff\xd8" + b"".join(segments) + made.write()


@dataclasses.dataclass(frozen=True)
class Ground:
    """What all cases stand on: the record with one batch, and its checkpoint's text."""

    entry: str
    text: str
    path: tuple[bytes, ...]
    placement: bytes
    root: bytes

    def record(self, *cosigned: tuple[Cosigner, int], log: Signer = LOG) -> Record:
        """Show the batch against the checkpoint, signed by *log* and cosigned."""
        signatures = [log.sign(self.text), *(one.cosign(self.text, time) for one, time in cosigned)]
        signed = note.write(note.Note(text=self.text, signatures=tuple(signatures)))
        shown = proof.Proof(index=3, path=self.path, checkpoint=signed, extra=self.placement)
        return Record(entry=self.entry, log=proof.write(shown).decode(), nonce=NONCE)


def ground(root: bytes) -> Ground:
    """Put *root* into a batch, and the batch on a record of five entries."""
    made = batch.write([batch.leaf(NONCE, root)], DICE)
    entry = entries.write(BatchEntry(sequence=3, slot=Slot(number=DAY // 86_400), missed=0, root=made.root))
    others = [entries.write(Entry(kind="edition", sequence=n, text_hash=bytes([n]) * 32)) for n in (1, 2, 3, 4)]
    leaves = [digest.leaf(one) for one in (*others[:3], entry, others[3])]

    def fetch(level: int, index: int) -> bytes:
        return merkle.root(leaves[index << level : (index + 1) << level])

    text = checkpoint.write_text(Checkpoint(origin=LOG.name, size=5, root=merkle.root(leaves)))
    placement = batch.write_placement(batch.prove(made.secret_map, batch.leaf(NONCE, root)))
    return Ground(entry.decode(), text, merkle.inclusion_path(3, 5, fetch), placement, root)


RAW: Final = original()
ROOT: Final = commitment.commit(SEED, RAW).root
SHOWN: Final = picture.redact(SEED, RAW, hide=[(40, 40, 8, 8)], disclose=["date", "place"])
GROUND: Final = ground(ROOT)
BOTH: Final = ((NORTH, DAY + 3600), (SOUTH, DAY + 7200))
RAW_CARD: Final = cards.sign(CARD, NEWSROOM)
WORDS: Final = " ".join(words.card_words(cards.fingerprint(RAW_CARD)))
HOUR: Final = Stamps(
    authority="hourglass", roots=HOURGLASS.pem, stamps=(HOURGLASS.stamp(GROUND.text.encode(), DAY + 1800),)
)
GOOD: Final = Sidecar(
    card=RAW_CARD.decode(),
    committed="field",
    policy=POLICY,
    redaction=SHOWN.proof,
    root=ROOT,
    record=GROUND.record(*BOTH),
    stamps=(HOUR,),
)


def main() -> None:
    """Write all vectors."""
    for old in (*(vectors.SPECS / "sidecar").glob("*.json"), *(vectors.SPECS / "sidecar").glob("*.vector")):
        old.unlink()
    _flaws()
    _good()
    _pictures()
    _records()
    _witnesses()
    _stamps()
    _cards()
    _boxes()
    _texts()
    _new_keys()


def signed(**changes: Any) -> Sidecar:
    """Give the good sidecar with changes, signed by the newsroom all the same."""
    return sidecar.sign(dataclasses.replace(GOOD, **changes), EDITION)


def case(
    name: str,
    comment: str,
    made: Sidecar | None = None,
    *,
    shown: bytes = SHOWN.file,
    spoken: str | None = WORDS,
    now: int = NOW,
    has: tuple[str, ...],
) -> None:
    """Write one check, and make sure that it *has* the findings it is there for."""
    held = made if made is not None else sidecar.read(sidecar.find(shown) or b"")
    found = sidecar.check(shown, held, card_words=spoken, now=now)
    codes = {one.code for one in found.all}
    assert codes >= set(has), (name, codes)  # noqa: S101 -- a vector must show what it is there for
    told = {
        "comment": comment,
        "picture": base64.b64encode(shown).decode("ascii"),
        "sidecar": None if made is None else sidecar.write(made).decode("ascii"),
        "card_words": spoken,
        "now": now,
        "verdict": found.verdict,
        "expect": [[one.kind, one.code, dict(one.params)] for one in found.all],
    }
    raw = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (vectors.SPECS / "sidecar" / f"{name}.json").write_text(raw, "utf-8")


def _flaws() -> None:
    whole = sidecar.write(signed())
    told = json.loads(whole)

    def other(name: str, expect: str, comment: str, change: Callable[[dict[str, Any]], object]) -> None:
        changed = json.loads(whole)
        change(changed)
        raw = (json.dumps(changed, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")
        vectors.write("sidecar", name, expect, comment, raw)

    vectors.write("sidecar", "whole", "whole", "on the record, cosigned, stamped", whole)
    vectors.write(
        "sidecar", "whole-waiting", "whole", "waits for the record", sidecar.write(signed(record=None, stamps=()))
    )
    vectors.write("sidecar", "torn", "sidecar-spelling", "half of it is gone", whole[: len(whole) // 2])
    vectors.write("sidecar", "newline", "sidecar-spelling", "the newline at the end is gone", whole[:-1])
    vectors.write(
        "sidecar", "spaces", "sidecar-spelling", "spaces between", json.dumps(told, sort_keys=True).encode() + b"\n"
    )
    vectors.write("sidecar", "twice", "sidecar-spelling", "a field stands in it twice", b'{"card":"",' + whole[1:])
    vectors.write("sidecar", "deep", "sidecar-spelling", "lists within lists without end", b"[" * 5_000)
    other("number", "sidecar-spelling", "a number", lambda made: made.update(root=1))
    other("missing", "sidecar-field", "no policy, not even an empty one", lambda made: made.pop("policy"))
    other("unknown", "sidecar-field", "a field that is not known", lambda made: made.update(title="A picture"))
    other("half", "sidecar-field", "an entry without a nonce", lambda made: made.pop("nonce"))
    other("version", "sidecar-field", "another version", lambda made: made.update(version="tamizdat-sidecar-v2"))
    other("list", "sidecar-field", "a list in place of words", lambda made: made.update(card=[]))
    other("stamps", "sidecar-field", "an authority without a stamp", lambda made: made["stamps"][0].update(stamps=[]))
    other(
        "stamps-alone",
        "sidecar-field",
        "stamps, and nothing on the record",
        lambda made: [made.pop(name) for name in ("entry", "log", "nonce")],
    )
    other("committed", "sidecar-value", "committed to nowhere known", lambda made: made.update(committed="home"))
    other("root", "sidecar-value", "a root of 31 bytes", lambda made: made.update(root=told["root"][:-4] + "AA=="))
    other("letter", "sidecar-value", "half a letter", lambda made: made.update(card="\ud800"))
    other(
        "authority",
        "sidecar-value",
        "an authority's name has capitals",
        lambda made: made["stamps"][0].update(authority="Hour"),
    )
    other(
        "order",
        "sidecar-value",
        "an authority stands in it twice",
        lambda made: made["stamps"].append(made["stamps"][0]),
    )


def _good() -> None:
    all_ = ("unchanged-since", "hidden", "camera-date", "camera-place", "on-record", "witnessed", "stamped", "signed")
    case("good", "on the record, two outside witnesses, a stamp", signed(), has=(*all_, "card-known"))
    case("good-no-words", "the reader has no card words", signed(), spoken=None, has=(*all_, "card-unknown"))
    case("good-desk", "committed to at the desk", signed(committed="desk"), has=("committed-desk",))
    case(
        "alone",
        "no outside witness, no stamp",
        signed(policy="", record=GROUND.record(), stamps=()),
        has=("unchanged", "date-alone", "record-date"),
    )
    case(
        "waiting",
        "not on the record yet",
        signed(record=None, stamps=()),
        has=("unchanged", "record-waiting", "date-alone"),
    )
    whole = picture.redact(SEED, RAW)
    case(
        "whole",
        "nothing is hidden, nothing disclosed",
        signed(redaction=whole.proof),
        shown=whole.file,
        has=("nothing-hidden",),
    )
    cropped = picture.redact(SEED, RAW, crop=(0, 0, 64, 70))
    case(
        "crop",
        "a part of the picture, declared",
        signed(redaction=cropped.proof),
        shown=cropped.file,
        has=("part", "hidden"),
    )


def _pictures() -> None:
    read = jpeg.read(SHOWN.file)
    read.tiles[0, 0] += 1
    case("pixel", "one coefficient is another", signed(), shown=read.publish(SHOWN.shown), has=("redaction-root",))
    read = jpeg.read(SHOWN.file)
    read.tiles[4, 0] = 90
    case(
        "drawing",
        "something is drawn into the hidden part",
        signed(),
        shown=read.publish(SHOWN.shown),
        has=("redaction-hidden",),
    )
    case(
        "behind",
        "a file hangs behind the picture",
        signed(),
        shown=SHOWN.file + b"PK\x03\x04",
        has=("redaction-trailer",),
    )
    cut = jpeg.read(SHOWN.file).cropped(0, 0, 64, 64).publish(SHOWN.shown)
    case("cut", "it was cut, and the proof does not say so", signed(), shown=cut, has=("redaction-count",))
    uneven = jpeg.read(SHOWN.file).cropped(0, 0, 80, 96).publish(SHOWN.shown)
    case("cut-uneven", "it was cut within a square", signed(), shown=uneven, has=("redaction-crop",))
    titled = SHOWN.file[:2] + jpeg.segment(0xFE, b"Taken elsewhere") + SHOWN.file[2:]
    case("title", "somebody wrote a comment into it", signed(), shown=titled, has=("redaction-segment",))
    case("torn", "the end of the picture is gone", signed(), shown=SHOWN.file[:-9], has=("picture-damaged",))
    case("no-picture", "words in place of a picture", signed(), shown=b"words\n", has=("picture-damaged",))
    case(
        "proof-torn",
        "the end of the picture's proof is gone",
        signed(redaction=SHOWN.proof[:-1]),
        has=("proof-damaged",),
    )
    other = picture.redact(SEED, RAW, hide=[(0, 0, 8, 8)])
    case(
        "other-redaction", "the proof of another publication", signed(redaction=other.proof), has=("redaction-hidden",)
    )


def _records() -> None:
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


def _cards() -> None:
    case("card-expired", "the card was good until a year ago", signed(), now=DAY + 700 * 86_400, has=("card-expired",))
    twin = cards.sign(dataclasses.replace(CARD, name="The Example Courrier"), NEWSROOM)
    own = " ".join(words.card_words(cards.fingerprint(twin)))
    case("card-other", "another card than the reader's", signed(), spoken=own, has=("card-other",))
    case(
        "card-altered",
        "a witness was struck off the card",
        signed(card=GOOD.card.replace(f"witness: {NORTH.verifier.vkey}\n", "")),
        has=("card-damaged",),
    )
    unsigned = dataclasses.replace(signed(), committed="desk")
    case("signature", "somebody changed where it was committed to", unsigned, has=("signature-false",))
    stranger = sidecar.sign(dataclasses.replace(GOOD, record=None, stamps=()), EDITOR)
    case("signature-other", "somebody put the newsroom's card to his own proof", stranger, has=("signature-false",))


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


def _texts() -> None:
    """A text has a sidecar like a picture's."""
    letter = b"Dated the 20th.\n\nThey came at night.\nMore follows.\n\nThe end.\n"
    root = commitment.commit(SEED, letter).root
    shown = texts.redact(SEED, letter, [(0, None), (1, 1)])
    made = signed(root=root, redaction=shown.proof, record=ground(root).record(*BOTH), stamps=())
    case(
        "text",
        "a text with a paragraph and a word hidden",
        made,
        shown=shown.file,
        has=("text-unchanged-since", "text-bars"),
    )
    case("text-word", "a word of it is another", made, shown=shown.file.replace(b"night", b"noon!"), has=("text-root",))
    case(
        "text-bar",
        "a name in place of a bar",
        made,
        shown=shown.file.replace(texts.BAR + b" ", b"They "),
        has=("text-hidden",),
    )


def _boxes() -> None:
    def box(kind: bytes, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return struct.pack(">I", len(body) + 8) + kind + body

    def named(kind: bytes, label: str, *parts: bytes) -> bytes:
        head = box(b"jumd", kind + bytes.fromhex("00110010800000aa00389b71"), b"\x03", label.encode() + b"\0")
        return box(b"jumb", head, *parts)

    def held(*texts: bytes, kind: bytes = b"json") -> bytes:
        inside = [named(kind, sidecar.ASSERTION, box(kind, one)) for one in texts]
        store = named(b"c2as", "c2pa.assertions", named(b"cbor", "c2pa.hash.data", box(b"cbor", b"\xa0")), *inside)
        return named(b"c2pa", "c2pa", named(b"c2ma", "urn:c2pa:of-before"), named(b"c2ma", "urn:c2pa:newest", store))

    def within(raw: bytes, piece: int = 20_000) -> bytes:
        parts = [raw[8:][at : at + piece] for at in range(0, len(raw) - 8, piece)]
        pieces = [
            jpeg.segment(0xEB, b"JP" + struct.pack(">HI", 1, number) + raw[:8] + part)
            for number, part in enumerate(parts, 1)
        ]
        return SHOWN.file[:2] + b"".join(pieces) + SHOWN.file[2:]

    desk = json.dumps(sidecar.value(signed(committed="desk")), ensure_ascii=False).encode()
    case(
        "embedded",
        "the proof stands in the picture's credentials, in two pieces",
        shown=within(held(desk), 8_000),
        has=("committed-desk", "unchanged-since"),
    )
    case(
        "beside",
        "one stands in the picture, another beside it: the one beside it is checked",
        signed(),
        shown=within(held(desk)),
        has=("committed-field", "unchanged-since"),
    )
    whole = within(held(desk))
    for name, comment, expect, raw in (
        ("picture", "a picture with a proof inside", "whole", whole),
        ("picture-twice", "two proofs inside", "sidecar-box", within(held(desk, desk))),
        ("picture-cbor", "the proof inside is no JSON box", "sidecar-box", within(held(desk, kind=b"cbor"))),
        ("picture-cut", "a box inside is cut short", "sidecar-box", within(held(desk)[:-9])),
        ("picture-pieces", "a piece of the credentials is missing", "sidecar-box", whole.replace(b"JP\x00\x01\x00\x00\x00\x01", b"JP\x00\x01\x00\x00\x00\x02", 1)),
        ("picture-number", "a number in the proof inside", "sidecar-spelling", within(held(b'{"root":1}'))),
    ):  # fmt: skip
        vectors.write("sidecar", name, expect, comment, raw)


main()
