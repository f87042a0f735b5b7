"""
Peak memory stays under 150 MB, however large the dossier: each command in a process of its own.

The newsroom's passphrase is made cheap here: at the work factor of a real one, the passphrase alone takes 256 MB for a
moment, whatever is sealed. What is measured is what the dossier's size costs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from pathlib import Path

import pytest

from tests.scripts import house


LIMIT = 150_000  # kilobytes
# 5 GB takes five minutes on two busy cores and stays under the limit too: TAMIZDAT_LARGE=1 proves it again.
SIZE = 5_000_000_000 if os.environ.get("TAMIZDAT_LARGE") else 300_000_000
DRAWN = 30_000_000  # of it random, the rest holes in a sparse file


# Linux counts what the process that starts another one had in memory: a small one starts it, not this one.
STARTER = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, used = os.wait4(child.pid, 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak(*words: object) -> tuple[int, str]:
    """Run a command; give its peak memory in kilobytes, and what it said."""
    command = [sys.executable, "-m", "tamizdat.cli.main", *map(str, words)]
    done = subprocess.run([sys.executable, "-c", STARTER, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_command_keeps_under_150_megabytes(tmp_path: Path) -> None:
    """Seal, check, join, open, receive and giving the original back; what comes out has the length that went in."""
    room = house.make(tmp_path / "room")
    film = tmp_path / "film.mp4"
    with film.open("wb") as stream:
        stream.write(os.urandom(DRAWN))
        stream.truncate(SIZE)
    key = ["-i", room.path / "keys/identity.age", *room.passphrase]
    parts, joined, out = tmp_path / "parts", tmp_path / "x.age", tmp_path / "out"
    ways = ["--parts", 3, "--need", 2]
    used = {}

    used["seal"], _ = peak("seal", film, "--for", room.card, "--card-words", room.words, "-o", parts, *ways)
    next(parts.iterdir()).unlink()
    used["check"], _ = peak("check", parts)
    used["join"], _ = peak("join", parts, "-o", joined)
    used["open"], _ = peak("open", joined, *key, "-o", out)
    with film.open("rb") as one, (out / "files/film.mp4").open("rb") as other:
        while chunk := one.read(1 << 20):
            assert chunk == other.read(1 << 20)
        assert not other.read(1)
    joined.unlink()
    (out / "files/film.mp4").unlink()
    used["receive"], _ = peak("receive", parts, *room.secret)
    for path in parts.iterdir():
        path.unlink()
    used["list"], listed = peak("objects", *room.secret)
    (ident,) = re.findall(r"^([0-9a-f]{16}) ", listed, re.MULTILINE)
    used["get"], _ = peak("objects", "--get", ident, "-o", tmp_path / "film", *room.secret)
    assert (tmp_path / "film").stat().st_size == SIZE
    used["fsck"], _ = peak("vault", "fsck", "--newsroom", room.path)

    for path in tmp_path.rglob("*"):
        if path.is_file() and path.stat().st_size > 1_000_000:
            path.unlink()
    assert max(used.values()) < LIMIT, used
