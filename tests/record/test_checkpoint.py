"""Checkpoints and proofs in files: one spelling, and belief only in the right log."""

from __future__ import annotations

import pytest

from tamizdat.primitives import digest, merkle, note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.record import checkpoint, proof
from tamizdat.record.checkpoint import Checkpoint


SIGNER = note.Signer(name="example.com/log", seed=b"l" * 32)
LEAVES = [digest.leaf(b"%d" % number) for number in range(3)]
HEAD = Checkpoint(origin="example.com/log", size=3, root=merkle.root(LEAVES))
RAW = checkpoint.sign(HEAD, SIGNER)
PROOF = proof.Proof(index=2, path=(merkle.root(LEAVES[:2]),), checkpoint=RAW, extra=b"\x00way")


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    """With the log's name, where one is asked for."""
    assert checkpoint.verify(RAW, SIGNER.verifier, origin="example.com/log") == HEAD
    with pytest.raises(TrustError) as caught:
        checkpoint.verify(RAW, SIGNER.verifier, origin="example.com/other")
    assert caught.value.code == "checkpoint-origin"


@pytest.mark.parametrize(
    "text",
    [
        "example.com/log\n3\n",
        "\n3\nX\n",
        "example.com/log\n03\nX\n",
        "example.com/log\n-1\nX\n",
        "example.com/log\n9223372036854775808\nX\n",
        "example.com/log\n3\nX=\n",
        "example.com/log\n3\nX",
        "example.com/log\n3\nX\n\nmore\n",
        "example.com/log\n0\nX\n",
        "",
    ],
)
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    """An origin, a plain number, a hash, whole lines."""
    with pytest.raises(FormatError) as caught:
        checkpoint.read_text(text.replace("X", "A" * 43 + "="))
    assert caught.value.code == "checkpoint"


def test_lines_of_another_log_are_kept() -> None:
    """Extension lines are none of ours, but signed for."""
    text = checkpoint.write_text(HEAD) + "of another kind\n"

    assert checkpoint.write_text(checkpoint.read_text(text)) == text


def test_a_proof_in_a_file_is_checked_offline() -> None:
    """Written, read, believed; and not for another entry, or another log's key."""
    raw = proof.write(PROOF)

    assert proof.read(raw) == PROOF
    assert proof.verify(PROOF, LEAVES[2], SIGNER.verifier, origin="example.com/log") == HEAD
    for leaf, key in ((LEAVES[1], SIGNER), (LEAVES[2], note.Signer(name=SIGNER.name, seed=b"m" * 32))):
        with pytest.raises(TrustError):
            proof.verify(PROOF, leaf, key.verifier)


def test_a_malformed_proof_is_refused() -> None:
    """Whatever line is wrong; and an entry's number is one spelling too."""
    raw = proof.write(PROOF)
    step = raw.split(b"\n")[3]
    for old, new in [
        (b"@v1", b"@v2"),
        (b"index 2", b"index 02"),
        (b"index 2\n", b""),
        (b"extra ", b"extra"),
        (raw.split(b"\n")[1], b"extra "),
        (step, step[:-1]),
        (step, step + b"\n" + b"\n".join([step] * 63)),
        (b"index", "\u0131ndex".encode()),
    ]:
        with pytest.raises(FormatError) as caught:
            proof.read(raw.replace(old, new, 1))
        assert caught.value.code == "proof", (old, new)
    for cut in (len(raw) - 1, raw.index(b"\n\n"), 0):
        with pytest.raises(FormatError):
            proof.read(raw[:cut])
