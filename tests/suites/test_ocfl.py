"""The OCFL community's own fixtures: good and warn accepted, bad refused with the code in its name."""

from __future__ import annotations

import json
import zipfile

from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.primitives.errors import Fault
from tamizdat.record import ocfl
from tests.tools import inputs


def fixtures(kind: str) -> Iterator[Path]:
    found = [path for version in ("1.0", "1.1") for path in sorted((inputs("suites/ocfl") / version).glob(f"{kind}/*"))]
    assert found or kind.startswith("warn") or kind.endswith("roots"), f"no {kind} in the suite"
    yield from found


def judge(path: Path, tmp_path: Path) -> list[Fault]:
    """Validate a fixture; a zip is one that Git could not hold, for its empty folders."""
    if path.suffix == ".zip":
        tmp_path = tmp_path / path.parent.parent.name / path.stem
        zipfile.ZipFile(path).extractall(tmp_path)
        path = next(tmp_path.rglob("0=*")).parent
    folder = Folder(path)
    return ocfl.validate(folder, empty=folder.empty_folders())


@pytest.mark.parametrize("kind", ["good-objects", "warn-objects", "good-storage-roots", "warn-storage-roots"])
def test_what_is_good_is_accepted(kind: str, tmp_path: Path) -> None:
    refused = {path.name: faults for path in fixtures(kind) if (faults := judge(path, tmp_path))}

    assert refused == {}


@pytest.mark.parametrize("kind", ["bad-objects", "bad-storage-roots"])
def test_what_is_bad_is_refused_with_its_own_code(kind: str, tmp_path: Path) -> None:
    wrong = {}
    for path in fixtures(kind):
        named = {f"ocfl-{word.lower()}" for word in path.stem.split("_") if word[:1] == "E" and word[1:].isdigit()}
        found = {fault.code for fault in judge(path, tmp_path)}
        if not found or not named <= found:
            wrong[path.name] = found

    assert wrong == {}


def test_every_code_is_one_of_the_standards(tmp_path: Path) -> None:
    """A fault says which clause; nobody has to learn codes of ours."""
    for path in fixtures("bad-objects"):
        for fault in judge(path, tmp_path):
            assert fault.code[:6] == "ocfl-e", fault
            assert fault.where
            assert fault.mend
            json.dumps([fault.what, fault.where])
