"""`log serve`: the record's files as the standard has them, and entries from programs that know the token."""

from __future__ import annotations

import concurrent.futures
import gzip
import itertools
import signal
import socket
import threading
import urllib.parse

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.record import entry, log
from tests.faults.test_kill import STORY
from tests.scripts import house
from tests.scripts.served import Line, asked, serving
from tests.scripts.test_witnesses import tick


def line(kind, number):
    return entry.write(entry.Entry(kind=kind, sequence=number, text_hash=b"%032d" % number))


def whole(room):
    reader = log.read_log(Folder(room.path / "log"), note.read_verifier(cards.read(room.card.read_bytes()).log))
    assert reader.check_all() == []
    assert entry.check_order(reader.entries()) == []
    return reader


@pytest.fixture
def room(tmp_path):
    return house.make(tmp_path / "room")


def served(room, *words):
    token = room.path.parent / "token"
    return serving(2, "log", "serve", *room.secret, "--add", token, *words)


def bearer(room):
    return {"Authorization": f"Bearer {(room.path.parent / 'token').read_text().strip()}"}


def test_what_is_answered_stands_on_the_record_whoever_else_writes_and_is_there_after_a_kill(room):
    with served(room) as (process, (_, address)):
        known = bearer(room)

        def add(number):
            while True:  # whoever came too long before the one it follows is told so, and comes again
                status, body, _ = asked(address, "POST", "/add", line("key", number), **known)
                if (status, body.split(b":")[0]) != (409, b"entry-order"):
                    return status, body

        with concurrent.futures.ThreadPoolExecutor(60) as callers:
            answers = list(callers.map(add, range(1, 61)))
            done = tick(room, 1)  # another process, at the same time
            assert done.status == 0, done.err
        assert [status for status, _ in answers] == [200] * 60
        assert asked(address, "POST", "/add", line("correction", 1), **known)[:2] == (200, b"61\n")
        process.send_signal(signal.SIGKILL)
    numbers = [int(body) for _, body in answers]
    reader = whole(room)
    assert len(set(numbers)) == 60
    assert all(reader.entry(place) == line("key", number) for number, place in enumerate(numbers, 1))
    assert (reader.size, reader.entry(61)) == (62, line("correction", 1))
    assert tick(room, 2).status == 0
    assert whole(room).size == 63


def test_each_refusal_has_its_status_and_leaves_the_record_alone(room):
    with served(room) as (_, (public, address)), Line(address) as one:
        known = bearer(room)
        assert one.ask("POST", "/add", line("key", 1))[0] == 401
        status, body, headers = one.ask("POST", "/add", line("key", 1), Authorization="Bearer wrong")
        assert (status, body, headers["www-authenticate"]) == (401, b"the token is missing or wrong\n", "Bearer")
        assert one.ask("GET", "/add", **known)[0] == 405
        assert one.ask("POST", "/other", b"", **known)[0] == 404
        for bad, status, code in (
            (b"", 400, b"entry-magic"),
            (line("key", 1)[:-1], 400, b"entry-line"),
            (line("key", 2), 409, b"entry-order"),
            (line("key", 1).replace(b"sequence: 1", b"sequence: 01"), 400, b"entry-number"),
        ):
            found = one.ask("POST", "/add", bad, **known)
            assert (found[0], found[1].split(b":")[0]) == (status, code)
        assert asked(address, "POST", "/add", b"x" * 513, **known)[0] == 413
        assert asked(public, "POST", "/add", line("key", 1), **known)[0] in {404, 413}
        assert (
            unfinished(address, f"POST /add HTTP/1.1\r\nHost: x\r\nAuthorization: {known['Authorization']}\r\n\r\n")
            == 411
        )
        assert one.ask("POST", "/add", line("key", 1), **known)[:2] == (200, b"0\n")
    assert whole(room).size == 1
    assert bearer(room)["Authorization"].encode() not in b"".join(
        raw or b"" for name, raw in house.listing(room.path).items()
    )


def test_a_token_that_others_can_read_or_that_is_none_is_refused(room):
    token = room.path.parent / "token"
    for text, mode in (("short\n", 0o600), ("x" * 40, 0o644)):
        token.write_text(text)
        token.chmod(mode)
        house.refused(house.run("log", "serve", *room.secret, "--add", token), 2, "token-file")


def test_tiles_are_served_with_the_types_and_the_caching_of_the_standard(room):
    with served(room) as (_, (public, address)), Line(public) as one:
        for number in range(1, 4):
            assert asked(address, "POST", "/add", line("key", number), **bearer(room))[0] == 200
        status, raw, headers = one.ask("GET", "/checkpoint")
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert headers["cache-control"] == "public, max-age=2"
        assert raw == (room.path / "log/checkpoint").read_bytes()
        for name in ("tile/0/000.p/3", "tile/entries/000.p/3"):
            status, raw, headers = one.ask("GET", f"/{name}")
            assert (status, headers["content-type"]) == (200, "application/octet-stream")
            assert "immutable" in headers["cache-control"]
            assert "content-encoding" not in headers
            assert raw == (room.path / "log" / name).read_bytes()
        status, packed, headers = one.ask("GET", "/tile/entries/000.p/3", Accept_Encoding="gzip, deflate")
        assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(packed) == raw
        (room.path / "log/tile/0/000.p/4").write_bytes(bytes(128))  # written, not yet signed for
        for name in ("tile/0/000.p/4", "tile/0/000", "../newsroom.toml", "desk/log.sqlite", "%2e%2e/newsroom.toml", ""):
            assert one.ask("GET", f"/{name}")[0] == 404
        seen = room.path.parent / "seen"
        assert house.run("log", "monitor", public, "--card", room.card, "--into", seen).status == 0


def unfinished(address, text):
    parts = urllib.parse.urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=240) as one:
        one.sendall(text.encode())
        return int(one.recv(100).split()[1])


def test_an_edition_is_published_while_entries_come_in_and_names_its_own_line(room):
    (room.path / "stories/harbour.md").write_text(STORY)
    with served(room) as (_, (_, address)), concurrent.futures.ThreadPoolExecutor(1) as other:
        ended = threading.Event()

        def add():
            number = 0
            while not ended.wait(0.2 if number else 0):
                number += 1
                assert asked(address, "POST", "/add", line("key", number), **bearer(room))[0] == 200
            return number

        adding = other.submit(add)
        try:
            for attempt in range(5):
                done = house.run("publish", "harbour", *room.secret)
                if done.status == 0:
                    break
                house.refused(done, 5, "log-changed")  # its number was taken: nothing was added, and it is run again
                if attempt == 3:  # on a slow machine it may be taken each time
                    ended.set()
                    adding.result()
        finally:
            ended.set()
        assert done.status == 0, done.err
        assert adding.result() >= 1
    assert whole(room).size == adding.result() + 2
    verified = house.run("verify", done.out.splitlines()[0], "--card-words", room.words)
    assert verified.status == 0, verified.out + verified.err


def test_a_backup_taken_while_entries_come_in_is_whole_and_its_record_can_go_on(room, tmp_path):
    """What was published, and a database that holds all of it: at whichever moment the backup was made."""
    ended = threading.Event()
    with served(room) as (_, (_, address)), concurrent.futures.ThreadPoolExecutor(1) as other:

        def add():
            for number in itertools.count(1):
                assert asked(address, "POST", "/add", line("key", number), **bearer(room))[0] == 200
                if ended.is_set():
                    return

        adding = other.submit(add)
        try:
            for _ in range(3):
                done = house.run("newsroom", "backup", "--keys", "--to", tmp_path / "copy", "--newsroom", room.path)
                assert done.status == 0, done.err
        finally:
            ended.set()
        adding.result()
    done = house.run("newsroom", "restore", tmp_path / "copy", tmp_path / "new")
    assert done.status == 0, done.err
    restored = house.Room(tmp_path / "new")
    assert house.run("log", "fsck", "--newsroom", restored.path).status == 0
    done = house.run("log", "tick", *restored.secret, "--against", tmp_path / "copy/newsroom/log")
    assert done.status == 0, done.err
