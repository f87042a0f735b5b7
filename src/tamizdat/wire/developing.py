"""
What is done to a stranger's picture in a cell: opened with limits, turned, put into sRGB, covered, cut, reduced to bare pixels.

It runs in a process of its own that can reach nothing (adapters/cell.py), and is imported nowhere else. It is NOT believed:
wire/picture.py checks the answer, paints the boxes once more and writes the file. The rules are docs/spec/story.md, "pictures".
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import warnings

from collections.abc import Iterable, Iterator
from typing import Any, Final

from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import traces
from tamizdat.wire.painting import Box, paint


# All that is ever opened here, loaded before anything is given up.
READERS: Final = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin, TiffImagePlugin, AvifImagePlugin)
FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
HEAD: Final = struct.Struct(">I")

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HEIF: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# What Pillow's readers raise over broken files, besides its own errors.
_BROKEN: Final = (OSError, ValueError, SyntaxError, TypeError, LookupError, OverflowError, EOFError, struct.error)


def ready() -> None:
    """Load and try whatever is loaded when it is first used: afterwards no file can be opened any more."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # there will be no threads
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "1"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    order = json.dumps({"hide": [(0, 0, 1, 1)], "crop": None, "longest": 4, "pixels": 1000}).encode("ascii")
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for mode in ("RGB", "P") if kind in {"PNG", "TIFF"} else ("RGB",):
            sink = io.BytesIO()
            Image.new(mode, (16, 8)).save(sink, kind, exif=exif, icc_profile=profile)
            work(order, sink.getvalue())
    work(order, b"no picture")


def work(said: bytes, given: bytes) -> bytes:
    """
    Do what was asked for in *said* (JSON) to the picture *given*.

    It says `hide`, boxes to cover, in pixels of the upright original; `crop`, what to keep of it, or null; `longest`, the longest side of
    the copy, or 0 where no pixels are wanted, only how the original lies; `pixels`, the most that may be read.

    Gives a length, so many bytes of JSON about the picture or its flaw, and the pixels of the copy.
    """
    try:
        told, pixels = _develop(json.loads(said), given)
    except FormatError as error:
        told, pixels = {"flaw": error.code, "what": str(error)}, b""
    head = json.dumps(told).encode("ascii")
    return HEAD.pack(len(head)) + head + pixels


def _develop(order: dict[str, Any], raw: bytes) -> tuple[dict[str, Any], bytes]:
    with _reading(), _open(raw, order["pixels"]) as opened:
        told = _stored(opened)
        if not order["longest"]:
            return told, b""
        removed = traces.found(opened, raw)
        upright = _upright(opened, told["turn"])
    hide, crop = order["hide"], order["crop"]
    size = upright.size
    _fits((*hide, *((crop,) if crop else ())), size)
    paint(upright, hide, (0, 0), 1.0)
    left, top, width, height = crop or (0, 0, *size)
    cut = upright.crop((left, top, left + width, top + height)) if crop else upright
    scale = min(1.0, order["longest"] / max(width, height))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    if small != cut.size:
        cut = cut.resize(small, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return told | {"removed": removed}, cut.tobytes()


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    # Our own limit stands in place of Pillow's, which warns at another number.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise _flaw("picture-size", "the picture would fill the memory") from error
        except _BROKEN as error:
            raise _flaw("picture-broken", f"the picture cannot be read to its end: {error}") from error


def _stored(opened: Image.Image) -> dict[str, Any]:
    """
    Find which way up a picture is as browsers do, and as its provable file has it: by EXIF alone.

    Pillow heeds XMP and text fields as well; whoever draws a box looks at another program, and it would lie elsewhere.
    """
    if isinstance(opened, TiffImagePlugin.TiffImageFile):
        tag = opened.tag_v2.get(ExifTags.Base.Orientation, 1)
        turn = tag if tag in range(1, 9) else 1
        # Of a TIFF the size is told as it will be once it is turned.
        return {"size": opened.size[::-1] if turn >= 5 else opened.size, "turn": turn}
    exif = opened.info.get("exif") or b""
    return {"size": opened.size, "turn": turned(exif.removeprefix(b"Exif\x00\x00"))}


def turned(tiff: bytes) -> int:
    """Read the orientation that EXIF says, 1 to 8, as redaction/metadata.py does, which is more than a cell should load."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if not order or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    count = struct.unpack_from(f"{order}H", tiff, start)[0] if start + 2 <= len(tiff) else 0
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if (tag, kind, number) == (ExifTags.Base.Orientation, 3, 1):
            return value if value in range(1, 9) else 1
        if tag == ExifTags.Base.Orientation:
            return 1  # of a kind that no browser heeds
    return 1


def _open(raw: bytes, most: int) -> Image.Image:
    try:
        opened = Image.open(io.BytesIO(raw), formats=FORMATS)
    except UnidentifiedImageError as error:
        kind = "HEIC" if raw[4:8] == b"ftyp" and raw[8:12] in _HEIF else "of a kind"
        raise _flaw("picture-kind", f"the picture is {kind} that this program cannot open") from error
    width, height = opened.size
    if width * height > most:
        opened.close()
        raise _flaw(
            "picture-size", f"the picture has {width} x {height} pixels; {most} may be read of {len(raw)} bytes"
        )
    return opened


def _upright(opened: Image.Image, turn: int) -> Image.Image:
    """Give the first frame in sRGB, turned as its orientation says, on white where it was see-through."""
    profile = opened.info.get("icc_profile")
    image = opened
    if isinstance(opened, TiffImagePlugin.TiffImageFile):
        opened.getexif()[ExifTags.Base.Orientation] = turn  # Pillow turns a TIFF itself while it loads, as this says
        opened.load()
    elif turn in _TURNS:
        image = opened.transpose(_TURNS[turn])
    else:
        opened.load()
    if image.mode.startswith("I"):
        # Sixteen bits to eight; convert() alone would cut off what is bright.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None:
        image = image.convert("RGB")
    image = _in_srgb(image, profile)
    if alpha is not None:
        image = Image.composite(image, Image.new("RGB", image.size, "white"), alpha)
    return image


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, *_BROKEN):
            # A profile that does not fit its picture: the pixels count as they stand.
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _fits(boxes: Iterable[Box], size: tuple[int, int]) -> None:
    for x, y, width, height in boxes:
        if x + width > size[0] or y + height > size[1]:
            raise _flaw(
                "picture-box",
                f"the box [{x}, {y}, {width}, {height}] reaches out of the picture of {size[0]} x {size[1]} pixels",
            )


def _flaw(code: str, what: str) -> FormatError:
    return FormatError(code, what, mend="")  # picture.py knows what to do
