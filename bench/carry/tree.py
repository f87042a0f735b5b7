"""The trees that are sealed: made from a seed, the same every time. Nothing of them is anybody's."""

from __future__ import annotations

import hashlib
import os
import random

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from PIL import Image


FILES: Final = 200
_CHUNK: Final = 8 << 20


def make(folder: Path, size: int, files: int = FILES) -> None:
    """Make *size* bytes that no compressor makes smaller, in *files* files of four folders."""
    dice = random.Random(1990)
    shares = [dice.randint(1, 9) for _ in range(files)]
    for number, share in enumerate(shares):
        length = size * share // sum(shares) + (size - sum(size * one // sum(shares) for one in shares)) * (not number)
        path = folder / f"DCIM{number % 4}" / f"IMG_{number:04}.JPG"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            while length > 0:
                stream.write(dice.randbytes(min(_CHUNK, length)))
                length -= _CHUNK


def photographs(folder: Path, count: int) -> int:
    """Draw photographs of 12 megapixels with grain in them, some 4 MB each; give how many bytes they have."""
    folder.mkdir(parents=True)
    dice = np.random.default_rng(1990)
    y, x = np.mgrid[0:3024, 0:4032]
    base = np.stack([x * 200 / 4032, y * 200 / 3024, (x + y) * 200 / 7056], axis=2)
    size = 0
    for number in range(count):
        grain = dice.normal(20, 6, (3024, 4032, 1))
        path = folder / f"IMG_{number:04}.JPG"
        Image.fromarray((base + grain).clip(0, 255).astype(np.uint8)).save(path, "JPEG", quality=90)
        size += path.stat().st_size
    return size


def digests(folder: Path | bytes) -> dict[bytes, str]:
    """Give the SHA-256 of every file below *folder*, by its name there in raw bytes."""
    base = os.fsencode(folder)
    found = {}
    for path in _files(base):
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 -- a name is bytes
            found[os.path.relpath(path, base)] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def _files(base: bytes) -> Iterator[bytes]:
    for root, _, names in os.walk(base):
        for name in names:
            yield os.path.join(root, name)  # noqa: PTH118 -- a name is bytes
