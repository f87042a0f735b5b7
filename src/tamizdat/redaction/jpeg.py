"""
A JPEG as a grid of tiles that can be made blank, cropped and published anew.

It is NOT a decoder (codec/ is the reader of coefficients). The rules are docs/spec/redaction.md, "Tiles" and "Redacting".
"""

from __future__ import annotations

import dataclasses
import math
import struct

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from tamizdat.redaction import codec, metadata
from tamizdat.redaction.codec import Header, Segment


SIGNATURE: Final = b"\xff\xd8\xff"

_JFIF: Final = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_ADOBE: Final = b"Adobe\x00\x64\x00\x00\x00\x00"
_EXIF: Final = b"Exif\x00\x00"
_ICC: Final = b"ICC_PROFILE\x00"
_ICC_CHUNK: Final = 65_000
_C2PA: Final = 0xEB


@dataclasses.dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG that was read."""

    kind: ClassVar[int] = 1
    coefficients: codec.Picture

    @property
    def header(self) -> Header:
        """What stands in the open."""
        return self.coefficients.header

    @property
    def tiles(self) -> npt.NDArray[Any]:
        """One row for each tile; what is changed in it is published."""
        return self.coefficients.tiles

    @property
    def trailer(self) -> bytes:
        """What follows the picture."""
        return self.coefficients.trailer

    def items(self) -> list[metadata.Item]:
        """Take the metadata apart."""
        return metadata.items(self.coefficients.segments, self.trailer)

    def blanks(self, fill: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Give the coefficients of blank tiles; blocks beyond the picture's edge stay zero as everywhere."""
        header = self.header
        rows = np.zeros((len(numbers), header.tile_blocks * 64), np.int16)
        if not fill:
            return rows
        first = header.components[0]
        across, down = 4 * first.h // header.hmax, 4 * first.v // header.vmax
        columns = math.ceil(math.ceil(header.width * first.h / header.hmax) / 8)
        lines = math.ceil(math.ceil(header.height * first.v / header.vmax) / 8)
        ys, xs = np.divmod(numbers, header.grid[0])
        for within in range(across * down):
            y, x = divmod(within, across)
            inside = (xs * across + x < columns) & (ys * down + y < lines)
            rows[:, within * 64] = np.where(inside, fill, 0)
        return rows

    @property
    def credentials(self) -> int:
        """How many bytes its content credentials take."""
        return sum(4 + len(one.data) for one in self.coefficients.segments if one.marker == _C2PA)

    def cropped(self, left: int, top: int, width: int, height: int) -> Jpeg:
        """Give a part that begins on a tile; this picture is spent by it."""
        return Jpeg(self.coefficients.cropped(left, top, width, height))

    def publish(self, shown: Sequence[metadata.Item]) -> bytes:
        """Write a new file: from this list, and nothing else."""
        return b"\xff\xd8" + b"".join(segments(self.header, shown)) + self.coefficients.write()

    def strange(self, shown: Sequence[metadata.Item]) -> str:
        """
        Name a segment that neither every JPEG has nor *shown* gives, or that *shown* gives and does not stand there once.

        Without it viewers would turn the picture otherwise, or give it other colours. Empty where all is right.
        """
        allowed = [one[4:] for one in segments(self.header, shown)][1:]
        there = self.coefficients.segments
        strange = [one.marker for one in there if not _known(one, allowed)]
        strange += [marker for marker in (0xE0, 0xEE) if sum(one.marker == marker for one in there) > 1]
        strange += [_marker(one) for one in allowed if sum(one == other.data for other in there) != 1]
        return f"{strange[0]:02X}" if strange else ""


def read(raw: bytes) -> Jpeg:
    """
    Read a JPEG.

    Raises:
        FormatError: ``jpeg-...``.
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    return Jpeg(codec.read(raw))


def segments(header: Header, shown: Iterable[metadata.Item]) -> list[bytes]:
    """Write the segments a published picture begins with: JFIF or Adobe, and what is shown of orientation and colours."""
    by_path = {item.path: item for item in shown}
    written = []
    if header.transform in {1, codec.NO_TRANSFORM}:
        written.append(segment(0xE0, _JFIF))
    else:
        written.append(segment(0xEE, _ADOBE + bytes([header.transform])))
    if metadata.ORIENTATION in by_path:
        written.append(segment(0xE1, _EXIF + metadata.write_orientation(by_path[metadata.ORIENTATION])))
    # More than 255 pieces have no number each: a proof may claim such a profile, a file cannot hold it.
    if metadata.PROFILE in by_path and len(by_path[metadata.PROFILE].raw) <= 255 * _ICC_CHUNK:
        profile = by_path[metadata.PROFILE].raw
        chunks = [profile[at : at + _ICC_CHUNK] for at in range(0, len(profile), _ICC_CHUNK)]
        written += [
            segment(0xE2, _ICC + bytes([number, len(chunks)]) + chunk) for number, chunk in enumerate(chunks, 1)
        ]
    return written


def segment(marker: int, data: bytes) -> bytes:
    """Write one segment."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _marker(data: bytes) -> int:
    return 0xE1 if data.startswith(_EXIF) else 0xE2


def _known(one: Segment, allowed: list[bytes]) -> bool:
    bare = one.marker == 0xE0 and one.data[:5] == b"JFIF\x00" and len(one.data) == 14
    adobe = one.marker == 0xEE and one.data[:5] == b"Adobe" and len(one.data) == 12
    manifest = one.marker == _C2PA and one.data[:2] == b"JP"
    shown = one.marker in {0xE1, 0xE2} and one.data in allowed
    return not one.late and (bare or adobe or manifest or shown)
