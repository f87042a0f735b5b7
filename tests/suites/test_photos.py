"""Real photographs of cameras and telephones come out with pixels and nothing else, as exiftool sees it."""

from __future__ import annotations

import json
import subprocess

from pathlib import Path

from tamizdat.adapters.cell import Cell
from tamizdat.primitives.errors import FormatError
from tamizdat.wire import picture
from tamizdat.wire.story import Picture
from tests import tools


# What any JPEG has: its file, its size in pixels, and how its pixels are coded.
STRUCTURE = {
    "SourceFile", "ExifTool:ExifToolVersion", "File:FileType", "File:FileTypeExtension", "File:MIMEType",
    "File:ImageWidth", "File:ImageHeight", "File:EncodingProcess", "File:BitsPerSample", "File:ColorComponents",
    "File:YCbCrSubSampling", "JFIF:JFIFVersion", "JFIF:ResolutionUnit", "JFIF:XResolution", "JFIF:YResolution",
    "Composite:ImageSize", "Composite:Megapixels",
}  # fmt: skip
NOT_PICTURES = {"2010.xmp", "IMG_2682.heic"}


def test_only_structure_is_left_of_every_real_photograph(tmp_path: Path) -> None:
    """Each is published or refused with one clear error; of what is published exiftool finds structure only."""
    exiftool = tools.need("exiftool")
    photos = [path for name in ("photos", "photojournalism") for path in sorted(tools.inputs(name).rglob("*"))]
    refused, removed = set(), set()
    for number, path in enumerate(path for path in photos if path.is_file()):
        try:
            with Cell(picture.WORK) as cell, path.open("rb") as stream:
                made = picture.render(cell, stream, Picture(object="0" * 16, credit="c", alt="a"), 400)
        except FormatError as error:
            assert error.code == "picture-kind"
            refused.add(path.name)
            continue
        removed |= set(made.removed)
        (tmp_path / f"{number}.jpg").write_bytes(made.jpeg)

    told = subprocess.run([exiftool, "-j", "-G1", "-ee", "-U", str(tmp_path)], capture_output=True, check=True).stdout
    left = {key for item in json.loads(told) for key in item if not key.startswith("System:")}

    assert refused == NOT_PICTURES
    assert len(json.loads(told)) > 30
    assert left <= STRUCTURE
    assert {
        "GPS position",
        "thumbnail",
        "maker note",
        "camera serial number",
        "XMP",
        "content credentials (C2PA)",
    } <= removed
