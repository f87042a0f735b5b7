"""A newsroom restored from an old backup: it signs nothing before somebody else agrees that its record is the newest."""

from __future__ import annotations

import json
import shutil

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemClock
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.record import log
from tests.scripts import house
from tests.scripts.test_witnesses import DAY, tick, witness


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    """A newsroom whose record has three lines; a backup from when it had one, and mirrors from then and from now."""
    base = tmp_path_factory.mktemp("restored")
    room = house.make(base / "room")
    for day in (0, 1, 2):
        assert tick(room, day).status == 0
        shutil.copytree(room.path / "log", base / f"mirror-{day}")
    shutil.copytree(base / "room", base / "whole")
    return base


def restored(backup, folder, day, *, moved=False):
    """Restore the whole folder; with the record's files as they were on *day*."""
    shutil.copytree(backup / "whole", folder)
    if day < 2:
        for name in ("log", "desk/log.sqlite"):
            shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
        shutil.copytree(backup / f"mirror-{day}", folder / "log")  # the database is made anew from it
    return house.Room(folder).moved() if moved else house.Room(folder)


def entries(room):
    key = note.read_verifier(cards.read(room.card.read_bytes()).log)
    return log.read_log(Folder(room.path / "log"), key).size


def test_a_copied_folder_signs_nothing_until_a_mirror_agrees_and_never_where_one_has_more(backup, tmp_path):
    old = restored(backup, tmp_path / "old", 0)
    before = house.listing(old.path)
    shutil.copytree(backup / "mirror-0", tmp_path / "strange")
    (tmp_path / "strange/checkpoint").write_text("no state of any record\n")
    strange = ["--against", tmp_path / "strange"]
    for words in ([], ["--against", tmp_path / "nothing"], strange, ["--against", backup / "mirror-2"]):
        code = "log-set-back" if len(words) and "mirror-2" in str(words[1]) else "log-copied"
        told = house.refused(tick(old, 3, *words), 6, code)
        assert "--against" in told or code == "log-set-back"
        assert entries(old) == 1
    assert {name for name in house.listing(old.path) if name.startswith("log/")} == {
        name for name in before if name.startswith("log/")
    }
    house.refused(tick(old, 3, "--against", old.path / "log"), 2, "against-own")
    new = restored(backup, tmp_path / "new", 2)
    house.refused(tick(new, 3), 6, "log-copied")
    done = tick(new, 3, "--against", backup / "mirror-2", "--against", backup / "mirror-1")
    assert done.status == 0, done.err
    assert "2 agree" in done.err
    assert (entries(new), tick(new, 4).status) == (4, 0)


def test_the_newest_edition_in_the_folder_is_always_held_against_the_record(backup, tmp_path):
    room = restored(backup, tmp_path / "room", 0, moved=True)
    shutil.copytree(backup / "mirror-2", room.path / "editions/000001/log")
    told = house.refused(tick(room, 3), 6, "log-set-back")
    assert "the newest edition here has seen 3 entries" in told


def test_a_watermark_on_another_medium_tells_an_old_copy_from_the_newest(backup, tmp_path):
    medium = tmp_path / "medium"
    first = restored(backup, tmp_path / "first", 2, moved=True)
    settings = first.path / "newsroom.toml"
    settings.write_text(settings.read_text().replace('watermark = ""', f'watermark = "{medium}"'))
    house.refused(tick(first, 3), 5, "log-watermark")
    house.refused(tick(first, 3, "--against", backup / "mirror-2"), 5, "watermark-away")
    assert entries(first) == 3
    medium.mkdir()
    assert tick(first, 3, "--against", backup / "mirror-2").status == 0
    shutil.copytree(first.path, tmp_path / "copy")
    assert tick(first, 4).status == 0
    copy = house.Room(tmp_path / "copy")
    assert "the watermark on the other medium has seen 5" in house.refused(tick(copy, 5), 6, "log-set-back")
    # The newest copy of all is known by the watermark alone, wherever it was restored to.
    shutil.copytree(first.path, tmp_path / "moved")
    assert tick(house.Room(tmp_path / "moved"), 5).status == 0


def test_two_persons_may_take_it_upon_themselves_within_half_an_hour(backup, tmp_path):
    room = restored(backup, tmp_path / "room", 2, moved=True)
    own = tmp_path / "own"
    own.write_text("a passphrase of her own\n")
    own.chmod(0o600)
    done = house.run(
        "newsroom", "person", "add", "anna", *room.secret, "--person-passphrase-file", own, "--work-factor", "2"
    )
    assert done.status == 0, done.err
    settings = room.path / "newsroom.toml"
    settings.write_text(settings.read_text().replace("approvals = 1", "approvals = 2"))
    assert house.run("newsroom", "card", "--renew", *room.secret).status == 0
    shutil.copytree(room.path, tmp_path / "copy")
    copy = house.Room(tmp_path / "copy")
    anna = ("--unwitnessed", "--as", "anna", "--person-passphrase-file", own)
    editor = ("--unwitnessed", "--as", "editor")
    told = house.refused(tick(copy, 3, *editor), 4, "decision-waiting")
    assert "entries: 3" in told
    house.refused(tick(copy, 3.03, *anna), 4, "decision-waiting")  # 43 minutes later: each says it again
    assert tick(copy, 3.04).status == 6
    done = tick(copy, 3.04, *editor)
    assert done.status == 0, done.err
    assert "editor, anna said so" in done.err.replace("anna, editor", "editor, anna")
    assert (entries(copy), tick(copy, 4).status) == (4, 0)


def test_in_a_newsroom_of_one_one_person_says_so(backup, tmp_path):
    room = restored(backup, tmp_path / "room", 2)
    house.refused(tick(room, 3), 6, "log-copied")
    assert tick(room, 3, "--unwitnessed").status == 0
    told = json.loads((room.path / "desk/unwitnessed.json").read_text())
    assert (told["entries"], told["until"] - SystemClock().now() > 2 * DAY) == (3, True)


def test_witnesses_that_are_away_are_outvoted_by_a_mirror_and_those_on_the_card_cannot_be_left_out(backup, tmp_path):
    room = restored(backup, tmp_path / "room", 2)
    with witness(tmp_path / "w", "--name", "w.example/w", "--watch", room.card) as lines:
        (tmp_path / "told").write_text("for the policy:\n" + "".join(f"{line}\n" for line in lines))
        done = house.run("newsroom", "card", "--renew", "--witness", tmp_path / "told", *room.secret)
        assert done.status == 0, done.err
        # The witness knows nothing of this record yet: it cannot agree that this copy is the newest.
        house.refused(tick(room, 3), 6, "log-copied")
        assert "cosigned by w.example/w" in tick(room, 3, "--against", backup / "mirror-2").err
        shutil.copytree(room.path, tmp_path / "copy")
        copy = house.Room(tmp_path / "copy")
        assert tick(copy, 4).status == 0
    assert len(cards.read(room.card.read_bytes()).witnesses) == 2
    house.refused(tick(copy, 5), 5, "log-unwitnessed")
    shutil.copytree(copy.path / "log", tmp_path / "mirror")
    assert tick(copy, 5, "--against", tmp_path / "mirror").status == 0
    rules = copy.path / "policy.txt"
    rules.write_text(
        "".join(line for line in rules.read_text().splitlines(True) if line.startswith("log ")) + "quorum none\n"
    )
    for done in (tick(copy, 6, "--against", tmp_path / "mirror"), house.run("log", "fsck", "--newsroom", copy.path)):
        assert "w.example/w" in house.refused(done, 6, "policy-card")
    assert house.run("newsroom", "card", "--renew", *copy.secret).status == 0
    assert tick(copy, 6).status == 0
    rules.write_text("quorum none\n")
    house.refused(house.run("newsroom", "card", "--renew", *copy.secret), 6, "policy-card")
