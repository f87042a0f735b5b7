"""Whoever is taken over by a stranger's file has nothing in reach, and whatever becomes of him is one clear error."""

from __future__ import annotations

import os
import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.adapters.cell import Cell
from tamizdat.primitives.errors import AdapterError, FormatError
from tamizdat.primitives.ports import Bounds
from tests import tools


WORK = "tests.adapters.misbehaving"
PARENT = f"""
import time
from tamizdat.adapters.cell import Cell
print(Cell({WORK!r})._child.pid, flush=True)
time.sleep(600)
"""
BOUNDS = Bounds(memory=400 << 20, seconds=30, patience=250, answer=1000)

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.uname().machine not in {"x86_64", "aarch64"},
    reason="here less can be given up: docs/threats.md",
)


def ask(deed: str, given: bytes = b"", *, memory: int = BOUNDS.memory, seconds: int = 30, patience: int = 250) -> bytes:
    """Have it done in a cell, of which nothing is left afterwards."""
    with Cell(WORK) as cell:
        child = cell._child
        try:
            return cell.ask(
                deed.encode(), given, Bounds(memory=memory, seconds=seconds, patience=patience, answer=BOUNDS.answer)
            )
        finally:
            cell.__exit__()
            assert child.returncode is not None
            assert child.stdin is not None and child.stdin.closed
            assert child.stdout is not None and child.stdout.closed


def test_what_is_asked_is_answered() -> None:
    assert ask("echo", b"abc") == b"cba"


def test_more_than_a_pipe_holds_goes_in_and_comes_out() -> None:
    given = os.urandom(3 << 20)
    with Cell(WORK) as cell:
        bounds = Bounds(memory=400 << 20, seconds=30, patience=250, answer=3 << 20)
        assert cell.ask(b"echo", given, bounds) == given[::-1]


def test_the_same_file_can_be_asked_about_again_until_it_is_ended() -> None:
    """One that died, or was ended for what he said, says nothing more."""
    with Cell(WORK) as cell:
        assert [cell.ask(b"echo", given, BOUNDS) for given in (b"abc", b"", b"def")] == [b"cba", b"", b"fed"]
        for _ in range(2):
            with pytest.raises(FormatError):
                cell.ask(b"flood", b"", BOUNDS)


@pytest.mark.parametrize("deed", ["read_files", "write_files", "reach_out", "start_others", "meddle", "thread"])
def test_nothing_can_be_reached(deed: str) -> None:
    """No file, no socket, no process, no other descriptor: each is refused, also to root, and he goes on."""
    assert ask(deed) == b"all refused"
    assert not Path("/tmp/left-by-a-cell").exists()


def test_the_environment_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")

    assert set(ask("tell_environment").decode().split()) <= {"HOME", "LC_CTYPE", "LD_LIBRARY_PATH"}


@pytest.mark.parametrize(
    ("deed", "code", "said"),
    [
        ("allocate", "decoder-memory", "400 MB"),
        ("flood", "decoder-answer", "1000 bytes"),
        ("pour", "decoder-answer", "nonsense"),
        ("lie", "decoder-answer", "nonsense"),
        ("crash", "decoder-crash", "SIGSEGV"),
        ("end", "decoder-crash", "without an answer"),
        ("fail", "decoder-crash", "(KeyError)"),
        ("stop", "decoder-crash", "(PermissionError)"),
    ],
)
def test_whatever_becomes_of_him_is_one_error(deed: str, code: str, said: str) -> None:
    with pytest.raises(FormatError) as caught:
        ask(deed)

    assert caught.value.code == code
    assert said in str(caught.value)
    assert "what stands in the file" not in str(caught.value)
    assert "Do not open" in caught.value.mend


@pytest.mark.parametrize(("deed", "seconds", "patience"), [("loop", 3, 250), ("hang", 30, 1)])
def test_who_does_not_come_to_an_end_is_ended(deed: str, seconds: int, patience: int) -> None:
    """By the processor's time (starting is part of it), or, where he does nothing at all, by the clock."""
    with pytest.raises(FormatError) as caught:
        ask(deed, seconds=seconds, patience=patience)

    assert caught.value.code == "decoder-time"


def test_a_process_that_cannot_start_is_the_machines_fault_and_gets_no_bytes() -> None:
    with Cell("tests.adapters.nothing_of_the_kind") as cell, pytest.raises(AdapterError) as caught:
        cell.ask(b"echo", b"abc", BOUNDS)

    assert caught.value.code == "cell-start"


def test_one_that_was_never_asked_is_ended_too() -> None:
    with Cell(WORK) as cell:
        child = cell._child

    assert child.returncode is not None


def test_a_parent_that_is_killed_leaves_nobody() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=tools.ROOT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    while state(child) != "Z":
        """The kernel is at it; whoever takes in orphans may not have looked yet."""


def state(child: int) -> str:
    try:
        return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"
