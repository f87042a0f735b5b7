"""`tamizdat newsroom`, as a user types it, and what must and must not be there afterwards."""

from __future__ import annotations

import os
import stat

import pytest

from tamizdat.cli import main as cli
from tamizdat.primitives import card as cards
from tamizdat.primitives import words


PASSPHRASE = "six plain words for the tests"


@pytest.fixture
def room(tmp_path, monkeypatch, capsys):
    """A newsroom made by the command, the current folder beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAMIZDAT_NEWSROOM", raising=False)
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    (tmp_path / "passphrase").chmod(0o600)
    assert tamizdat("init", "room", "--name", "The Example Courier", "--work-factor", "2", *secret()) == 0
    monkeypatch.chdir(tmp_path / "room")
    capsys.readouterr()
    return tmp_path / "room"


def tamizdat(*words_: str) -> int:
    return cli.main(["newsroom", *words_])


def secret() -> list[str]:
    return ["--passphrase-file", os.path.join(os.getcwd().removesuffix("/room"), "passphrase")]


def test_init_makes_a_folder_that_only_its_owner_can_read(room) -> None:
    assert {path.name for path in room.iterdir()} == {
        "newsroom.toml",
        "card.txt",
        "keys",
        "log",
        "vault",
        "stories",
        "claims",
        "editions",
        "inbox",
        "desk",
        "recovery-print-and-remove.html",
        "recovery-print-and-remove.txt",
    }
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in room.rglob("*")} == {0}
    assert {path.name for path in room.parent.iterdir()} == {"room", "passphrase"}


def test_init_leaves_nothing_where_it_cannot_make_a_newsroom(room, capsys) -> None:
    before = sorted(room.parent.rglob("*"))

    assert tamizdat("init", str(room), "--name", "Other", *secret()) == 2
    assert tamizdat("init", str(room.parent / "new"), "--name", "Other", "--need", "9", *secret()) == 3
    assert tamizdat("init", str(room.parent / "new"), "--name", "Other", "--passphrase-file", "none") == 2

    assert sorted(room.parent.rglob("*")) == before
    said = capsys.readouterr().err
    assert all(code in said for code in ("[newsroom-in-the-way]", "[settings]", "[passphrase-file]"))


def test_init_begins_anew_over_what_a_killed_run_left(room) -> None:
    left = room.parent / ".second.unfinished" / "keys"
    left.mkdir(parents=True)
    (left / "identity.age").write_bytes(b"half")

    assert tamizdat("init", "../second", "--name", "Second", "--work-factor", "2", *secret()) == 0
    assert {path.name for path in room.parent.iterdir()} == {"room", "second", "passphrase"}


def test_card_prints_the_card_alone_on_stdout_and_its_words_beside(room, capsys) -> None:
    assert tamizdat("card", "--qr", "sheet.svg") == 0

    said = capsys.readouterr()
    raw = said.out.encode()
    assert raw == (room / "card.txt").read_bytes()
    assert " ".join(words.card_words(cards.fingerprint(raw))) in said.err
    assert (room / "sheet.svg").read_text().count("<svg") > 4
    assert tamizdat("card", "--qr", "sheet.gif") == 2


def test_a_renewed_card_is_to_be_handed_out_again(room, capsys) -> None:
    assert tamizdat("card", "--renew", *secret()) == 0

    assert "hand it out again" in capsys.readouterr().err
    assert tamizdat("card") == 0
    assert "hand it out again" not in capsys.readouterr().err


def test_rehearse_takes_the_printed_page_and_says_what_still_lies_on_the_disk(room, capsys) -> None:
    page = room / "recovery-print-and-remove.txt"

    assert tamizdat("rehearse", "--from", str(page)) == 0
    assert "still on the disk" in capsys.readouterr().err
    (room / "typed").write_text(page.read_text().replace("line 3:  ", "line 3:  QQQQ"))
    assert tamizdat("rehearse", "--from", "typed") == 3
    assert "line 3: it has 18 letters and digits, and 22 were typed" in capsys.readouterr().err


def test_a_person_added_is_on_a_new_card_with_other_words(room, capsys) -> None:
    before = (room / "card.txt").read_bytes()
    own = ["--person-passphrase-file", secret()[1], "--work-factor", "2"]

    assert tamizdat("person", "add", "anna", *own, *secret()) == 0
    after = (room / "card.txt").read_bytes()

    assert [name for name, _ in cards.read(after).approvers] == ["editor", "anna"]
    assert cards.fingerprint(before) != cards.fingerprint(after)
    (room.parent / "passphrase").write_text("another\n")
    assert tamizdat("person", "add", "zoe", *own, *secret()) == 6
    assert (room / "card.txt").read_bytes() == after
    assert "[passphrase-wrong]" in capsys.readouterr().err
    assert tamizdat("person", "add", "anna", *own, *secret()) == 2


def test_the_help_names_the_commands_that_ask_for_the_passphrase(capsys) -> None:
    for verb in (["init"], ["card"], ["person", "add"]):
        assert tamizdat(*verb, "--help") == 0

        assert "passphrase" in capsys.readouterr().out
