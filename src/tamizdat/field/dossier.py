"""
A dossier: files, under numbers, in one bag, in one tar, made and read in one pass.

It is NOT authenticated: anyone who has the card can make one. Nothing here opens a path:
a stream and a visitor come in. Sealing is field/sealing.py; the format is docs/spec/dossier.md.
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, Final, Literal

from tamizdat.field import archive, bag, derivation, layout, objects, ustar
from tamizdat.field.objects import Item, LeftOut, Listing
from tamizdat.field.sealing import Begin, Committed, Sealed, Source, at_once, committed, seal, write
from tamizdat.primitives.errors import Fault, FormatError
from tamizdat.redaction import commit


__all__ = ["Entry", "Kind", "LeftOut", "ObjectInfo", "Opened", "Sealed", "Source", "kind", "read", "seal", "write"]

PAYLOAD: Final = re.compile(r"data/([0-9]{6})(?:\.([a-z0-9]+))?", re.ASCII)
_AGAIN: Final = "Trust none of this dossier's files; ask for it again and keep what you have."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a payload while it is read: its number, from 1, its path, its size in bytes, its header's time."""

    number: int
    path: str
    size: int
    mtime: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """
    One file of a dossier that was checked to its end.

    Attributes:
        number: Its place in the payload, from 1; *path* its payload path.

        name: Raw bytes as the sender's disk had them: a label, never a path to trust.

        size, sha256: Of its bytes. *how*: how the sender's machine had them, as it says.

        root: The object root R. *seed*: the object seed S, a secret.

        covers: What R commits to: "parts", or "file" for all or nothing.

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
    covers: objects.Covers = objects.FILE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """
    A dossier, read to its end and found whole.

    Attributes:
        created: Seconds since 1970, by the sender's clock.

        objects: Its files. *void*: payload to throw away, for it changed while it was sealed.

        left_out: What the sender could not seal.

        note: The path of the written note, or empty.

        dossier_root, announcement: D and A of the specification; both are secrets.

        secret: The 32 bytes everything is derived from.
    """

    created: int
    objects: tuple[ObjectInfo, ...]
    void: tuple[ObjectInfo, ...]
    left_out: tuple[LeftOut, ...]
    note: str
    dossier_root: bytes = dataclasses.field(repr=False)
    announcement: bytes = dataclasses.field(repr=False)
    secret: bytes = dataclasses.field(repr=False)


Visit = Callable[[Entry, BinaryIO], None]
Again = Callable[[Entry], bytes]
Kind = Literal["dossier", "tar", "other"]


@dataclasses.dataclass(slots=True)
class _Seen:
    """What went by in the stream."""

    payload: list[tuple[Entry, bytes]] = dataclasses.field(default_factory=list)
    tags: dict[str, bytes] = dataclasses.field(default_factory=dict)
    hashes: dict[str, bytes] = dataclasses.field(default_factory=dict)
    times: set[int] = dataclasses.field(default_factory=set)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    length: int = 0


def kind(first: bytes) -> Kind:
    """Say what a plaintext is by its first 512 bytes or more: a dossier, another tar, or something else."""
    block = first[: ustar.BLOCK]
    try:
        head = ustar.read(block)
        own = head.name.startswith((b"dossier/data/000001", b"dossier/PaxHeaders/000001"))
        if own and ustar.spell(head.name.decode("ascii"), head.kind, head.size, head.mtime) == block:
            return "dossier"
    except (FormatError, ValueError):
        return "tar" if block[257:262] == b"ustar" else "other"
    return "tar"


def read(
    stream: archive.Readable,
    visit: Visit,
    *,
    before: Sequence[tuple[Entry, bytes]] = (),
    mtime: int = 0,
    again: Again | None = None,
    begin: Begin = at_once,
) -> Opened:
    """
    Read a dossier in one pass, give each payload to *visit* as it goes by, and check everything at the end.

    What *visit* was given is proven only when this returns: until then, and for every payload
    named in `Opened.void`, be ready to throw it away. *stream* is read to its end. Where an earlier
    reading was cut off, *before* are the payloads it had given, with their SHA-256, *mtime* the time in their
    headers, and *stream* stands at `place_after` of them; all checks are the same.

    A root that commits to parts is recomputed from the payload, which *again* gives once more: the secret comes behind
    all payloads. It may give less than all of one that cannot be taken apart; *begin* is who computes it. Where *again* is
    None such roots are as the dossier says, and nothing may be put on a record that rests on them.

    Raises:
        AdapterError: ``codec-missing``, ``codec-time``: a root that commits to parts cannot be recomputed here.
        FormatError: The dossier does not keep to docs/spec/dossier.md; *faults* names all that was found.
    """
    seen = _Seen(payload=list(before), times={mtime} if before else set(), length=place_after(before))
    for member in archive.read_own(stream):
        _take(member, seen, visit)
    if len(seen.hashes) < len(layout.TAGS):
        raise _order("the dossier ends before its last file")
    seen.faults.extend(_bag_faults(seen))
    try:
        listing = objects.read(seen.tags[layout.OBJECTS])
    except FormatError as error:
        what = str(error).removeprefix("objects.json: ")
        seen.faults.append(Fault(code=error.code, where=layout.OBJECTS, what=what, mend=error.mend))
        raise _refused(seen.faults) from None
    infos = _infos(listing, seen, None if seen.faults else again, begin)
    seen.faults.extend(_listing_faults(listing, infos, seen))
    if seen.faults:
        raise _refused(seen.faults)
    return _opened(listing, infos, seen)


def place_after(before: Iterable[tuple[Entry, bytes]]) -> int:
    """Say where in the tar the member behind these payloads begins."""
    return sum(layout.stored_length(entry.size) for entry, _ in before)


def _take(member: archive.Member, seen: _Seen, visit: Visit) -> None:
    """Take one member, in its one place, and give it to *visit* where it is payload."""
    path = member.name.decode("ascii").removeprefix(layout.TOP)
    match = PAYLOAD.fullmatch(path)
    due = layout.TAGS[len(seen.hashes)] if len(seen.hashes) < len(layout.TAGS) else ""
    if not member.name.startswith(layout.TOP.encode("ascii")) or (not match and path != due):
        raise _order(f"{path[:80]!r} is not due here")
    seen.times.add(member.mtime)
    if match:
        if seen.hashes or int(match[1]) != len(seen.payload) + 1 or len(seen.payload) >= objects.MOST_FILES:
            raise _order(f"{path!r} is not due here")
        entry = Entry(number=len(seen.payload) + 1, path=path, size=member.size, mtime=member.mtime)
        visit(entry, member.stream)
        seen.payload.append((entry, member.finish()))
    elif path == layout.PADDING:
        _take_padding(member, seen)
    else:
        if member.size > layout.MOST[path]:
            raise FormatError("dossier-large", f"{path} of {member.size} bytes is too large", mend=_AGAIN)
        seen.tags[path] = member.stream.read()
        seen.hashes[path] = member.finish()
    seen.length += layout.stored_length(member.size)


def _take_padding(member: archive.Member, seen: _Seen) -> None:
    planned = layout.padding_length(seen.length)
    if member.size not in {planned, layout.sheet_padding_length(seen.length)}:
        seen.faults.append(_fault("dossier-padding", layout.PADDING, f"it has {member.size} bytes, not {planned}"))
    while data := member.stream.read(archive.CHUNK):
        if data.count(0) != len(data):
            seen.faults.append(_fault("dossier-padding", layout.PADDING, "it holds something"))
            break
    seen.hashes[layout.PADDING] = member.finish()


def _bag_faults(seen: _Seen) -> Iterator[Fault]:
    octets = sum(entry.size for entry, _ in seen.payload)
    info = bag.write_info(octets, len(seen.payload))
    for path, due in ((layout.DECLARATION, bag.DECLARATION), (layout.INFO, info)):
        if seen.tags[path] != due:
            yield _fault("dossier-bag", path, "it does not say what a dossier's says")
    payload = ((entry.path, value) for entry, value in seen.payload)
    yield from bag.compare_manifest(layout.MANIFEST, seen.tags[layout.MANIFEST], payload)
    tags = ((path, seen.hashes[path]) for path in layout.LISTED)
    yield from bag.compare_manifest(layout.TAG_MANIFEST, seen.tags[layout.TAG_MANIFEST], tags)
    if len(seen.tags[layout.SECRET]) != layout.SECRET_LENGTH:
        yield _fault("dossier-bag", layout.SECRET, f"it has not {layout.SECRET_LENGTH} bytes")


def _infos(listing: Listing, seen: _Seen, again: Again | None, begin: Begin) -> list[ObjectInfo]:
    """Recompute what each object's line should say, from the bytes that went by."""
    seeds = [derivation.object_seed(seen.tags[layout.SECRET], entry.number) for entry, _ in seen.payload]
    lines = list(zip(seen.payload, listing.files, seeds, strict=False))
    # All are begun before one is waited for; whoever begins them takes no more at once than he can hold.
    coming = [
        begin(seed, again(entry)) if again is not None and item.covers != objects.FILE else None
        for (entry, _), item, seed in lines
    ]
    return [
        ObjectInfo(
            number=entry.number,
            path=entry.path,
            name=item.name,
            size=entry.size,
            sha256=value,
            how=item.how,
            root=_of_parts(one()) if one is not None else _root(seed, value, item),
            seed=seed,
            note=entry.path == listing.note,
            void=item.void,
            covers=item.covers,
        )
        for ((entry, value), item, seed), one in zip(lines, coming, strict=True)
    ]


def _root(seed: bytes, sha256: bytes, item: Item) -> bytes:
    return commit.object_root(seed, sha256) if item.covers == objects.FILE else item.root


def _of_parts(made: Committed) -> bytes:
    return made.root if made.covers == objects.PARTS else b""


def root_of_parts(seed: bytes, raw: bytes) -> bytes:
    """
    Compute the object root of a file that is said to be committed to by parts; empty where it cannot be.

    Raises:
        AdapterError: ``codec-missing``, ``codec-time``.
    """
    return _of_parts(committed(seed, raw))


def _listing_faults(listing: Listing, infos: list[ObjectInfo], seen: _Seen) -> Iterator[Fault]:
    if seen.times != {listing.created}:
        yield _fault("dossier-objects", layout.OBJECTS, "it tells another time than the archive")
    if len(listing.files) != len(seen.payload):
        what = f"it lists {len(listing.files)} files, and {len(seen.payload)} are there"
        yield _fault("dossier-objects", layout.OBJECTS, what)
    for item, info in zip(listing.files, infos, strict=False):
        if _said(item) != (info.path, info.size, info.sha256):
            yield _fault("dossier-objects", info.path, "objects.json says otherwise than the bytes that are there")
        elif item.root != info.root:
            yield _fault("dossier-root", info.path, "its object root does not follow from its bytes and the secret")


def _said(item: Item) -> tuple[str, int, bytes]:
    return item.path, item.size, item.sha256


def _opened(listing: Listing, infos: list[ObjectInfo], seen: _Seen) -> Opened:
    secret = seen.tags[layout.SECRET]
    root = derivation.dossier_root(secret, seen.tags[layout.OBJECTS], (info.root for info in infos))
    return Opened(
        created=listing.created,
        objects=tuple(info for info in infos if not info.void),
        void=tuple(info for info in infos if info.void),
        left_out=listing.left_out,
        note=listing.note,
        dossier_root=root,
        announcement=derivation.announcement(secret, root),
        secret=secret,
    )


def _refused(faults: list[Fault]) -> FormatError:
    first = faults[0]
    return FormatError(first.code, f"{first.where}: {first.what}", mend=first.mend, faults=tuple(faults))


def _order(what: str) -> FormatError:
    return FormatError("dossier-order", what, mend=_AGAIN)


def _fault(code: str, where: str, what: str) -> Fault:
    return Fault(code=code, where=where, what=what, mend=_AGAIN)
