"""What comes back from a cell is a stranger's word: no answer makes more of a published copy than pixels of the right size."""

from __future__ import annotations

import io
import json
import struct

import pytest

from PIL import Image

from tamizdat.primitives.errors import FormatError
from tamizdat.primitives.ports import Bounds
from tamizdat.wire import picture
from tamizdat.wire.story import Picture


TOLD = {"size": [40, 20], "turn": 1, "removed": ["comment"]}


class Liar:
    """Says what it was told to say, and keeps what it was asked."""

    def __init__(self, told: object, pixels: bytes = b"", raw: bytes | None = None) -> None:
        head = json.dumps(told).encode()
        self._answer = raw if raw is not None else struct.pack(">I", len(head)) + head + pixels
        self.bounds: Bounds | None = None

    def ask(self, said: bytes, given: bytes, bounds: Bounds) -> bytes:
        self.bounds = bounds
        return self._answer


def render(cell: Liar, **changes: object) -> picture.Rendered:
    return picture.render(cell, io.BytesIO(bytes(1000)), Picture(object="0" * 16, credit="c", alt="a", **changes))


def test_boxes_are_painted_here_whatever_was_done_there() -> None:
    """The cell gives a white picture as if nothing were to be hidden: the box is black all the same, and nothing else is in the file."""
    made = render(Liar(TOLD, b"\xff" * 2400), hide=((8, 8, 16, 8),))

    shown = Image.open(io.BytesIO(made.jpeg))
    assert max(shown.getpixel((16, 12))) < 48
    assert min(shown.getpixel((36, 3))) > 240
    assert not shown.getexif()
    assert (made.width, made.height, made.removed) == (40, 20, ("comment",))


@pytest.mark.parametrize(
    "lie",
    [
        Liar(TOLD, b"\xff" * 2399),
        Liar(TOLD, b"\xff" * 2403),
        Liar(TOLD | {"turn": 6}, b""),
        Liar(TOLD | {"turn": 9}, b"\xff" * 2400),
        Liar(TOLD | {"turn": "1"}, b"\xff" * 2400),
        Liar(TOLD | {"size": [40]}, b"\xff" * 2400),
        Liar(TOLD | {"size": [40, True]}, b"\xff" * 120),
        Liar(TOLD | {"size": [0, 20]}, b""),
        Liar(TOLD | {"size": [1 << 40, 1 << 40]}, b""),
        Liar(TOLD | {"removed": "comment"}, b"\xff" * 2400),
        Liar(TOLD | {"removed": ["\x1b[2J"]}, b"\xff" * 2400),
        Liar(TOLD | {"removed": ["long " * 100]}, b"\xff" * 2400),
        Liar({"flaw": "no-such-code", "what": "x"}),
        Liar({"flaw": ["picture-kind"], "what": "x"}),
        Liar({"flaw": "picture-kind"}),
        Liar([]),
        Liar(None, raw=b""),
        Liar(None, raw=b"\xff\xff\xff\xff{}"),
        Liar(None, raw=b"\x00\x00\x00\x01["),
        Liar(None, raw=struct.pack(">I", 60_000) + b"[" * 60_000),
        Liar(None, raw=struct.pack(">I", 2) + b"\xff\xfe"),
    ],
)  # fmt: skip
def test_nonsense_is_one_error(lie: Liar) -> None:
    with pytest.raises(FormatError) as caught:
        render(lie)

    assert caught.value.code == "decoder-answer"
    assert caught.value.mend


def test_words_about_a_flaw_cannot_move_the_cursor() -> None:
    with pytest.raises(FormatError) as caught:
        render(Liar({"flaw": "picture-broken", "what": "a\x1b[2Jb\n" + "c" * 1000}))

    assert caught.value.code == "picture-broken"
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) == 300
    assert "Count the box" not in caught.value.mend


def test_the_bounds_grow_with_the_file_and_end_somewhere() -> None:
    """More memory, time and pixels for more bytes; never more than the largest picture needs."""
    found = []
    for length in (0, 10_000, 1_000_000, 100_000_000, 200_000_000):
        cell = Liar(TOLD)
        assert picture.measure(cell, io.BytesIO(bytes(length))).size == (40, 20)
        assert cell.bounds is not None
        found.append(cell.bounds)

    assert [one.memory for one in found] == sorted({one.memory for one in found})
    assert found[2].seconds == found[4].seconds == 70
    assert found[4].memory < 4 << 30
    assert {one.answer for one in found} == {(1 << 16) + 4}


def test_a_file_that_is_larger_than_any_is_never_handed_over() -> None:
    cell = Liar(TOLD)

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    with pytest.raises(FormatError) as caught:
        picture.measure(cell, Endless())  # type: ignore[arg-type]

    assert caught.value.code == "picture-size"
    assert cell.bounds is None
