"""What couriers and those who help them type: plan, check, mint, watch."""

import hashlib
import os
import re
import shlex
import shutil

from pathlib import Path

import pytest

from tamizdat.adapters.medium import NewFile
from tamizdat.carry import part, scan
from tamizdat.cli import watch
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


def test_a_plan_for_sticks_writes_each_its_parts_and_one_for_paper_names_sheets(
    room: Room, film: Path, tmp_path: Path
) -> None:
    """What `--to` puts on a stick is what the plan said that stick takes."""
    done = run("plan", film, "--carrier", "3 sticks", "--carrier", "2 sheets")
    assert "stick 2: part 2, " in done.out
    assert "2 sheets of paper" in done.err
    words = shlex.split(done.out.splitlines()[-1])
    sticks = [tmp_path / f"stick{number}" for number in (1, 2, 3)]
    for stick in sticks:
        stick.mkdir()
        words[words.index("MEDIUM")] = str(stick)
    words[words.index("card.txt")] = str(room.card)

    sealed = run(*words[1:], "--card-words", room.words)

    assert sealed.status == 0, sealed.err
    for number, stick in enumerate(sticks, 1):
        (made,) = stick.iterdir()
        assert f"{made.name}: part {number}, whole" in run("check", made).out
    paper = run("plan", film / "note.txt", "--carrier", "4 sheets")
    assert "split: 4 sheets of paper, any 2 of them enough" in paper.out
    assert "--need 2 --parts 4" in paper.out


def test_a_plan_that_cannot_be_says_so(film: Path) -> None:
    refused(run("plan", "--size", "4GB", "--carrier", "2 sheets of 30KB"), 2, "plan-small")
    refused(run("plan", "--size", "4GB", "--carrier", "2 sheets", "--survive", "1"), 2, "plan-small")
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

    out.mkdir()
    (out / "mine").write_bytes(b"kept")
    write = NewFile.write
    monkeypatch.setattr(NewFile, "write", lambda self, data: write(self, bytes(data)[:-1] + b"!"))  # a false medium
    refused(run("mint", *sealed[:3], "-o", out), 5, "medium-false")
    assert listing(out) == {"mine": b"kept"}


def test_a_half_dead_card_is_explained_in_plain_words(sealed: list[Path], tmp_path: Path) -> None:
    cut, holes, dead = (tmp_path / name for name in ("cut", "holes", "dead"))
    raw = sealed[0].read_bytes()
    cut.write_bytes(raw[: len(raw) // 2])
    spoiled = bytearray(sealed[1].read_bytes())
    spoiled[: len(raw) // 4] = bytes(len(raw) // 4)
    holes.write_bytes(spoiled)
    dead.write_bytes(bytes(5000))

    done = run("check", cut, holes, dead, sealed[2])

    told = refused(done, 4, "carry-short")
    assert re.search(r"cut: part 1, damaged: (49|50) % can be used; its end is lost; the file was cut off\n", done.out)
    assert re.search(
        r"holes: part 2, damaged: 7\d % can be used; its beginning is lost; [0-9.]+ KB were written over or changed\n",
        done.out,
    )
    assert "dead: not a part, or nothing of it is left that can be used\n" in done.out
    assert f"{sealed[2].name}: part 3, whole\n" in done.out
    assert "here: parts 1 to 3; any 3 are enough; 2" in done.out
    assert "1 more part is needed" in told
    assert "Bring 1 more: any but parts 1 to 3" in told  # each has some of what the others lack
    assert not re.search(r"packet|row|volume|stripe", done.out + done.err)
    one = refused(run("check", holes, sealed[2], sealed[4]), 4, "carry-short")
    assert "Bring 1 more: any but parts 3 and 5; damaged ones may do." in one  # part 2 itself, whole, would do


def test_a_card_is_searched_and_what_is_on_it_told(room: Room, sealed: list[Path], film: Path, tmp_path: Path) -> None:
    others = paths(room.seal(film / "note.txt", "-o", tmp_path / "others", "--need", "1", "--parts", "2"))
    first, second = (sealed[number].read_bytes() for number in (0, 3))
    card = tmp_path / "card.img"
    card.write_bytes(bytes(51_200) + first + b"holiday" * 9000 + second[4096:] + others[0].read_bytes()[: -4096 * 2])

    done = run("check", card, *sealed[1:3], tmp_path / "others")

    assert done.status == 0, done.err
    assert "searched all 831 KB of it" in done.out
    assert "part 1, whole and part 4, whole" in done.out
    assert "dossier 1 of 2" in done.out
    assert "enough, for each of 2 dossiers" in done.err
    short = run("check", card, sealed[1])
    assert short.status in {0, 4}


def test_check_names_forged_parts_where_the_key_is_at_hand(room: Room, sealed: list[Path], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(room.identity)
    forged = bytearray(sealed[1].read_bytes())
    for at in range(0, len(forged), 4096):
        packet = memoryview(forged)[at : at + 4096]
        if packet[4] == part.BLOCK:
            packet[1000] ^= 1
            packet[part.CHECKED : part.HEADER] = part.check(packet)
    liar = tmp_path / "liar"
    liar.write_bytes(forged)

    without = run("check", liar, *sealed[:1], *sealed[2:])
    done = run("check", liar, *sealed[:1], *sealed[2:], "-i", tmp_path / "key")

    assert without.status == 0
    assert "liar: part 2, whole" in without.out
    assert done.status == 0, done.err
    assert re.search(r"part 2 from file liar was forged", done.err), done.err
    assert "all of it opens; 1 file with forgeries" in done.err
    refused(run("check", liar, *sealed[3:], "-i", tmp_path / "key"), 6, "check-forged")


class Days:
    """What happens between two looks of `watch`, in place of waiting."""

    def __init__(self, *events: object) -> None:
        self.events = list(events)

    def __call__(self, seconds: float) -> None:
        assert seconds > 0
        if not self.events:
            raise KeyboardInterrupt
        happens = self.events.pop(0)
        if callable(happens):
            happens()


def put(source: Path, target: Path) -> object:
    return lambda: shutil.copyfile(source, target)


def test_what_drops_into_a_folder_is_joined_as_it_comes(
    sealed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file half copied, a stick pulled out and put back, a stranger, a damaged part, and the last one."""
    inbox, stick = tmp_path / "inbox", tmp_path / "stick"
    inbox.mkdir()
    raw = sealed[0].read_bytes()
    torn = bytearray(sealed[1].read_bytes())
    torn[5000] ^= 1
    scanned: list[int] = []
    monkeypatch.setattr(watch, "scan", lambda stream, **more: scanned.append(1) or scan.scan(stream, **more))
    monkeypatch.setattr(
        watch.time,
        "sleep",
        Days(
            lambda: (inbox / "first").write_bytes(raw[:99_999]),
            lambda: (inbox / "first").write_bytes(raw),
            None,
            lambda: (inbox / "torn").write_bytes(torn),
            lambda: (inbox / "photo.jpg").write_bytes(b"\xff\xd8 a stranger"),
            lambda: (stick.mkdir(), shutil.copyfile(sealed[3], stick / "fourth")),
            lambda: shutil.copyfile(sealed[3], inbox / "fourth again"),
            None,
            lambda: stick.rename(tmp_path / "pocket"),
            lambda: (tmp_path / "pocket").rename(stick),
            put(sealed[2], inbox / "third"),
            None,
            None,
        ),
    )

    done = run("watch", inbox, stick, "-o", tmp_path / "X.age", "--every", "7")

    assert done.status == 0, done.err
    assert run("join", *sealed[2:], "-o", tmp_path / "Y.age").status == 0
    assert (tmp_path / "X.age").read_bytes() == (tmp_path / "Y.age").read_bytes()
    told = re.sub(r"(?m)^tamizdat: ", "", done.err)
    for line in (
        "first: is being copied; waiting for the rest of it",
        "first: part 1, whole; 2 more parts are needed, any but part 1",
        "torn: part 2, damaged: 99 % can be used; 2 more parts are needed, any but parts 1 and 2",
        "photo.jpg: not a part, or nothing of it can be used; left alone",
        "fourth: part 4, whole; 1 more part is needed, any but parts 1 and 4",
        "fourth again: part 4, whole; one more copy; 1 more part is needed, any but parts 1 and 4",
        "fourth: gone; put it back, it does not count until then",
        "fourth: back, as it was",
        "third: part 3, whole; it is enough",
    ):
        assert f"\n{line}\n" in told, (line, told)
    assert len(scanned) == 6


def test_watching_sorts_dossiers_apart_and_ends_cleanly(
    room: Room, film: Path, sealed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, joined = tmp_path / "inbox", tmp_path / "joined"
    joined.mkdir()
    others = paths(room.seal(film / "note.txt", "-o", inbox, "--need", "1", "--parts", "2"))
    shutil.copyfile(sealed[0], inbox / "one")
    monkeypatch.setattr(watch.time, "sleep", Days(None, None))

    done = run("watch", inbox, "-o", joined, "--every", "7")

    assert done.status == 130
    (made,) = paths(house.Done(0, done.out, ""))
    assert run("join", others[0], "-o", tmp_path / "Y.age").status == 0
    assert made.read_bytes() == (tmp_path / "Y.age").read_bytes()
    assert sorted(listing(joined)) == [made.name]
    assert re.search(r"one: part 1, whole of set [0-9a-f]{8}; 2 more parts are needed", done.err), done.err
    refused(run("watch", tmp_path / "nothing", "-o", tmp_path / "Z.age", "--once"), 4, "carry-none")
    refused(run("watch", inbox, "-o", made), 2, "output-exists")
    inbox.joinpath(others[0].name).unlink()
    inbox.joinpath(others[1].name).unlink()
    refused(run("watch", inbox, "-o", tmp_path / "Z.age", "--once"), 4, "carry-short")


def test_a_newsroom_takes_in_what_drops_into_its_inbox(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts one by one, damaged or not, a stranger, and a sealed file; other commands can work in between."""
    desk = house.make(tmp_path / "desk")
    three = paths(desk.seal(film, "-o", tmp_path / "parts", "--need", "2", "--parts", "3"))
    whole = paths(desk.seal(film / "note.txt", "-o", tmp_path / "whole", "--whole"))
    inbox = desk.path / "inbox"
    inbox.mkdir(exist_ok=True)
    monkeypatch.setattr(
        watch.time,
        "sleep",
        Days(
            put(three[0], inbox / "one"),
            None,
            lambda: (inbox / "stranger").write_bytes(b"hello"),
            put(whole[0], inbox / "whole"),
            desk.sound,
            put(three[2], inbox / "three"),
            None,
            None,
        ),
    )

    done = desk.receive(inbox, "--watch")

    assert done.status == 130, done.err
    assert done.report == (3, 2, 1, 0)
    assert "stranger: not a part" in done.err
    assert listing(inbox) == {"stranger": b"hello"}
    desk.sound()
    refused(desk.receive(three[0], "--watch"), 2, "receive-watch")
