"""
Salvage: the whole files of a dossier of which stretches are missing. docs/spec/dossier.md, "When parts of it are missing".

What is given is proven byte for byte by age; that nothing is missing is NOT: this is for what may never be complete.
Where the list of names is lost too, a file has the name of its place.

    found = salvage.walk(keyed_or_anything_with_chunks, visit)   # visit(entry, stream), as dossier.read has it

*visit* may be given a file that turns out to have a hole: its stream then raises `Hole`, and what was made of it has
to be thrown away. `tamizdat open PARTS --partial` does so with `rescue`, which a command line gives a folder's door.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, Protocol

from tamizdat.field import derivation, layout, objects, ustar
from tamizdat.field.dossier import PAYLOAD, Again, Entry, root_of_parts
from tamizdat.field.objects import Item, Listing
from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import commit


CHUNK: Final = 1 << 16
_MOST_HEAD: Final = 3 * ustar.BLOCK


class Chunks(Protocol):
    """A plaintext in chunks of 64 KiB, of which some are not here."""

    @property
    def count(self) -> int:
        """How many chunks there are, as far as is known."""

    def chunk(self, number: int) -> bytes | None:
        """Give a chunk that is proven, None where it is not here."""


class Hole(Exception):  # noqa: N818 -- no fault of anybody's: `walk` counts it
    """A stretch of the file is not here."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """
    A file that is whole.

    Attributes:
        number, path, size: Its place in the payload, from 1, its payload path, its length in bytes.

        sha256: Of its bytes.

        name: As the sender's disk had it, raw bytes; the last segment of *path* where the list is lost.

        named: The list was here, and *name*, *how* and *void* are what it says; *void* is a reason to throw it away.

        root, seed: The object root and seed, where the dossier's secret and list were here; else empty.

        covers: What the root commits to: "parts", or "file" for all or nothing.
    """

    number: int
    path: str
    size: int
    sha256: bytes
    name: bytes
    named: bool
    how: str = ""
    void: str = ""
    root: bytes = b""
    seed: bytes = dataclasses.field(default=b"", repr=False)
    covers: objects.Covers = objects.FILE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A file that is not whole: its payload path, its name where it is known, and why."""

    number: int
    path: str
    name: bytes
    why: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """
    What was to be had.

    Attributes:
        whole: The files that are here, byte for byte, in order.

        lost: Those that are known to be missing or to have holes.

        listed: The list of all files was here, so no file is missing that is not named in *lost*.

        holes: How many chunks of 64 KiB are not here.
    """

    whole: tuple[Rescued, ...]
    lost: tuple[Lost, ...]
    listed: bool
    holes: int


Visit = Callable[[Entry, BinaryIO], None]


@dataclasses.dataclass(slots=True)
class _Seen:
    payload: dict[int, tuple[Entry, bytes | None]] = dataclasses.field(default_factory=dict)
    tags: dict[str, bytes] = dataclasses.field(default_factory=dict)
    mtime: int | None = None
    last: int = 0


def walk(chunks: Chunks, visit: Visit, again: Again | None = None) -> Salvaged:
    """
    Read all of a dossier that is here, and give each payload to *visit* as it goes by.

    *again* gives a payload once more, as in `dossier.read`; without it, roots that commit to parts are as the list says.

    Raises:
        FormatError: No member of a dossier is to be found in it.
    """
    tape = _Tape(chunks)
    seen = _Seen()
    at: int | None = 0
    end = chunks.count * CHUNK
    while at is not None and at < end:
        member = _member(tape, at, seen)
        if member is None:
            at = _resync(tape, at, seen)
            continue
        _take(tape, member, seen, visit)
        if member.path == layout.TAG_MANIFEST:
            break
        at = member.at + member.size + -member.size % ustar.BLOCK
    if not seen.payload and not seen.tags:
        raise FormatError(
            "salvage-nothing",
            "what is here of it holds no file of a dossier",
            mend="Bring another part, and try again.",
        )
    return _judge(tape, seen, again)


@dataclasses.dataclass(frozen=True, slots=True)
class _Member:
    """A file in the tar: its path below the dossier's folder, where its bytes begin, how many they are."""

    path: str
    at: int
    size: int
    mtime: int


def _member(tape: _Tape, at: int, seen: _Seen) -> _Member | None:
    """Read the header at a place; None where there is none that is due."""
    raw = tape.bytes(at, _MOST_HEAD) or tape.bytes(at, ustar.BLOCK)
    if raw is None:
        return None
    try:
        head = ustar.read(raw[: ustar.BLOCK])
        size, used = head.size, ustar.BLOCK
        if head.kind == b"x" and len(raw) == _MOST_HEAD and head.size <= ustar.BLOCK:
            size = int(ustar.read_pax(raw[ustar.BLOCK : ustar.BLOCK + head.size]).get(b"size", b"0")[:18])
            head, used = ustar.read(raw[2 * ustar.BLOCK :]), _MOST_HEAD
        name = head.name.decode("ascii")
        if ustar.write(name, size, head.mtime) != raw[:used] or not name.startswith(layout.TOP):
            return None
    except (FormatError, ValueError):
        return None
    path = name.removeprefix(layout.TOP)
    match = PAYLOAD.fullmatch(path)
    if (seen.mtime is not None and head.mtime != seen.mtime) or (match is None and path not in layout.TAGS):
        return None
    if match is not None and (int(match[1]) <= seen.last or seen.tags):
        return None
    seen.mtime = head.mtime
    return _Member(path, at + used, size, head.mtime)


def _resync(tape: _Tape, at: int, seen: _Seen) -> int | None:
    """
    Find the next header behind a place where none can be read.

    A file that itself holds such a header (a dossier in a dossier) may be taken for one; what is given as that file is
    then still a stretch of what was sealed.
    """
    mark = layout.TOP.encode("ascii")
    while at < tape.end:
        at += ustar.BLOCK
        chunk = tape.chunk(at // CHUNK)
        if chunk is None:
            at = (at // CHUNK + 1) * CHUNK - ustar.BLOCK
            continue
        place = chunk.find(mark, at % CHUNK)
        if place < 0:
            at = (at // CHUNK + 1) * CHUNK - ustar.BLOCK
            continue
        at = at // CHUNK * CHUNK + place
        if at % ustar.BLOCK:
            at -= at % ustar.BLOCK
        elif _member(tape, at, seen) is not None:
            return at
    return None


def _take(tape: _Tape, member: _Member, seen: _Seen, visit: Visit) -> None:
    match = PAYLOAD.fullmatch(member.path)
    if match is None:
        small = member.path != layout.PADDING and member.size <= layout.MOST[member.path]
        if small and (raw := tape.bytes(member.at, member.size)) is not None:
            seen.tags[member.path] = raw
        return
    entry = Entry(number=int(match[1]), path=member.path, size=member.size, mtime=member.mtime)
    seen.last = entry.number
    body = _Body(tape, member.at, member.size)
    try:
        visit(entry, io.BufferedReader(body, CHUNK))
        while body.read(CHUNK):
            pass
    except Hole:
        seen.payload[entry.number] = entry, None
    else:
        seen.payload[entry.number] = entry, body.hash.digest()


def _judge(tape: _Tape, seen: _Seen, again: Again | None) -> Salvaged:
    listing = _listing(seen)
    secret = seen.tags.get(layout.SECRET, b"")
    items = {int(item.path[5:11]): item for item in listing.files} if listing is not None else {}
    manifest = _manifest(seen.tags.get(layout.MANIFEST, b""))
    whole, lost = [], []
    for number in sorted(seen.payload.keys() | items.keys() | set(range(1, seen.last))):
        entry, sha256 = seen.payload.get(number, (None, None))
        item = items.get(number)
        path = entry.path if entry is not None else (item.path if item is not None else f"data/{number:06}")
        name = item.name if item is not None else path.rpartition("/")[2].encode("ascii")
        why = ""
        if entry is None:
            why = "it is in a stretch that is not here"
        elif sha256 is None:
            why = "parts of it are not here"
        elif _denied(entry, sha256, item, manifest):
            why = "its bytes are not what the dossier's own list says"
        seed = (
            derivation.object_seed(secret, number) if item is not None and len(secret) == layout.SECRET_LENGTH else b""
        )
        root = _root(seed, entry, sha256, item, again) if not why else b""
        if root is None:
            why = "its object root does not follow from its bytes and the secret"
        if why or entry is None or sha256 is None:
            lost.append(Lost(number=number, path=path, name=name, why=why))
            continue
        whole.append(
            Rescued(
                number=number,
                path=path,
                size=entry.size,
                sha256=sha256,
                name=name,
                named=item is not None,
                how=item.how if item is not None else "",
                void=item.void if item is not None else "",
                root=root or b"",
                seed=seed,
                covers=item.covers if item is not None else objects.FILE,
            )
        )
    return Salvaged(whole=tuple(whole), lost=tuple(lost), listed=listing is not None, holes=tape.holes())


def _root(
    seed: bytes, entry: Entry | None, sha256: bytes | None, item: Item | None, again: Again | None
) -> bytes | None:
    """Recompute an object root; None where it is not what the list says, empty where it cannot be known."""
    if not seed or entry is None or sha256 is None or item is None:
        return b""
    if item.covers == objects.FILE:
        root = commit.object_root(seed, sha256)
    else:
        root = item.root if again is None or item.void else root_of_parts(seed, again(entry))
    return root if root == item.root else None


def _listing(seen: _Seen) -> Listing | None:
    try:
        return objects.read(seen.tags[layout.OBJECTS])
    except (KeyError, FormatError):
        return None


def _manifest(raw: bytes) -> dict[str, str]:
    lines = (line.partition("  ") for line in raw.decode("ascii", "replace").splitlines())
    return {path: value for value, _, path in lines}


def _denied(entry: Entry, sha256: bytes, item: Item | None, manifest: dict[str, str]) -> bool:
    """Whether a list that is here says otherwise of these bytes."""
    if item is not None and (item.path, item.size, item.sha256) != (entry.path, entry.size, sha256):
        return True
    return manifest.get(entry.path, sha256.hex()) != sha256.hex()


class _Tape:
    """The plaintext by place, a chunk kept at hand."""

    def __init__(self, chunks: Chunks) -> None:
        self.end = chunks.count * CHUNK
        self._chunks = chunks
        self._number = -1
        self._held: bytes | None = None
        self._state = bytearray(chunks.count)  # 1: it is here; 2: it is not

    def chunk(self, number: int) -> bytes | None:
        if not 0 <= number < len(self._state) or self._state[number] == 2:
            return None
        if number != self._number:
            self._held, self._number = self._chunks.chunk(number), number
            self._state[number] = 1 if self._held is not None else 2
        return self._held

    def bytes(self, at: int, count: int) -> bytes | None:
        """Give bytes from a place, None where one of them is not here."""
        pieces = []
        while count > 0:
            chunk = self.chunk(at // CHUNK)
            piece = chunk[at % CHUNK : at % CHUNK + count] if chunk is not None else b""
            if not piece:
                return None
            pieces.append(piece)
            at += len(piece)
            count -= len(piece)
        return b"".join(pieces)

    def holes(self) -> int:
        """Count what is not here; what was passed over is looked at now."""
        for number in range(len(self._state)):
            if not self._state[number]:
                self.chunk(number)
        return self._state.count(2)


class _Body(io.RawIOBase):
    """The bytes of one file, hashed as they pass."""

    def __init__(self, tape: _Tape, at: int, size: int) -> None:
        self.hash = hashlib.sha256()
        self._tape = tape
        self._at = at
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count = min(len(buffer), self._left, CHUNK - self._at % CHUNK)
        piece = self._tape.bytes(self._at, count)
        if piece is None:
            raise Hole
        buffer[:count] = piece
        self.hash.update(piece)
        self._at += count
        self._left -= count
        return count


def _none(_: Entry, stream: BinaryIO) -> None:
    """Read a file and keep nothing of it."""
    while stream.read(1 << 20):
        pass


def count(chunks: Chunks) -> Salvaged:
    """Say what `walk` would give; errors as there."""
    return walk(chunks, _none)


def entries(found: Salvaged) -> Iterator[Rescued]:
    """Give the files to be kept: those that are whole and not void."""
    return (one for one in found.whole if not one.void)
