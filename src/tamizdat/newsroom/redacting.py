"""
Show a part of an original and prove it: redact, check against the root that was kept, and tell the ledger's line.

What comes out was always verified first, as a reader will, against the stored root; what does not verify is never given.
It is NOT the decision to show anything (newsroom/decisions.py, newsroom/approvals.py), and it writes nothing.
"""

from __future__ import annotations

import dataclasses

from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

import numpy as np

from tamizdat.newsroom import disclosures, objects, origins
from tamizdat.newsroom.disclosure import Disclosure, How
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.origins import Origin
from tamizdat.primitives.digest import sha256
from tamizdat.primitives.errors import UsageError
from tamizdat.redaction import codec, commitment, metadata, picture, text, tiled, verify
from tamizdat.redaction.codec import TILE
from tamizdat.redaction.picture import Box
from tamizdat.redaction.text import Place


MIMES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".txt": "text/plain"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    A part of an original, ready to leave.

    Attributes:
        origin: The commitment it is proven against.

        file: What readers get; *suffix*: ``.jpg``, ``.png`` or ``.txt``.

        proof: Of redaction/, which leads to the origin's root.

        told: The ledger's line about it.

        hidden: Boxes of whole tiles that are blank, in pixels of the published file as stored.

        crop: What was kept, in pixels of the original as stored; None where all of it was.

        missed: What was asked for and is not there, what a viewer might miss, and what else goes out, in words.
    """

    origin: Origin
    file: bytes = dataclasses.field(repr=False)
    suffix: str
    proof: bytes = dataclasses.field(repr=False)
    told: Disclosure
    hidden: tuple[Box, ...] = ()
    crop: Box | None = None
    missed: tuple[str, ...] = ()


def of_picture(
    house: House,
    keys: Keys,
    ident: str,
    *,
    hide: Sequence[Box],
    crop: Box | None,
    disclose: Sequence[str],
    see_through: bool = False,
    to: str,
    by: Sequence[str] = (),
) -> Shown:
    """
    Show a picture with boxes hidden (black), or a part of it, and those metadata that are asked for.

    Boxes are in pixels of the upright original; *disclose* are names of redaction/picture.py; *to* says where it is to
    go, and *by* on whose word, for the ledger; *see_through* that colours under pixels that are not opaque may be shown.

    Raises:
        UsageError: ``object-unknown``; ``redact-whole``: it is all or nothing; ``redact-box``,
            ``redact-see-through`` and the like.
        TrustError: ``redaction-root``: the original is no more what was committed to.
    """
    origin, raw = _original(house, keys, ident)
    if not raw.startswith(tiled.SIGNATURES):
        raise _mixed("this is a text, and boxes are of pictures", "Hide words or paragraphs of it.")
    made = picture.redact(
        origin.seed, raw, hide=hide, crop=crop, disclose=disclose, fill=_black(raw), see_through=see_through
    )
    verdict = verify.verify(made.file, made.proof, origin.root)
    across, down = (-(-edge // TILE) for edge in verdict.original)
    turn = metadata.orientation(verdict.items)
    return Shown(
        origin=origin,
        file=made.file,
        suffix=".jpg" if made.file.startswith(b"\xff\xd8") else ".png",
        proof=made.proof,
        told=dataclasses.replace(
            _line(house, ident, "provable", (across, down), _shown(verdict, across, down), made.file),
            root=origin.root,
            hide=tuple(map(written, hide)),
            crop=written(crop) if crop else "",
            asked=(*disclose, *([disclosures.SEE_THROUGH] if see_through else [])),
            items=disclosures.paths(verdict.items),
            to=to,
            by=tuple(by),
        ),
        hidden=tuple(_boxes(hide, verdict, turn)),
        crop=(verdict.left, verdict.top, verdict.width, verdict.height) if verdict.cropped else None,
        missed=(*(f"there is no {name} in it" for name in made.absent), *made.notes),
    )


def of_text(
    house: House,
    keys: Keys,
    ident: str,
    *,
    words: Sequence[str],
    paragraphs: Sequence[int],
    to: str,
    by: Sequence[str] = (),
) -> Shown:
    """
    Show a text with phrases or whole paragraphs (counted from 1) hidden.

    Raises:
        UsageError: ``redact-whole``; ``redact-word``: there is no such phrase or paragraph.
        TrustError: ``text-root``: the original is no more what was committed to.
    """
    origin, raw = _original(house, keys, ident)
    if raw.startswith(tiled.SIGNATURES):
        raise _mixed("this is a picture, and words are of texts", "Hide boxes of it.")
    there = text.split(raw)
    places = list(_places(raw, words, paragraphs, len(there)))
    made = text.redact(origin.seed, raw, places)
    text.verify(made.file, made.proof, origin.root)
    gone = set(places)
    flags = [
        (number, None) not in gone and (number, index) not in gone
        for number, row in enumerate(there)
        for index in range(len(row))
    ]
    return Shown(
        origin=origin,
        file=made.file,
        suffix=".txt",
        proof=made.proof,
        told=dataclasses.replace(
            _line(house, ident, "words", (len(flags), 1), disclosures.bitmap(flags), made.file),
            root=origin.root,
            hide=(*(f"words {phrase}" for phrase in words), *(f"paragraph {number}" for number in paragraphs)),
            to=to,
            by=tuple(by),
        ),
        missed=tuple(text.left(made.file, words)),
    )


def of_copy(
    house: House,
    ident: str,
    file: bytes,
    *,
    size: tuple[int, int],
    turn: int,
    hide: Sequence[Box],
    crop: Box | None,
    to: str,
    by: Sequence[str],
) -> Disclosure:
    """Tell the ledger's line about a reduced copy of an original of *size* as stored; a tile that a box touches is hidden."""
    across, down = (-(-edge // TILE) for edge in size)
    shown = np.zeros((down, across), bool)
    for box, value in [
        (crop or (0, 0, *(reversed(size) if turn >= 5 else size)), True),
        *((box, False) for box in hide),
    ]:
        left, top, width, height = picture.stored(box, size, turn)
        shown[top // TILE : -(-(top + height) // TILE), left // TILE : -(-(left + width) // TILE)] = value
    return dataclasses.replace(
        _line(house, ident, "reduced", (across, down), np.packbits(shown).tobytes(), file),
        hide=tuple(map(written, hide)),
        crop=written(crop) if crop else "",
        to=to,
        by=tuple(by),
    )


def whole(house: House, keys: Keys, ident: str) -> str:
    """
    Say why no part of an object can be proven alone, in words; empty where it can.

    Raises:
        UsageError: ``object-unknown``.
    """
    found = origins.origins(house, keys, ident)
    if not found:
        raise objects.unknown(ident)
    if found[0].covers == commitment.PARTS:
        return ""
    return found[0].reason or "it was committed to as a whole only"


def written(box: Box) -> str:
    """
    Write a box as it is typed.

    >>> written((1, 2, 30, 40))
    '1,2,30,40'
    """
    return ",".join(map(str, box))


def _line(  # noqa: PLR0917 -- what every line has
    house: House, ident: str, how: How, grid: tuple[int, int], shown: bytes, file: bytes
) -> Disclosure:
    """Begin the ledger's line about what *file* shows of an object."""
    return Disclosure(
        object=ident,
        when=house.clock.now(),
        to="",
        how=how,
        across=grid[0],
        down=grid[1],
        shown=shown,
        file=sha256(file).hex(),
    )


def _original(house: House, keys: Keys, ident: str) -> tuple[Origin, bytes]:
    """Read an original whole, with the best commitment to it; refuse what is all or nothing before it is opened."""
    if reason := whole(house, keys, ident):
        _refuse(ident, reason)
    found = origins.origins(house, keys, ident)
    with objects.open_original(house, keys, ident) as stream:
        return found[0], stream.read()


def _black(raw: bytes) -> int:
    """Find the fill whose pixels are 0: in a JPEG by its first component's quantiser (T.81, A.3.1 and A.3.4)."""
    header = tiled.read(raw).header
    return -(1024 // header.components[0].quantiser[0]) if isinstance(header, codec.Header) else 0


def _shown(verdict: verify.Verdict, across: int, down: int) -> bytes:
    """Tell of each tile of the original whether the published picture shows it."""
    wide, high = -(-verdict.width // TILE), -(-verdict.height // TILE)
    inner = np.ones(wide * high, bool)
    inner[list(verdict.hidden)] = False
    shown = np.zeros((down, across), bool)
    x, y = verdict.left // TILE, verdict.top // TILE
    shown[y : y + high, x : x + wide] = inner.reshape(high, wide)
    return np.packbits(shown).tobytes()


def _boxes(hide: Sequence[Box], verdict: verify.Verdict, turn: int) -> Iterable[Box]:
    """Widen hidden boxes to whole tiles, within what is published."""
    for box in hide:
        left, top, width, height = picture.stored(box, verdict.original, turn)
        edges = []
        for start, length, origin, most in (
            (left, width, verdict.left, verdict.width),
            (top, height, verdict.top, verdict.height),
        ):
            first = min(max(start // TILE * TILE - origin, 0), most)
            last = min(max(-(-(start + length) // TILE) * TILE - origin, 0), most)
            edges.append((first, last - first))
        if edges[0][1] and edges[1][1]:
            yield edges[0][0], edges[1][0], edges[0][1], edges[1][1]


def _places(raw: bytes, words: Sequence[str], paragraphs: Sequence[int], count: int) -> Iterable[Place]:
    for phrase in words:
        found = text.find(raw, phrase)
        if not found:
            raise UsageError(
                "redact-word",
                "a phrase to hide does not stand in the text",
                mend="Give it exactly as it stands there, with its capitals and spaces.",
            )
        yield from found
    for number in paragraphs:
        if not 1 <= number <= count:
            raise UsageError(
                "redact-word", f"the text has no paragraph {number}", mend=f"Give a number from 1 to {count}."
            )
        yield number - 1, None


def _mixed(what: str, mend: str) -> UsageError:
    return UsageError("redact-mixed", what, mend=mend)


def _refuse(ident: str, reason: str) -> NoReturn:
    raise UsageError(
        "redact-whole",
        f"no part of {ident} can be proven alone: {reason}",
        mend="Publish a reduced copy in a story (maker: protected), which proves nothing, or the whole file.",
    )
