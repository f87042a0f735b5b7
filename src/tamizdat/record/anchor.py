"""
Anchors: proofs of OpenTimestamps that a checkpoint, or any file, was there when a block of Bitcoin was made.

Read, made and weighed here by the library `opentimestamps` (the extra `anchor`); what it leaves unbounded is bounded
here. A calendar's promise proves nothing, and a block's number proves nothing either without that block's header
(record/anchor_header.py). The network is not here (newsroom/anchoring.py). Flaws: docs/spec/log.md.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import re
import warnings

from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from tamizdat.primitives.errors import FormatError, ShortError, TrustError, UsageError
from tamizdat.record import stamp
from tamizdat.record.anchor_header import Header


# What is in a proof is worked out while it is read, up to 4,096 bytes for each byte of it.
MAX_LENGTH: Final = 16 << 10
MAX_ANSWER: Final = 10_000  # of a calendar, as its own client has it
MAX_HEIGHT: Final = 1 << 32
NONCE_LENGTH: Final = 16
NAME: Final = re.compile(r"stamps/[0-9a-f]{32}/(?:[a-z0-9-]{1,40}\.(?:ots|header)|checkpoint)", re.ASCII)
_VARINT: Final = 9  # bytes of a number; the library would read for ever
_BROKEN: Final = "Get the proof again from where it came."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What a proof says, and nothing of it is believed yet.

    Attributes:
        algorithm: By which what it is over was hashed, as hashlib names it; *digest*, the hash.

        blocks: Blocks of Bitcoin: the number of each, and the Merkle root its header must have.

        pending: Calendars that promised one, and what each is to be asked for.

        others: What else attests it, which nobody here can weigh.
    """

    algorithm: str
    digest: bytes
    blocks: tuple[tuple[int, bytes], ...]
    pending: tuple[tuple[str, bytes], ...]
    others: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """It was there when block *height* was made, if *header* is that block's."""

    height: int
    header: Header


def read(raw: bytes) -> Proof:
    """
    Read a proof.

    Raises:
        FormatError: ``anchor``.
        UsageError: ``extra-missing``.
    """
    found = _detached(raw)
    notary = load().notary
    blocks, pending, others = set[tuple[int, bytes]](), set[tuple[str, bytes]](), set[str]()
    for message, attestation in found.timestamp.all_attestations():
        if isinstance(attestation, notary.BitcoinBlockHeaderAttestation):
            if attestation.height >= MAX_HEIGHT:
                raise _flaw("there is no block of that number")
            blocks.add((attestation.height, message))
        elif isinstance(attestation, notary.PendingAttestation):
            pending.add((attestation.uri, message))
        else:
            others.add(attestation.TAG.hex())
    return Proof(
        algorithm=found.file_hash_op.HASHLIB_NAME,
        digest=found.file_digest,
        blocks=tuple(sorted(blocks)),
        pending=tuple(sorted(pending)),
        others=tuple(sorted(others)),
    )


def judge(raw: bytes, streams: Sequence[BinaryIO], header: Header | None) -> Anchored:
    """
    Weigh a proof that is said to be over what one of *streams* gives.

    Raises:
        FormatError: ``anchor``: it is broken.
        TrustError: ``anchor-other``: it is over something else; ``anchor-false``: *header* is of none of its blocks;
            ``anchor-unknown``: nothing attests it that could be weighed.
        ShortError: ``anchor-pending``: no block has it yet; ``anchor-header-missing``: without *header* it proves nothing.
        UsageError: ``extra-missing``.
    """
    proof = read(raw)
    if all(_hash(proof.algorithm, stream) != proof.digest for stream in streams):
        raise TrustError(
            "anchor-other",
            "the proof is over another file",
            mend="Look for the very file it was made for.",
            evidence=raw,
        )
    return _weighed(proof, header, raw)


def digest(data: bytes, nonce: bytes) -> bytes:
    """Give what a calendar is asked to attest: a hash by which it learns nothing of *data*."""
    return hashlib.sha256(hashlib.sha256(data).digest() + nonce).digest()


def first(data: bytes, nonce: bytes, answer: bytes) -> bytes:
    """
    Write the proof over *data* from a calendar's *answer* to `digest`.

    Raises:
        FormatError: ``anchor-answer``.
        UsageError: ``extra-missing``.
    """
    library = load()

    def make() -> Any:
        stamped = library.timestamp.Timestamp(hashlib.sha256(data).digest())
        salted = stamped.ops.add(library.op.OpAppend(nonce)).ops.add(library.op.OpSHA256())
        salted.merge(_promise(answer, salted.msg))
        return library.timestamp.DetachedTimestampFile(library.op.OpSHA256(), stamped)

    raw, proof = _written(make)
    if not proof.blocks and not proof.pending:
        raise _answer("nothing in it can ever be weighed")
    return raw


def upgraded(raw: bytes, message: bytes, answer: bytes) -> bytes:
    """
    Add to a proof what a calendar answered when it was asked for *message*; its promise stays in, should that be false.

    Raises:
        FormatError: ``anchor``; ``anchor-answer``.
        UsageError: ``extra-missing``.
    """
    found = _detached(raw)

    def make() -> Any:
        for node in _nodes(found.timestamp):
            if node.msg == message:
                node.merge(_promise(answer, message))
        return found

    return _written(make)[0]


def name(raw: bytes, calendar: str) -> str:
    """Name the file of a checkpoint's proof by a calendar, within the published log."""
    return stamp.name(raw, short(calendar)).removesuffix("tsr") + "ots"


def short(calendar: str) -> str:
    """Give a calendar's short name: its address in small letters, digits and hyphens."""
    parts = urlsplit(calendar)
    plain = re.sub(r"[^a-z0-9]+", "-", f"{parts.netloc.rpartition('@')[2]}{parts.path}".lower()).strip("-")
    return plain if len(plain) <= 40 else f"{plain[:31]}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


def _weighed(proof: Proof, header: Header | None, raw: bytes) -> Anchored:
    if not proof.blocks and proof.pending:
        whom = ", ".join(sorted({uri for uri, _ in proof.pending}))
        raise ShortError(
            "anchor-pending",
            f"the proof is pending at {whom}: that calendar promised a block of Bitcoin, and a promise proves nothing",
            mend="Have the proof completed: `tamizdat log tick` asks the calendars in newsroom.toml, `ots upgrade` any.",
        )
    if not proof.blocks:
        raise TrustError(
            "anchor-unknown",
            f"the proof has no attestation that can be weighed here ({', '.join(proof.others)})",
            mend="Do not count it.",
            evidence=raw,
        )
    numbers = " or ".join(str(height) for height, _ in proof.blocks)
    if header is None:
        raise ShortError(
            "anchor-header-missing",
            f"the proof names block {numbers} of Bitcoin, and proves nothing without that block's header",
            mend="Give it as --header, from somebody you trust about Bitcoin.",
        )
    for height, root in proof.blocks:
        if root == header.root:
            return Anchored(height=height, header=header)
    raise TrustError(
        "anchor-false",
        f"the header is not of a block that the proof leads to: it should be that of block {numbers}",
        mend="Get the header of that very block; if it is, do not count the proof.",
        evidence=raw,
    )


def _hash(algorithm: str, stream: BinaryIO) -> bytes:
    # SHA-1 is still good for this: two files that share a hash were both there when it was stamped.
    try:
        hashing = hashlib.new(algorithm, usedforsecurity=False)
    except ValueError as error:  # RIPEMD-160, where OpenSSL has it no more
        raise _flaw(f"this machine cannot compute {algorithm}") from error
    while piece := stream.read(1 << 20):
        hashing.update(piece)
    return hashing.digest()


def _nodes(top: Any) -> list[Any]:
    """Give every node of a proof, without going down it by recursion."""
    found = [top]
    for node in found:
        found.extend(node.ops.values())
    return found


def _detached(raw: bytes) -> Any:
    if len(raw) > MAX_LENGTH:
        raise _flaw(f"it is longer than {MAX_LENGTH} bytes")
    return _parsed(raw, load().timestamp.DetachedTimestampFile.deserialize, _flaw)


def _promise(answer: bytes, message: bytes) -> Any:
    if len(answer) > MAX_ANSWER:
        raise _answer(f"it is longer than {MAX_ANSWER} bytes")

    def whole(context: Any) -> Any:
        made = load().timestamp.Timestamp.deserialize(context, message)
        context.assert_eof()
        return made

    return _parsed(answer, whole, _answer)


def _written(make: Callable[[], Any]) -> tuple[bytes, Proof]:
    """Write a proof, and only one that comes back: the library joins deeper ones than it reads."""
    context = load().serialize.BytesSerializationContext()
    try:
        make().serialize(context)
    except (ValueError, RecursionError) as error:
        raise _answer(str(error)[:200]) from error
    raw = bytes(context.getbytes())
    try:
        return raw, read(raw)
    except FormatError as error:
        raise _answer(str(error)) from error


def _parsed(raw: bytes, parse: Callable[[Any], Any], flaw: Callable[[str], FormatError]) -> Any:
    library = load()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # an operation that may go one day
            return parse(library.bounded(raw))
    except (library.serialize.DeserializationError, ValueError, RecursionError) as error:
        raise flaw(str(error)[:200]) from error


@functools.lru_cache(maxsize=1)
def load() -> SimpleNamespace:
    """
    Load the library where it is wanted: the base install has it not.

    Raises:
        UsageError: ``extra-missing``.
    """
    try:
        found: dict[str, ModuleType] = {
            part: importlib.import_module(f"opentimestamps.core.{part}")
            for part in ("notary", "op", "serialize", "timestamp")
        }
    except ImportError as error:
        raise UsageError(
            "extra-missing",
            f"proofs of OpenTimestamps need {error.name or 'a package'}, which is not installed",
            mend="Install it: pip install 'tamizdat[anchor]'",
        ) from error
    serialize = found["serialize"]

    class Bounded(serialize.BytesDeserializationContext):  # type: ignore[name-defined, misc]
        def read_varuint(self) -> int:
            value = 0
            for place in range(_VARINT):
                byte: int = self.read_bytes(1)[0]
                value |= (byte & 0x7F) << 7 * place
                if byte < 0x80:
                    return value
            raise serialize.DeserializationError("a number in it is too long")

    return SimpleNamespace(**found, bounded=Bounded)


def _flaw(what: str) -> FormatError:
    return FormatError("anchor", f"this is no proof of OpenTimestamps: {what}", mend=_BROKEN)


def _answer(what: str) -> FormatError:
    return FormatError("anchor-answer", f"the calendar's answer cannot be used: {what}", mend="Try again later.")
