"""
Check the pictures of an edition against the proofs beside them, and say which have none.

Each check is wire/sidecar.py's; here it becomes a line for readers. It is NOT a judge of what a picture shows.
docs/spec/edition.md, "Verifying", step 9.
"""

from __future__ import annotations

from typing import Final

from tamizdat.primitives import card as cards
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import AdapterError, TamizdatError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read
from tamizdat.redaction.commitment import MAX_FILE
from tamizdat.wire import beside, edition, sidecar
from tamizdat.wire.edition import Edition
from tamizdat.wire.report import Findings


_TOLD: Final = (
    *("unchanged-since", "unchanged", "file-same", "hidden", "nothing-hidden"),
    *("camera-date", "camera-place", "date-alone"),
)


def check(
    store: Store, found: Findings, card: Card, made: Edition, *, only: str | None, now: int, signed: bool
) -> None:
    """Check every picture with a proof, or with *only* that one; where the list is in doubt, nothing is proven by it."""
    listed = {file.path for file in made.files}
    for path in sorted(listed):
        match = edition.PROOF.fullmatch(path)
        if match is None or only not in (None, path, match[1]):
            continue
        if match[1] not in listed:
            found.fault("edition-proof-alone", path, "this proof stands beside no picture that is on the signed list")
            continue
        try:
            _one(store, found, card, match[1], path, now=now, signed=signed)
        except (AdapterError, OSError) as error:
            found.unreadable(match[1], error)
        except TamizdatError as error:
            found.caught(path, error)


def attested(found: Findings, made: Edition) -> None:
    """Say which pictures are the newsroom's word alone."""
    listed = {file.path for file in made.files}
    pictures = [path for path in listed if path.startswith("media/") and edition.PROOF.fullmatch(path) is None]
    bare = [path for path in pictures if f"{path}{beside.SUFFIX}" not in listed]
    if bare:
        found.unproven.append(
            f"that {len(bare)} of the {len(pictures)} pictures are what the cameras took: they are reduced copies, "
            "attested by the newsroom, not provable"
        )


def _one(store: Store, found: Findings, card: Card, path: str, proof: str, *, now: int, signed: bool) -> None:
    picture, raw = read(store, path, MAX_FILE + 1), read(store, proof, beside.MAX_LENGTH + 1)
    if picture is None or raw is None:
        return  # it is missing, and was named already
    made = sidecar.read(raw)
    told = sidecar.check(picture, made, card_words=None, now=now)
    faults = [one for one in told.all if one.kind == "fault"]
    for one in faults:
        found.fault(one.code, path, sidecar.sentence(one.code, one.params))
    if faults:
        return
    own = cards.read(made.card.encode())
    if card.newsroom not in (own.newsroom, own.previous) and own.newsroom != card.previous:
        found.fault("edition-proof-card", proof, f"this proof is another newsroom's, which calls itself “{own.name}”")
        return
    found.limits = tuple(sidecar.sentence(code) for code in sidecar.LIMITS)
    if signed:
        lines = [sidecar.sentence(one.code, one.params) for one in told.all if one.code in _TOLD]
        (found.proven if told.verdict == "proven" else found.stated).append(f"{path}: {' '.join(lines)}")
