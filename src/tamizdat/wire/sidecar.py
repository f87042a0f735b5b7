"""
Check a picture against the proof beside it: what is proven, what the newsroom alone says, what is not proven, what is wrong.

Where anything is wrong, nothing is proven. Findings are codes with values; their words are texts/check/LANGUAGE.json,
the same for the command line and for the page that readers open. It is NOT a judge of what is true. The steps are
docs/spec/sidecar.md, "Verifying".
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import json

from collections.abc import Mapping
from typing import Final, Literal

from tamizdat.primitives import card as cards
from tamizdat.primitives import digest, note, text, words
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import FormatError, TamizdatError, TrustError
from tamizdat.record import batch, policy, proof, stamp
from tamizdat.record import entry as entries
from tamizdat.record.entry import BatchEntry
from tamizdat.record.policy import Policy
from tamizdat.redaction import metadata, verify
from tamizdat.redaction import text as text_proof
from tamizdat.redaction.codec import TILE
from tamizdat.wire import confirm
from tamizdat.wire.beside import ASSERTION, SUFFIX, Record, Sidecar, Stamps, find, read, sign, value, write


__all__ = [
    "ASSERTION", "LIMITS", "SUFFIX", "Finding", "Findings", "Record", "Sidecar", "Stamps",
    "check", "find", "read", "sentence", "sign", "texts", "value", "write",
]  # fmt: skip

Kind = Literal["proven", "stated", "unproven", "fault"]
Verdict = Literal["proven", "stated", "fault"]
# What no proof of this kind shows, in the order of docs/spec/redaction.md; printed wherever readers look.
LIMITS: Final = (
    "limit-true", "limit-time", "limit-camera", "limit-context", "limit-union", "limit-copies",
    "limit-edge", "limit-colours", "limit-opening", "limit-maker", "limit-size", "limit-outside",
)  # fmt: skip
_DAMAGED: Final = ("jpeg-", "png-", "redact-")
_PROOF: Final = frozenset({"redaction-magic", "redaction-length", "redaction-value"})


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was found.

    Attributes:
        kind: ``proven``; ``stated`` by the newsroom alone; ``unproven``; ``fault``.

        code: Which one, lasting: docs/spec/sidecar.md, "Findings".

        params: Values that its sentence holds.
    """

    kind: Kind
    code: str
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found, proven first, faults last."""

    all: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """``fault`` where anything is wrong, ``proven`` where a time is proven by others, else ``stated``."""
        codes = {one.code for one in self.all}
        if any(one.kind == "fault" for one in self.all):
            return "fault"
        return "proven" if codes & {"unchanged-since", "text-unchanged-since"} else "stated"


def check(picture: bytes, made: Sidecar, *, card_words: str | None, now: int) -> Findings:
    """
    Check a picture. Whatever is wrong is among the findings; nothing is raised for it.

    Args:
        picture: The published file.

        made: The proof beside it, or out of its credentials (`find`).

        card_words: The 12 words of the newsroom's card, where the reader has them from elsewhere.

        now: Seconds since 1970, for what has expired; nothing is proven by it.

    Raises:
        FormatError: ``words-...``: *card_words* are no 12 words.
        AdapterError: ``codec-missing``, ``codec-time``: this machine cannot read pictures now.
    """
    return _Check(made, now).run(picture, None if card_words is None else words.read_card_words(card_words))


def sentence(code: str, params: Mapping[str, str | int] | None = None) -> str:
    """Say a finding, or one of `LIMITS`, in English."""
    return texts()[code].format_map(params or {})


@functools.cache
def texts() -> dict[str, str]:
    """Give every sentence in English, by its code."""
    file = importlib.resources.files("tamizdat.wire") / "texts" / "check" / "en.json"
    told: dict[str, str] = json.loads(file.read_text("utf-8"))
    return told


class _Check:
    """One check in the making."""

    def __init__(self, made: Sidecar, now: int) -> None:
        self._made = made
        self._now = now
        self._found: dict[Kind, list[Finding]] = {"proven": [], "stated": [], "unproven": [], "fault": []}
        self._bounds: list[int] = []
        self._slot = ""
        self._signed = False

    def run(self, picture: bytes, fingerprint: int | None) -> Findings:
        card = self._card(fingerprint)
        of = "text-" if self._made.redaction.startswith(text_proof.PROOF_MAGIC) else ""
        if of:
            self._text(picture)
        else:
            self._picture(picture)
        if card is not None:
            self._record(card)
        since: tuple[int, ...] = (min(self._bounds),) if self._bounds else ()
        if since:
            self._found["proven"].insert(0, Finding("proven", f"{of}unchanged-since", {"time": text.instant(since[0])}))
        else:
            self._found["proven"].insert(0, Finding("proven", f"{of}unchanged"))
            self._add("stated", "date-alone")
            if self._slot:
                self._add("stated", "record-date", time=self._slot)
        self._add("stated", f"committed-{self._made.committed}")
        self._add("unproven", "limit-true")
        if self._found["fault"]:
            self._found["proven"], self._found["stated"] = [], []
        return Findings(tuple(one for kind in self._found.values() for one in kind))

    def _add(self, kind: Kind, code: str, **params: str | int) -> None:
        self._found[kind].append(Finding(kind, code, params))

    def _card(self, fingerprint: int | None) -> Card | None:
        """Steps 1 and 2: whose card it is, and that its newsroom says all this."""
        raw = self._made.card.encode()
        try:
            card = cards.read(raw)
            own = cards.fingerprint(raw)
        except TamizdatError as error:
            self._add("fault", "card-damaged", flaw=error.code)
            return None
        spoken = " ".join(words.card_words(own))
        if fingerprint is None:
            self._add("unproven", "card-unknown", name=card.name, words=spoken)
        elif fingerprint == own:
            self._add("proven", "card-known", name=card.name)
        else:
            self._add("fault", "card-other", name=card.name, words=spoken)
        self._signed = self._made.signed_by(note.read_verifier(card.edition))
        if self._signed:
            self._add("proven", "signed", name=card.name)
        else:
            self._add("fault", "signature-false", name=card.name)
        if self._now > card.not_after:
            self._add("stated", "card-expired", name=card.name, day=text.day(card.not_after))
        return card

    def _picture(self, picture: bytes) -> None:
        """Step 3: the picture against its proof and the root."""
        try:
            told = verify.verify(picture, self._made.redaction, self._made.root)
        except (FormatError, TrustError) as error:
            if error.code in _PROOF:
                self._add("fault", "proof-damaged", flaw=error.code)
            elif error.code.startswith(_DAMAGED):
                self._add("fault", "picture-damaged", flaw=error.code)
            else:
                self._add("fault", error.code)
            return
        across, down = (-(-edge // TILE) for edge in told.original)
        whole, shown = across * down, told.tiles - len(told.hidden)
        if shown == whole:
            self._add("proven", "nothing-hidden")
        else:
            percent = min(-(-100 * (whole - shown) // whole), 99 if shown else 100)
            self._add("proven", "hidden", percent=percent)
        if told.cropped:
            self._add("proven", "part", width=told.original[0], height=told.original[1])
        for name, said in metadata.told(told.items).items():
            self._add("proven", f"camera-{name}", value=said)
        if not self._same_file(picture):
            self._add("unproven", "file-other" if self._made.file else "file-unsaid", bytes=told.credentials)

    def _text(self, shown: bytes) -> None:
        """Step 3 of a text: the same, with words in place of squares."""
        try:
            told = text_proof.verify(shown, self._made.redaction, self._made.root)
        except (FormatError, TrustError) as error:
            self._add("fault", error.code)
            return
        if told.hidden_paragraphs or told.hidden_words:
            self._add("proven", "text-bars", paragraphs=told.hidden_paragraphs, words=told.hidden_words)
        else:
            self._add("proven", "text-whole")
        self._same_file(shown)

    def _same_file(self, raw: bytes) -> bool:
        """Say whether this is the very file that was published: credentials and packing could be anybody's."""
        same = digest.sha256(raw) == self._made.file
        if same:
            self._add("proven", "file-same")
        return same

    def _record(self, card: Card) -> None:
        """Steps 4 and 5: that the root stands on the record, and who else has seen it there."""
        held = self._made.record
        if held is None:
            self._add("stated", "record-waiting", name=card.name)
            return
        try:
            shown = proof.read(held.log.encode())
            placed = batch.read_placement(shown.extra)
            entry = entries.read(held.entry.encode())
            rules = policy.read((self._made.policy or f"quorum {policy.NONE}\n").encode())
        except TamizdatError as error:
            self._add("fault", "record-damaged", flaw=error.code)
            return
        if not isinstance(entry, BatchEntry):
            self._add("fault", "record-damaged", flaw="entry-kind")
            return
        key = note.read_verifier(card.log)
        try:
            proof.verify(shown, digest.leaf(held.entry.encode()), key, origin=key.name)
        except TamizdatError as error:
            codes = {"note-forged": "record-forged", "merkle-inclusion": "record-entry"}
            self._add("fault", codes.get(error.code, "record-other"), name=card.name)
            return
        try:
            batch.verify(batch.leaf(held.nonce, self._made.root), placed.position, placed.path, entry.root)
        except TrustError:
            self._add("fault", "root-foreign", name=card.name)
            return
        self._add("proven", "on-record", name=card.name, line=shown.index)
        self._slot = text.instant(entry.slot.start)
        self._witnesses(card, shown.checkpoint, rules)
        # Whose roots these are, only the newsroom's signature says: a stranger's are not even looked at.
        for one in self._made.stamps if self._signed else ():
            self._stamps(one, stamp.stamped(shown.checkpoint))

    def _witnesses(self, card: Card, raw: bytes, rules: Policy) -> None:
        """Step 6: outside witnesses count where their keys stand on the card, and as many as the policy wants."""
        seen = confirm.witnesses(raw, rules, card.witnesses)
        for name in seen.forged:
            self._add("fault", "witness-forged", names=name)
        if seen.strangers:
            self._add("unproven", "witness-not-on-card", names=", ".join(seen.strangers))
        if seen.since is not None:
            self._add("proven", "witnessed", names=", ".join(seen.names), time=text.instant(seen.since))
            self._bounds.append(seen.since)
        elif seen.wanted:
            self._add("unproven", "quorum-missing", count=len(seen.names))

    def _stamps(self, held: Stamps, data: bytes) -> None:
        """Step 7: an authority's stamps, each over the one before it, up to the root that the newsroom names."""
        try:
            told = confirm.stamps(held.stamps, data, held.roots.encode())
        except (FormatError, TrustError) as error:
            false = isinstance(error, TrustError)
            self._add("fault", "stamp-false" if false else "stamp-damaged", name=held.authority)
            return
        more = {"root": told.root, "fingerprint": told.fingerprint}
        self._add("proven", "stamped", name=held.authority, time=text.instant(told.time), **more)
        if self._now > told.until:
            self._add("unproven", "stamp-old", name=held.authority, day=text.day(told.until))
        self._bounds.append(told.time)
