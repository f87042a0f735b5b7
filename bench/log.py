"""
Measure the public record: durable appends in process and through HTTP, and Go's client on it (python -m bench.log [DIR]).

Nothing is skipped: every figure is with fsync, on the file system that DIR is on (a fresh folder under /tmp if none is
given), which is named; memory is no medium. Beside each stands the floor: the same bytes appended to one plain file, with one
fsync for each group. Tessera's own figure for two hard disks, 2,900/s, is the goal in process; 500/s that through HTTP.
It wants Go with golang-golang-x-mod-dev, PostgreSQL and strace (Debian) for the rows that need them, and says which it left out.
"""

from __future__ import annotations

import argparse
import base64
import concurrent.futures
import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile  # noqa: TID251 -- nothing of anybody's is in it
import threading
import time
import urllib.parse

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg

from bench import goals
from tamizdat.adapters.folder import Folder
from tamizdat.adapters.postgres import PostgresRows
from tamizdat.adapters.sqlite import SqliteRows
from tamizdat.primitives import note
from tamizdat.record import entry, sequencer
from tamizdat.record.rows import FiledRows, Rows
from tests import postgres
from tests.scripts import house


SIGNER: Final = note.Signer(name="example.com/bench", seed=b"b" * 32)
GROUPS: Final = (256, 16, 1)
SECONDS: Final = 2.0  # for each figure
CALLERS: Final = 256
SCRIPT: Final = "import sys; from tamizdat.cli.main import main; sys.exit(main(sys.argv[1:]))"
GOCODE: Final = Path("/usr/share/gocode")
ROOT: Final = Path(__file__).parents[1]
# strace -c: share, seconds, microseconds a call, calls, perhaps errors, name
SYNC: Final = re.compile(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?f(?:data)?sync$", re.MULTILINE)


def lines(count: int, start: int = 1) -> list[bytes]:
    """Give entries as a newsroom writes them."""
    numbers = range(start, start + count)
    return [entry.write(entry.Entry(kind="key", sequence=number, text_hash=b"%032d" % number)) for number in numbers]


def rate(group: int, append: Callable[[list[bytes]], object]) -> float:
    """Append groups for `SECONDS`, and give the entries a second, by the median group."""
    taken = []
    made = lines(group)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or len(taken) < 5:
        begin = time.perf_counter()
        append(made)
        taken.append(time.perf_counter() - begin)
    return group / statistics.median(taken)


def floor(folder: Path, group: int) -> float:
    """Append the same bytes to a plain file, one fsync a group."""
    with (folder / "plain").open("ab", buffering=0) as stream:

        def append(made: list[bytes]) -> None:
            stream.write(b"".join(made))
            os.fsync(stream.fileno())

        return rate(group, append)


def appended(folder: Path, group: int, open_rows: Callable[[Path], Rows]) -> float:
    """Append to a record in *folder*."""
    where = Path(tempfile.mkdtemp(dir=folder))
    return rate(group, sequencer.begin(open_rows(where), Folder(where / "log"), SIGNER).append)


def syncs(folder: Path, group: int, rounds: int = 20) -> str:
    """Count the calls that bring a group to the medium, as the system sees them."""
    if not shutil.which("strace"):
        return "no strace"
    counted = []
    for many in (0, rounds):
        words = [sys.executable, "-m", "bench.log", str(folder), "--groups", str(many), "--of", str(group)]
        done = subprocess.run(
            ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", *words],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        counted.append(sum(int(found) for found in SYNC.findall(done.stderr)))
    return f"{(counted[1] - counted[0]) / rounds:.1f}"


def through_http(folder: Path) -> float:
    """Give the entries a second of `CALLERS` callers at once, each answered when its entry is durable and signed."""
    room = house.make(folder / "served")
    token = folder / "token"
    command = [sys.executable, "-c", SCRIPT, "log", "serve", *room.secret, "--add", str(token)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            address = [process.stdout.readline().strip() for _ in "12"][1] if process.stdout else ""
            return _posted(urllib.parse.urlsplit(address).netloc, token.read_text().strip())
        finally:
            process.kill()


def _posted(place: str, token: str) -> float:
    host, port = place.split(":")
    head = (
        f"POST /add HTTP/1.1\r\nHost: {place}\r\nAuthorization: Bearer {token}\r\n".encode()
        + b"Content-Length: %d\r\n\r\n"
    )
    numbers, lock = itertools.count(1), threading.Lock()
    end = time.monotonic() + 3 * SECONDS

    def call(_: int) -> int:
        # A plain socket: the processor is for the server, which shares it with us.
        with socket.create_connection((host, int(port)), timeout=60) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for done in itertools.count():
                if time.monotonic() > end:
                    return done
                with lock:
                    number = next(numbers)
                raw = lines(1, number)[0]
                asked = head % len(raw) + raw
                while True:  # one that came before its turn and waited in vain is sent again
                    line.sendall(asked)
                    if line.recv(4096).startswith(b"HTTP/1.1 200 "):
                        break
        return 0

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        count = sum(callers.map(call, range(CALLERS)))
    return count / (time.monotonic() - begin)


def verified_by_go(folder: Path, size: int = 70_000) -> float | None:
    """Give the seconds in which Go's checksum database code verifies signature, root and four proofs, its start included."""
    go = shutil.which("go")
    if not go or not (GOCODE / "src/golang.org/x/mod/sumdb").is_dir():
        return None
    source = folder / "path/src/tlogcheck"
    source.mkdir(parents=True)
    shutil.copy(ROOT / "tests/interop/tlogcheck/main.go", source)
    environment = {
        **os.environ, "GO111MODULE": "off", "GOPATH": f"{folder / 'path'}:{GOCODE}", "GOFLAGS": "", "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0", "GOCACHE": str(folder / "cache"),
    }  # fmt: skip
    program = folder / "tlogcheck"
    subprocess.run([go, "build", "-o", program, "tlogcheck"], cwd=source, env=environment, check=True)
    store = Folder(folder / "go")
    writer = sequencer.begin(FiledRows(store), store, SIGNER)
    writer.append(lines(size))
    reader = writer.reader()
    paths = [
        {"Index": index, "Path": [_words(step) for step in reader.inclusion(index)]}
        for index in (0, 255, 65_536, size - 1)
    ]
    job = {
        "Vkey": SIGNER.verifier.vkey, "Dir": str(folder / "go"),
        "Heads": [{"Raw": _words(writer.checkpoint()), "Inclusion": paths, "Older": []}],
    }  # fmt: skip
    given, taken = json.dumps(job), []
    for _ in range(15):
        begin = time.perf_counter()
        subprocess.run([program], input=given, capture_output=True, text=True, check=True)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def medium(folder: Path) -> str:
    """Name the file system a folder is on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    held = [(where, kind) for where, kind in mounts if folder.resolve().is_relative_to(where)]
    return max(held, key=lambda found: len(found[0]))[1]


def _words(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@contextlib.contextmanager
def _postgres() -> Iterator[Callable[[Path], Rows] | None]:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        yield None
        return
    with postgres.server() as address:

        def fresh(_: Path) -> Rows:
            with psycopg.connect(address, autocommit=True) as base:
                base.execute("DROP SCHEMA IF EXISTS tamizdat_log CASCADE")
            return PostgresRows(address)

        yield fresh


def table(folder: Path) -> Iterator[str]:
    """Measure everything, a line of the table each."""
    yield f"Entries a second, durable and signed; {medium(folder)}, {os.cpu_count()} processors, fsync everywhere.\n"
    yield "| what | entries/s | goal | times the goal | part of the floor | fsyncs a group |"
    yield "|---|---|---|---|---|---|"
    floors = {group: floor(folder, group) for group in GROUPS}
    with _postgres() as opened:
        kinds = {"SQLite": lambda where: SqliteRows(where / "log.sqlite"), "PostgreSQL": opened}
        for name, open_rows in kinds.items():
            if open_rows is None:
                yield f"| {name} | not installed | | | | |"
                continue
            for group in GROUPS:
                found = appended(folder, group, open_rows)
                goal = 2900 if group == 256 else None
                counted = syncs(folder, group) if name == "SQLite" else "not counted"
                yield row(f"{name}, groups of {group}", found, goal, floors[group], counted)
    yield row(f"HTTP, {CALLERS} callers, SQLite", through_http(folder), 500, None, "")
    taken = verified_by_go(folder)
    if taken is None:
        yield "\nGo's client: not installed (golang-go, golang-golang-x-mod-dev)."
    else:
        goals.note("Go's client verifies a log of 70,000 and four proofs", 1000 * taken, 20, " ms")
        yield f"\nGo's client, 70,000 entries, root and 4 proofs: {taken * 1000:.1f} ms of 20 ms ({taken / 0.02:.2f})."


def row(what: str, found: float, goal: int | None, least: float | None, counted: str) -> str:
    """Write a line of the table, and note the goal where there is one."""
    if goal:
        goals.note(f"appended durably: {what}", found, goal, "/s", least=True)
    against = f"{goal:,} | {found / goal:.1f}" if goal else "| "
    part = f"{found / least:.2f}" if least else ""
    return f"| {what} | {found:,.0f} | {against} | {part} | {counted} |"


def main() -> None:
    """Measure, or (for strace) append some groups and end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where to write")
    parser.add_argument("--groups", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--of", type=int, default=256, help=argparse.SUPPRESS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tamizdat-bench-", dir=args.folder) as made:
        if args.groups is not None:
            store = Folder(Path(made) / "log")
            writer = sequencer.begin(SqliteRows(Path(made) / "log.sqlite"), store, SIGNER)
            for _ in range(args.groups):
                writer.append(lines(args.of))
            return
        for line in table(Path(made)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
