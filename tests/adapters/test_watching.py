"""A watched folder gives each file once, when it has stopped growing."""

import os

from pathlib import Path

from tamizdat.adapters.watching import Seen, Watch


def touch(path: Path, data: bytes, at: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(at, at))


def test_a_file_is_given_once_when_it_has_stopped_growing(tmp_path: Path) -> None:
    watch = Watch([tmp_path / "stick", tmp_path / "later"], leave=[tmp_path / "stick/out.age"])
    one, later = tmp_path / "stick/one", tmp_path / "later/deep"
    assert watch.look() == Seen()

    touch(one, b"half", 1)
    touch(tmp_path / "stick/.hidden", b"x", 1)
    touch(tmp_path / "stick/out.age", b"x", 1)
    touch(tmp_path / "stick/empty", b"", 1)
    (tmp_path / "stick/link").symlink_to(one)
    assert watch.look() == Seen()
    touch(one, b"half and half", 2)
    assert watch.look() == Seen(growing=(one,))
    assert watch.look() == Seen(come=(one,))
    touch(later, b"late", 3)
    assert watch.look() == Seen()
    assert watch.look() == Seen(come=(later,))
    assert watch.look() == Seen()


def test_a_medium_that_is_pulled_out_and_put_back_is_not_read_again(tmp_path: Path) -> None:
    watch = Watch([tmp_path / "stick"])
    one = tmp_path / "stick/one"
    touch(one, b"one", 1)
    assert watch.look(now=True) == Seen(come=(one,))

    (tmp_path / "stick").rename(tmp_path / "pocket")
    assert watch.look() == Seen(gone=(one,))
    assert watch.look() == Seen()
    (tmp_path / "pocket").rename(tmp_path / "stick")
    assert watch.look() == Seen(back=(one,))
    touch(one, b"other", 2)
    assert watch.look() == Seen(growing=(one,))
    assert watch.look() == Seen(come=(one,))
    watch.forget(one)
    assert watch.look() == Seen(come=(one,))
