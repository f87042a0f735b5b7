"""Two at once that make one folder: the second is refused, and takes nothing away from the first."""

from __future__ import annotations

import contextlib
import os

import pytest

from tamizdat.adapters import lock
from tamizdat.cli.beside import made_beside
from tamizdat.primitives.errors import AdapterError, UsageError
from tests.scripts import house


@contextlib.contextmanager
def at_work(folder):
    """Be another run that fills the folder."""
    folder.mkdir()
    (folder / "half").write_bytes(b"half")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        assert lock.hold(descriptor)
        yield
    finally:
        os.close(descriptor)


def test_a_newsroom_that_somebody_else_is_making_is_not_made_of_two(tmp_path) -> None:
    """Made of two, it could have the card of one and the keys of the other, and nobody could open what is sealed for it."""
    secret = tmp_path / "secret"
    secret.write_text(f"{house.PASSPHRASE}\n")
    words = ["newsroom", "init", tmp_path / "room", "--name", "X", "--work-factor", "2", "--passphrase-file", secret]
    with at_work(tmp_path / ".room.unfinished"):
        house.refused(house.run(*words), 5, "busy")
        assert (tmp_path / ".room.unfinished/half").exists()
        assert not (tmp_path / "room").exists()

    assert house.run(*words).status == 0

    assert (tmp_path / "room/keys/identity.age").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["room", "secret"]


def test_a_backup_that_somebody_else_is_restoring_is_left_to_them(tmp_path) -> None:
    room = house.make(tmp_path / "room")
    assert house.run("newsroom", "backup", "--to", tmp_path / "copy", "--newsroom", room.path).status == 0
    for more in ([], ["--rehearse"]):
        with at_work(tmp_path / ".new.unfinished"):
            house.refused(house.run("newsroom", "restore", tmp_path / "copy", tmp_path / "new", *more), 5, "busy")
            assert (tmp_path / ".new.unfinished/half").exists()
        (tmp_path / ".new.unfinished/half").unlink()
        (tmp_path / ".new.unfinished").rmdir()


def test_whoever_waited_at_the_door_does_not_fill_what_was_finished(tmp_path) -> None:
    target = tmp_path / "made"
    with made_beside(target) as beside:
        (beside / "a").write_bytes(b"a")
        with pytest.raises(AdapterError, match="is making"), made_beside(target):
            pass
    with pytest.raises(UsageError, match="is there already"), made_beside(target):
        pass
    assert [path.name for path in target.iterdir()] == ["a"]
    with pytest.raises(ZeroDivisionError), made_beside(tmp_path / "never") as beside:
        (beside / "a").write_bytes(b"a")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
