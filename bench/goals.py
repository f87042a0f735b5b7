"""
Run the measurements of the record one after another, and print all goals in one table at the end (python -m bench.goals [MODULE ...]).

Each measurement notes its goals here as it meets or misses them; one that ends without having noted any, or that fails, has a
line too. It measures NOTHING itself. Goals: docs/performance.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile  # noqa: TID251 -- nothing of anybody's is in it

from pathlib import Path
from typing import Final


VARIABLE: Final = "TAMIZDAT_BENCH_GOALS"
ALL: Final = (
    "bench.redact", "bench.redact --large", "bench.credentials", "bench.log", "bench.preserve", "bench.receive",
    "bench.check",
)  # fmt: skip


def note(what: str, value: float, bound: float, unit: str = "", *, least: bool = False) -> bool:
    """Note what was measured against its bound, at most (or with *least*, at least); say whether the goal is met."""
    met = value >= bound if least else value <= bound
    line = {"what": what, "value": value, "bound": bound, "unit": unit, "least": least, "met": met}
    if path := os.environ.get(VARIABLE):
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
    return met


def main(modules: list[str]) -> int:
    """Run them, and print the table; says whether all goals are met."""
    rows, missed = [], False
    with tempfile.TemporaryDirectory(prefix="tamizdat-bench-") as folder:
        for number, module in enumerate(modules or ALL):
            noted = Path(folder) / str(number)
            noted.touch()
            print(f"\n== {module}", flush=True)
            environment = {**os.environ, VARIABLE: str(noted)}
            ended = subprocess.run([sys.executable, "-m", *module.split()], env=environment, check=False).returncode
            goals = [json.loads(line) for line in noted.read_text("utf-8").splitlines()]
            rows += [row(module, goal) for goal in goals]
            missed |= not all(goal["met"] for goal in goals)
            if ended < 0 or (ended and all(goal["met"] for goal in goals)):
                missed = True
                rows.append(f"| {module} ended with status {ended} | | | NOT MEASURED WHOLE |")
            elif not goals and module != "bench.receive":
                missed = True
                rows.append(f"| {module} noted no goal | | | NOT MEASURED |")
    print("\n| goal | bound | measured | |\n|---|---|---|---|")
    print("\n".join(rows))
    return int(missed)


def row(module: str, goal: dict[str, object]) -> str:
    """Write a line of the table."""
    bound = f"at {'least' if goal['least'] else 'most'} {goal['bound']:,g}{goal['unit']}"
    return f"| {goal['what']} (`{module}`) | {bound} | {goal['value']:,.2f}{goal['unit']} | {'met' if goal['met'] else 'NOT MET'} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
