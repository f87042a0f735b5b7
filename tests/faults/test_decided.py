"""`kill -9` between any two things that a decided command does to the disk: what was decided once is done once."""

from __future__ import annotations

import shutil

from pathlib import Path

import bagit
import pytest

from tests.faults.test_kill import each_moment
from tests.scripts import house
from tests.scripts.house import Room, refused, run


MARKER = b"what may leave the newsroom once, and into one place"


@pytest.fixture
def two(tmp_path: Path) -> Room:
    """A newsroom of two persons that holds one original; its second person's passphrase lies beside it."""
    own = tmp_path / "own"
    own.write_text("another six plain words here\n")
    own.chmod(0o600)
    room = house.make(tmp_path / "base")
    settings = room.path / "newsroom.toml"
    settings.write_text(settings.read_text().replace("approvals = 1", "approvals = 2"))
    more = ("--person-passphrase-file", own, "--work-factor", "2")
    done = run("newsroom", "person", "add", "anna", *more, *room.secret)
    assert done.status == 0, done.err
    (tmp_path / "note.txt").write_bytes(MARKER)
    assert room.receive("--plain", tmp_path / "note.txt", "--from", "x", "--how", "y").status == 0
    return room


def held(folder: Path) -> bool:
    """Say whether the original lies anywhere in a folder that is no newsroom."""
    return any(MARKER in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_an_export_that_is_killed_is_finished_in_its_place_and_nowhere_else(tmp_path: Path, two: Room) -> None:
    """Once a byte has left, one person alone gets it into no second place; the same command ends it."""
    ident = run("objects", *two.secret).out.split()[0]

    def export(room: Room, to: str, person: str):
        own = ["--as-passphrase-file", tmp_path / "own"] if person == "anna" else []
        target = room.path.parent / f"{room.path.name}-out" / to
        return run("vault", "export", ident, "--to", target, "--as", person, *own, *room.secret)

    before = {path.name for path in (two.path / "desk/decisions").iterdir()}  # how the second person came

    def prepare(folder: Path) -> Room:
        shutil.copytree(two.path, folder)
        room = Room(folder).moved()
        refused(export(room, "out", "editor"), 4, "decision-waiting")
        return room

    def work(room: Room) -> int:
        return export(room, "out", "anna").status

    def after(room: Room) -> None:
        outside = room.path.parent / f"{room.path.name}-out"
        decided = [path for path in (room.path / "desk/decisions").iterdir() if path.name not in before]
        begun, done = (any((path / name).exists() for path in decided) for name in ("begun.age", "done.txt"))
        assert begun or not held(outside)
        if begun:
            told = refused(export(room, "second", "anna"), 4, "decision-waiting")
            assert done or "begun in another place" in told
        again = export(room, "out", "anna")
        if done:
            refused(again, 2, "output-exists")
        else:
            assert again.status == 0, again.err
        assert bagit.Bag(str(outside / "out")).is_valid()
        assert sorted(path.name for path in outside.iterdir()) == ["out"]
        refused(export(room, "third", "anna"), 4, "decision-waiting")
        told = run("objects", "--custody", ident, *room.secret).out
        assert told.count("exported, open") == 1, told
        room.clean(MARKER)

    each_moment(tmp_path, prepare, work, after)


def test_a_redaction_that_is_killed_is_finished_in_its_folder_with_one_line_in_the_ledger(
    tmp_path: Path, two: Room
) -> None:
    """What it says in the ledger and what was written agree, and one person alone gets it into no second folder."""
    ident = run("objects", *two.secret).out.split()[0]

    def redact(room: Room, to: str, person: str):
        own = ["--as-passphrase-file", tmp_path / "own"] if person == "anna" else []
        target = room.path.parent / f"{room.path.name}-out" / to
        return run("redact", ident, "--hide-words", "newsroom", "--to", target, "--as", person, *own, *room.secret)

    def prepare(folder: Path) -> Room:
        shutil.copytree(two.path, folder)
        room = Room(folder).moved()
        refused(redact(room, "out", "editor"), 4, "decision-waiting")
        return room

    before = {path.name for path in (two.path / "desk/decisions").iterdir()}

    def work(room: Room) -> int:
        return redact(room, "out", "anna").status

    def after(room: Room) -> None:
        outside = room.path.parent / f"{room.path.name}-out"
        decided = [path for path in (room.path / "desk/decisions").iterdir() if path.name not in before]
        begun, done = (any((path / name).exists() for path in decided) for name in ("begun.age", "done.txt"))
        written = list(outside.glob("out/*.txt"))
        assert begun or not written
        if begun and not done:
            refused(redact(room, "second", "anna"), 4, "decision-waiting")
        again = redact(room, "out", "anna")
        if done:
            refused(again, 4, "decision-waiting")
        else:
            assert again.status == 0, again.err
        told = run("objects", "--custody", ident, *room.secret).out
        assert told.count("disclosed in part") == 1, told
        assert len(list((outside / "out").iterdir())) == 2
        assert not list(outside.glob("second/*"))

    each_moment(tmp_path, prepare, work, after)


def test_no_byte_of_an_original_is_written_before_the_line_that_says_who(tmp_path: Path, two: Room) -> None:
    ident = run("objects", *two.secret).out.split()[0]

    def prepare(folder: Path) -> Room:
        shutil.copytree(two.path, folder)
        return Room(folder).moved()

    def work(room: Room) -> int:
        out = room.path.parent / f"{room.path.name}-out" / "note"
        out.parent.mkdir(exist_ok=True)
        return run("objects", "--get", ident, "-o", out, "--as", "editor", *room.secret).status

    def after(room: Room) -> None:
        outside = room.path.parent / f"{room.path.name}-out"
        told = run("objects", "--custody", ident, *room.secret).out
        assert "written out whole, by editor" in told or not held(outside)

    each_moment(tmp_path, prepare, work, after)


def test_what_was_begun_and_taken_away_is_not_written_again(tmp_path: Path, two: Room) -> None:
    """The medium, or what was on it, is gone: only all persons together let it leave once more."""
    ident = run("objects", *two.secret).out.split()[0]
    export = ["vault", "export", ident, "--to", tmp_path / "out", *two.secret]
    anna = ["--as", "anna", "--as-passphrase-file", tmp_path / "own"]
    refused(run(*export, "--as", "editor"), 4, "decision-waiting")
    preamble = (
        "import os, signal\n"
        "from tamizdat.newsroom import exporting\n"
        "exporting._finish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert house.process(*export, *anna, preamble=preamble).returncode < 0
    assert held(tmp_path / ".out.unfinished")
    (tmp_path / ".out.unfinished").rename(tmp_path / "taken")

    refused(run(*export, *anna), 2, "output-gone")

    assert not (tmp_path / "out").exists()
    (tmp_path / "taken").rename(tmp_path / ".out.unfinished")
    assert run(*export, *anna).status == 0
    assert bagit.Bag(str(tmp_path / "out")).is_valid()
