"""Who decides is decided by those who decide: no way around it but one, and that one is never silent."""

from __future__ import annotations

import base64
import json
import shutil

from pathlib import Path

import pytest

from tamizdat.cli import house as houses
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.card import Card
from tamizdat.record import entry as entries
from tests.scripts import house
from tests.scripts.house import refused, run


SAID = "the newsroom changed its keys or its persons without a decision of those persons"
STORY = """---
headline: A road
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
---
A road.
"""


class Two:
    """A newsroom of two persons, and how each of them is called on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("anna", "zoe"):
            own = folder / name
            own.write_text(f"six plain words that only {name} knows\n")
            own.chmod(0o600)
        self.room = house.make(folder / "room")
        self.page = (self.room.path / "recovery-print-and-remove.txt").read_text()
        self.set(2)
        done = self.add("anna")
        assert done.status == 0, done.err

    @property
    def card(self) -> Card:
        return cards.read(self.room.card.read_bytes())

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.card.approvers]

    def set(self, approvals: int) -> None:
        settings = self.room.path / "newsroom.toml"
        old = f"approvals = {houses.at(self.room.path).settings.approvals}\n"
        settings.write_text(settings.read_text().replace(old, f"approvals = {approvals}\n"))

    def by(self, person: str) -> list[object]:
        return ["--as", person, *([] if person == "editor" else ["--as-passphrase-file", self.folder / person])]

    def newsroom(self, *words: object, by: str = ""):
        return run("newsroom", *words, *(self.by(by) if by else []), *self.room.secret)

    def add(self, name: str, *words: object, by: str = ""):
        own = ["--person-passphrase-file", self.folder / name, "--work-factor", "2"] if name != "editor" else []
        return self.newsroom("person", "add", name, *own, *words, by=by)

    def destroy(self, ident: str, by: str):
        words = ["vault", "destroy", ident, "--reason", "asked for", "--yes"]
        return run(*words, *self.by(by), *self.room.secret)

    def originals(self) -> list[str]:
        (self.folder / "a.txt").write_text("one")
        assert self.room.receive("--plain", self.folder / "a.txt", "--from", "x", "--how", "y").status == 0
        return [line.split()[0] for line in run("objects", *self.room.secret).out.splitlines()]


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_whoever_has_the_newsrooms_passphrase_alone_adds_nobody(two: Two) -> None:
    """Two persons of the card decide on the very key that the new one made; one person counts once."""
    before = two.room.card.read_bytes()
    (ident,) = two.originals()

    refused(two.add("zoe"), 2, "person-who")
    told = refused(two.add("zoe", by="editor"), 4, "decision-waiting")
    refused(two.add("zoe", by="editor"), 4, "decision-waiting")
    refused(two.add("zoe", by="zoe"), 6, "decision-nobody")
    refused(two.destroy(ident, "zoe"), 6, "decision-nobody")

    assert "until now 2 of editor, anna" in told and "new: zoe" in told
    assert two.room.card.read_bytes() == before
    done = two.newsroom("person", "add", "zoe", by="anna")
    assert done.status == 0, done.err
    assert two.names == ["editor", "anna", "zoe"]
    (key,) = {line.split()[-1] for line in told.splitlines() if " person: zoe " in line}
    assert dict(two.card.approvers)["zoe"] == key
    assert key in done.err and "other words" in done.err
    refused(two.destroy(ident, "zoe"), 4, "decision-waiting")
    assert two.destroy(ident, "anna").status == 0


def test_fewer_approvals_more_than_there_are_persons_and_a_missing_person_are_decided_too(two: Two) -> None:
    before = two.card
    two.set(1)
    told = refused(two.newsroom("card", "--renew"), 4, "decision-waiting")
    assert "1 of editor, anna" in told
    refused(two.newsroom("card", "--renew", by="editor"), 4, "decision-waiting")
    two.set(3)
    refused(two.newsroom("card", "--renew", by="editor"), 2, "card-few")
    two.set(2)
    refused(two.newsroom("person", "remove", "anna", by="editor"), 2, "card-few")
    refused(two.newsroom("person", "remove", "zoe", by="editor"), 2, "person-unknown")
    assert two.card == before
    assert two.newsroom("card", "--renew").status == 0  # with the same terms it is the newsroom's own affair
    assert two.card.approvers == before.approvers

    two.set(1)
    done = two.newsroom("card", "--renew", by="anna")  # the editor said so already

    assert done.status == 0, done.err
    assert (two.card.approvals, two.names) == (1, ["editor", "anna"])


def test_two_remove_a_third_whose_word_counts_no_more(two: Two) -> None:
    refused(two.add("zoe", by="editor"), 4, "decision-waiting")
    assert two.add("zoe", by="anna").status == 0
    (ident,) = two.originals()
    refused(two.destroy(ident, "zoe"), 4, "decision-waiting")

    refused(two.newsroom("person", "remove", "zoe", by="zoe"), 4, "decision-waiting")
    done = two.newsroom("person", "remove", "zoe", by="anna")

    assert done.status == 0, done.err
    assert two.names == ["editor", "anna"]
    assert not (two.room.path / "keys/people/zoe.age").exists()
    refused(two.destroy(ident, "zoe"), 6, "decision-nobody")
    refused(two.destroy(ident, "anna"), 4, "decision-waiting")  # what zoe had said is gone with her


def test_whoever_knows_the_newsrooms_passphrase_is_no_second_person_once_the_editor_is_off_the_card(two: Two) -> None:
    """Until then that passphrase and one's own are two persons, which is said; one person is always the editor."""
    refused(two.add("zoe", by="editor"), 4, "decision-waiting")
    added = two.add("zoe", by="anna")
    assert "counts as two persons" in added.err and "person remove editor" in added.err
    (ident,) = two.originals()

    refused(two.newsroom("person", "remove", "editor", by="zoe"), 4, "decision-waiting")
    done = two.newsroom("person", "remove", "editor", by="anna")

    assert done.status == 0, done.err
    assert two.names == ["anna", "zoe"]
    for words in (["vault", "export", ident, "--to", two.folder / "out"], ["redact", ident, "--hide-words", "one"]):
        refused(run(*words, "--to", two.folder / "out", *two.by("editor"), *two.room.secret), 6, "decision-nobody")
    refused(run("objects", "--get", ident, "-o", two.folder / "out", *two.room.secret), 2, "custody-who")
    nobody = run("vault", "destroy", ident, "--reason", "asked for", "--yes", *two.room.secret)
    assert "Say who you are: --as PERSON" in refused(nobody, 4, "decision-waiting")
    refused(two.destroy(ident, "anna"), 4, "decision-waiting")
    assert two.destroy(ident, "zoe").status == 0
    two.set(1)
    refused(two.newsroom("card", "--renew", by="anna"), 2, "person-editor")
    two.set(2)
    refused(two.add("editor", by="anna"), 4, "decision-waiting")
    assert two.add("editor", by="zoe").status == 0
    refused(two.newsroom("person", "remove", "zoe", by="editor"), 4, "decision-waiting")
    assert two.newsroom("person", "remove", "zoe", by="anna").status == 0


def test_a_newsroom_whose_second_person_is_gone_goes_on_and_everybody_can_see_that_it_did(two: Two) -> None:
    """With the recovery page and a line on the public record before the card; without either, not at all."""
    (two.room.path / "stories/road.md").write_text(STORY)
    typed = two.folder / "typed"
    typed.write_text(two.page.replace("line 3:  ", "line 3:  QQQQ"))
    before = two.card
    lost = ("person", "remove", "anna", "--lost", "--from", typed)
    refused(two.newsroom(*lost), 3, "recovery-typed")
    typed.write_text(two.page)
    record = two.room.path / "log/checkpoint"
    signed = record.read_bytes()
    record.unlink()
    assert two.newsroom(*lost).status != 0
    record.write_bytes(signed)
    assert two.card == before
    shutil.copytree(two.room.path / "log", two.folder / "before")
    look = ("log", "monitor", two.room.path / "log", "--card", two.room.card, "--into", two.folder / "seen")
    assert SAID not in run(*look).err

    done = two.newsroom(*lost)

    assert done.status == 0, done.err
    assert "stands on the public record for ever" in done.err
    assert (two.names, two.card.approvals, two.card.serial) == (["editor"], 2, before.serial + 1)
    inside = houses.at(two.room.path)
    (line,) = [one for one in map(entries.read, inside.log_reader().entries()) if one.kind == "key"]
    told = json.loads((two.room.path / f"desk/terms/{two.card.serial:06}.json").read_bytes())
    entries.check_text(line, base64.b64decode(told["salt"]), told["text"].encode())
    assert "gone: anna" in told["text"] and note.read_verifier(two.card.log).name == "news.example/record"
    assert two.add("zoe").status == 0
    for person in ("editor", "zoe"):
        own = two.room.passphrase if person == "editor" else ["--passphrase-file", two.folder / person]
        more = [] if person == "editor" else ["--newsroom-passphrase-file", two.room.passphrase[1]]
        approved = run("story", "approve", "road", "--as", person, "--newsroom", two.room.path, *own, *more)
        assert approved.status == 0, approved.err
    published = run("publish", "road", *two.room.secret)
    assert published.status == 0, published.err
    verified = run("verify", published.out.strip(), "--card-words", two.room.words, "--against", two.folder / "before")
    assert verified.status == 0, verified.out + verified.err
    number = [one.kind for one in map(entries.read, inside.log_reader().entries())].index("key")
    counted = f"{SAID}; such entries (of the kind “key”): 1, the newest is entry {number} (counted from 0)"
    assert f"the record says that {counted}" in verified.out
    assert f"what is new in the newer of the two public records says that {counted}" in verified.out
    (seen,) = [line for line in run(*look).err.splitlines() if SAID in line]
    assert f"(of the kind “key”) that are new: 1, the newest is entry {number} (counted from 0)" in seen
    again = run(*look)
    assert (again.status, SAID in again.err) == (0, False), again.err
    two.room.sound()


def test_in_a_newsroom_of_one_the_editor_decides_and_needs_no_way_out(tmp_path: Path) -> None:
    room = house.make(tmp_path / "room")
    own = tmp_path / "own"
    own.write_text("six plain words of her own\n")
    own.chmod(0o600)
    words = ("--person-passphrase-file", own, "--work-factor", "2")
    assert run("newsroom", "person", "add", "anna", *words, *room.secret).status == 0
    lost = run("newsroom", "person", "remove", "anna", "--lost", "--from", own, *room.secret)
    refused(lost, 2, "person-decide")

    assert run("newsroom", "person", "remove", "anna", *room.secret).status == 0

    assert [name for name, _ in cards.read(room.card.read_bytes()).approvers] == ["editor"]
