"""
The header of one block of Bitcoin, as far as a proof needs it: its Merkle root, its time, its hash.

Whether it is really a block of Bitcoin nobody can tell from it alone: it shows how much work went into it, and everybody
must hold its hash against what others say. Flaws: docs/spec/log.md, "Anchors".
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import struct

from typing import Final

from tamizdat.primitives.errors import FormatError


LENGTH: Final = 80
MAX_LENGTH: Final = 1024
# Every block since OpenTimestamps began (2015) took more than 2^66 tries; a machine sold for it makes 2^47 of them a second.
LITTLE: Final = 64
_TEXT: Final = re.compile(rb"([0-9a-f]{160})\n?|([0-9a-f]{160})\nfrom ([!-~][ -~]{0,299})\n")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    A block's header.

    Attributes:
        root: The Merkle root of what is in the block, 32 bytes.

        time: Seconds since 1970 by its maker's clock, which may be hours off.

        hash: Its hash as people write it, in hexadecimal.

        work: How often one has to try, on the average, to make such a header, as a power of two.

        source: Who gave it, where that was kept; else empty.
    """

    root: bytes
    time: int
    hash: str
    work: int
    source: str = ""


def read(raw: bytes) -> Header:
    """
    Read a header: 80 bytes, or 160 hexadecimal digits and perhaps a line that says where it came from.

    Raises:
        FormatError: ``anchor-header``.
    """
    if len(raw) == LENGTH:
        return _read(raw, "")
    found = _TEXT.fullmatch(raw) if len(raw) <= MAX_LENGTH else None
    if found is None:
        raise _flaw("it is neither 80 bytes nor their 160 digits")
    return _read(bytes.fromhex((found[1] or found[2]).decode("ascii")), (found[3] or b"").decode("ascii"))


def write(header: bytes, source: str) -> bytes:
    """
    Write the file that is kept beside a proof.

    Raises:
        FormatError: ``anchor-header``.
    """
    raw = f"{header.hex()}\nfrom {source}\n".encode("ascii", "replace")
    read(raw)
    return raw


def _read(raw: bytes, source: str) -> Header:
    root, time, bits = struct.unpack("<36x32sII4x", raw)
    size, digits = bits >> 24, bits & 0x7FFFFF
    target = digits << 8 * (size - 3) if size >= 3 else digits >> 8 * (3 - size)
    number = hashlib.sha256(hashlib.sha256(raw).digest()).digest()[::-1]
    if bits & 0x800000 or not 0 < target < 1 << 256 or int.from_bytes(number, "big") > target:
        raise _flaw("its hash does not show the work that it claims")
    work = ((1 << 256) // (target + 1)).bit_length() - 1
    return Header(root=root, time=time, hash=number.hex(), work=work, source=source)


def _flaw(what: str) -> FormatError:
    return FormatError(
        "anchor-header", f"this is no header of a block of Bitcoin: {what}", mend="Get the header from another source."
    )
