"""
Find the tiles of a PNG whose see-through pixels hold colours: nobody sees them, and everybody who has the file can.

It is NOT a judge of what is faint: only pixels that say themselves that they are not opaque are looked at. One colour
under all of them tells nothing; more than one may be a picture that somebody thought to be gone. The rule is
docs/spec/redaction.md, "PNG".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tamizdat.redaction.codec import TILE
from tamizdat.redaction.png import Header, Png


MAX_BOXES: Final = 8

_PALETTE: Final = 3
# Colour types whose pixels say for themselves how opaque they are (11.2.2).
_ALPHA: Final = (4, 6)
_NONE: Final = np.int64(1 << 48)  # more than any colour of three times 16 bits

Flags = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]


def tiles(picture: Png, hidden: Flags) -> Flags:
    """
    Say which tiles, of those that are not *hidden*, have to be hidden too, so that one colour at most is left under
    all pixels that are not opaque.
    """
    header = picture.header
    flags = np.zeros(len(picture.tiles), bool)
    # Where one colour is declared to be see-through, that colour is all there is under it.
    if header.colour not in _ALPHA and not (header.colour == _PALETTE and "tRNS" in dict(header.needed)):
        return flags
    least, most = (np.concatenate(part) for part in zip(*_extremes(picture), strict=True))
    there = (least != _NONE) & ~hidden
    even = there & (least == most)
    usual = Counter(least[even].tolist()).most_common(1)
    flags[there] = True
    if usual:
        flags &= ~(even & (least == usual[0][0]))
    return flags


def boxes(flags: Flags, across: int, size: tuple[int, int]) -> list[Box]:
    """
    Gather tiles to boxes in pixels as stored, of a picture of *size*; many of them to the one box that holds them all.

    >>> boxes(np.array([True, True, False, True, True, False]), 3, (90, 60))
    [(0, 0, 64, 60)]
    """
    grid = flags.reshape(-1, across)
    done: list[tuple[int, int, int, int]] = []
    growing: dict[tuple[int, int], int] = {}
    for y, line in enumerate([*grid, np.zeros(across, bool)]):
        runs = set(_runs(line))
        done += [(*run, top, y) for run, top in growing.items() if run not in runs]
        growing = {run: growing.get(run, y) for run in runs}
    if len(done) > MAX_BOXES:
        left, right, top, bottom = zip(*done, strict=True)
        done = [(min(left), max(right), min(top), max(bottom))]
    return [_box(one, size) for one in sorted(done, key=lambda one: (one[2], one[0]))]


def _runs(line: Sequence[Any] | Flags) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(np.asarray(line, np.int8), 1))).tolist()
    yield from zip(edges[::2], edges[1::2], strict=True)


def _box(one: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
    left, right, top, bottom = (TILE * edge for edge in one)
    return left, top, min(right, size[0]) - left, min(bottom, size[1]) - top


def _extremes(picture: Png) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """For each tile the least and the most of the colours under its pixels that are not opaque; `_NONE` where all are."""
    header = picture.header
    across = header.grid[0]
    for rows in picture.bands():
        colours, clear = (_of_palette if header.colour == _PALETTE else _of_alpha)(header, rows)
        least, most = np.full(across, _NONE), np.full(across, -1)
        if clear.any():
            beyond = ((0, 0), (0, across * TILE - header.width))
            low = np.pad(np.where(clear, colours, _NONE), beyond, constant_values=_NONE)
            high = np.pad(np.where(clear, colours, -1), beyond, constant_values=-1)
            least = low.reshape(len(rows), across, TILE).min(axis=(0, 2))
            most = high.reshape(len(rows), across, TILE).max(axis=(0, 2))
        yield least, most


def _of_alpha(header: Header, rows: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], Flags]:
    samples = np.ascontiguousarray(rows).view(">u2" if header.depth == 16 else np.uint8)
    pixels = samples.reshape(len(rows), header.width, -1)
    colours = np.zeros(pixels.shape[:2], np.int64)
    for channel in range(pixels.shape[2] - 1):
        colours = colours << header.depth | pixels[:, :, channel]
    return colours, pixels[:, :, -1] < (1 << header.depth) - 1


def _of_palette(header: Header, rows: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], Flags]:
    chunks = dict(header.needed)
    bits = np.unpackbits(np.ascontiguousarray(rows), axis=1).reshape(len(rows), -1, header.depth)
    numbers = (bits @ (1 << np.arange(header.depth)[::-1]))[:, : header.width]
    # A number beyond the palette is no colour.
    named = np.zeros(256, np.int64)
    entries = np.frombuffer(chunks["PLTE"], np.uint8).reshape(-1, 3).astype(np.int64)
    named[: len(entries)] = entries @ (1 << np.array([16, 8, 0]))
    opaque = np.full(256, 255)
    alphas = np.frombuffer(chunks["tRNS"][:256], np.uint8)
    opaque[: len(alphas)] = alphas
    return named[numbers], opaque[numbers] < 255
