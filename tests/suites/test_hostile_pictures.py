"""Pictures made to crash, loop in or fill other people's decoders: each is published or refused with one clear error."""

from __future__ import annotations

from tamizdat.adapters import scanner
from tamizdat.adapters.cell import Cell
from tamizdat.primitives.errors import FormatError, UsageError
from tamizdat.wire import picture
from tamizdat.wire.story import Picture
from tests import tools


WANTED = Picture(object="0" * 16, credit="c", alt="a")
# Of a picture that has a flaw of its own nothing else is ever said; the rest is for pictures that take their reader down.
CODES = {"picture-kind", "picture-broken", "picture-size", "decoder-crash", "decoder-memory", "decoder-time"}


def test_each_hostile_picture_is_published_or_refused() -> None:
    found = {"published": 0}
    for path in sorted(tools.inputs("hostile/images").rglob("*")):
        if path.is_file():
            try:
                with Cell(picture.WORK) as cell, path.open("rb") as stream:
                    assert picture.render(cell, stream, WANTED, 400).jpeg.startswith(b"\xff\xd8\xff")
                found["published"] += 1
            except FormatError as error:
                assert error.code in CODES, path.name
                found[error.code] = found.get(error.code, 0) + 1

    assert sum(found.values()) > 25
    assert found["published"]
    assert found["picture-broken"]


def test_each_is_looked_at_for_squares_or_refused() -> None:
    for path in sorted(tools.inputs("hostile/images").rglob("*"))[::3]:
        if path.is_file():
            try:
                with path.open("rb") as stream:
                    scanner.read(stream, path.name, bool)
            except (FormatError, UsageError) as error:
                assert error.code in {"sheet-picture", "sheet-picture-large", *CODES}, path.name
                assert path.name in str(error)
