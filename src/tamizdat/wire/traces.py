"""
Traces: what a picture file holds besides its pixels, in plain words for the report.

It tells; it removes nothing (picture.py writes a new file, whatever is found here) and it does NOT promise to
recognise everything.
"""

from __future__ import annotations

import struct

from collections.abc import Iterator, Mapping
from typing import Final

from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile


_BASE: Final = ExifTags.Base
_WORDS: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    ("camera serial number", (_BASE.BodySerialNumber, _BASE.CameraSerialNumber)),
    ("lens serial number", (_BASE.LensSerialNumber,)),
    ("maker note", (_BASE.MakerNote,)),
    ("owner's or author's name", (_BASE.CameraOwnerName, _BASE.Artist, _BASE.XPAuthor)),
    ("camera make and model", (_BASE.Make, _BASE.Model, _BASE.LensModel, _BASE.LensMake)),
    ("time of the picture", (_BASE.DateTime, _BASE.DateTimeOriginal, _BASE.DateTimeDigitized)),
    ("software name", (_BASE.Software, _BASE.HostComputer)),
    ("description or comment", (_BASE.ImageDescription, _BASE.UserComment, _BASE.XPComment, _BASE.XPTitle)),
    ("copyright notice", (_BASE.Copyright,)),
    ("picture's unique number", (_BASE.ImageUniqueID,)),
    ("orientation (the picture is turned upright instead)", (_BASE.Orientation,)),
)
_SEGMENTS: Final = (
    (b"MPF\x00", "further pictures inside the file"),
    (b"Photoshop 3.0\x00", "IPTC or Photoshop fields"),
)
_INFO: Final = (
    ("xmp", "XMP"),
    ("icc_profile", "colour profile (the colours are converted to sRGB)"),
    ("comment", "comment"),
    ("photoshop", "IPTC or Photoshop fields"),
)


def found(image: Image.Image, raw: bytes) -> tuple[str, ...]:
    """Name what the opened *image* and its bytes *raw* carry besides pixels, each once."""
    return tuple(dict.fromkeys((*_of_exif(image), *_of_container(image, raw))))


def _of_exif(image: Image.Image) -> Iterator[str]:
    try:
        exif = image.getexif()
        inner: Mapping[int, object] = exif.get_ifd(ExifTags.IFD.Exif)
        position: Mapping[int, object] = exif.get_ifd(ExifTags.IFD.GPSInfo)
        preview: Mapping[int, object] = exif.get_ifd(ExifTags.IFD.IFD1)
    except (OSError, ValueError, SyntaxError, TypeError, LookupError, struct.error):
        yield "camera data that cannot be read"
        return
    if position:
        yield "GPS position"
    if preview:
        yield "thumbnail"
    # A TIFF keeps its structure in the same tags: only words from the table count.
    tags = set(exif) | set(inner)
    for word, wanted in _WORDS:
        if not tags.isdisjoint(wanted):
            yield word
    if inner and not position and not any(not tags.isdisjoint(wanted) for _, wanted in _WORDS):
        yield "camera settings"


def _of_container(image: Image.Image, raw: bytes) -> Iterator[str]:
    for key, word in _INFO:
        if image.info.get(key):
            yield word
    if image.has_transparency_data:
        yield "what lay under its see-through parts (they are white now)"
    if getattr(image, "text", None):
        yield "text fields"
    if getattr(image, "n_frames", 1) > 1:
        yield "further pictures inside the file"
    if isinstance(image, JpegImageFile):
        yield from _of_jpeg(image, raw)


def _of_jpeg(image: JpegImageFile, raw: bytes) -> Iterator[str]:
    for name, content in image.applist:
        if name == "APP11" and b"jumb" in content[:32]:
            yield "content credentials (C2PA)"
        for start, word in _SEGMENTS:
            if content.startswith(start):
                yield word
    end = raw.find(b"\xff\xd9", raw.find(b"\xff\xda", _after_head(raw)))
    if end >= 0 and raw[end + 2 :].strip(b"\x00"):
        yield "data behind the picture"


def _after_head(raw: bytes) -> int:
    """Where a JPEG's picture begins: past the segments, in which a thumbnail may hold markers of its own."""
    place = 2
    while place + 4 <= len(raw) and raw[place] == 0xFF and raw[place + 1] != 0xDA:
        place += 2 + int.from_bytes(raw[place + 2 : place + 4])
    return place
