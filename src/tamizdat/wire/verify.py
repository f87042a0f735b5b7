"""
Check an edition with nothing but the edition: what is proven, what is only the newsroom's word, what is neither.

It names every fault, not the first. It needs no network, no clock it trusts, and only the base install.
The steps are numbered in docs/spec/edition.md, "Verifying".
"""

from __future__ import annotations

import dataclasses
import hashlib

from collections.abc import Callable
from typing import BinaryIO, Final

from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text, words
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import Fault, TamizdatError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import Below, read
from tamizdat.record import entry as entries
from tamizdat.record import log as logs
from tamizdat.record.entry import Entry
from tamizdat.wire import approval, edition
from tamizdat.wire.edition import Edition, File


CHUNK: Final = 1 << 20
MEND: Final = "Get the edition again from another mirror, and ask the newsroom if this stays."


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """
    What came out, in a reader's words.

    Attributes:
        proven: What the files themselves show.

        stated: What the newsroom says and nobody else confirms.

        unproven: What this check cannot show.

        faults: Everything that is wrong; empty where all is well.
    """

    proven: tuple[str, ...]
    stated: tuple[str, ...]
    unproven: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclasses.dataclass(slots=True)
class _Findings:
    proven: list[str] = dataclasses.field(default_factory=list)
    stated: list[str] = dataclasses.field(default_factory=list)
    unproven: list[str] = dataclasses.field(default_factory=list)
    faults: list[Fault] = dataclasses.field(default_factory=list)

    def fault(self, code: str, where: str, what: str, mend: str = MEND) -> None:
        self.faults.append(Fault(code=code, where=where, what=what, mend=mend))

    def caught(self, where: str, error: TamizdatError) -> None:
        """Take a fault that a reader of a format raised, with all it found."""
        found = error.faults or (Fault(code=error.code, where=where, what=str(error), mend=error.mend),)
        self.faults.extend(found)

    def report(self) -> Report:
        return Report(tuple(self.proven), tuple(self.stated), tuple(self.unproven), tuple(self.faults))


def check(
    store: Store,
    *,
    now: int,
    card_words: tuple[str, ...] | None = None,
    only: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """
    Check a whole edition, or with *only* one file of it.

    Args:
        store: The edition's folder.

        now: Seconds since 1970, for the edition's age; nothing is proven by it.

        card_words: The 12 words of the newsroom's card, where the reader has them from elsewhere.

        only: The path of one file inside the edition.

        progress: Told how many bytes were just read.
    """
    found = _Findings()
    card = _card(store, found, card_words, now)
    if card is not None:
        listed = _list(store, found, card, now)
        if listed is not None:
            made, body = listed
            _files(store, found, made, only, progress)
            _log(store, found, card, made, body)
            if only is None:
                _approvals(store, found, card)
    found.unproven.append("that what the pictures and words show is true: no computer can prove that")
    found.unproven.append("that this is the newest edition: the newsroom may have published a later one")
    return found.report()


def _card(store: Store, found: _Findings, card_words: tuple[str, ...] | None, now: int) -> Card | None:
    raw = read(store, edition.CARD, cards.MAX_CARD)
    if raw is None:
        found.fault("edition-no-card", edition.CARD, "the newsroom's card is missing")
        return None
    try:
        card = cards.read(raw)
        spoken = words.card_words(cards.fingerprint(raw))
    except TamizdatError as error:
        found.caught(edition.CARD, error)
        return None
    if card_words is None:
        found.unproven.append(
            f"that this is really the card of “{card.name}”: compare these 12 words with the newsroom, by voice or on paper: "
            + " ".join(spoken)
        )
    elif card_words == spoken:
        found.proven.append(f"the card is the one whose 12 words you gave: “{card.name}”")
    else:
        found.fault(
            "edition-other-card",
            edition.CARD,
            "this card's 12 words are not the ones you gave: " + " ".join(spoken),
            "Do not trust this edition; ask the newsroom where to get it.",
        )
    if now > card.not_after:
        found.stated.append(f"the newsroom's card was good until {text.day(card.not_after)}; ask for its successor")
    return card


def _list(store: Store, found: _Findings, card: Card, now: int) -> tuple[Edition, str] | None:
    raw = read(store, edition.LIST, edition.MAX_LIST + 1)
    if raw is None:
        found.fault("edition-no-list", edition.LIST, "the signed list of files is missing")
        return None
    try:
        made, body = edition.read(raw, note.read_verifier(card.edition))
    except TamizdatError as error:
        found.caught(edition.LIST, error)
        return None
    found.proven.append(f"the list of {len(made.files)} files is signed with the key on the card of “{card.name}”")
    age = max(0, (now - made.made) // 86_400)
    found.stated.append(
        f"edition {made.number} was made on {text.instant(made.made)} ({age} days ago by this machine's clock): "
        "date stated by the newsroom; nobody else confirms it"
    )
    return made, body


def _files(store: Store, found: _Findings, made: Edition, only: str | None, progress: Callable[[int], None]) -> None:
    listed = {file.path: file for file in made.files}
    if only is not None and only not in listed:
        if only != edition.LIST and not only.startswith(edition.LOG):
            found.fault("edition-added", only, "this file is not on the signed list: somebody added it")
        return
    whole = 0
    wanted = made.files if only is None else (listed[only],)
    for file in wanted:
        what = _differs(store, file, progress)
        if what:
            found.fault("edition-altered", file.path, what)
        else:
            whole += 1
    if only is None:
        for path in store.names():
            if path not in listed and path != edition.LIST and not path.startswith(edition.LOG):
                found.fault("edition-added", path, "this file is not on the signed list: somebody added it")
    if whole:
        found.proven.append(
            f"{only} is byte for byte what the newsroom signed"
            if only is not None
            else f"{whole} of {len(made.files)} files are byte for byte what the newsroom signed"
        )


def _differs(store: Store, file: File, progress: Callable[[int], None]) -> str:
    try:
        with store.open(file.path) as stream:
            size, sha256 = _measure(stream, progress)
    except FileNotFoundError:
        return "this file is on the signed list, and missing"
    if sha256 != file.sha256:
        return f"this file was altered: {size} bytes now, {file.size} bytes when it was signed"
    return ""


def _measure(stream: BinaryIO, progress: Callable[[int], None]) -> tuple[int, str]:
    state, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        state.update(chunk)
        size += len(chunk)
        progress(len(chunk))
    return size, state.hexdigest()


def _log(store: Store, found: _Findings, card: Card, made: Edition, body: str) -> None:
    try:
        reader = logs.read_log(Below(store, "log"), note.read_verifier(card.log))
        faults = reader.check_all() or entries.check_order(reader.entries())
        found.faults.extend(faults)
        raw = reader.entry(made.entry)
        told = entries.read(raw)
    except TamizdatError as error:
        found.caught("log", error)
        return
    except (FileNotFoundError, IndexError):
        found.fault("edition-no-entry", "log", "the public record in this edition is not complete")
        return
    expected = Entry(kind="edition", sequence=made.number, text_hash=entries.text_hash(made.salt, body.encode()))
    if told != expected:
        found.fault("edition-not-on-record", "log", f"entry {made.entry} of the public record is not this edition")
    elif not faults:
        found.proven.append(
            f"this edition is entry {made.entry} of {reader.size} on the newsroom's public record, "
            "and the record is whole: no entry of it was changed or taken out"
        )
    if not card.witnesses:
        found.stated.append("the public record is kept by the newsroom alone; no outside witness has signed it")


def _approvals(store: Store, found: _Findings, card: Card) -> None:
    for path in store.names("approvals"):
        raw = read(store, path, 1 << 20)
        try:
            told, names = approval.approvers(raw or b"", card)
        except TamizdatError as error:
            found.caught(path, error)
            continue
        who = ", ".join(names)
        if len(names) < card.approvals:
            found.fault(
                "edition-approvals",
                path,
                f"“{told.story}” carries {len(names)} approvals, and the card asks for {card.approvals}",
            )
        elif card.approvals == 1:
            found.proven.append(f"“{told.story}”, version {told.version}, was approved by one person (solo): {who}")
        else:
            found.proven.append(f"“{told.story}”, version {told.version}, was approved by {len(names)} persons: {who}")
