"""The log in a real PostgreSQL: the same entries, the same order, two writers, and a server that dies."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tamizdat.adapters import postgres
from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.errors import AdapterError
from tamizdat.record import log, sequencer
from tests.postgres import server
from tests.record.logs import begun
from tests.scripts import house


SIGNER = note.Signer(name="example.com/log", seed=b"s" * 32)


@pytest.fixture(scope="module")
def address():
    with server() as given:
        yield given


@pytest.fixture
def rows(address):
    with psycopg.connect(address, autocommit=True) as base:
        base.execute("DROP SCHEMA IF EXISTS tamizdat_log CASCADE")
    made = postgres.PostgresRows(address)
    yield made
    made.close()


@pytest.fixture
def second(rows, address):
    made = postgres.PostgresRows(address)
    yield made
    made.close()


def test_a_log_in_postgresql_is_published_byte_for_byte_as_in_files(rows, second):
    store, plain = Memory(), Memory()
    made, other = sequencer.begin(rows, store, SIGNER), begun(plain, SIGNER)
    for count in (1, 255, 300):
        entries = [b"%d of %d\0\xff" % (number, count) for number in range(count)]
        assert made.append(entries) == other.append(entries)
    assert {name: store.open(name).read() for name in store.names()} == {
        name: plain.open(name).read() for name in plain.names()
    }
    again = sequencer.Sequencer(second, Memory(), SIGNER)
    assert again.checkpoint() == made.checkpoint()
    assert not rows.swap(b"another", b"new")


def test_two_writers_of_one_database_never_fork(rows, second):
    store = Memory()
    writers = [sequencer.begin(rows, store, SIGNER), sequencer.Sequencer(second, store, SIGNER)]
    got = []

    def write(writer):
        got.extend(index for _ in range(20) for index in writer.append([b"x"]))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = log.read_log(store, SIGNER.verifier)
    assert (sorted(got), reader.size, reader.check_all()) == (list(range(40)), 40, [])


def test_a_server_that_cuts_the_line_is_one_clear_error_and_loses_nothing(rows, address, second):
    store = Memory()
    made = sequencer.begin(rows, store, SIGNER)
    made.append([b"1"])
    with psycopg.connect(address, autocommit=True) as base:
        base.execute("SELECT pg_terminate_backend(%s)", (rows._base.info.backend_pid,))
    with pytest.raises(AdapterError) as caught:
        made.append([b"2"])
    assert caught.value.code == "database"
    assert sequencer.Sequencer(second, store, SIGNER).append([b"3"]) == range(1, 2)
    assert log.read_log(store, SIGNER.verifier).check_all() == []


def test_an_address_that_leads_nowhere_shows_no_password(tmp_path):
    with pytest.raises(AdapterError) as caught:
        postgres.PostgresRows(f"host={tmp_path} user=nobody password=hunter22")
    assert "hunter22" not in str(caught.value)


def test_a_newsroom_keeps_its_record_in_the_server_that_its_settings_name(rows, address, tmp_path):
    room = house.make(tmp_path / "room")
    words = dict(word.split("=") for word in address.split())
    named = f"postgresql://{words['user']}@/{words['dbname']}?host={words['host']}"
    settings = room.path / "newsroom.toml"
    settings.write_text(settings.read_text().replace('database = ""', f'database = "{named}"'))
    done = house.run("log", "tick", *room.secret)
    assert done.status == 0, done.err
    assert rows.count() == log.read_log(Folder(room.path / "log"), *_keys(room)).size == 1
    assert not (room.path / "desk/log.sqlite").exists()


def _keys(room):
    return [note.read_verifier(cards.read(room.card.read_bytes()).log)]


def test_a_later_version_of_the_database_is_not_touched(rows, address):
    with psycopg.connect(address, autocommit=True) as base:
        base.execute("UPDATE tamizdat_log.version SET number = 9")
    with pytest.raises(AdapterError) as caught:
        postgres.PostgresRows(address)
    assert caught.value.code == "database-newer"
