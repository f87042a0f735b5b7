"""Feed mutated policies, requests to witnesses, evidence, proofs and time stamps to their readers: each is read, or refused."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile  # noqa: TID251 -- an authority of the fuzzing alone
import time

from collections.abc import Callable
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.entry import mutate
from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, ShortError, TrustError
from tamizdat.record import anchor, anchor_header, checkpoint, evidence, policy, proof, stamp, witness
from tests import vectors
from tests.authority import authority
from tools.vectors import anchors


LOG = note.Signer(name="example.com/fuzz", seed=bytes(32))
DATA = b"what was stamped"


def formats() -> list[tuple[list[bytes], Callable[[bytes], object]]]:
    """Give for each format its seeds, and what reads it and demands what must hold of what was read."""
    files = {vector.name: vector.file for vector in vectors.load("log")}
    signed = checkpoint.sign(checkpoint.Checkpoint(origin=LOG.name, size=300, root=bytes(32)), LOG)
    proven = proof.write(proof.Proof(index=1, path=(bytes(32), bytes(32)), checkpoint=signed, extra=b"extra"))
    return [
        ([raw for name, raw in files.items() if name.startswith("policy-")], read_policy),
        ([raw for name, raw in files.items() if name.startswith("request-")], read_request),
        ([raw for name, raw in files.items() if name.startswith("evidence-")], read_evidence),
        ([proven], read_proof),
        ([raw for name, raw in files.items() if name.startswith("anchor-")], read_anchor),
        ([raw for name, raw in files.items() if name.startswith("header-")], read_header),
        (*stamps(),),
    ]


def read_policy(raw: bytes) -> None:
    """Read a policy; nobody at all is a quorum only where it says so."""
    read = policy.read(raw)
    assert read.witnessed(()) is (read.quorum == policy.NONE)
    assert read.witnessed(read.witnesses)


def read_request(raw: bytes) -> None:
    """Read a request; it has one spelling."""
    assert witness.write_request(witness.read_request(raw)) == raw


def read_evidence(raw: bytes) -> None:
    """Read evidence; two halves make the whole, and what was bent convicts nobody."""
    assert evidence.write(*evidence.read(raw)) == raw
    evidence.contradicts(raw, LOG.verifier)


def read_proof(raw: bytes) -> None:
    """Read a proof; it has one spelling, and proves nothing to whoever asks for another entry."""
    read = proof.read(raw)
    assert proof.write(read) == raw
    proof.verify(read, bytes(32), LOG.verifier)
    raise AssertionError("a proof of nothing was believed")


def read_anchor(raw: bytes) -> None:
    """Read a proof of OpenTimestamps; what it says of Bitcoin is bounded, and nothing bent is over what the whole one is."""
    read = anchor.read(raw)
    assert all(height < anchor.MAX_HEIGHT for height, _ in read.blocks)
    for _, message in read.pending[:1]:
        with contextlib.suppress(FormatError):
            anchor.upgraded(raw, message, raw[65:])
    header = anchor_header.read(anchors.GENESIS)
    try:
        found = anchor.judge(raw, [io.BytesIO(anchors.COINBASE)], header)
    except ShortError:
        return
    assert found.header.root == anchors.ROOT


def read_header(raw: bytes) -> None:
    """Read a block's header; whatever is bent shows no work."""
    read = anchor_header.read(raw)
    assert read.hash == anchor_header.read(anchors.GENESIS).hash
    assert (
        len(raw) == anchor_header.LENGTH or not read.source or anchor_header.write(anchors.GENESIS, read.source) == raw
    )


def stamps() -> tuple[list[bytes], Callable[[bytes], object]]:
    """Have a whole stamp made by openssl; nothing that is bent may say anything else than it does."""
    with tempfile.TemporaryDirectory() as folder:
        made = authority(Path(folder))
        whole, roots = made.answer(stamp.ask(DATA)), stamp.read_roots(made.root.read_bytes())
    expected = stamp.verify(whole, DATA, roots)

    def read_stamp(raw: bytes) -> None:
        stamp.until(raw)
        assert stamp.verify(raw, DATA, roots) == expected

    return [whole], read_stamp


def main(seconds: float) -> None:
    """Mutate until the time is up."""
    dice = random.Random(sys.argv[2] if len(sys.argv) > 2 else "log")
    targets, tried, read = formats(), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seeds, demand = dice.choice(targets)
        raw = mutate(dice.choice(seeds), dice)
        tried += 1
        try:
            demand(raw)
        except (FormatError, TrustError):
            continue
        except BaseException:
            print(f"find: {raw!r}", file=sys.stderr)
            raise
        read += 1
    print(f"{tried} tried, {read} read, the others refused")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
