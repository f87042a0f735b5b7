"""
The erasure code: n blocks of which any k give the rest. NOT secret sharing. docs/spec/part.md, "The code".

It is Rizzo's systematic code over GF(2^8), polynomial 0x11d, with the matrix of zfec, so that
its blocks are zfec's byte for byte. A row of the matrix does not depend on how many rows are
made: more parts can be made years later.

The one slow step is `multiply`; an engine of another make has its signature.
"""

from __future__ import annotations

import functools

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt


Bytes: TypeAlias = npt.NDArray[np.uint8]
# (rows, sources, targets): targets[r] = sum over j of rows[r, j] * sources[j]
Engine: TypeAlias = Callable[[Bytes, Sequence[Bytes], Sequence[Bytes]], None]

CAPACITY: Final = 255
POLYNOMIAL: Final = 0x11D
_RUN: Final = 8192  # words of two bytes worked on at once: they and their tables stay in the cache
_PAIRED: Final = 48  # pair tables kept for one matrix; 256 KiB each


def _logarithms() -> tuple[Bytes, list[int]]:
    powers = [1]
    while len(powers) < 255:
        double = powers[-1] << 1
        powers.append(double ^ POLYNOMIAL if double > 255 else double)
    logs = [0] * 256
    for power, value in enumerate(powers):
        logs[value] = power
    return np.array(powers, np.uint8), logs


def _products() -> Bytes:
    logs = np.array(_LOG)
    table = _EXP[(logs[:, None] + logs[None, :]) % 255]
    table[0, :] = 0
    table[:, 0] = 0
    return table


_EXP, _LOG = _logarithms()
_MUL: Final = _products()


def generator(need: int, total: int) -> Bytes:
    """Give the matrix: *total* rows of *need* coefficients; the first *need* rows are the unit matrix."""
    rows = np.zeros((total, need), np.uint8)
    rows[:need] = np.eye(need, dtype=np.uint8)
    if total > need:
        rows[need:] = _product(_vandermonde(need, range(need, total)), _inverse_top(need))
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
    solve = _inverse(parity[:, missing])
    data = np.zeros((need, need), np.uint8)
    for place, index in known:
        data[index, place] = 1
    lost = np.zeros((len(missing), need), np.uint8)
    lost[:, spare] = solve
    if known:
        lost[:, [place for place, _ in known]] = _product(solve, parity[:, [index for _, index in known]])
    data[missing] = lost
    return _frozen(_product(rows[list(wanted)], data))


def multiply(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> None:
    """
    Fill each target with its row's combination of the sources: the numpy engine.

    Args:
        rows: One row a target, one coefficient a source.
        sources: Blocks of one even length.
        targets: Blocks of that length, written over.
    """
    length = len(targets[0]) // 2 if targets else 0
    words = [source.view(np.uint16) for source in sources]
    plan = _plan(rows.tobytes(), rows.shape[0], rows.shape[1])
    for begin in range(0, length, _RUN):
        end = min(begin + _RUN, length)
        places = [word[begin:end].astype(np.intp) for word in words]
        for outputs, tables in plan:
            total = tables[0].take(places[0], mode="clip")
            for table, place in zip(tables[1:], places[1:], strict=True):
                total ^= table.take(place, mode="clip")
            halves = total.view(np.uint16)
            for number, output in enumerate(outputs):
                targets[output].view(np.uint16)[begin:end] = halves[number :: len(outputs)]


_Step: TypeAlias = tuple[tuple[int, ...], list[npt.NDArray[np.unsignedinteger]]]


@functools.lru_cache(maxsize=12)
def _plan(coefficients: bytes, height: int, width: int) -> list[_Step]:
    """Lay out the work: two rows at a time by paired tables where these are few, else row by row."""
    rows = np.frombuffer(coefficients, np.uint8).reshape(height, width)
    steps: list[_Step] = []
    row = 0
    paired = (height // 2) * width <= _PAIRED
    while row < height:
        if paired and row + 1 < height:
            steps.append(((row, row + 1), [_pair(int(a), int(b)) for a, b in zip(rows[row], rows[row + 1], strict=True)]))
            row += 2
        else:
            steps.append(((row,), [_table(int(a)) for a in rows[row]]))
            row += 1
    return steps


@functools.lru_cache(maxsize=256)
def _table(coefficient: int) -> npt.NDArray[np.unsignedinteger]:
    """Give coefficient times every word of two bytes."""
    low = _MUL[coefficient].astype(np.uint16)
    return (low[None, :] | (low[:, None] << np.uint16(8))).reshape(-1)


def _pair(first: int, second: int) -> npt.NDArray[np.unsignedinteger]:
    """Give both products of every word side by side, the first in the lower address."""
    return np.stack([_table(first), _table(second)], axis=1).reshape(-1).view(np.uint32)


@functools.lru_cache(maxsize=4)
def _generator(need: int) -> Bytes:
    return _frozen(generator(need, CAPACITY))


@functools.lru_cache(maxsize=4)
def _inverse_top(need: int) -> Bytes:
    return _inverse(_vandermonde(need, range(need)))


def _vandermonde(need: int, rows: Sequence[int]) -> Bytes:
    """Row 0 is 1, 0, 0 ...; row r is the powers of 2^(r-1), as zfec has them."""
    exponents = np.maximum(np.array(rows) - 1, 0)[:, None] * np.arange(need)[None, :]
    matrix = _EXP[exponents % 255]
    if 0 in rows:
        matrix[list(rows).index(0), 1:] = 0
    return matrix


def _product(left: Bytes, right: Bytes) -> Bytes:
    out = np.zeros((left.shape[0], right.shape[1]), np.uint8)
    for middle in range(left.shape[1]):
        out ^= _MUL[left[:, middle, None], right[None, middle, :]]
    return out


def _inverse(matrix: Bytes) -> Bytes:
    """Invert by Gauss and Jordan; every matrix asked for here has an inverse."""
    size = matrix.shape[0]
    work = np.concatenate([matrix, np.eye(size, dtype=np.uint8)], axis=1)
    for column in range(size):
        pivot = column + int(np.argmax(work[column:, column] != 0))
        if pivot != column:
            work[[column, pivot]] = work[[pivot, column]]
        value = int(work[column, column])
        if not value:
            msg = "the matrix has no inverse"
            raise ValueError(msg)
        work[column] = _MUL[_EXP[-_LOG[value] % 255], work[column]]
        factors = work[:, column].copy()
        factors[column] = 0
        work ^= _MUL[factors[:, None], work[None, column, :]]
    return work[:, size:].copy()


def _frozen(matrix: Bytes) -> Bytes:
    matrix.setflags(write=False)
    return matrix
