"""
Measure `tamizdat receive` with photographs: by one process, and by all processors (python -m bench.receive).

24 drawn photographs of 12 megapixels, sealed in three parts, are received into a new newsroom each time, in memory, in turns. Told are
the seconds by the clock, those of the processor, and the memory of the largest process. There is no goal; docs/performance.md.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

from pathlib import Path
from typing import Final

from bench.redact import drawn
from tests.scripts import house


ROUNDS: Final = 5
COUNT: Final = 24
MEMORY: Final = Path("/dev/shm/tamizdat-receive-bench")  # noqa: S108 -- no temporary file of the program's
SCRIPT: Final = "import sys; from tamizdat.cli.main import main; sys.exit(main(sys.argv[1:]))"


def main() -> int:
    """Measure both, in turns."""
    MEMORY.mkdir(parents=True)
    try:
        # Elsewhere: what is started has the memory of whoever starts it counted as its own (getrusage(2)), and drawing takes much.
        subprocess.run([sys.executable, "-m", "bench.receive", "prepare"], check=True)
        taken: dict[str, list[tuple[float, float, int]]] = {"1": [], "3": []}
        for _ in range(ROUNDS):
            for processes, found in taken.items():
                found.append(received(processes))
        for processes, found in taken.items():
            clock, busy, peak = zip(*found, strict=True)
            print(
                f"receive {COUNT} photographs of 12 MP, at most {processes} processes: best {min(clock):.2f} s, median "
                f"{statistics.median(clock):.2f} s; processor {min(busy):.2f} s; largest process {max(peak) >> 10} MiB"
            )
        ratios = sorted(crewed[0] / alone[0] for alone, crewed in zip(taken["1"], taken["3"], strict=True))
        print(f"by the clock, in the same round: median {statistics.median(ratios):.2f}, best {ratios[0]:.2f}")
    finally:
        shutil.rmtree(MEMORY)
    return 0


def prepare() -> None:
    """Draw the photographs and seal them for a newsroom."""
    (MEMORY / "in").mkdir()
    raw = drawn(4032, 3024)
    for number in range(COUNT):
        comment = b"\xff\xfe\x00\x06%04d" % number
        (MEMORY / f"in/{number}.jpg").write_bytes(raw[:2] + comment + raw[2:])
    room = house.make(MEMORY / "new")
    done = room.seal(MEMORY / "in", "-o", MEMORY / "parts", "--parts", "3", "--need", "2")
    if done.status:
        raise SystemExit(done.err)


def received(processes: str) -> tuple[float, float, int]:
    """Receive them once; give the seconds by the clock, those of the processor, and the largest process in KiB."""
    room = MEMORY / "room"
    shutil.copytree(MEMORY / "new", room)
    words = ["receive", str(MEMORY / "parts"), "--newsroom", str(room), "--passphrase-file"]
    environment = {**os.environ, "TAMIZDAT_PROCESSES": processes}
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    nowhere = [(os.POSIX_SPAWN_OPEN, end, os.devnull, os.O_WRONLY, 0) for end in (1, 2)]
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", SCRIPT, *words, str(room / ".passphrase-for-tests")],
        environment,
        file_actions=nowhere,
    )
    _, status, used = os.wait4(child, 0)
    clock, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(room)
    if status:
        raise SystemExit(f"receive ended with status {os.waitstatus_to_exitcode(status)}")
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, used.ru_maxrss


if __name__ == "__main__":
    sys.exit(prepare() if sys.argv[1:] == ["prepare"] else main())
