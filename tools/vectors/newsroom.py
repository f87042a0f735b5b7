"""
A newsroom whose keys are always the same: its card, its witnesses, a picture, and that picture's whole proof.

The cases of docs/spec/sidecar.md stand on it (sidecar.py, sidecar_checks.py), and so do the tests of the check page. It
writes nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import struct

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
from tamizdat.wire import sidecar
from tamizdat.wire.sidecar import Record, Sidecar, Stamps
from tools.vectors import authority


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
    file=digest.sha256(SHOWN.file),
)


def signed(**changes: Any) -> Sidecar:
    """Give the good sidecar with changes, signed by the newsroom all the same."""
    return sidecar.sign(dataclasses.replace(GOOD, **changes), EDITION)
