"""
The erasure code: n blocks of which any k give the rest. NOT secret sharing. docs/spec/part.md, "The code".

It is Rizzo's systematic code over GF(2^8), polynomial 0x11d, with the matrix of zfec, so that
its blocks are zfec's byte for byte. A row of the matrix does not depend on how many rows are
made: more parts can be made years later.

The one slow step is `multiply`: by ISA-L (isal.py) where that is at hand, else by numpy (galois.py).
"""

from __future__ import annotations

import functools
import os

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from tamizdat.carry import galois, isal
from tamizdat.carry.galois import Bytes


Multiply: TypeAlias = Callable[[Bytes, Sequence[Bytes], Sequence[Bytes]], None]

CAPACITY: Final = 255
ENGINE_VARIABLE: Final = "TAMIZDAT_ENGINE"


def generator(need: int, total: int) -> Bytes:
    """Give the matrix: *total* rows of *need* coefficients; the first *need* rows are the unit matrix."""
    rows = np.zeros((total, need), np.uint8)
    rows[:need] = np.eye(need, dtype=np.uint8)
    if total > need:
        rows[need:] = galois.product(_vandermonde(need, range(need, total)), _inverse_top(need))
    return rows


def recovery(need: int, present: Sequence[int], wanted: Sequence[int]) -> Bytes:
    """
    Give the rows that make the blocks *wanted* out of the blocks *present*.

    Args:
        need: k.
        present: The indexes of k different blocks, in the order their bytes will be given.
        wanted: Any indexes; data blocks (below k) to decode, others to make anew.
    """
    if len(set(present)) != need:
        msg = f"{need} different blocks are needed, not {sorted(set(present))}"
        raise ValueError(msg)
    return _recovery(need, tuple(present), tuple(wanted))


@functools.lru_cache(maxsize=64)
def _recovery(need: int, present: tuple[int, ...], wanted: tuple[int, ...]) -> Bytes:
    rows = _generator(need)
    missing = [index for index in range(need) if index not in present]
    if not missing:
        order = np.argsort(present)
        return _frozen(rows[list(wanted)][:, np.argsort(order)])
    # Only the missing data blocks are unknown: a small matrix is inverted, not the k by k one.
    spare = [place for place, index in enumerate(present) if index >= need]
    known = [(place, index) for place, index in enumerate(present) if index < need]
    parity = rows[[present[place] for place in spare]]
    solve = galois.inverse(parity[:, missing])
    data = np.zeros((need, need), np.uint8)
    for place, index in known:
        data[index, place] = 1
    lost = np.zeros((len(missing), need), np.uint8)
    lost[:, spare] = solve
    if known:
        lost[:, [place for place, _ in known]] = galois.product(solve, parity[:, [index for _, index in known]])
    data[missing] = lost
    return _frozen(galois.product(rows[list(wanted)], data))


def multiply(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> None:
    """
    Fill each target with its row's combination of the sources, by the fastest engine there is.

    Args:
        rows: One row a target, one coefficient a source.
        sources: Blocks of one length, a multiple of 16.
        targets: Blocks of that length, written over.
    """
    fast = _fast()
    if fast is None or not fast.multiply(rows, sources, targets):
        galois.multiply(rows, sources, targets)


def prepare(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> Callable[[], None]:
    """Give a `multiply` of just these blocks, to be called again and again as their bytes change."""
    fast = _fast()
    ready = None if fast is None else fast.prepare(rows, sources, targets)
    return ready or functools.partial(galois.multiply, rows, sources, targets)


def engine() -> str:
    """Say which engine multiplies: ``isal`` or ``numpy``."""
    return "numpy" if _fast() is None else "isal"


@functools.cache
def _fast() -> isal.Library | None:
    return None if os.environ.get(ENGINE_VARIABLE) == "numpy" else isal.load()


@functools.lru_cache(maxsize=4)
def _generator(need: int) -> Bytes:
    return _frozen(generator(need, CAPACITY))


@functools.lru_cache(maxsize=4)
def _inverse_top(need: int) -> Bytes:
    return galois.inverse(_vandermonde(need, range(need)))


def _vandermonde(need: int, rows: Sequence[int]) -> Bytes:
    """Row 0 is 1, 0, 0 ...; row r is the powers of 2^(r-1), as zfec has them."""
    exponents = np.maximum(np.array(rows) - 1, 0)[:, None] * np.arange(need)[None, :]
    matrix: Bytes = galois.EXP[exponents % 255]
    if 0 in rows:
        matrix[list(rows).index(0), 1:] = 0
    return matrix


def _frozen(matrix: Bytes) -> Bytes:
    matrix.setflags(write=False)
    return matrix
