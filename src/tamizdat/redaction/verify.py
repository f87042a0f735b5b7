"""
Check a redacted picture against its proof and the root of its original: these parts are unchanged, those are blank.

It proves that the shown parts are what was committed to. It does NOT prove that a scene was real, when the commitment
was made (that is the log's to show), or anything of what is hidden. The steps are docs/spec/redaction.md, "Verifying".
"""

from __future__ import annotations

import dataclasses

from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from tamizdat.primitives import digest
from tamizdat.primitives.errors import TrustError
from tamizdat.redaction import commitment, metadata, proof, tiled, tree
from tamizdat.redaction.codec import TILE


# Anybody's bytes, so not without end; a proof in them has 16 MiB at most itself.
MAX_CREDENTIALS: Final = 16 << 20

Hidden = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What was proven; sizes and places in pixels as stored.

    Attributes:
        width: Of the picture that was checked; height likewise.

        original: Width and height of the original.

        left: Where the picture lies in the original; top likewise.

        tiles: How many tiles the picture has.

        hidden: The numbers of those that are blank, row by row.

        items: The metadata that were shown, as the camera or program wrote them.

        fill: The value of blank tiles.

        credentials: How many bytes of content credentials stand in it, of which nothing was checked.
    """

    width: int
    height: int
    original: tuple[int, int]
    left: int
    top: int
    tiles: int
    hidden: tuple[int, ...] = dataclasses.field(repr=False)
    items: tuple[metadata.Item, ...]
    fill: int
    credentials: int

    @property
    def cropped(self) -> bool:
        """Whether the original is larger."""
        return self.original != (self.width, self.height)

    @property
    def hidden_share(self) -> float:
        """How much of the original cannot be seen, from 0 to 1: what is blank and what was cut away, by tiles."""
        across, down = (-(-edge // TILE) for edge in self.original)
        return 1 - (self.tiles - len(self.hidden)) / (across * down)


def verify(raw: bytes, proof_file: bytes, root: bytes) -> Verdict:
    """
    Check a JPEG or PNG and its proof against the object root *root*, 32 bytes.

    Raises:
        FormatError: ``redaction-...`` for the proof's form, ``jpeg-...``, ``png-...`` for the picture's.
        TrustError: ``redaction-trailer``, ``redaction-segment``, ``redaction-crop``, ``redaction-hidden``,
            ``redaction-count``, ``redaction-root``: something is not as the original was.
    """
    return check(tiled.read(raw), proof.read(proof_file), root)


def check(read: tiled.Tiled, shown: proof.Proof, root: bytes) -> Verdict:
    """
    Check a picture and a proof that were read already, as `verify` does.

    Raises:
        TrustError: As `verify` has them.
    """
    if shown.kind != read.kind:
        _refuse("redaction-kind", "the proof is for another kind of file than this picture")
    if read.trailer:
        _refuse("redaction-trailer", f"{len(read.trailer)} bytes follow the end of the picture")
    items = tuple(item for _, item in shown.items)
    # Nothing in the file may say anything else than the proof: another date, another turn, other colours.
    if strange := read.strange(items):
        _refuse("redaction-segment", f"the file holds a part {strange} otherwise than the proof shows it")
    if read.credentials > MAX_CREDENTIALS:
        _refuse("redaction-segment", f"{read.credentials} bytes of content credentials are more than may stand in it")
    original = dataclasses.replace(read.header, width=shown.width, height=shown.height)
    _check_part(read.header, shown)
    blank = _check_blank(read, shown)
    reached = commitment.join_slots(
        commitment.slot(digest.HEADER, original.write()),
        commitment.slot(digest.TILES, _tiles_root(original, read, shown, blank)),
        commitment.slot(digest.METADATA, _items_root(shown)) if items else shown.metadata,
        shown.file,
    )
    if reached != root:
        _refuse("redaction-root", "the picture and its proof do not lead to the root that was committed to")
    return Verdict(
        width=read.header.width,
        height=read.header.height,
        original=(shown.width, shown.height),
        left=shown.left,
        top=shown.top,
        tiles=len(read.tiles),
        hidden=tuple(np.flatnonzero(blank).tolist()),
        items=items,
        fill=shown.fill,
        credentials=read.credentials,
    )


def _check_part(header: tiled.Header, shown: proof.Proof) -> None:
    for begin, length, edge in (
        (shown.left, header.width, shown.width),
        (shown.top, header.height, shown.height),
    ):
        if begin + length != edge and (length % TILE or begin + length > edge):
            _refuse("redaction-crop", f"{length} pixels from {begin} on are no whole tiles of the original's {edge}")


def _check_blank(read: tiled.Tiled, shown: proof.Proof) -> Hidden:
    count = sum(shown.runs)
    if count != len(read.tiles):
        _refuse("redaction-count", f"the proof speaks of {count} tiles, the picture has {len(read.tiles)}")
    blank = proof.flags(shown.runs)
    numbers = np.flatnonzero(blank)
    if not np.array_equal(read.tiles[numbers], read.blanks(shown.fill, numbers)):
        _refuse("redaction-hidden", "something stands in a part that the proof says is blank")
    return blank


def _tiles_root(original: tiled.Header, read: tiled.Tiled, shown: proof.Proof, blank: Hidden) -> bytes:
    shape = tree.grid(*original.grid)
    # The tile of the original that each tile of the picture is.
    across, down = read.header.grid
    rows = np.arange(down)[:, None] + shown.top // TILE
    columns = np.arange(across)[None, :] + shown.left // TILE
    places = (rows * original.grid[0] + columns).ravel()
    hidden = np.ones(original.grid[0] * original.grid[1], bool)
    hidden[places] = blank
    own = np.zeros(len(hidden), np.int64)
    own[places] = np.arange(len(places))
    leaf = commitment.leaves(read.tiles)
    numbers: list[int] = own.tolist()
    branches = tree.Branches(shape, lambda salt, place: leaf(salt, numbers[place]))
    return _root(shape, hidden[np.maximum(shape.places, 0)], branches, shown.seeds, shown.hashes)


def _items_root(shown: proof.Proof) -> bytes:
    at = dict(shown.items)
    shape = tree.full(shown.depth)
    hidden = np.ones(1 << shown.depth, bool)
    hidden[list(at)] = False
    return _root(
        shape,
        hidden,
        tree.Branches(shape, tree.salted(lambda place: at[place].write())),
        shown.item_seeds,
        shown.item_hashes,
    )


def _root(
    shape: tree.Shape,
    hidden: Hidden,
    branches: tree.Branches,
    seeds: tuple[bytes, ...],
    hashes: tuple[bytes, ...],
) -> bytes:
    """Walk the tree as the prover did; every seed and every hash must find its place, and none be missing."""
    steps = list(tree.walk(shape, hidden))
    wanted = sum(step.kind == "seed" for step in steps)
    if (len(seeds), len(hashes)) != (wanted, len(steps) - wanted):
        _refuse(
            "redaction-count",
            f"the proof has {len(seeds)} seeds, {len(hashes)} hashes; it needs {wanted}, {len(steps) - wanted}",
        )
    next_seed, next_hash = iter(seeds), iter(hashes)
    return tree.join(
        shape,
        {
            (step.level, step.index): branches.hash(next(next_seed), step) if step.kind == "seed" else next(next_hash)
            for step in steps
        },
    )


def _refuse(code: str, what: str) -> NoReturn:
    raise TrustError(code, what, mend="Do not believe the picture; get it and its proof anew from the newsroom.")
