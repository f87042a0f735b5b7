"""Joining that is killed, or whose medium is pulled out, goes on where it was cut off; nothing half done has the final name."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.adapters.media import Media, Medium
from tamizdat.carry.split import Splitter
from tamizdat.cli import join, parts
from tests.scripts import house
from tests.scripts.house import run


TEXT = hashlib.shake_256(b"sealed").digest(6_000_000)
# Joins in a child that is killed at the n-th thing it asks of the disk, for every n, and then once more without a kill.
KILLED = """
import os, signal, sys
from pathlib import Path
from tamizdat.adapters import resuming
from tamizdat.cli import main
resuming.EVERY = 2 << 20
left, folder, out = None, sys.argv[1], Path(sys.argv[2])

def hook(event, args):
    global left
    if left is not None and event in {"open", "os.rename", "os.remove"} and ".out" in str(args[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)

def joined(moment):
    global left
    child = os.fork()
    if not child:
        left = moment
        os._exit(main.main(["join", folder, "-o", str(out)]))
    return os.waitpid(child, 0)[1]

moment, status = 0, None
while status != 0:
    status = joined(moment)
    print("killed" if status else "ended", moment, len(list(out.parent.glob(".out*"))), flush=True)
    if status and not out.exists():
        assert joined(None) == 0
    assert out.read_bytes() == Path(sys.argv[3]).read_bytes()
    assert not list(out.parent.glob(".out*")), list(out.parent.glob(".out*"))
    out.unlink()
    moment += 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three of five parts, just enough."""
    folder = tmp_path / "parts"
    folder.mkdir()
    sinks = {}

    def sink(index: int, _volume: int):
        sinks[index] = (folder / f"part{index}").open("wb")
        return sinks[index]

    splitter = Splitter(sink, need=3, total=5, packet_size=16_384, set_id=bytes(range(16)))
    splitter.write(TEXT)
    splitter.close()
    (folder / "part0").unlink()
    (folder / "part1").unlink()
    (tmp_path / "expected").write_bytes(TEXT)
    return folder


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_join_that_is_killed_at_any_moment_goes_on(tmp_path: Path, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, folder, tmp_path / "out", tmp_path / "expected"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[-1].startswith("ended")
    assert sum(line.startswith("killed") for line in told) >= 6
    assert "tamizdat: going on at " in done.stderr


class Pulling(Media):
    """Media of which one is pulled out while the middle of it is read; so few are open that each is opened again."""

    def __init__(self, path: Path) -> None:
        super().__init__(1)
        self.path, self.away = path, path.with_name("away")
        self.done = False

    def file(self, path: Path) -> Medium:
        return Watched(self, path)

    def back(self) -> None:
        self.away.rename(self.path)


class Watched(Medium):
    def scatter(self, offset: int, buffers) -> int:
        media = self._media
        if self.name == str(media.path) and 1_000_000 < offset < 1_800_000 and not media.done:
            media.path.rename(media.away)
            media.done = True
            media.close()
        return super().scatter(offset, buffers)


def test_a_medium_that_goes_away_is_named_and_a_second_run_goes_on(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulling = Pulling(folder / "part3")
    monkeypatch.setattr(parts, "Media", lambda: pulling)

    first = run("join", folder, "-o", tmp_path / "out")
    left = hidden(tmp_path)
    pulling.back()
    second = run("join", folder, "-o", tmp_path / "out")

    told = house.refused(first, 5, "medium-gone")
    assert "part3 went away" in told
    assert "goes on where it stopped" in told
    assert len(left) == 2
    assert second.status == 0
    assert "tamizdat: going on at " in second.err
    assert (tmp_path / "out").read_bytes() == TEXT
    assert hidden(tmp_path) == []


def test_it_waits_for_a_medium_that_comes_back(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulling = Pulling(folder / "part3")
    monkeypatch.setattr(parts, "Media", lambda: pulling)
    monkeypatch.setattr(join.time, "sleep", lambda _: pulling.back())

    done = run("join", folder, "-o", tmp_path / "out", "--wait")

    assert done.status == 0, done.err
    assert "part3 went away" in done.err
    assert "going on at " in done.err
    assert (tmp_path / "out").read_bytes() == TEXT


def test_what_is_left_of_other_parts_is_not_believed_and_cleared(tmp_path: Path, folder: Path) -> None:
    """A mark of another length, of another set, or beyond what is there, starts it anew."""
    name = bytes(range(16)).hex()
    for facts, count in (("set 00 k 3", 5000), (f"set {name} k 3 packet 16384 tagged 0 total 6000000", 3_000_000)):
        (tmp_path / f".out.{name[:16]}.unfinished").write_bytes(b"rubbish" * 1000)
        (tmp_path / f".out.{name[:16]}.unfinished.mark").write_text(f"tamizdat-unfinished-v1\n{facts}\n{count}\n")
        (tmp_path / ".out.0123456789abcdef.unfinished").write_bytes(b"of another set")

        done = run("join", folder, "-o", tmp_path / "out")

        assert done.status == 0, done.err
        assert "going on" not in done.err
        assert (tmp_path / "out").read_bytes() == TEXT
        assert hidden(tmp_path) == []
        (tmp_path / "out").unlink()


def test_parts_that_are_not_enough_leave_nothing_behind(tmp_path: Path, folder: Path) -> None:
    with (folder / "part3").open("r+b") as stream:
        stream.seek(900_000)
        stream.write(bytes(16_384))

    done = run("join", folder, "-o", tmp_path / "out")

    house.refused(done, 4, "carry-short")
    assert hidden(tmp_path) == []
    assert not (tmp_path / "out").exists()
