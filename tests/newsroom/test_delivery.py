"""Parts as they come: forged, on different days, cut off in the middle, or never all of them."""

from __future__ import annotations

import hashlib
import io

import pytest

from tamizdat.field import sealing
from tamizdat.newsroom import delivery, intake, objects
from tamizdat.newsroom.delivery import Handed, Outcome
from tamizdat.primitives import digest
from tamizdat.primitives.errors import AdapterError, MediumGoneError, ShortError
from tests.carry.test_keyed import SET, SIZE, forged, packets, split
from tests.newsroom import rooms
from tests.newsroom.test_intake import Source


FILES = [Source(bytes([97 + n]), hashlib.shake_256(bytes([n])).digest(100_000 * (n + 1))) for n in range(5)]
KEY = b"a file key of 16"


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy)


@pytest.fixture
def keys(house):
    return house.unlock(rooms.PASSPHRASE)


@pytest.fixture
def raw(house) -> bytes:
    sink = io.BytesIO()
    who = house.card_recipients()
    sealing.seal(FILES, recipients=who, entropy=house.entropy, sink=sink, created=0, file_key=KEY)
    return sink.getvalue()


@pytest.fixture
def parts(raw) -> list[bytes]:
    return split(raw, digest.part_tag_key(KEY))


def receive(house, keys, *streams, partial: bool = False) -> Outcome:
    handed = [
        Handed(stream=io.BytesIO(one) if isinstance(one, bytes) else one, name=f"stick {number}")
        for number, one in enumerate(streams, 1)
    ]
    intake.Intake(house, keys).recover()
    return delivery.receive(house, keys, SET, handed, partial=partial, progress=lambda _: None)


def whole(house, keys, outcome: Outcome, files=FILES, outcomes=("stored",)) -> None:
    """Demand that everything came, and nothing is left over."""
    (arrival,) = outcome.arrivals
    assert outcome.error is None
    assert {item.outcome for item in arrival.items} == set(outcomes)
    for item, file in zip(arrival.items, files, strict=True):
        with objects.open_original(house, keys, item.object) as stream:
            assert stream.read() == file.data
    for folder in ("desk/spool", "desk/parts", "desk/unread", "desk/unfinished"):
        assert not list(house.root.names(folder))


@pytest.mark.parametrize("liar", [0, 2, 4])
def test_a_forged_part_is_joined_around_and_named_in_the_record(house, keys, parts, liar: int) -> None:
    parts[liar] = forged(parts[liar], tag="zero", first=2)

    outcome = receive(house, keys, *parts)

    whole(house, keys, outcome)
    (line,) = next(intake.arrivals(house, keys)).forged
    assert line.startswith(f"part {liar + 1} from file stick {liar + 1} was forged: its bytes are not what was sealed")


def test_parts_that_come_on_different_days_are_counted_together(house, keys, parts) -> None:
    first = receive(house, keys, parts[4])
    forgery = receive(house, keys, forged(parts[1], tag="zero"))
    second = receive(house, keys, parts[2][: len(parts[2]) // 2], parts[4])
    third = receive(house, keys, parts[0], parts[2])

    assert "1 of the 3 needed parts is here, 2 more to bring" in str(first.error)
    assert first.kept == len(packets(parts[4])) - 2
    assert isinstance(forgery.error, ShortError)
    assert isinstance(second.error, ShortError)
    whole(house, keys, third)
    assert "part 2 from file desk/parts/" in third.arrivals[0].forged[0]


class Stick(io.BytesIO):
    """A medium that can be pulled out."""

    gone = False

    def read(self, size: int | None = -1, /) -> bytes:
        if self.gone:
            raise MediumGoneError(5, "gone")
        return super().read(size)


def pulled(house, keys, parts) -> Outcome:
    """Receive three parts, one of which is pulled out when two thirds of what was sealed are read."""
    stick = Stick(parts[1])
    handed = [Handed(stream=io.BytesIO(parts[0]), name="a"), Handed(stream=stick, name="b")]
    handed.append(Handed(stream=io.BytesIO(parts[3]), name="c"))
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count
        stick.gone = read > 800_000

    return delivery.receive(house, keys, SET, handed, partial=False, progress=progress)


def test_a_medium_that_was_pulled_out_goes_on_where_it_stopped(house, keys, parts, memory) -> None:
    """What was staged is not read again, and nothing but ciphertext lies in the newsroom meanwhile."""
    cut = pulled(house, keys, parts)
    assert isinstance(cut.error, AdapterError)
    assert cut.error.code == "medium-gone"
    staged = set(memory.names("desk/spool"))
    assert len(staged) > 2
    assert len(list(memory.names("desk/unread"))) == 1
    for name in memory.names("desk"):
        assert not any(file.data[:64] in memory.values[name] for file in FILES)

    again = receive(house, keys, *parts[1:4])

    whole(house, keys, again)
    assert {name.rpartition("/")[2] for name in staged} <= {item.object for item in again.arrivals[0].items}


def test_a_journal_is_not_believed(house, keys, parts, memory) -> None:
    """What was staged and then altered or lost is read anew; a journal that is not ours says nothing."""
    for spoil in ("spool", "unread"):
        pulled(house, keys, parts)
        name = min(memory.names(f"desk/{spoil}"))
        memory.values[name] = memory.values[name][:-1] + b"x"

        again = receive(house, keys, *parts[1:4])

        whole(house, keys, again, outcomes=("stored",) if spoil == "spool" else ("duplicate",))


def test_what_is_whole_is_taken_where_the_rest_will_never_come(house, keys, parts) -> None:
    """The rows are named; the files are proven; when the rest comes after all, nothing is stored twice."""
    middle = len(packets(parts[0])) // 2
    torn = [raw[: middle * SIZE] + raw[(middle + 2) * SIZE :] for raw in parts[:3]]

    refused = receive(house, keys, *torn)
    assert "4 whole files could be had already" in str(refused.error)
    assert refused.error.faults[0].where == f"volume 1, rows {middle - 1} to {middle}"

    (arrival,) = receive(house, keys, *torn, partial=True).arrivals

    assert arrival.partial
    assert arrival.faults[0].startswith("received in part: whole files: 4; known not to be whole: 1")
    assert [item.outcome for item in arrival.items].count("stored") == 4
    assert {item.name for item in arrival.items} == {file.name for file in FILES}
    again = receive(house, keys, *torn, partial=True)
    assert again.arrivals[0].again

    last = receive(house, keys, parts[0], *parts[3:])

    (arrival,) = last.arrivals
    assert sorted(item.outcome for item in arrival.items) == ["duplicate"] * 4 + ["stored"]
    assert not list(house.root.names("desk/parts"))
