"""
A dossier: files, under numbers, in one bag, in one tar, made and read in one pass.

It is NOT authenticated: anyone who has the card can make one. Nothing here opens a path:
sources, sinks and visitors come in. The format is docs/spec/dossier.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Literal

from tamizdat.field import archive, bag, objects, padme, ustar
from tamizdat.primitives import digest, merkle
from tamizdat.primitives.errors import Fault, FormatError
from tamizdat.redaction import commit


TOP: Final = "dossier/"
OBJECTS: Final = "tamizdat/objects.json"
SECRET: Final = "tamizdat/secret"
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFEST: Final = "manifest-sha256.txt"
PADDING: Final = "tamizdat/padding"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
# What follows the payload, in this order.
TAGS: Final = (OBJECTS, SECRET, DECLARATION, INFO, MANIFEST, PADDING, TAG_MANIFEST)
SECRET_LENGTH: Final = 32
_MOST: Final = {
    OBJECTS: objects.MOST_BYTES,
    SECRET: SECRET_LENGTH,
    DECLARATION: 256,
    INFO: 256,
    MANIFEST: objects.MOST_FILES * 96,
    TAG_MANIFEST: 1024,
}
_PAYLOAD: Final = re.compile(r"data/([0-9]{6})(?:\.([a-z0-9]+))?", re.ASCII)
_AGAIN: Final = "Trust none of this dossier's files; ask for it again and keep what you have."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a payload while it is read: its number, from 1, its path, its size in bytes."""

    number: int
    path: str
    size: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """
    One file of a dossier that was checked to its end.

    Attributes:
        number: Its place in the payload, from 1; *path* its payload path.

        name: Raw bytes as the sender's disk had them: a label, never a path to trust.

        size, sha256: Of its bytes. *how*: how the sender's machine had them, as it says.

        root: The object root R. *seed*: the object seed S, a secret.

        note: It is the written note.

        void: Why its bytes are not what any file held; empty for every member of `Opened.objects`.
    """

    number: int
    path: str
    name: bytes
    size: int
    sha256: bytes
    how: str
    root: bytes
    seed: bytes = dataclasses.field(repr=False)
    note: bool = False
    void: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """
    A dossier, read to its end and found whole.

    Attributes:
        created: Seconds since 1970, by the sender's clock.

        objects: Its files. *void*: payload to throw away: it changed while it was read.

        left_out: What the sender could not seal.

        note: The path of the written note, or empty.

        dossier_root, announcement: D and A of the specification; both are secrets.

        secret: The 32 bytes everything is derived from.
    """

    created: int
    objects: tuple[ObjectInfo, ...]
    void: tuple[ObjectInfo, ...]
    left_out: tuple[objects.LeftOut, ...]
    note: str
    dossier_root: bytes = dataclasses.field(repr=False)
    announcement: bytes = dataclasses.field(repr=False)
    secret: bytes = dataclasses.field(repr=False)


Visit = Callable[[Entry, BinaryIO], None]
Kind = Literal["dossier", "tar", "other"]


@dataclasses.dataclass(slots=True)
class _Seen:
    """What went by in the stream."""

    payload: list[tuple[Entry, bytes]] = dataclasses.field(default_factory=list)
    tags: dict[str, bytes] = dataclasses.field(default_factory=dict)
    hashes: dict[str, bytes] = dataclasses.field(default_factory=dict)
    padding: int = 0
    padding_empty: bool = True
    mtime: int | None = None
    length: int = len(archive.END)


def kind(first: bytes) -> Kind:
    """Say what a plaintext is by its first 512 bytes or more: a dossier, another tar, or something else."""
    block = first[: ustar.BLOCK]
    try:
        head = ustar.read(block)
        own = head.name.startswith((b"dossier/data/000001", b"dossier/PaxHeaders/000001"))
        if own and head.kind in {b"0", b"x"} and block == ustar.write(head.name.decode(), head.size, head.mtime, head.kind):
            return "dossier"
    except (FormatError, ValueError):
        return "tar" if block[257:262] == b"ustar" else "other"
    return "tar"


def object_seed(secret: bytes, number: int) -> bytes:
    """Derive the seed S of payload *number*, from 1; its place i in objects.json is one less."""
    return digest.derive(secret, "object", number - 1)


def dossier_root(secret: bytes, objects_json: bytes, roots: list[bytes]) -> bytes:
    """Compute the dossier root D over objects.json as it is stored and all object roots in order."""
    tree = merkle.root([digest.leaf(root) for root in roots])
    return digest.sha256(digest.DOSSIER, digest.derive(secret, "dossier"), digest.sha256(objects_json), tree)


def announcement(secret: bytes, root: bytes) -> bytes:
    """Compute the announcement A of a dossier root: what the 24 check words spell."""
    return digest.sha256(digest.ANNOUNCE, digest.derive(secret, "announce"), root)


def tag_manifest_paths() -> list[str]:
    """Give the tag files that the tag manifest lists, in its order."""
    return sorted(path for path in TAGS if path != TAG_MANIFEST)


def padding_length(before: int) -> int:
    """
    Plan the padding: how many zeros it holds where *before* bytes of tar stand in front of it.

    Behind it come the tag manifest, whose length is known, and the end of the archive.
    """
    manifest = bag.manifest_length(tag_manifest_paths())
    least = before + stored_length(0) + stored_length(manifest) + len(archive.END)
    zeros = padme.length(least) - least
    # Padding of 8 GiB and more has a longer header of its own.
    extra = stored_length(zeros) - zeros - stored_length(0)
    return padme.length(least + extra) - least - extra


def stored_length(size: int) -> int:
    """Say how long a member of *size* bytes is in the tar, its header and the filler of its last block included."""
    return len(ustar.write(f"{TOP}{PADDING}", size, 0)) + size + -size % ustar.BLOCK


def read(stream: BinaryIO, visit: Visit) -> Opened:
    """
    Read a dossier in one pass, give each payload to *visit* as it goes by, and check everything at the end.

    What *visit* was given is proven only when this returns: until then, and for every payload
    named in `Opened.void`, it must be ready to throw it away. *stream* is read to its end.

    Raises:
        FormatError: The dossier does not keep to docs/spec/dossier.md; *faults* names all that was found.
    """
    seen = _Seen()
    for member in archive.read_own(stream):
        _take(member, seen, visit)
    if len(seen.tags) + ("padding" in seen.hashes) < len(TAGS) - 1 or TAG_MANIFEST not in seen.tags:
        raise _order("the dossier ends before its last file")
    listing = objects.read(seen.tags[OBJECTS])
    infos = _infos(listing, seen)
    faults = [*_bag_faults(seen), *_listing_faults(listing, infos, seen)]
    if faults:
        first = faults[0]
        raise FormatError(first.code, f"{first.where}: {first.what}", mend=first.mend, faults=tuple(faults))
    secret = seen.tags[SECRET]
    root = dossier_root(secret, seen.tags[OBJECTS], [info.root for info in infos])
    return Opened(
        created=listing.created,
        objects=tuple(info for info in infos if not info.void),
        void=tuple(info for info in infos if info.void),
        left_out=listing.left_out,
        note=listing.note,
        dossier_root=root,
        announcement=announcement(secret, root),
        secret=secret,
    )
