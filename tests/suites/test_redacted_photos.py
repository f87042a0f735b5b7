"""Real photographs by many makers: each is committed to by parts, or all or nothing with its reason."""

from __future__ import annotations

import os

from pathlib import Path

import numpy as np
import pytest

from tamizdat.redaction import codec, commitment, jpeg, metadata, picture, verify
from tests import tools
from tests.redaction import pictures
from tests.redaction.pictures import SEED


# What is known to be broken: this file was cut short by those who keep it as a test.
WHOLE_ONLY = {"pixel-motion-photo-shortened.jpg": "breaks off"}


def photographs() -> list[object]:
    base = Path(os.environ.get("TAMIZDAT_INPUTS") or tools.ROOT.parent / "shared" / "inputs")
    found = [
        path
        for folder in ("photos", "photojournalism", "suites/c2pa")
        for path in sorted((base / folder).rglob("*"))
        if path.suffix.lower() in {".jpg", ".jpeg"}
    ]
    return [pytest.param(path, id=path.name) for path in found] or [pytest.param(None, id="none")]


@pytest.mark.parametrize("path", photographs())
def test_one_face_is_hidden_and_the_rest_is_proven(path) -> None:
    """Committed, a box in the middle hidden, verified; and every coefficient kept is one that libjpeg shows alike."""
    if path is None:
        tools.inputs("photos")
    raw = path.read_bytes()
    made = commitment.commit(SEED, raw)
    if path.name in WHOLE_ONLY:
        assert WHOLE_ONLY[path.name] in made.reason
        return

    read = codec.read(raw)
    width, height = read.header.width, read.header.height
    if metadata.orientation(metadata.items(read.segments)) >= 5:
        width, height = height, width
    box = (width // 3, height // 3, max(1, width // 8), max(1, height // 8))
    redacted = picture.redact(SEED, raw, hide=[box], disclose=["date", "place"])
    verdict = verify.verify(redacted.file, redacted.proof, made.root)

    assert not made.reason
    assert 0 < len(verdict.hidden) < verdict.tiles
    kept = np.ones(verdict.tiles, bool)
    kept[list(verdict.hidden)] = False
    assert np.array_equal(codec.read(redacted.file).tiles[kept], read.tiles[kept])
    assert removed(read, redacted) == b""
    # Nothing hidden: libjpeg shows the new file as it shows the original, pixel for pixel.
    again = b"\xff\xd8" + b"".join(jpeg.segments(read.header, ())) + read.write()
    assert np.array_equal(pictures.pixels(again), pictures.pixels(raw[: len(raw) - len(read.trailer)]))


def removed(read: codec.Picture, redacted: picture.Redacted) -> bytes:
    """Find a stretch of 16 bytes of anything that was left out (thumbnails, maker notes, previews) in what is published."""
    ours = b"\xff\xd8" + b"".join(jpeg.segments(read.header, redacted.shown))
    assert redacted.file.startswith(ours)
    # Tables and frame follow from what is shown; a thumbnail may well have the like.
    body = redacted.file[redacted.file.index(b"\xff\xda", len(ours)) :]
    known = np.sort(stretches(body))
    for left_out in (*(one.data for one in read.segments), read.trailer):
        tried = stretches(left_out)
        near = known[np.minimum(np.searchsorted(known, tried), len(known) - 1)]
        for one in (left_out[at : at + 16] for at in np.flatnonzero(near == tried)):
            if len(set(one)) > 3 and one in body:
                return one
    return b""


def stretches(raw: bytes) -> np.ndarray:
    """A number for each stretch of 16 bytes; equal ones have equal numbers."""
    bytes_ = np.frombuffer(raw, np.uint8).astype(np.uint64)
    if len(bytes_) < 16:
        return np.zeros(0, np.uint64)
    value = np.zeros(len(bytes_) - 15, np.uint64)
    for at in range(16):
        value = value * np.uint64(0x9E3779B97F4A7C15) + bytes_[at : at + len(value)]
    return value


def test_each_spoiled_jpeg_is_taken_by_parts_or_as_a_whole_with_its_reason() -> None:
    """Files that were made to break other readers; nothing but our own reader, in its sandbox, looks at them."""
    told = {}
    for path in sorted(tools.inputs("hostile").rglob("*.jp*g")):
        made = commitment.commit(SEED, path.read_bytes())
        told[path.name] = made.reason or made.covers

    assert len(told) > 40
    assert all(told.values())
    assert sum(reason == commitment.PARTS for reason in told.values()) >= 5
