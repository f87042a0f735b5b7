"""A photograph goes from the phone to a page on which anybody can check it, a face hidden, on two persons' word."""

from __future__ import annotations

import dataclasses
import re
import shutil

from pathlib import Path

import pytest

from PIL import Image

from tamizdat.adapters.place import Place
from tamizdat.redaction import tiled
from tests.scripts import house
from tests.scripts.house import Room, run
from tests.tools import inputs


PHOTOGRAPH = "photos/MikeKovarik_exifr/IMG_20180725_163423.jpg"
BOX = (500, 500, 400, 400)
LETTER = b"Ali met Vali at noon.\n\nThen Vali left the town.\n\nNobody saw more.\n"
STORY = """---
headline: A road
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
pictures:
  p:
    object: "%s"
    credit: A. Writer
    alt: A road under clouds
    hide: [%s]
    people: hidden
%s---
A road.

{picture: p}
"""


@dataclasses.dataclass(frozen=True)
class Two(Room):
    """A newsroom in which two persons decide, each with a passphrase of their own."""

    objects: dict[str, str]

    def secret_of(self, person: str) -> list[str]:
        own = ["--as", person]
        return own if person == "editor" else [*own, "--person-passphrase-file", str(self.path.parent / "hers")]

    def redact(self, kind: str, *words: object, person: str = ""):
        more = self.secret_of(person) if person else []
        return run("redact", self.objects[kind], *words, "--to", self.path.parent / "out", *self.secret, *more)


@pytest.fixture(scope="module")
def received(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Make the newsroom, seal a real photograph and a letter for it, and receive them."""
    base = tmp_path_factory.mktemp("provable")
    path, secret = base / "room", base / "secret"
    secret.write_text(f"{house.PASSPHRASE}\n")
    (base / "hers").write_text("her own six plain words here\n")
    for file in (secret, base / "hers"):
        file.chmod(0o600)
    shutil.copyfile(inputs(PHOTOGRAPH), base / "road.jpg")
    (base / "letter.txt").write_bytes(LETTER)
    common = ["--passphrase-file", secret]
    room = Room(path)
    for words in (
        ["newsroom", "init", path, "--name", "The Example Courier", "--approvals", "2", "--work-factor", "2", *common],
        ["newsroom", "person", "add", "anna", "--newsroom", path, "--person-passphrase-file", base / "hers",
         "--work-factor", "2", *common],
    ):  # fmt: skip
        assert (done := run(*words)).status == 0, done.err
    secret.rename(path / ".passphrase-for-tests")
    assert room.seal(base / "road.jpg", base / "letter.txt", "-o", base / "parts").status == 0
    assert room.receive(base / "parts").report == (2, 2, 0, 0)
    listed = run("objects", *room.secret).out
    kinds = {"picture": "JPEG picture", "letter": "text "}
    found = {kind: re.search(rf"(?m)^([0-9a-f]{{16}}) .*  {word}", listed)[1] for kind, word in kinds.items()}  # type: ignore[index]
    return base, found


@pytest.fixture
def room(received, tmp_path) -> Two:
    base, found = received
    shutil.copytree(base / "room", tmp_path / "room")
    shutil.copy(base / "hers", tmp_path / "hers")
    Place(tmp_path / "room").mark()  # this copy is the one
    return Two(tmp_path / "room", objects=found)


def story(room: Two, hide=BOX, more="    maker: shown\n    disclose: [date]\n") -> None:
    box = ", ".join(map(str, hide))
    (room.path / "stories/road.md").write_text(STORY % (room.objects["picture"], box, more))


def test_from_the_phone_to_a_page_that_anybody_can_check(room, received) -> None:
    """Both persons see what is newly shown before they sign; the edition proves it; nothing hidden is anywhere in it."""
    assert run("log", "tick", *room.secret).status == 0
    story(room)
    seen = run("story", "check", "road", *room.secret)
    approved = [
        run("story", "approve", "road", "--as", "editor", *room.secret),
        run("story", "approve", "road", "--as", "anna", "--newsroom", room.path,
            "--passphrase-file", room.path.parent / "hers", "--newsroom-passphrase-file", room.secret[3]),
    ]  # fmt: skip
    published = run("publish", "road", *room.secret)
    edition = Path(published.out.strip())
    verified = run("verify", edition, "--card-words", room.words)
    assert "WHAT NO CHECK OF A PICTURE CAN SHOW" in verified.out

    for done in (seen, *approved):
        assert done.status == 0, done.err
        assert "newly shown: 98.4 % of the picture; date" in done.err
        assert "was never disclosed before" in done.err
    assert published.status == 0 and "1 picture can be proven by anyone" in published.err, published.err
    assert verified.status == 0, verified.out + verified.err
    (beside,) = (edition / "media").glob("*.proof")
    alone = run("verify", beside.with_suffix(""), "--card-words", room.words)
    assert alone.status == 0 and "exactly as" in alone.out, alone.out + alone.err
    assert "byte for byte, the one that the newsroom published" in alone.out
    with Image.open(beside.with_suffix("")) as picture:
        left, top, width, height = BOX
        part = picture.convert("L").crop((left, top, left + width, top + height))
        assert part.getextrema() == (0, 0)
    original = (received[0] / "road.jpg").read_bytes()
    held = [item.raw for item in tiled.read(original).items() if len(item.raw) >= 32]
    removed = {raw[at : at + 16] for raw in held for at in range(len(raw) // 2, len(raw) - 16, max(16, len(raw) // 50))}
    assert len(removed) > 30
    for path in edition.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [run_ for run_ in removed if run_ in data and len(set(run_)) > 4], path
    check = edition / "check" / f"{beside.name.removesuffix('.jpg.proof')}.html"
    assert f'href="../../check/{check.name}"' in (edition / "stories/road/index.html").read_text()
    told = run("redact", room.objects["picture"], "--hide", "500,500,400,400", *room.secret)
    assert "story road, edition 1: 98.4 % shown, provable; date; by editor, anna" in told.err


def test_a_picture_leaves_on_two_persons_word_and_what_opens_is_said(room) -> None:
    """One alone writes nothing; both, on the same; less hidden later needs to be meant, and to be decided anew."""
    hide = ["--hide", "500,500,400,400", "--disclose", "date,place"]
    one = room.redact("picture", *hide, person="editor")
    other = room.redact("picture", *hide, "--crop", "0,0,2000,2000", person="anna")
    assert not list((room.path.parent / "out").iterdir())
    both = room.redact("picture", *hide, person="anna")

    house.refused(one, 4, "decision-waiting")
    house.refused(other, 4, "decision-waiting")
    assert both.status == 0 and "98.4 % of the picture; date; place" in both.err, both.err
    written = Path(both.out.strip())
    assert "waits for `tamizdat log tick`" in both.err
    assert {path.name for path in written.parent.iterdir()} == {written.name, f"{written.name}.proof"}
    verified = run("verify", written)
    assert verified.status == 0 and "byte for byte, the one that the newsroom published" in verified.out
    less = ["--hide", "500,500,100,400", "--disclose", "date,place"]
    opened = house.refused(room.redact("picture", *less, person="editor"), 6, "disclosure-opens")
    assert "THIS OPENS WHAT WAS HIDDEN in an export: 1.2 % of the picture" in opened
    house.refused(room.redact("picture", *less, "--again", person="editor"), 4, "decision-waiting")
    assert room.redact("picture", *less, "--again", person="anna").status == 0
    assert room.redact("picture", *hide, person="anna").status == 4, "a decision holds once"


def test_words_and_paragraphs_of_a_letter_are_hidden(room) -> None:
    """The name by itself, the last paragraph whole; the rest is the letter's, word for word."""
    hide = ["--hide-words", "Vali", "--hide-paragraph", "3"]
    house.refused(room.redact("letter", *hide, person="editor"), 4, "decision-waiting")
    done = room.redact("letter", *hide, person="anna")

    bar = "█" * 5
    assert done.status == 0, done.err
    assert Path(done.out.strip()).read_text() == f"Ali met {bar} at noon.\n\nThen {bar} left the town.\n\n{bar}\n\n"
    out = room.path.parent / "out"
    assert out.stat().st_mode & 0o077 == 0
    assert not any(room.objects["letter"].encode() in path.name.encode() + path.read_bytes() for path in out.iterdir())
    verified = run("verify", done.out.strip())
    assert verified.status == 0 and "whole paragraphs: 1; single words besides: 2" in verified.out, verified.out


@pytest.mark.parametrize(
    ("kind", "words", "code"),
    [
        ("picture", ["--hide", "1,2,3"], "redact-box"),
        ("picture", ["--hide", "9000,0,10,10"], "redact-box"),
        ("picture", ["--crop", "0,0,8,8"], "redact-crop"),
        ("picture", ["--disclose", "shoes"], "redact-disclose"),
        ("picture", ["--hide-words", "Vali"], "redact-mixed"),
        ("letter", ["--hide", "0,0,10,10"], "redact-mixed"),
        ("letter", ["--hide-words", "Zoe"], "redact-word"),
        ("letter", ["--hide-paragraph", "4"], "redact-word"),
    ],
)
def test_what_cannot_be_hidden_is_one_clear_error_and_leaves_nothing(room, kind, words, code) -> None:
    house.refused(room.redact(kind, *words, person="editor"), 2, code)
    assert not (room.path.parent / "out").exists() and not (room.path / "desk/disclosures").exists()


def test_one_who_is_not_on_the_card_or_mistypes_decides_nothing(room) -> None:
    (room.path.parent / "hers").write_text("something else\n")
    house.refused(room.redact("picture", "--hide", "0,0,9,9", person="anna"), 6, "passphrase-wrong")
    house.refused(room.redact("picture", "--hide", "0,0,9,9", person="mallory"), 6, "decision-nobody")
    house.refused(room.redact("picture", "--hide", "0,0,9,9"), 4, "decision-waiting")
