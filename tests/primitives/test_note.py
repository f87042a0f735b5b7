"""Signed notes: one spelling, and belief only where a known key signed."""

from __future__ import annotations

import dataclasses

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TrustError


ALICE = note.Signer(name="example.com/alice", seed=b"a" * 32)
BOB = note.Signer(name="example.com/bob", seed=b"b" * 32)
RAW = note.sign("A text\n\nof two parts.\n", ALICE)


def test_a_note_is_believed_by_whom_it_was_signed() -> None:
    """Signatures of other keys are ignored, those of known ones given back once each."""
    raw = note.sign("A text\n", ALICE, BOB, ALICE)

    assert [s.name for s in note.verify(raw, BOB.verifier).signatures] == [BOB.name]
    assert [s.name for s in note.verify(raw, BOB.verifier, ALICE.verifier).signatures] == [ALICE.name, BOB.name]


def test_a_note_is_not_believed_when_nobody_known_signed() -> None:
    """Not even by a key of the same name."""
    namesake = dataclasses.replace(BOB, name=ALICE.name)
    for verifiers in ((BOB.verifier,), (namesake.verifier,), ()):
        with pytest.raises(TrustError) as caught:
            note.verify(RAW, *verifiers)
        assert caught.value.code == "note-unsigned"
        assert caught.value.evidence == RAW


def test_one_false_signature_of_a_known_key_refuses_the_whole_note() -> None:
    """A second, true one does not heal it."""
    false = dataclasses.replace(BOB.sign("Another text\n"))
    raw = note.write(note.Note(text="A text\n", signatures=(ALICE.sign("A text\n"), false)))

    assert note.verify(raw, ALICE.verifier)
    with pytest.raises(TrustError) as caught:
        note.verify(raw, ALICE.verifier, BOB.verifier)
    assert caught.value.code == "note-forged"


def test_sixteen_signatures_are_read_and_a_hundred_and_one_refused() -> None:
    """The standard asks for sixteen; no more are read than somebody could mean."""
    signature = ALICE.sign("A text\n")

    assert note.verify(note.write(note.Note(text="A text\n", signatures=(signature,) * 16)), ALICE.verifier)
    with pytest.raises(FormatError) as caught:
        note.read(RAW + RAW[RAW.rindex(b"\n", 0, -1) + 1 :] * 100)
    assert caught.value.code == "note-signatures"


def test_a_cosignature_says_when() -> None:
    """Kind 4 signs the time with the text (c2sp.org/tlog-cosignature)."""
    text, time = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", 1_795_651_200
    public = ALICE.verifier.public
    key_id = note.digest.sha256(ALICE.name.encode(), b"\n\x04", public)[:4]
    witness = note.Verifier(name=ALICE.name, key_id=key_id, kind=note.COSIGNATURE, public=public)
    inner = ALICE.sign(f"cosignature/v1\ntime {time}\n{text}").value
    signature = note.Signature(name=ALICE.name, key_id=key_id, value=time.to_bytes(8, "big") + inner)

    assert note.read_verifier(witness.vkey) == witness
    assert witness.verifies(text, signature)
    assert signature.time == time
    assert not witness.verifies(text, dataclasses.replace(signature, value=(time + 1).to_bytes(8, "big") + inner))
    assert not ALICE.verifier.verifies(text, signature)


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("note-length", RAW + b"x" * note.MAX_LENGTH),
        ("note-text", b"\xff" + RAW),
        ("note-text", RAW.replace(b"text", b"te\tt")),
        ("note-text", RAW.replace(b"text", b"te\rt")),
        ("note-signatures", b"A text\n"),
        ("note-signatures", RAW[:-1]),
        ("note-signatures", b""),
        ("note-signature-line", RAW.replace("—".encode(), b"-")),
        ("note-signature-line", RAW.replace(b"/alice ", b"/alice")),
        ("note-signature-line", RAW[:-2] + b"!\n"),
        ("note-signature-line", RAW.replace(b"/alice ", b"/alice  ")),
        ("note-signature-line", RAW[: RAW.rindex(b" ") + 1] + b"AAAAAA==\n"),
        ("note-name", RAW.replace(b"/alice ", b"+alice ")),
        ("note-name", RAW.replace(b"/alice ", "/ali\u00a0ce ".encode())),
        ("note-name", RAW.replace(b"example.com/alice ", b" ")),
    ],
)
def test_what_is_not_a_note_is_refused(code: str, raw: bytes) -> None:
    """Each flaw by its name."""
    with pytest.raises(FormatError) as caught:
        note.read(raw)
    assert caught.value.code == code


@given(st.integers(0, len(RAW) - 1), st.integers(0, 255))
def test_a_note_with_one_byte_changed_is_never_believed(at: int, value: int) -> None:
    """It is refused or not signed, and what is read has one spelling."""
    raw = RAW[:at] + bytes([value]) + RAW[at + 1 :]
    try:
        assert note.write(note.read(raw)) == raw
        note.verify(raw, ALICE.verifier)
    except (FormatError, TrustError):
        return
    assert raw == RAW


def test_keys_have_one_spelling_and_never_show_their_secret() -> None:
    """Go's form, for the private one too."""
    word = note.write_signer(ALICE)

    assert note.read_signer(word) == ALICE
    assert note.read_verifier(ALICE.verifier.vkey) == ALICE.verifier
    assert "aaaa" not in repr(ALICE).lower()
    assert note.generate_signer("x") != note.generate_signer("x")
    bad = [word[8:], word.replace("alice", "carol"), word[:-4], word.replace("+", " "), word.upper(), f"{word}\n"]
    secret = word.rsplit("+", 1)[1]
    for other in bad:
        with pytest.raises(FormatError) as caught:
            note.read_signer(other)
        assert caught.value.code == "note-key"
        assert secret[4:20] not in f"{caught.value!r} {caught.value.mend} {caught.value.__cause__!r}"
    for other in (ALICE.verifier.vkey.replace("alice", "carol"), ALICE.verifier.vkey + "A", word):
        with pytest.raises(FormatError):
            note.read_verifier(other)
