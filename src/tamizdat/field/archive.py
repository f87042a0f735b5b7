"""
Tar archives: the one spelling that a dossier has, and careful reading of any other.

It writes nothing to a disk and follows no link: what a member is called is only a label.
docs/spec/dossier.md, "Tar" and "What is not a dossier".
"""

from __future__ import annotations

import hashlib
import io

from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Protocol, runtime_checkable

from tamizdat.field import beside, ustar
from tamizdat.field.ustar import flaw
from tamizdat.primitives.errors import Fault


BLOCK: Final = ustar.BLOCK
CHUNK: Final = 1 << 18
END: Final = bytes(2 * BLOCK)
_MUCH: Final = CHUNK // 2
_NOTHING: Final = memoryview(bytes(CHUNK))
# Long names and pax headers of foreign tars: more is an attack, not a name.
MOST_EXTRA: Final = 1 << 16
MOST_SPARSE_HEADERS: Final = 1 << 12
_OWN_EXTRA: Final = 64
_REGULAR: Final = frozenset({b"0", b"7"})
_KINDS: Final = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
    b"S": "a file with holes",
}


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Take all of *data* before this returns: its memory may be used again."""


class Readable(Protocol):
    """Where bytes come from, in pieces of any length."""

    def read(self, count: int, /) -> bytes:
        """Give at most *count* bytes, none only at the end."""


@runtime_checkable
class _Filling(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None: ...


@runtime_checkable
class _Lending(Protocol):
    def take(self, most: int, /) -> memoryview: ...


class TarWriter:
    """
    Writes members one after another, each begun with the size it will have.

    Attributes:
        length: How many bytes were written.
    """

    def __init__(self, sink: Sink, mtime: int) -> None:
        self.length = 0
        self._sink = sink
        self._mtime = mtime
        self._left = 0
        self._filler = 0
        self._hash = hashlib.sha256()
        self._beside = beside.Beside()

    def begin(self, path: str, size: int) -> None:
        """Begin a member of just *size* bytes."""
        self._put(ustar.write(path, size, self._mtime))
        self._left, self._filler = size, -size % BLOCK
        self._hash = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        """Write the next bytes of the member."""
        if len(data) > self._left:
            msg = "a member is longer than it was begun with"
            raise ValueError(msg)
        self._left -= len(data)
        if len(data) >= _MUCH:  # hashed in a thread while it is encrypted in this one
            with self._beside.doing(self._hash.update, data):
                self._put(data)
        else:
            self._hash.update(data)
            self._put(data)

    def fill(self) -> None:
        """Write zeros up to the size the member was begun with."""
        while self._left:
            self.write(_NOTHING[: self._left])

    def end(self) -> bytes:
        """End the member, and give the SHA-256 of its bytes."""
        if self._left:
            msg = "a member is shorter than it was begun with"
            raise ValueError(msg)
        self._put(bytes(self._filler))
        return self._hash.digest()

    def add(self, path: str, data: bytes) -> bytes:
        """Write a whole member, and give its SHA-256."""
        self.begin(path, len(data))
        self.write(data)
        return self.end()

    def close(self) -> None:
        """Write the end of the archive; the sink stays open."""
        self._put(END)
        self._beside.close()

    def _put(self, data: bytes | memoryview) -> None:
        self._sink.write(data)
        self.length += len(data)


class _Body(io.RawIOBase):
    """The bytes of one member, hashed as they pass where that is asked for."""

    def __init__(self, stream: Readable, size: int, *, hashed: bool) -> None:
        super().__init__()
        self.left = size
        self.hash = hashlib.sha256() if hashed else None
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not isinstance(self._stream, _Filling):
            data = self.take(len(buffer))
            buffer[: len(data)] = data
            return len(data)
        target = memoryview(buffer)[: self.left]
        count = (self._stream.readinto(target) or 0) if target else 0
        if target and not count:
            raise flaw("tar-truncated", "the archive breaks off inside a file")
        self.left -= count
        if self.hash:
            self.hash.update(target[:count])
        return count

    def take(self, most: int) -> bytes | memoryview:
        """Give some of the bytes that are left, none only at the end; where they are lent, until the next call."""
        data: bytes | memoryview = b""
        if self.left:
            most = min(most, self.left)
            data = self._stream.take(most) if isinstance(self._stream, _Lending) else self._stream.read(most)
        if self.left and not data:
            raise flaw("tar-truncated", "the archive breaks off inside a file")
        self.left -= len(data)
        if self.hash:
            self.hash.update(data)
        return data


class Member:
    """
    One member of an archive.

    Attributes:
        name: Its path as raw bytes. *size*: its length. *mtime*: as its header says.

        stream: Its bytes; what is not read is passed over when the next member is asked for.

        fault: Why it is refused, if it is; its stream is then empty.
    """

    __slots__ = ("_body", "fault", "mtime", "name", "size", "stream")

    def __init__(self, head: ustar.Head, body: _Body, fault: Fault | None = None) -> None:
        self.name = head.name
        self.size = head.size
        self.mtime = head.mtime
        self.fault = fault
        self._body = body
        self.stream: BinaryIO = io.BytesIO() if fault else io.BufferedReader(body, 1 << 16)

    def finish(self) -> bytes:
        """Pass over what was not read; give the SHA-256 of all of it where it was hashed."""
        while self._body.take(CHUNK):
            pass
        return self._body.hash.digest() if self._body.hash else b""


def read_own(stream: Readable) -> Iterator[Member]:
    """
    Give each member of a tar that is spelled as `TarWriter` spells it, and read *stream* to its end.

    Raises:
        FormatError: It is spelled otherwise, or breaks off, or goes on after its end.
    """
    while (block := _block(stream)) != ustar.ZEROS:
        head = ustar.read(block)
        if head.kind == b"x" and head.size <= _OWN_EXTRA:
            extra = _block(stream)
            body_head = _block(stream)
            size = ustar.read_pax(extra[: head.size]).get(b"size", b"")
            block += extra + body_head
            head = _resized(ustar.read(body_head), size)
        _demand_own(head, block)
        member = Member(head, _Body(stream, head.size, hashed=True))
        yield member
        member.finish()
        _demand_filler(stream, head.size)
    if _block(stream) != ustar.ZEROS or stream.read(1):
        raise flaw("tar-end", "the archive does not end with two empty blocks and nothing after them")


def read_members(stream: Readable) -> Iterator[Member]:
    """
    Give each file of any common kind of tar, and read *stream* to its end.

    Folders are passed over. A link, a device, a file with holes, or a path that is absolute or
    leads upward comes with a *fault* in place of its bytes, and the next member follows.

    Raises:
        FormatError: The archive breaks off, or a header cannot be read: nothing after it can be.
    """
    shared: dict[bytes, bytes] = {}
    while block := _whole(stream, BLOCK):
        if block == ustar.ZEROS:
            break
        head, shared = _full_head(stream, block, shared)
        if head.kind == b"5" or (head.kind == b"0" and head.name.endswith(b"/")):
            _pass_over(stream, head.size if head.kind == b"0" else 0)
            continue
        member = Member(head, _Body(stream, _stored(head), hashed=False), _refusal(head))
        yield member
        member.finish()
        _whole(stream, -_stored(head) % BLOCK)
    yield from _trailing(stream)


def _trailing(stream: Readable) -> Iterator[Member]:
    """Read to the end, and tell of bytes that a tar reader would never show."""
    hidden = 0
    while data := stream.read(CHUNK):
        hidden += len(data) if data.strip(b"\0") else 0
    if hidden:
        head = ustar.Head(name=b"", kind=b"0", size=hidden, mtime=0)
        yield Member(head, _Body(stream, 0, hashed=False), _fault("tar-trailing", head, "bytes after the tar's end"))


def _full_head(stream: Readable, block: bytes, shared: dict[bytes, bytes]) -> tuple[ustar.Head, dict[bytes, bytes]]:
    """Read headers up to one of a member, and give it with what the headers before it say of it."""
    own: dict[bytes, bytes] = {}
    while True:
        head = ustar.read(block)
        if head.kind in {b"x", b"X", b"g"}:
            records = ustar.read_pax(_extra(stream, head))
            if head.kind == b"g":
                shared = shared | records
            else:
                own |= records
        elif head.kind in {b"L", b"K"}:
            name = _extra(stream, head).partition(b"\0")[0]
            if head.kind == b"L":
                own[b"path"] = name
        else:
            return _merged(stream, head, shared | own), shared
        block = _block(stream)


def _merged(stream: Readable, head: ustar.Head, records: dict[bytes, bytes]) -> ustar.Head:
    _pass_sparse(stream, extended=head.extended)
    kind = b"S" if any(key.startswith(b"GNU.sparse.") for key in records) else head.kind
    size = _decimal(records[b"size"]) if records.get(b"size") else head.size
    name = records.get(b"GNU.sparse.name") or records.get(b"path") or head.name
    return ustar.Head(name=name, kind=kind, size=size, mtime=head.mtime)


def _resized(head: ustar.Head, size: bytes) -> ustar.Head:
    return ustar.Head(name=head.name, kind=head.kind, size=_decimal(size), mtime=head.mtime)


def _decimal(word: bytes) -> int:
    if not word.isdigit() or len(word) > 18:
        raise flaw("tar-header", "a size in a pax header is no number")
    return int(word)


def _stored(head: ustar.Head) -> int:
    # Links, devices, folders and pipes have no bytes, whatever their size says (POSIX pax, "typeflag").
    return 0 if head.kind in {b"1", b"2", b"3", b"4", b"5", b"6"} else head.size


def _refusal(head: ustar.Head) -> Fault | None:
    if head.kind not in _REGULAR:
        return _fault("tar-kind", head, f"{_KINDS.get(head.kind, 'an unknown kind of member')} and no file")
    if not ustar.is_relative(head.name.removeprefix(b"./")):
        return _fault("tar-path", head, "a path that leads out of its folder")
    return None


def _fault(code: str, head: ustar.Head, what: str) -> Fault:
    return Fault(code=code, where=ustar.shown(head.name), what=what, mend="Ask the sender for the file itself.")


def _demand_own(head: ustar.Head, raw: bytes) -> None:
    where = ustar.shown(head.name)
    if head.kind != b"0":
        raise flaw("tar-kind", f"{where!r} is {_KINDS.get(head.kind, 'an unknown kind of member')} and no file")
    if not ustar.is_relative(head.name):
        raise flaw("tar-path", f"the path {where!r} leads out of its folder")
    try:
        spelled = ustar.write(head.name.decode("ascii"), head.size, head.mtime)
    except (UnicodeDecodeError, ValueError) as error:
        raise flaw("tar-header", f"the header of {where!r} is not spelled as a dossier's") from error
    if spelled != raw:
        raise flaw("tar-header", f"the header of {where!r} is not spelled as a dossier's")


def _demand_filler(stream: Readable, size: int) -> None:
    filler = -size % BLOCK
    if _exactly(stream, filler).strip(b"\0"):
        raise flaw("tar-end", "what fills up a file's last block is not empty")


def _extra(stream: Readable, head: ustar.Head) -> bytes:
    if head.size > MOST_EXTRA:
        raise flaw("tar-header", f"a header of {head.size} bytes is no name")
    return _exactly(stream, head.size + -head.size % BLOCK)[: head.size]


def _pass_sparse(stream: Readable, *, extended: bool) -> None:
    for _ in range(MOST_SPARSE_HEADERS):
        if not extended:
            return
        extended = _block(stream)[504:505] not in {b"\0", b"0"}
    raise flaw("tar-header", "a file with holes has too many headers")


def _pass_over(stream: Readable, size: int) -> None:
    left = size + -size % BLOCK
    while left:
        left -= len(_exactly(stream, min(CHUNK, left)))


def _block(stream: Readable) -> bytes:
    return _exactly(stream, BLOCK)


def _exactly(stream: Readable, count: int) -> bytes:
    data = _whole(stream, count)
    if len(data) != count:
        raise flaw("tar-truncated", "the archive breaks off")
    return data


def _whole(stream: Readable, count: int) -> bytes:
    """Read *count* bytes, or as many as there are: a stream may give them in pieces."""
    data = stream.read(count) if count else b""
    while 0 < len(data) < count and (more := stream.read(count - len(data))):
        data += more
    return data
