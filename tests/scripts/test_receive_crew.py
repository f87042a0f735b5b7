"""`receive` given photographs: other processes commit to them, and nothing else is different for it, whoever dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from pathlib import Path

import pytest

from tests.redaction import pictures
from tests.scripts import house
from tests.scripts.house import Room


COUNT = 4
PADDING = 3 << 20  # so that they are worth another process
PREAMBLE = "import os; os.environ['TAMIZDAT_PROCESSES'] = '{}'"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Photographs, one of which breaks off, and a note."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(COUNT):
        whole = pictures.jpeg(salt=number)
        head, rest = whole[:2], whole[2:]
        (folder / f"{number}.jpg").write_bytes(head + comments(number) + rest)
    (folder / "broken.jpg").write_bytes(pictures.jpeg(salt=99)[:900])
    (folder / "note.txt").write_bytes(b"seen at noon\n\nand at night\n")
    return folder


def comments(number: int) -> bytes:
    """Give comments that no picture program shows, for three megabytes."""
    piece = b"\xff\xfe" + (60_002).to_bytes(2, "big") + bytes([number]) * 60_000
    return piece * (PADDING // 60_000)


def received(room: Room, processes: int, *words: object) -> dict[str, object]:
    done = house.process("receive", *words, "--json", *room.secret, preamble=PREAMBLE.format(processes))
    told = json.loads(done.stdout)
    for one in told["files"]:
        del one["object"]
    return told


@pytest.mark.parametrize("route", ["sealed", "plain"])
def test_what_a_crew_commits_to_is_what_one_process_does(tmp_path: Path, files: Path, route: str) -> None:
    rooms = [house.make(tmp_path / name) for name in ("alone", "crewed")]
    given: list[object] = [files, "--plain", "--from", "a friend", "--how", "a stick"]
    if route == "sealed":
        assert rooms[0].seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2").status == 0
        given = [tmp_path / "parts"]

    alone, crewed = (received(room, processes, *given) for room, processes in zip(rooms, (1, 3), strict=True))

    assert alone == crewed
    covers = sorted((Path(one["name"]).name, one["covers"], bool(one["reason"])) for one in crewed["files"])
    assert covers == [(f"{number}.jpg", "parts", False) for number in range(COUNT)] + [
        ("broken.jpg", "file", True),
        ("note.txt", "parts", False),
    ]
    for room in rooms:
        room.sound()


def test_a_receive_that_is_killed_with_its_crew_is_finished_by_the_next(tmp_path: Path, files: Path) -> None:
    """Whenever it falls: nothing is lost, no process stays, and the newsroom is not locked."""
    room = house.make(tmp_path / "room")
    assert room.seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2").status == 0
    words = ["receive", tmp_path / "parts", *room.secret]
    code = f"{PREAMBLE.format(3)}\nimport sys\nfrom tamizdat.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    for pause in (0.0, 0.05, 0.2):
        with subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while process.poll() is None and not any((room.path / "desk/spool").glob("*")):
                time.sleep(0.01)
            time.sleep(pause)  # to fall anywhere: nothing depends on it
            hands = children(process.pid)
            process.kill()
        gone(hands)

    done = house.process(*words, "--json", preamble=PREAMBLE.format(3))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["in"] == COUNT + 2
    room.sound()
    assert len(list((room.path / "vault").rglob("content.age"))) == COUNT + 2


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def gone(hands: list[int]) -> None:
    """Wait until they are: the system ends them with the one that forked them."""
    end = time.monotonic() + 300
    while any(map(alive, hands)):
        assert time.monotonic() < end, "a process outlives the one that forked it"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except (OSError, ProcessLookupError):
        return False
