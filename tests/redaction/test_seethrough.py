"""Whoever makes a part of a PNG see-through has not hidden it: such a picture does not go out unasked."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tamizdat.primitives.errors import UsageError
from tamizdat.redaction import commitment, metadata, picture, png, seethrough, verify
from tests.redaction import pictures
from tests.redaction.pictures import SEED, written


# 150 x 100 pixels; what is erased lies in the tiles 2 and 3 of the second line.
ERASED = (slice(40, 50), slice(70, 110))
NAMED = "64,32,64,32"
KINDS = ["RGBA", "LA", "RGBA 16", "LA 16", "P 1", "P 2", "P 4", "P 8"]


def erased(kind: str, alpha: int = 0, *, even: bool = False) -> bytes:
    """Draw a picture of which a part was made see-through, its colours left; or with one colour under it."""
    mode, _, number = kind.partition(" ")
    depth = int(number or 8)
    if mode == "P":
        # Two numbers that are seen, two that are not, whose colours differ.
        most = (1 << depth) - 1
        clear = np.arange(100 * 150).reshape(100, 150) % 2 if depth > 1 else np.ones((100, 150), int)
        pixels = np.zeros((100, 150), int)
        pixels[ERASED] = np.minimum(most, 2 + clear[ERASED]) if depth > 1 else 1
        if depth == 1:
            pixels[70:80, 10:20] = 0
            alphas = bytes([alpha, alpha])  # all of it: the two colours are the picture
        else:
            alphas = bytes([255, 255, alpha, alpha])
        shades = bytes(12) if even else bytes(range(12))
        return written("P", pixels, (("PLTE", shades[: 3 << depth]), ("tRNS", alphas)), depth)
    pixels = np.array(pictures.scene(150, 100, mode)).astype(int)
    most = 255
    if depth == 16:
        pixels, most = pixels * 257, 65535
        alpha *= 257
    pixels[:, :, -1] = most
    pixels[(*ERASED, -1)] = alpha
    if even:
        pixels[(*ERASED, slice(None, -1))] = 77
    return written(mode, pixels, (), depth)


@pytest.mark.parametrize("alpha", [0, 1, 128, 254])
@pytest.mark.parametrize("kind", KINDS)
def test_colours_under_what_is_not_opaque_do_not_go_out_unasked(kind: str, alpha: int) -> None:
    """At every depth and colour type; boxes are named that are enough; asked for, it goes out as it is."""
    raw = erased(kind, alpha)

    with pytest.raises(UsageError) as caught:
        picture.redact(SEED, raw)

    assert caught.value.code == "redact-see-through"
    assert "--see-through shown" in caught.value.mend
    named = str(caught.value).rpartition(" in ")[2].split(" and ")
    if kind != "P 1":
        assert named == [NAMED]
    hidden = picture.redact(SEED, raw, hide=[tuple(map(int, box.split(","))) for box in named])
    shown = picture.redact(SEED, raw, see_through=True)
    root = commitment.commit(SEED, raw).root
    verify.verify(hidden.file, hidden.proof, root)
    verify.verify(shown.file, shown.proof, root)


@pytest.mark.parametrize("kind", KINDS)
def test_one_colour_under_all_of_it_tells_nothing(kind: str) -> None:
    picture.redact(SEED, erased(kind, even=True))
    picture.redact(SEED, erased(kind, alpha=100, even=True))


@pytest.mark.parametrize(
    "raw",
    [
        written("RGB", np.array(pictures.scene(150, 100)), (("tRNS", struct.pack(">HHH", 7, 8, 9)),)),
        written("L", np.arange(15_000).reshape(100, 150), (("tRNS", struct.pack(">H", 4711)),), 16),
        written("L", np.arange(15_000).reshape(100, 150) % 4, (("tRNS", struct.pack(">H", 3)),), 2),
        written("P", np.arange(15_000).reshape(100, 150) % 4, (("PLTE", bytes(range(12))), ("tRNS", b"\xff\xff"))),
        erased("RGBA", alpha=255),
        erased("P 4", alpha=255),
    ],
    ids=["one colour", "one grey of 16 bits", "one grey of 2 bits", "all opaque", "opaque", "opaque palette"],
)
def test_where_nothing_or_one_colour_is_declared_see_through_nobody_is_asked(raw: bytes) -> None:
    assert picture.redact(SEED, raw).hidden == 0


def test_what_is_hidden_or_cut_away_needs_no_answer() -> None:
    """And the usual colour under see-through parts is nothing to hide."""
    raw = erased("RGBA")

    assert picture.redact(SEED, raw, crop=(0, 0, 64, 96)).width == 64
    assert picture.redact(SEED, raw, hide=[(64, 32, 64, 32)]).hidden == 2

    pixels = pictures.pixels(raw).copy()
    pixels[80:, :] = (255, 255, 255, 0)  # a white ground, taken away
    with pytest.raises(UsageError) as caught:
        picture.redact(SEED, written("RGBA", pixels))
    assert str(caught.value).endswith(f"in {NAMED}")


def test_boxes_are_named_in_the_upright_picture() -> None:
    """What is named can be typed as it stands, whichever way the picture lies."""
    raw = erased("RGBA")
    for turn in range(1, 9):
        turned = raw[:33] + png.chunk("eXIf", pictures.exif(turn)[6:]) + raw[33:]
        with pytest.raises(UsageError) as caught:
            picture.redact(SEED, turned)
        box = tuple(map(int, str(caught.value).rpartition(" in ")[2].split(",")))

        made = picture.redact(SEED, turned, hide=[box])

        verdict = verify.verify(made.file, made.proof, commitment.commit(SEED, turned).root)
        assert verdict.hidden == (7, 8)
        assert metadata.orientation(verdict.items) == turn


@given(st.integers(1, 8), st.integers(1, 90), st.integers(1, 90), st.data())
def test_a_box_turned_upright_and_back_is_the_same(turn: int, width: int, height: int, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = (left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))

    assert picture.stored(picture.upright(box, (width, height), turn), (width, height), turn) == box


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=12))
def test_boxes_hold_every_tile_and_where_they_are_few_no_other(rows: list[list[bool]]) -> None:
    flags = np.array(rows)
    boxes = seethrough.boxes(flags.ravel(), 5, (5 * 32, len(rows) * 32))

    held = np.zeros_like(flags)
    for left, top, width, height in boxes:
        held[top // 32 : (top + height) // 32, left // 32 : (left + width) // 32] = True
    assert len(boxes) <= seethrough.MAX_BOXES
    assert not (flags & ~held).any()
    assert len(boxes) == 1 or not (held & ~flags).any()


def test_a_viewer_sees_nothing_of_what_was_found() -> None:
    """The reason for all this: on white the erased part is white, and its colours are in the file."""
    raw = erased("RGBA")
    with Image.open(io.BytesIO(raw)) as image:
        seen = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L")

    assert np.array(seen)[ERASED].min() == 255
    assert len(np.unique(pictures.pixels(raw)[(*ERASED, slice(3))].reshape(-1, 3), axis=0)) > 100
