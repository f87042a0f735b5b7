"""Whoever takes an original out of the vault is noted first, and can be seen, as a user types it."""

from __future__ import annotations

import re

from pathlib import Path

import pytest

from tests.scripts import house
from tests.scripts.house import refused, run
from tests.scripts.test_people import Two


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def told(two: Two, ident: str) -> list[str]:
    """Give what the ledger says, without its times, which all have."""
    done = run("objects", "--custody", ident, *two.room.secret)
    assert done.status == 0, done.err
    found = [re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  (.+)", line) for line in done.out.splitlines()]
    return [match[1] for match in found if match]


def test_looking_at_an_original_leaves_a_line_that_says_who(two: Two, tmp_path: Path) -> None:
    """One person is enough; a name without its passphrase is refused, and “editor” says what it is worth."""
    (ident,) = two.originals()
    get = ["objects", "--get", ident, *two.room.secret, "-o"]

    refused(run(*get, tmp_path / "a"), 2, "custody-who")
    wrong = ["--as", "anna", "--as-passphrase-file", two.folder / "zoe"]
    refused(run(*get, tmp_path / "a", *wrong), 6, "passphrase-wrong")
    refused(run(*get, tmp_path / "a", *two.by("zoe")), 6, "decision-nobody")
    assert not (tmp_path / "a").exists()
    assert not (two.room.path / "desk/custody").exists()
    done = run(*get, tmp_path / "a", *two.by("anna"))
    assert done.status == 0, done.err
    assert run(*get, tmp_path / "b", *two.by("editor")).status == 0
    refused(run(*get, tmp_path / "b", *two.by("editor")), 2, "output-exists")

    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() == "one"
    received, *taken = told(two, ident)
    assert received == "received, unsealed, as a.txt, said to come from x, y"
    assert taken == [
        "written out whole, by anna (with that person's own passphrase)",
        "written out whole, by editor (somebody who has the newsroom's passphrase)",
    ]
    two.room.clean(b"anna (with", b"written out whole")


def test_an_export_stands_in_the_ledger_with_its_decision_and_stays_there(two: Two, tmp_path: Path) -> None:
    """Also when the original's key is destroyed and its person is gone from the card."""
    (ident,) = two.originals()
    export = ["vault", "export", ident, "--to", tmp_path / "out", *two.room.secret]
    before = set((two.room.path / "desk/decisions").iterdir())
    refused(run(*export, *two.by("editor")), 4, "decision-waiting")
    assert len(told(two, ident)) == 1
    done = run(*export, *two.by("anna"))
    assert done.status == 0, done.err
    (decision,) = set((two.room.path / "desk/decisions").iterdir()) - before
    line = (
        f"exported, open, as was decided in desk/decisions/{decision.name}, by anna (with that person's own passphrase)"
    )

    assert told(two, ident)[1:] == [line]
    refused(two.destroy(ident, "editor"), 4, "decision-waiting")
    assert two.destroy(ident, "anna").status == 0
    refused(two.add("zoe", by="editor"), 4, "decision-waiting")
    assert two.add("zoe", by="anna").status == 0
    refused(two.newsroom("person", "remove", "anna", by="editor"), 4, "decision-waiting")
    assert two.newsroom("person", "remove", "anna", by="zoe").status == 0
    assert told(two, ident) == [
        f"{line}, who is not on the card with that key now",
        "its key destroyed by editor and anna: asked for",
    ]


def test_in_a_newsroom_of_one_it_is_the_editor_and_nothing_leaves_where_no_line_can_be_written(tmp_path: Path) -> None:
    room = house.make(tmp_path / "room")
    (tmp_path / "a.txt").write_text("one")
    assert run("objects", *room.secret).err.count("the vault holds nothing yet") == 1
    assert room.receive("--plain", tmp_path / "a.txt", "--from", "x", "--how", "y").status == 0
    ident = run("objects", *room.secret).out.split()[0]
    (room.path / "desk/custody").write_text("in the way")
    get = ["objects", "--get", ident, "-o", tmp_path / "out", *room.secret]

    failed = run(*get)

    assert failed.status == 5, failed.err
    assert not list(tmp_path.glob("*out*")) + list(tmp_path.glob(".*out*"))
    (room.path / "desk/custody").unlink()
    assert run(*get).status == 0
    assert "by editor" in run("objects", "--custody", ident, *room.secret).out
    refused(run("objects", "--custody", "0" * 16, *room.secret), 2, "object-unknown")
