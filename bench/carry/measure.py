"""One command measured: wall and CPU seconds, and in a run of its own the memory of all its processes. It judges nothing."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time

from collections.abc import Mapping
from pathlib import Path
from typing import Final


_POLL: Final = 0.01


class FailedError(Exception):
    """A command that was measured did not end well; what it said is the message."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    One run of a command.

    Attributes:
        wall: Seconds from its start to its end.

        cpu: Seconds of all cores, of all its processes.

        peak: Bytes of memory of all its processes together at the worst moment: what they share with one another
            counts once, programs and libraries count in each; 0 where it was not looked at, for looking costs time.
    """

    wall: float
    cpu: float
    peak: int = 0


def run(script: str, *, env: Mapping[str, str], log: Path, watch: bool = False) -> Run:
    """
    Run a command line of bash, and measure it.

    Raises:
        FailedError: It did not end with 0.
    """
    with log.open("wb") as said:
        begin = time.perf_counter()
        child = subprocess.Popen(
            ["bash", "-c", f"set -eo pipefail; {script}"],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        peak = _watch(child.pid) if watch else 0
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise FailedError(f"{script}\n{log.read_text('utf-8', 'replace')[-2000:]}")
    return Run(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=peak)


def _watch(session: int) -> int:
    """Add up the memory of all processes of a session, again and again, until the first of them has ended."""
    peak = 0
    while os.waitid(os.P_PID, session, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, sum(map(_memory, _members(session))))
        time.sleep(_POLL)
    return peak


def _members(session: int) -> list[str]:
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 -- thousands of times
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text("ascii", "replace")
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[3]) == session:
                found.append(entry)
    return found


def _memory(process: str) -> int:
    """Add up what a process has of its own, its share of what is shared on purpose, and all it has mapped of files."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
        status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = {line.split(":")[0]: line.split()[1] for line in (rollup + status).splitlines()[1:] if " kB" in line}
    return sum(int(found.get(name, 0)) for name in ("Pss_Anon", "Pss_Shmem", "RssFile")) << 10
