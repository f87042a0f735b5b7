"""A backup that was cut off anywhere is completed by the next, never called whole before, and comes back byte for byte."""

from __future__ import annotations

import io
import itertools
import subprocess

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.adapters.memory import Memory
from tamizdat.newsroom import backup
from tamizdat.primitives.errors import AdapterError, FormatError, ShortError
from tests.newsroom import rooms
from tests.tools import need


ONCE = "vault/cee/755/291/tamizdat%3ae1f7a0/v1/content/content.age"
FILES = {
    "card.txt": b"card",
    "desk/arrivals/a.age": b"one",
    "desk/log.sqlite": b"being written to",
    "desk/log.sqlite-wal": b"passing",
    "keys/desk.age": b"secret",
    "recovery-print-and-remove.txt": b"secret",
    "log/tile/0/000": b"tile",
    "log/tile/0/000.p/5": b"part of a tile",
    ".lock": b"",
    ONCE: b"ciphertext",
}
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1).filter(
    lambda one: one not in {".", ".."}
)


def store(files) -> Memory:
    made = Memory()
    made.values = dict(files)
    return made


def save(source, target, *, keys=False):
    instead = {"desk/log.sqlite": lambda: io.BytesIO(b"snapshot")}
    return backup.make(source, target, keys=keys, instead=instead, shred=target.drop)


def test_a_backup_holds_what_it_should_and_nothing_of_the_moment() -> None:
    target = Memory()

    made = save(store(FILES), target)

    assert (made.copied, made.removed, made.faults) == (6, 0, ())
    assert {name.removeprefix("newsroom/") for name in target.values} == {
        "SHA256SUMS", "card.txt", "desk/arrivals/a.age", "desk/log.sqlite", "log/tile/0/000", "log/tile/0/000.p/5", ONCE,
    }  # fmt: skip
    assert target.values["newsroom/desk/log.sqlite"] == b"snapshot"
    assert save(store(FILES), target).copied == 0
    assert save(store(FILES), target, keys=True).copied == 2
    assert save(store(FILES), target).removed == 0
    back = Memory()
    backup.restore(target, back)
    assert back.values["keys/desk.age"] == b"secret"


def test_a_backup_that_is_cut_off_anywhere_is_completed_by_the_next() -> None:
    """Refused at each change in turn, first and later: what is not finished is not restored, and a rerun is whole."""
    first = Memory()
    save(store(FILES), first)
    changed = FILES | {"card.txt": b"another", "new.txt": b"new", "log/tile/0/001": b"more"}
    del changed["desk/arrivals/a.age"]
    for before, source in ((Memory(), FILES), (first, changed)):
        for at in itertools.count():
            target = store(before.values)
            cut = rooms.FullAt(target, at)
            try:
                save(store(source), cut)
            except AdapterError:
                if at:
                    with pytest.raises((ShortError, FormatError)):
                        backup.restore(target, Memory())
            else:
                break
            save(store(source), target)
            back = Memory()
            backup.restore(target, back)
            assert back.values == {
                name: b"snapshot" if name.endswith("sqlite") else value
                for name, value in source.items()
                if not name.startswith(("keys/", ".", "recovery")) and not name.endswith("-wal")
            }
        assert at > 3


def test_damage_here_does_not_spread_there() -> None:
    """What was written once and differs, or is gone, is named; the backup keeps its own; parts of tiles may go."""
    target = Memory()
    save(store(FILES), target)
    damaged = FILES | {ONCE: b"Ciphertext"}
    del damaged["log/tile/0/000"]
    del damaged["log/tile/0/000.p/5"]

    made = save(store(damaged), target)

    assert [(fault.code, fault.where) for fault in made.faults] == [
        ("backup-once", ONCE),
        ("backup-once", "log/tile/0/000"),
    ]
    assert target.values[f"newsroom/{ONCE}"] == b"ciphertext"
    assert made.removed == 1
    assert set(backup.check(target)) == set(backup.restore(target, Memory()))


def test_a_medium_that_keeps_something_else_is_told_at_once() -> None:
    class Forgetting(Memory):
        def put(self, name, chunks):
            super().put(name, chunks if name != "newsroom/card.txt" else [b"Card"])

    with pytest.raises(AdapterError) as caught:
        save(store(FILES), Forgetting())

    assert caught.value.code == "backup-differs"


class Restless(Memory):
    """A newsroom in which people work: each time a story is opened it is another, and a draft is gone before it is read."""

    def open(self, name):
        if name == "stories/draft.md":
            del self.values[name]
        if name == "stories/a.md":
            self.values[name] += b"!"
        return super().open(name)


def test_what_people_write_or_take_away_meanwhile_is_saved_as_it_was_found_and_faults_no_medium() -> None:
    source, target = Restless(), Memory()
    source.values = dict(FILES) | {"stories/a.md": b"text", "stories/draft.md": b"x"}

    made = save(source, target)

    assert target.values["newsroom/stories/a.md"] == b"text!!"
    assert "newsroom/stories/draft.md" not in target.values
    assert set(backup.restore(target, Memory())) >= {"stories/a.md"}
    source.values["stories/draft.md"] = b"x"
    assert save(source, target).faults == made.faults == ()
    assert save(store(FILES), target).removed == 1


def test_what_is_not_to_be_saved_yet_is_not_missed() -> None:
    target = Memory()
    options = {"keys": False, "instead": {}, "shred": target.drop}

    backup.make(store(FILES), target, early=lambda name: name == "log/tile/0/000", **options)

    assert "log/tile/0/000" not in backup.check(target)
    assert backup.make(store(FILES), target, **options).copied == 1


@given(
    st.dictionaries(
        st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(min_size=32, max_size=32).map(bytes.hex)
    )
)
def test_the_list_comes_back_whatever_files_are_called(listed) -> None:
    assert dict(backup.read_list(backup.write_list(listed))) == listed


@pytest.mark.parametrize(
    "line",
    [b"x", b"00" * 32 + b"  card.txt\n", b"00" * 32 + b"  newsroom/../card.txt\n", b"00" * 32 + b"  newsroom//etc\n"],
)
def test_a_list_that_leads_elsewhere_is_refused(line) -> None:
    with pytest.raises(FormatError) as caught:
        backup.read_list(line)

    assert caught.value.code == "backup-list"


def test_the_usual_program_reads_the_list(tmp_path) -> None:
    names = ["plain.txt", "two\nlines", "back\\slash", "şəhər", "cr\rlf"]
    (tmp_path / "newsroom").mkdir()
    listed = {}
    for name in names:
        (tmp_path / "newsroom" / name).write_bytes(name.encode())
        listed[name] = backup.hashed(io.BytesIO(name.encode()))[0]
    (tmp_path / "SHA256SUMS").write_bytes(backup.write_list(listed))

    done = subprocess.run(
        [need("sha256sum"), "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
