"""Bad input: one clear error, the right exit status, nothing half written; never a traceback or a passphrase."""

from __future__ import annotations

import io
import shutil
import tarfile

from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemEntropy
from tamizdat.newsroom import init, release, tick
from tamizdat.newsroom.house import House
from tamizdat.newsroom.settings import Settings
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.file import open_ as age_open
from tamizdat.primitives.age.file import seal as age_seal
from tamizdat.primitives.errors import AdapterError
from tests.conftest import FixedClock, SeededEntropy
from tests.field.sources import Held, written
from tests.scripts import house
from tests.scripts.house import Room, refused, run


LIMIT = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
STORY = """---
headline: The harbour is closed
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
%s---
%s
"""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return house.make(tmp_path / "room")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "one.bin").write_bytes(bytes(range(256)) * 2000)
    return folder


@pytest.fixture
def parts(tmp_path: Path, room: Room, files: Path) -> Path:
    assert room.seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2").status == 0
    return tmp_path / "parts"


@pytest.fixture
def sealed(tmp_path: Path, parts: Path) -> Path:
    assert run("join", parts, "-o", tmp_path / "x.age").status == 0
    return tmp_path / "x.age"


def to(room: Room, data: bytes, path: Path) -> Path:
    """Seal bytes for a newsroom, whatever they are."""
    identity = recipients.read_identity_file(room.identity)[0]
    path.write_bytes(age_seal(data, [identity.recipient()], SeededEntropy()))
    return path


def test_nothing_to_seal(tmp_path: Path, room: Room) -> None:
    (tmp_path / "hollow").mkdir()
    before = house.listing(tmp_path)

    refused(room.seal(tmp_path / "hollow", "-o", tmp_path / "out"), 2, "seal-nothing")
    assert "absent.jpg" in refused(room.seal(tmp_path / "absent.jpg", "-o", tmp_path / "out"), 2, "file-missing")

    assert house.listing(tmp_path) == before


def test_the_disk_is_full(tmp_path: Path, room: Room, files: Path, parts: Path, sealed: Path) -> None:
    """No file may grow beyond 100 kB: seal, join, open and receive each say so and leave nothing behind."""
    before = house.listing(tmp_path)
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]

    for words, code in (
        (["seal", files, "--for", room.card, "--card-words", room.words, "-o", tmp_path / "out"], "disk-failed"),
        (["join", parts, "-o", tmp_path / "y.age"], "disk-failed"),
        (["open", sealed, *identity, "-o", tmp_path / "out"], "disk-failed"),
        (["receive", *room.secret, parts], "disk-file-limit"),
    ):
        done = house.process(*words, preamble=LIMIT)
        told = house.Done(done.returncode, done.stdout.decode(), done.stderr.decode())

        house.decent(told.out + told.err)
        refused(told, 5, code)
        assert house.listing(tmp_path) == before, words[0]

    room.sound()
    assert room.receive(parts).report == (1, 1, 0, 0)


def test_parts_of_two_dossiers(tmp_path: Path, room: Room, files: Path, parts: Path) -> None:
    """`join` refuses the mixture; `check` and `receive` sort it."""
    (files / "two.bin").write_bytes(b"two")
    assert room.seal(files, "-o", tmp_path / "others", "--parts", "3", "--need", "2").status == 0
    before = house.listing(tmp_path)

    checked = run("check", parts, tmp_path / "others")
    assert (checked.status, checked.out.count("dossier ")) == (0, 2), checked
    refused(run("join", parts, tmp_path / "others", "-o", tmp_path / "x.age"), 3, "carry-mixed")

    assert house.listing(tmp_path) == before
    assert room.receive(parts, tmp_path / "others").report == (3, 2, 1, 0)


def test_too_few_parts(tmp_path: Path, room: Room, parts: Path) -> None:
    for path in list(parts.iterdir())[:2]:
        path.unlink()
    before = _outside_the_desk(tmp_path)

    checked = refused(run("check", parts), 4, "carry-short")
    refused(run("join", parts, "-o", tmp_path / "x.age"), 4, "carry-short")
    refused(room.receive(parts), 4, "carry-short")

    assert "1 more" in checked or "bring" in checked.lower(), checked
    # What is good of too few parts waits in the newsroom, as ciphertext, and nothing else is changed.
    assert _outside_the_desk(tmp_path) == before


def _outside_the_desk(folder: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in house.listing(folder).items() if not name.startswith("room/desk")}


def test_the_wrong_key(tmp_path: Path, room: Room, parts: Path, sealed: Path) -> None:
    (tmp_path / "key").write_text(recipients.write_identity_file(recipients.generate(post_quantum=True)))
    stranger = tmp_path / "stranger"
    assert run("newsroom", "init", stranger, "--name", "Other", "--work-factor", "2", *room.passphrase).status == 0
    before = house.listing(tmp_path)

    refused(run("open", sealed, "-i", tmp_path / "key", "-o", tmp_path / "out"), 6, "age-no-match")
    refused(run("receive", parts, "--newsroom", stranger, *room.passphrase), 6, "age-no-match")

    assert house.listing(tmp_path) == before


def test_the_passphrase_is_forgotten(tmp_path: Path, room: Room, parts: Path, sealed: Path) -> None:
    (tmp_path / "guess").write_text("some other plain words here\n")
    guess = ["--passphrase-file", tmp_path / "guess"]
    before = house.listing(tmp_path)

    refused(run("receive", parts, "--newsroom", room.path, *guess), 6, "passphrase-wrong")
    refused(run("publish", "--newsroom", room.path, *guess), 6, "passphrase-wrong")
    told = run("open", sealed, "-i", room.path / "keys/identity.age", *guess, "-o", tmp_path / "out")
    assert "plain words" not in refused(told, 6, "age-no-match")
    refused(run("receive", parts, "--newsroom", room.path), 2, "no-terminal")

    assert house.listing(tmp_path) == before


def test_the_card_is_damaged_expired_or_another(tmp_path: Path, room: Room, files: Path) -> None:
    whole = room.card.read_bytes()
    damaged = tmp_path / "damaged.txt"
    old = House(Folder(tmp_path / "old"), clock=FixedClock(1_000_000_000), entropy=SystemEntropy())
    settings = Settings(name="Old", origin="old.example/record")
    init.create(old, settings, house.PASSPHRASE.encode(), work_factor=2)
    expired = Room(tmp_path / "old")
    before = house.listing(tmp_path)

    for raw in (whole[:-30], whole.replace(b"Courier", b"Carrier")):
        damaged.write_bytes(raw)
        done = run("seal", files, "--for", damaged, "-o", tmp_path / "out", "--card-words", room.words)
        assert done.status in {3, 6}, done.err
        assert done.err.count("error:") == 1 and "mend:" in done.err
    damaged.unlink()
    refused(expired.seal(files, "-o", tmp_path / "out"), 6, "card-expired")
    other = ["--card-words", expired.words]
    refused(run("seal", files, "--for", room.card, "-o", tmp_path / "out", *other), 6, "card-words")
    refused(run("seal", files, "--for", tmp_path / "none", "-o", tmp_path / "out"), 2, "card-file")

    assert house.listing(tmp_path) == before
    assert expired.seal(files, "-o", tmp_path / "out", "--force-expired").status == 0


def test_a_bag_whose_manifest_lies(tmp_path: Path, room: Room) -> None:
    """Whoever can seal for the card can send this: everything in it is refused, and it is counted."""
    raw, _ = written(Held(b"a.jpg", b"true bytes"), Held(b"b.jpg", b"other bytes"))
    lie = to(room, raw.replace(b"true bytes", b"fake bytes"), tmp_path / "lie.age")
    before = house.listing(tmp_path)

    received = room.receive(lie)
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    opened = run("open", lie, *identity, "-o", tmp_path / "out")

    refused(received, 3, "receive-refused")
    assert received.report[1:3] == (0, 0) and received.report[0] == received.report[3] >= 2
    assert opened.status == 3 and opened.err.count("error:") == 1
    assert house.listing(tmp_path) == before


def test_names_in_a_tar_that_lead_out(tmp_path: Path, room: Room) -> None:
    """Each is refused by itself and counted; what is sound beside them is kept."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("../evil.txt", "/tmp/evil.txt", "a/../../evil.txt", "good.txt"):
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"data"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    outside = set(tmp_path.parent.iterdir())

    received = room.receive(to(room, packed.getvalue(), tmp_path / "bundle.age"))

    refused(received, 7, "receive-some-refused")
    assert received.report == (5, 1, 0, 4)
    assert set(tmp_path.parent.iterdir()) == outside
    assert {path.name for path in tmp_path.iterdir()} == {"room", "bundle.age"}
    room.sound()


def test_an_archive_that_breaks_off_keeps_what_was_whole(tmp_path: Path, room: Room) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("one.txt", "two.txt"):
            member = tarfile.TarInfo(name)
            member.size = 600
            tar.addfile(member, io.BytesIO(name.encode() * 100))

    received = room.receive(to(room, packed.getvalue()[:2000], tmp_path / "bundle.age"))

    assert received.status == 3, received.err
    assert received.report[0] == sum(received.report[1:])
    room.sound()
    room.clean()


def test_a_sealed_file_that_breaks_off(tmp_path: Path, room: Room, sealed: Path) -> None:
    raw = sealed.read_bytes()
    sealed.write_bytes(raw[: len(raw) // 2])
    before = house.listing(tmp_path)

    assert room.receive(sealed).status == 3
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    assert run("open", sealed, *identity, "-o", tmp_path / "out").status == 3

    assert house.listing(tmp_path) == before


def test_a_story_with_a_figure_no_claim_supports_and_a_picture_without_words(tmp_path: Path, room: Room) -> None:
    """Both are told at once with their lines, and nothing is published."""
    (room.path / "claims/deaths.csv").write_text(
        "measure,unit,low,high,qualifier,asserted_by,published_by,title,published_on,language,address,note\n"
        "killed,people,5,5,exact,A Ministry,A Paper,A Title,2020-01-01,en,a.example,\n"
    )
    head = (
        "figures:\n  f: {claims: deaths, measure: killed, who: Nobody}\n"
        'pictures:\n  p:\n    object: "0123456789abcdef"\n    credit: A. Photographer\n    caption: A street\n'
        "    people: none\n    maker: protected\n"
    )
    (room.path / "stories/harbour.md").write_text(STORY % (head, "There were {figure: f | 9}.\n\n{picture: p}"))
    before = house.listing(tmp_path)

    checked = refused(run("story", "check", "harbour", *room.secret), 3, "story-faults")
    published = refused(run("publish", "harbour", *room.secret), 3, "publish-faults")

    assert "stories/harbour.md:8" in checked and "stories/harbour.md:11" in checked, checked
    assert "Nobody" in checked and "stories/harbour.md:8" in published
    assert house.listing(tmp_path) == before


def test_an_object_nobody_knows(tmp_path: Path, room: Room) -> None:
    head = (
        'pictures:\n  p:\n    object: "0123456789abcdef"\n    credit: A. Photographer\n    caption: A street\n'
        "    alt: A street\n    people: none\n    maker: protected\n"
    )
    (room.path / "stories/harbour.md").write_text(STORY % (head, "A street.\n\n{picture: p}"))
    before = house.listing(tmp_path)

    refused(run("objects", "--get", "0123456789abcdef", "-o", tmp_path / "y", *room.secret), 2, "object-unknown")
    refused(run("objects", "--get", "../../card", "-o", tmp_path / "y", *room.secret), 2, "object-unknown")
    refused(run("story", "check", "harbour", *room.secret), 2, "story-picture-unknown")
    assert house.listing(tmp_path) == before
    refused(run("publish", "harbour", *room.secret), 3, "publish-faults")
    assert not list((room.path / "editions").rglob("*.*"))

    (room.path / "stories/harbour.md").write_text(STORY % ("", "Nobody knows."))
    done = run("publish", "harbour", *room.secret)
    assert done.status == 0, done.err
    assert run("verify", done.out.strip(), "--card-words", room.words).status == 0


def test_a_clock_that_runs_backwards(tmp_path: Path, room: Room) -> None:
    """The record never goes back in time: tick and publish refuse, and write nothing."""
    (room.path / "stories/harbour.md").write_text(STORY % ("", "Nobody knows."))
    clock = FixedClock(1_800_000_000)
    held = House(Folder(room.path), clock=clock, entropy=SystemEntropy())
    keys = held.unlock(house.PASSPHRASE.encode())
    assert tick.due(held, keys.log) is not None
    clock.seconds -= 10 * 86_400
    before = house.listing(room.path / "log")

    with pytest.raises(AdapterError) as ticked:
        tick.due(held, keys.log)
    with pytest.raises(AdapterError) as published:
        release.publish(held, keys, ("harbour",))

    assert ticked.value.code == published.value.code == "clock-backwards"
    assert house.listing(room.path / "log") == before
    assert not list((room.path / "editions").iterdir())
    room.sound()


def test_no_newsroom_and_an_output_that_is_there(
    tmp_path: Path, room: Room, sealed: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAMIZDAT_NEWSROOM", raising=False)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    before = house.listing(tmp_path)

    refused(run("receive", parts), 2, "newsroom-not-found")
    refused(run("log", "tick", "--newsroom", tmp_path / "absent"), 2, "newsroom-not-found")
    refused(run("join", parts, "-o", sealed), 2, "output-exists")
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    refused(run("open", sealed, *identity, "-o", tmp_path / "there"), 2, "output-exists")
    refused(run("join", parts, "-o", tmp_path / "absent/x.age"), 5, "disk-failed")
    refused(run("receive", tmp_path / "absent", *room.secret), 2, "file-missing")
    refused(run("receive", room.card, *room.secret), 2, "receive-nothing")
    refused(run("open", room.card, *identity, "-o", tmp_path / "out"), 3, "age-header")

    assert house.listing(tmp_path) == before


def test_a_record_that_somebody_altered(tmp_path: Path, room: Room, parts: Path) -> None:
    """`fsck` names what is wrong in the vault and the record, and `receive` goes on refusing nothing else."""
    assert room.receive(parts).status == 0
    assert run("log", "tick", *room.secret).status == 0
    spoiled = Room(tmp_path / "spoiled")
    shutil.copytree(room.path, spoiled.path)
    content = next(path for path in (spoiled.path / "vault").rglob("*") if path.name == "content.age")
    content.write_bytes(content.read_bytes()[:-1] + b"?")
    bundle = next(path for path in (spoiled.path / "log/tile/entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-3] + b"???")

    refused(run("vault", "fsck", "--newsroom", spoiled.path), 6, "vault-fsck")
    refused(run("log", "fsck", "--newsroom", spoiled.path), 6, "log-fsck")
    ident = run("objects", *spoiled.secret).out.split()[0]
    done = run("objects", "--get", ident, "-o", tmp_path / "y", *spoiled.secret)

    assert done.status == 3, done.err
    assert not (tmp_path / "y").exists()


def test_a_picture_that_is_no_picture_stops_the_edition(tmp_path: Path, room: Room, files: Path) -> None:
    """The fault has one line; the next publication is whole."""
    received = room.receive("--plain", files, "--from", "x", "--how", "y")
    ident = received.out.split()[1]
    head = f'pictures:\n  p:\n    object: "{ident}"\n    credit: A\n    caption: B\n    alt: C\n    people: none\n    maker: protected\n'
    (room.path / "stories/harbour.md").write_text(STORY % (head, "Text.\n\n{picture: p}"))

    done = run("publish", "harbour", *room.secret)

    assert done.status == 3, done.err
    assert done.err.count("error:") == 1 and ident in done.err, done.err
    assert not (room.path / "editions/000001/edition.txt").exists()
    room.sound()


def test_the_newsrooms_own_key_opens_what_open_opens(tmp_path: Path, room: Room, sealed: Path) -> None:
    """The control for all of the above: with the right key and passphrase it works."""
    assert age_open(sealed.read_bytes(), recipients.read_identity_file(room.identity))
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    assert run("open", sealed, *identity, "-o", tmp_path / "out").status == 0
