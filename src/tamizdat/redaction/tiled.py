"""
Any file that is a grid of tiles, by what its first bytes say it is.

It is NOT a registry to be filled from outside: what can be taken apart is a matter of the specification
(docs/spec/redaction.md, "What can be taken apart").
"""

from __future__ import annotations

from typing import Final

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import codec, jpeg, png


SIGNATURES: Final = (jpeg.SIGNATURE, png.SIGNATURE)

Tiled = jpeg.Jpeg | png.Png
Header = codec.Header | png.Header


def read(raw: bytes) -> Tiled:
    """
    Read a JPEG or PNG.

    Raises:
        FormatError: ``redact-kind``: it is neither; ``jpeg-...``, ``png-...``: it has a flaw.
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    if raw.startswith(png.SIGNATURE):
        return png.read(raw)
    if raw.startswith(jpeg.SIGNATURE):
        return jpeg.read(raw)
    raise FormatError(
        "redact-kind",
        "the file is neither a JPEG nor a PNG",
        mend="Only the file as a whole can be proven, no part of it.",
    )
