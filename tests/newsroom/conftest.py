"""A newsroom in which two persons decide: its editor and anna."""

from __future__ import annotations

import pytest

from tamizdat.newsroom import init
from tests.newsroom import rooms


@pytest.fixture
def house(memory, clock, entropy):
    house = rooms.make(memory, clock, entropy, approvals=2)
    init.add_person(house, house.unlock(rooms.PASSPHRASE), "anna", b"her own", work_factor=rooms.WORK)
    return house


@pytest.fixture
def keys(house):
    return house.unlock(rooms.PASSPHRASE)
