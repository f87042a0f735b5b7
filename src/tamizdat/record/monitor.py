"""
Monitoring: to follow a log from afar, see that it only grows, and keep what proves it if it does not.

Everything is read and computed anew. What a monitor saw last is its own file; a monitor that lost it begins anew and
says so. It does NOT see a log that shows others something else: witnesses do (record/witness.py). Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Callable
from typing import Final

from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import AdapterError, TrustError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read
from tamizdat.record import checkpoint, evidence, log, policy
from tamizdat.record.policy import Policy, Verdict


SEEN: Final = "checkpoint"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What a look at a log showed.

    Attributes:
        verdict: The newest checkpoint, and who witnessed it.

        before: The size at the last look; None where this was the first.
    """

    verdict: Verdict
    before: int | None


def look(
    published: Store,
    kept: Store,
    rules: Policy,
    visit: Callable[[int, bytes], None] = lambda _number, _entry: None,
    origin: str | None = None,
    *,
    checked: Callable[[], None] = lambda: None,
) -> Look:
    """
    Look at a log: read its checkpoint and every new entry, check them, and remember the checkpoint.

    Args:
        published: The log's files, wherever they are; only read.
        kept: Where the last checkpoint that was seen is kept, and evidence.
        rules: Which log, which witnesses.
        visit: Given each new entry and its number, checked to be in its place.
        origin: Which of the logs that *rules* name, where one is asked for.
        checked: Called when all was checked, before it is remembered: what is to be said once is said here.

    Raises:
        AdapterError: ``log-missing``: there is no checkpoint.
        FormatError, TrustError: ``monitor-fork``, ``monitor-shrunk`` (the two checkpoints are kept as evidence), or as
            `policy.verify` and `log.LogReader`. Nothing is remembered then.
    """
    raw = read(published, log.CHECKPOINT, note.MAX_LENGTH)
    if raw is None:
        raise AdapterError("log-missing", "there is no checkpoint at that address", mend="Check the log's address.")
    verdict = policy.verify(raw, rules, origin)
    before = read(kept, SEEN, note.MAX_LENGTH)
    last = checkpoint.read_text(note.read(before).text) if before is not None else None
    reader = log.LogReader(published, raw, verdict.head)
    if last is not None and before is not None:
        _continues(reader, last, before, raw, kept)
    for number, entry in enumerate(reader.entries(last.size if last else 0), last.size if last else 0):
        visit(number, entry)
    checked()
    kept.put(SEEN, [raw])
    return Look(verdict=verdict, before=last.size if last else None)


def _continues(reader: log.LogReader, last: checkpoint.Checkpoint, before: bytes, raw: bytes, kept: Store) -> None:
    head = reader.head
    if head.origin != last.origin:
        raise TrustError("checkpoint-origin", "it is another log than last time", mend=_MEND, evidence=raw)
    if head.size < last.size:
        evidence.keep(kept, before, raw)
        raise TrustError(
            "monitor-shrunk",
            f"the log had {last.size} entries and shows {head.size} now: a mirror that lags, or a log that was set back",
            mend="Look again later and at other mirrors. If it stays so, hand on both checkpoints.",
            evidence=raw,
        )
    if head.size == last.size and head.root != last.root:
        raise _fork(f"it signed two different states of {head.size} entries", raw, evidence.keep(kept, before, raw))
    if 0 < last.size < head.size:
        proof = reader.consistency(last.size)
        try:
            merkle.verify_consistency(last.size, last.root, head.size, head.root, proof)
        except TrustError as error:
            what = f"its {head.size} entries do not continue the {last.size} seen before"
            raise _fork(what, raw, evidence.keep(kept, before, raw)) from error


def _fork(what: str, raw: bytes, name: str) -> TrustError:
    return TrustError(
        "monitor-fork",
        f"THE LOG CONTRADICTS ITSELF: {what}",
        mend=f"Keep the file {name} and make it public: it holds two checkpoints that the log itself signed.",
        evidence=raw,
    )


_MEND: Final = "Get the log anew from another mirror; keep what you have."
