"""The two processes of a seal together stay under 128 MiB for up to 16 parts, and under 300 MiB for any number."""

from __future__ import annotations

import subprocess
import sys

from pathlib import Path

import pytest

from tests.scripts import house


# Linux counts what the process that starts another one had in memory: a small one starts it, not this one.
STARTER = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode)"
# The second process is a child of the first; each counts what they share.
MEASURED = """
import resource, sys
from tamizdat.cli.main import main
status = main(sys.argv[1:])
used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print("used", *used, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize(("need", "total", "limit"), [(11, 16, 128), (170, 238, 300)])
def test_both_processes_together_keep_to_their_limit(tmp_path: Path, need: int, total: int, limit: int) -> None:
    """The sum of the two peaks, in MiB; a file of 24 MiB is more than all that is ever held of it."""
    room = house.make(tmp_path / "room")
    film = tmp_path / "film.mp4"
    with film.open("wb") as stream:
        stream.truncate(24 << 20)
    words = ["seal", film, "--for", room.card, "--card-words", room.words, "-o", tmp_path / "out"]
    counts = ["--need", need, "--parts", total]

    done = subprocess.run(
        [sys.executable, "-c", STARTER, sys.executable, "-c", MEASURED, *map(str, [*words, *counts])],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("used ")]
    used = [int(word) >> 10 for word in told.split()[1:]]
    assert min(used) > 10, "there were two"
    assert sum(used) <= limit
