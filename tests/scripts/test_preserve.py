"""What a newsroom keeps, kept: checked bit by bit, rebuilt, exported, destroyed, backed up and restored, as a user types it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse

from pathlib import Path

import bagit
import pytest

from PIL import Image
from rocrate.rocrate import ROCrate

from tamizdat.adapters.folder import Folder
from tamizdat.field import bagcheck
from tests.scripts import house
from tests.scripts.house import Room, listing, refused, run


PICTURE = """pictures:
  p:
    object: "%s"
    credit: A. Writer
    alt: A road
    people: none
    maker: protected
"""
STORY = f"""---
headline: A road
language: en
byline: A. Writer
dateline: {{place: Port, date: 2026-11-26}}
category: medtop:01000000
{PICTURE}---
A road.

{{picture: p}}
"""
SECRET = b"the harbour was closed on that day"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = house.make(tmp_path / "room")
    source = tmp_path / "source"
    source.mkdir()
    (source / "note.txt").write_bytes(SECRET)
    (source / "şəkil.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50_000))
    done = room.receive("--plain", "--from", "a reader", "--how", "by hand", source)
    assert done.status == 0, done.err
    return room


def objects(room: Room) -> dict[str, str]:
    """Give every object's id by the name it came with."""
    done = run("objects", *room.secret)
    assert done.status == 0, done.err
    lines = [re.fullmatch(r"(\S+) .*sealed  (.+?)(?:  \(.*)?", line) for line in done.out.splitlines()]
    return {match[2]: match[1] for match in lines if match}


def at(room: Room) -> list[str]:
    return ["--newsroom", str(room.path)]


def test_a_catalogue_that_was_lost_is_made_anew(room: Room) -> None:
    before = run("objects", *room.secret).out
    for name in ("arrivals", "index"):
        shutil.rmtree(room.path / "desk" / name)
    empty = run("objects", *room.secret)
    assert (empty.status, empty.out) == (0, "")
    assert "the vault holds 2 objects: run `tamizdat vault rebuild`" in empty.err

    done = run("vault", "rebuild", *room.secret)

    assert done.status == 0, done.err
    assert len(objects(room)) == 2
    assert "2 originals in 1 arrival" in done.err
    assert "did not come back" in done.err
    assert run("objects", *room.secret).out == before
    room.sound()
    room.clean(SECRET)


def test_an_export_is_a_bag_that_others_check_and_holds_nothing_more_than_it_may(room: Room, tmp_path: Path) -> None:
    known = objects(room)
    done = run("vault", "export", *known.values(), "--to", tmp_path / "out", *room.secret)
    assert done.status == 0, done.err

    assert bagit.Bag(str(tmp_path / "out")).is_valid()
    assert bagcheck.inspect(Folder(tmp_path / "out")) == bagcheck.Findings(faults=(), warnings=())
    ident = next(ident for name, ident in known.items() if name.endswith("note.txt"))
    assert (tmp_path / f"out/data/{ident}.txt").read_bytes() == SECRET
    crate = ROCrate(tmp_path / "out/data")
    assert sorted(one.id for one in crate.data_entities) == sorted(
        path.name for path in (tmp_path / "out/data").iterdir() if path.suffix != ".json"
    )
    told = json.loads((tmp_path / "out/data/ro-crate-metadata.json").read_text())
    assert {key for entity in told["@graph"] for key in entity} <= {
        "@id", "@type", "about", "committed", "conformsTo", "contentSize", "covers", "datePublished", "description",
        "encodingFormat", "endTime", "hasPart", "identifier", "kind", "license", "name", "object", "root",
        "route", "sha256",
    }  # fmt: skip
    kept = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    for word in ("note.txt", "note", "şəkil", "a reader", "by hand", "came unsealed"):
        for spelled in (word, json.dumps(word).strip('"'), urllib.parse.quote(word)):
            assert spelled.encode() not in kept, word
    assert not [path for path in (tmp_path / "out").rglob("*") if "note" in path.name or "kil" in path.name]
    noted = run("vault", "export", ident, "--notes", "--to", tmp_path / "noted", *room.secret)
    assert noted.status == 0, noted.err
    told = (tmp_path / "noted/data/ro-crate-metadata.json").read_text()
    assert all(word in told for word in ("a reader", "by hand", "note.txt"))
    refused(run("vault", "export", ident, "--to", tmp_path / "out", *room.secret), 2, "output-exists")
    refused(run("vault", "export", "0" * 16, "--to", tmp_path / "x", *room.secret), 2, "object-unknown")
    assert not list(tmp_path.glob(".*unfinished"))


def test_a_sealed_export_tells_nothing_of_what_is_in_it(room: Room, tmp_path: Path) -> None:
    ident = next(iter(objects(room).values()))

    done = run("vault", "export", ident, "--sealed", "--to", tmp_path / "out", *room.secret)

    assert done.status == 0, done.err
    assert bagit.Bag(str(tmp_path / "out")).is_valid()
    whole = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert SECRET not in whole
    assert b"note.txt" not in whole
    # Words long enough not to stand in ciphertext by chance.
    assert b"JPEG picture" not in whole
    assert b"image/jpeg" not in whole


def test_two_persons_destroy_an_original_and_everything_else_stays_whole(room: Room, tmp_path: Path) -> None:
    """The name and the key are gone; vault, record and the other original do not notice; it is said what is not reached."""
    settings = room.path / "newsroom.toml"
    settings.write_text(settings.read_text().replace("approvals = 1", "approvals = 2"))
    person = tmp_path / "person"
    person.write_text("another six plain words here\n")
    person.chmod(0o600)
    own = ["--person-passphrase-file", person]
    done = run("newsroom", "person", "add", "deputy", *own, "--work-factor", "2", *room.secret)
    assert done.status == 0, done.err
    known = objects(room)
    gone = next(ident for name, ident in known.items() if name.endswith("note.txt"))
    destroy = ["vault", "destroy", gone, "--reason", "asked for by its maker", "--yes", *room.secret]

    refused(run(*destroy, "--as", "editor"), 4, "decision-waiting")
    assert gone in objects(room).values()
    done = run(*destroy, "--as", "deputy", *own)

    assert done.status == 0, done.err
    assert "does not reach" in done.err
    assert not (room.path / "keys/objects" / gone).exists()
    listed = run("objects", *room.secret).out
    assert f"{gone}  its key was destroyed on 2" in listed
    assert "note.txt" not in listed
    assert "jpg" in listed
    refused(run("objects", "--get", gone, "-o", tmp_path / "x", "--as", "editor", *room.secret), 2, "object-unknown")
    refused(run(*destroy, "--as", "deputy", *own), 2, "object-unknown")
    room.sound()
    for validator in (Path(sys.executable).parent / "ocfl-validate.py",):
        folders = [str(path.parent) for path in (room.path / "vault").rglob("0=ocfl_object_1.1")]
        found = subprocess.run([sys.executable, validator, *folders], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout


def test_a_backup_comes_back_with_equal_hashes_and_tells_damage_apart(room: Room, tmp_path: Path) -> None:
    """Any tool reads it; what is damaged in the newsroom does not spread into it; a damaged backup is refused."""
    copy = tmp_path / "copy"
    assert run("log", "tick", *room.secret).status == 0
    done = run("newsroom", "backup", "--to", copy, *at(room))
    assert done.status == 0, done.err
    assert "no keys" in done.err
    assert not (copy / "newsroom/keys").exists()
    again = run("newsroom", "backup", "--to", copy, "--keys", *at(room))
    assert again.status == 0, again.err
    checked = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=copy, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout

    rehearsed = run("newsroom", "restore", copy, tmp_path / "new", "--rehearse")
    assert rehearsed.status == 0, rehearsed.err
    assert "went well" in rehearsed.err
    assert not (tmp_path / "new").exists()
    assert run("newsroom", "restore", copy, tmp_path / "new").status == 0
    passing = {".lock", ".busy", "desk/log.sqlite-shm", "desk/log.sqlite-wal"}
    assert {name for name in listing(room.path) if name not in passing} <= set(listing(tmp_path / "new"))
    restored = Room(tmp_path / "new")
    assert objects(restored) == objects(room)
    restored.sound()

    spoiled = next((room.path / "vault").rglob("content.age"))
    whole = spoiled.read_bytes()
    spoiled.write_bytes(whole[:-1] + b"?")
    (room.path / "stories/new.md").write_text("new")
    refused(run("newsroom", "backup", "--to", copy, *at(room)), 6, "backup-changed")
    assert (copy / "newsroom" / spoiled.relative_to(room.path)).read_bytes() == whole
    assert (copy / "newsroom/stories/new.md").exists()
    assert (copy / "newsroom/keys/identity.age").exists()
    (copy / "newsroom/stories/new.md").write_text("other")
    refused(run("newsroom", "restore", copy, tmp_path / "third"), 3, "backup-damaged")
    refused(run("newsroom", "restore", tmp_path, tmp_path / "third"), 4, "backup-none")
    refused(run("newsroom", "backup", "--to", room.path / "copy", *at(room)), 2, "backup-inside")
    spoiled.write_bytes(whole)
    assert run("newsroom", "backup", "--to", room.path / "../beside", *at(room)).status == 0
    assert not (tmp_path / "third").exists()


def test_the_first_backup_of_damaged_originals_saves_everything_and_names_them(room: Room, tmp_path: Path) -> None:
    """And so does the next one, until they are whole again; a damaged record is named as well."""
    spoiled = next((room.path / "vault").rglob("content.age"))
    whole = spoiled.read_bytes()
    spoiled.write_bytes(b"?" + whole[1:])
    backup = ["newsroom", "backup", *at(room), "--to"]

    told = refused(run(*backup, tmp_path / "copy"), 6, "backup-spoiled")
    again = refused(run(*backup, tmp_path / "copy"), 6, "backup-spoiled")

    for said in (told, again):
        assert str(spoiled.relative_to(room.path).parent.parent.parent) in said
        assert "saved " in said
    assert (tmp_path / "copy/newsroom" / spoiled.relative_to(room.path)).read_bytes() == spoiled.read_bytes()
    spoiled.write_bytes(whole)
    assert run(*backup, tmp_path / "other").status == 0
    (room.path / "log/checkpoint").write_bytes(b"nothing")
    assert "log: it cannot be read" in refused(run(*backup, tmp_path / "third"), 6, "backup-spoiled")


def test_what_was_destroyed_here_is_destroyed_in_the_backup_of_the_keys_too(room: Room, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    run("newsroom", "backup", "--to", copy, "--keys", *at(room))
    ident = next(iter(objects(room).values()))
    assert (copy / "newsroom/keys/objects" / ident).exists()
    assert run("vault", "destroy", ident, "--reason", "asked for", "--yes", *room.secret).status == 0

    done = run("newsroom", "backup", "--to", copy, "--keys", *at(room))

    assert done.status == 0, done.err
    assert not (copy / "newsroom/keys/objects" / ident).exists()


def test_a_check_that_is_killed_goes_on_and_damage_ends_every_run_with_one_report(room: Room) -> None:
    preamble = (
        "import os, signal\n"
        "from tamizdat.newsroom import fixity\n"
        "one = fixity._Run._one\n"
        "def killing(self, at, files):\n"
        "    found = one(self, at, files)\n"
        "    if self.checked == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    self.save()\n"
        "    return found\n"
        "fixity._Run._one = killing\n"
    )
    words = ["vault", "fsck", "--every", "30", *at(room)]

    assert house.process(*words, preamble=preamble).returncode == -signal.SIGKILL
    done = run(*words)

    assert done.status == 0, done.err
    assert "nothing else is due" in done.err
    assert "checked 0 objects" in run(*words).err
    spoiled = next((room.path / "vault").rglob("content.age"))
    spoiled.write_bytes(b"?")
    told = refused(run("vault", "fsck", *at(room)), 6, "vault-fsck")
    assert str(spoiled.relative_to(room.path)) in told
    refused(run("vault", "fsck", "--limit", "1file", "--every", "30", *at(room)), 6, "vault-fsck")
    refused(run("vault", "fsck", "--limit", "lots", *at(room)), 2, "vault-bounds")


def test_editions_outlive_the_original_they_were_made_from(room: Room, tmp_path: Path) -> None:
    """A published picture's original is destroyed: its edition verifies, in a restored newsroom too, and work goes on."""
    source = tmp_path / "road.png"
    Image.radial_gradient("L").save(source)
    assert room.receive("--plain", source, "--from", "x", "--how", "y").status == 0
    ident = objects(room)["road.png"]
    (room.path / "stories/road.md").write_text(STORY % ident)
    (room.path / "stories/plain.md").write_text(STORY.replace("{picture: p}", "").replace(PICTURE, "") % ())
    published = run("publish", "road", *room.secret)
    assert published.status == 0, published.err
    assert run("vault", "destroy", ident, "--reason", "asked for", "--yes", *room.secret).status == 0

    verified = run("verify", published.out.strip(), "--card-words", room.words)
    again = run("publish", "plain", *room.secret)

    assert verified.status == 0, verified.out
    assert again.status == 0, again.err
    assert run("publish", "road", *room.secret).status == 0  # what was published once is kept
    room.sound()
    assert run("newsroom", "backup", "--to", tmp_path / "copy", "--keys", *at(room)).status == 0
    restored = run("newsroom", "restore", tmp_path / "copy", tmp_path / "new")
    assert restored.status == 0, restored.err
    assert "3 editions checked" in restored.err
