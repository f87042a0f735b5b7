"""Witnesses: every answer of c2sp.org/tlog-witness, cosignatures of both kinds, and forks caught."""

from __future__ import annotations

import dataclasses
import re

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.note import Cosigner
from tamizdat.record import checkpoint, evidence, policy, witness
from tamizdat.record.checkpoint import Checkpoint
from tests.record.logs import begun
from tests.tools import inputs


ORIGIN = "log.example/a"
SIGNER = note.Signer(name=ORIGIN, seed=b"\x01" * 32)
OLD = Cosigner(name="witness.example/w1", kind=note.COSIGNATURE, seed=b"\x02" * 32)
NEW = Cosigner(name="witness.example/w2", kind=note.MLDSA44, seed=b"\x03" * 32)
KEYS = (OLD.verifier, NEW.verifier)


@pytest.fixture
def kept():
    return Memory()


@pytest.fixture
def watching(kept, clock):
    return witness.Witness(kept, (OLD, NEW), {ORIGIN: [SIGNER.verifier]}, clock)


def grown(*sizes, seed=b"entry"):
    """Give a log and its checkpoints at the sizes that are named."""
    made = begun(Memory(), SIGNER)
    heads = {0: made.checkpoint()}
    for size in sizes:
        made.append([b"%s %d" % (seed, number) for number in range(made.size, size)])
        heads[size] = made.checkpoint()
    return made.reader(), heads


def body(reader, heads, old, new):
    proof = reader.consistency(old, new) if 0 < old < new else ()
    return witness.write_request(witness.Request(old=old, proof=proof, raw=heads[new]))


def test_a_log_is_cosigned_as_it_grows_and_both_kinds_of_key_verify(watching):
    reader, heads = grown(3, 300)
    for old, new in ((0, 0), (0, 3), (3, 3), (3, 300)):
        answer = watching.add_checkpoint(body(reader, heads, old, new))
        assert (answer.status, answer.kind) == (200, witness.TEXT)
        signed = note.verify(heads[new] + answer.body, *KEYS)
        assert [one.time for one in signed.signatures] == [1795651200] * 2
        assert watching.latest(witness._hash(ORIGIN)).body == heads[new] + answer.body


def test_each_status_of_the_standard_is_given_where_it_belongs(watching):
    reader, heads = grown(3, 7)
    _, others = grown(3, 7, seed=b"another")
    stranger = checkpoint.sign(Checkpoint(origin="other/log", size=0, root=merkle.EMPTY), SIGNER)
    unsigned = checkpoint.sign(
        checkpoint.read_text(note.read(heads[3]).text), dataclasses.replace(SIGNER, seed=b"9" * 32)
    )
    forged = heads[3].replace(b"\n3\n", b"\n4\n")
    false = note.sign(f"{ORIGIN}\n0\n{checkpoint.rebase64(bytes(32))}\n", SIGNER)

    def status(old, raw, proof=()):
        return watching.add_checkpoint(witness.write_request(witness.Request(old=old, proof=proof, raw=raw))).status

    assert watching.latest(witness._hash(ORIGIN)).status == 404
    assert status(0, stranger) == 404
    assert status(0, unsigned) == 403
    assert status(0, forged) == 403
    assert status(0, false) == 422
    assert status(4, heads[3]) == 400
    assert watching.add_checkpoint(b"old 03\n\n" + heads[3]).status == 400
    assert watching.add_checkpoint(b"old 0\n" + heads[3]).status == 400
    assert status(0, heads[3], (bytes(32),)) == 422
    assert status(0, heads[3]) == 200
    late = watching.add_checkpoint(witness.write_request(witness.Request(old=0, proof=(), raw=heads[7])))
    assert (late.status, late.body, late.kind) == (409, b"3\n", "text/x.tlog.size")
    assert status(3, heads[7]) == 422
    assert status(3, others[3]) == 422
    assert status(3, others[7], reader.consistency(3, 7)) == 422
    assert status(3, heads[7], reader.consistency(3, 7)) == 200


def test_a_fork_is_kept_as_two_checkpoints_that_the_log_itself_signed(watching, kept):
    reader, heads = grown(5)
    _, others = grown(5, seed=b"another")
    assert watching.add_checkpoint(body(reader, heads, 0, 5)).status == 200
    assert watching.add_checkpoint(body(reader, others, 5, 5)).status == 422
    (name,) = kept.names(evidence.FOLDER)
    raw = kept.open(name).read()
    assert evidence.read(raw) == (note.write(note.read(watching.latest(witness._hash(ORIGIN)).body)), others[5])
    assert evidence.contradicts(raw, SIGNER.verifier)
    assert not evidence.contradicts(evidence.write(heads[5], heads[0]), SIGNER.verifier)
    with pytest.raises(TrustError):
        evidence.contradicts(raw.replace(b"\n5\n", b"\n6\n"), SIGNER.verifier)
    with pytest.raises(FormatError):
        evidence.contradicts(raw[:-200], SIGNER.verifier)


def test_a_log_gets_its_cosignatures_wherever_the_witness_stands(watching):
    reader, heads = grown(4, 9)
    first = witness.ask(heads[4], KEYS, watching.add_checkpoint, lambda old: reader.consistency(old, 4))
    later = witness.ask(heads[9], KEYS, watching.add_checkpoint, lambda old: reader.consistency(old, 9))
    rules = policy.read(policy.one_of([SIGNER.verifier], KEYS, 2))
    for raw, size in ((first, 4), (later, 9)):
        verdict = policy.verify(raw, rules)
        assert (verdict.head.size, dict(verdict.seen)) == (size, {"w1": 1795651200, "w2": 1795651200})
    with pytest.raises(TrustError) as caught:
        policy.verify(heads[9], rules)
    assert caught.value.code == "policy-quorum"


def test_a_log_that_was_set_back_learns_it_from_its_witness(watching):
    reader, heads = grown(4, 9)
    witness.ask(heads[9], KEYS, watching.add_checkpoint, lambda old: reader.consistency(old, 9))
    with pytest.raises(TrustError) as caught:
        witness.ask(heads[4], KEYS, watching.add_checkpoint, lambda old: reader.consistency(old, 4))
    assert caught.value.code == "witness-ahead"


def test_an_altered_cosignature_is_never_taken(watching):
    reader, heads = grown(4)
    answer = watching.add_checkpoint(body(reader, heads, 0, 4))
    whole = heads[4] + answer.body
    for key in KEYS:
        signature = next(one for one in note.read(whole).signatures if key.signed(one))
        for place in (0, 7, 8, len(signature.value) - 1):
            value = bytearray(signature.value)
            value[place] ^= 1
            bent = dataclasses.replace(signature, value=bytes(value))
            assert not key.verifies(note.read(whole).text, bent)


def test_cosigners_are_written_and_read_and_never_shown():
    for cosigner in (OLD, NEW):
        assert note.read_cosigner(note.write_signer(cosigner)) == cosigner
        assert cosigner.seed.hex() not in repr(cosigner)
        assert note.read_verifier(cosigner.verifier.vkey) == cosigner.verifier
    with pytest.raises(FormatError):
        note.read_cosigner(note.write_signer(SIGNER))


POLICY = """# two houses
log {log}
\twitness X1 {x1}  https://x1.example/
witness X2 {x2}
group X any X1 X2
witness Y {y}
group both all X Y
quorum both
"""


def keys():
    made = {
        f"{name}": Cosigner(name=name, kind=note.COSIGNATURE, seed=name.encode() * 16).verifier.vkey
        for name in ("x1", "x2")
    }
    return {"log": SIGNER.verifier.vkey, "y": NEW.verifier.vkey, **made}


def test_a_policy_of_groups_of_groups_counts_as_it_says():
    read = policy.read(POLICY.format(**keys()).encode())
    assert read.witnesses["X1"].url == "https://x1.example/"
    assert [read.witnessed(seen) for seen in ({"X1"}, {"X1", "X2"}, {"X2", "Y"}, {"Y"})] == [False, False, True, False]
    assert policy.read(b"quorum none\n").witnessed(())


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("quorum both\n", ""),
        ("quorum both\n", "quorum both\nquorum X\n"),
        ("quorum both", "quorum neither"),
        ("quorum both\n", "quorum both"),
        ("group X any", "group X 3"),
        ("group X any", "group X 0"),
        ("group X any X1 X2", "group X any X1 X1"),
        ("group both all X Y", "group both all X X1"),
        ("group both all X Y", "group both all Y Z"),
        ("group both all X Y", "group X all Y"),
        ("group both all X Y", "group none all Y"),
        ("group both all X Y", "group both all X none"),
        ("# two", "\r# two"),
        ("log ", "lug "),
    ],
)
def test_a_policy_that_is_none_is_refused_with_its_line(change, to):
    text = POLICY.format(**keys())
    assert change in text
    with pytest.raises(FormatError) as caught:
        policy.read(text.replace(change, to).encode())
    assert caught.value.code == "policy"


def test_keys_of_the_wrong_kind_and_keys_twice_are_no_policy():
    known = keys()
    for wrong in ({"log": known["y"]}, {"y": known["log"]}, {"x2": known["x1"]}):
        with pytest.raises(FormatError):
            policy.read(POLICY.format(**{**known, **wrong}).encode())


def test_the_standards_own_example_of_a_cosigned_checkpoint_has_the_message_it_says():
    text = (inputs("suites/record/c2sp-examples") / "tlog-cosignature.md").read_text()
    message = re.search(r"\n((?:    .*\n)*    cosignature/v1\n(?:    .*\n)+)", text)[1]
    from tamizdat.primitives import cosignature

    lines = [line.strip() for line in message.splitlines()]
    assert (
        cosignature.ed25519_message(1679315147, "".join(f"{line}\n" for line in lines[2:]))
        == "".join(f"{line}\n" for line in lines).encode()
    )


def test_the_standards_own_examples_of_a_request_and_an_answer_are_read():
    text = (inputs("suites/record/c2sp-examples") / "tlog-witness.md").read_text()
    blocks = [re.sub(r"(?m)^    ", "", found) for found in re.findall(r"\n\n((?:    .*\n|\n(?=    ))+)", text)]
    request = next(block for block in blocks if block.startswith("old 20852014"))
    read = witness.read_request(request.encode())
    assert (read.old, len(read.proof)) == (20852014, 4)
    head = checkpoint.read_text(note.read(read.raw).text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert witness.write_request(read) == request.encode()
    answer = next(block for block in blocks if block.startswith("\N{EM DASH} witness.example/w1 CMp"))
    assert [one.name for one in note.read_signatures(answer)] == ["witness.example/w1"] * 2 + ["witness.example/w2"]


def test_signatures_of_keys_nobody_knows_are_passed_over_and_a_known_one_that_is_false_is_never(watching):
    reader, heads = grown(3)
    stranger = dataclasses.replace(SIGNER, seed=b"\x09" * 32)
    both = note.sign(note.read(heads[3]).text, stranger, SIGNER)
    assert watching.add_checkpoint(witness.write_request(witness.Request(old=0, proof=(), raw=both))).status == 200
    assert b"log.example/a" in watching.latest(witness._hash(ORIGIN)).body
    good, strange = note.read(heads[3]).signatures[0], note.read(both).signatures[0]
    false = dataclasses.replace(good, value=good.value[:4] + bytes(64))
    for signatures in ((false,), (good, false), (strange,)):
        raw = note.write(note.Note(text=note.read(heads[3]).text, signatures=signatures))
        assert watching.add_checkpoint(witness.write_request(witness.Request(old=3, proof=(), raw=raw))).status == 403
    assert note.verify(watching.latest(witness._hash(ORIGIN)).body, stranger.verifier, SIGNER.verifier).signatures
