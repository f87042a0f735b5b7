"""What couriers and those who help them type: plan, check, mint, watch."""

import hashlib
import os
import re
import shlex

from pathlib import Path

import pytest

from tamizdat.adapters import disk
from tests.scripts import house
from tests.scripts.house import Room, listing, refused, run


FILM = hashlib.shake_256(b"a film").digest(900_000)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return house.make(tmp_path_factory.mktemp("newsroom") / "room")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film") / "DCIM"
    folder.mkdir()
    (folder / "film.mov").write_bytes(FILM)
    (folder / "note.txt").write_bytes(b"they came at night")
    return folder


def paths(done: house.Done) -> list[Path]:
    assert done.status == 0, done.err
    return [Path(line) for line in done.out.splitlines()]


@pytest.fixture(scope="module")
def sealed(room: Room, film: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five parts, any three enough, by number."""
    return paths(room.seal(film, "-o", tmp_path_factory.mktemp("sealed") / "parts", "--need", "3", "--parts", "5"))


def test_the_command_a_plan_prints_makes_the_parts_it_says(room: Room, film: Path, tmp_path: Path) -> None:
    done = run(
        "plan", film, "--carrier", "2 sticks", "--carrier", "12 messages of 64KB", "--loss", "10%", "--survive", "1"
    )
    assert done.status == 0, done.err
    every, need, files = re.findall(r"split: (\d+) parts, any (\d+) of them enough; .* in (\d+) files", done.out)[0]
    command = shlex.split(done.out.splitlines()[-1])
    assert command[:2] == ["tamizdat", "seal"]
    command[command.index("card.txt")] = str(room.card)
    command[command.index("parts")] = str(tmp_path / "parts")

    made = paths(run(*command[1:], "--card-words", room.words))

    assert len(made) == int(every) * int(files)
    assert max(path.stat().st_size for path in made) <= 64_000
    checked = run("check", *made[: int(need) * int(files)])
    assert checked.status == 0, checked.err
    assert "your assumption" in done.out
    assert "stick 1: part" in done.out


def test_a_plan_that_cannot_be_says_so(film: Path) -> None:
    refused(run("plan", "--size", "4GB", "--carrier", "2 sheets of 30KB"), 2, "plan-small")
    refused(run("plan", film, "--carrier", "3 sticks", "--survive", "3"), 2, "plan-survive")
    for words in (["3 sticks of much"], ["sticks"], ["3 messages"], ["0 sticks"]):
        refused(run("plan", film, "--carrier", *words), 2, "size" if "much" in words[0] else "plan-carrier")
    refused(run("plan", "--carrier", "3 sticks"), 2, "plan-size")
    refused(run("plan", film, "--carrier", "3 sticks", "--loss", "200%"), 2, "plan-loss")


def test_parts_minted_without_a_key_join_with_the_old_ones(room: Room, sealed: list[Path], tmp_path: Path) -> None:
    done = run("mint", *sealed[1:4], "-o", tmp_path / "more", "--more", "2")

    made = paths(done)
    assert len(made) == 2
    assert all(os.stat(path).st_mode & 0o777 == 0o600 for path in made)
    assert sorted(listing(tmp_path / "more")) == sorted(path.name for path in made)
    assert "minted and read back: parts " in done.err
    assert run("join", sealed[0], *made, "-o", tmp_path / "late.age").status == 0
    assert run("join", *sealed[2:], "-o", tmp_path / "early.age").status == 0
    assert (tmp_path / "late.age").read_bytes() == (tmp_path / "early.age").read_bytes()
    assert room.receive(sealed[4], *made).report == (2, 2, 0, 0)


def test_parts_minted_with_the_key_are_the_lost_originals(room: Room, sealed: list[Path], tmp_path: Path) -> None:
    """From any three parts, and from the sealed file and one part; what seal would have made, byte for byte."""
    key = tmp_path / "key"
    key.write_text(room.identity)
    assert run("join", *sealed[:3], "-o", tmp_path / "X.age").status == 0

    again = run("mint", *sealed[1:4], "-i", key, "-o", tmp_path / "again", "--index", "5", "1")
    other = run("mint", tmp_path / "X.age", "--like", sealed[3], "-i", key, "-o", tmp_path / "other", "--from", "5")

    assert [path.read_bytes() for path in paths(again)] == [sealed[0].read_bytes(), sealed[4].read_bytes()]
    assert [path.read_bytes() for path in paths(other)] == [sealed[4].read_bytes()]


def test_a_mint_that_fails_leaves_nothing(
    room: Room, sealed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    refused(run("mint", *sealed[:2], "-o", out), 4, "carry-short")
    refused(run("mint", *sealed[:3], "-o", out, "--more", "254"), 2, "mint-counts")
    refused(run("mint", *sealed[:3], "-o", out, "--index", "256"), 2, "mint-counts")
    other = tmp_path / "other.age"
    assert run("join", *sealed[:3], "-o", other).status == 0
    other.write_bytes(other.read_bytes()[:-1] + b"!")
    refused(run("mint", other, "--like", sealed[4], "-o", out), 3, "mint-other")
    assert not out.exists()

    opened = disk.open_quietly

    def bad_medium(path: Path) -> object:
        return opened("/dev/null" if ".unfinished" in str(path) else path)

    out.mkdir()
    (out / "mine").write_bytes(b"kept")
    monkeypatch.setattr(disk, "open_quietly", bad_medium)
    refused(run("mint", *sealed[:3], "-o", out), 5, "disk-differs")
    assert listing(out) == {"mine": b"kept"}
