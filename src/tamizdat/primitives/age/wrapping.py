"""
Wrapped file keys: the stanzas of one kind, picked and checked before anything is tried with them, and the key taken out of one.

It does NOT know the kinds: that is recipients.py. The specification is C2SP's (age-encryption.org/v1, "Recipient stanza").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tamizdat.primitives.age import header
from tamizdat.primitives.age.header import FILE_KEY_LENGTH, Stanza


BODY_LENGTH: Final = FILE_KEY_LENGTH + 16
# Each wrap key is used once (specification, "X25519 recipient stanza").
ONCE: Final = bytes(12)


def of_kind(stanzas: Sequence[Stanza], kind: str, arguments: int) -> list[Stanza]:
    """
    Pick the stanzas of a kind, and refuse all where one is malformed.

    Raises:
        FormatError: One has another number of *arguments*, or a wrapped key of another length.
    """
    mine = [stanza for stanza in stanzas if stanza.kind == kind]
    for stanza in mine:
        if len(stanza.arguments) != arguments:
            raise header.flaw(f"a recipient of the kind {kind} has {len(stanza.arguments)} arguments, not {arguments}")
        # Checked before anything is tried, against partitioning oracles.
        if len(stanza.body) != BODY_LENGTH:
            raise header.flaw(f"a wrapped key of the kind {kind} has the wrong length")
    return mine


def first(keys: Iterable[bytes | None]) -> bytes | None:
    """Give the first key that there is, and try no stanza after it."""
    return next((key for key in keys if key is not None), None)


def argument(stanza: Stanza, place: int, length: int) -> bytes:
    """
    Read an argument of *length* bytes.

    Raises:
        FormatError: It is not in its one spelling, or of another length.
    """
    try:
        value = header.decode(stanza.arguments[place])
    except ValueError as error:
        raise header.flaw(f"a recipient of the kind {stanza.kind} is not in its one spelling") from error
    if len(value) != length:
        raise header.flaw(f"a recipient of the kind {stanza.kind} has {len(value)} bytes where {length} belong")
    return value


def wrap(key: bytes, file_key: bytes) -> bytes:
    """Wrap a file key with a key that is used this once."""
    return ChaCha20Poly1305(key).encrypt(ONCE, file_key, None)


def unwrap(key: bytes, body: bytes) -> bytes | None:
    """Take the file key out of a stanza's body; None where *key* is not the one it was wrapped with."""
    try:
        return ChaCha20Poly1305(key).decrypt(ONCE, body, None)
    except InvalidTag:
        return None
