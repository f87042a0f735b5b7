"""
Content credentials: what was done to a published picture, signed into it by the newsroom, as C2PA 2.2 has it.

Only the published copy ever comes here, never the original: a signer that is given the original embeds pictures of it.
The chain is the newsroom's own, so other people's readers say "trusted" only where they were given its root. What this
proves is whose words these are, not that they are true. Keys come in; nothing is stored here. docs/spec/picture.md.
"""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import io
import json

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tamizdat.primitives.errors import FormatError
from tamizdat.wire.beside import ASSERTION


JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
CLAIM_SIGNING: Final = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")  # c2pa-kp-claimSigning
ROOT_DAYS: Final = 3650
LEAF_DAYS: Final = 400
_SOI: Final = b"\xff\xd8\xff"

Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """
    A newsroom's own certificates: PEM of leaf and root, and the leaf's secret key (PKCS #8 PEM).

    The root's key is thrown away once the leaf is signed: a new chain is made when the leaf ends.
    """

    certificates: bytes
    root: bytes
    key: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    What a reader finds in a picture.

    Attributes:
        state: "Trusted" where a given root stands behind it, "Valid" where only the signature is right, else "Invalid".

        issuer: Who signed, as its certificate says.

        actions: What was done, one C2PA action each.

        redaction: Our own assertion: the root and the proof, as they were given to `sign`; empty where there is none.
    """

    state: str
    issuer: str
    actions: tuple[Mapping[str, Any], ...]
    redaction: Mapping[str, Any]


def make_chain(name: str, now: int) -> Chain:
    """Make a chain for the newsroom *name*; *now* in seconds since 1970. ES256, as every reader knows it."""
    start = datetime.datetime.fromtimestamp(now, datetime.UTC) - datetime.timedelta(days=1)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(f"{name} (root)"), _name(name)
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        _certificate(root_name, root_name, root_key, start, ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(leaf_name, root_name, leaf_key, start, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Chain(certificates=leaf.public_bytes(pem) + root.public_bytes(pem), root=root.public_bytes(pem), key=secret)


def sign(
    picture: bytes,
    chain: Chain,
    *,
    title: str,
    hidden: Sequence[Box] = (),
    crop: Box | None = None,
    redaction: Mapping[str, Any] | None = None,
) -> bytes:
    """
    Sign a published picture.

    Args:
        picture: The published copy, a JPEG or PNG.
        chain: The newsroom's certificates and key.
        title: What the picture is called where it is published.
        hidden: The boxes that were painted over, in pixels of the published copy.
        crop: What was kept of the original, in its pixels.
        redaction: What stands beside a provable copy (wire/beside.py), for `ASSERTION`.

    Raises:
        FormatError: ``credentials``: the library would not sign it, or put a picture into what it signed.
    """
    assertions: list[dict[str, Any]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": _actions(hidden, crop)}, "created": True}
    ]
    if redaction:
        assertions.append({"label": ASSERTION, "kind": "Json", "data": dict(redaction), "created": True})
    opened = {"title": "original", "relationship": "parentOf", "instance_id": "urn:tamizdat:original"}
    manifest = {
        "claim_generator_info": [{"name": "tamizdat"}],
        "title": title,
        "format": _mime(picture),
        "assertions": assertions,
        "ingredients": [opened],
    }
    sink = io.BytesIO()
    c2pa = _c2pa()
    try:
        with (
            c2pa.Context(_settings([])) as context,
            c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain.certificates, chain.key, None)
            ) as signer,
            c2pa.Builder(json.dumps(manifest), context) as builder,
        ):
            builder.sign(signer, _mime(picture), io.BytesIO(picture), sink)
    except c2pa.C2paError as error:
        raise _flaw(f"the picture cannot be signed: {str(error)[:200]}") from error
    made = sink.getvalue()
    if _pictures(made, picture) != picture.count(_SOI, 0, _data(picture)):
        raise _flaw("a picture was put into what was signed, which nobody asked for")
    return made


def _pictures(made: bytes, picture: bytes) -> int:
    """Count where a JPEG begins in what stands before a picture's data; the data itself must have stayed as it was."""
    data = _data(picture)
    if not made.endswith(picture[data:]):
        raise _flaw("the picture itself was changed while it was signed")
    return made.count(_SOI, 0, len(made) - len(picture) + data)


def _data(picture: bytes) -> int:
    """Find where the data of a JPEG or PNG of ours begin: all before them are a few segments or chunks."""
    return max(0, picture.find(b"\xff\xda" if picture.startswith(_SOI) else b"IDAT"))


def strip(picture: bytes) -> bytes:
    """Give a picture of ours as it was before it was signed."""
    if _mime(picture) == JPEG:
        at = 2
        while picture[at : at + 2] == b"\xff\xe0":  # what stands before the credentials
            at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
        end = at
        while picture[end : end + 2] == b"\xff\xeb":
            end += 2 + int.from_bytes(picture[end + 2 : end + 4], "big")
        return picture[:at] + picture[end:]
    at = 8
    while at < len(picture) and picture[at + 4 : at + 8] != b"caBX":
        at += 12 + int.from_bytes(picture[at : at + 4], "big")
    return picture[:at] + picture[at + 12 + int.from_bytes(picture[at : at + 4], "big") :]


def until(chain: Chain) -> int:
    """Say when the newsroom's certificate ends, in seconds since 1970."""
    return int(x509.load_pem_x509_certificate(chain.certificates).not_valid_after_utc.timestamp())


def read(picture: bytes, roots: Sequence[bytes] = ()) -> Credentials:
    """
    Read a picture's credentials, and hold them against *roots* (PEM).

    Raises:
        FormatError: ``credentials``: there are none, or they cannot be read.
    """
    c2pa = _c2pa()
    try:
        with (
            c2pa.Context(_settings(roots)) as context,
            c2pa.Reader(_mime(picture), io.BytesIO(picture), context=context) as reader,
        ):
            found = json.loads(reader.json())
    except c2pa.C2paError as error:
        raise _flaw(f"no credentials can be read: {str(error)[:200]}") from error
    manifest = found["manifests"][found["active_manifest"]]
    actions: list[Mapping[str, Any]] = []
    redaction: Mapping[str, Any] = {}
    for assertion in manifest.get("assertions", []):
        if assertion["label"].startswith("c2pa.actions"):
            actions += assertion["data"]["actions"]
        elif assertion["label"] == ASSERTION:
            redaction = assertion["data"]
    return Credentials(
        state=found.get("validation_state", "Invalid"),
        issuer=manifest.get("signature_info", {}).get("common_name", "")
        or manifest.get("signature_info", {}).get("issuer", ""),
        actions=tuple(actions),
        redaction=redaction,
    )


def _c2pa() -> Any:
    """Load the library only where a picture is signed or read: most commands that know of it never do."""
    return importlib.import_module("c2pa")


def _actions(hidden: Sequence[Box], crop: Box | None) -> list[dict[str, Any]]:
    """Say what was done; "c2pa.redacted" is for assertions, not for pixels (C2PA 2.2, 6.8 and 18.14.4)."""
    opened = {"ingredientIds": ["urn:tamizdat:original"]}
    actions: list[dict[str, Any]] = [{"action": "c2pa.opened", "parameters": opened}]
    if crop is not None:
        actions.append({"action": "c2pa.cropped", "changes": [_change(crop, "kept of the original")]})
    if hidden:
        changes = [_change(box, "hidden") for box in hidden]
        described = {"description": "parts of the picture were hidden to protect people"}
        actions.append(
            {"action": "c2pa.edited", "reason": "c2pa.PII.present", "parameters": described, "changes": changes}
        )
    return actions


def _change(box: Box, what: str) -> dict[str, Any]:
    x, y, width, height = box
    shape = {"type": "rectangle", "unit": "pixel", "origin": {"x": x, "y": y}, "width": width, "height": height}
    return {"description": what, "region": [{"type": "spatial", "shape": shape}]}


def _settings(roots: Sequence[bytes]) -> Any:
    trust = {"user_anchors": b"".join(roots).decode("ascii")} if roots else {}
    return _c2pa().Settings.from_dict(
        {
            "version": 1,
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"remote_manifest_fetch": False, "verify_trust": bool(roots)},
            "trust": trust,
        }
    )


def _mime(picture: bytes) -> str:
    return PNG if picture.startswith(b"\x89PNG") else JPEG


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]), x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _flaw(what: str) -> FormatError:
    return FormatError("credentials", what, mend="Publish the picture without credentials, or mend what is named.")
