"""Whatever a disk refuses while something is received, the next run completes it, and every file is accounted for."""

from __future__ import annotations

import dataclasses
import io

import pytest

from tamizdat.field import sealing
from tamizdat.newsroom import objects
from tamizdat.newsroom.arrival import Arrival
from tamizdat.newsroom.intake import Intake
from tamizdat.newsroom.origins import origins
from tamizdat.primitives.errors import AdapterError
from tamizdat.record import batch
from tests.newsroom import rooms


@dataclasses.dataclass
class Source:
    name: bytes
    data: bytes
    how: str = sealing.HOW_SYSTEM

    def open(self):
        return io.BytesIO(self.data)

    def fingerprint(self):
        return len(self.data)


FILES = [Source(b"a", b"first"), Source(b"b", b"second"), Source(b"c", b"first"), Source(b"d", b"")]


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy)


def sealed(house, files=FILES) -> bytes:
    sink = io.BytesIO()
    sealing.seal(files, recipients=house.card_recipients(), entropy=house.entropy, sink=sink, created=0)
    return sink.getvalue()


def receive(house, keys, raw: bytes) -> Arrival:
    desk = Intake(house, keys)
    desk.recover()
    return desk.sealed(io.BytesIO(raw), b"x.age")


def holds(house, keys, arrival: Arrival, files=FILES) -> bool:
    """Whether every file of the arrival comes back byte for byte from the object the report names."""
    for item, file in zip(arrival.items, files, strict=True):
        with objects.open_original(house, keys, item.object) as stream:
            if stream.read() != file.data:
                return False
    return True


def queued(memory) -> list[bytes]:
    return sorted(memory.values[name] for name in memory.names("desk/queue"))


def leaves(house, keys, arrival: Arrival) -> list[bytes]:
    """What should wait for the public record: the dossier's leaf, and one for every commitment to its objects."""
    kept = [one for ident in {item.object for item in arrival.items} for one in origins(house, keys, ident)]
    own = batch.leaf(arrival.nonce, arrival.dossier_root)
    return sorted([own, *(one.leaf for one in kept if one.arrival == arrival.id)])


def test_a_full_disk_at_any_moment_loses_nothing(house, memory) -> None:
    """Refused at each change in turn, then run again with room: all is there, nothing is left over, and just its leaves wait."""
    keys, raw = house.unlock(rooms.PASSPHRASE), sealed(house)
    empty = dict(memory.values)
    refused = 0

    for at in range(200):
        memory.values = dict(empty)
        try:
            receive(dataclasses.replace(house, root=rooms.FullAt(memory, at)), keys, raw)
        except AdapterError:
            refused += 1
        else:
            break
        arrival = receive(house, keys, raw)
        assert len(arrival.items) == 4
        assert holds(house, keys, arrival), at
        assert sum(1 for _ in house.vault().ids()) == 3, at
        assert not [*memory.names("desk/spool"), *memory.names("desk/unfinished")], at
        assert queued(memory) == leaves(house, keys, arrival), at

    assert refused > 20


def test_a_file_held_already_and_twice_in_one_dossier_is_the_held_one(house) -> None:
    """Every duplicate names the object that is in the vault."""
    keys = house.unlock(rooms.PASSPHRASE)
    receive(house, keys, sealed(house, FILES[:1]))
    again = [Source(b"x", b"first"), Source(b"y", b"first"), Source(b"z", b"first")]

    arrival = receive(house, keys, sealed(house, again))

    assert [item.outcome for item in arrival.items] == ["duplicate"] * 3
    assert holds(house, keys, arrival, again)
