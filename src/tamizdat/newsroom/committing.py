"""
The desk's own commitments: to files that came without one by parts, so that parts of them can be shown one day.

The seed is drawn here, after receipt: weaker than one that was drawn before the file travelled, and said so
(`Origin.by`). A picture's coefficients are read in the sandbox of redaction/codec/; nothing else is decoded, and a
file that cannot be taken apart is all or nothing, with the reason. One bad file stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tamizdat.newsroom.house import House
from tamizdat.newsroom.origins import Covers, Origin
from tamizdat.newsroom.staging import SPOOL, Staged
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import AdapterError
from tamizdat.redaction import commitment
from tamizdat.redaction.commit import object_root
from tamizdat.redaction.commitment import Commitment


Progress = Callable[[int], None]
_HEAD: Final = 64 << 10
_KIND: Final = "it is no JPEG, PNG or text of a size that can be taken apart"


def again(house: House, staged: Staged, progress: Progress) -> bytes:
    """
    Open a staged payload again, where it is one that can be taken apart; else give its first bytes.

    So never more than `commitment.MAX_FILE` bytes are held.
    """
    with house.root.open(f"{SPOOL}/{staged.object}") as stream:
        reader = age.Reader(stream, [recipients.read_identity(staged.secret)])
        head = reader.read(_HEAD)
        if not commitment.divisible(head, staged.size):
            return head
        progress(staged.size)
        return head + reader.read()


def commit(house: House, staged: Staged, *, arrival: str, number: int, received: int, progress: Progress) -> Origin:
    """Commit to a staged payload with a seed drawn now."""
    seed = house.entropy.random(32)
    made = _commitment(seed, staged, again(house, staged, progress))
    covers: Covers = "parts" if made.covers == commitment.PARTS else "file"
    return Origin(
        arrival=arrival,
        number=number,
        by="desk",
        covers=covers,
        received=received,
        root=made.root,
        seed=seed,
        nonce=house.entropy.random(32),
        reason=made.reason,
    )


def _commitment(seed: bytes, staged: Staged, raw: bytes) -> Commitment:
    reason = _KIND
    if len(raw) == staged.size:
        try:
            return commitment.commit(seed, raw)
        except AdapterError as error:
            reason = str(error)
    return Commitment(root=object_root(seed, staged.sha256), reason=reason)
