"""Numbers in people's words: counts with the right plural, lists, amounts, spans of time. NOT translated."""

from __future__ import annotations

import re

from collections.abc import Iterable
from typing import Final


_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?I?B)?", re.ASCII | re.IGNORECASE)
_SCALE: Final = "bkmgt"
_UNITS: Final = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB"))
_IRREGULAR: Final = {"story": "stories", "entry": "entries", "person": "persons", "dossier": "dossiers"}


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """
    Give a count with its noun.

    >>> counted(1, "story"), counted(0, "story"), counted(1234, "file")
    ('1 story', '0 stories', '1,234 files')
    """
    word = noun if count == 1 else plural or _IRREGULAR.get(noun) or f"{noun}s"
    return f"{count:,} {word}"


def listed(noun: str, numbers: Iterable[int]) -> str:
    """
    Name numbered things; three or more in a row as a stretch.

    >>> listed("part", [4]), listed("part", [1, 2]), listed("part", [1, 2, 3, 5, 9])
    ('part 4', 'parts 1 and 2', 'parts 1 to 3, 5 and 9')
    """
    found = sorted(set(numbers))
    return f"{noun if len(found) == 1 else f'{noun}s'} {joined(_stretches(found))}"


def joined(words: Iterable[str], last: str = "and") -> str:
    """
    Join words with commas, and the last with a word.

    >>> joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"], "or")
    ('a', 'a and b', 'a, b or c')
    """
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def amount(count: float) -> str:
    """
    Give an amount of bytes, rounded.

    >>> amount(999), amount(20_000_000), amount(4_030_000_000), amount(999_960)
    ('999 bytes', '20 MB', '4.03 GB', '1 MB')
    """
    for unit, name in _UNITS:
        if count >= unit * 0.9995:
            value = count / unit
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:,.{digits}f}".rstrip("0").rstrip(".") + f" {name}" if digits else f"{value:,.0f} {name}"
    return f"{count:,.0f} {'byte' if count == 1 else 'bytes'}"


def read_amount(word: str) -> int:
    """
    Read an amount of bytes.

    >>> read_amount("20MB"), read_amount("1.5 GB"), read_amount("64KiB"), read_amount("700")
    (20000000, 1500000000, 65536, 700)

    Raises:
        ValueError: It is none.
    """
    match = _AMOUNT.fullmatch(word.strip())
    unit = (match[2] or "b").lower() if match else ""
    count = int(float(match[1]) * (1024 if "i" in unit else 1000) ** _SCALE.index(unit[0])) if match else 0
    if count < 1:
        raise ValueError(word)
    return count


def span(seconds: float) -> str:
    """
    Give a span of time, rounded as people do.

    >>> span(3), span(75), span(110), span(4000), span(9000)
    ('a few seconds', 'about a minute', 'about 2 minutes', 'about 1 hour', 'about 3 hours')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10 or 10} seconds"
    minutes = round(seconds / 60)
    if minutes <= 1:
        return "about a minute"
    if minutes < 60:
        return f"about {minutes} minutes"
    return f"about {counted(round(seconds / 3600 + 0.01), 'hour')}"


def percent(share: float) -> str:
    """
    Give a share as a whole percentage that never says "all" or "nothing" where that is not so.

    >>> percent(0), percent(0.0001), percent(0.714), percent(0.99999), percent(1)
    ('0 %', 'under 1 %', '71 %', 'over 99 %', '100 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def _stretches(numbers: list[int]) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    words: list[str] = []
    for run in runs:
        words += [f"{run[0]:,} to {run[-1]:,}"] if len(run) > 2 else [f"{number:,}" for number in run]
    return words
