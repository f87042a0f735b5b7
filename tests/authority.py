"""A time-stamping authority of openssl's, on this machine: its own root, and answers to requests."""

from __future__ import annotations

import dataclasses
import subprocess

from pathlib import Path

from tests.tools import need


_CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ leaf ]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ root ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[ req ]
distinguished_name = dn
[ dn ]
"""


@dataclasses.dataclass(frozen=True)
class Authority:
    """Its folder; `root` is the certificate to trust."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, request: bytes) -> bytes:
        """Answer a request as an authority does."""
        (self.folder / "request.tsq").write_bytes(request)
        _openssl(self.folder, "ts", "-reply", "-queryfile", "request.tsq", "-config", "tsa.cnf", "-out", "answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()


def authority(folder: Path, days: int = 30) -> Authority:
    """Make one in *folder*; `certs` stays unset in its settings, for openssl writes that set unsorted."""
    (folder / "tsa.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "rsa:2048", "-nodes")
    _openssl(
        folder, "req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-days", str(days),
        "-subj", "/CN=Local test root", "-config", "tsa.cnf", "-extensions", "root",
    )  # fmt: skip
    _openssl(
        folder,
        "req",
        *key,
        "-keyout",
        "tsa.key",
        "-out",
        "tsa.csr",
        "-subj",
        "/CN=Local test authority",
        "-config",
        "tsa.cnf",
    )
    _openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
        "-out", "tsa.pem", "-days", str(days), "-extfile", "tsa.cnf", "-extensions", "leaf",
    )  # fmt: skip
    return Authority(folder)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run([need("openssl"), *words], cwd=folder, check=True, capture_output=True)
