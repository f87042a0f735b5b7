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
        for folder in ("photos", "photojournalism")
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
    # Nothing hidden: libjpeg shows the new file as it shows the original, pixel for pixel.
    again = b"\xff\xd8" + b"".join(jpeg.segments(read.header, ())) + read.write()
    assert np.array_equal(pictures.pixels(again), pictures.pixels(raw[: len(raw) - len(read.trailer)]))
