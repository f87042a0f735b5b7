"""
ISA-L, Intel's erasure code, found on this machine and called in its own memory: fourteen times as fast as zfec.

It is NOT needed: where it is missing, or gives anything else than numpy does, `load` gives None and
galois.py does the work. It computes sums of products only; the matrix is erasure.py's.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import sys

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.carry import galois
from tamizdat.carry.galois import Bytes


_SYSTEM: Final = {"linux": "libisal.so.2", "darwin": "libisal.2.dylib"}
_TABLE: Final = 32  # bytes of table for one coefficient, by ec_init_tables
_CACHE: Final = 1 << 19  # bytes of blocks worked on at once, so that they stay in the cache
_LEAST: Final = 2048


class Library:
    """A libisal that was found."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._encode = library.ec_encode_data
        self._encode.restype = None
        self._encode.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int] + [ctypes.c_void_p] * 3
        self._init = library.ec_init_tables
        self._init.restype = None
        self._init.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        self._tables = functools.lru_cache(maxsize=64)(self._make_tables)

    def multiply(self, rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> bool:
        """Do what `galois.multiply` does; False, and nothing done, where the blocks do not lie in one piece each."""
        ready = self.prepare(rows, sources, targets)
        if ready is not None:
            ready()
        return ready is not None

    def prepare(self, rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> Callable[[], None] | None:
        """Give a `multiply` of just these blocks, which are kept alive; None as there."""
        if not len(targets):
            return _nothing
        length = len(targets[0])
        places = _addresses(sources, targets, length)
        if places is None or rows.shape != (len(targets), len(sources)):
            return None
        run = min(length, max(_LEAST, _CACHE // len(sources) // 64 * 64))
        if length - run < run:
            run = length
        tables = self._tables(rows.tobytes(), *rows.shape)
        return functools.partial(self._run, (*rows.shape, length, run), tables, places, (sources, targets))

    def _run(
        self,
        counts: tuple[int, int, int, int],
        tables: ctypes.Array[ctypes.c_char],
        places: npt.NDArray[np.uint64],
        _alive: object,
    ) -> None:
        height, width, length, run = counts
        for begin in range(0, length, run):
            here = places + np.uint64(begin) if begin else places
            start = here.ctypes.data
            self._encode(min(run, length - begin), width, height, tables, start, start + 8 * width)

    def _make_tables(self, coefficients: bytes, height: int, width: int) -> ctypes.Array[ctypes.c_char]:
        tables = ctypes.create_string_buffer(_TABLE * height * width)
        self._init(width, height, coefficients, tables)
        return tables


def load() -> Library | None:
    """Find a libisal and prove it; None where there is none, or it does not give what numpy gives."""
    for name in _places():
        try:
            library = Library(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
        if proven(library.multiply):
            return library
    return None


def proven(multiply: Callable[[Bytes, Sequence[Bytes], Sequence[Bytes]], object]) -> bool:
    """Say whether an engine gives what numpy gives, for every coefficient and for lengths with and without a tail."""
    rows = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for length in (16, 256, 4080):
        fill = np.arange(16 * length, dtype=np.uint32)
        sources = list(((fill * 2654435761) >> 13).astype(np.uint8).reshape(16, length))
        ours, theirs = (np.zeros((16, length), np.uint8) for _ in "12")
        galois.multiply(rows, sources, list(ours))
        multiply(rows, sources, list(theirs))
        if not np.array_equal(ours, theirs):
            return False
    return True


def _places() -> Iterator[str]:
    """Name where it may be: with the system, else in the wheel of pyeclib, which is not imported."""
    if sys.platform in _SYSTEM:
        yield _SYSTEM[sys.platform]
        spec = importlib.util.find_spec("pyeclib")
        if spec is not None and spec.origin is not None:
            folder = Path(spec.origin).parent.with_name("pyeclib.libs")
            yield from map(str, sorted(folder.glob("libisal*")))


def _addresses(sources: Sequence[Bytes], targets: Sequence[Bytes], length: int) -> npt.NDArray[np.uint64] | None:
    places = []
    for number, block in enumerate([*sources, *targets]):
        inside = block.__array_interface__
        if inside["shape"] != (length,) or inside["strides"] is not None or inside["typestr"] != "|u1":
            return None
        place, fixed = inside["data"]
        if fixed and number >= len(sources):
            return None
        places.append(place)
    return np.array(places, np.uint64)


def _nothing() -> None:
    """No rows were asked for."""
