"""
Content credentials in a picture, made by hand: JUMBF boxes in its APP11 segments, with a sidecar among them or not.

They are signed by nobody. It writes nothing.
"""

from __future__ import annotations

import struct

from tamizdat.redaction import jpeg
from tamizdat.wire import sidecar
from tools.vectors import newsroom


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _named(kind: bytes, label: str, *parts: bytes) -> bytes:
    head = _box(b"jumd", kind + bytes.fromhex("00110010800000aa00389b71"), b"\x03", label.encode() + b"\0")
    return _box(b"jumb", head, *parts)


def held(*texts: bytes, kind: bytes = b"json") -> bytes:
    """Give the boxes of credentials in which *texts* stand as sidecars do."""
    inside = [_named(kind, sidecar.ASSERTION, _box(kind, one)) for one in texts]
    store = _named(b"c2as", "c2pa.assertions", _named(b"cbor", "c2pa.hash.data", _box(b"cbor", b"\xa0")), *inside)
    return _named(b"c2pa", "c2pa", _named(b"c2ma", "urn:c2pa:of-before"), _named(b"c2ma", "urn:c2pa:newest", store))


def within(raw: bytes, piece: int = 20_000) -> bytes:
    """Put boxes into the newsroom's picture, in pieces."""
    parts = [raw[8:][at : at + piece] for at in range(0, len(raw) - 8, piece)]
    pieces = [
        jpeg.segment(0xEB, b"JP" + struct.pack(">HI", 1, number) + raw[:8] + part)
        for number, part in enumerate(parts, 1)
    ]
    return newsroom.SHOWN.file[:2] + b"".join(pieces) + newsroom.SHOWN.file[2:]
