"""
Chances: how likely enough parts arrive, where each carrier is lost by itself with one chance.

It is NOT a forecast, and knows no files: numbers in, numbers out. carry/plan.py compares plans by it. docs/spec/part.md, "Volumes".
"""

from __future__ import annotations

import math

from collections import Counter
from collections.abc import Iterable, Sequence


def joined(
    need: int, loss: float, whole: Iterable[Sequence[int]], shared: Iterable[Sequence[int]], *, volumes: int
) -> float:
    """
    Give the chance that *need* parts of each volume arrive, if each carrier is lost by itself with the chance *loss*.

    Args:
        need: How many parts are enough.
        loss: The chance of a carrier's loss, which tells nothing of another's here; at a border that is seldom so.
        whole: For each kind of carriers that take whole parts: how many parts each takes.
        shared: For each kind whose carriers take files of parts: what the loss of each takes away of one volume.
        volumes: How many files a part is.
    """
    arrived, together = _arrived(whole, loss), _arrived(shared, loss)
    at_least = [sum(together[count:]) for count in range(len(together) + 1)]
    chance = 0.0
    for count, likely in enumerate(arrived):
        wanted = max(0, need - count)
        if wanted < len(at_least):
            # Each volume travels in other messages, so each has a fate of its own.
            chance += likely * at_least[wanted] ** (volumes if wanted else 1)
    return min(1.0, chance)


def _arrived(kinds: Iterable[Sequence[int]], loss: float) -> list[float]:
    """Give the chances that 0, 1, 2 ... parts arrive with carriers of these kinds."""
    chances = [1.0]
    for weights in kinds:
        for weight, count in Counter(weights).items():
            chances = _convolved(chances, _fate(count, weight, loss))
    return chances


def _fate(count: int, weight: int, loss: float) -> list[float]:
    """Give the chances that 0, 1, 2 ... parts of *count* carriers with *weight* parts each arrive."""
    chances = [0.0] * (count * weight + 1)
    for arrived in range(count + 1):
        chances[arrived * weight] = math.comb(count, arrived) * (1 - loss) ** arrived * loss ** (count - arrived)
    return chances


def _convolved(left: list[float], right: list[float]) -> list[float]:
    if len(left) == 1:
        return right
    out = [0.0] * (len(left) + len(right) - 1)
    for at, chance in enumerate(left):
        if chance:
            for more, other in enumerate(right):
                out[at + more] += chance * other
    return out
