"""What we seal opens with age, tar and bagit.py, and every name comes back from objects.json."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys

from pathlib import Path

from tamizdat.field import dossier
from tamizdat.primitives.age import recipients
from tests import tools
from tests.conftest import SeededEntropy
from tests.field.sources import CREATED, Held, Restless


FILES = {
    b"DCIM/IMG 1.JPG": b"\xff\xd8\xff" * 30_000,
    "şəkil.png".encode(): b"png",
    b"\xff raw": b"",
    b"two\nlines": b"2",
}


def restored(folder: Path) -> dict[bytes, bytes]:
    listing = json.loads((folder / "tamizdat" / "objects.json").read_bytes())
    found = {}
    for line in listing["files"]:
        name = base64.b64decode(line["name_b64"]) if "name_b64" in line else line["name"].encode()
        if "void" not in line and line["path"] != listing.get("note"):
            found[name] = (folder / line["path"]).read_bytes()
            assert hashlib.sha256(found[name]).hexdigest() == line["sha256"]
    return found


def test_age_tar_and_bagit_open_a_dossier(tmp_path: Path) -> None:
    """`age -d | tar x`, with pipefail, gives one folder that `bagit.py --validate` takes."""
    age, tar = tools.need("age"), tools.need("tar")
    bash = tools.need("bash")
    identity = recipients.generate(post_quantum=False)
    sink = io.BytesIO()
    dossier.seal(
        [*(Held(name, data) for name, data in FILES.items()), Restless(b"clip.mp4", b"clip")],
        recipients=[identity.recipient()],
        entropy=SeededEntropy(),
        sink=sink,
        created=CREATED,
        note=b"a note",
    )
    (tmp_path / "key").write_text(identity.secret() + "\n")
    (tmp_path / "x.age").write_bytes(sink.getvalue())

    script = f"set -o pipefail; {age} -d -i key x.age | {tar} x"
    subprocess.run([bash, "-c", script], cwd=tmp_path, check=True)

    bagit = Path(sys.executable).parent / "bagit.py"
    subprocess.run([sys.executable, str(bagit), "--validate", "dossier"], cwd=tmp_path, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dossier", "key", "x.age"]
    assert restored(tmp_path / "dossier") == {**FILES, b"clip.mp4": b"clip"}
