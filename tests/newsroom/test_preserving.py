"""The vault says by itself what it holds: it grows with arrivals, gives the catalogue back, and forgets what is destroyed."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json

import pytest

from rocrate.rocrate import ROCrate

from tamizdat.newsroom import custody, decisions, erasure, intake, objects, origins, rebuilding, tombstone
from tamizdat.newsroom.finishing import UNFINISHED
from tamizdat.primitives.age import file as age
from tamizdat.primitives.errors import AdapterError, UsageError
from tamizdat.record import crate as crates
from tamizdat.record import ocfl
from tamizdat.record.vault import METADATA, TOMBSTONE
from tests.newsroom import rooms
from tests.newsroom.test_intake import FILES, Source, holds, receive, sealed


REASON = "asked for by whoever gave it"
MORE = [Source(b"\xff-\xfe.jpg", b"first"), Source("şəhər.txt".encode(), b"third")]


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy)


@pytest.fixture
def keys(house):
    return house.unlock(rooms.PASSPHRASE)


def crate_of(house, keys, ident) -> bytes:
    raw = house.vault().read(ident, METADATA)
    return age.open_(raw, [objects.identity(house, keys, ident)])


def refuse(house, keys):
    """An arrival of which one file was stored and one refused."""

    class Bad(Source):
        def open(self):
            raise OSError(5, "the stick was pulled out")

    desk = intake.Intake(house, keys)
    files = [Source(b"good", b"fourth"), Bad(b"bad", b""), Source(b"better", b"fifth")]
    return desk.unsealed(files, sender="somebody", via="by hand")


def decided(house, keys, ident, reason=REASON):
    return decisions.settle(house, keys, "destroy", ident, erasure.details(ident, reason))


def destroy(house, keys, ident, shred=None):
    return erasure.destroy(
        house, keys, ident, REASON, decided=decided(house, keys, ident), shred=shred or house.root.drop
    )


def test_what_an_object_is_stands_beside_it_and_grows_with_each_arrival(house, keys, memory, tmp_path) -> None:
    """Another program reads the metadata; a second arrival of the same bytes is a version more, the bytes stay once."""
    dossier = sealed(house)
    first = receive(house, keys, dossier)
    ident = first.items[0].object
    second = receive(house, keys, sealed(house, MORE))
    receive(house, keys, dossier)  # the same dossier again says nothing new

    raw = crate_of(house, keys, ident)
    (tmp_path / crates.FILE).write_bytes(raw)
    (tmp_path / "content.age").write_bytes(b"x")
    read = ROCrate(tmp_path)

    assert read.root_dataset["name"] == f"object {ident}"
    assert [file.id for file in read.data_entities] == ["content.age"]
    assert read.get("#original")["sha256"] == first.items[0].sha256.hex()
    assert [one.id for one in read.root_dataset["mentions"]] == [f"#{first.id}", f"#{second.id}"]
    names = [file["name"] for one in read.root_dataset["mentions"] for file in one["object"]]
    assert names == ["a", "c", "\\xff-\\xfe.jpg"]
    assert house.vault().versions(ident) == 2
    assert house.vault().versions(first.items[1].object) == 1
    assert house.vault().fsck() == ocfl.validate(memory, "vault") == []
    assert holds(house, keys, first)


def test_nothing_that_is_said_can_be_read_without_the_keys(house, keys, memory) -> None:
    made = receive(house, keys, sealed(house, [Source(b"the-name-of-a-file", b"bytes")]))

    for name, value in memory.values.items():
        assert b"the-name-of-a-file" not in value, name
    length = len(house.vault().read(made.items[0].object, METADATA))
    other = receive(house, keys, sealed(house, [Source(b"n", b"other")]))
    assert len(house.vault().read(other.items[0].object, METADATA)) == length


def test_the_catalogue_comes_back_from_the_vault_and_the_keys_alone(house, keys, memory) -> None:
    """Everything the desk knew of what it stored is as it was, in every byte that is not chance."""
    for made in (sealed(house), sealed(house, MORE)):
        receive(house, keys, made)
    kept = refuse(house, keys)
    lost = intake.Intake(house, keys).unsealed([Source(b"x", b"first"), Source(b"y", b"sixth")], sender="", via="")
    for item in lost.items:
        destroy(house, keys, item.object)
    before = list(custody.arrivals(house, keys))
    index = {name: value for name, value in memory.values.items() if name.startswith("desk/index")}
    assert kept in before
    assert lost.id not in {one.id for one in before}

    for name in [name for name in memory.values if name.startswith("desk/")]:
        del memory.values[name]
    done = rebuilding.rebuild(house, keys)

    assert list(custody.arrivals(house, keys)) == before
    assert {name: value for name, value in memory.values.items() if name.startswith("desk/index")} == index
    assert dataclasses.replace(done, faults=()) == rebuilding.Rebuilt(
        objects=5, arrivals=3, kept=0, buried=2, faults=()
    )
    again = dict(memory.values)
    assert rebuilding.rebuild(house, keys) == done
    assert memory.values == again


def test_what_cannot_be_taken_up_is_named_and_stops_nothing(house, keys, memory) -> None:
    made = receive(house, keys, sealed(house))
    keyless, spoiled, _ = dict.fromkeys(item.object for item in made.items)
    for name in [name for name in memory.values if name.startswith(f"keys/objects/{keyless}/")]:
        del memory.values[name]
    (path,) = [name for name in memory.values if name.endswith(METADATA) and spoiled in name]
    memory.values[path] = memory.values[path][:-1] + b"?"

    done = rebuilding.rebuild(house, keys)

    assert {(fault.code, fault.where) for fault in done.faults} == {
        ("object-keyless", f"object {keyless}"),
        ("object-damaged", f"object {spoiled}"),
    }
    assert list(custody.arrivals(house, keys)) == [made]


def test_a_full_disk_is_no_fault_of_any_object(house, keys, memory) -> None:
    made = receive(house, keys, sealed(house))

    with pytest.raises(AdapterError) as caught:
        rebuilding.rebuild(dataclasses.replace(house, root=rooms.FullAt(memory, 1)), keys)

    assert caught.value.code == "disk-full"
    assert list(custody.arrivals(house, keys)) == [made]


def test_a_destroyed_object_is_gone_and_the_rest_stays_whole(house, keys, memory) -> None:
    """Key, seeds, nonces, index and name go; vault, record and the other objects do not notice."""
    made = refuse(house, keys)
    ident, other = made.items[0].object, made.items[2].object
    assert origins.origins(house, keys, ident)
    shredded = []

    stone = destroy(house, keys, ident, lambda name: (shredded.append(name), house.root.drop(name)))

    assert not list(decisions.pending(house, keys))
    assert (stone.persons, stone.reason, stone.places) == (("editor",), REASON, ((made.id, 1, "stored"),))
    assert not [name for name in memory.values if ident in name and not name.startswith("vault/")]
    assert {name.split("/")[0] for name in shredded} == {"keys", "desk"}
    with pytest.raises(UsageError, match="destroyed"), objects.open_original(house, keys, ident):
        pass
    with pytest.raises(UsageError, match="destroyed"):
        destroy(house, keys, ident)
    (record,) = custody.arrivals(house, keys)
    assert [item.name for item in record.items] == [b"", b"bad", b"better"]
    assert record.items[0].why.startswith("its key was destroyed on 2026-")
    # The next object says now what belonged to no object: nothing is lost of what was refused.
    crate = custody.crate(house, keys, other)
    assert '"number": 2' in crate.custody[0].record
    assert objects.find(house, keys, made.items[0].sha256) == ""
    assert tombstone.read(age.open_(house.vault().read(ident, TOMBSTONE), keys.identities)) == stone
    assert house.vault().fsck() == ocfl.validate(memory, "vault") == []
    again = intake.Intake(house, keys).unsealed([Source(b"good", b"fourth")], sender="", via="")
    assert again.items[0].outcome == "stored"


def test_what_was_destroyed_is_not_taken_in_again_with_its_dossier(house, keys) -> None:
    """The dossier counts as received while another original of it is here; when none is, it is new."""
    dossier = sealed(house, MORE)
    first = receive(house, keys, dossier)
    destroy(house, keys, first.items[0].object)

    again = receive(house, keys, dossier)
    destroy(house, keys, first.items[1].object)
    anew = receive(house, keys, dossier)

    assert [item.outcome for item in again.items] == ["refused", "duplicate"]
    assert "destroyed" in again.items[0].why
    assert [item.outcome for item in anew.items] == ["stored", "stored"]
    assert holds(house, keys, anew, MORE[::-1])
    assert rebuilding.rebuild(house, keys).buried == 2
    assert list(custody.arrivals(house, keys)) == [anew]


def test_a_destruction_that_is_cut_off_anywhere_is_finished_by_the_next_run(house, keys, memory) -> None:
    """Refused at each change in turn: afterwards either nothing was done yet, or the next run ends it."""
    made = refuse(house, keys)
    ident = made.items[0].object
    decision = decided(house, keys, ident)
    empty = dict(memory.values)

    for at in itertools.count():
        memory.values = dict(empty)
        failing = Cut(memory, at)
        try:
            erasure.destroy(
                dataclasses.replace(house, root=failing), keys, ident, REASON, decided=decision, shred=failing.drop
            )
        except AdapterError:
            pass
        else:
            break
        begun = bool(list(memory.names(erasure.PLANS)))
        house.vault().sweep()
        assert not objects.find(house, keys, made.items[0].sha256) or erasure.is_openable(house, ident)
        assert len(erasure.recover(house, keys, house.root.drop)) == begun
        assert erasure.is_openable(house, ident) != begun
        if begun:
            (record,) = custody.arrivals(house, keys)
            assert record.items[0].name == b""
            assert not [name for name in memory.values if ident in name and not name.startswith("vault/")]
        assert house.vault().fsck() == []
        assert not list(memory.names(UNFINISHED))

    assert at > 12


class Cut(rooms.FullAt):
    """A store that refuses everything from its Nth change on, removals too."""

    def drop(self, name):
        self._change()
        super().drop(name)


def test_the_metadata_has_one_spelling(house, keys) -> None:
    made = receive(house, keys, sealed(house, MORE))
    for item in made.items:
        raw = crate_of(house, keys, item.object)
        assert len(raw) == crates.FLOOR
        assert crates.write(crates.read(raw)) == raw.rstrip(b" ")
        assert crates.read(raw).custody[0].files[0].name == item.name
        assert {key for entity in json.loads(raw)["@graph"] for key in entity} & {"seed", "nonce", "secret"} == set()


def test_an_object_of_an_older_vault_gets_its_metadata_with_the_next_arrival(house, keys, memory) -> None:
    """Stored before the vault said anything: what the desk's records know of it is said then."""
    first = receive(house, keys, sealed(house, FILES[:1]))
    ident = first.items[0].object
    with objects.open_original(house, keys, ident) as stream:
        data = stream.read()
    for name in [name for name in memory.values if name.startswith("vault/")]:
        del memory.values[name]
    sink = io.BytesIO()
    with age.Writer(sink, [objects.identity(house, keys, ident).recipient()], entropy=house.entropy) as out:
        out.write(data)
    house.vault().add(ident, [sink.getvalue()])
    assert custody.crate(house, keys, ident) is None

    second = receive(house, keys, sealed(house, MORE))

    assert [one.arrival for one in custody.crate(house, keys, ident).custody] == [first.id, second.id]
