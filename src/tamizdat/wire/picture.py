"""
A picture as it is published: opened with limits, cut, hidden in places, reduced, and written new.

The copy holds pixels and nothing else. It is NOT provable against its original (redaction/ makes what is), and a new
copy only lessens, never removes, what identifies a camera's sensor. The rules are docs/spec/story.md, "pictures".
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import struct
import warnings

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from PIL import ExifTags, Image, ImageCms, ImageDraw, ImageOps, UnidentifiedImageError

from tamizdat.primitives.errors import FormatError
from tamizdat.wire import traces
from tamizdat.wire.story import Picture


FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
LONGEST: Final = 1600
MAX_PIXELS: Final = 120_000_000
MAX_BYTES: Final = 512 << 20
QUALITY: Final = 86

_BOX_COLOUR: Final = (24, 24, 24)
_HEIF: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# What Pillow's readers raise over broken files, besides its own errors.
_BROKEN: Final = (OSError, ValueError, SyntaxError, TypeError, LookupError, OverflowError, EOFError, struct.error)

Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Width and height of an original in pixels as stored, and the EXIF orientation (1 to 8) that turns it upright."""

    size: tuple[int, int]
    turn: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """
    The published copy.

    Attributes:
        width: Of the copy, in pixels; *height* likewise.

        removed: In plain words what the original held besides and is gone.

        original: How the original lies.
    """

    jpeg: bytes = dataclasses.field(repr=False)
    width: int
    height: int
    removed: tuple[str, ...]
    original: Stored


def render(original: BinaryIO, picture: Picture, longest: int = LONGEST) -> Rendered:
    """
    Write the published copy of *original* as *picture* says, its longest side *longest* pixels at most.

    Boxes count in pixels of the upright original, before the crop. They are painted before the reduction, so that
    nothing under them is mixed into the pixels around, and again after it.

    Raises:
        FormatError: ``picture-kind``, ``picture-size``, ``picture-broken``, ``picture-box``.
    """
    raw = _read(original)
    with _reading(), _open(raw) as opened:
        stored, removed = _stored(opened), traces.found(opened, raw)
        upright = _upright(opened)
    size = upright.size
    _fits((*picture.hide, *((picture.crop,) if picture.crop else ())), size)
    _paint(upright, picture.hide, (0, 0), 1.0)
    left, top, width, height = picture.crop or (0, 0, *size)
    cut = upright.crop((left, top, left + width, top + height)) if picture.crop else upright
    scale = min(1.0, longest / max(width, height))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    if small != cut.size:
        cut = cut.resize(small, Image.Resampling.LANCZOS, reducing_gap=3.0)
    _paint(cut, picture.hide, (left, top), scale)
    sink = io.BytesIO()
    # A new picture from bare pixels: whatever the old one carried along cannot come with it.
    bare = Image.frombytes("RGB", cut.size, cut.tobytes())
    bare.save(sink, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return Rendered(jpeg=sink.getvalue(), width=bare.width, height=bare.height, removed=removed, original=stored)


def measure(original: BinaryIO) -> Stored:
    """
    Say how an original lies, without reading its pixels.

    Raises:
        FormatError: ``picture-kind``, ``picture-size``, ``picture-broken``.
    """
    raw = _read(original)
    with _reading(), _open(raw) as opened:
        return _stored(opened)


def _read(original: BinaryIO) -> bytes:
    raw = original.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _too_big(f"the file is larger than {MAX_BYTES >> 20} MB")
    return raw


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    # Our own limit stands in place of Pillow's, which warns at another number.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise _too_big("the picture would fill the memory") from error
        except _BROKEN as error:
            raise FormatError(
                "picture-broken",
                f"the picture cannot be read to its end: {error}",
                mend="Open it in a picture program; if that can, save it again and receive the new copy.",
            ) from error


def _stored(opened: Image.Image) -> Stored:
    try:
        turn = opened.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        turn = 1  # what cannot be read turns nothing, for other programs neither
    return Stored(size=opened.size, turn=turn if turn in range(1, 9) else 1)


def _open(raw: bytes) -> Image.Image:
    try:
        opened = Image.open(io.BytesIO(raw), formats=FORMATS)
    except UnidentifiedImageError as error:
        kind = "HEIC" if raw[4:8] == b"ftyp" and raw[8:12] in _HEIF else "of a kind"
        raise FormatError(
            "picture-kind",
            f"the picture is {kind} that this program cannot open",
            mend="Publish a copy saved as JPEG, PNG, WebP, TIFF or AVIF; the original stays in the vault as it is.",
        ) from error
    width, height = opened.size
    if width * height > MAX_PIXELS:
        opened.close()
        raise _too_big(f"the picture has {width} x {height} pixels")
    return opened


def _upright(opened: Image.Image) -> Image.Image:
    """Give the first frame in sRGB, turned as its orientation says, on white where it was see-through."""
    profile = opened.info.get("icc_profile")
    opened.load()
    image = ImageOps.exif_transpose(opened)
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
            raise FormatError(
                "picture-box",
                f"the box [{x}, {y}, {width}, {height}] reaches out of the picture of {size[0]} x {size[1]} pixels",
                mend="Count the box in pixels of the original as you see it upright.",
            )


def _paint(image: Image.Image, boxes: Iterable[Box], origin: tuple[int, int], scale: float) -> None:
    draw = ImageDraw.Draw(image)
    for x, y, width, height in boxes:
        # Outward to whole pixels: rather one too many than one too few.
        left, top = math.floor((x - origin[0]) * scale), math.floor((y - origin[1]) * scale)
        right, bottom = math.ceil((x - origin[0] + width) * scale), math.ceil((y - origin[1] + height) * scale)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=_BOX_COLOUR)


def _too_big(what: str) -> FormatError:
    return FormatError(
        "picture-size",
        what,
        mend=f"Publish a smaller copy, of {MAX_PIXELS // 1_000_000} million pixels at most.",
    )
