"""ocfl-py, the other implementation, on a vault of ours."""

from __future__ import annotations

import os
import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.record.vault import Vault
from tests.conftest import FixedClock
from tests.tools import missing


@pytest.fixture
def validator() -> str:
    path = Path(sys.executable).parent / "ocfl-validate.py"
    return str(path) if path.exists() else missing("the library ocfl-py")


def validate(validator: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, validator, *args], capture_output=True, text=True, check=False)


def test_ocfl_py_accepts_our_vault_and_every_object(tmp_path: Path, clock: FixedClock, validator: str) -> None:
    """Valid as a storage root with its declared layout, and not even a warning on an object."""
    vault = Vault(Folder(tmp_path), clock)
    for object_id, size in [("00112233aabbccdd", 0), ("ffeeddccbbaa9988", 1), ("5555555555555555", 3_000_000)]:
        vault.add(object_id, [os.urandom(size)], b"metadata")
    vault.describe("00112233aabbccdd", b"more of it")
    vault.describe("00112233aabbccdd", b"and more")
    vault.bury("ffeeddccbbaa9988", b"tombstone")

    objects = [str(path.parent) for path in tmp_path.rglob("0=ocfl_object_1.1")]
    done = validate(validator, "-v", str(tmp_path), *objects)

    assert len(objects) == 3
    assert done.returncode == 0, done.stdout + done.stderr
    assert "W0" not in done.stdout + done.stderr


def test_ocfl_py_finds_what_we_find(tmp_path: Path, clock: FixedClock, validator: str) -> None:
    vault = Vault(Folder(tmp_path), clock)
    vault.add("00112233aabbccdd", [b"ciphertext"])
    [content] = tmp_path.rglob("content.age")
    content.write_bytes(b"Ciphertext")

    # Its word on a storage root does not count the objects' faults (docs/adr/0003), so the object is asked for by name.
    done = validate(validator, str(content.parent.parent.parent))

    assert done.returncode == 1
    assert "E092" in done.stdout + done.stderr
    assert "ocfl-e092" in {fault.code for fault in vault.fsck()}
