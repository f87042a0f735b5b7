"""Of every arrival the desk keeps what each object is committed to, and each commitment has its line on the public record."""

from __future__ import annotations

import dataclasses
import io

import pytest

from tamizdat.field import sealing
from tamizdat.newsroom import committing, finishing, objects, queue, tick
from tamizdat.newsroom.intake import Intake
from tamizdat.newsroom.origins import Origin, origins
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import AdapterError
from tamizdat.record import batch
from tamizdat.redaction import commitment, picture, text, verify
from tests.field.sources import Held
from tests.newsroom import rooms
from tests.redaction import pictures
from tests.tools import inputs


WORDS = b"Ali was there.\n\nHe left."


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy, classical=True)


@pytest.fixture
def keys(house):
    return house.unlock(rooms.PASSPHRASE)


def photograph() -> bytes:
    """Give a camera's JPEG that nobody here wrote."""
    found = sorted(path for path in inputs("photos").rglob("*.jpg") if path.stat().st_size > 500_000)
    return next(raw for path in found if commitment.commit(bytes(32), raw := path.read_bytes()).covers == "parts")


def png() -> bytes:
    sink = io.BytesIO()
    pictures.scene(150, 100).save(sink, "PNG")
    return sink.getvalue()


def sealed(house, *files: Held, **more: object) -> io.BytesIO:
    sink = io.BytesIO()
    sealing.seal(files, recipients=house.card_recipients(), entropy=house.entropy, sink=sink, created=0, **more)  # type: ignore[arg-type]
    return io.BytesIO(sink.getvalue())


def shows_a_part(house, keys, ident: str, origin: Origin) -> bool:
    """Hide something of an original with what an origin holds, and verify the rest against its root."""
    with objects.open_original(house, keys, ident) as stream:
        raw = stream.read()
    if raw == WORDS:
        hidden = text.redact(origin.seed, raw, text.find(raw, "Ali"))
        return text.verify(hidden.file, hidden.proof, origin.root).hidden_words == 1
    made = picture.redact(origin.seed, raw, hide=[(0, 0, 40, 40)])
    return len(verify.verify(made.file, made.proof, origin.root).hidden) == made.hidden


def on_record(house, keys) -> frozenset[bytes]:
    """Write the next line of the public record, and give all leaves in its batch."""
    tick.due(house, keys.log)
    return queue.recorded(house, keys)


def test_what_was_sealed_by_parts_is_shown_by_parts_with_the_senders_seed(house, keys) -> None:
    """A photograph, a PNG, a text: sealed, received, hidden in part, verified; and every root is on the record."""
    arrival = Intake(house, keys).sealed(
        sealed(house, Held(b"a.jpg", photograph()), Held(b"b.png", png()), Held(b"c.txt", WORDS)), b"x"
    )

    taken = on_record(house, keys)
    for item in arrival.items:
        (origin,) = origins(house, keys, item.object)
        assert (origin.by, origin.covers, origin.root) == ("field", "parts", item.root)
        assert origin.leaf in taken
        assert shows_a_part(house, keys, item.object, origin)
        assert item.showing() == "can show parts, committed to before it travelled"
    assert batch.leaf(arrival.nonce, arrival.dossier_root) in taken
    assert len(taken) == 4


def test_what_came_as_whole_files_is_committed_to_by_parts_at_the_desk(house, keys) -> None:
    """The sender's commitment is kept beside the desk's, and each has a line; a film stays all or nothing, with the reason."""
    files = Held(b"a.png", png()), Held(b"b.mp4", b"\0\0\0\x18ftypmp42\xff"), Held(b"c.txt", WORDS)

    arrival = Intake(house, keys).sealed(sealed(house, *files, parts=None), b"x")

    taken = on_record(house, keys)
    made = [origins(house, keys, item.object) for item in arrival.items]
    assert [[(one.by, one.covers) for one in found] for found in made] == [
        [("desk", "parts"), ("field", "file")],
        [("field", "file")],
        [("desk", "parts"), ("field", "file")],
    ]
    assert {one.leaf for found in made for one in found} < taken
    assert made[0][1].reason == "it was sealed as a whole"
    assert shows_a_part(house, keys, arrival.items[0].object, made[0][0])
    assert arrival.items[0].showing() == "can show parts, committed to here, after it came"
    assert arrival.items[1].showing().startswith("all or nothing: it is no JPEG, PNG or text")


def test_what_comes_unsealed_or_twice_keeps_every_commitment(house, keys) -> None:
    """The bytes are kept once; the best commitment comes first, whenever it came."""
    first = Intake(house, keys).unsealed([Held(b"a.png", png())], sender="a courier", via="a stick")

    again = Intake(house, keys).sealed(sealed(house, Held(b"b.png", png())), b"x")

    found = origins(house, keys, first.items[0].object)
    assert [(one.by, one.covers, one.arrival) for one in found] == [
        ("field", "parts", again.id),
        ("desk", "parts", first.id),
    ]
    assert again.items[0].outcome == "duplicate"
    assert all(shows_a_part(house, keys, first.items[0].object, one) for one in found)
    assert {one.leaf for one in found} < on_record(house, keys)


def test_an_older_newsrooms_bare_seed_is_still_read_and_cannot_be_proven(house, keys, memory) -> None:
    """It has no line of its own on the record, so it has no leaf; destroyed with the key, nothing is found."""
    arrival = Intake(house, keys).sealed(sealed(house, Held(b"a.txt", WORDS), parts=None), b"x")
    ident = arrival.items[0].object
    name = f"{objects.KEYS}/{ident}/{arrival.id}-1.age"
    for old in [one for one in memory.names(f"{objects.KEYS}/{ident}") if arrival.id in one]:
        memory.drop(old)
    memory.put(name, [age.seal(bytes(32), house.card_recipients(), house.entropy)])

    (found,) = origins(house, keys, ident)

    assert (found.by, found.covers, found.nonce, found.leaf) == ("field", "file", b"", b"")
    assert (found.seed, found.root, found.received) == (bytes(32), arrival.items[0].root, arrival.received)
    for one in list(memory.names(f"{objects.KEYS}/{ident}")):
        memory.drop(one)
    assert origins(house, keys, ident) == ()
    assert bytes(32).hex() not in repr(found)


def test_a_picture_the_machine_is_too_slow_for_is_kept_and_gone_on_with(house, keys, monkeypatch) -> None:
    """Its root cannot be judged, so the dossier is neither taken in nor refused; what the desk itself commits to is whole then."""
    raw = sealed(house, Held(b"a.jpg", pictures.jpeg()))

    def slow(seed: bytes, raw: bytes) -> commitment.Commitment:
        raise AdapterError("codec-time", "reading the picture took longer than 10 seconds", mend="")

    with monkeypatch.context() as patch:
        patch.setattr(commitment, "commit", slow)
        with pytest.raises(AdapterError, match="longer than") as caught:
            Intake(house, keys).sealed(raw, b"x")
        assert caught.value.code == "codec-time"
        plain = Intake(house, keys).unsealed([Held(b"a.jpg", pictures.jpeg())], sender="a", via="b")
    raw.seek(0)

    assert Intake(house, keys).sealed(raw, b"x").items[0].covers == "parts"
    assert plain.items[0].showing() == "all or nothing: reading the picture took longer than 10 seconds"


def test_that_a_process_died_which_helped_is_no_reason_why_a_picture_is_all_or_nothing(house, keys, memory) -> None:
    """It is told, nothing is recorded, what was staged of a dossier is kept, and the next run takes the same picture in by parts."""

    def dying(seed: bytes, raw: bytes):
        def coming() -> sealing.Committed:
            raise AdapterError("worker-gone", "the process that helped is gone", mend="")

        return coming

    raw = sealed(house, Held(b"a.jpg", pictures.jpeg()))

    with pytest.raises(AdapterError, match="is gone"):
        Intake(house, keys, begin=dying).unsealed([Held(b"b.jpg", pictures.jpeg(salt=1))], sender="a", via="b")
    assert list(memory.names("desk/spool")) == list(memory.names("desk/arrivals")) == []
    with pytest.raises(AdapterError, match="is gone"):
        Intake(house, keys, begin=dying).sealed(raw, b"x")
    assert len(list(memory.names("desk/spool"))) == len(list(memory.names("desk/unread"))) == 1

    raw.seek(0)
    assert Intake(house, keys).sealed(raw, b"x").items[0].covers == "parts"


def test_no_more_is_held_in_memory_than_can_be_taken_apart(house, keys) -> None:
    """Of a file that cannot be, only its beginning is read again."""
    desk = Intake(house, keys)
    told: list[int] = []
    staged = desk._staging.stage(io.BytesIO(bytes(commitment.MAX_FILE // 64)))  # noqa: SLF001

    assert len(committing.again(house, staged, told.append)) == 64 << 10
    assert told == []


def test_a_plan_of_an_older_version_is_finished(house, keys, memory) -> None:
    """It held the arrival alone."""
    arrival = Intake(house, keys).unsealed([Held(b"a.txt", WORDS)], sender="a", via="b")
    older = dataclasses.replace(arrival, id="f" * 32, items=())
    raw = finishing.records.write(older)
    memory.put(f"{finishing.UNFINISHED}/{older.id}.age", [age.seal(raw, keys.own_recipients, house.entropy)])

    assert [one.id for one in Intake(house, keys).recover()] == [older.id]
