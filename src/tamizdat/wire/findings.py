"""
Findings: every fault of one file, collected with its line, told at once.

It is NOT a judge: the readers (ledger.py, manuscript.py) decide what a fault is.
"""

from __future__ import annotations

import contextlib
import dataclasses

from collections.abc import Iterator

from tamizdat.primitives.errors import Fault, FormatError


@dataclasses.dataclass(slots=True)
class Findings:
    """What was found in the file *where* (``stories/NAME.md``)."""

    where: str
    faults: list[tuple[int, Fault]] = dataclasses.field(default_factory=list)

    def add(self, code: str, line: int, what: str, mend: str) -> None:
        """Note one fault at *line*, counted from 1."""
        self.faults.append((line, Fault(code=code, where=f"{self.where}:{line}", what=what, mend=mend)))

    def absorb(self, error: FormatError) -> None:
        """Note all the faults of another file's reader."""
        self.faults.extend((0, fault) for fault in error.faults)

    @contextlib.contextmanager
    def at(self, code: str, line: int, mend: str) -> Iterator[None]:
        """Turn a ValueError inside the block into a fault at *line*."""
        try:
            yield
        except ValueError as error:
            self.add(code, line, str(error), mend)

    def settle(self, code: str) -> None:
        """
        Raise one error with every fault, in the order of lines, if there is any.

        Raises:
            FormatError: *code*, with all faults.
        """
        if not self.faults:
            return
        found = tuple(fault for _, fault in sorted(self.faults, key=lambda pair: pair[0]))
        count = "one fault" if len(found) == 1 else f"{len(found)} faults"
        raise FormatError(
            code, f"{self.where} has {count}", mend="Mend each line that is named, then check again.", faults=found
        )
