"""One writer at a time."""

from __future__ import annotations

import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.adapters.lock import locked
from tamizdat.primitives.errors import AdapterError


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with locked(path), pytest.raises(AdapterError) as caught, locked(path):
        pytest.fail("two writers")

    assert (caught.value.code, caught.value.mend) == ("busy", "Wait until it has ended, then run this command again.")
    with locked(path):
        pass
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import os, pathlib, sys; from tamizdat.adapters.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)

    assert done.returncode == -9
    with locked(path):
        pass


def test_a_lock_that_cannot_be_made_is_an_adapters_fault(tmp_path: Path) -> None:
    with pytest.raises(AdapterError) as caught, locked(tmp_path / "no folder" / "lock"):
        pass

    assert caught.value.code == "lock-failed"
