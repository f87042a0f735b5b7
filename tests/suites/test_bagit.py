"""The Library of Congress's conformance suite, and its library where it is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.field import bagcheck
from tests.tools import inputs


# Where the library is wrong, or ours is stricter on purpose: docs/adr/0003.
BAGIT_IS_WRONG = {"bagit-with-invalid-whitespace"}


def bags(kind: str) -> Iterator[Path]:
    found = sorted(inputs("suites/bagit").glob(f"v*/{kind}/*"))
    assert found, f"no {kind} bag in the suite"
    yield from found


def inspect(path: Path) -> bagcheck.Findings:
    folder = Folder(path)
    return bagcheck.inspect(folder, empty=folder.empty_folders())


def test_valid_bags_are_accepted_without_a_word() -> None:
    odd = {str(path): findings for path in bags("valid") if (findings := inspect(path)).faults}

    assert odd == {}


@pytest.mark.parametrize("kind", ["invalid", "linux-only", "windows-only"])
def test_bad_bags_are_refused_on_every_machine(kind: str) -> None:
    """What is dangerous on one system only is refused on all: a bag is checked here and opened elsewhere."""
    accepted = [str(path) for path in bags(kind) if not inspect(path).faults]

    assert accepted == []


def test_doubtful_bags_are_accepted_with_a_warning() -> None:
    for path in bags("warning"):
        findings = inspect(path)

        assert findings.faults == (), path
        assert findings.warnings, path


def test_the_library_agrees_on_valid_and_invalid_bags() -> None:
    for kind in ("valid", "invalid", "linux-only"):
        for path in bags(kind):
            try:
                good = bagit.Bag(str(path)).is_valid()
            except bagit.BagError:
                good = False

            assert good == (not inspect(path).faults) or path.name in BAGIT_IS_WRONG, path
