"""Published pictures are written new: upright, in sRGB, with boxes that hide, and nothing but pixels."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from PIL import ExifTags, Image, ImageCms

from tamizdat.adapters.cell import Cell
from tamizdat.primitives.errors import FormatError
from tamizdat.wire import picture
from tamizdat.wire.story import Picture


def wanted(**changes: object) -> Picture:
    return Picture(object="0" * 16, credit="c", alt="a", **changes)


def render(original: io.BytesIO, wanted: Picture, longest: int = picture.LONGEST) -> picture.Rendered:
    with Cell(picture.WORK) as cell:
        return picture.render(cell, original, wanted, longest)


def file(image: Image.Image, kind: str = "JPEG", **options: object) -> io.BytesIO:
    sink = io.BytesIO()
    image.save(sink, kind, **options)
    sink.seek(0)
    return sink


def camera_file() -> io.BytesIO:
    """A picture, left half red and right half blue, as a camera held upright would write it."""
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (200, 0, 400, 200))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "No such camera"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "12345"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return file(image, exif=exif, icc_profile=profile, comment=b"secret comment")


def shown(rendered: picture.Rendered) -> Image.Image:
    return Image.open(io.BytesIO(rendered.jpeg))


def test_a_camera_file_comes_out_upright_with_pixels_only() -> None:
    """Orientation is applied, and every trace is named and gone."""
    rendered = render(camera_file(), wanted())

    image = shown(rendered)
    assert image.size == (rendered.width, rendered.height) == (200, 400)
    red, blue = image.getpixel((100, 50)), image.getpixel((100, 350))
    assert red[0] > 200 > 60 > red[2] and blue[2] > 200 > 60 > blue[0]
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert not image.getexif()
    assert b"secret" not in rendered.jpeg and b"12345" not in rendered.jpeg
    assert {"GPS position", "camera serial number", "camera make and model", "comment"} <= set(rendered.removed)


def test_a_box_hides_to_the_last_pixel() -> None:
    """A white field under a box on black leaves no light at all: not by reduction, not by the JPEG around its edge."""
    image = Image.new("RGB", (4000, 3000))
    image.paste("white", (1001, 1003, 1203, 1207))

    rendered = render(file(image), wanted(hide=((1001, 1003, 202, 204),)))

    assert (rendered.width, rendered.height) == (1600, 1200)
    assert max(high for _, high in shown(rendered).getextrema()) < 48


def test_the_crop_counts_in_the_upright_picture_and_boxes_move_with_it() -> None:
    rendered = render(camera_file(), wanted(crop=(50, 150, 100, 100), hide=((50, 150, 20, 20),)), longest=50)

    image = shown(rendered)
    assert image.size == (50, 50)
    assert max(image.getpixel((3, 3))) < 60
    assert image.getpixel((40, 10))[0] > 200 and image.getpixel((40, 40))[2] > 200


@pytest.mark.parametrize("box", [{"crop": (0, 0, 201, 10)}, {"hide": ((190, 0, 20, 20),)}])
def test_a_box_outside_the_picture_is_refused(box: dict[str, object]) -> None:
    """Better no picture than a box somewhere else than its writer thought."""
    with pytest.raises(FormatError) as caught:
        render(camera_file(), wanted(**box))

    assert caught.value.code == "picture-box"


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"),
        ("P", "PNG"),
        ("RGBA", "WEBP"),
        ("LA", "PNG"),
        ("I;16", "PNG"),
        ("CMYK", "TIFF"),
        ("1", "TIFF"),
        ("RGB", "AVIF"),
    ],
)
def test_every_kind_of_pixels_becomes_the_same_kind(mode: str, kind: str) -> None:
    image = Image.new("L", (64, 32), 255)
    image = Image.new("I;16", (64, 32), 65535) if mode == "I;16" else image.convert(mode)

    rendered = render(file(image, kind), wanted())

    assert (shown(rendered).mode, shown(rendered).size) == ("RGB", (64, 32))
    assert min(shown(rendered).getpixel((30, 15))) > 240


def png(width: int, height: int) -> bytes:
    """A PNG that says how many pixels it has, and holds none."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "picture-kind"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "picture-kind"),
        (b"%PDF-1.7", "picture-kind"),
        (png(20_000, 10_000), "picture-size"),
        (png(20, 10), "picture-broken"),
        (camera_file().getvalue()[:-900], "picture-broken"),
    ],
    ids=["nothing", "heic", "other", "bomb", "hollow", "cut"],
)
def test_what_cannot_be_opened_is_one_clear_error(raw: bytes, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        render(io.BytesIO(raw), wanted())

    assert caught.value.code == code
    assert caught.value.mend
