"""The world in memory: a store, a clock that stands still, dice that fall the same."""

from __future__ import annotations

import hashlib
import os

import pytest

from hypothesis import HealthCheck, settings

from tamizdat.adapters.memory import Memory


# The same examples in every run: a test that passed passes again. Other ones each time: --hypothesis-profile=wander.
slow = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("house", max_examples=50, derandomize=True, **slow)
settings.register_profile("wander", max_examples=500, **slow)
settings.load_profile("house")

# As many processes work together as on a machine of two processors, whatever this one has.
os.environ.setdefault("TAMIZDAT_PROCESSES", "2")


class FixedClock:
    """A clock that says what it was set to."""

    def __init__(self, seconds: int = 1795651200) -> None:
        self.seconds = seconds

    def now(self) -> int:
        return self.seconds


class SeededEntropy:
    """Dice that fall the same every time: for tests and vectors only."""

    def __init__(self, seed: bytes = b"tests") -> None:
        self.seed = seed
        self.count = 0

    def random(self, count: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(self.seed + self.count.to_bytes(8, "big")).digest(count)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    return SeededEntropy()
