"""Time stamps: a local authority of openssl's, and what other people's suites say is good and bad."""

from __future__ import annotations

import subprocess

import pytest

from rfc3161_client import decode_timestamp_response

from tamizdat.primitives import merkle, note
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.record import checkpoint, stamp
from tamizdat.record.checkpoint import Checkpoint
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


BASE = "suites/record/rfc3161-client/test/fixtures"
GOOD = {
    "identrust/issue-104.tsr",
    "sigstage/response-sha256.tsr",
    "sigstage/response-sha384.tsr",
    "sigstage/response-sha512.tsr",
    "test_tsa/response-injected-certs.tsr",
    "test_tsa/response.tsr",
}
BAD = {
    "sigstage/response-invalid-signature.tsr",
    "sigstage/response-no-embedded-cert.tsr",
    "sigstore.mock/response-expired.tsr",
    "test_tsa/other_response.tsr",
}


def test_every_fixture_of_another_verifier_is_classified_as_openssl_does(tmp_path):
    base = inputs(BASE)
    found = {}
    for path in sorted([*base.rglob("*.tsr"), *inputs("suites/rfc3161").rglob("*.tsr")]):
        folder = path.parent
        chain = folder / "ts_chain.pem"
        if not chain.read_bytes().startswith(b"-----") and b"BEGIN" not in chain.read_bytes():
            chain = tmp_path / "chain.pem"  # one of them is DER under the name of PEM
            subprocess.run(
                [need("openssl"), "x509", "-inform", "der", "-in", folder / "ts_chain.pem", "-out", chain], check=True
            )
        data = tmp_path / "data"
        data.write_bytes((folder / "payload").read_bytes() if (folder / "payload").exists() else b"hello")
        ours, theirs = _ours(path, data, chain), _openssl(path, data, chain)
        assert ours == theirs, path
        found[f"{folder.name}/{path.name}"] = ours
        data.write_bytes(data.read_bytes() + b".")
        assert not _ours(path, data, chain), path
        assert not _openssl(path, data, chain), path
    assert {name for name, good in found.items() if good} == GOOD
    assert {name for name, good in found.items() if not good} == BAD


def _ours(path, data, chain):
    try:
        stamp.verify(path.read_bytes(), data.read_bytes(), stamp.read_roots(chain.read_bytes()))
    except (TrustError, FormatError):
        return False
    return True


def _openssl(path, data, chain):
    # Certificates must have been valid when the stamp was made; some of these have expired since.
    when = str(int(decode_timestamp_response(path.read_bytes()).tst_info.gen_time.timestamp()))
    words = [need("openssl"), "ts", "-verify", "-data", data, "-in", path, "-CAfile", chain, "-attime", when]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
