"""
Throw bytes at the readers of tars and dossiers: they refuse with an error of ours, or read to the end.

A dossier that is accepted is, byte for byte, one that was written. What Python's own tar module writes is never refused, and its
files come out as they went in.
"""

from __future__ import annotations

import dataclasses
import io
import random
import struct
import tarfile
import zlib

from typing import Any, BinaryIO

from ground import Dice, run, spoil

from tamizdat.field import archive, dossier, ustar
from tamizdat.primitives.errors import TamizdatError


PIECES = [b"\0", b"ustar\x0000", b"ustar  \0", b"../", b"/", b"7" * 11, b"\x80", b"\xff" * 12, b"\0" * 512]
PIECES += [b"30 mtime=1\n", b"19 size=99999999\n", b"12 path=../a\n", b"22 GNU.sparse.major=1\n", b"9999999 path="]
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
# Where the fields of a header lie.
FIELDS = [0, 100, 108, 116, 124, 135, 136, 147, 148, 156, 157, 257, 263, 265, 329, 345, 482, 500, 504]


@dataclasses.dataclass
class Picture:
    """A picture to seal: one pixel."""

    name: bytes = b"a.png"
    how: str = "as handed over by the system"

    def open(self) -> BinaryIO:
        """Give its bytes."""
        chunks = (
            (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            (b"IDAT", zlib.compress(b"\0\x7f")),
            (b"IEND", b""),
        )
        written = (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
        return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(written))

    def fingerprint(self) -> int:
        """It never changes."""
        return 0


def dossiers() -> list[bytes]:
    """Write small dossiers to spoil, one with a picture that is committed to by parts."""
    made = []
    for note, left in ((b"a note", []), (b"", [dossier.LeftOut(name=b"\xff", reason="it cannot be read")])):
        sink = io.BytesIO()
        sources = [Picture()] if note else []
        dossier.write(sources, sink=sink, entropy=Dice(), created=1, note=note, left_out=left)
        made.append(sink.getvalue())
    return made


WHOLE = dossiers()


def foreign(dice: random.Random) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Let Python's tar module write an archive, and say what is in it."""
    sink = io.BytesIO()
    put = []
    with tarfile.open(fileobj=sink, mode="w", format=dice.choice(FORMATS)) as tar:
        for number in range(dice.randint(1, 4)):
            name = (
                f"{number}"
                + dice.choice(["", "a" * 98, "/b" * 70, "/\u00e9t\u00e9", " \U0001f4f7"])[: dice.randint(0, 140)]
            )
            data = dice.randbytes(dice.choice([0, 1, 511, 512, 513, 3000]))
            info = tarfile.TarInfo(name.rstrip("/"))
            info.size, info.mtime, info.uname = len(data), dice.randrange(1 << 33), dice.choice(["", "\u00e9"])
            tar.addfile(info, io.BytesIO(data))
            put.append((info.name, data))
            if dice.random() < 0.3:
                folder = tarfile.TarInfo(f"folder{number}")
                folder.type = dice.choice([tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE])
                folder.linkname = "/etc/passwd"
                tar.addfile(folder)
    return sink.getvalue(), put


def one_input(thrown: tuple[bytes, list[tuple[str, bytes]] | None]) -> None:
    """Read *thrown* both ways; anything but an error of ours is a fault of ours."""
    raw, put = thrown
    dossier.kind(raw)
    try:
        read(raw)
    except TamizdatError:
        if raw in WHOLE:
            raise
    else:
        if raw not in WHOLE:
            raise AssertionError("a spoiled dossier was accepted")
    try:
        found: list[Any] = [
            (member.name, member.stream.read(), member.fault) for member in archive.read_members(io.BytesIO(raw))
        ]
    except TamizdatError:
        if put is not None:
            raise
        return
    if sum(len(data) for _, data, _ in found) > len(raw):
        raise AssertionError("more came out of a tar than is in it")
    if put is not None and [(name.decode(), data) for name, data, fault in found if not fault] != put:
        raise AssertionError("a foreign tar was read otherwise than it was written")


def read(raw: bytes) -> None:
    """Read a dossier, and have every root that commits to parts recomputed."""
    kept: dict[int, bytes] = {}

    def take(entry: dossier.Entry, stream: BinaryIO) -> None:
        kept[entry.number] = stream.read()

    dossier.read(io.BytesIO(raw), take, again=lambda entry: kept[entry.number])


def make(dice: random.Random) -> tuple[bytes, list[tuple[str, bytes]] | None]:
    """Take a dossier or a foreign tar, mostly spoiled: its bytes, or fields of its headers with their checksums mended."""
    put = None
    raw = dice.choice(WHOLE)
    if dice.random() < 0.5:
        raw, put = foreign(dice)
    match dice.randrange(8):
        case 0:
            return raw, put
        case 1:
            return spoil(raw[:9000], dice, PIECES) + raw[9000:], None
        case _:
            return _headers(raw, dice), None


def _headers(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    starts = [at for at in range(0, min(len(raw), 40 * 512), 512) if raw[at + 257 : at + 262] == b"ustar"]
    for start in dice.choices(starts or [0], k=dice.randint(1, 3)):
        at = start + dice.choice(FIELDS)
        put = dice.choice([dice.randbytes(1), *PIECES, bytes([dice.choice(b"01234567xgLKSVX")])])
        end = min(at + len(put), start + 512)
        changed[at:end] = put[: end - at]
        block = changed[start : start + ustar.BLOCK]
        block[148:156] = b" " * 8
        changed[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    if dice.random() < 0.2:
        del changed[dice.randrange(len(changed)) :]
    return bytes(changed)


if __name__ == "__main__":
    run(make, one_input)
