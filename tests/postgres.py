"""A PostgreSQL server of the tests' own: made in a fresh folder, on a socket there, ended at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile

from collections.abc import Iterator
from pathlib import Path

from tests.tools import missing


PATIENCE = 240  # seconds, only against hanging


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "/none")]
    return found[-1].parent if found[-1].exists() else Path(missing("PostgreSQL's initdb (make tools)"))


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Give the address of a running server; it refuses to run as root, so root lends it another user."""
    programs = _programs()
    # Not in pytest's folders, which every run closes to others anew; and the name of its socket must be short and plain.
    with (
        tempfile.TemporaryDirectory(prefix="tamizdat-pg-", dir="/tmp") as folder,
        _running(programs, Path(folder)) as address,
    ):
        yield address


@contextlib.contextmanager
def _running(programs: Path, folder: Path) -> Iterator[str]:
    data = folder / "data"
    folder.chmod(0o755)
    as_user = []
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres")
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}

    def run(*command: object) -> None:
        subprocess.run(
            [*as_user, *map(str, command)], check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL
        )

    run(programs / "initdb", "-D", data, "--auth=trust", "--username=postgres", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=on"
    run(programs / "pg_ctl", "-D", data, "-w", "-t", PATIENCE, "-l", folder / "log", "-o", options, "start")
    try:
        yield f"host={folder} user=postgres dbname=postgres"
    finally:
        run(programs / "pg_ctl", "-D", data, "-w", "-t", PATIENCE, "-m", "immediate", "stop")
