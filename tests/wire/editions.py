"""A small edition in memory, made with real keys, by the formats alone (no newsroom)."""

from __future__ import annotations

import dataclasses
import functools
import hashlib

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import card, note
from tamizdat.primitives.age import recipients
from tamizdat.primitives.note import Signature, Signer
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import Below
from tamizdat.record import checkpoint, entry, log
from tamizdat.wire import approval, edition
from tamizdat.wire.approval import Approval
from tamizdat.wire.edition import Edition, File
from tests.record.logs import begun, opened


NOW = 1_795_651_200
SALT = bytes(range(32))
NAMES = ("newsroom", "log", "edition", "editor", "second", "witness", "stranger")
SIGNERS = {
    name: Signer(name="news.example/record" if name == "log" else f"news.example/{name}", seed=name.ljust(32).encode())
    for name in NAMES
}
ORIGIN = SIGNERS["log"].name
WITNESS = dataclasses.replace(
    SIGNERS["witness"].verifier,
    kind=note.COSIGNATURE,
    key_id=note._key_id(SIGNERS["witness"].name, note.COSIGNATURE, SIGNERS["witness"].verifier.public),
)
PAGES = {
    "index.html": b"<p>home</p>",
    "stories/harbour/index.html": b"<p>The harbour is closed.</p>",
    "stories/bridge/index.html": b"<p>The bridge is open.</p>",
    "media/0123456789abcdef.jpg": b"\xff\xd8 a drawing \xff\xd9",
}


@functools.cache
def _recipients() -> tuple[str, str]:
    return str(recipients.generate(False).recipient()), str(recipients.generate(False).recipient())


def make_card(**changes: object) -> card.Card:
    recipient, recovery = _recipients()
    fields: dict[str, object] = {
        "name": "The Example Courier",
        "serial": 1,
        "issued": NOW - 86_400,
        "not_after": NOW + 100 * 86_400,
        "strength": "classical",
        "recipients": (recipient,),
        "recovery": recovery,
        "newsroom": SIGNERS["newsroom"].verifier.vkey,
        "log": SIGNERS["log"].verifier.vkey,
        "edition": SIGNERS["edition"].verifier.vkey,
        "approvers": tuple((name, SIGNERS[name].verifier.vkey) for name in ("editor", "second")),
        "approvals": 2,
    }
    return card.Card(**(fields | changes))


def approved(name: str, *people: str, story: str = "") -> bytes:
    told = Approval(story=story or name, version=1, digest=hashlib.sha256(name.encode()).digest())
    return note.sign(approval.write_text(told), *(SIGNERS[person] for person in people))


@dataclasses.dataclass
class Room:
    """A newsroom of the tests: one log, and editions made from it."""

    log: Memory = dataclasses.field(default_factory=Memory)
    number: int = 0

    def __post_init__(self) -> None:
        if not self.log.values:
            begun(self.log, SIGNERS["log"])

    def batches(self, count: int) -> None:
        """Grow the log by some entries of no edition."""
        size = log.read_log(self.log, SIGNERS["log"].verifier).size
        entries = [
            entry.write(entry.Entry(kind="key", sequence=size - self.number + place + 1, text_hash=bytes(32)))
            for place in range(count)
        ]
        opened(self.log, SIGNERS["log"]).append(entries)

    def publish(
        self, files: dict[str, bytes] | None = None, *, origin: str = ORIGIN, signer: str = "edition", **changes: object
    ) -> Memory:
        """Make an edition as newsroom/release.py does."""
        self.number += 1
        names = ("harbour", "bridge")
        approvals = {f"approvals/{name}.txt": approved(name, "editor", "second") for name in names}
        issued = card.sign(make_card(**changes), SIGNERS["newsroom"])
        whole = {
            path: raw
            for path, raw in (PAGES | approvals | {"card.txt": issued} | (files or {})).items()
            if raw is not None
        }
        writer = opened(self.log, SIGNERS["log"])
        listed = (File(path=p, size=len(r), sha256=hashlib.sha256(r).hexdigest()) for p, r in sorted(whole.items()))
        made = Edition(origin=origin, number=self.number, made=NOW, entry=writer.size, salt=SALT, files=tuple(listed))
        body = edition.write_text(made)
        salted = entry.text_hash(SALT, body.encode())
        writer.append([entry.write(entry.Entry(kind="edition", sequence=made.number, text_hash=salted))])
        store = Memory()
        store.values = whole | {f"log/{name}": raw for name, raw in self.log.values.items()}
        store.values["edition.txt"] = note.sign(body, SIGNERS[signer])
        return store


def copy(store: Memory) -> Memory:
    twin = Memory()
    twin.values = dict(store.values)
    return twin


def log_of(store: Store) -> Below:
    return Below(store, "log")


def cosigned(raw: bytes, seconds: int = NOW) -> bytes:
    """Add the outside witness's signature to a checkpoint (c2sp.org/tlog-cosignature)."""
    text = note.read(raw).text
    checkpoint.read_text(text)
    value = SIGNERS["witness"].sign(f"cosignature/v1\ntime {seconds}\n{text}").value
    signature = Signature(name=WITNESS.name, key_id=WITNESS.key_id, value=seconds.to_bytes(8, "big") + value)
    return note.write(note.Note(text=text, signatures=(*note.read(raw).signatures, signature)))
