"""A newsroom's folder knows itself from its copies, on disks that keep a time of change and on those that keep none."""

from __future__ import annotations

import os
import shutil

from tamizdat.adapters.place import MARK, Place


def test_a_folder_knows_itself_wherever_it_is_moved_and_no_copy_of_it(tmp_path):
    (tmp_path / "one").mkdir()
    assert not Place(tmp_path / "one").known()
    Place(tmp_path / "one").mark()
    assert Place(tmp_path / "one").known()
    (tmp_path / "one").rename(tmp_path / "other")
    assert Place(tmp_path / "other").known()
    shutil.copytree(tmp_path / "other", tmp_path / "copy")
    assert not Place(tmp_path / "copy").known()
    Place(tmp_path / "copy").mark()
    assert Place(tmp_path / "copy").known()
    (tmp_path / "copy" / MARK).unlink()
    assert not Place(tmp_path / "copy").known()


def test_a_disk_that_rounds_its_times_is_no_copy(tmp_path, monkeypatch):
    (tmp_path / "one").mkdir()
    place = Place(tmp_path / "one")
    place.mark()
    changed = os.stat(tmp_path / "one" / MARK).st_ctime_ns
    for times, known in (
        ((changed // 10**9 * 10**9,) * 2, True),
        ((changed + 3 * 10**9,) * 2, False),
        ((changed + 1, changed), False),
    ):
        monkeypatch.setattr(place, "_times", lambda times=times: times)
        assert place.known() is known
