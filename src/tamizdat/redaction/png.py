"""
A PNG as a grid of pixel tiles that can be made blank, cropped and published anew.

It is NOT lenient: every check sum is checked, and a file with any flaw is refused as a whole. What is read, and what
the published file holds, is docs/spec/redaction.md, "PNG"; sections named here are those of the PNG specification.
"""

from __future__ import annotations

import dataclasses
import math
import struct
import zlib

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import metadata
from tamizdat.redaction.codec import MAX_TILES, TILE, machine


SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAGIC: Final = b"TPC1"
MAX_BYTES: Final = 384 << 20

# Colour types, with their channels and depths (11.2.2).
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# What pixels cannot be drawn without; the palette of other colour types is a suggestion.
_NEEDED: Final = ("PLTE", "tRNS")
# What is published of the colours, where it is shown.
_COLOURS: Final = ("png:cICP", "png:iCCP", "png:sRGB", "png:gAMA", "png:cHRM")
_C2PA: Final = "caBX"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    What stands in the open.

    Attributes:
        depth: Bits a sample.

        colour: The colour type.

        needed: The chunks that pixels cannot be drawn without, in the order PLTE, tRNS.
    """

    width: int
    height: int
    depth: int
    colour: int
    needed: tuple[tuple[str, bytes], ...] = ()

    @property
    def bits(self) -> int:
        """How many bits a pixel has."""
        return self.depth * _CHANNELS[self.colour]

    @property
    def row(self) -> int:
        """How many bytes a row has."""
        return -(-self.width * self.bits // 8)

    @property
    def grid(self) -> tuple[int, int]:
        """How many tiles across and down."""
        return -(-self.width // TILE), -(-self.height // TILE)

    def ihdr(self) -> bytes:
        """Write what the chunk IHDR holds."""
        return struct.pack(">IIBBBBB", self.width, self.height, self.depth, self.colour, 0, 0, 0)

    def write(self) -> bytes:
        """Write the header as it is hashed."""
        needed = b"".join(struct.pack(">I4s", len(data), kind.encode()) + data for kind, data in self.needed)
        return struct.pack(">4sBH", MAGIC, 1, TILE) + self.ihdr() + needed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Png:
    """A PNG that was read; *chunks* are those that the header does not hold, *late* the kinds that follow the pixels."""

    kind: ClassVar[int] = 2
    header: Header
    tiles: npt.NDArray[Any] = dataclasses.field(repr=False)
    chunks: tuple[tuple[str, bytes], ...] = dataclasses.field(repr=False)
    trailer: bytes = dataclasses.field(repr=False)
    late: tuple[str, ...] = ()

    def items(self) -> list[metadata.Item]:
        """Take the metadata apart."""
        return metadata.png_items(self.chunks, self.trailer)

    def blanks(self, fill: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Give the bytes of blank tiles; there is only one value to fill them with, 0."""
        return np.full((len(numbers), self.tiles.shape[1]), fill, np.uint8)

    @property
    def credentials(self) -> int:
        """How many bytes its content credentials take."""
        return sum(12 + len(data) for kind, data in self.chunks if kind == _C2PA)

    def bands(self) -> Iterator[npt.NDArray[Any]]:
        """Give the rows of one line of tiles after the other, packed as in the file."""
        return _bands(self.header, self.tiles)

    def cropped(self, left: int, top: int, width: int, height: int) -> Png:
        """Give a part that begins on a tile."""
        header = dataclasses.replace(self.header, width=width, height=height)
        across, down = header.grid
        grid = self.tiles.reshape(*self.header.grid[::-1], -1)
        part = grid[top // TILE : top // TILE + down, left // TILE : left // TILE + across]
        return dataclasses.replace(self, header=header, tiles=part.reshape(across * down, -1).copy())

    def publish(self, shown: Sequence[metadata.Item]) -> bytes:
        """Write a new file: from this list, and nothing else."""
        packer = zlib.compressobj(6)
        rows = b"".join([*map(packer.compress, _filtered(self.header, self.tiles)), packer.flush()])
        chunks = [("IHDR", self.header.ihdr()), *_shown(shown), *self.header.needed, ("IDAT", rows), ("IEND", b"")]
        return SIGNATURE + b"".join(chunk(kind, data) for kind, data in chunks)

    def strange(self, shown: Sequence[metadata.Item]) -> str:
        """Name a chunk that *shown* does not give, or gives and is not there once, before the pixels; else empty."""
        allowed = _shown(shown)
        strange = [one[0] for one in self.chunks if one not in allowed and one[0] != _C2PA]
        strange += [one[0] for one in allowed if self.chunks.count(one) != 1 or one[0] in self.late]
        strange += [_C2PA] if sum(kind == _C2PA for kind, _ in self.chunks) > 1 else []
        return strange[0] if strange else ""


def read(raw: bytes) -> Png:
    """
    Read a PNG that is not interlaced and does not move.

    Raises:
        FormatError: ``png-...``.
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    chunks, end = _chunks(raw)
    header = _header(chunks)
    data = b"".join(data for kind, data in chunks if kind == "IDAT")
    others = tuple(one for one in chunks if one[0] not in {"IHDR", "IDAT", "IEND"} and one not in header.needed)
    kinds = [kind for kind, _ in chunks]
    return Png(
        header=header,
        tiles=_tiles(header, _pixels(header, data)),
        chunks=others,
        trailer=raw[end:],
        late=tuple(kinds[kinds.index("IDAT") :]),
    )


def chunk(kind: str, data: bytes) -> bytes:
    """Write one chunk (5.3)."""
    body = kind.encode() + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _chunks(raw: bytes) -> tuple[list[tuple[str, bytes]], int]:
    if not raw.startswith(SIGNATURE):
        raise _flaw("png-chunk", "the file does not begin as a PNG")
    found: list[tuple[str, bytes]] = []
    at = len(SIGNATURE)
    while not found or found[-1][0] != "IEND":
        if at + 12 > len(raw):
            raise _flaw("png-chunk", "the file breaks off")
        (length,) = struct.unpack_from(">I", raw, at)
        body, check = raw[at + 4 : at + 8 + length], raw[at + 8 + length : at + 12 + length]
        if len(check) != 4 or zlib.crc32(body) != int.from_bytes(check, "big"):
            raise _flaw("png-chunk", f"the chunk at byte {at} is cut short or altered")
        if not body[:4].isalpha() or not body[:4].isascii():
            raise _flaw("png-chunk", f"the chunk at byte {at} has no type")
        found.append((body[:4].decode(), body[4:]))
        at += 12 + length
    return found, at


def _header(chunks: list[tuple[str, bytes]]) -> Header:
    kinds = [kind for kind, _ in chunks]
    # Capitals mean that nobody may pass over it (5.4).
    if any(kind[0].isupper() and kind not in {"IHDR", "PLTE", "IDAT", "IEND"} for kind in kinds) or "acTL" in kinds:
        raise _flaw("png-kind", "the picture moves, or holds something that is not known")
    once = all(kinds.count(kind) < 2 for kind in ("IHDR", "PLTE", "tRNS"))
    first = kinds.index("IDAT") if "IDAT" in kinds else 0
    together = kinds[first : first + kinds.count("IDAT")] == ["IDAT"] * kinds.count("IDAT")
    before = all(kinds.index(kind) < first for kind in _NEEDED if kind in kinds)
    if kinds[0] != "IHDR" or len(chunks[0][1]) != 13 or not (first and once and together and before) or chunks[-1][1]:
        raise _flaw("png-chunk", "chunks are missing, twice or out of order")
    width, height, depth, colour, packing, filters, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if interlace or packing or filters or depth not in _DEPTHS.get(colour, ()):
        raise _flaw("png-kind", "the picture is interlaced, or of a kind that is not known")
    if not (0 < width < 1 << 16 and 0 < height < 1 << 16):
        raise _flaw("png-limit", f"{width} x {height} pixels cannot be read")
    needed = tuple(
        (kind, data)
        for name in _NEEDED
        for kind, data in chunks
        if kind == name and not (name == "PLTE" and colour != 3)
    )
    if colour >= 4 and needed:
        raise _flaw("png-chunk", "a colour is see-through where every pixel says so itself")
    if colour == 3 and (not needed or needed[0][0] != "PLTE" or len(needed[0][1]) not in range(3, 769, 3)):
        raise _flaw("png-chunk", "the palette is missing or cut short")
    header = Header(width=width, height=height, depth=depth, colour=colour, needed=needed)
    if height * (header.row + 1) > MAX_BYTES or math.prod(header.grid) > MAX_TILES:
        raise _flaw("png-limit", f"{width} x {height} pixels are more than can be taken apart")
    return header


def _pixels(header: Header, data: bytes) -> npt.NDArray[np.uint8]:
    """Unpack and unfilter; gives the rows, each with its filter's number before it."""
    size = header.height * (header.row + 1)
    stream = zlib.decompressobj()
    try:
        rows = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise _flaw("png-data", f"the data cannot be unpacked: {error}") from error
    if len(rows) != size or not stream.eof or stream.unused_data:
        raise _flaw("png-data", "there are more or fewer data than the picture needs")
    runner = machine.Machine()
    address = runner.place(rows)
    if runner.call("unfilter", address, header.height, header.row, max(1, header.bits // 8)):
        raise _flaw("png-data", "a filter is not known")
    return runner.bytes_at(address, size).reshape(header.height, header.row + 1)


def _tiles(header: Header, filtered: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Cut rows into tiles, a line of tiles at a time; 32 pixels are whole bytes at every depth."""
    across, down = header.grid
    if beyond := -header.width * header.bits % 8:
        # What fills up the last byte of a row is nobody's content (7.2).
        filtered[:, header.row] &= 0xFF << beyond & 0xFF
    tiles = np.zeros((down, across, TILE, 4 * header.bits), np.uint8)
    for line, top in zip(tiles, range(0, header.height, TILE), strict=True):
        band = filtered[top : top + TILE, 1:]
        sheet = np.zeros((TILE, across * 4 * header.bits), np.uint8)
        sheet[: len(band), : header.row] = band
        line[:] = sheet.reshape(TILE, across, -1).swapaxes(0, 1)
    return tiles.reshape(across * down, -1)


def _bands(header: Header, tiles: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Give the rows of one line of tiles after the other; all at once they would fill the memory twice."""
    across, down = header.grid
    for number, line in enumerate(tiles.reshape(down, across, TILE, -1)):
        yield line.swapaxes(0, 1).reshape(TILE, -1)[: header.height - TILE * number, : header.row]


def _filtered(header: Header, tiles: npt.NDArray[Any]) -> Iterator[bytes]:
    """Choose for each row the filter that leaves the least (12.7); one by one they would be slow."""
    pixel = max(1, header.bits // 8)
    above = np.zeros(header.row + pixel, np.int16)
    for rows in _bands(header, tiles):
        sheet = np.zeros((len(rows) + 1, header.row + pixel), np.int16)
        sheet[0], sheet[1:, pixel:] = above, rows
        above = sheet[-1]
        x, a, b, c = sheet[1:, pixel:], sheet[1:, :-pixel], sheet[:-1, pixel:], sheet[:-1, :-pixel]
        pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        paeth = np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))
        choices = np.stack([x, x - a, x - b, x - (a + b) // 2, x - paeth]).astype(np.uint8)
        costs = abs(choices.astype(np.int8).astype(np.int32)).sum(axis=2)
        best = costs.argmin(axis=0) if header.depth >= 8 and header.colour != 3 else np.zeros(len(x), np.int64)
        chosen = choices[best, np.arange(len(x))]
        yield np.hstack([best.astype(np.uint8)[:, None], chosen]).tobytes()


def _shown(shown: Sequence[metadata.Item]) -> list[tuple[str, bytes]]:
    by_path = {item.path: item for item in shown}
    chunks = [(path[4:], by_path[path].raw) for path in _COLOURS if path in by_path]
    if metadata.ORIENTATION in by_path:
        chunks.append(("eXIf", metadata.write_orientation(by_path[metadata.ORIENTATION])))
    return chunks


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend="Only the file as a whole can be proven, no part of it.")
