"""Fuzz the reader of cards: it refuses, or what it read is written back byte for byte (python fuzz/card.py)."""

from __future__ import annotations

import sys

import atheris


with atheris.instrument_imports():
    from tamizdat.primitives import card, note
    from tamizdat.primitives.errors import TamizdatError


def one(data: bytes) -> None:
    """Read the bytes as a whole card, and as the text of one."""
    try:
        card.read(data)
    except TamizdatError:
        pass
    else:
        assert card.write_text(card.read(data)) == note.read(data).text  # noqa: S101 -- what a fuzzer is for
    try:
        body = data.decode("utf-8")
        found = card.read_text(body)
    except (TamizdatError, UnicodeDecodeError):
        return
    assert card.write_text(found) == body  # noqa: S101 -- what a fuzzer is for


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
