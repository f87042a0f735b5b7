"""
Witnessing: to cosign another newsroom's checkpoints, and only such as continue what was cosigned before.

These are the rules of c2sp.org/tlog-witness ("add-checkpoint"), without the HTTP around them: a request comes in, an
answer goes out. A witness does NOT read entries, and does not vouch for what they say. Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import dataclasses
import hashlib

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from tamizdat.primitives import merkle, note, ports, stores
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.note import Cosigner, Note, Verifier
from tamizdat.primitives.text import decimal, rebase64, unbase64
from tamizdat.record import checkpoint, evidence
from tamizdat.record.checkpoint import Checkpoint


MAX_REQUEST: Final = 1 << 20
MAX_PROOF: Final = 63
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    A log asks for a cosignature.

    Attributes:
        old: The size that was cosigned last, as the log believes.

        proof: That *old* entries are the beginning of the new checkpoint's.

        raw: The new checkpoint, signed.
    """

    old: int
    proof: tuple[bytes, ...]
    raw: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status, the type of the body, and the body."""

    status: int
    body: bytes = b""
    kind: str = TEXT


class Wire(Protocol):
    """
    The way to a witness, or to another who answers.

    Raises:
        AdapterError: It cannot be reached.
    """

    def post(self, address: str, body: bytes, kind: str = "application/octet-stream") -> Answer:
        """Hand *body*, of a media type, in."""

    def get(self, address: str) -> bytes | None:
        """Get a file; None where there is none."""


def write_request(request: Request) -> bytes:
    """Write the body of ``add-checkpoint``."""
    lines = [f"old {request.old}", *map(rebase64, request.proof), ""]
    return "".join(f"{line}\n" for line in lines).encode("ascii") + request.raw


def read_request(body: bytes) -> Request:
    """
    Read what `write_request` writes; the checkpoint in it is not verified.

    Raises:
        FormatError: ``witness-request``.
    """
    head, blank, raw = body.partition(b"\n\n")
    try:
        old, *proof = head.decode("ascii").split("\n")
        if not blank or not old.startswith("old ") or len(proof) > MAX_PROOF or len(body) > MAX_REQUEST:
            raise ValueError(old[:40])
        size = decimal(old[len("old ") :])
        hashes = tuple(unbase64(line, merkle.HASH_LENGTH) for line in proof)
    except ValueError as error:
        raise _refusal(f"it does not begin as a request begins: {error}") from error
    return Request(old=size, proof=hashes, raw=raw)


class Witness:
    """
    One witness: its keys, the logs it watches, and what it cosigned last of each.

    Args:
        store: Where the last checkpoint of each log is kept; what is in it was cosigned, or is about to be.
        cosigners: Its keys; each signs every checkpoint.
        logs: For each origin, the keys that may sign for it.
        clock: What time it is.
    """

    def __init__(
        self,
        store: ports.Store,
        cosigners: Sequence[Cosigner],
        logs: Mapping[str, Sequence[Verifier]],
        clock: ports.Clock,
    ) -> None:
        self._store = store
        self._cosigners = cosigners
        self._logs = logs
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """
        Answer a request; the caller lets one request at a time in.

        When it answers 200, the checkpoint is on the medium.
        """
        try:
            request = read_request(body)
            text = note.read(request.raw).text
        except FormatError as error:
            return _no(400, str(error))
        keys = self._logs.get(text.partition("\n")[0])
        if keys is None:
            return _no(404, "this log is not watched here")
        try:
            signed = note.verify(request.raw, *keys)
            head = checkpoint.read_text(text)
        except TrustError as error:
            return _no(403, str(error))
        except FormatError as error:
            # An empty log with a root of its own is a checkpoint, but a false one (422); the rest is none (400).
            return _no(422 if text.split("\n")[1:2] == ["0"] else 400, str(error))
        return self._judge(request, head, signed)

    def latest(self, origin_hash: str) -> Answer:
        """Answer ``GET <origin hash>/checkpoint``: what was cosigned last of that log."""
        known = {_hash(origin): origin for origin in self._logs}
        raw = self._recorded(known[origin_hash]) if origin_hash in known else None
        return _no(404, "nothing of that log was cosigned here") if raw is None else Answer(status=200, body=raw)

    def check(self) -> None:
        """
        See that what was cosigned last of each log can be relied on.

        Raises:
            TrustError: ``witness-state``.
        """
        for origin in self._logs:
            self._recorded(origin)

    def _judge(self, request: Request, head: Checkpoint, signed: Note) -> Answer:
        if request.old > head.size:
            return _no(400, f"a log of {head.size} entries cannot continue {request.old}")
        before = self._recorded(head.origin)
        last = checkpoint.read_text(note.read(before).text) if before is not None else None
        size = last.size if last else 0
        if request.old != size:
            return Answer(status=409, body=f"{size}\n".encode("ascii"), kind=SIZE)
        try:
            _continues(request, head, last)
        except TrustError as error:
            if last is not None and before is not None:
                # With the log's own signatures alone: anybody can add more, and each time it would be another file.
                evidence.keep(self._store, before, note.write(signed))
            return _no(422, str(error))
        return self._cosign(head, signed)

    def _cosign(self, head: Checkpoint, signed: Note) -> Answer:
        now = max(1, self._clock.now())
        made = tuple(cosigner.cosign(signed.text, now) for cosigner in self._cosigners)
        kept = note.write(dataclasses.replace(signed, signatures=(*signed.signatures, *made)))
        # On the medium before anybody has the signature: a witness that forgets could be made to sign a fork.
        self._store.put(_place(head.origin), [kept])
        return Answer(status=200, body="".join(map(note.write_signature, made)).encode())

    def _recorded(self, origin: str) -> bytes | None:
        raw = stores.read(self._store, _place(origin), note.MAX_LENGTH)
        try:
            if raw is not None:
                own = (cosigner.verifier for cosigner in self._cosigners)
                checkpoint.verify(raw, *own, *self._logs[origin], origin=origin)
        except (FormatError, TrustError) as error:
            # Begun anew it could be made to sign a fork of what it signed before.
            raise TrustError(
                "witness-state",
                f"what was cosigned last of {origin!r} was damaged ({error}): nothing of it is signed any more",
                mend=f"Put what it was, or the newest that anybody has with this witness's signature, into state/{_place(origin)}.",
            ) from error
        return raw


def ask(
    raw: bytes,
    witnesses: Sequence[Verifier],
    send: Callable[[bytes], Answer],
    prove: Callable[[int], Sequence[bytes]],
    old: int = 0,
) -> bytes:
    """
    Ask a witness for its cosignatures under a checkpoint, and give the checkpoint with them.

    Args:
        raw: The checkpoint, signed by the log.
        witnesses: The keys of this witness; signatures of others in its answer are ignored.
        send: Hands a body to ``add-checkpoint`` and gives the answer.
        prove: Gives the proof that the log's first so many entries are the beginning of the checkpoint's.
        old: What the witness cosigned last, as far as is known.

    Raises:
        TrustError: ``witness-refused``: it would not; ``witness-ahead``: it has cosigned more than this log has, which
            means that this log was set back; as `note.verify` where its signature is false.
    """
    signed = note.read(raw)
    head = checkpoint.read_text(signed.text)
    for _ in range(2):
        answer = send(write_request(Request(old=old, proof=tuple(prove(old)) if old else (), raw=raw)))
        if answer.status != 409:
            break
        old = _size(answer.body)
        if old > head.size:
            raise TrustError(
                "witness-ahead",
                f"the witness has cosigned {old} entries of this log, and it has only {head.size}: it was set back",
                mend="Do not write to this log: restore its newest copy first.",
                evidence=raw,
            )
    if answer.status != 200:
        raise TrustError(
            "witness-refused",
            f"the witness would not sign ({answer.status}): {answer.body.decode('utf-8', 'replace').strip()[:200]}",
            mend="Compare the log with what the witness has; keep both checkpoints.",
            evidence=raw,
        )
    given = note.read_signatures(answer.body.decode("utf-8", "replace"))
    whole = note.write(Note(text=signed.text, signatures=(*signed.signatures, *given)))
    mine = note.verify(whole, *witnesses).signatures
    return note.write(Note(text=signed.text, signatures=(*signed.signatures, *mine)))


def _continues(request: Request, head: Checkpoint, last: Checkpoint | None) -> None:
    if request.old == 0:
        if request.proof:
            raise _fork("nothing needs no proof that it was continued")
        return
    if last is None:
        return
    merkle.verify_consistency(last.size, last.root, head.size, head.root, request.proof)


def _size(body: bytes) -> int:
    try:
        return decimal(body.decode("ascii").removesuffix("\n"))
    except ValueError as error:
        raise FormatError(
            "witness-request", "the witness did not say a size", mend="Check the witness's address."
        ) from error


def _hash(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _place(origin: str) -> str:
    return f"{_hash(origin)}/checkpoint"


def _no(status: int, why: str) -> Answer:
    return Answer(status=status, body=f"{why}\n".encode())


def _fork(what: str) -> TrustError:
    return TrustError("witness-fork", what, mend="Send a proof from the size that was cosigned last.")


def _refusal(what: str) -> FormatError:
    return FormatError("witness-request", what, mend="Send what c2sp.org/tlog-witness describes.")
