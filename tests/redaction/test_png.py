"""PNG by parts: pixels are proven as they are, at every depth, and written again without loss."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest

from PIL import Image

from tamizdat.primitives.errors import TamizdatError, TrustError
from tamizdat.redaction import commitment, picture, png, proof, verify
from tests.redaction import pictures
from tests.redaction.pictures import SEED


def drawn(mode: str) -> bytes:
    if mode == "I;16":
        image = Image.fromarray((np.arange(150 * 100).reshape(100, 150) * 4).astype("uint16"))
    else:
        image = pictures.scene(150, 100, mode)
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
def test_what_is_shown_of_a_png_is_the_originals(mode: str) -> None:
    """By libpng's own reading, at every depth, outside of the tiles that were hidden."""
    raw = drawn(mode)
    root = commitment.commit(SEED, raw).root
    hidden = picture.redact(SEED, raw, hide=[(70, 40, 20, 10)])
    cropped = picture.redact(SEED, raw, crop=(32, 0, 118, 64))

    verify.verify(hidden.file, hidden.proof, root)
    verify.verify(cropped.file, cropped.proof, root)

    before, after = pictures.pixels(raw), pictures.pixels(hidden.file)
    changed = np.argwhere((before != after).reshape(100, 150, -1).any(axis=2))
    assert changed.min(axis=0).tolist() >= [32, 64]
    assert changed.max(axis=0).tolist() <= [63, 95]
    assert np.array_equal(pictures.pixels(cropped.file), before[:64, 32:])
    assert np.array_equal(pictures.pixels(picture.redact(SEED, raw).file), before)


def test_any_lossless_copy_of_a_png_verifies_and_no_other() -> None:
    """Filters and packing are free; a single bit of a pixel is not."""
    raw = drawn("RGB")
    root = commitment.commit(SEED, raw).root
    redacted = picture.redact(SEED, raw, hide=[(70, 40, 20, 10)])
    pixels = pictures.pixels(redacted.file).copy()

    def saved() -> bytes:
        sink = io.BytesIO()
        Image.fromarray(pixels).save(sink, "PNG", compress_level=1)
        return sink.getvalue()

    verify.verify(saved(), redacted.proof, root)
    for place, code in (((5, 5, 1), "redaction-root"), ((50, 80, 0), "redaction-hidden")):
        pixels[place] ^= 1
        with pytest.raises(TrustError) as caught:
            verify.verify(saved(), redacted.proof, root)
        assert caught.value.code == code
        pixels[place] ^= 1


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
def test_pngs_that_differ_only_where_it_is_hidden_give_the_same_bytes(mode: str) -> None:
    """Packing and filters tell nothing of what is hidden; nor does the length of the proof."""
    raw = drawn(mode)
    other = png.read(raw)
    other.tiles[1 * other.header.grid[0] + 2] ^= np.uint8(0xFF)
    other_raw = other.publish(())
    assert not np.array_equal(pictures.pixels(raw), pictures.pixels(other_raw))

    one, two = (picture.redact(SEED, each, hide=[(70, 40, 20, 10)]) for each in (raw, other_raw))

    assert one.file == two.file
    assert len(one.proof) == len(two.proof)
    assert one.hidden == 1


def test_every_change_of_a_png_or_its_proof_is_found() -> None:
    """One bit each of a byte of any tile, or of any byte of the proof."""
    raw, dice = drawn("RGB"), np.random.default_rng(8)
    root = commitment.commit(SEED, raw).root
    redacted = picture.redact(SEED, raw, hide=[(70, 40, 20, 10)], disclose=["colours"])
    made, read = proof.read(redacted.proof), png.read(redacted.file)
    verify.check(read, made, root)

    for _ in range(150):
        # Four rows of 22 pixels lie in the picture even in the last tile.
        at = int(dice.integers(len(read.tiles))), int(dice.integers(4)) * 96 + int(dice.integers(66))
        read.tiles[at] ^= 1 << int(dice.integers(8))
        with pytest.raises(TrustError):
            verify.check(png.read(read.publish(redacted.shown)), made, root)
        read.tiles[at] = png.read(redacted.file).tiles[at]
    for at in range(len(redacted.proof)):
        other = bytearray(redacted.proof)
        other[at] ^= 1 << int(dice.integers(8))
        with pytest.raises(TamizdatError):
            verify.check(read, proof.read(bytes(other)), root)


def test_nothing_but_pixels_is_left_of_a_png() -> None:
    """Texts, times and EXIF are gone, unless they are shown; what lies behind the picture too."""
    chunks = [("tEXt", b"Author\0somebody with a name"), ("tIME", bytes(7)), ("eXIf", pictures.exif()[6:])]
    raw = drawn("RGB")
    raw = raw[:33] + b"".join(png.chunk(*one) for one in chunks) + raw[33:] + b"and a trailer"
    root = commitment.commit(SEED, raw).root

    bare = picture.redact(SEED, raw, hide=[(0, 0, 5, 5)])
    dated = picture.redact(SEED, raw, hide=[(0, 0, 5, 5)], disclose=["date", "png:tEXt"])
    verdict = verify.verify(dated.file, dated.proof, root)

    at, kinds = 8, []
    while at < len(bare.file):
        (length,) = struct.unpack_from(">I", bare.file, at)
        kinds.append(bare.file[at + 4 : at + 8])
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert b"somebody" not in bare.file + bare.proof
    assert sorted(item.path for item in verdict.items) == ["exif:0/8769/9003", "png:tEXt"]


def test_a_bomb_is_unpacked_no_further_than_the_picture_is_large() -> None:
    """A few bytes that unpack to more than was promised."""
    ihdr = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    bomb = [("IHDR", ihdr), ("IDAT", zlib.compress(bytes(50_000_000))), ("IEND", b"")]

    made = commitment.commit(SEED, png.SIGNATURE + b"".join(png.chunk(*one) for one in bomb))

    assert "more or fewer" in made.reason


def test_what_goes_out_besides_pixels_and_tells_more_than_they_do_is_noted() -> None:
    """A palette has the colours of what is hidden; a profile may have a name in it."""
    flat, photograph = drawn("P"), pictures.jpeg(icc_profile=b"the screen of somebody with a name")

    assert picture.redact(SEED, flat).notes == ()
    assert "palette" in " ".join(picture.redact(SEED, flat, hide=[(0, 0, 5, 5)]).notes)
    assert "colours may look different" in " ".join(picture.redact(SEED, photograph).notes)
    assert "goes out whole" in " ".join(picture.redact(SEED, photograph, disclose=["colours"]).notes)
