"""`receive` as an editor types it: with a courier who lies, sticks that come one by one, and parts that never come."""

from __future__ import annotations

import json
import os

from pathlib import Path

import pytest

from tamizdat.carry import part
from tamizdat.redaction.codec import machine
from tests.redaction import pictures
from tests.scripts import house
from tests.scripts.house import Room, refused, run


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return house.make(tmp_path / "room")


@pytest.fixture
def parts(tmp_path: Path, room: Room) -> list[Path]:
    """Any three of five, of a film and a note."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/film.mp4").write_bytes(os.urandom(900_000))
    (tmp_path / "files/note.txt").write_bytes(b"seen at noon\n")
    assert room.seal(tmp_path / "files", "-o", tmp_path / "parts").status == 0
    return sorted((tmp_path / "parts").iterdir())


def forge(path: Path, *, first: int = 1) -> None:
    """Write other bytes over every packet but the first, with checks that hold and no tags."""
    raw = bytearray(path.read_bytes())
    size = part.read_head(raw).shape.packet
    for at in range(first * size, len(raw), size):
        raw[at + part.HEADER : at + size] = os.urandom(size - part.HEADER - 16) + bytes(16)
        raw[at + part.CHECKED : at + part.HEADER] = part.check(raw[at : at + size])
    path.write_bytes(raw)


def test_a_courier_who_lies_is_named_and_changes_nothing(tmp_path: Path, room: Room, parts: list[Path]) -> None:
    liars = parts[1:3]
    for path in liars:
        forge(path)

    done = room.receive(tmp_path / "parts", "--json")

    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["stored"] == 2
    assert len(told["forged"]) == 2
    for path in liars:
        assert f"from file {path.name} was forged: its bytes are not what was sealed" in done.err
        assert "joined around it" in done.err
    room.sound()
    room.clean()


def test_sticks_that_come_one_by_one_can_leave_again(room: Room, parts: list[Path]) -> None:
    for number, path in enumerate(parts[2:4], 1):
        told = refused(room.receive(path), 4, "carry-short")
        assert (
            f"{number} of the 3 needed parts {'is' if number == 1 else 'are'} here, {3 - number} more to bring" in told
        )
        assert "their medium can leave" in told
        path.unlink()

    done = room.receive(parts[0])

    assert done.report == (2, 2, 0, 0), done.err
    assert not (room.path / "desk/parts").exists()
    room.clean()


def test_what_is_whole_is_received_when_the_rest_will_never_come(room: Room, parts: list[Path]) -> None:
    lost, full = parts[:3], [path.read_bytes() for path in parts]
    size = part.read_head(full[0]).shape.packet
    for path in lost:
        raw = path.read_bytes()
        path.write_bytes(raw[: 9 * size] + raw[10 * size :])

    told = refused(room.receive(*lost), 4, "carry-short")
    assert "1 whole file could be had already" in told
    assert "volume 1, rows 8 to 8" in told
    partly = room.receive(*lost, "--partial")

    assert partly.status == 7, partly.err
    assert partly.report == (2, 1, 0, 1)
    assert "film.mp4 (parts of it are not here)" in partly.out
    key = room.path.parent / "key.txt"
    key.write_text(room.identity)
    out = room.path.parent / "opened"
    told = house.run("open", *lost, "--partial", "-i", key, "-o", out)
    assert told.status == 7, told.err
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["note.txt"]
    assert "parts of it are not here" in told.err
    key.unlink()
    lost[0].write_bytes(full[0])
    done = room.receive(*parts)
    assert done.report == (2, 1, 1, 0), done.err
    room.sound()
    room.clean()


def test_the_report_says_of_each_file_what_can_be_shown(tmp_path: Path) -> None:
    """Sealed by parts, sealed with --no-tiles, and a film: in receive's report, for people and machines, and in objects'."""
    room = house.make(tmp_path / "room")
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(pictures.jpeg())
    (folder / "b.mp4").write_bytes(b"\0\0\0\x18ftypmp42\xff")
    assert room.seal(folder, "-o", tmp_path / "parts").status == 0
    assert room.seal(folder, "-o", tmp_path / "whole", "--no-tiles").status == 0

    late = room.receive(tmp_path / "whole")
    early = room.receive("--json", tmp_path / "parts")

    assert late.out.count("can show parts, committed to here, after it came") == 1
    assert late.out.count("all or nothing: ") == 1
    told = json.loads(early.out)["files"]
    assert [(one["covers"], one["committed"], one["outcome"]) for one in told] == [
        ("parts", "field", "duplicate"),
        ("file", "field", "duplicate"),
    ]
    listed = run("objects", *room.secret).out
    assert "can show parts, committed to before it travelled" in listed


def test_without_the_codec_sealing_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "wasmtime", None)
    room = house.make(tmp_path / "room")
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())

    said = refused(room.seal(tmp_path / "a.jpg", "-o", tmp_path / "parts"), 5, "codec-missing")

    assert "--no-tiles" in said
    assert not (tmp_path / "parts").exists()
    assert room.seal(tmp_path / "a.jpg", "-o", tmp_path / "parts", "--no-tiles").status == 0
