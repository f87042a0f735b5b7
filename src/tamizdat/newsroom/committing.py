"""
The desk's own commitments: to files that came without one by parts, so that parts of them can be shown one day.

The seed is drawn here, after receipt: weaker than one that was drawn before the file travelled, and said so
(`Origin.by`). A picture's coefficients are read in the sandbox of redaction/codec/; nothing else is decoded, and a
file that cannot be taken apart is all or nothing, with the reason. One bad file stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tamizdat.field.sealing import Begin, Coming, Committed
from tamizdat.newsroom.house import House
from tamizdat.newsroom.origins import Origin
from tamizdat.newsroom.staging import SPOOL, Staged
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import AdapterError
from tamizdat.redaction import commitment
from tamizdat.redaction.commit import object_root


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


def begin(
    house: House, staged: Staged, start: Begin, *, arrival: str, number: int, received: int, progress: Progress
) -> Callable[[], Origin]:
    """Begin to commit to a staged payload with a seed drawn now, by whoever *start* has for it; what is given waits for the end."""
    seed, nonce = house.entropy.random(32), house.entropy.random(32)
    made = _begun(seed, staged, start, again(house, staged, progress))

    def origin() -> Origin:
        covers, root, reason = made()
        return Origin(
            arrival=arrival,
            number=number,
            by="desk",
            covers=covers,
            received=received,
            root=root,
            seed=seed,
            nonce=nonce,
            reason=reason,
        )

    return origin


def _begun(seed: bytes, staged: Staged, start: Begin, raw: bytes) -> Coming:
    def whole(reason: str) -> Committed:
        return Committed("file", object_root(seed, staged.sha256), reason)

    if len(raw) != staged.size:
        return lambda: whole(_KIND)
    try:
        coming = start(seed, raw)
    except AdapterError as error:
        why = _told(error)
        return lambda: whole(why)

    def made() -> Committed:
        try:
            return coming()
        except AdapterError as error:
            return whole(_told(error))

    return made


def _told(error: AdapterError) -> str:
    """Say why a file is all or nothing; that a process died which helped is no reason: it is told, and done again."""
    if not error.code.startswith("codec-"):
        raise error
    return str(error)
