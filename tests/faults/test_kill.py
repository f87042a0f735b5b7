"""`kill -9` between any two things a command does to the disk: the same command, run again, completes."""

from __future__ import annotations

import os
import signal
import sys
import warnings

from collections.abc import Callable
from pathlib import Path

import pytest

from tamizdat.cli import house as houses
from tamizdat.newsroom import intake, queue
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import origins
from tamizdat.record import batch
from tests.scripts import house
from tests.scripts.house import Room, run


MOMENTS = 12
MARKER = b"a marker that stands in every file and may rest nowhere in clear"
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}
STORY = """---
headline: The harbour is closed
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
---
Nobody knows for how long.
"""


class Counter:
    """Counts what a process does to the disk, by Python's audit events; at the number it is told, kill -9."""

    def __init__(self, kill_at: int = 0) -> None:
        self.count = 0
        self._kill_at = kill_at

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT):
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], int], kill_at: int = 0) -> int:
    """Do the work in a child; give how often it changed the disk, or minus the signal that ended it."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # numpy has threads, which do nothing here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        sys.dont_write_bytecode = True  # what is imported for the first time would be counted, and only once
        counter = Counter(kill_at)
        sys.addaudithook(counter)
        status = 99
        try:
            status = work()
        finally:
            os.write(writing, str(counter.count).encode())
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        count = stream.read()
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return -os.WTERMSIG(ended)
    assert os.WEXITSTATUS(ended) == 0
    return int(count)


def each_moment(
    tmp_path: Path, prepare: Callable[[Path], Room], work: Callable[[Room], int], after: Callable[[Room], None]
) -> None:
    """Kill the work at moments spread from its first change to its last, each time in a fresh newsroom."""
    whole = prepare(tmp_path / "whole")
    changes = forked(lambda: work(whole))
    moments = sorted({1 + round(number * (changes - 1) / (MOMENTS - 1)) for number in range(MOMENTS)})
    assert len(moments) > 5
    for moment in moments:
        room = prepare(tmp_path / f"killed-{moment}")

        ended = forked(lambda room=room: work(room), moment)  # type: ignore[misc]

        assert ended == -signal.SIGKILL, f"moment {moment} of {changes}"
        try:
            after(room)
        except AssertionError as error:
            raise AssertionError(f"after a kill at change {moment} of {changes}: {error}") from error


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "one.txt").write_bytes(MARKER + b" 1")
    (folder / "two.txt").write_bytes(MARKER + b" 2")
    (folder / "one again.txt").write_bytes(MARKER + b" 1")
    return folder


def test_seal_completes_after_a_kill(tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the killed run left is no part to anybody, and goes with the next run."""
    # In one process, where each change can be counted; tests/faults/test_seal.py kills either of the two.
    monkeypatch.setenv("TAMIZDAT_PROCESSES", "1")

    def prepare(folder: Path) -> Room:
        return house.make(folder)

    def work(room: Room) -> int:
        return room.seal(files, "-o", room.path / "out", "--parts", "3", "--need", "2").status

    def after(room: Room) -> None:
        assert work(room) == 0
        done = run("check", room.path / "out")
        assert done.status == 0, done.err
        assert len(list((room.path / "out").iterdir())) == 3
        assert not [path for path in room.path.iterdir() if path.name.startswith(".out")]
        room.clean(MARKER)

    each_moment(tmp_path, prepare, work, after)


def test_receive_completes_after_a_kill(tmp_path: Path, files: Path) -> None:
    """Nothing is lost, nothing stored twice, nothing rests in clear, and the sums add up."""
    sealed = house.make(tmp_path / "first")
    assert sealed.seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2").status == 0

    def work(room: Room) -> int:
        return room.receive(tmp_path / "parts").status

    def after(room: Room) -> None:
        done = room.receive(tmp_path / "parts")
        assert done.status == 0, done.err
        assert done.report[0] == sum(done.report[1:])
        again = room.receive(tmp_path / "parts")
        assert again.report == (3, 0, 3, 0)
        listed = run("objects", *room.secret).out.splitlines()
        assert len(listed) == 2, listed
        assert [path.name for path in sorted((room.path / "desk/queue").iterdir())] == due(room)
        room.sound()
        room.clean(MARKER)

    each_moment(tmp_path, house.make, work, after)


def test_no_leaf_is_lost_or_stands_on_the_record_twice(tmp_path: Path, files: Path) -> None:
    """A line is written, by a machine that has no passphrase, between the kill and the run that finishes."""
    sealed = house.make(tmp_path / "first")
    assert sealed.seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2").status == 0

    def work(room: Room) -> int:
        return room.receive(tmp_path / "parts").status

    def after(room: Room) -> None:
        assert run("log", "tick", *room.secret).status == 0
        done = room.receive(tmp_path / "parts")
        assert done.status == 0, done.err
        waiting = {path.name for path in (room.path / "desk/queue").glob("*")}
        taken = {leaf.hex() for leaf in queue.recorded(*unlocked(room))}
        assert not waiting & taken
        assert sorted(waiting | taken) == due(room)

    each_moment(tmp_path, house.make, work, after)


def unlocked(room: Room) -> tuple[House, Keys]:
    """Look into a newsroom."""
    inside = houses.at(room.path)
    return inside, inside.unlock(house.PASSPHRASE.encode())


def due(room: Room) -> list[str]:
    """Give, sorted, the leaves that belong on the public record: of the one arrival, and of every object root in it."""
    inside, keys = unlocked(room)
    (arrival,) = intake.arrivals(inside, keys)
    held = {item.object for item in arrival.items}
    leaves = [one.leaf for ident in held for one in origins(inside, keys, ident)]
    assert len(leaves) >= len(arrival.items)
    return sorted(leaf.hex() for leaf in (batch.leaf(arrival.nonce, arrival.dossier_root), *leaves))


def test_publish_completes_after_a_kill(tmp_path: Path) -> None:
    """The edition that comes of it verifies, and the record has every line once."""

    def prepare(folder: Path) -> Room:
        room = house.make(folder)
        (room.path / "stories/harbour.md").write_text(STORY)
        return room

    def work(room: Room) -> int:
        return run("publish", "harbour", *room.secret).status

    def after(room: Room) -> None:
        done = run("publish", "harbour", *room.secret)
        assert done.status == 0, done.err
        edition = Path(done.out.strip())
        verified = run("verify", edition, "--card-words", room.words)
        assert verified.status == 0, verified.out + verified.err
        whole = [path.name for path in edition.parent.iterdir()]
        assert whole in (["000001"], ["000001", "000002"], ["000002", "000001"])
        room.sound()
        room.clean()

    each_moment(tmp_path, prepare, work, after)
