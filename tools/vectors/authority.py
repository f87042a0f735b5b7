"""
A time-stamping authority that answers alike every time: fixed keys, fixed serials, no clock. Only for vectors.

RFC 3161 and RFC 5652 in as few bytes as they allow; tests/authority.py has the real one, openssl's.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


# What has to be added to a number drawn by name until it is a prime that suits 65537.
_PRIMES = {
    "root": (24, 2018),
    "leaf": (458, 794),
    "other": (138, 278),
}
_SHA256 = bytes.fromhex("0609608648016503040201")
_RSA = bytes.fromhex("06092a864886f70d01010b")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_DIGEST = bytes.fromhex("06092a864886f70d010904")
_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910022f")
_POLICY = bytes.fromhex("06032a0304")


@dataclasses.dataclass(frozen=True)
class Authority:
    """Its root and its own certificate; *key* signs."""

    root: x509.Certificate
    own: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        """The root as PEM."""
        return self.root.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def stamp(self, data: bytes, time: int, serial: int = 1) -> bytes:
        """Answer for *data* at *time*, seconds since 1970."""
        return self._of(hashlib.sha256(data).digest(), time, serial)

    def answer(self, request: bytes, time: int, serial: int = 1) -> bytes:
        """Answer a request, whose only string of 32 bytes is the hash."""
        at = request.index(b"\x04\x20") + 2
        return self._of(request[at : at + 32], time, serial)

    def _of(self, hashed: bytes, time: int, serial: int) -> bytes:
        info = _tstinfo(hashed, time, serial)
        algorithm = _der(0x30, _SHA256)
        own = hashlib.sha256(self.own.public_bytes(serialization.Encoding.DER)).digest()
        attributes = sorted(
            [
                _der(0x30, _CONTENT_TYPE, _der(0x31, _TST_INFO)),
                _der(0x30, _DIGEST, _der(0x31, _der(4, hashlib.sha256(info).digest()))),
                # SigningCertificateV2 (RFC 5035): which certificate signs.
                _der(0x30, _CERTIFICATE, _der(0x31, _der(0x30, _der(0x30, _der(0x30, _der(4, own)))))),
            ]
        )
        signature = self.key.sign(_der(0x31, *attributes), padding.PKCS1v15(), hashes.SHA256())
        issuer = _der(0x30, self.own.issuer.public_bytes(), _integer(self.own.serial_number))
        signer = _der(
            0x30,
            _integer(1),
            issuer,
            algorithm,
            _der(0xA0, *attributes),
            _der(0x30, _RSA, b"\x05\x00"),
            _der(4, signature),
        )
        content = _der(0x30, _TST_INFO, _der(0xA0, _der(4, info)))
        certificates = _der(0xA0, self.own.public_bytes(serialization.Encoding.DER))
        signed = _der(0x30, _integer(3), _der(0x31, algorithm), content, certificates, _der(0x31, signer))
        token = _der(0x30, _SIGNED_DATA, _der(0xA0, signed))
        return _der(0x30, _der(0x30, _integer(0)), token)


def make(name: str, start: int, days: int, *, root: str = "root", leaf: str = "leaf") -> Authority:
    """Make an authority whose certificates begin at *start*, seconds since 1970."""
    top, key = _key(root), _key(leaf)
    begin = datetime.datetime.fromtimestamp(start, datetime.UTC)
    titles = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (f"{name} root", name)]

    def certificate(subject: x509.Name, public: rsa.RSAPublicKey, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(titles[0])
            .public_key(public)
            .serial_number(serial)
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=days))
        )

    ours = (
        certificate(titles[0], top.public_key(), 1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(top.public_key()), critical=False)
        .sign(top, hashes.SHA256())
    )
    own = (
        certificate(titles[1], key.public_key(), 2)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(top, hashes.SHA256())
    )
    return Authority(ours, own, key)


def _tstinfo(hashed: bytes, time: int, serial: int) -> bytes:
    imprint = _der(0x30, _der(0x30, _SHA256), _der(4, hashed))
    when = datetime.datetime.fromtimestamp(time, datetime.UTC).strftime("%Y%m%d%H%M%SZ").encode()
    return _der(0x30, _integer(1), _POLICY, imprint, _integer(serial), _der(0x18, when))


def _key(name: str) -> rsa.RSAPrivateKey:
    primes = []
    for letter, more in zip("pq", _PRIMES[name], strict=True):
        drawn = hashlib.shake_256(f"vectors of stamps {name} {letter}".encode()).digest(128)
        primes.append((int.from_bytes(drawn) | 3 << 1022 | 1) + more)
    p, q = primes
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _integer(value: int) -> bytes:
    return _der(2, value.to_bytes(value.bit_length() // 8 + 1))


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + body
