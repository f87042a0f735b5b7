"""
A JPEG's quantised coefficients as numpy arrays, read strictly in a sandbox, and written again.

It is NOT an image decoder: no pixel is computed, and a file with any flaw is refused as a whole. The C source of the
module beside this file is jdct.c; what is refused, and why, is docs/spec/redaction.md, "Reading a JPEG".
"""

from __future__ import annotations

import dataclasses
import struct

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction.codec import machine


TILE: Final = 32
MAX_TILES: Final = 1 << 18
MAGIC: Final = b"TJC1"
NO_TRANSFORM: Final = 255
COEFFICIENT_LEAST, COEFFICIENT_MOST = -1024, 1023

Tiles = npt.NDArray[np.int16]

_WORDS: Final = 17
_COMPONENT: Final = struct.Struct("<9I")
_PICTURE: Final = struct.Struct(f"<{_WORDS - 1}I")
_LENGTH: Final = _PICTURE.size + 4 * _COMPONENT.size + 4 * 128
_MEND: Final = "Only the file as a whole can be proven, no part of it."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One colour component: its id, its sampling, and its 64 quantisers in row-major order of frequency."""

    id: int
    h: int
    v: int
    quantiser: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    What a picture's commitment says in the open: enough to make pixels of coefficients, and nothing else.

    Attributes:
        transform: 1 for YCbCr, 0 for none, 2 for YCCK, 255 for grey.
    """

    width: int
    height: int
    transform: int
    components: tuple[Component, ...]

    @property
    def hmax(self) -> int:
        """The largest horizontal sampling."""
        return max(one.h for one in self.components)

    @property
    def vmax(self) -> int:
        """The largest vertical sampling."""
        return max(one.v for one in self.components)

    @property
    def grid(self) -> tuple[int, int]:
        """How many tiles across and down."""
        return -(-self.width // TILE), -(-self.height // TILE)

    @property
    def tile_blocks(self) -> int:
        """How many blocks a tile has."""
        return sum(16 * one.h * one.v // (self.hmax * self.vmax) for one in self.components)

    def write(self) -> bytes:
        """Write the header as it is hashed (docs/spec/redaction.md, "Header")."""
        fixed = struct.pack(
            ">4sBHIIBBBB",
            *(MAGIC, 1, TILE, self.width, self.height),
            *(len(self.components), self.hmax, self.vmax, self.transform),
        )
        return fixed + b"".join(struct.pack(">BBB64H", one.id, one.h, one.v, *one.quantiser) for one in self.components)


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """
    One APPn or comment segment.

    Attributes:
        marker: 0xE0 to 0xEF, or 0xFE.

        data: What it holds.

        late: It stands behind the beginning of a scan, where viewers heed it no more.
    """

    marker: int
    data: bytes
    late: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    What was read of a JPEG.

    Attributes:
        header: What stands in the open.

        tiles: One row for each tile, row by row of the picture; 64 coefficients for each of its blocks. A view of the
            sandbox's memory: what is changed in it is what `write` writes.

        segments: All APPn and comment segments, in order.

        trailer: What follows the end of the picture.
    """

    header: Header
    tiles: Tiles = dataclasses.field(repr=False)
    segments: tuple[Segment, ...] = dataclasses.field(repr=False)
    trailer: bytes = dataclasses.field(repr=False)
    _machine: machine.Machine = dataclasses.field(repr=False)

    def write(self) -> bytes:
        """
        Write the coefficients as they stand as one baseline scan with the best codes: from DQT to EOI.

        The bytes follow from header and tiles alone.
        """
        flaw = self._machine.call("encode")
        if flaw == 8:
            raise ValueError(f"a coefficient is not within {COEFFICIENT_LEAST} and {COEFFICIENT_MOST}")
        if flaw:
            raise _FLAWS[flaw](0)
        address, length = _words(self._machine)[14:16]
        return self._machine.bytes_at(address, length).tobytes()

    def cropped(self, left: int, top: int, width: int, height: int) -> Picture:
        """
        Give the part that begins at *left*, *top* (pixels, multiples of 32); this picture is spent by it.

        Width and height must be multiples of 32 too, or reach the picture's edge.
        """
        across, _ = self.header.grid
        header = dataclasses.replace(self.header, width=width, height=height)
        inner_across, inner_down = header.grid
        rows = np.arange(inner_down)[:, None] + top // TILE
        columns = np.arange(inner_across)[None, :] + left // TILE
        chosen = (rows * across + columns).ravel()
        # Rows only move towards the front, so that they can move in place.
        self.tiles[: len(chosen)] = self.tiles[chosen]
        _check(self._machine.ask("layout", width, height), 0)
        return dataclasses.replace(self, header=header, tiles=self.tiles[: len(chosen)])


def read(raw: bytes) -> Picture:
    """
    Read the coefficients of a JPEG: baseline or progressive, 8 bits a sample, Huffman codes.

    Raises:
        FormatError: ``jpeg-...``: the file has a flaw, or is of a kind that cannot be taken apart.
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    runner = machine.Machine()
    source = runner.place(raw)
    flaw = runner.call("decode", source, len(raw))
    words = _words(runner)
    _check(flaw, words[11])
    listed = runner.bytes_at(words[13], 12 * words[12]).view(np.uint32).reshape(-1, 3).tolist()
    segments = tuple(Segment(kind & 255, raw[at : at + length], kind > 255) for kind, at, length in listed)
    return _picture(runner, _header(runner, words), segments, raw[words[10] :])


def build(header: Header, tiles: Tiles) -> Picture:
    """Make a picture of a header and coefficients (one row for each tile), to be written."""
    runner = machine.Machine()
    address = runner.ask("picture")
    view = runner.bytes_at(address, _LENGTH)
    words = [header.width, header.height, len(header.components), 0, 0, header.transform, *[0] * (_WORDS - 7)]
    packed = _PICTURE.pack(*words) + b"".join(
        _COMPONENT.pack(one.id, one.h, one.v, *[0] * 6) for one in header.components
    )
    view[: len(packed)] = np.frombuffer(packed, np.uint8)
    for number, one in enumerate(header.components):
        start = _PICTURE.size + 4 * _COMPONENT.size + 128 * number
        view[start : start + 128] = np.array(one.quantiser, "<u2").view(np.uint8)
    _check(runner.ask("prepare"), 0)
    picture = _picture(runner, header, (), b"")
    picture.tiles[:] = tiles
    return picture


def _picture(runner: machine.Machine, header: Header, segments: Sequence[Segment], trailer: bytes) -> Picture:
    across, down = header.grid
    values = header.tile_blocks * 64
    flat = runner.bytes_at(_words(runner)[9], across * down * values * 2).view(np.int16)
    return Picture(
        header=header,
        tiles=flat.reshape(across * down, values),
        segments=tuple(segments),
        trailer=trailer,
        _machine=runner,
    )


def _words(runner: machine.Machine) -> tuple[int, ...]:
    return _PICTURE.unpack(runner.bytes_at(runner.ask("picture"), _PICTURE.size).tobytes())


def _header(runner: machine.Machine, words: tuple[int, ...]) -> Header:
    raw = runner.bytes_at(runner.ask("picture"), _LENGTH).tobytes()
    components = []
    for number in range(words[2]):
        name, h, v, *_ = _COMPONENT.unpack_from(raw, _PICTURE.size + _COMPONENT.size * number)
        start = _PICTURE.size + 4 * _COMPONENT.size + 128 * number
        components.append(Component(id=name, h=h, v=v, quantiser=struct.unpack_from("<64H", raw, start)))
    return Header(width=words[0], height=words[1], transform=words[5], components=tuple(components))


def _check(flaw: int, at: int) -> None:
    if flaw:
        raise _FLAWS[flaw](at)


def _flaw(code: str, what: str) -> Callable[[int], FormatError]:
    return lambda at: FormatError(code, f"{what} (at byte {at} of the picture)", mend=_MEND)


def _limit(_: int) -> FormatError:
    return machine.too_large()


# The numbers of jdct.c.
_FLAWS: Final[dict[int, Callable[[int], Any]]] = {
    1: _flaw("jpeg-start", "the file does not begin as a JPEG"),
    2: _flaw("jpeg-segment", "a segment's length is not what its content needs"),
    3: _flaw("jpeg-marker", "something other than a known marker stands where one should"),
    4: _flaw("jpeg-kind", "the JPEG is arithmetic, lossless, hierarchical or of other than 8 bits"),
    5: _flaw("jpeg-frame", "size, components, sampling or colours are wrong or of a kind that is not known"),
    6: _flaw("jpeg-table", "a table is wrong, missing, or changed after its use"),
    7: _flaw("jpeg-scan", "a scan is not one that may stand here"),
    8: _flaw("jpeg-data", "the data hold a code or value that cannot be"),
    9: _flaw("jpeg-short", "the file breaks off, or data are missing"),
    10: _flaw("jpeg-extra", "there are more data than the picture needs"),
    11: _flaw("jpeg-restart", "a restart marker is missing or out of order"),
    12: _flaw("jpeg-unfinished", "the picture ends before all its coefficients were given in full"),
    13: _limit,
}
