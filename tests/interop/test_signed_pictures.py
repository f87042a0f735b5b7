"""Other people's programs on a signed picture: it is trusted by its root, and nothing of the original ever came near it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from pathlib import Path
from unittest import mock

import c2pa
import pytest

from tamizdat.adapters.place import Place
from tamizdat.demo import camera, drawings
from tamizdat.redaction import tiled
from tests.interop.test_traces import MARKER, traced
from tests.scripts import house
from tests.tools import need


STORY = """---
headline: A road
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
pictures:
  p:
    object: "%s"
    credit: A. Writer
    alt: A drawn figure
    hide: [%s]
    people: hidden
    maker: shown
    disclose: [date]
---
A drawing.

{picture: p}
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory) -> house.Room:
    """A newsroom that holds one photograph with MARKER in its metadata and behind its end; the photograph itself is gone."""
    tmp_path = tmp_path_factory.mktemp("held")
    made = house.make(tmp_path / "room")
    photograph = camera.shoot(drawings.draw_all()["portrait.jpg"], 1)
    comment = MARKER * 100
    photograph = (
        photograph[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photograph[2:] + comment
    )
    (tmp_path / "a.jpg").write_bytes(photograph)
    assert made.seal(tmp_path / "a.jpg", "-o", tmp_path / "parts").status == 0
    assert made.receive(tmp_path / "parts").report == (1, 1, 0, 0)
    (tmp_path / "a.jpg").unlink()
    ident = re.match("[0-9a-f]{16}", run_objects(made))[0]  # type: ignore[index]
    (made.path / "stories/road.md").write_text(STORY % (ident, ", ".join(map(str, drawings.FACE))))
    assert house.run("story", "approve", "road", "--as", "editor", *made.secret).status == 0
    return made


@pytest.fixture
def room(held, tmp_path: Path) -> house.Room:
    """Give that newsroom for one test."""
    shutil.copytree(held.path, tmp_path / "room")
    Place(tmp_path / "room").mark()  # this copy is the one
    return house.Room(tmp_path / "room")


def run_objects(room: house.Room) -> str:
    return house.run("objects", *room.secret).out


def published(room: house.Room, number: int = 1) -> tuple[Path, Path]:
    """Give the provable picture and the root that stands behind its credentials."""
    edition = room.path / f"editions/{number:06}"
    (beside,) = (edition / "media").glob("*.proof")
    return beside.with_suffix(""), edition / "credentials-root.pem"


def test_the_process_that_signs_reads_the_original_as_ciphertext_alone(room, tmp_path) -> None:
    """strace sees no file made outside of the newsroom, and no disk or other process ever gets the original."""
    need("strace")
    calls, _ = traced(tmp_path, "publish", "road", *room.secret)

    made = [call.path for call in calls if call.name.startswith(("open", "creat")) and "O_CREAT" in call.arguments]
    assert made and all(path.startswith(str(room.path)) for path in made)
    assert not [call for call in calls if call.name in {"memfd_create", "socket", "connect"}]
    vault = [
        call
        for call in calls
        if call.name.startswith("open") and "/vault/" in call.path and "O_DIRECTORY" not in call.arguments
    ]
    assert any(call.path.endswith("content.age") for call in vault)
    assert all("O_RDONLY" in call.arguments for call in vault)
    assert not [call for call in calls if call.path.endswith("a.jpg")]
    picture, _ = published(room)
    assert MARKER not in b"".join(path.read_bytes() for path in room.path.rglob("*") if path.is_file())
    assert picture.read_bytes().count(b"\xff\xd8\xff") == 1


def test_the_library_that_signs_is_given_the_redacted_bytes_and_nothing_else(room) -> None:
    """What comes into it is the picture that goes out, but for the credentials: no thumbnail, no original, no metadata."""
    given: list[bytes] = []
    manifests: list[dict] = []
    sign, build = c2pa.Builder.sign, c2pa.Builder.__init__

    def signing(self, signer, kind, source, sink):
        given.append(source.getvalue())
        return sign(self, signer, kind, source, sink)

    def building(self, manifest, context=None):
        manifests.append(json.loads(manifest))
        build(self, manifest, context)

    with (
        mock.patch.object(c2pa.Builder, "sign", signing),
        mock.patch.object(c2pa.Builder, "__init__", building),
        mock.patch.object(c2pa.Builder, "add_ingredient", side_effect=AssertionError),
        mock.patch.object(c2pa.Builder, "add_resource", side_effect=AssertionError),
    ):
        assert (done := house.run("publish", "road", *room.secret)).status == 0, done.err

    (bare,), (manifest,) = given, manifests
    picture, _ = published(room)
    assert MARKER not in bare and [item.path for item in tiled.read(bare).items()] == ["app0"]
    assert "thumbnail" not in json.dumps(manifest)
    assert all("data" not in ingredient for ingredient in manifest["ingredients"])
    length = len(bare) - bare.index(b"\xff\xdb")
    assert picture.read_bytes()[-length:] == bare[-length:]


def test_others_read_the_credentials_and_find_no_metadata_of_the_camera(room, tmp_path) -> None:
    """The C2PA reader trusts our root and shows what was hidden; exiftool finds neither place, camera nor maker note."""
    assert house.run("publish", "road", *room.secret).status == 0
    picture, root = published(room)

    settings = c2pa.Settings.from_dict({"version": 1, "trust": {"user_anchors": root.read_text()}})
    with c2pa.Context(settings) as context, c2pa.Reader(str(picture), context=context) as reader:
        told = json.loads(reader.json())
    found = subprocess.run(
        [need("exiftool"), "-a", "-u", "-G1", "-json", str(picture)], capture_output=True, check=True, text=True
    )

    assert told["validation_state"] == "Trusted"
    manifest = told["manifests"][told["active_manifest"]]
    assert {"c2pa.edited", "c2pa.opened"} <= {
        action["action"]
        for one in manifest["assertions"]
        if "actions" in one["label"]
        for action in one["data"]["actions"]
    }
    (own,) = [one["data"] for one in manifest["assertions"] if one["label"] == "org.tamizdat.redaction"]
    beside = json.loads(picture.with_suffix(".jpg.proof").read_text())
    assert {**own, "file": beside["file"], "signature": beside["signature"]} == beside
    assert "thumbnail" not in manifest
    groups = {key.partition(":")[0] for key in json.loads(found.stdout)[0]}
    assert not groups & {"IFD0", "IFD1", "ExifIFD", "GPS", "XMP-x", "Photoshop", "IPTC", "MPF0"}, groups
