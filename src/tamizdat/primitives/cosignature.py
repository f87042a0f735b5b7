"""
What a cosigner signs: c2sp.org/tlog-cosignature, for Ed25519 (v1.0) and for ML-DSA-44 (v1.1).

Only the messages and the two signature schemes stand here; keys with names are primitives/note.py, who may
cosign what is record/witness.py.
"""

from __future__ import annotations

import struct

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tamizdat.primitives.text import decimal, unbase64


TIME_LENGTH: Final = 8
ED25519_KEY: Final = 32
MLDSA44_KEY: Final = 1312
MLDSA44_SIGNATURE: Final = 2420
MAX_TIME: Final = (1 << 63) - 1
_LABEL: Final = b"subtree/v1\n\0"
_NAME: Final = range(1, 256)


def ed25519_message(time: int, text: str) -> bytes:
    """Write what an Ed25519 cosigner signs ("Ed25519 signed message")."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def mldsa44_message(name: str, time: int, text: str) -> bytes:
    """
    Write what an ML-DSA-44 cosigner signs of a checkpoint's text ("ML-DSA-44 signed message").

    Extension lines are not part of it, as the standard says.

    Raises:
        ValueError: *text* is no checkpoint, or a name in it is longer than 255 bytes.
    """
    origin, size, root, *_ = (*text.split("\n"), "", "")
    cosigner, log = name.encode(), origin.encode()
    if len(cosigner) not in _NAME or len(log) not in _NAME:
        msg = "a name in a cosigned checkpoint has 1 to 255 bytes"
        raise ValueError(msg)
    return b"".join(
        (
            *(_LABEL, bytes([len(cosigner)]), cosigner, struct.pack(">Q", time)),
            *(bytes([len(log)]), log, struct.pack(">QQ", 0, decimal(size)), unbase64(root, 32)),
        )
    )


def ed25519_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature is right (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def mldsa44_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an ML-DSA-44 signature with an empty context is right (FIPS 204)."""
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
