"""
Arithmetic in GF(2^8), and the engine that always works: sums of products of whole blocks, by numpy. NOT the code itself.

The field has the polynomial 0x11d and the generator 2. docs/spec/part.md, "The code".
"""

from __future__ import annotations

import functools
import threading

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt


Bytes: TypeAlias = npt.NDArray[np.uint8]
# (rows, sources, targets): targets[r] = sum over j of rows[r, j] * sources[j]
Engine: TypeAlias = Callable[[Bytes, Sequence[Bytes], Sequence[Bytes]], None]

POLYNOMIAL: Final = 0x11D
_RUN: Final = 8192  # words of two bytes worked on at once: they and their tables stay in the cache
_FEW: Final = 16  # coefficients up to which tables (256 KiB for two) are faster than doubling
_LONG_RUN: Final = 4096  # words of eight bytes
_WIDTH: Final = 32  # sources whose sums are kept at once
_HIGH: Final = np.uint64(0x8080808080808080)
_ONE: Final = np.uint64(1)
_SEVEN: Final = np.uint64(7)
_REDUCE: Final = np.uint64(POLYNOMIAL & 0xFF)


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
    logs = np.array(LOG)
    table: Bytes = EXP[(logs[:, None] + logs[None, :]) % 255]
    table[0, :] = 0
    table[:, 0] = 0
    return table


class _Scratch(threading.local):
    """Room to work in, one a thread: to ask the system for it anew each time costs more than the work."""

    def __init__(self) -> None:
        self.places = np.empty((_FEW, _RUN), np.intp)
        self.total = np.empty(_RUN, np.uint32)
        self.product = np.empty(_RUN, np.uint32)


_scratch: Final = _Scratch()
EXP, LOG = _logarithms()
MUL: Final = _products()


def multiply(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> None:
    """
    Fill each target with its row's combination of the sources: the numpy engine.

    Args:
        rows: One row a target, one coefficient a source.
        sources: Blocks of one length, a multiple of 16.
        targets: Blocks of that length, written over.
    """
    if rows.size <= _FEW:
        _by_tables(rows, sources, targets)
    else:
        _by_doubling(rows, sources, targets)


def _by_tables(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> None:
    """Look up the products of two bytes by two rows at a time: fastest while all tables stay in the cache."""
    words = [source.view(np.uint16) for source in sources]
    plan = _plan(rows.tobytes(), rows.shape[0], rows.shape[1])
    scratch = _scratch
    length = len(targets[0]) // 2 if targets else 0
    for begin in range(0, length, _RUN):
        end = min(begin + _RUN, length)
        places = scratch.places[: len(words), : end - begin]
        for place, word in zip(places, words, strict=True):
            place[:] = word[begin:end]
        for outputs, tables in plan:
            total, product = (one.view(tables[0].dtype)[: end - begin] for one in (scratch.total, scratch.product))
            tables[0].take(places[0], out=total, mode="clip")
            for table, place in zip(tables[1:], places[1:], strict=True):
                table.take(place, out=product, mode="clip")
                total ^= product
            halves = total.view(np.uint16)
            for number, output in enumerate(outputs):
                targets[output].view(np.uint16)[begin:end] = halves[number :: len(outputs)]


def _by_doubling(rows: Bytes, sources: Sequence[Bytes], targets: Sequence[Bytes]) -> None:
    """
    Go through the bits of the coefficients from the highest, doubling between them: only XOR of whole blocks.

    The sums of up to four sources are made once (the "four Russians"), so that a bit costs a quarter of the XORs.
    """
    length = len(targets[0]) // 8 if targets else 0
    for begin in range(0, length, _LONG_RUN):
        end = min(begin + _LONG_RUN, length)
        spare, part = np.empty(end - begin, np.uint64), np.empty(end - begin, np.uint64)
        blocks = [source.view(np.uint64)[begin:end] for source in sources]
        outputs = [target.view(np.uint64)[begin:end] for target in targets]
        for output in outputs:
            output[:] = 0
        for first in range(0, len(blocks), _WIDTH):
            # So many sources at a time as whose sums stay in the cache; their shares of a target are added.
            sums = [_sums(blocks[at : at + 4]) for at in range(first, min(first + _WIDTH, len(blocks)), 4)]
            for steps, output in zip(_steps(rows[:, first : first + _WIDTH]), outputs, strict=True):
                part[:] = 0
                for chosen in steps:
                    _double(part, spare)
                    for group, subset in enumerate(chosen):
                        if subset:
                            np.bitwise_xor(part, sums[group][subset], out=part)
                np.bitwise_xor(output, part, out=output)


def _steps(rows: Bytes) -> list[list[list[int]]]:
    """Say, for each row, for each bit from the highest, which subset of each four sources is added."""
    height, width = rows.shape
    padded = np.zeros((height, -(-width // 4) * 4), np.uint8)
    padded[:, :width] = rows
    bits = np.unpackbits(padded[:, :, None], axis=2).transpose(0, 2, 1).reshape(height, 8, -1, 4)
    subsets: list[list[list[int]]] = (bits @ np.array([1, 2, 4, 8], np.uint8)).tolist()
    return subsets


def _sums(blocks: Sequence[npt.NDArray[np.uint64]]) -> list[npt.NDArray[np.uint64]]:
    """Give the sums of all subsets, the subset's bits as the place."""
    sums = [np.zeros_like(blocks[0])]
    for block in blocks:
        sums += [one ^ block if number else block for number, one in enumerate(sums)]
    return sums


def _double(block: npt.NDArray[np.uint64], spare: npt.NDArray[np.uint64]) -> None:
    """Multiply eight bytes at a time by 2, in place."""
    np.bitwise_and(block, _HIGH, out=spare)
    block ^= spare
    block <<= _ONE
    spare >>= _SEVEN
    spare *= _REDUCE
    block ^= spare


_Step: TypeAlias = tuple[tuple[int, ...], list[npt.NDArray[np.unsignedinteger]]]


@functools.lru_cache(maxsize=12)
def _plan(coefficients: bytes, height: int, width: int) -> list[_Step]:
    """Lay out the work: two rows at a time, and the last by itself where they are odd."""
    rows = np.frombuffer(coefficients, np.uint8).reshape(height, width)
    steps: list[_Step] = []
    for row in range(0, height - 1, 2):
        tables = [_pair(int(first), int(second)) for first, second in zip(rows[row], rows[row + 1], strict=True)]
        steps.append(((row, row + 1), tables))
    if height % 2:
        steps.append(((height - 1,), [_table(int(one)) for one in rows[-1]]))
    return steps


@functools.lru_cache(maxsize=256)
def _table(coefficient: int) -> npt.NDArray[np.unsignedinteger]:
    """Give coefficient times every word of two bytes."""
    low = MUL[coefficient].astype(np.uint16)
    words: npt.NDArray[np.uint16] = low[None, :] | (low[:, None] << np.uint16(8))
    return words.reshape(-1)


def _pair(first: int, second: int) -> npt.NDArray[np.unsignedinteger]:
    """Give both products of every word side by side, the first in the lower address."""
    return np.stack([_table(first), _table(second)], axis=1).reshape(-1).view(np.uint32)


def product(left: Bytes, right: Bytes) -> Bytes:
    """Multiply two matrices."""
    out = np.zeros((left.shape[0], right.shape[1]), np.uint8)
    for middle in range(left.shape[1]):
        out ^= MUL[left[:, middle, None], right[None, middle, :]]
    return out


def inverse(matrix: Bytes) -> Bytes:
    """Invert by Gauss and Jordan; ValueError where it has none."""
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
        work[column] = MUL[EXP[-LOG[value] % 255], work[column]]
        factors = work[:, column].copy()
        factors[column] = 0
        work ^= MUL[factors[:, None], work[None, column, :]]
    return work[:, size:].copy()
