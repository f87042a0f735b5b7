"""Go's checksum database code (Debian's golang-golang-x-mod-dev) judges a log that grew in a real folder."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess

from pathlib import Path

import pytest

from tamizdat.adapters import sqlite
from tamizdat.adapters.folder import Folder
from tamizdat.primitives import note
from tamizdat.record import sequencer
from tests import tools


SIZES = (0, 1, 2, 255, 256, 257, 65_535, 65_536, 70_000)
GOCODE = Path("/usr/share/gocode")
SIGNER = note.Signer(name="example.com/log", seed=b"l" * 32)


@pytest.fixture(scope="module")
def tlogcheck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The judge, built from Debian's packages, without the net."""
    go = tools.need("go")
    if not (GOCODE / "src/golang.org/x/mod/sumdb").is_dir():
        tools.missing("Go's x/mod (golang-golang-x-mod-dev)")
    base = tmp_path_factory.mktemp("go")
    source = base / "path/src/tlogcheck"
    source.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "tlogcheck/main.go", source)
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": f"{base / 'path'}:{GOCODE}",
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOCACHE": os.environ.get("GOCACHE") or str(base / "cache"),
    }
    program = base / "tlogcheck"
    subprocess.run([go, "build", "-o", program, "tlogcheck"], cwd=source, env=environment, check=True)
    return program


def run(program: Path, *arguments: str, given: object) -> subprocess.CompletedProcess[str]:
    line = [str(program), *arguments]
    return subprocess.run(line, input=json.dumps(given), capture_output=True, text=True, check=False)


def test_go_verifies_our_log_at_every_size(tlogcheck: Path, tmp_path: Path) -> None:
    """Signature, root from tiles, inclusion and consistency: Go's proofs from our tiles, and our proofs, by Go's check."""
    store = Folder(tmp_path / "log")
    rows = sqlite.SqliteRows(tmp_path / "log.sqlite")
    writer = sequencer.begin(rows, store, SIGNER)
    heads = []
    for size in SIZES:
        writer.append([b"entry %d" % number for number in range(writer.size, size)])
        reader = writer.reader()
        indices = {0, 1, 254, 255, 256, 25_855, 65_535, 65_536, size // 2, size - 1} & set(range(size))
        heads.append(
            {
                "Raw": words(writer.checkpoint()),
                "Inclusion": [
                    {"Index": index, "Path": [words(step) for step in reader.inclusion(index)]} for index in indices
                ],
                "Older": [[words(step) for step in reader.consistency(old)] for old in SIZES if old < size],
            }
        )
    rows.close()
    job = {"Vkey": SIGNER.verifier.vkey, "Dir": str(tmp_path / "log"), "Heads": heads}

    judged = run(tlogcheck, given=job)

    assert judged.stderr == ""
    assert judged.stdout.split() == [str(len(SIZES)), str(sum(len(h["Inclusion"]) for h in heads)), "28"]

    tile = tmp_path / "log/tile/0/100"
    raw = tile.read_bytes()
    tile.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))

    assert run(tlogcheck, given=job).returncode == 1


def test_go_takes_our_keys_and_we_take_go_s(tlogcheck: Path) -> None:
    """Private keys have Go's own form, both ways."""
    judged = json.loads(run(tlogcheck, "keys", given=note.write_signer(SIGNER)).stdout)

    assert note.verify(judged["Signed"].encode(), SIGNER.verifier).text == "signed by Go\n"
    theirs = note.read_signer(judged["Private"])
    assert theirs.verifier.vkey == judged["Public"]
    assert note.write_signer(theirs) == judged["Private"]


def words(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
