"""Coefficients are read strictly, as libjpeg reads them, and written again without loss."""

from __future__ import annotations

import io
import os
import struct

from collections.abc import Callable

import numpy as np
import pytest

from PIL import Image

from tamizdat.primitives.errors import AdapterError, FormatError
from tamizdat.redaction import codec, jpeg, png
from tamizdat.redaction.codec import machine
from tests import tools, vectors
from tests.redaction import pictures
from tools import wasm


KINDS = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "grey": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
    "progressive": {"progressive": True},
    "progressive grey": {"progressive": True, "mode": "L"},
    "progressive 4:4:4, coarse": {"progressive": True, "subsampling": "4:4:4", "quality": 30},
    "progressive, fine": {"progressive": True, "quality": 98},
    "restarts": {"restart_marker_blocks": 3},
    "restarts by rows, progressive": {"restart_marker_rows": 1, "progressive": True},
    "RGB": {"keep_rgb": True, "subsampling": "4:4:4"},
    "best codes": {"optimize": True},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(150, 100), (33, 1), (64, 96)])
def test_what_is_written_again_shows_the_same_pixels(kind: str, size: tuple[int, int]) -> None:
    """Equal coefficients, tables and colours: libjpeg cannot tell the two files apart."""
    raw = pictures.jpeg(*size, **KINDS[kind])
    picture = codec.read(raw)
    tiles = picture.tiles.copy()
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([picture.header.transform % 255])
    again = pictures.wrap(picture, *([] if picture.header.transform in {1, 255} else [adobe]))

    assert np.array_equal(pictures.pixels(raw), pictures.pixels(again))
    assert np.array_equal(codec.read(again).tiles, tiles)
    assert codec.read(again).header == picture.header


def test_4_4_0_and_4_1_1_are_read_like_the_others() -> None:
    """Turned by a quarter, 4:2:2 becomes 4:4:0; jpegtran moves coefficients and changes none."""
    jpegtran = tools.need("jpegtran")
    upright = pictures.jpeg(160, 96, subsampling="4:2:2")
    turned = pictures.jpegtran(jpegtran, upright, "-rotate", "90", "-copy", "none")

    picture = codec.read(turned)

    assert [(one.h, one.v) for one in picture.header.components] == [(1, 2), (1, 1), (1, 1)]
    assert np.array_equal(pictures.pixels(pictures.wrap(picture)), pictures.pixels(turned))


@pytest.mark.parametrize("options", [(), ("-optimize",), ("-progressive",), ("-restart", "1"), ("-restart", "2B")])
def test_other_spellings_of_one_picture_have_one_header_and_the_same_tiles(options: tuple[str, ...]) -> None:
    """What jpegtran may change without loss is not committed to."""
    raw = pictures.jpeg(progressive=True)

    one, other = codec.read(raw), codec.read(pictures.jpegtran(tools.need("jpegtran"), raw, *options))

    assert one.header.write() == other.header.write()
    assert np.array_equal(one.tiles, other.tiles)


def test_the_best_codes_are_as_good_as_libjpegs() -> None:
    """Byte for byte as long as what jpegtran -optimize writes."""
    raw = pictures.jpeg(500, 400)

    ours = pictures.wrap(codec.read(raw), b"\xff\xe0\x00\x10JFIF" + bytes(10))

    assert len(ours) == len(pictures.jpegtran(tools.need("jpegtran"), raw, "-optimize", "-copy", "none"))


@pytest.mark.parametrize("sampling", [((2, 2), (1, 2), (2, 1)), ((4, 1), (1, 1), (1, 1)), ((1, 4), (1, 2), (1, 1))])
def test_random_coefficients_come_back_as_they_were(sampling: tuple[tuple[int, int], ...]) -> None:
    """The largest and the smallest too, in every place of every tile."""
    dice = np.random.default_rng(4)
    components = tuple(
        codec.Component(id=9 - n, h=h, v=v, quantiser=(1, *[300] * 63)) for n, (h, v) in enumerate(sampling)
    )
    header = codec.Header(width=70, height=129, transform=1, components=components)
    across, down = header.grid
    tiles = np.zeros((across * down, header.tile_blocks * 64), np.int16)
    tiles[0] = dice.integers(-1023, 1024, tiles.shape[1])
    tiles[0, :64] = -1023
    tiles[0, 0] = -1024
    tiles[across] = dice.integers(-1, 2, tiles.shape[1])
    tiles[across, 63] = 1023

    picture = codec.build(header, tiles)
    again = codec.read(pictures.wrap(picture, b"\xff\xe0\x00\x10JFIF" + bytes(10)))

    assert again.header == header
    assert np.array_equal(again.tiles, tiles)
    with pytest.raises(ValueError, match="1023"):
        codec.build(header, tiles * 2).write()


@pytest.mark.parametrize(
    "vector", [v for v in vectors.load("redaction") if v.name.startswith(("jpeg-", "png-"))], ids=lambda v: v.name
)
def test_every_flaw_is_refused_by_its_name(vector: vectors.Vector) -> None:
    """The vectors of docs/spec/redaction.md."""
    read = png.read if vector.name.startswith("png-") else codec.read
    if vector.expect == "whole":
        read(vector.file)
        return
    with pytest.raises(FormatError) as caught:
        read(vector.file)

    assert caught.value.code == vector.expect


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
def test_a_file_cut_anywhere_is_refused(options: dict[str, object]) -> None:
    """libjpeg fills up with grey and goes on; a commitment to that would be one to nothing."""
    raw = pictures.jpeg(60, 40, exif=b"", **options)

    for end in (*range(0, len(raw) - 40, 7), *range(len(raw) - 40, len(raw))):
        with pytest.raises(FormatError):
            codec.read(raw[:end])


def test_what_follows_the_end_is_told_apart() -> None:
    """A second picture behind the first (MPF, gain maps, motion photos) is no part of it."""
    raw = pictures.jpeg(60, 40)

    assert codec.read(raw + b"more").trailer == b"more"
    assert codec.read(raw).trailer == b""


def test_a_picture_beyond_the_memory_is_refused_before_it_is_read() -> None:
    """A head that promises 65,535 x 65,535 pixels costs nothing."""
    raw = pictures.jpeg(60, 40, exif=b"")
    at = raw.index(b"\xff\xc0") + 5
    bomb = raw[:at] + b"\xff\xff\xff\xff" + raw[at + 4 :]

    with pytest.raises(FormatError) as caught:
        codec.read(bomb)

    assert caught.value.code == "jpeg-limit"


def _laborious(count: int = 631) -> bytes:
    """A grey picture of 1,024 x 1,024 pixels in 631 scans of a few bytes: one for each bit of each coefficient."""
    table = jpeg.segment(0xDB, b"\0" + b"\1" * 64)
    frame = jpeg.segment(0xC2, struct.pack(">BHHBBBB", 8, 1024, 1024, 1, 1, 0x11, 0))
    # One code of one bit each: a difference of 0; "these and 16,383 more blocks end here" with its 14 bits.
    codes = [
        jpeg.segment(0xC4, start + b"\1" + bytes(15) + value) for start, value in ((b"\0", b"\0"), (b"\x10", b"\xe0"))
    ]
    scans = [jpeg.segment(0xDA, b"\1\1\0\0\0\0") + bytes(2048)]
    for place in range(1, 64):
        for low in range(9, -1, -1):
            scans.append(jpeg.segment(0xDA, bytes([1, 1, 0, place, place, (low + 1) % 10 << 4 | low])) + bytes(2))
    return b"\xff\xd8" + table + frame + b"".join((*codes, *scans[:count])) + b"\xff\xd9"


def _all_tables() -> bytes:
    """A thousand tables of codes, of which each costs a hundred times more than its bytes."""
    one = jpeg.segment(0xC4, b"\x10\1" + bytes(15) + b"\0")
    return pictures.jpeg(60, 40, exif=b"").replace(b"\xff\xc0", one * 1022 + b"\xff\xc0", 1)


@pytest.mark.parametrize("bomb", [_laborious, _all_tables])
def test_a_picture_that_is_all_labour_is_refused_with_the_same_answer_everywhere(bomb: Callable[[], bytes]) -> None:
    """Not by the time it takes, which is another elsewhere."""
    with pytest.raises(FormatError) as caught:
        codec.read(bomb())

    assert caught.value.code == "jpeg-limit"


def test_a_picture_gets_no_more_memory_than_it_may() -> None:
    """The module asks for more than the sandbox has, and says so; nothing outside of it grows."""
    raw = pictures.jpeg(1500, 1000)
    small = machine.Machine(memory=4 << 20)
    address = small.place(raw)

    flaw = small.call("decode", address, len(raw))

    with pytest.raises(FormatError) as caught:
        codec._check(flaw, 0)
    assert caught.value.code == "jpeg-limit"


def test_a_picture_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module cannot be made to run on: the deadline stands outside of it."""
    monkeypatch.setattr(machine, "_TICK", 0.001)
    # The one that still runs for the tests before keeps the old time.
    monkeypatch.setattr(machine, "_clock", machine._Clock())
    sink = io.BytesIO()
    Image.effect_noise((4000, 3000), 60).save(sink, "JPEG", quality=98)
    raw = sink.getvalue()
    slow = machine.Machine(seconds=0.001)
    address = slow.place(raw)

    with pytest.raises(AdapterError) as caught:
        slow.call("decode", address, len(raw))

    assert caught.value.code == "codec-time"


def test_a_machine_without_the_sandbox_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can still seal, with files all or nothing."""
    monkeypatch.setattr(machine, "wasmtime", None)

    with pytest.raises(AdapterError) as caught:
        codec.read(pictures.jpeg(40, 40))

    assert caught.value.code == "codec-missing"


def test_many_at_once_are_all_read_right() -> None:
    """Each picture has an instance of its own."""
    from concurrent.futures import ThreadPoolExecutor

    raws = [pictures.jpeg(90 + n, 70, salt=n) for n in range(6)]
    alone = [codec.read(raw).tiles.copy() for raw in raws]

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda raw: codec.read(raw).tiles.copy(), raws * 3))

    assert all(np.array_equal(alone[n % 6], tiles) for n, tiles in enumerate(together))


def test_the_module_imports_nothing_and_stays_small() -> None:
    """It cannot call out of its sandbox, and a page can carry it."""
    _, module = machine._module()

    assert list(module.imports) == []
    assert len(wasm.MODULE.read_bytes()) < 40_000


def test_the_module_hashes_as_fips_180_4_says() -> None:
    """For the page; Python uses its own."""
    import hashlib

    for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 3105):
        data = os.urandom(length)
        runner = machine.Machine()
        source, target = runner.place(data or b"\0"), runner.ask("alloc", 32)
        runner.ask("sha256", source, length, target)
        assert runner.bytes_at(target, 32).tobytes() == hashlib.sha256(data).digest()


def test_the_header_says_what_a_viewer_needs_and_nothing_else() -> None:
    """Byte by byte as docs/spec/redaction.md has it."""
    header = codec.read(pictures.jpeg(150, 100, subsampling="4:2:0")).header

    raw = header.write()

    assert raw[:20] == b"TJC1\x01\x00\x20" + struct.pack(">II", 150, 100) + b"\x03\x02\x02\x01" + b"\x01"
    assert len(raw) == 19 + 3 * (3 + 128)
    table = Image.open(io.BytesIO(pictures.jpeg())).quantization[0]
    assert list(header.components[0].quantiser)[:2] == [table[0], table[1]]
