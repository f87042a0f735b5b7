"""What a stranger's file says of itself moves no box and shows nothing: which way up it is, and what is under its see-through parts."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from tamizdat.adapters.cell import Cell
from tamizdat.redaction import metadata
from tamizdat.redaction import picture as redacting
from tamizdat.wire import developing, picture
from tests.redaction.pictures import exif, scene, written
from tests.wire.test_picture import file, render, shown, wanted


XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def half(kind: str, exif: int | None = None, xmp: bytes = b"") -> io.BytesIO:
    """A picture, left half white and right half black, that says which way up it is in EXIF, in XMP, or in both."""
    image = Image.new("L", (96, 64))
    image.paste(255, (0, 0, 48, 64))
    options: dict[str, object] = {}
    if kind == "PNG" and xmp:
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())  # type: ignore[attr-defined]
    elif kind == "TIFF":
        options["tiffinfo"] = ({700: xmp} if xmp else {}) | ({274: exif} if exif else {})
    elif xmp:
        options["xmp"] = xmp
    if exif and kind != "TIFF":
        told = Image.Exif()
        told[ExifTags.Base.Orientation] = exif
        options["exif"] = told
    return file(image if kind in {"JPEG", "PNG", "TIFF"} else image.convert("RGB"), kind, **options)


@pytest.mark.parametrize(
    ("kind", "exif"),
    [
        *(("JPEG", turn) for turn in (None, 1, 2, 3, 4, 5, 6, 7, 8)),
        *((kind, turn) for kind in ("PNG", "TIFF", "WEBP") for turn in (None, 3, 8)),
    ],
)
def test_which_way_up_a_picture_is_only_its_exif_says(kind: str, exif: int | None) -> None:
    """As in browsers and in the provable file: XMP that says otherwise moves no box away from what it should hide."""
    said = exif or 1
    raw = half(kind, exif, XMP)

    rendered = render(raw, wanted())
    raw.seek(0)
    with Cell(picture.WORK) as cell:
        stored = picture.measure(cell, raw)

    image = shown(rendered)
    assert (stored.size, stored.turn) == ((96, 64), said)
    assert image.size == ((64, 96) if said >= 5 else (96, 64))
    left, top, width, height = redacting.upright((0, 0, 48, 64), (96, 64), said)
    assert min(image.getpixel((left + width // 2, top + height // 2))) > 240
    assert max(image.getpixel((image.width - 1 - left - width // 2, image.height - 1 - top - height // 2))) < 16


@pytest.mark.parametrize("kind", ["RGBA", "LA", "RGBA 16", "LA 16", "P"])
def test_what_was_made_see_through_is_white_and_leaves_no_trace(kind: str) -> None:
    """Two pictures that differ only under see-through pixels become the same copy, to the byte."""
    mode, _, number = kind.partition(" ")
    depth = int(number or 8)
    copies = []
    for salt in (0, 1):
        if mode == "P":
            pixels = np.where(np.arange(96) < 48, 1 + salt, 0) * np.ones((64, 1), int)
            chunks = (("PLTE", bytes([0, 0, 0, 9, 9, 9, 200, 0, 0])), ("tRNS", bytes([255, 0, 0])))
            raw = written("P", pixels, chunks)
        else:
            pixels = np.array(scene(96, 64, mode)).astype(int)
            pixels[:, :48, :-1] = np.random.default_rng(salt).integers(0, 255, (64, 48, pixels.shape[2] - 1))
            pixels[:, :, -1], pixels[:, :48, -1] = 255, 0
            raw = written(mode, pixels * (257 if depth == 16 else 1), (), depth)
        copies.append(render(io.BytesIO(raw), wanted()))

    assert copies[0].jpeg == copies[1].jpeg
    assert min(shown(copies[0]).getpixel((20, 30))) > 250
    assert "what lay under its see-through parts (they are white now)" in copies[0].removed


def test_a_cell_reads_which_way_up_a_picture_is_as_its_proof_does() -> None:
    """Whole EXIF, and EXIF of which a byte or a stretch is another."""
    dice, turns = random.Random("turns"), set()
    for number in range(3000):
        tiff = bytearray(exif(number % 9)[6:])
        for _ in range(dice.randrange(3)):
            tiff[dice.randrange(90)] = dice.choice([0, 1, 3, 4, 8, 0x12, 255, dice.randrange(256)])
        whole = [item for item in metadata.png_items([("eXIf", bytes(tiff))]) if item.path == metadata.ORIENTATION]
        assert len(whole) < 2
        turns.add(turn := developing.turned(bytes(tiff)))
        assert turn == metadata.orientation(whole), bytes(tiff[:90]).hex()
    assert turns == set(range(1, 9))
