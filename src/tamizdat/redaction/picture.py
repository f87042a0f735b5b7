"""
Write a new picture in which parts are blank, and the proof that the others are the original's.

The published file is written new from an allow-list: nothing is copied but the coefficients of shown tiles and the
metadata that were asked for. It is NOT the place where an editor's decision or the ledger is kept (newsroom). The
rules are docs/spec/redaction.md, "Redacting".
"""

from __future__ import annotations

import dataclasses
import hashlib

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tamizdat.primitives import digest
from tamizdat.primitives.errors import UsageError
from tamizdat.redaction import codec, commitment, metadata, png, proof, seethrough, tiled, tree
from tamizdat.redaction.codec import TILE
from tamizdat.redaction.commit import file_commitment, seed_split


# What an editor may ask to show, by name. Any item may be asked for by its path as well.
NAMED: Final = {
    "date": ("exif:0/8769/9003", "exif:0/8769/9011", "exif:0/8769/9291"),
    "place": tuple(f"exif:0/8825/{tag:04x}" for tag in range(1, 7)),
    "camera": ("exif:0/010f", "exif:0/0110"),
    "description": ("exif:0/010e", "iptc:2:120"),
    "credit": ("exif:0/013b", "exif:0/8298", "iptc:2:80", "iptc:2:110"),
    "colours": (metadata.PROFILE, "png:cICP", "png:iCCP", "png:sRGB", "png:gAMA", "png:cHRM"),
}
# Without a profile every viewer assumes sRGB, so these are not missed.
SRGB: Final = frozenset(
    {
        "2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e",
        "33c34ecfeb998459e0075ba26a0f1ea5042e20e2419c5962e495eba3208576f2",
    }
)

Box = tuple[int, int, int, int]
Hidden = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """
    A picture as it may be published, and its proof.

    Attributes:
        file: The new file, of the same kind.

        proof: The proof's file.

        width: Of the new file, in pixels as stored (before its orientation turns it); height likewise.

        tiles: How many tiles it has.

        hidden: How many of them are blank.

        shown: The metadata that the proof shows.

        absent: What was asked for and is not in the original.

        notes: What a viewer might miss, and what is shown that nobody may have thought of, in words.
    """

    file: bytes = dataclasses.field(repr=False)
    proof: bytes = dataclasses.field(repr=False)
    width: int
    height: int
    tiles: int
    hidden: int
    shown: tuple[metadata.Item, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]


def redact(
    seed: bytes,
    raw: bytes,
    *,
    hide: Sequence[Box] = (),
    crop: Box | None = None,
    disclose: Sequence[str] = (),
    fill: int = 0,
    see_through: bool = False,
) -> Redacted:
    """
    Hide boxes of a picture, or all but one, and prove the rest; *seed* is its object's.

    Boxes are left, top, width, height in pixels of the upright original. Every tile of 32 x 32 pixels that a hidden
    box touches is hidden whole; a crop is narrowed to whole tiles, so that nothing outside of it is ever shown. What
    stands under pixels that are not opaque is shown only where *see_through* says that this is meant.

    Raises:
        FormatError: ``jpeg-...``, ``png-...``, ``redact-kind``: the file cannot be taken apart, so it is all or nothing.
        UsageError: ``redact-box``, ``redact-crop``, ``redact-disclose``, ``redact-fill``, ``redact-see-through``.
    """
    picture = tiled.read(raw)
    least, most = (codec.COEFFICIENT_LEAST, codec.COEFFICIENT_MOST) if picture.kind == proof.JPEG else (0, 0)
    if not least <= fill <= most:
        raise UsageError("redact-fill", f"the fill is {fill}", mend=f"Choose one from {least} to {most}.")
    original, seeds = picture.header, seed_split(seed)
    found = picture.items()
    turn = metadata.orientation(found)
    part = _part(original, crop, turn)
    hidden = _outside(original, part) | _touched(original, hide, turn)
    if isinstance(picture, png.Png) and not see_through:
        _check_see_through(picture, hidden, turn)
    items = commitment.Items(seeds, found)
    chosen, absent = _chosen(found, disclose)
    seen, hashes = _cover(seeds.tiles, tree.grid(*original.grid), hidden, picture)
    shown_items = _prove_items(items, chosen)
    picture.tiles[hidden] = picture.blanks(fill, np.flatnonzero(hidden))
    cut = picture if part == (0, 0, original.width, original.height) else picture.cropped(*part)
    inner = hidden.reshape(original.grid[::-1])[_window(part)].ravel()
    made = proof.Proof(
        kind=picture.kind,
        fill=fill,
        width=original.width,
        height=original.height,
        left=part[0],
        top=part[1],
        runs=proof.runs(inner),
        seeds=seen,
        hashes=hashes,
        depth=items.depth if chosen else 0,
        items=shown_items[0],
        item_seeds=shown_items[1],
        item_hashes=shown_items[2],
        metadata=b"" if chosen else commitment.slot(digest.METADATA, items.root),
        file=commitment.slot(digest.FILE, file_commitment(seeds.file, hashlib.sha256(raw).digest())),
    )
    return Redacted(
        file=cut.publish(chosen),
        proof=proof.write(made),
        width=cut.header.width,
        height=cut.header.height,
        tiles=len(inner),
        hidden=int(inner.sum()),
        shown=tuple(chosen),
        absent=absent,
        notes=(*_left_out(found, chosen), *_told_besides(original, chosen, hides=bool(hidden.any()))),
    )


def stored(box: Box, size: tuple[int, int], turn: int) -> Box:
    """
    Find where a box of the upright picture lies in the picture as stored, whose *size* is width and height.

    >>> stored((0, 0, 10, 20), (100, 50), 6)  # turned a quarter: the upright picture is 50 x 100
    (0, 40, 20, 10)
    """
    left, top, width, height = box
    if turn >= 5:
        left, top, width, height = top, left, height, width
    right, bottom = size[0] - left - width, size[1] - top - height
    # After the exchange of axes 5 is as it is; 6, 7 and 8 are mirrored in one, both, the other.
    mirrored_x, mirrored_y = turn in {2, 3, 7, 8}, turn in {3, 4, 6, 7}
    return (right if mirrored_x else left, bottom if mirrored_y else top, width, height)


def upright(box: Box, size: tuple[int, int], turn: int) -> Box:
    """
    Find where a box of the picture as stored, whose *size* is width and height, lies in the upright picture.

    >>> upright((0, 40, 20, 10), (100, 50), 6)
    (0, 0, 10, 20)
    """
    # A quarter to the right is undone by one to the left; each other turn undoes itself.
    return stored(box, size[::-1] if turn >= 5 else size, {6: 8, 8: 6}.get(turn, turn))


def _check_see_through(picture: png.Png, hidden: Hidden, turn: int) -> None:
    """Refuse to show colours that nobody sees: whoever made them see-through may have meant to hide them."""
    flags = seethrough.tiles(picture, hidden)
    if not flags.any():
        return
    size = picture.header.width, picture.header.height
    boxes = [upright(box, size, turn) for box in seethrough.boxes(flags, picture.header.grid[0], size)]
    named = " and ".join(",".join(map(str, box)) for box in boxes)
    raise UsageError(
        "redact-see-through",
        f"colours stand under see-through pixels, unseen, and whoever has the file can read them: in {named}",
        mend="Hide what is named; or, if everybody may see what is under it, say --see-through shown "
        "(in a story: see-through: shown).",
    )


def _part(header: tiled.Header, crop: Box | None, turn: int) -> Box:
    """Find what of the original is published, in pixels as stored: whole tiles within the crop."""
    size = header.width, header.height
    if crop is None:
        return (0, 0, *size)
    left, top, width, height = stored(_fitting(crop, header, turn), size, turn)
    first_x, first_y = -(-left // TILE) * TILE, -(-top // TILE) * TILE
    ends = [
        end if end == edge else end // TILE * TILE for end, edge in zip((left + width, top + height), size, strict=True)
    ]
    if ends[0] <= first_x or ends[1] <= first_y:
        raise UsageError(
            "redact-crop",
            f"the crop {crop} holds no whole tile of {TILE} x {TILE} pixels",
            mend=f"Choose a larger one; {2 * TILE} pixels each way are always enough.",
        )
    return first_x, first_y, ends[0] - first_x, ends[1] - first_y


def _window(part: Box) -> tuple[slice, slice]:
    left, top, width, height = part
    return (
        slice(top // TILE, -(-(top + height) // TILE)),
        slice(left // TILE, -(-(left + width) // TILE)),
    )


def _outside(header: tiled.Header, part: Box) -> Hidden:
    hidden = np.ones(header.grid[::-1], bool)
    hidden[_window(part)] = False
    return hidden.ravel()


def _touched(header: tiled.Header, boxes: Iterable[Box], turn: int) -> Hidden:
    hidden = np.zeros(header.grid[::-1], bool)
    for box in boxes:
        hidden[_window(stored(_fitting(box, header, turn), (header.width, header.height), turn))] = True
    return hidden.ravel()


def _fitting(box: Box, header: tiled.Header, turn: int) -> Box:
    """Cut a box to the picture; one that lies outside is a slip of the hand, and hides what nobody meant."""
    width, height = (header.height, header.width) if turn >= 5 else (header.width, header.height)
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], width), min(box[1] + box[3], height)
    if right <= left or bottom <= top:
        raise UsageError(
            "redact-box",
            f"the box {box} lies outside of the picture of {width} x {height} pixels",
            mend="Give left, top, width and height in pixels of the upright picture.",
        )
    return left, top, right - left, bottom - top


def _chosen(found: list[metadata.Item], asked: Sequence[str]) -> tuple[list[metadata.Item], tuple[str, ...]]:
    """Find the items that were asked for; the orientation is shown wherever the picture needs turning."""
    by_path = {item.path: item for item in found}
    paths = {metadata.ORIENTATION} if metadata.orientation(found) != 1 else set()
    absent = []
    for name in asked:
        if name not in NAMED and ":" not in name:
            raise UsageError(
                "redact-disclose",
                f"there is nothing called {name!r} to disclose",
                mend=f"Choose from {', '.join(sorted(NAMED))}, or give an item's path.",
            )
        there = [path for path in NAMED.get(name, (name,)) if path in by_path]
        paths.update(there)
        if not there:
            absent.append(name)
    return [item for item in found if item.path in paths], tuple(absent)


def _cover(
    seed: bytes, shape: tree.Shape, hidden: Hidden, picture: tiled.Tiled
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Find the seeds of what is shown and the hashes of what is hidden."""
    branches = tree.Branches(shape, commitment.leaves(picture.tiles))
    return _stops(seed, shape, branches, hidden[np.maximum(shape.places, 0)])


def _stops(
    seed: bytes, shape: tree.Shape, branches: tree.Branches, hidden: Hidden
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    seeds, hashes = [], []
    steps = list(tree.walk(shape, hidden))
    for step, own in zip(steps, tree.seeds_at(seed, steps), strict=True):
        if step.kind == "seed":
            seeds.append(own)
        else:
            hashes.append(branches.hash(own, step))
    return tuple(seeds), tuple(hashes)


_Proven = tuple[tuple[tuple[int, metadata.Item], ...], tuple[bytes, ...], tuple[bytes, ...]]


def _prove_items(items: commitment.Items, chosen: list[metadata.Item]) -> _Proven:
    if not chosen:
        return (), (), ()
    place = dict(zip((item.path for item in items.items), items.places, strict=True))
    shown = sorted(((place[item.path], item) for item in chosen), key=lambda pair: pair[0])
    hidden = np.ones(1 << items.depth, bool)
    hidden[[at for at, _ in shown]] = False
    seeds, hashes = _stops(items.seed, items.shape, items.branches, hidden)
    return tuple(shown), seeds, hashes


def _told_besides(header: tiled.Header, chosen: list[metadata.Item], *, hides: bool) -> tuple[str, ...]:
    """Name what goes out with the pixels and may tell more than they do."""
    told = []
    if isinstance(header, png.Header) and hides and "PLTE" in dict(header.needed):
        told.append("its palette names the colours of what is hidden too")
    profiles = [metadata.profile(item) for item in chosen if item.path in {metadata.PROFILE, "png:iCCP"}]
    if any(hashlib.sha256(profile).hexdigest() not in SRGB for profile in profiles):
        told.append(
            "the colour profile goes out whole: it can name the screen, the program or the person it was made for"
        )
    return tuple(told)


def _left_out(found: list[metadata.Item], chosen: list[metadata.Item]) -> tuple[str, ...]:
    profiles = [item for item in found if item.path in {metadata.PROFILE, "png:iCCP"} and item not in chosen]
    missed = [item for item in profiles if hashlib.sha256(metadata.profile(item)).hexdigest() not in SRGB]
    return ("the colour profile: colours may look different; --disclose colours keeps it",) if missed else ()
