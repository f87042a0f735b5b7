"""
Lengths that tell little: Padme (Nikitin and others, PETS 2019) with a floor.

It pads nothing itself. docs/spec/dossier.md, "Padding".
"""

from __future__ import annotations

from typing import Final


FLOOR: Final = 1 << 16


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
