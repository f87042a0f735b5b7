"""
Check the public record that travels in an edition, and hold it against another copy of it.

The record's own checks are record/log.py's; here they become words for readers, who know no tiles.
It is NOT a proof that a newsroom shows everybody the same record: that takes another copy, or
outside witnesses. The steps are numbered in docs/spec/edition.md, "Verifying".
"""

from __future__ import annotations

import dataclasses
import hashlib

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

from tamizdat.primitives import merkle, note, text
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import AdapterError, Fault, FormatError, TamizdatError, TrustError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import Below, read
from tamizdat.record import checkpoint, policy, stamp, tiles
from tamizdat.record import entry as entries
from tamizdat.record import log as logs
from tamizdat.record.entry import Entry
from tamizdat.record.keylines import KeyLines
from tamizdat.record.log import LogReader
from tamizdat.record.policy import Policy
from tamizdat.wire import confirm, edition, onkeys
from tamizdat.wire.edition import Edition, File
from tamizdat.wire.report import MEND, Findings


OTHER: Final = "the other copy"
_ASK: Final = "Keep both copies: together they are evidence. Ask the newsroom, and tell others."
_PLAIN: Final = {
    "log-missing": "the public record is missing from this edition",
    "log-stray": "this file is no part of the public record: somebody added it",
    "log-root": "the files of the public record do not add up to what the newsroom signed",
    "checkpoint": "the newsroom's signed word on how long the public record is cannot be read",
    "checkpoint-origin": "this is another public record than the one the card names",
    "note-forged": "the newsroom's signature under the public record is false: the record was altered",
    "note-unsigned": "the public record is not signed with the key on the card",
}
_ALONE: Final = "the public record is kept by the newsroom alone; no outside witness has signed it"
_SIGNED: Final = ("note-length", "note-text", "note-signatures", "note-signature-line", "note-name")


def check(store: Store, found: Findings, card: Card, made: Edition, body: str) -> LogReader | None:
    """Check the record in an edition, and that the edition is on it; give the record where its signature is true."""
    inside = _Readable(Below(store, edition.LOG.rstrip("/")), found, edition.LOG)
    reader, signed = _open(inside, found, card)
    if reader is None:
        return None
    verifier = note.read_verifier(card.log)
    if not reader.head.origin == made.origin == verifier.name:
        found.fault(
            "edition-origin",
            "log/checkpoint",
            f"the card names the public record {verifier.name!r}, the list {made.origin!r}, "
            f"and what is here calls itself {reader.head.origin!r}",
        )
    keys = KeyLines()
    whole = _whole(inside, found, reader, made, keys)
    on_record = _on_record(found, reader, made, body)
    if signed and whole and on_record:
        found.proven.append(
            f"this edition is entry {made.entry} on the newsroom's public record of {reader.size} entries "
            "(counted from 0), and the record is whole: no entry of it was changed or taken out"
        )
    if signed:
        onkeys.tell(found, keys)
    return reader if signed else None


def confirmed(store: Store, found: Findings, card: Card, raw: bytes, files: Sequence[File], *, now: int) -> bool:
    """
    Say who else confirms this state of the record, and whether anybody does.

    Outside witnesses count by the policy on the signed list, or where there is none each for itself; time authorities
    by the roots on the signed list: *files*, none where its signature is false.
    """
    rules = None
    held = _as_signed(store, files, edition.POLICY)
    if held is not None:
        try:
            rules = policy.read(held)
        except TamizdatError as error:
            found.caught(edition.POLICY, error)
    seen = _by_each(found, card, raw) if rules is None else _by_policy(found, card, raw, rules)
    stamped = []
    for file in files:
        match = edition.AUTHORITY.fullmatch(file.path)
        if match is not None and (roots := _as_signed(store, files, file.path)) is not None:
            stamped.append(_stamped(store, found, match[1], roots, raw, now=now))
    return seen or any(stamped)


def _as_signed(store: Store, files: Sequence[File], path: str) -> bytes | None:
    """Read a small file that is on the signed list, as it was signed; None where it is not so, which was named already."""
    listed = next((file for file in files if file.path == path), None)
    try:
        held = None if listed is None else read(store, path, policy.MAX_LENGTH + 1)
    except (AdapterError, OSError):
        return None
    same = listed is not None and held is not None and hashlib.sha256(held).hexdigest() == listed.sha256
    return held if same else None


def _by_each(found: Findings, card: Card, raw: bytes) -> bool:
    seen = []
    for verifier in map(note.read_verifier, card.witnesses):
        try:
            signature = note.verify(raw, verifier).signatures[0]
        except TrustError as error:
            if error.code == "note-forged":
                _forged(found, verifier.name)
            continue
        # A time beyond what dates can be written in is nobody's.
        timed = verifier.kind in note.TIMED and signature.time < entries.MAX_TIME
        seen.append(verifier.name + (f" (on {text.instant(signature.time)}, it says)" if timed else ""))
    if seen:
        found.proven.append(
            "outside witnesses that the card names signed this state of the public record: " + ", ".join(seen)
        )
    elif card.witnesses:
        found.stated.append(
            f"the card names {len(card.witnesses)} outside witnesses, and none of them has signed this public record: "
            "it is the newsroom's word alone"
        )
    else:
        found.stated.append(_ALONE)
    return bool(seen)


def _by_policy(found: Findings, card: Card, raw: bytes, rules: Policy) -> bool:
    seen = confirm.witnesses(raw, rules, card.witnesses)
    for name in seen.forged:
        _forged(found, name)
    strangers = dict.fromkeys(
        party.key.name for party in rules.witnesses.values() if party.key.vkey not in card.witnesses
    )
    if strangers:
        found.unproven.append(
            f"that these are outside witnesses the newsroom stands by: {', '.join(strangers)}. Its rules "
            f"({edition.POLICY}) name them, its card does not, so they do not count"
        )
    if seen.since is not None:
        found.proven.append(
            "outside witnesses that the card names signed this state of the public record, as many as the newsroom's "
            f"rules ask for: {', '.join(seen.names)}; they had done so by {text.instant(seen.since)}"
        )
    elif seen.wanted:
        found.unproven.append(
            f"that enough outside witnesses saw this state of the public record: {len(seen.names)} of those on the "
            "card signed, and the newsroom's rules ask for more"
        )
    else:
        found.stated.append(_ALONE)
    return seen.since is not None


def _forged(found: Findings, name: str) -> None:
    what = f"the signature of the outside witness {name!r} under the public record is false"
    found.fault("edition-witness", "log/checkpoint", what)


def _stamped(store: Store, found: Findings, name: str, roots: bytes, raw: bytes, *, now: int) -> bool:
    base = f"{edition.LOG}{stamp.name(raw, name)}"
    inside = _Readable(store, found, "")
    responses: list[bytes] = []
    while (held := read(inside, f"{base}.{len(responses) + 1}" if responses else base, stamp.MAX_RESPONSE)) is not None:
        responses.append(held)
    if not responses:
        found.stated.append(f"the time authority “{name}” has not stamped this state of the public record yet")
        return False
    try:
        told = confirm.stamps(responses, stamp.stamped(raw), roots)
    except TamizdatError as error:
        found.fault("edition-stamp", base, f"the time stamp of “{name}” is false or damaged [{error.code}]")
        return False
    found.proven.append(
        f"stamped by “{name}”: this state of the public record was there by {text.instant(told.time)}, if you believe "
        f"the authority that calls itself “{told.root}” (the fingerprint of its certificate: {told.fingerprint})"
    )
    if now > told.until:
        found.unproven.append(
            f"that the time stamp of “{name}” is still safe: its certificate ended, and nobody renewed it"
        )
    return True


def compare(found: Findings, mine: LogReader, card: Card, against: Store) -> None:
    """Hold the record against another copy of it: the shorter must be the beginning of the longer."""
    try:
        inside = against if read(against, "log/checkpoint", 1) is None else Below(against, "log")
        other = logs.read_log(inside, note.read_verifier(card.log), origin=mine.head.origin)
    except (TamizdatError, OSError) as error:
        code = error.code if isinstance(error, TamizdatError) else "edition-unreadable"
        what = "what you compare with is no public record of this newsroom, or cannot be read"
        found.fault("against-other", OTHER, f"{what} [{code}]", "Compare with another edition of the same newsroom.")
        return
    old, new = sorted((mine, other), key=lambda reader: reader.size)
    try:
        continued = _continues(old, new)
    except (TamizdatError, OSError):
        found.fault(
            "against-incomplete",
            OTHER if new is other else edition.LOG,
            f"the longer of the two public records ({old.size} and {new.size} entries) is not complete, "
            "so they cannot be compared",
            "Compare with a whole edition.",
        )
        return
    if not continued:
        found.fault(
            "against-fork",
            edition.LOG,
            f"the newsroom signed two public records that contradict each other: one of {mine.size} entries here, "
            f"one of {other.size} in {OTHER}; neither continues the other",
            _ASK,
        )
        found.evidence.extend((mine.checkpoint(), other.checkpoint()))
    elif other.size > mine.size:
        found.proven.append(
            f"{OTHER}'s public record is newer ({other.size} entries, {mine.size} here) and continues this one: "
            "something was entered after this edition; if you were told that it is the newest, ask for a later one"
        )
        onkeys.tell_new(found, new, old.size)
    else:
        older = "is the same" if other.size == mine.size else f"is older ({other.size} entries, {mine.size} here)"
        found.proven.append(f"{OTHER}'s public record {older}, and nothing that it holds was changed or taken out here")
        onkeys.tell_new(found, new, old.size)


def _open(inside: Store, found: Findings, card: Card) -> tuple[LogReader | None, bool]:
    """Open the record; where its signature is false, all the same, so that its other faults are found too."""
    try:
        return logs.read_log(inside, note.read_verifier(card.log)), True
    except TamizdatError as error:
        found.faults.append(_plain(Fault(code=error.code, where=logs.CHECKPOINT, what=str(error), mend=error.mend)))
        raw = error.evidence if isinstance(error, TrustError) else b""
    try:
        return LogReader(inside, raw, checkpoint.read_text(note.read(raw).text)), False
    except FormatError:
        return None, False


def _whole(inside: Store, found: Findings, reader: LogReader, made: Edition, keys: KeyLines) -> bool:
    before, names = len(found.faults), list(inside.names())
    stamps = _stamp_names(names, reader.checkpoint(), made)
    for name in names:
        tile = tiles.read_name(name)
        if name != logs.CHECKPOINT and tile is None and not name.startswith("tile/") and name not in stamps:
            found.fault("edition-added", f"log/{name}", _PLAIN["log-stray"])
        elif tile is not None and tile.end > reader.size:
            found.fault("edition-added", f"log/{name}", "this file lies beyond the end of the public record as signed")
    # Whoever signs for more entries than could be here must not keep us busy looking for them.
    if -(-reader.size // tiles.WIDTH) > len(names):
        what = f"the public record should have {reader.size} entries, and most of its files are missing"
        found.fault("edition-record-short", edition.LOG, what)
        return False
    faults = reader.check_all()
    found.faults.extend(map(_plain, faults))
    if not faults:
        odd = entries.check_order(keys.passing(reader.entries()))
        found.faults.extend(dataclasses.replace(fault, where=f"log, {fault.where}") for fault in odd)
    return len(found.faults) == before


def _stamp_names(names: list[str], raw: bytes, made: Edition) -> set[str]:
    """Name the stamps that may stand there: over this very state, by an authority on the signed list, none left out."""
    allowed = set[str]()
    for file in made.files:
        if match := edition.AUTHORITY.fullmatch(file.path):
            base, number = stamp.name(raw, match[1]), 1
            while (name := base if number == 1 else f"{base}.{number}") in names:
                allowed.add(name)
                number += 1
    return allowed


def _on_record(found: Findings, reader: LogReader, made: Edition, body: str) -> bool:
    if reader.size <= made.entry:
        found.fault(
            "edition-rolled-back",
            "log/checkpoint",
            f"the public record here ends before this edition: it has {reader.size} entries, "
            f"and the list says that this edition is entry {made.entry} (they are counted from 0)",
        )
        return False
    expected = Entry(kind="edition", sequence=made.number, text_hash=entries.text_hash(made.salt, body.encode()))
    try:
        told = entries.read(reader.entry(made.entry))
    except TrustError:
        found.fault(
            "edition-entry", edition.LOG, f"entry {made.entry}, which should be this edition, cannot be relied on"
        )
        return False
    except FormatError:
        told = None
    if told != expected:
        what = f"entry {made.entry} of the public record is not this edition: the list or the record was exchanged"
        found.fault("edition-not-on-record", edition.LIST, what)
    return told == expected


def _continues(old: LogReader, new: LogReader) -> bool:
    if old.size == 0:
        return True
    path = new.consistency(old.size)
    try:
        merkle.verify_consistency(old.size, old.root, new.size, new.root, path)
    except TrustError:
        return False
    return True


def _plain(fault: Fault) -> Fault:
    """Say a fault of the record in words for readers; which file it is stays."""
    if fault.code in _PLAIN:
        what = _PLAIN[fault.code]
    elif fault.code in _SIGNED:
        what = _PLAIN["checkpoint"]
    elif "is missing" in fault.what:
        what = "this file of the public record is missing, or was cut or lengthened"
    else:
        what = "this file of the public record was altered"
    return Fault(code=fault.code, where=f"{edition.LOG}{fault.where}", what=what, mend=MEND)


class _Readable:
    """A store in which what is no plain file counts as missing, and is reported."""

    def __init__(self, store: Store, found: Findings, prefix: str) -> None:
        self._store = store
        self._found = found
        self._prefix = prefix

    def open(self, name: str) -> BinaryIO:
        try:
            return self._store.open(name)
        except (AdapterError, OSError) as error:
            if not isinstance(error, FileNotFoundError):
                self._found.unreadable(f"{self._prefix}{name}", error)
            raise FileNotFoundError(name) from None

    def names(self, prefix: str = "") -> Iterator[str]:
        try:
            yield from self._store.names(prefix)
        except AdapterError as error:
            self._found.unreadable(f"{self._prefix}{prefix}", error)

    def folders(self, prefix: str = "") -> Iterator[str]:
        return self._store.folders(prefix)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        self._store.put(name, chunks)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        self._store.add(name, chunks)

    def drop(self, name: str) -> None:
        self._store.drop(name)
