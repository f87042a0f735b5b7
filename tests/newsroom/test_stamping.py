"""A request for a time stamp that waits is one that is still worth carrying."""

from __future__ import annotations

import dataclasses

import pytest

from tamizdat.newsroom import stamping, tick
from tamizdat.primitives.errors import AdapterError
from tamizdat.record import stamp
from tamizdat.record.witness import Answer
from tests.authority import authority
from tests.newsroom import rooms


class Line:
    """The way to an authority, which may be cut."""

    def __init__(self, tsa) -> None:
        self.cut = False
        self.tsa = tsa

    def post(self, address: str, body: bytes, kind: str = "") -> Answer:
        if self.cut:
            raise AdapterError("network", "the line is cut", mend="Wait.")
        return Answer(status=200, body=self.tsa.answer(body))

    def get(self, address: str) -> bytes | None:
        return None


@pytest.fixture
def house(memory, clock, entropy, tmp_path):
    tsa = authority(tmp_path)
    made = rooms.make(memory, clock, entropy)
    made.root.put("authorities/near.pem", [b"# url: https://near.example/\n", tsa.root.read_bytes()])
    return dataclasses.replace(made, wire=Line(tsa))


def grow(house, clock, signer):
    """Write the next line, and give the name its stamp will have."""
    clock.seconds += 86_400
    tick.due(house, signer)
    return stamp.name(house.log_reader().checkpoint(), "near")


def waiting(house):
    return house.root.open("desk/stamps/near.for").read().partition(b"\n")[0].decode()


def test_a_request_waits_until_it_is_carried_or_the_network_was_quicker_and_the_next_outage_replaces_it(house, clock):
    signer = house.unlock(rooms.PASSPHRASE).log
    house.wire.cut = True
    first, _ = grow(house, clock, signer), grow(house, clock, signer)
    assert waiting(house) == first
    house.wire.cut = False
    stamped = grow(house, clock, signer)
    assert f"log/{stamped}" in set(house.root.names("log/stamps"))
    assert waiting(house) == first  # somebody may be carrying it

    house.wire.cut = True
    newest, after = grow(house, clock, signer), grow(house, clock, signer)

    assert waiting(house) == newest
    assert after != newest
    request = house.root.open("desk/stamps/near.tsq").read()
    house.root.put("desk/stamps/near.tsr", [house.wire.tsa.answer(request)])
    stamping.tick(house, print)
    assert f"log/{newest}" in set(house.root.names("log/stamps"))
    assert waiting(house) == after
    assert not list(house.root.names("desk/stamps/near.covered"))
