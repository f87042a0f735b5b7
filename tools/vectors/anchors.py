"""Make proofs of OpenTimestamps for the vectors and the tests, byte by byte: the library would not make the broken ones."""

from __future__ import annotations

import hashlib
import struct

from typing import Final


MAGIC: Final = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
CALENDAR: Final = "https://calendar.example"
SHA256: Final = b"\x08"
PENDING: Final = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN: Final = bytes.fromhex("0588960d73d71901")
# The first transaction of Bitcoin, alone in its first block, and that block's header: public since 2009.
COINBASE: Final = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d657320"
    "30332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ff"
    "ffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51e"
    "c112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)
ROOT: Final = hashlib.sha256(hashlib.sha256(COINBASE).digest()).digest()
GENESIS: Final = struct.pack("<i32s32sIII", 1, bytes(32), ROOT, 1231006505, 0x1D00FFFF, 2083236893)


def proof(content: bytes, rest: bytes, version: bytes = b"\x01") -> bytes:
    """Write a proof over *content* from the operations and attestations after its hash."""
    return MAGIC + version + SHA256 + hashlib.sha256(content).digest() + rest


def attest(tag: bytes, payload: bytes) -> bytes:
    """Write an attestation."""
    return b"\x00" + tag + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    """Write a number: seven bits a byte, the lowest first."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def block(content: bytes, height: int = 0) -> bytes:
    """Write a proof that says: the SHA-256 of the SHA-256 of *content* is the Merkle root of block *height*."""
    return proof(content, SHA256 + attest(BITCOIN, varint(height)))


def pending(calendar: str = CALENDAR) -> bytes:
    """Write a calendar's promise."""
    told = calendar.encode()
    return attest(PENDING, varint(len(told)) + told)


def promise(_: bytes, deep: int = 1) -> bytes:
    """Answer as a calendar that was asked for the first time; *deep* operations."""
    return b"\xf0\x01c" + SHA256 * deep + pending()


def way(_: bytes, height: int, deep: int = 1) -> bytes:
    """Answer as a calendar that was asked again, by the way to a block."""
    return SHA256 * deep + attest(BITCOIN, varint(height))
