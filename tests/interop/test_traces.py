"""
What sealing leaves behind, as strace sees it: the parts, and nothing else.

Every system call of both processes is read: what they create, what they write and where to, what they bring to the
medium, what they read back, and when the word "safe" is said.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys

from pathlib import Path

import pytest

from tests.redaction import pictures
from tests.scripts import house
from tests.tools import need, untraced


MARKER = b"nothing-of-this-may-rest-anywhere-in-clear/"
CALLS = (
    "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,"
    "unlink,unlinkat,rmdir,truncate,ftruncate,memfd_create,mmap,socket,connect,"
    "read,pread64,readv,write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync"
)


@dataclasses.dataclass(frozen=True)
class Call:
    """One system call that did not fail."""

    name: str
    arguments: str
    result: str

    @property
    def path(self) -> str:
        """The file behind its descriptor (strace -y), or what was opened."""
        found = re.match(r'\d+<([^>]*)>|\w+<[^>]*>, "([^"]*)"|"([^"]*)"', self.arguments)
        return untraced(next(filter(None, found.groups()), "")) if found else ""


def traced(folder: Path, *words: object) -> tuple[list[Call], str]:
    """Run a command under strace with a home and a temporary folder of its own; give its calls, and what it said."""
    log = folder / "strace"
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    variables = {
        **os.environ, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    variables.pop("XDG_CACHE_HOME", None)
    tracer = [need("strace"), "-f", "-y", "-s", "6000", "-o", str(log), "-e", f"trace={CALLS}"]
    done = subprocess.run(
        [*tracer, sys.executable, "-m", "tamizdat.cli.main", *map(str, words)],
        capture_output=True, text=True, check=False, env=variables,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not [*home.rglob("*"), *temporary.rglob("*")]
    return list(whole(log.read_text(errors="surrogateescape"))), done.stderr


def whole(log: str) -> list[Call]:
    """Give the calls in the order they ended; one that was interrupted by another process is put together."""
    begun: dict[str, str] = {}
    calls = []
    for line in log.splitlines():
        process, _, rest = line.partition(" ")
        rest = rest.lstrip()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
        if resumed:
            rest = begun.pop(process, "") + resumed[1]
        found = re.match(r"(\w+)\((.*)\) += (-?\w+)", rest)
        if found and not found[3].startswith("-"):
            calls.append(Call(found[1], found[2], found[3]))
    return calls


@pytest.mark.parametrize("way", ["out", "to", "whole"])
def test_nothing_is_made_but_the_parts_and_all_are_proven_before_they_are_called_safe(tmp_path: Path, way: str) -> None:
    """O_EXCL, 0600, fsync, then read back to the last byte; plaintext is only read, only from the sources."""
    tmp_path /= "مطبوعات é"
    tmp_path.mkdir()
    room = house.make(tmp_path / "room")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("one.jpg", "two.txt"):
        (source / name).write_bytes(MARKER * 4000)
    # Photographs enough that other processes help to commit to them.
    (source / "three.jpg").write_bytes(pictures.jpeg() + MARKER * (9 * 2**20 // len(MARKER)))
    (tmp_path / "note.txt").write_bytes(MARKER * 3)
    media = [tmp_path / name for name in "AB"]
    for folder in media:
        folder.mkdir()
    out = tmp_path / "out"
    where = ["-o", out] if way == "out" else [word for folder in media for word in ("--to", folder)]
    counts = ["--whole"] if way == "whole" else ["--parts", 4, "--need", 2, "--part-size", "4MB"]

    calls, told = traced(
        tmp_path, "seal", source, "--note", tmp_path / "note.txt", "--for", room.card, "--card-words", room.words,
        *where, *counts,
    )  # fmt: skip

    parts = [path for folder in (out, *media) if folder.exists() for path in folder.iterdir()]
    made = [call for call in calls if call.name.startswith(("open", "creat")) and "O_CREAT" in call.arguments]
    assert {Path(call.path).name for call in made} == {path.name for path in parts}
    assert all("O_EXCL" in call.arguments and ", 0600" in call.arguments for call in made)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in parts)
    _demand_nothing_else(calls, tmp_path)
    _demand_proof(calls, parts, "safe: " if way != "out" else "sealed into ")
    _demand_no_plaintext(calls, [source, tmp_path / "note.txt"])
    assert told


def _demand_nothing_else(calls: list[Call], folder: Path) -> None:
    other = {
        "creat",
        "memfd_create",
        "shm_open",
        "mknod",
        "mknodat",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "socket",
    }
    assert not [call for call in calls if call.name in other]
    folders = [call.path for call in calls if call.name.startswith("mkdir")]
    assert all(path.startswith(str(folder / ".out.unfinished")) for path in folders)
    # The ring is memory without a name.
    shared = [call for call in calls if call.name == "mmap" and "MAP_SHARED" in call.arguments]
    assert shared
    assert all("MAP_ANONYMOUS" in call.arguments for call in shared if "PROT_WRITE" in call.arguments)
    written = {call.path for call in calls if call.name in {"write", "pwrite64", "writev"}}
    assert all(path.startswith((str(folder), "pipe:", "socket:", "/dev/pts")) for path in written), written


def _demand_proof(calls: list[Call], parts: list[Path], word: str) -> None:
    said = next(n for n, call in enumerate(calls) if call.name == "write" and f"tamizdat: {word}" in call.arguments)
    for path in parts:
        mine = [(n, call) for n, call in enumerate(calls) if Path(call.path).name == path.name]
        (flushed,) = [n for n, call in mine if call.name == "fsync"]
        assert all(n < flushed for n, call in mine if call.name == "write")
        (opened,) = [n for n, call in mine if call.name == "openat" and "O_RDONLY" in call.arguments]
        reads = [(n, int(call.result)) for n, call in mine if call.name == "read" and n > opened]
        assert flushed < opened < reads[-1][0] < said
        assert sum(count for _, count in reads) == path.stat().st_size
    folders = [n for n, call in enumerate(calls) if call.name == "fsync" and Path(call.path).name not in
               {path.name for path in parts}]  # fmt: skip
    assert folders
    assert max(folders) < said


def _demand_no_plaintext(calls: list[Call], sources: list[Path]) -> None:
    marker = MARKER.decode()
    seen = [call for call in calls if marker in call.arguments]
    assert {call.name for call in seen} <= {"read", "pread64"}
    assert seen
    assert all(call.path.startswith(tuple(map(str, sources))) for call in seen)
