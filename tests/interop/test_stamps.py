"""Time stamps: a local authority of openssl's, and what other people's suites say is good and bad."""

from __future__ import annotations

import itertools
import json
import subprocess

import pytest

from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.record import checkpoint, proof, stamp
from tamizdat.record.checkpoint import Checkpoint
from tamizdat.wire import sidecar
from tests import vectors
from tests.authority import authority
from tests.tools import inputs, need


SIGNER = note.Signer(name="log.example/a", seed=b"\x01" * 32)
HEAD = checkpoint.sign(Checkpoint(origin=SIGNER.name, size=0, root=merkle.EMPTY), SIGNER)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tsa"))


def test_a_checkpoint_is_stamped_and_openssl_agrees(tsa, tmp_path):
    data = stamp.stamped(HEAD)
    answer = tsa.answer(stamp.ask(data))
    found = stamp.verify(answer, data, stamp.read_roots(tsa.root.read_bytes()))
    assert found.authority == "CN=Local test authority"
    assert found.until > found.time > 1_700_000_000
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "answer.tsr").write_bytes(answer)
    subprocess.run(
        [need("openssl"), "ts", "-verify", "-data", "data", "-in", "answer.tsr", "-CAfile", tsa.root],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )


def test_other_bytes_another_root_and_every_bent_byte_are_refused(tsa, tmp_path):
    data = stamp.stamped(HEAD)
    answer = tsa.answer(stamp.ask(data))
    roots = stamp.read_roots(tsa.root.read_bytes())
    stranger = authority(tmp_path)
    for wrong in ((answer, data + b"x", roots), (answer, data, stamp.read_roots(stranger.root.read_bytes()))):
        with pytest.raises(TrustError) as caught:
            stamp.verify(*wrong)
        assert caught.value.code == "stamp-false"
    good = 0
    for place in range(0, len(answer), 7):
        bent = bytearray(answer)
        bent[place] ^= 1
        try:
            found = stamp.verify(bytes(bent), data, roots)
        except (FormatError, TrustError):
            continue
        # Bytes that nothing signs (the certificate's own signature is checked; a text of the status is not).
        assert found == stamp.verify(answer, data, roots)
        good += 1
    assert good < len(answer) / 7 / 10
    for short in (b"", b"\x30", answer[:100], answer[:-1]):
        with pytest.raises((FormatError, TrustError)):
            stamp.verify(short, data, roots)


def test_the_fixtures_of_another_verifier_are_classified_as_it_does():
    base = inputs("suites/rfc3161/trailofbits")
    roots = stamp.read_roots((base / "test_tsa" / "ts_chain.pem").read_bytes())
    whole = (base / "test_tsa" / "response.tsr").read_bytes()
    assert stamp.verify(whole, b"hello", roots).time > 0
    for name in ("other_response.tsr", "response-injected-certs.tsr"):
        raw = (base / "test_tsa" / name).read_bytes()
        try:
            stamp.verify(raw, b"hello", roots)
        except (TrustError, FormatError):
            continue
        assert name == "response-injected-certs.tsr"


@pytest.mark.parametrize(
    "name", ["good", "stamps", "stamp-renewed", "stamp-false", "stamp-root", "stamp-torn", "stamp-chain"]
)
def test_openssl_says_the_same_of_every_stamp_in_a_proof(name, tmp_path):
    """Each stamp in the vectors of the proof beside a picture, over what it is over, as of its own time."""
    told = json.loads((vectors.SPECS / "sidecar" / f"{name}.json").read_text("utf-8"))
    made = sidecar.read(told["sidecar"].encode("ascii"))
    data = stamp.stamped(proof.read(made.record.log.encode()).checkpoint)
    holds = []
    for one in made.stamps:
        (tmp_path / "roots.pem").write_text(one.roots)
        for older, response in itertools.pairwise((data, *one.stamps)):
            (tmp_path / "data").write_bytes(older)
            (tmp_path / "answer.tsr").write_bytes(response)
            time = "1795700000" if older == data else str(1_795_651_200 + 30 * 86_400)
            command = ["ts", "-verify", "-data", "data", "-in", "answer.tsr", "-CAfile", "roots.pem", "-attime", time]
            done = subprocess.run([need("openssl"), *command], cwd=tmp_path, capture_output=True, check=False)
            holds.append(done.returncode == 0)
    assert all(holds) == (told["verdict"] == "proven")
