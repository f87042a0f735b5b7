"""
The boxes that hide: painted outward to whole pixels.

It is done twice, in the picture as it came (developing.py) and in the reduced one (picture.py).
"""

from __future__ import annotations

import math

from collections.abc import Iterable
from typing import Final

from PIL import Image, ImageDraw


COLOUR: Final = (24, 24, 24)

Box = tuple[int, int, int, int]


def paint(image: Image.Image, boxes: Iterable[Box], origin: tuple[int, int], scale: float) -> None:
    """Paint *boxes*, in pixels of a larger picture of which *image* begins at *origin*, into it."""
    draw = ImageDraw.Draw(image)
    for x, y, width, height in boxes:
        # Outward to whole pixels: rather one too many than one too few.
        left, top = math.floor((x - origin[0]) * scale), math.floor((y - origin[1]) * scale)
        right, bottom = math.ceil((x - origin[0] + width) * scale), math.ceil((y - origin[1] + height) * scale)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=COLOUR)
