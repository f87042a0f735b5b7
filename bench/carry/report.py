"""The measurements as tables and a plot, and each goal beside what was measured. It measures nothing."""

from __future__ import annotations

import dataclasses
import statistics

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bench.carry import contenders
from bench.carry.course import Result, Results


MIB: Final = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """
    A goal of ours: one command against another, in wall time.

    Attributes:
        what: In words.

        ours, theirs: Names of the two commands.

        most: The largest ratio ours / theirs that meets it.

        inverse: It is told as "so many times faster": *most* is then the least of theirs / ours.
    """

    what: str
    ours: str
    theirs: str
    most: float
    inverse: bool = False


_SEAL, _BARE, _TWO = contenders.SEAL_3_5.name, contenders.SEAL_UNCHECKED.name, contenders.OPEN_TWO.name
_CORE = [one.name for one in contenders.CORE]
GOALS: Final = (
    Goal(what="seal and split / `tar | age`", ours=_BARE, theirs=contenders.TAR_AGE.name, most=1.0),
    Goal(what="seal and split / `cp -r`", ours=_BARE, theirs=contenders.CP.name, most=2.5),
    Goal(what="seal and split / `tar | age`, zfec", ours=_BARE, theirs=contenders.ZFEC.name, most=0.30),
    Goal(what="`tar | age`, par2 / seal and split", ours=_BARE, theirs=contenders.PAR2.name, most=100, inverse=True),
    Goal(what="open, two parts missing / `age -d | tar x`", ours=_TWO, theirs=contenders.UNTAR.name, most=0.8),
    Goal(what="open, damage everywhere / open, two missing", ours=contenders.OPEN_DAMAGED.name, theirs=_TWO, most=1.1),
    Goal(what="age core, encrypt / Go age", ours=_CORE[1], theirs=_CORE[0], most=0.70),
    Goal(what="age core, decrypt / Go age", ours=_CORE[3], theirs=_CORE[2], most=0.55),
    Goal(what="with reading back: seal and split / `tar | age`", ours=_SEAL, theirs=contenders.TAR_AGE.name, most=1.0),
    Goal(what="with reading back: seal and split / `cp -r`", ours=_SEAL, theirs=contenders.CP.name, most=2.5),
    Goal(
        what="with reading back: seal and split / `tar | age`, zfec", ours=_SEAL, theirs=contenders.ZFEC.name, most=0.30
    ),
)


def ratios(ours: Result | None, theirs: Result | None, *, inverse: bool = False) -> list[float]:
    """Give ours / theirs (or the inverse), round by round; nothing where one of them was left out."""
    if ours is None or theirs is None:
        return []
    pairs = zip(ours.runs, theirs.runs, strict=False)
    return [b.wall / a.wall if inverse else a.wall / b.wall for a, b in pairs]


def table(results: Results, ours: str | None = None) -> str:
    """Make a table of one field; *ours* is what each of the others is compared with."""
    lines = [
        "| command | seconds: median | best | CPU seconds | memory, MiB | ours / it: median | best |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        if not result.runs:
            continue
        walls = [one.wall for one in result.runs]
        compared = ["", ""]
        if ours in results and name != ours:
            found = ratios(results[ours], result)
            compared = [f"{statistics.median(found):.2f}", f"{min(found):.2f}"]
        lines.append(
            f"| `{_plain(name)}` | {statistics.median(walls):.2f} | {min(walls):.2f} "
            f"| {statistics.median(one.cpu for one in result.runs):.2f} "
            f"| {f'{result.peak / MIB:.0f}' if result.peak else ''} | {compared[0]} | {compared[1]} |"
        )
    return "\n".join(lines)


def goals(settings: Mapping[str, Iterable[Results]]) -> str:
    """Make the table of the goals that are ratios, one column of figures a setting."""
    names = list(settings)
    lines = [
        "| goal | bound | " + " | ".join(f"{name}: median (best)" for name in names) + " | met |",
        "|---|---|" + "---|" * (len(names) + 1),
    ]
    for goal in GOALS:
        cells, met = [], "not measured"
        for place, name in enumerate(names):
            cell = ""
            for results in settings[name]:
                found = ratios(results.get(goal.ours), results.get(goal.theirs), inverse=goal.inverse)
                if found:
                    middle = statistics.median(found)
                    best = max(found) if goal.inverse else min(found)
                    cell = f"{middle:.2f} ({best:.2f})"
                    if place == 0:  # the first setting decides: the goals were set there
                        met = _met(goal, middle, best)
            cells.append(cell)
        bound = f"at least {goal.most:g}" if goal.inverse else f"at most {goal.most:g}"
        lines.append(f"| {_plain(goal.what)} | {bound} | " + " | ".join(cells) + f" | {met} |")
    return "\n".join(lines)


def _met(goal: Goal, middle: float, best: float) -> str:
    def holds(value: float) -> bool:
        return value >= goal.most if goal.inverse else value <= goal.most

    return "yes" if holds(middle) else "in the best round only" if holds(best) else "no"


def plot(path: Path, settings: Mapping[str, Results], size: int) -> None:
    """Draw the seconds of each command, a panel a setting: median as a bar, best as a tick."""
    import matplotlib as mpl  # noqa: PLC0415 -- a second of start-up, and memory, that no measurement should see

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    mpl.rcParams |= {"svg.hashsalt": "tamizdat", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    figure, axes = plt.subplots(1, len(settings), figsize=(6 * len(settings), 4.4), squeeze=False, sharex=True)
    for axis, (title, results) in zip(axes[0], settings.items(), strict=True):
        names = [name for name, result in results.items() if result.runs][::-1]
        medians = [statistics.median(one.wall for one in results[name].runs) for name in names]
        colours = ["#0b5394" if results[name].contender.ours else "#b7b7b7" for name in names]
        axis.barh(range(len(names)), medians, color=colours)
        for at, name in enumerate(names):
            best = min(one.wall for one in results[name].runs)
            axis.plot([best, best], [at - 0.4, at + 0.4], color="#e69138", linewidth=2)
            axis.annotate(f" {medians[at]:.2f}", (medians[at], at), va="center", fontsize=8)
        axis.set_yticks(range(len(names)), names)
        axis.set_title(title, fontsize=10)
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"Seconds for {size / 1e9:.2f} GB in 200 files: bar, the median; tick, the best", fontsize=10)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", "utf-8")


def put(page: Path, command: str, text: str) -> None:
    """Put *text* between the two marks of *page* that name the command."""
    begin, end = (f"<!-- written by `{command}`: {word} here -->" for word in ("from", "to"))
    whole = page.read_text("utf-8")
    before, mark, rest = whole.partition(begin)
    _, other, after = rest.partition(end)
    if not mark or not other:
        raise ValueError(f"{page} has no place for {command}")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", "utf-8")


def _plain(name: str) -> str:
    return name.replace("|", "\\|")
