"""The sequencer: the database is the truth, nothing acknowledged is lost, and no fork is ever signed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time

import pytest

from tamizdat.adapters import sqlite
from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives import merkle, note, stores
from tamizdat.primitives.errors import AdapterError, FormatError, TamizdatError, TrustError
from tamizdat.record import checkpoint, entry, log, sequencer
from tamizdat.record.committer import Committer
from tests.record.logs import begun


SIGNER = note.Signer(name="example.com/log", seed=b"s" * 32)


@pytest.fixture
def rows(tmp_path):
    made = sqlite.SqliteRows(tmp_path / "log.sqlite")
    yield made
    made.close()


def whole(store, size):
    reader = log.read_log(store, SIGNER.verifier, origin=SIGNER.name)
    assert reader.check_all() == []
    assert reader.size == size
    return reader


def test_what_is_appended_is_published_as_any_log_is(rows):
    store, plain = Memory(), Memory()
    made, other = sequencer.begin(rows, store, SIGNER), begun(plain, SIGNER)
    for count in (1, 0, 254, 2, 300):
        entries = [os.urandom(9) for _ in range(count)]
        assert made.append(entries) == other.append(entries)
    assert {name: store.open(name).read() for name in store.names()} == {
        name: plain.open(name).read() for name in plain.names()
    }
    assert whole(store, 557).entry(556) == entries[-1]


def test_a_log_that_was_kept_in_files_moves_into_a_database(rows):
    store = Memory()
    begun(store, SIGNER).append([b"%d" % number for number in range(700)])
    sequencer.adopt(rows, store, SIGNER).append([b"one more"])
    assert whole(store, 701).entry(699) == b"699"
    other = sqlite.SqliteRows(rows._path.with_name("new.sqlite"))
    with contextlib.closing(other), pytest.raises(AdapterError) as caught:
        sequencer.Sequencer(other, Memory(), SIGNER)
    assert caught.value.code == "log-missing"


def test_what_is_published_can_be_lost_and_is_made_anew(rows):
    store = Memory()
    sequencer.begin(rows, store, SIGNER).append([b"%d" % number for number in range(300)])
    for torn in ("checkpoint", "tile/0/001.p/44", "tile/entries/001.p/44", "tile/0/000", None):
        if torn:
            store.put(torn, [store.open(torn).read()[:-7]])
        else:
            for name in list(store.names()):
                store.drop(name)
        again = sequencer.Sequencer(rows, store, SIGNER)
        if torn == "tile/0/000":  # not at the edge: fsck finds it
            again.rebuild()
        whole(store, 300)


def test_rows_that_were_changed_are_never_signed_for(rows):
    store = Memory()
    sequencer.begin(rows, store, SIGNER).append([b"%d" % number for number in range(300)])
    rows._base.execute("UPDATE entry SET entry = x'00' WHERE number = 7")
    store.drop("tile/0/001.p/44")
    with pytest.raises(AdapterError) as caught:
        sequencer.Sequencer(rows, store, SIGNER)
    assert caught.value.code == "log-rows"


def test_the_guard_is_asked_before_the_first_signature_and_only_then(rows):
    store, asked = Memory(), []
    sequencer.begin(rows, store, SIGNER).append([b"1"])

    def refuse(reader):
        asked.append(reader.size)
        raise TrustError("old-copy", "set back", mend="")

    kept = sequencer.Sequencer(rows, store, SIGNER, refuse)
    assert asked == []
    with pytest.raises(TrustError):
        kept.append([b"2"])
    assert checkpoint.verify(store.open("checkpoint").read(), SIGNER.verifier).size == 1
    sequencer.Sequencer(rows, store, SIGNER, lambda reader: asked.append(reader.size)).append([b"3"])
    assert (asked, whole(store, 2).entry(1)) == ([1, 1], b"3")


def test_what_a_kill_left_unsigned_is_not_signed_before_the_guard_was_asked(rows):
    store = Memory()
    sequencer.begin(rows, store, SIGNER).append([b"1"])
    rows.add([b"2"])

    def refuse(reader):
        raise TrustError("old-copy", "set back", mend="")

    with pytest.raises(TrustError):
        sequencer.Sequencer(rows, store, SIGNER, refuse)
    assert checkpoint.verify(rows.last(), SIGNER.verifier).size == 1
    whole(store, 1)
    sequencer.Sequencer(rows, store, SIGNER)
    assert whole(store, 2).entry(1) == b"2"


def test_a_database_older_than_what_it_published_is_refused(tmp_path):
    store, path = Memory(), tmp_path / "log.sqlite"
    first = sqlite.SqliteRows(path)
    sequencer.begin(first, store, SIGNER).append([b"1"])
    first.close()
    old = path.read_bytes()
    second = sqlite.SqliteRows(path)
    sequencer.Sequencer(second, store, SIGNER).append([b"2"])
    second.close()
    path.write_bytes(old)
    with contextlib.closing(sqlite.SqliteRows(path)) as restored, pytest.raises(TrustError) as caught:
        sequencer.Sequencer(restored, store, SIGNER)
    assert caught.value.code == "log-set-back"
    whole(store, 2)


def test_a_hundred_callers_get_numbers_of_their_own_while_another_process_writes_too(tmp_path):
    store = Folder(tmp_path / "public")
    (tmp_path / "public").mkdir()
    path = tmp_path / "log.sqlite"
    with contextlib.closing(sqlite.SqliteRows(path)) as one, contextlib.closing(sqlite.SqliteRows(path)) as two:
        first, second = sequencer.begin(one, store, SIGNER), sequencer.Sequencer(two, store, SIGNER)
        # A hundred threads begin in any order, and on a busy machine not at once.
        with Committer(first, one, early=60) as made:
            told = _called(made, [line("key", number) for number in range(1, 101)])
            for number in range(1, 11):
                second.append([line("edition", number)])
            found = {raw: told.get() for raw, told in told.items()}
    reader = whole(store, 110)
    assert entry.check_order(reader.entries()) == []
    assert all(reader.entry(number) == raw for raw, number in found.items())


def test_what_is_no_entry_or_out_of_order_or_one_too_many_is_refused_and_the_others_stand(tmp_path):
    store = Memory()
    with contextlib.closing(sqlite.SqliteRows(tmp_path / "log.sqlite")) as one:
        log_ = sequencer.begin(one, store, SIGNER)
        with Committer(log_, one, early=60) as made:
            told = _called(made, [line("key", number) for number in (3, 2, 7, 1)])
            assert [told[line("key", number)].get() for number in (1, 2, 3)] == [0, 1, 2]
            assert Told(made, line("key", 3)).refused() == "entry-order"
            with pytest.raises(FormatError):
                made.add(b"no entry")
        assert told[line("key", 7)].refused() == "entry-order"  # what it waited for did not come before the end
        with Committer(log_, one, early=0.01) as made:
            assert Told(made, line("key", 6)).refused() == "entry-order"  # nor within the time it waits
            assert made.add(line("key", 4)) == 3
        full = Committer(log_, one, most=1)
        waiting = Told(full, line("key", 5))
        while not full._queue.full():
            time.sleep(0.001)
        assert Told(full, line("key", 6)).refused() == "log-busy"
        with full:
            assert waiting.get() == 4
    assert entry.check_order(whole(store, 5).entries()) == []


class Told:
    """What a caller in a thread of its own is told."""

    def __init__(self, made, raw):
        self._said = []
        self._thread = threading.Thread(target=self._call, args=(made, raw))
        self._thread.start()

    def _call(self, made, raw):
        try:
            self._said.append(made.add(raw))
        except TamizdatError as error:
            self._said.append(error.code)

    def get(self):
        self._thread.join()
        assert isinstance(self._said[0], int), self._said
        return self._said[0]

    def refused(self):
        self._thread.join()
        return self._said[0]


def _called(made, raws):
    return {raw: Told(made, raw) for raw in random.Random(2).sample(raws, len(raws))}


def line(kind, number):
    return entry.write(entry.Entry(kind=kind, sequence=number, text_hash=b"%032d" % number))


def test_a_database_of_a_later_version_is_not_touched(tmp_path):
    path = tmp_path / "log.sqlite"
    sqlite.SqliteRows(path).close()
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 9")
    with pytest.raises(AdapterError) as caught:
        sqlite.SqliteRows(path)
    assert caught.value.code == "database-newer"


def test_two_hundred_kills_lose_nothing_acknowledged_and_fork_nothing(tmp_path):
    """
    Each child appends until it is killed; what it acknowledged, and every checkpoint it published, must stand.

    Some are killed while they open, most at their first append, the others after one or two that were acknowledged.
    """
    (tmp_path / "public").mkdir()
    store, path, told = Folder(tmp_path / "public"), tmp_path / "log.sqlite", tmp_path / "told"
    first = sqlite.SqliteRows(path)
    sequencer.begin(first, store, SIGNER)
    first.close()
    dice, seen = random.Random(1), [(0, merkle.EMPTY)]
    moments = dice.sample([0] * 40 + [1] * 110 + [2] * 35 + [3] * 15, 200)
    for moment in moments:
        ready, tell = os.pipe()
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                _append_for_ever(path, store, told, tell)
            os._exit(9)
        os.close(tell)
        for _ in range(moment):
            assert os.read(ready, 1) == b"!"
        time.sleep(dice.uniform(0.001, 0.02))  # to fall anywhere: nothing depends on it
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        if dice.random() < 0.2:
            _tear(store, dice)
        rows = sqlite.SqliteRows(path)
        again = sequencer.Sequencer(rows, store, SIGNER)
        seen.append((again.size, again.root))
        rows.close()
    reader = whole(store, seen[-1][0])
    for size, root in seen[1:]:
        if size:
            merkle.verify_consistency(size, root, reader.size, reader.root, reader.consistency(size))
    acknowledged = told.read_bytes().split(b"\n")[:-1] if told.exists() else []
    assert len(acknowledged) >= 35 + 2 * 15
    assert all(reader.entry(int(number)) == entry for number, entry in (line.split(b" ") for line in acknowledged))


def _append_for_ever(path, store, told, tell):
    made = sequencer.Sequencer(sqlite.SqliteRows(path), store, SIGNER)
    with told.open("ab", buffering=0) as stream:
        while True:
            os.write(tell, b"!")
            entry = os.urandom(4).hex().encode()
            stream.write(b"%d %s\n" % (made.append([entry])[0], entry))


def _tear(store, dice):
    """Cut one of the files that were written last short, as a power cut may."""
    newest = {}
    for name in store.names():
        folder, _, width = name.partition(".p/")
        newest[folder] = max(newest.get(folder, 0), int(width or 256))
    edge = [f"{folder}.p/{width}" for folder, width in newest.items() if width < 256]
    name = dice.choice(["checkpoint", *edge])
    raw = stores.read(store, name) or b""
    store.put(name, [raw[: dice.randrange(len(raw) or 1)]])
