"""Two newsrooms witness each other: real processes, real HTTP, and what a restored old copy may not do."""

from __future__ import annotations

import contextlib
import shutil

from unittest import mock

import pytest

from tamizdat.adapters.machine import SystemClock
from tamizdat.adapters.web import Answered, Server
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.record import evidence, policy, stamp
from tests.authority import authority
from tests.scripts import house
from tests.scripts.served import serving


DAY = 86_400


@contextlib.contextmanager
def witness(folder, *words):
    """Run a witness in a process of its own; give the lines for other people's policies."""
    with serving(2, "log", "witness", folder, *words) as (_, lines):
        yield lines


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    base = tmp_path_factory.mktemp("two")
    first = house.make(base / "first")
    second = house.Room(base / "second")
    done = house.run(
        "newsroom", "init", second.path, "--name", "Another House", "--origin", "other.example/record",
        "--work-factor", "2", "--passphrase-file", first.path / ".passphrase-for-tests",
    )  # fmt: skip
    assert done.status == 0, done.err
    shutil.copy(first.path / ".passphrase-for-tests", second.path)
    return first, second


def tick(room, day, *words):
    """Write the line of a day that is still to come."""
    now = SystemClock().now() + int(day * DAY)
    with mock.patch.object(SystemClock, "now", lambda _: now):
        return house.run("log", "tick", *room.secret, *words)


def believe(room, lines):
    names = [line.split()[1] for line in lines]
    log = note.read_verifier(next(line for line in room.card.read_text().split("\n") if line.startswith("log: "))[5:])
    text = "".join(
        (f"log {log.vkey}\n", *(f"{line}\n" for line in lines), f"group w all {' '.join(names)}\nquorum w\n")
    )
    (room.path / "policy.txt").write_text(text)
    return policy.read(text.encode())


def test_two_newsrooms_witness_each_other_and_an_old_copy_may_not_write(rooms, tmp_path):
    first, second = rooms
    with (
        witness(tmp_path / "w1", "--name", "first.example/w", "--watch", second.card) as ours,
        witness(tmp_path / "w2", "--name", "second.example/w", "--watch", first.card) as theirs,
    ):
        for room, lines in ((first, theirs), (second, ours)):
            rules = believe(room, lines)
            done = tick(room, 1)
            assert done.status == 0, done.err
            assert "cosigned by" in done.err
            verdict = policy.verify((room.path / "log/checkpoint").read_bytes(), rules)
            assert len(verdict.seen) == 2
            assert house.run("log", "fsck", "--newsroom", room.path).status == 0
        shutil.copytree(first.path, tmp_path / "old")
        house.Room(tmp_path / "old").moved()
        assert tick(first, 2).status == 0
        before = house.listing(tmp_path / "old")
        told = house.refused(tick(house.Room(tmp_path / "old"), 3), 6, "log-set-back")
        assert "a witness has seen" in told
        assert house.listing(tmp_path / "old") == before

        # The same copy without asking anybody: a fork, which the witness refuses and keeps as evidence.
        rules_file = tmp_path / "old/policy.txt"
        kept = rules_file.read_text()
        rules_file.unlink()
        for day in (3, 4):
            assert tick(house.Room(tmp_path / "old"), day).status == 0
        rules_file.write_text(kept)
        house.refused(tick(house.Room(tmp_path / "old"), 5), 6, "log-set-back")
        done = house.run("log", "monitor", tmp_path / "old/log", "--card", first.card, "--into", tmp_path / "seen")
        assert done.status == 0, done.err
        house.refused(
            house.run("log", "monitor", first.path / "log", "--card", first.card, "--into", tmp_path / "seen"),
            6, "monitor-shrunk",
        )  # fmt: skip
    (file,) = (tmp_path / "seen" / evidence.FOLDER).iterdir()
    assert len(evidence.read(file.read_bytes())) == 2
    house.refused(house.run("log", "evidence", file, "--card", first.card), 6, "evidence-open")
    house.refused(house.run("log", "evidence", file, "--card", second.card), 6, "note-unsigned")
    house.refused(house.run("log", "evidence", first.card, "--card", first.card), 3, "evidence")


def test_a_fork_is_kept_by_the_witness_as_a_file_that_anybody_can_check(rooms, tmp_path):
    """Two copies of one newsroom, each with a line of its own: the second is refused, and the two states convict it."""
    first, _ = rooms
    twins = [house.Room(tmp_path / name) for name in ("one", "other")]
    with witness(tmp_path / "w", "--name", "w.example/w", "--watch", first.card) as lines:
        for twin in twins:
            shutil.copytree(first.path, twin.path)
            (twin.path / "policy.txt").unlink(missing_ok=True)
            twin.moved()
            assert tick(twin, 40).status == 0
            believe(twin, lines)
        assert "cosigned by w.example/w" in tick(twins[0], 40).err
        assert "A WITNESS REFUSES" in tick(twins[1], 40).err or tick(twins[1], 40).status == 6
    (file,) = (tmp_path / "w/state" / evidence.FOLDER).iterdir()
    done = house.run("log", "evidence", file, "--policy", twins[0].path / "policy.txt")
    assert (done.status, done.out.startswith("proven: news.example/record signed two")) == (0, True), done.err


def test_a_witness_that_is_away_is_named_and_the_record_waits(rooms, tmp_path):
    first, _ = rooms
    room = house.Room(tmp_path / "room")
    shutil.copytree(first.path, room.path)
    room.moved()
    with witness(tmp_path / "w", "--name", "w.example/w", "--watch", room.card) as lines:
        believe(room, lines)
    told = house.refused(tick(room, 20), 5, "log-unwitnessed")
    assert "cannot be asked now" in told


def test_the_record_is_stamped_at_each_tick_waits_while_offline_and_is_stamped_anew_in_time(rooms, tmp_path):
    first, _ = rooms
    room = house.Room(tmp_path / "room")
    shutil.copytree(first.path, room.path)
    room.moved()
    (room.path / "policy.txt").unlink(missing_ok=True)
    for name in ("tsa", "short"):
        (tmp_path / name).mkdir()
    long, short = authority(tmp_path / "tsa", 3000), authority(tmp_path / "short", 60)
    server = Server(
        "127.0.0.1",
        0,
        lambda asked: Answered(status=200, kind=stamp.RESPONSE_TYPE, body=long.answer(asked.body)),
        1 << 16,
    )
    server.start()
    (room.path / "authorities").mkdir()
    line = f"# url: {server.address}/tsr\n"
    (room.path / "authorities/near.pem").write_text(line + long.root.read_text())
    (room.path / "authorities/by-hand.pem").write_text(short.root.read_text())
    waiting = room.path / "desk/stamps/by-hand.tsq"
    try:
        done = tick(room, 30)
        assert done.status == 0, done.err
        assert "stamped by near" in done.err
        assert "its request waits in desk/stamps/by-hand.tsq" in done.err
        carried = waiting.read_bytes()
        assert tick(room, 31).status == 0
        assert waiting.read_bytes() == carried
        waiting.with_suffix(".tsr").write_bytes(b"no answer")
        assert "no time stamp by by-hand yet" in tick(room, 31).err
        waiting.with_suffix(".tsr").write_bytes(short.answer(carried))
        assert "stamped by by-hand" in tick(room, 31).err
    finally:
        server.close()
    names = sorted(path.name for path in (room.path / "log/stamps").rglob("*.tsr*"))
    assert names == ["by-hand.tsr", "near.tsr", "near.tsr"]
    # Its certificate ends within ninety days: once the newest state is stamped too, the stamps are stamped anew.
    for _ in range(3):
        waiting.with_suffix(".tsr").write_bytes(short.answer(waiting.read_bytes()))
        assert "stamped by by-hand" in tick(room, 31).err
    assert max(path.name for path in (room.path / "log/stamps").rglob("by-hand*")).startswith("by-hand.tsr.")
    assert house.run("log", "fsck", "--newsroom", room.path).status == 0


def test_a_witness_answers_as_the_standard_says_and_ends_with_one_clear_error(rooms, tmp_path):
    first, _ = rooms
    house.refused(house.run("log", "witness", tmp_path / "w"), 2, "witness-name")
    house.refused(house.run("log", "witness", tmp_path / "w", "--name", "w.example/w"), 2, "witness-none")
    house.refused(house.run("log", "witness", tmp_path / "w", "--watch", tmp_path / "no"), 2, "card-file")


def test_outside_witnesses_stand_on_the_first_card_and_in_the_policy_where_init_was_told_of_them(rooms, tmp_path):
    made = [
        note.Cosigner(name=f"w{number}.example/w", kind=kind, seed=bytes([number, kind] * 16))
        for number in (1, 2, 3)
        for kind in (note.COSIGNATURE, note.MLDSA44)
    ]
    told = []
    for number in (0, 2, 4):
        file = tmp_path / f"told-{number}"
        file.write_text(
            "".join(f"{policy.line(f'x{number}{one.kind}', one.verifier)}\n" for one in made[number : number + 2])
        )
        told += ["--witness", file]
    words = (
        "newsroom", "init", tmp_path / "room", "--name", "A House", "--work-factor", "2",
        "--passphrase-file", rooms[0].path / ".passphrase-for-tests",
    )  # fmt: skip
    assert house.run(*words, *told).status == 0
    room = house.Room(tmp_path / "room")
    assert cards.read(room.card.read_bytes()).witnesses == tuple(one.verifier.vkey for one in made)
    rules = policy.read((room.path / "policy.txt").read_bytes())
    assert [rules.witnessed(seen) for seen in ({"x04", "x06", "x24", "x26"}, {"x04", "x24", "x44", "x46"})] == [
        True,
        False,
    ]
    (tmp_path / "told-0").write_text("no lines of a policy\n")
    house.refused(house.run(*words[:2], tmp_path / "other", *words[3:], *told[:2]), 3, "policy")
    house.refused(
        house.run(*words[:2], tmp_path / "other", *words[3:], "--witness", tmp_path / "no"), 2, "witness-file"
    )
    house.refused(house.run("newsroom", "card", *told, "--newsroom", room.path), 2, "card-witness")
