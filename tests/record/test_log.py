"""The public record: it grows, it proves, and no cut-off or altered file goes unseen."""

from __future__ import annotations

import copy

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import digest, merkle, note
from tamizdat.primitives.errors import AdapterError, FormatError, TrustError, UsageError
from tamizdat.record import log, tiles
from tamizdat.record.checkpoint import Checkpoint, sign
from tamizdat.record.tiles import Tile
from tests.record.logs import begun, opened


SIGNER = note.Signer(name="example.com/log", seed=b"l" * 32)
ORIGIN = SIGNER.name
ENTRIES = [b"entry %d" % number for number in range(66_000)]
SIZES = (1, 2, 5, 255, 256, 257, 700, 66_000)


def grown(sizes: tuple[int, ...]) -> tuple[Memory, list[bytes]]:
    """A log that grew through *sizes*, and the checkpoint of each."""
    store = Memory()
    writer = begun(store, SIGNER)
    heads = [writer.checkpoint()]
    for size in sizes:
        start = writer.size
        assert writer.append(ENTRIES[start:size]) == range(start, size)
        heads.append(writer.checkpoint())
    return store, heads


@pytest.fixture(scope="module")
def large() -> tuple[Memory, list[bytes]]:
    return grown(SIZES)


def test_a_log_of_every_size_is_whole_and_proves_every_older_one(large: tuple[Memory, list[bytes]]) -> None:
    """Entries, inclusion and consistency, at the newest checkpoint and at each older one."""
    store, heads = large
    readers = [log.read_log(store, SIGNER.verifier, origin=ORIGIN, raw=raw) for raw in heads]

    for reader in readers:
        assert reader.root == merkle.root(tiles.leaf_hashes(ENTRIES[: reader.size]))
        assert reader.check_all() == []
        for index in {0, 1, 255, 256, 65_535, 65_536, reader.size - 1} & set(range(reader.size)):
            path = reader.inclusion(index)
            assert reader.entry(index) == ENTRIES[index]
            merkle.verify_inclusion(digest.leaf(ENTRIES[index]), index, reader.size, path, reader.root)
        for older in readers[1:]:
            if older.size <= reader.size:
                proof = readers[-1].consistency(older.size, reader.size)
                merkle.verify_consistency(older.size, older.root, reader.size, reader.root, proof)
    assert readers[-1].consistency(0) == ()


def test_appending_reads_only_the_right_edge(large: tuple[Memory, list[bytes]]) -> None:
    """However long the log is: the checkpoint, one bundle, and one tile a level."""
    store = Counting(large[0])

    opened(store, SIGNER).append([b"one more"])

    assert set(store.opened) == {
        "checkpoint",
        "tile/entries/257.p/208",
        "tile/0/257.p/208",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
    }
    assert len(store.written) == 3


def test_the_layout_is_that_of_the_standard() -> None:
    """Partial tiles for every checkpoint, no empty ones, nothing above a partial tile."""
    store, _ = grown((5, 256))

    assert sorted(store.values) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/000.p/5",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/000.p/5",
    ]


@given(st.integers(0, 63), st.integers(0, 10**9), st.integers(1, 256))
def test_a_tile_s_name_has_one_spelling(level: int, index: int, width: int) -> None:
    """Written, read, the same."""
    tile = Tile(level=level, index=index, width=width)

    assert tiles.read_name(tile.name) == tile


@pytest.mark.parametrize(
    "name",
    ["tile/00/000", "tile/64/000", "tile/0/00", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/1000"],
)
def test_what_is_no_tile_s_name_is_none(name: str) -> None:
    """No zeros to spare, no full tile under a partial name."""
    assert tiles.read_name(name) is None


def test_a_log_is_begun_once_and_never_in_place_of_a_lost_one(memory: Memory) -> None:
    """A second beginning would contradict what was signed."""
    writer = begun(memory, SIGNER)
    writer.append([b"one"])

    with pytest.raises(UsageError, match="there already"):
        begun(memory, SIGNER)
    memory.drop("checkpoint")
    with pytest.raises(UsageError, match="what is left"):
        begun(memory, SIGNER)
    with pytest.raises(AdapterError) as caught:
        opened(memory, SIGNER)
    assert caught.value.code == "log-missing"
    with pytest.raises(AdapterError):
        writer.append([b"two"])


def test_two_writers_never_sign_two_histories(memory: Memory) -> None:
    """The second one sees that the first was there, and goes on from there, or not at all."""
    first = begun(memory, SIGNER)
    second = opened(memory, SIGNER)
    first.append([b"one"])

    assert second.append_made(lambda number: [b"another"][: number == 1]) == range(1, 2)
    with pytest.raises(AdapterError) as caught:
        first.cosigned(first.checkpoint())
    assert caught.value.code == "log-changed"
    assert list(log.read_log(memory, SIGNER.verifier).entries()) == [b"one", b"another"]


def test_only_the_log_s_own_key_opens_it(memory: Memory) -> None:
    """Another key, and another name, are refused."""
    begun(memory, SIGNER)

    with pytest.raises(TrustError):
        opened(memory, note.Signer(name=ORIGIN, seed=b"m" * 32))
    with pytest.raises(TrustError):
        opened(memory, note.Signer(name="example.com/other", seed=SIGNER.seed))


def test_entries_are_of_any_bytes_up_to_the_standard_s_length(memory: Memory) -> None:
    """None at all, 65,535, and no more; and nothing appended is nothing changed."""
    writer = begun(memory, SIGNER)

    assert writer.append([b"", b"x" * 65_535]) == range(2)
    assert writer.append([]) == range(2, 2)
    with pytest.raises(FormatError) as caught:
        writer.append([b"fits", b"x" * 65_536])

    assert caught.value.code == "log-entry-length"
    assert list(writer.reader().entries()) == [b"", b"x" * 65_535]
    assert list(writer.reader().newest_first()) == [b"x" * 65_535, b""]
    with pytest.raises(UsageError):
        writer.reader().entry(2)


class Counting(Memory):
    """A store that remembers what was asked of it."""

    def __init__(self, other: Memory) -> None:
        super().__init__()
        self.values = dict(other.values)
        self.opened: list[str] = []
        self.written: list[str] = []

    def open(self, name):
        self.opened.append(name)
        return super().open(name)

    def put(self, name, chunks):
        self.written.append(name)
        super().put(name, chunks)


class Dying(Memory):
    """A store whose machine is cut off at a given call: nothing of that call, and of none after it, is done."""

    def __init__(self, values: dict[str, bytes], calls: int) -> None:
        super().__init__()
        self.values = values
        self.calls = calls

    def _live(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise AdapterError("cut-off", "the machine is gone", mend="Start it.")

    def open(self, name):
        self._live()
        return super().open(name)

    def put(self, name, chunks):
        self._live()
        super().put(name, chunks)

    def add(self, name, chunks):
        self._live()
        super().add(name, chunks)

    def names(self, prefix=""):
        self._live()
        return super().names(prefix)

    def drop(self, name):
        self._live()
        super().drop(name)


@pytest.mark.parametrize("start", [0, 3, 200, 255, 511])
def test_a_log_cut_off_at_any_call_is_whole_and_goes_on(start: int) -> None:
    """It never shrinks, never forks, and leftovers of what was never signed harm nothing."""
    before, heads = grown((start,) if start else ())
    calls = 0
    finished = False
    while not finished:
        store = Dying(dict(before.values), calls)
        try:
            opened(store, SIGNER).append([b"never signed %d" % n for n in range(60)])
            finished = True
        except AdapterError:
            pass
        store.calls = 10**9

        again = opened(store, SIGNER)
        assert again.size in {start, start + 60}
        kept = again.checkpoint()
        again.append([b"after"])
        again.append([b"more %d" % n for n in range(57)])

        reader = log.read_log(store, SIGNER.verifier)
        assert reader.check_all() == []
        assert log.read_log(store, SIGNER.verifier, raw=kept).check_all() == []
        old = log.read_log(store, SIGNER.verifier, raw=heads[-1])
        if old.size:
            merkle.verify_consistency(old.size, old.root, reader.size, reader.root, reader.consistency(old.size))
        calls += 1
    assert calls > 8


def test_every_file_altered_or_lost_is_named_and_nothing_else(large: tuple[Memory, list[bytes]]) -> None:
    """Whatever kind of file, whatever level; by the check of everything, and by the reader that meets it."""
    small, _ = grown((5, 255, 256, 700))
    names = ["tile/entries/001", "tile/entries/002.p/188", "tile/entries/000.p/5"]
    names += ["tile/0/001", "tile/0/002.p/188", "tile/0/000.p/255", "tile/1/000.p/2", "tile/1/000.p/1"]
    cases = [(small.values, name, change) for name in names for change in range(4)]
    cases += [(large[0].values, name, 0) for name in ("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1")]
    for whole, name, change in cases:
        raw = whole[name]
        store = Memory()
        store.values = {**whole, name: [raw[:9] + b"\xa5" + raw[10:], raw[:-1], raw * 2, b""][change]}

        faults = log.read_log(store, SIGNER.verifier).check_all()

        assert [fault.where for fault in faults] == [name]
    whole = large[0].values
    lost = Memory()
    lost.values = {name: raw for name, raw in whole.items() if name not in {"tile/0/005", "tile/1/000"}}
    assert {fault.where for fault in log.read_log(lost, SIGNER.verifier).check_all()} == {"tile/0/005", "tile/1/000"}


def test_all_faults_are_found_in_one_go(large: tuple[Memory, list[bytes]]) -> None:
    """Four at once, and a stray file; a reader gives out nothing that is not proven."""
    store = Memory()
    store.values = copy.copy(large[0].values)
    for name in ("tile/entries/003", "tile/0/004", "tile/entries/257.p/208"):
        store.values[name] = store.values[name][:40] + b"\xa5" + store.values[name][41:]
    store.values["tile/0/readme"] = b"stray"
    del store.values["tile/1/001.p/1"]

    reader = log.read_log(store, SIGNER.verifier)

    assert {(fault.code, fault.where) for fault in reader.check_all()} == {
        ("log-entries", "tile/entries/003"),
        ("log-tile", "tile/0/004"),
        ("log-entries", "tile/entries/257.p/208"),
        ("log-tile", "tile/1/001.p/1"),
        ("log-stray", "tile/0/readme"),
    }
    with pytest.raises(TrustError):
        reader.entry(3 * 256)
    with pytest.raises(TrustError):
        opened(store, SIGNER)


def test_a_root_that_was_signed_over_nothing_is_reported(memory: Memory) -> None:
    """Where no file is to blame, the checkpoint is."""
    begun(memory, SIGNER).append([b"one", b"two"])
    forged = sign(Checkpoint(origin=ORIGIN, size=2, root=bytes(32)), SIGNER)

    faults = log.read_log(memory, SIGNER.verifier, raw=forged).check_all()

    assert [(fault.code, fault.where) for fault in faults] == [("log-root", "checkpoint")]


def test_a_log_with_all_partial_tiles_gone_is_read_from_the_full_ones(memory: Memory) -> None:
    """A mirror may have dropped them (tlog-tiles, "Partial Tiles")."""
    writer = begun(memory, SIGNER)
    writer.append(ENTRIES[:5])
    old = writer.checkpoint()
    writer.append(ENTRIES[5:256])
    memory.drop("tile/0/000.p/5")
    memory.drop("tile/entries/000.p/5")

    reader = log.read_log(memory, SIGNER.verifier, raw=old)

    assert reader.check_all() == []
    assert list(reader.entries()) == ENTRIES[:5]
