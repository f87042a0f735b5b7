"""
Check an edition with nothing but the edition: what is proven, what is only the newsroom's word, what is neither.

It names every fault, not the first. It needs no network, no clock it trusts, and only the base install.
The steps are numbered in docs/spec/edition.md, "Verifying". It is NOT a judge of what is true.
"""

from __future__ import annotations

import hashlib
import re

from collections.abc import Callable
from typing import BinaryIO, Final

from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text, words
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import AdapterError, TamizdatError, TrustError
from tamizdat.primitives.ports import Store
from tamizdat.wire import approval, edition, onpictures, onrecord
from tamizdat.wire.edition import Edition, File
from tamizdat.wire.report import MEND, Findings, Report


__all__ = ["MEND", "Report", "check"]
CHUNK: Final = 1 << 20
DAY: Final = 86_400
_STORY: Final = re.compile(r"(?:stories/([^/]+)/index\.html|approvals/([^/]+)\.txt)")
_ADDED: Final = "this file is not on the signed list: somebody added it"


def check(
    store: Store,
    *,
    now: int,
    card_words: tuple[str, ...] | None = None,
    only: str | None = None,
    against: Store | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """
    Check a whole edition, or with *only* one file of it. Whatever is wrong is in the report; nothing is raised for it.

    Args:
        store: The edition's folder.

        now: Seconds since 1970, for the edition's age; nothing is proven by it.

        card_words: The 12 words of the newsroom's card, where the reader has them from elsewhere.

        only: The path of one file inside the edition.

        against: Another edition of the newsroom, or its public record, or the file ``checkpoint`` of it alone.

        progress: Told how many bytes were just read.
    """
    found = Findings()
    card = _card(store, found, card_words, now)
    listed = _list(store, found, card)
    if listed is not None:
        made, body, signed = listed
        _files(store, found, made, only, progress, signed=signed)
        if card is not None:
            _record(store, found, card, made, body, signed=signed, now=now, against=against)
            onpictures.check(store, found, card, made, only=only, now=now, signed=signed)
            if only is None:
                _approvals(store, found, card, made)
        onpictures.attested(found, made)
    found.unproven.append("that what the pictures and words show is true: no computer can prove that")
    found.unproven.append("that this is the newest edition: the newsroom may have published a later one")
    return found.report()


def _card(store: Store, found: Findings, card_words: tuple[str, ...] | None, now: int) -> Card | None:
    raw = found.must_read("edition-no-card", "the newsroom's card is missing", store, edition.CARD, cards.MAX_CARD + 1)
    if raw is None:
        return None
    try:
        card = cards.read(raw)
        spoken = words.card_words(cards.fingerprint(raw))
    except TamizdatError as error:
        found.caught(edition.CARD, error)
        return None
    if card_words is None:
        found.unproven.append(
            f"that this is really the card of “{card.name}”: compare these 12 words with the newsroom, "
            "by voice or on paper: " + " ".join(spoken)
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
        found.stated.append(
            f"the newsroom's card was good until {text.day(card.not_after)} and has expired since: ask for its successor"
        )
    return card


def _list(store: Store, found: Findings, card: Card | None) -> tuple[Edition, str, bool] | None:
    """Read the list and say whether its signature is true; where it is not, the files are held against it all the same."""
    raw = found.must_read(
        "edition-no-list", "the signed list of files is missing", store, edition.LIST, edition.MAX_LIST + 1
    )
    if raw is None:
        return None
    try:
        if card is not None:
            made, body = edition.read(raw, note.read_verifier(card.edition))
            found.proven.append(
                f"the list of {len(made.files)} files is signed with the key on the card of “{card.name}”"
            )
            return made, body, True
    except TrustError as error:
        found.caught(edition.LIST, error)
    except TamizdatError as error:
        found.caught(edition.LIST, error)
        return None
    try:
        body = note.read(raw, most=edition.MAX_LIST).text
        return edition.read_text(body), body, False
    except TamizdatError as error:
        found.caught(edition.LIST, error)
    return None


def _files(
    store: Store,
    found: Findings,
    made: Edition,
    only: str | None,
    progress: Callable[[int], None],
    *,
    signed: bool,
) -> None:
    listed = {file.path: file for file in made.files}
    if only is None and edition.CARD not in listed:
        found.fault("edition-card-unlisted", edition.CARD, "the newsroom's card is not on the signed list")
    present = _present(store, found) if only is None else [only]
    folded = {path.lower(): path for path in present if path not in listed}
    wanted = made.files if only is None else tuple(listed[path] for path in present if path in listed)
    whole = sum(_same(store, found, file, folded.get(file.path.lower()), progress) for file in wanted)
    for path in present:
        if path not in listed and path != edition.LIST and not path.startswith(edition.LOG):
            found.fault("edition-added", path, _ADDED)
    if not signed:
        found.unproven.append("that any file here is what the newsroom published: the list of files is in doubt")
    elif whole:
        found.proven.append(
            f"{only} is byte for byte what the newsroom signed"
            if only is not None
            else f"{whole} of {len(made.files)} files are byte for byte what the newsroom signed"
        )


def _present(store: Store, found: Findings) -> list[str]:
    present: list[str] = []
    try:
        # One by one: where the disk stops, what was seen before stays.
        for path in store.names():
            present.append(path)  # noqa: PERF402
    except (AdapterError, OSError) as error:
        found.unreadable("the edition's folder", error)
    return present


def _same(store: Store, found: Findings, file: File, twin: str | None, progress: Callable[[int], None]) -> bool:
    """Hold one file against the list; *twin* is a file whose name differs only by capitals."""
    try:
        with store.open(file.path) as stream:
            size, sha256 = _measure(stream, progress)
    except FileNotFoundError:
        what = "this file is on the signed list, and missing"
        if twin is not None:
            what += f"; {twin!r}, which differs from it only by capitals, was put there"
        found.fault("edition-missing", file.path, what)
        return False
    except (AdapterError, OSError) as error:
        found.unreadable(file.path, error)
        return False
    if (size, sha256) == (file.size, file.sha256):
        return True
    what = f"this file was altered: {size} bytes now, {file.size} bytes when it was signed"
    if size == file.size:
        what = f"this file was altered: it has {size} bytes as when it was signed, but not the same ones"
    found.fault("edition-altered", file.path, what)
    return False


def _measure(stream: BinaryIO, progress: Callable[[int], None]) -> tuple[int, str]:
    state, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        state.update(chunk)
        size += len(chunk)
        progress(len(chunk))
    return size, state.hexdigest()


def _record(
    store: Store,
    found: Findings,
    card: Card,
    made: Edition,
    body: str,
    *,
    signed: bool,
    now: int,
    against: Store | None,
) -> None:
    reader = None
    try:
        reader = onrecord.check(store, found, card, made, body)
    except OSError as error:
        found.unreadable(edition.LOG, error)
    files = made.files if signed else ()
    seen = reader is not None and onrecord.confirmed(store, found, card, reader.checkpoint(), files, now=now)
    _date(found, made, now, seen=seen)
    if made.made > card.not_after:
        found.stated.append("by the newsroom's own date, its card had expired when this edition was made")
    if against is not None:
        if reader is None:
            what = "the public record of this edition cannot be relied on, so there is nothing to compare"
            found.fault("against-nothing", edition.LOG, what)
        else:
            onrecord.compare(found, reader, card, against)


def _date(found: Findings, made: Edition, now: int, *, seen: bool) -> None:
    if made.made > now:
        age = "in the future by this machine's clock: one of the two clocks is wrong"
    else:
        age = f"{(now - made.made) // DAY} days ago by this machine's clock"
    whose = "see who else confirms the public record for a second word" if seen else "nobody else confirms it"
    found.stated.append(
        f"edition {made.number} was made on {text.instant(made.made)} ({age}): date stated by the newsroom; {whose}"
    )


def _approvals(store: Store, found: Findings, card: Card, made: Edition) -> None:
    matches = [match for file in made.files if (match := _STORY.fullmatch(file.path))]
    for name in sorted({match[1] or match[2] for match in matches}):
        path = f"approvals/{name}.txt"
        missing = f"nobody's approval of the story “{name}” is here"
        raw = found.must_read("approval-none", missing, store, path, note.MAX_LENGTH + 1)
        if raw is not None:
            _approved(found, card, name, path, raw)
    if matches and card.approvals == 1:
        found.stated.append("the card asks for one approval only (solo): one person can publish alone")
    if any(match[1] for match in matches):
        found.unproven.append(
            "that a page holds the very text that was approved: the approvals sign the newsroom's manuscript, "
            "which is not in the edition; the page itself is on the signed list"
        )


def _approved(found: Findings, card: Card, name: str, path: str, raw: bytes) -> None:
    try:
        told, names = approval.approvers(raw, card)
    except TamizdatError as error:
        found.caught(path, error)
        return
    if told.story != name:
        found.fault("approval-other", path, f"this approval is of the story “{told.story}”, not of “{name}”")
    elif len(names) < card.approvals:
        found.fault(
            "edition-approvals",
            path,
            f"“{name}” carries {len(names)} of the {card.approvals} approvals that the card asks for",
        )
    else:
        count = "one person (solo)" if card.approvals == 1 and len(names) == 1 else f"{len(names)} persons"
        found.proven.append(f"the story “{name}”, version {told.version}, was approved by {count}: {', '.join(names)}")
