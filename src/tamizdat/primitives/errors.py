"""
Faults that a person can mend, sorted by who can mend them.

Each has a lasting code (docs/errors.md), says what is wrong with the value in it, and one
sentence on what to do now. The exit status of a command is the class of its fault.
"""

from __future__ import annotations

import dataclasses

from typing import ClassVar


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One finding of a check that reports them all.

    Attributes:
        code: Its lasting name.

        where: The file, line or field it was found in.

        what: What is wrong, with the value in it.

        mend: What the person can do now.
    """

    code: str
    where: str
    what: str
    mend: str


class TamizdatError(Exception):
    """
    A fault that a person can mend.

    Attributes:
        code: The fault's lasting name, as its specification and the test vectors write it.

        mend: What the person can do now, as one short sentence.

        faults: All findings, where a check had many outcomes.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, code: str, what: str, *, mend: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(what)
        self.code = code
        self.mend = mend
        self.faults = faults


class UsageError(TamizdatError):
    """The command or its settings cannot be carried out as they stand."""

    exit_status = 2


class FormatError(TamizdatError):
    """The bytes do not keep to their specification."""

    exit_status = 3


class ShortError(TamizdatError):
    """Everything that is here is sound, but there is not enough of it."""

    exit_status = 4


class AdapterError(TamizdatError):
    """The machine, or somebody else's, would not do its part."""

    exit_status = 5


class TrustError(TamizdatError):
    """A signature, proof, key or approval fails; *evidence* holds the bytes that show it."""

    exit_status = 6

    def __init__(
        self, code: str, what: str, *, mend: str, faults: tuple[Fault, ...] = (), evidence: bytes = b""
    ) -> None:
        super().__init__(code, what, mend=mend, faults=faults)
        self.evidence = evidence


class LeftOutError(TamizdatError):
    """The work was done, but some of what was asked for had to be left out; *faults* names each."""

    exit_status = 7


class MediumGoneError(OSError):
    """What was being read is there no more: pulled out, unmounted, out of reach. More than a sector that fails."""
