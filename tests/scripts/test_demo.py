"""`make demo` does the main job, on drawings and on the user's own photographs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.demo import camera, drawings


def walk(folder: Path, *more: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tamizdat.demo", "--into", str(folder / "demo"), "--no-serve", *more],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demonstration_walks_the_whole_path_and_twice(tmp_path: Path) -> None:
    """It shows the loss, the report, the position going away, the altered pixel, and can be run again."""
    walk(tmp_path)
    shown = walk(tmp_path)

    assert re.search(r"\d more parts? (is|are) needed", shown)
    assert "these parts are enough" in shown
    assert "9 in = 8 stored + 1 duplicate + 0 refused" in shown
    assert re.search(r"original, in the vault: \S+: position 48° 52' S", shown)
    assert re.search(r"a reduced copy, position none, 0 metadata fields", shown)
    assert re.search(r"provable, position none, 0 metadata fields", shown)
    assert "newly shown: 84.0 % of the picture; date" in shown
    assert re.search(r"Date as the camera recorded it: 2026:11:0\d", shown)
    assert len(list((tmp_path / "demo/newsroom/editions/000001/check").glob("*.html"))) == 1
    assert re.search(r"media/[0-9a-f]{16}\.jpg: this file was altered", shown)
    assert (tmp_path / "demo/newsroom/editions/000001/stories/how-many-died/index.html").is_file()


def test_the_demonstration_only_reads_the_users_own_photographs(tmp_path: Path) -> None:
    """With FROM=DIR the same happens to the user's pictures; their folder is as it was, and its name need not be writable in the terminal."""
    own = tmp_path / os.fsdecode(b"photos d'\xe9t\xe9")
    own.mkdir()
    pictures = drawings.draw_all()
    for number, name in enumerate(["harbour.jpg", "hills.jpg"]):
        (own / name).write_bytes(camera.shoot(pictures[name], number))
    before = {path.name: path.read_bytes() for path in own.iterdir()}

    shown = walk(tmp_path, "--from", str(own), PYTHONIOENCODING="ascii")

    assert "2 in = 2 stored + 0 duplicate + 0 refused" in shown
    assert (tmp_path / "demo/newsroom/editions/000001/stories/your-photographs/index.html").is_file()
    assert {path.name: path.read_bytes() for path in own.iterdir()} == before


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    """What `make demo` did not make, it does not remove."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")

    with pytest.raises(AssertionError, match="left alone"):
        walk(tmp_path)

    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"
