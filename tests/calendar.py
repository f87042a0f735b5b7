"""
A calendar of OpenTimestamps on this machine, with a Bitcoin of its own: real HTTP, made-up blocks that hardly took work.

It keeps what it was asked for, promises it, and once `mine` was called answers with the way to that block. `lie` is what it
answers in place of the truth.
"""

from __future__ import annotations

import hashlib
import struct

from typing import Self

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp

from tamizdat.adapters.web import Answered, Server


EASY = 0x207FFFFF  # every second hash will do


def written(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    stamp.serialize(context)
    return context.getbytes()


def header(root: bytes, time: int, bits: int = EASY) -> bytes:
    """Make up the header of a block with that Merkle root."""
    for nonce in range(1 << 16):
        raw = struct.pack("<i32s32sIII", 2, bytes(32), root, time, bits, nonce)
        if name(raw) < "7f":
            return raw
    raise AssertionError


def name(raw: bytes) -> str:
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()[::-1].hex()


class Calendar:
    """One calendar, until it is closed; while it is *away* it breaks every connection off."""

    def __init__(self, uri: str = "") -> None:
        self.asked: list[bytes] = []
        self.blocks: dict[int, bytes] = {}
        self.mined: dict[bytes, Timestamp] = {}
        self.lie: bytes | None = None
        self.away = False
        self._server = Server("127.0.0.1", 0, self._answer, 4096)
        self.address = f"{self._server.address}/"
        self.uri = uri or self._server.address
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])

    def mine(self, height: int, time: int) -> None:
        """Bring all that was promised into one block."""
        for count, message in enumerate(self.asked):
            if message in self.mined:
                continue
            stamp = Timestamp(message)
            top = stamp.ops.add(OpAppend(b"block %d.%d" % (height, count))).ops.add(OpSHA256()).ops.add(OpSHA256())
            top.attestations.add(BitcoinBlockHeaderAttestation(height + count))
            self.blocks[height + count] = header(top.msg, time)
            self.mined[message] = stamp

    def _answer(self, asked) -> Answered:
        if self.away:
            raise ConnectionAbortedError
        kind, _, rest = asked.path.lstrip("/").partition("/")
        if kind.startswith("block"):
            return self._block(kind, rest)
        if self.lie is not None:
            return Answered(status=200, body=self.lie)
        if asked.method == "POST" and kind == "digest":
            return Answered(status=200, body=self._promise(asked.body))
        found = self.mined.get(bytes.fromhex(rest)) if kind == "timestamp" else None
        return Answered(status=200, body=written(found)) if found else Answered(status=404, body=b"Pending\n")

    def _promise(self, digest: bytes) -> bytes:
        stamp = Timestamp(digest)
        end = stamp.ops.add(OpPrepend(b"calendar")).ops.add(OpSHA256())
        end.attestations.add(PendingAttestation(self.uri))
        self.asked.append(end.msg)
        return written(stamp)

    def _block(self, kind: str, rest: str) -> Answered:
        if kind == "block-height":
            found = self.blocks.get(int(rest))
            return Answered(status=200, body=name(found).encode()) if found else Answered(status=404)
        found = next((raw for raw in self.blocks.values() if name(raw) == rest.partition("/")[0]), None)
        return Answered(status=200, body=found.hex().encode()) if found else Answered(status=404)
