"""
What a check of an edition found, in a reader's words.

It is NOT where anything is checked (wire/verify.py, wire/onrecord.py). The kinds of findings are
those of docs/spec/edition.md, "Verifying".
"""

from __future__ import annotations

import dataclasses

from typing import Final

from tamizdat.primitives import stores
from tamizdat.primitives.errors import AdapterError, Fault, TamizdatError
from tamizdat.primitives.ports import Store


MEND: Final = "Get the edition again from another mirror, and ask the newsroom if this stays."
_PLAIN: Final = {
    "disk-link": "this is a link, or lies behind one, and not the file itself; links are not followed",
    "disk-special": "this is a device or a pipe, and not a file",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """
    What came out, in a reader's words.

    Attributes:
        proven: What the files themselves show.

        stated: What the newsroom says and nobody else confirms.

        unproven: What this check cannot show.

        faults: Everything that is wrong; empty where all is well.

        evidence: Signed bytes that show a fault to others: two states of one record that contradict each other.

        limits: What no check of a provable picture can show; empty where there was none to check.
    """

    proven: tuple[str, ...]
    stated: tuple[str, ...]
    unproven: tuple[str, ...]
    faults: tuple[Fault, ...]
    evidence: tuple[bytes, ...] = ()
    limits: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class Findings:
    """A report in the making."""

    proven: list[str] = dataclasses.field(default_factory=list)
    stated: list[str] = dataclasses.field(default_factory=list)
    unproven: list[str] = dataclasses.field(default_factory=list)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    evidence: list[bytes] = dataclasses.field(default_factory=list)
    limits: tuple[str, ...] = ()

    def fault(self, code: str, where: str, what: str, mend: str = MEND) -> None:
        """Take a fault."""
        self.faults.append(Fault(code=code, where=where, what=what, mend=mend))

    def caught(self, where: str, error: TamizdatError) -> None:
        """Take a fault that a reader of a format raised, with all it found."""
        found = error.faults or (Fault(code=error.code, where=where, what=str(error), mend=error.mend),)
        self.faults.extend(found)

    def unreadable(self, where: str, error: AdapterError | OSError) -> None:
        """Take a fault of the disk, or a link or device in a file's place."""
        if isinstance(error, AdapterError):
            self.fault(error.code, where, _PLAIN.get(error.code, f"this file cannot be read: {error}"), error.mend)
        else:
            self.fault("edition-unreadable", where, f"this file cannot be read: {error.strerror or error}")

    def must_read(self, code: str, missing: str, store: Store, path: str, most: int) -> bytes | None:
        """Read a small file; where it cannot be read, or is *missing*, that is a fault."""
        try:
            raw = stores.read(store, path, most)
        except (AdapterError, OSError) as error:
            self.unreadable(path, error)
            return None
        if raw is None:
            self.fault(code, path, missing)
        return raw

    def report(self) -> Report:
        """Give what was found."""
        return Report(
            tuple(self.proven),
            tuple(self.stated),
            tuple(self.unproven),
            tuple(dict.fromkeys(self.faults)),
            tuple(self.evidence),
            self.limits,
        )
