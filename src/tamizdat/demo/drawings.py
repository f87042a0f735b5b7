"""
Openly drawn pictures for the demonstration: scenes and a test card, each marked as drawn.

Nothing here shows a real place, person or event, and nothing may pass for it.
"""

from __future__ import annotations

import math
import random

from collections.abc import Callable
from typing import Final

import numpy as np

from PIL import Image, ImageDraw, ImageFilter, ImageFont


WIDTH: Final = 1600
HEIGHT: Final = 1200
SCALE: Final = 2
STRIP: Final = 64
MARK: Final = "DRAWN BY A PROGRAM · TAMIZDAT DEMONSTRATION · SHOWS NOTHING REAL"
Colour = tuple[int, int, int]
INK: Final[Colour] = (36, 44, 61)
PAPER: Final[Colour] = (247, 242, 231)

# The face in `portrait`, for the box that hides it: x, y, width, height.
FACE: Final = (560, 250, 480, 560)


def draw_all() -> dict[str, Image.Image]:
    """Draw every scene, by the name of its file; the same picture each time."""
    return {name: _framed(scene) for name, scene in SCENES.items()}


def _framed(scene: Callable[[ImageDraw.ImageDraw, Image.Image], None]) -> Image.Image:
    """Draw a scene at twice its size, shrink it, and set the mark under it."""
    large = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    scene(ImageDraw.Draw(large), large)
    picture = large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, HEIGHT - STRIP, WIDTH, HEIGHT), fill=INK)
    pen.text((WIDTH // 2, HEIGHT - STRIP // 2), MARK, font=ImageFont.load_default(26), fill=PAPER, anchor="mm")
    return picture


def _sky(picture: Image.Image, stops: list[tuple[float, Colour]]) -> None:
    """Fill the picture from top to bottom with a gradient through *stops* (0 to 1, colour)."""
    places = np.linspace(0, 1, picture.height)
    columns = [np.interp(places, [stop for stop, _ in stops], [colour[i] for _, colour in stops]) for i in range(3)]
    rows = np.stack(columns, axis=-1).astype(np.uint8)
    picture.paste(Image.fromarray(np.repeat(rows[:, None, :], picture.width, axis=1)))


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: Colour) -> None:
    pen.ellipse(_box(x - radius, y - radius, x + radius, y + radius), fill=fill)


def _box(*numbers: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = (number * SCALE for number in numbers)
    return left, top, right, bottom


def _points(*pairs: tuple[float, float]) -> list[tuple[float, float]]:
    return [(x * SCALE, y * SCALE) for x, y in pairs]


def _hills(pen: ImageDraw.ImageDraw, base: float, swing: float, phase: float, fill: Colour) -> None:
    crest = [
        (x, base + swing * math.sin(x / 210 + phase) + swing * 0.45 * math.sin(x / 83 + 2 * phase))
        for x in range(0, WIDTH + 10, 8)
    ]
    pen.polygon(_points(*crest, (WIDTH, HEIGHT), (0, HEIGHT)), fill=fill)


def harbour(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw boats in an evening harbour."""
    _sky(
        picture,
        [
            (0, (58, 72, 120)),
            (0.42, (222, 140, 120)),
            (0.58, (250, 205, 150)),
            (0.6, (112, 134, 166)),
            (1, (38, 56, 92)),
        ],
    )
    _disc(pen, 1130, 640, 92, (255, 232, 190))
    _hills(pen, 640, 34, 0.4, (84, 82, 124))
    pen.rectangle(_box(0, 705, WIDTH, HEIGHT), fill=(86, 110, 148))
    dice = random.Random(7)  # noqa: S311 -- the same waves each time
    for row in range(26):
        y = 715 + row * 17
        for _ in range(9):
            x, length = dice.uniform(0, WIDTH), dice.uniform(40, 190)
            tone = (246, 206, 160) if abs(x - 1130) < 160 + row * 9 else (108, 132, 168)
            pen.line(_points((x, y), (x + length, y)), fill=tone, width=3 * SCALE)
    for x, y, size, hull in (
        (330, 840, 1.25, (176, 58, 54)),
        (760, 775, 0.8, (244, 238, 224)),
        (1240, 905, 1.4, (44, 92, 110)),
    ):
        pen.polygon(
            _points(
                (x - 130 * size, y), (x + 140 * size, y), (x + 96 * size, y + 52 * size), (x - 98 * size, y + 52 * size)
            ),
            fill=hull,
        )
        pen.line(_points((x, y), (x, y - 210 * size)), fill=INK, width=int(7 * size) * SCALE)
        pen.polygon(
            _points((x + 8, y - 200 * size), (x + 8, y - 22 * size), (x + 112 * size, y - 22 * size)), fill=PAPER
        )
        pen.polygon(
            _points((x - 8, y - 180 * size), (x - 8, y - 22 * size), (x - 82 * size, y - 22 * size)),
            fill=(230, 214, 188),
        )


def hills(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw hills one behind the other under a morning moon."""
    _sky(picture, [(0, (120, 170, 190)), (0.5, (214, 224, 210)), (1, (248, 236, 206))])
    _disc(pen, 380, 260, 74, (252, 248, 236))
    for number in range(6):
        tone = 1 - number / 6
        fill = (int(46 + 120 * tone), int(92 + 100 * tone), int(96 + 92 * tone))
        _hills(pen, 470 + number * 118, 58 + 6 * number, number * 1.7, fill)
    for x, y, size in ((1180, 880, 1.0), (1275, 905, 0.7), (250, 1010, 1.2)):
        pen.rectangle(_box(x - 6 * size, y, x + 6 * size, y + 60 * size), fill=(70, 54, 46))
        for step in range(3):
            width = (70 - step * 18) * size
            top = y - 60 * size - step * 46 * size
            pen.polygon(
                _points((x - width, top + 76 * size), (x + width, top + 76 * size), (x, top)), fill=(26, 70, 66)
            )


def market(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw a market street with awnings."""
    _sky(picture, [(0, (176, 212, 222)), (1, (250, 240, 220))])
    walls = ((214, 158, 118), (236, 204, 150), (190, 176, 150), (222, 186, 168))
    for number, wall in enumerate(walls):
        left = number * 400
        top = 190 + (number % 2) * 70
        pen.rectangle(_box(left, top, left + 396, 900), fill=wall)
        for column in range(3):
            for row in range(2):
                x, y = left + 52 + column * 112, top + 60 + row * 170
                pen.rectangle(_box(x, y, x + 68, y + 108), fill=(70, 92, 110))
                pen.line(_points((x + 34, y), (x + 34, y + 108)), fill=PAPER, width=4 * SCALE)
                pen.rectangle(_box(x - 8, y + 108, x + 76, y + 120), fill=PAPER)
    pen.rectangle(_box(0, 900, WIDTH, HEIGHT), fill=(206, 190, 164))
    for number, tone in enumerate(((190, 62, 58), (44, 112, 108), (222, 152, 52), (78, 88, 140))):
        left = 30 + number * 400
        for stripe in range(8):
            x = left + stripe * 42
            fill = tone if stripe % 2 == 0 else PAPER
            pen.polygon(_points((x, 640), (x + 42, 640), (x + 34, 742), (x - 8, 742)), fill=fill)
            pen.pieslice(_box(x - 8, 720, x + 34, 764), 0, 180, fill=fill)
        pen.rectangle(_box(left, 850, left + 330, 960), fill=(132, 92, 62))
        for fruit in range(14):
            _disc(
                pen,
                left + 24 + fruit * 22,
                842 - (fruit % 3) * 12,
                15,
                ((214, 84, 50), (240, 180, 60), (118, 150, 70))[fruit % 3],
            )


def portrait(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw one invented face, which the demonstration then hides."""
    _sky(picture, [(0, (238, 214, 180)), (1, (206, 160, 130))])
    for number in range(9):
        _disc(pen, 160 + number * 170, 170 + (number % 3) * 60, 46, (244, 226, 198))
    pen.ellipse(_box(380, 800, 1220, 1500), fill=(52, 94, 108))
    pen.polygon(_points((700, 740), (900, 740), (940, 940), (800, 1010), (660, 940)), fill=(196, 140, 108))
    pen.ellipse(_box(540, 210, 1060, 700), fill=(58, 40, 38))
    pen.ellipse(_box(580, 270, 1020, 800), fill=(222, 170, 134))
    pen.pieslice(_box(560, 230, 1040, 640), 180, 360, fill=(58, 40, 38))
    for x in (705, 895):
        pen.ellipse(_box(x - 44, 486, x + 44, 538), fill=PAPER)
        _disc(pen, x, 512, 22, (66, 88, 74))
        _disc(pen, x, 512, 10, INK)
        pen.arc(_box(x - 58, 428, x + 58, 512), 200, 340, fill=(58, 40, 38), width=10 * SCALE)
    pen.line(_points((800, 530), (780, 620), (812, 628)), fill=(176, 120, 92), width=8 * SCALE, joint="curve")
    pen.arc(_box(715, 600, 885, 720), 20, 160, fill=(164, 70, 66), width=12 * SCALE)


def window(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw a window with plants on its sill."""
    _sky(picture, [(0, (232, 222, 206)), (1, (214, 198, 176))])
    pen.rectangle(_box(360, 110, 1240, 850), fill=(248, 244, 234))
    pen.rectangle(_box(400, 150, 1200, 810), fill=(150, 196, 214))
    for number in range(4):
        _disc(pen, 560 + number * 150, 330 - (number % 2) * 50, 70, (240, 246, 248))
    _hills(pen, 690, 22, 1.1, (122, 160, 120))
    pen.rectangle(_box(0, 810, WIDTH, HEIGHT), fill=(214, 198, 176))
    for x in (360, 1200):
        pen.rectangle(_box(x, 110, x + 40, 850), fill=(248, 244, 234))
    pen.rectangle(_box(0, 110, 360, 850), fill=(226, 214, 196))
    pen.rectangle(_box(1240, 110, WIDTH, 850), fill=(226, 214, 196))
    pen.rectangle(_box(785, 150, 815, 810), fill=(248, 244, 234))
    pen.rectangle(_box(400, 460, 1200, 484), fill=(248, 244, 234))
    pen.rectangle(_box(300, 830, 1300, 880), fill=(196, 160, 120))
    for x, tone in ((500, (182, 86, 62)), (760, (92, 112, 140)), (1050, (200, 150, 70))):
        for leaf in range(9):
            angle = math.radians(200 + leaf * 17.5)
            tip = (x + 150 * math.cos(angle), 690 + 190 * math.sin(angle))
            pen.line(_points((x, 720), tip), fill=(64, 120, 78), width=14 * SCALE)
            _disc(pen, *tip, 20, (88, 148, 92))
        pen.polygon(_points((x - 76, 710), (x + 76, 710), (x + 54, 832), (x - 54, 832)), fill=tone)


def lighthouse(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:
    """Draw a lighthouse at night."""
    _sky(picture, [(0, (18, 26, 56)), (0.7, (58, 74, 118)), (1, (30, 44, 74))])
    dice = random.Random(3)  # noqa: S311 -- the same stars each time
    for _ in range(150):
        _disc(pen, dice.uniform(0, WIDTH), dice.uniform(0, 700), dice.uniform(1, 3), (230, 230, 214))
    beam = Image.new("L", picture.size, 0)
    ImageDraw.Draw(beam).polygon(_points((1090, 330), (0, 90), (0, 470)), fill=130)
    picture.paste((252, 236, 180), mask=beam.filter(ImageFilter.GaussianBlur(28)))
    pen.polygon(
        _points((700, 1000), (960, 860), (1280, 880), (WIDTH, 1020), (WIDTH, HEIGHT), (600, HEIGHT)), fill=(40, 46, 60)
    )
    pen.polygon(_points((1030, 900), (1150, 900), (1128, 390), (1052, 390)), fill=PAPER)
    for number in range(3):
        top = 460 + number * 150
        pen.polygon(
            _points(
                (1048 - number * 6, top),
                (1132 + number * 6, top),
                (1137 + number * 6, top + 66),
                (1043 - number * 6, top + 66),
            ),
            fill=(178, 56, 54),
        )
    pen.rectangle(_box(1040, 300, 1140, 390), fill=(252, 236, 180))
    pen.rectangle(_box(1030, 384, 1150, 400), fill=INK)
    pen.polygon(_points((1030, 304), (1150, 304), (1090, 240)), fill=(178, 56, 54))
    for row in range(7):
        pen.line(_points((0, 1010 + row * 26), (640 + row * 10, 1010 + row * 26)), fill=(74, 92, 132), width=4 * SCALE)


def testcard(pen: ImageDraw.ImageDraw, picture: Image.Image) -> None:  # noqa: ARG001 -- as the other scenes
    """Draw a test card: bars of colour, steps of grey, circles."""
    bars = (
        (236, 232, 222),
        (214, 188, 60),
        (62, 168, 176),
        (74, 156, 82),
        (178, 84, 150),
        (186, 60, 56),
        (52, 76, 150),
        INK,
    )
    for number, bar in enumerate(bars):
        pen.rectangle(_box(number * 200, 0, number * 200 + 200, 700), fill=bar)
    for number in range(16):
        tone = int(250 - number * 15.5)
        pen.rectangle(_box(number * 100, 700, number * 100 + 100, 900), fill=(tone, tone, tone))
    pen.rectangle(_box(0, 900, WIDTH, HEIGHT), fill=PAPER)
    for radius in range(420, 0, -60):
        pen.ellipse(_box(800 - radius, 520 - radius, 800 + radius, 520 + radius), outline=INK, width=4 * SCALE)
    for x in range(0, WIDTH, 80):
        pen.line(_points((x, 960), (x, 1090)), fill=INK, width=(1 + x // 160) * SCALE)


SCENES: Final[dict[str, Callable[[ImageDraw.ImageDraw, Image.Image], None]]] = {
    "harbour.jpg": harbour,
    "hills.jpg": hills,
    "market.jpg": market,
    "portrait.jpg": portrait,
    "window.jpg": window,
    "lighthouse.jpg": lighthouse,
    "testcard.jpg": testcard,
}
