"""Pictures drawn here, and JPEGs of every kind made of them by Pillow and jpegtran."""

from __future__ import annotations

import functools
import io
import struct
import subprocess
import zlib

import numpy as np

from PIL import Image, ImageDraw

from tamizdat.redaction import codec, png


SEED = bytes(range(32))


def scene(width: int, height: int, mode: str = "RGB", salt: int = 0) -> Image.Image:
    """Draw something with edges, slopes and grain."""
    dice = np.random.default_rng(salt)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 255 / width, y * 255 / height, (x + y) % 256], axis=2)
    image = Image.fromarray(np.clip(base + dice.normal(0, 14, base.shape), 0, 255).astype("uint8"), "RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = int(dice.integers(0, width)), int(dice.integers(0, height))
        draw.ellipse((left, top, left + 25, top + 18), fill=tuple(int(v) for v in dice.integers(0, 255, 3)))
    return image.convert(mode)


def jpeg(width: int = 150, height: int = 100, mode: str = "RGB", salt: int = 0, **options: object) -> bytes:
    """Draw a scene and save it; *options* are Pillow's."""
    sink = io.BytesIO()
    with_exif = {"exif": exif()} | {"quality": 85} | options
    scene(width, height, mode, salt).save(sink, "JPEG", **with_exif)
    return sink.getvalue()


@functools.cache
def exif(orientation: int = 1) -> bytes:
    """Write EXIF with a camera, a date, a place and a thumbnail that would give everything away."""
    thumb = io.BytesIO()
    scene(32, 32).save(thumb, "JPEG")
    ascii_date = b"2026:11:26 12:00:00\x00"
    gps = [
        (1, 2, 2, b"N\0\0\0"),
        (2, 5, 3, struct.pack("<6I", 40, 1, 22, 1, 30, 1)),
        (3, 2, 2, b"E\0\0\0"),
        (4, 5, 3, struct.pack("<6I", 49, 1, 50, 1, 0, 1)),
    ]
    main = [
        (0x010F, 2, 9, b"Serienmr\0"),
        (0x0112, 3, 1, struct.pack("<HH", orientation, 0)),
        (0x8769, 4, 1, "exif"),
        (0x8825, 4, 1, "gps"),
    ]
    parts = {"exif": [(0x9003, 2, 20, ascii_date), (0x927C, 7, 24, b"MakerNote-serial-4711-xy")], "gps": gps}
    one = [(0x0201, 4, 1, "thumb"), (0x0202, 4, 1, struct.pack("<I", len(thumb.getvalue())))]
    at, blob, starts = 8, b"", {}
    order = [("gps", parts["gps"]), ("exif", parts["exif"]), ("thumb", thumb.getvalue()), ("one", one), ("main", main)]
    for name, entries in order:
        starts[name] = at + len(blob)
        blob += entries if isinstance(entries, bytes) else _directory(entries, at + len(blob), starts, name == "main")
    return b"Exif\0\0II*\0" + struct.pack("<I", starts["main"]) + blob


def _directory(entries, start: int, starts: dict[str, int], first: bool) -> bytes:
    values_at = start + 2 + 12 * len(entries) + 4
    rows = values = b""
    for tag, kind, count, value in entries:
        raw = struct.pack("<I", starts[value]) if isinstance(value, str) else value
        if len(raw) > 4:
            rows += struct.pack("<HHII", tag, kind, count, values_at + len(values))
            values += raw
        else:
            rows += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", starts["one"] if first else 0) + values


def pixels(raw: bytes) -> np.ndarray:
    """What any viewer makes of a JPEG: libjpeg, by Pillow, not turned."""
    with Image.open(io.BytesIO(raw)) as image:
        return np.asarray(image)


def jpegtran(program: str, raw: bytes, *options: str) -> bytes:
    return subprocess.run([program, *options], input=raw, stdout=subprocess.PIPE, check=True).stdout


def again(picture: codec.Picture) -> bytes:
    """Write a picture with all the segments it came with."""
    pieces = [b"\xff" + bytes([s.marker]) + struct.pack(">H", len(s.data) + 2) + s.data for s in picture.segments]
    return wrap(picture, *pieces)


def wrap(picture: codec.Picture, *segments: bytes) -> bytes:
    """Make a file of coefficients."""
    return b"\xff\xd8" + b"".join(segments) + picture.write()


def planes(picture: codec.Picture) -> list[np.ndarray]:
    """Give each component's blocks, rows x columns x 8 x 8, without those beyond the edge."""
    header, first, found = picture.header, 0, []
    across, down = header.grid
    for one in header.components:
        a, d = 4 * one.h // header.hmax, 4 * one.v // header.vmax
        tiles = picture.tiles.reshape(down, across, -1, 8, 8)[:, :, first : first + a * d]
        blocks = tiles.reshape(down, across, d, a, 8, 8).transpose(0, 2, 1, 3, 4, 5).reshape(down * d, across * a, 8, 8)
        rows = up(up(header.height * one.v, header.vmax), 8)
        columns = up(up(header.width * one.h, header.hmax), 8)
        assert not blocks[rows:].any()
        assert not blocks[:, columns:].any()
        found.append(blocks[:rows, :columns])
        first += a * d
    return found


def up(value: int, by: int) -> int:
    return -(-value // by)


def written(kind: str, pixels: np.ndarray, chunks: tuple[tuple[str, bytes], ...] = (), depth: int = 8) -> bytes:
    """Write a PNG by hand, whose colour type is *kind*: Pillow cannot write every one."""
    height, width = pixels.shape[:2]
    colour = {"L": 0, "RGB": 2, "P": 3, "LA": 4, "RGBA": 6}[kind]
    if depth < 8:
        bits = np.unpackbits(pixels.astype(np.uint8)[:, :, None], axis=2)[:, :, 8 - depth :]
        rows = np.packbits(bits.reshape(height, -1), axis=1)
    else:
        rows = pixels.astype(">u2" if depth == 16 else np.uint8).reshape(height, -1).view(np.uint8)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(rows)))
    ihdr = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [("IHDR", ihdr), *chunks, ("IDAT", packed), ("IEND", b"")]
    return png.SIGNATURE + b"".join(png.chunk(*one) for one in parts)
