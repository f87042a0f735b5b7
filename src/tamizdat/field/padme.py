"""
Lengths that tell little: Padme (Nikitin and others, PETS 2019) with a floor; for paper, powers of two.

It pads nothing itself. docs/spec/dossier.md, "Padding".
"""

from __future__ import annotations

from typing import Final


FLOOR: Final = 1 << 16
PAPER_FLOOR: Final = 1 << 10


def length(least: int, floor: int = FLOOR) -> int:
    """
    Give the padded length of what is *least* bytes long: at most 12 % more, and never under *floor*.

    >>> length(1), length(65537), length(1_000_000)
    (65536, 67584, 1015808)
    """
    if least <= floor:
        return floor
    exponent = least.bit_length() - 1
    mask = (1 << exponent - exponent.bit_length()) - 1
    return least + mask & ~mask


def power(least: int, floor: int = PAPER_FLOOR) -> int:
    """
    Give the padded length, for paper, of what is *least* bytes long: the next power of two, and never under *floor*.

    >>> power(1), power(9000), power(16384)
    (1024, 16384, 16384)
    """
    return max(floor, 1 << (least - 1).bit_length()) if least > 0 else floor
