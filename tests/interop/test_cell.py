"""What reading a stranger's picture touches, as strace sees it: once the bytes are there, its two pipes and its memory."""

from __future__ import annotations

import io
import re
import subprocess
import sys

from pathlib import Path

import pytest

from PIL import ExifTags, Image, ImageCms

from tests.redaction import pictures
from tests.scripts import house
from tests.scripts.house import run
from tests.tools import need


# What changes nothing outside of the process, and lets it end.
LEFT = {
    "read", "write", "mmap", "mprotect", "munmap", "brk", "mremap", "madvise", "futex", "sched_yield", "clock_gettime",
    "getrandom", "exit_group",
}  # fmt: skip
# How a file of each kind begins, as strace writes it.
STARTS = {"JPEG": "\\377\\330\\377", "PNG": "\\211PNG", "WEBP": "RIFF", "TIFF": "II*", "AVIF": "ftypavif"}
DEVELOP = """
import io, sys
from tamizdat.adapters.cell import Cell
from tamizdat.wire import picture
from tamizdat.wire.story import Picture
with Cell(picture.WORK) as cell:
    picture.render(cell, open(sys.argv[1], "rb"), Picture(object="0" * 16, credit="c", alt="a", hide=((1, 1, 5, 5),)))
assert "tamizdat.wire.developing" not in sys.modules
"""
SCAN = """
import sys
from tamizdat.adapters import scanner
for path in sys.argv[1:]:
    assert scanner.read(open(path, "rb"), path, lambda codes: False) == set()
assert "tamizdat.adapters.squares" not in sys.modules and "zxingcpp" not in sys.modules
"""
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
    alt: A road under clouds
    people: none
    maker: %s
---
A road.

{picture: p}
"""


def traced(folder: Path, *command: object) -> dict[str, list[str]]:
    """Run a command of Python's; give, for each process, what it asked of the system, one line a call."""
    log = folder / "strace"
    tracer = [need("strace"), "-f", "-v", "-s", "2000", "-o", str(log)]
    done = subprocess.run([*tracer, sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls: dict[str, list[str]] = {}
    for line in log.read_text(errors="surrogateescape").splitlines():
        process, _, rest = line.partition(" ")
        if not rest.lstrip().startswith(("+++", "---")):
            calls.setdefault(process, []).append(re.sub(r"^<\.\.\. (\w+) resumed>", r"\1(", rest.lstrip()))
    return calls


def confined(calls: dict[str, list[str]], marker: str) -> int:
    """Demand that whoever reads what is marked had given up everything before, and asked for nothing since; count them."""
    found = 0
    for own in calls.values():
        locked = [place for place, call in enumerate(own) if "SECCOMP_MODE_FILTER" in call]
        if locked:
            found += 1
            after = [call.partition("(")[0] for call in own[locked[-1] + 1 :]]
            assert set(after) <= LEFT, set(after) - LEFT
            assert not [call for call in own[: locked[-1]] if call.startswith("read(0,") and marker and marker in call]
            assert [call for call in own[locked[-1] :] if marker in call]
            before = "\n".join(own[: locked[-1]])
            assert all(f"RLIMIT_{name}" in before for name in ("NOFILE", "FSIZE", "NPROC", "CORE", "AS", "CPU"))
            assert all(word in before for word in ("PR_SET_NO_NEW_PRIVS", "PR_SET_DUMPABLE", "PR_SET_PDEATHSIG"))
            assert not [call for call in own if call.startswith(("socket(", "connect("))]
    return found


@pytest.mark.parametrize("kind", STARTS)
def test_decoding_opens_nothing_and_connects_nowhere(tmp_path: Path, kind: str) -> None:
    """Of every kind, with all that is looked at besides pixels: EXIF, its position, a profile of colours."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "No such camera"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "12345"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sink = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(sink, kind, exif=exif, icc_profile=profile)
    (tmp_path / "picture").write_bytes(sink.getvalue())

    calls = traced(tmp_path, "-c", DEVELOP, tmp_path / "picture")

    assert confined(calls, STARTS[kind]) == 1


def test_reading_sheets_opens_nothing_and_connects_nowhere(tmp_path: Path) -> None:
    """Of every kind that is read, with each try at it."""
    kinds = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "PPM")
    for kind in kinds:
        Image.effect_noise((64, 48), 50).convert("RGB").save(tmp_path / kind, kind)

    calls = traced(tmp_path, "-c", SCAN, *(tmp_path / kind for kind in kinds))

    assert confined(calls, "") == len(kinds)


@pytest.mark.parametrize("maker", ["protected", "shown"])
def test_publishing_decodes_nowhere_else(tmp_path: Path, maker: str) -> None:
    """The passphrase was read, and keys are open: none of that is in the process that decodes, nor in its arguments."""
    room = house.make(tmp_path / "room")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(pictures.jpeg())
    assert room.seal(tmp_path / "in", "-o", tmp_path / "parts").status == 0
    assert room.receive(tmp_path / "parts").status == 0
    ident = run("objects", *room.secret).out.split()[0]
    (room.path / "stories/road.md").write_text(STORY % (ident, maker))

    calls = traced(tmp_path, "-m", "tamizdat.cli.main", "publish", "road", *room.secret)

    assert confined(calls, STARTS["JPEG"]) == 1
    (own,) = [own for own in calls.values() if any("SECCOMP_MODE_FILTER" in call for call in own)]
    assert not [call for call in own if house.PASSPHRASE in call or "AGE-SECRET-KEY" in call]
    assert not re.search(r'openat\([^"]*"[^"]*/room/', "\n".join(own))
