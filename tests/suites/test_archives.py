"""Archives made to break readers break neither of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.field import archive, dossier
from tamizdat.primitives.errors import FormatError
from tests import tools


def files() -> list[Path]:
    found = [path for path in sorted(tools.inputs("hostile/archives").rglob("*")) if path.is_file()]
    assert len(found) > 50
    return found


def test_every_hostile_archive_is_refused_as_a_dossier() -> None:
    """None of them is one, and each is told so in one error, with nothing given to the visitor."""
    for path in files():
        with pytest.raises(FormatError), path.open("rb") as stream:
            dossier.read(stream, lambda entry, _: pytest.fail(f"gave {entry}"))


def test_every_hostile_archive_is_read_fully_or_refused() -> None:
    """As a plain tar each gives its files and faults, or ends in one error; no name that leads out has bytes."""
    read, refused = 0, 0
    for path in files():
        with path.open("rb") as stream:
            try:
                for member in archive.read_members(stream):
                    data = member.stream.read()
                    assert member.fault or len(data) == member.size
                    assert member.fault or (b".." not in member.name.split(b"/") and member.name[:1] != b"/")
            except FormatError:
                refused += 1
            else:
                read += 1
                assert not stream.read(1)
    assert read >= 10
    assert refused >= 30
