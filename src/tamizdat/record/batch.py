"""
Batches: one slot's arrivals under one root, so that a full slot and an empty one look alike.

A batch is a tree of exactly 65,536 leaves. Real ones stand at random places among dummies that
only the private map can tell apart. The map is a secret of the desk; the root alone is public
(record/entry.py). The format is docs/spec/entry.md, "Batches".
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools

from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from tamizdat.primitives import digest, merkle, ports
from tamizdat.primitives.errors import FormatError, TrustError
from tamizdat.primitives.text import decimal, rebase64, unbase64


SPEC: Final = "tamizdat-batch-map-v1"
DEPTH: Final = 16
LEAVES: Final = 1 << DEPTH
HASH_LENGTH: Final = 32
MAX_LENGTH: Final = 5 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """
    The private map of a batch.

    Attributes:
        root: The public root.

        seed: 32 secret bytes that give all dummies.

        leaves: The place (0 to 65,535) of every real leaf, by its hash.
    """

    root: bytes
    seed: bytes = dataclasses.field(repr=False)
    leaves: dict[bytes, int] = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if any(len(value) != HASH_LENGTH for value in (self.root, self.seed, *self.leaves)):
            _flaw("map-hash", "a hash in it is not 32 bytes")
        places = set(self.leaves.values())
        if len(places) != len(self.leaves) or not all(0 <= place < LEAVES for place in places):
            _flaw("map-place", "two leaves have one place, or one has none of the batch")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    A batch just made.

    Attributes:
        root: What becomes public.

        secret_map: What stays at the desk, sealed.

        left_over: Leaves that found no room; they stay queued for the next slot.
    """

    root: bytes
    secret_map: Map
    left_over: tuple[bytes, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """
    That a leaf is in a batch, without its neighbours.

    Attributes:
        position: The leaf's place.

        path: Sixteen hashes from the leaf to the root.
    """

    position: int
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        lengths = {len(step) for step in self.path}
        if not 0 <= self.position < LEAVES or len(self.path) != DEPTH or lengths != {HASH_LENGTH}:
            raise FormatError(
                "placement", "it is not the path of a leaf in a batch", mend="Get the proof anew from the newsroom."
            )


def leaf(nonce: bytes, value: bytes) -> bytes:
    """Hash *value* (32 bytes: an announcement, a root) with a fresh *nonce* (32 random bytes) that hides it."""
    if len(nonce) != HASH_LENGTH or len(value) != HASH_LENGTH:
        raise ValueError("nonce and value are 32 bytes each")
    return digest.leaf(nonce, value)


def write(leaves: Iterable[bytes], entropy: ports.Entropy) -> Batch:
    """Make a batch of real *leaves* (32 bytes each; the same one twice counts once), at most 65,536 of them."""
    queued = list(dict.fromkeys(leaves))
    taken, left_over = queued[:LEAVES], tuple(queued[LEAVES:])
    secret_map = Map(root=merkle.EMPTY, seed=entropy.random(32), leaves=_places(taken, entropy))
    root = _rows(secret_map)[DEPTH][0]
    return Batch(root=root, secret_map=dataclasses.replace(secret_map, root=root), left_over=left_over)


def prove(secret_map: Map, leaf_hash: bytes) -> Placement:
    """Show that *leaf_hash* is in the batch; as `prove_all`."""
    return prove_all(secret_map, [leaf_hash])[0]


def prove_all(secret_map: Map, leaf_hashes: Sequence[bytes]) -> list[Placement]:
    """
    Show that each of *leaf_hashes* is in the batch, computing the tree once.

    Raises:
        KeyError: One of them is not in the batch.
        TrustError: ``map-root``: the map does not lead to the root it names.
    """
    rows = _rows(secret_map)
    if rows[DEPTH][0] != secret_map.root:
        raise TrustError(
            "map-root", "the map of the batch does not lead to its root", mend="Restore the map from a backup."
        )
    places = [secret_map.leaves[leaf_hash] for leaf_hash in leaf_hashes]
    return [
        Placement(position=place, path=tuple(rows[level][place >> level ^ 1] for level in range(DEPTH)))
        for place in places
    ]


def verify(leaf_hash: bytes, position: int, path: Sequence[bytes], root: bytes) -> None:
    """
    Check that *leaf_hash* stands at *position* of the batch with this *root*.

    Raises:
        TrustError: ``merkle-inclusion``.
    """
    merkle.verify_inclusion(leaf_hash, position, LEAVES, path, root)


def write_placement(placement: Placement) -> bytes:
    """Write a placement: the position, 2 bytes big-endian, and the 16 hashes."""
    return placement.position.to_bytes(2, "big") + b"".join(placement.path)


def read_placement(raw: bytes) -> Placement:
    """
    Read what `write_placement` writes.

    Raises:
        FormatError: ``placement``.
    """
    steps = range(2, len(raw), HASH_LENGTH)
    return Placement(position=int.from_bytes(raw[:2], "big"), path=tuple(raw[at : at + HASH_LENGTH] for at in steps))


def write_map(secret_map: Map) -> bytes:
    """Write the private map. It is a secret: it tells arrivals from dummies."""
    lines = [SPEC, f"root: {rebase64(secret_map.root)}", f"seed: {rebase64(secret_map.seed)}"]
    by_place = sorted(secret_map.leaves.items(), key=lambda item: item[1])
    lines.extend(f"leaf: {place} {rebase64(leaf_hash)}" for leaf_hash, place in by_place)
    return "".join(f"{line}\n" for line in lines).encode()


def read_map(raw: bytes) -> Map:
    """
    Read what `write_map` writes, and nothing else.

    Raises:
        FormatError: ``map-magic``, ``map-line``, ``map-hash`` or ``map-place``.
    """
    if len(raw) > MAX_LENGTH:
        _flaw("map-line", "it is longer than a map can be")
    magic, *lines = raw.decode("ascii", "replace").split("\n")
    if magic != SPEC:
        _flaw("map-magic", f"it does not begin with {SPEC}")
    if len(lines) < 3 or lines.pop():
        _flaw("map-line", "its last line is cut off")
    root, seed = _hash(_field(lines[0], "root")), _hash(_field(lines[1], "seed"))
    leaves: dict[bytes, int] = {}
    last = -1
    for line in lines[2:]:
        place, _, word = _field(line, "leaf").partition(" ")
        position, leaf_hash = _place(place), _hash(word)
        if position <= last or leaf_hash in leaves:
            _flaw("map-place", f"the leaf at {position} is out of order, or stands there twice")
        leaves[leaf_hash] = last = position
    return Map(root=root, seed=seed, leaves=leaves)


def _places(leaves: Sequence[bytes], entropy: ports.Entropy) -> dict[bytes, int]:
    """Draw places: Fisher and Yates' shuffle, cut off once every leaf has one."""
    draws = entropy.random(8 * len(leaves))
    moved: dict[int, int] = {}
    places: dict[bytes, int] = {}
    for number, leaf_hash in enumerate(leaves):
        # 64 bits for at most 16: the bias is below 2**-48.
        drawn = number + int.from_bytes(draws[8 * number : 8 * number + 8], "big") % (LEAVES - number)
        places[leaf_hash] = moved.get(drawn, drawn)
        moved[drawn] = moved.get(number, number)
    return places


def _rows(secret_map: Map) -> list[list[bytes]]:
    """Compute the whole tree: row 0 the leaves, row 16 the root."""
    # Dummies are made as real leaves are, out of a nonce and a value; all of them, also where a real leaf stands.
    stream = hashlib.shake_256(digest.derive(secret_map.seed, "batch-dummies")).digest(2 * HASH_LENGTH * LEAVES)
    step, mark, sha256 = 2 * HASH_LENGTH, digest.LEAF, hashlib.sha256
    row = [sha256(mark + stream[at : at + step]).digest() for at in range(0, len(stream), step)]
    for leaf_hash, place in secret_map.leaves.items():
        row[place] = leaf_hash
    return list(itertools.accumulate(range(DEPTH), lambda below, _: merkle.above(below), initial=row))


def _field(line: str, name: str) -> str:
    if not line.startswith(f"{name}: "):
        # The line may hold the seed: it is not repeated.
        _flaw("map-line", f"a line is not the field {name!r}")
    return line[len(name) + 2 :]


def _place(word: str) -> int:
    try:
        place = decimal(word)
    except ValueError:
        place = LEAVES
    if place >= LEAVES:
        _flaw("map-place", "a leaf's place is no number below 65,536")
    return place


def _hash(word: str) -> bytes:
    try:
        value = unbase64(word, HASH_LENGTH)
    except ValueError:
        value = b""  # the error's own words would repeat what may be the seed
    if not value:
        _flaw("map-hash", "a hash in it is not base64 of 32 bytes")
    return value


def _flaw(code: str, what: str) -> NoReturn:
    raise FormatError(code, what, mend="Restore the map from a backup.")
