"""
The payload of an age file: chunks of 64 KiB, each sealed and each in its place.

Not the header (header.py). No byte of a chunk is given before the chunk is proven; that the last one is there is
proven only at the end. The specification is C2SP's (age-encryption.org/v1, "Payload").
"""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tamizdat.primitives.age import header
from tamizdat.primitives.age.armor import Writable
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import FormatError, TamizdatError


CHUNK: Final = 64 << 10
TAG: Final = 16
SEALED_CHUNK: Final = CHUNK + TAG
NONCE_LENGTH: Final = 16
_MANY: Final = 16  # chunks opened at once


def cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    """Make the cipher of one payload."""
    return ChaCha20Poly1305(header.derive(file_key, nonce, b"payload"))


def unseal(payload: ChaCha20Poly1305, number: int, sealed: bytes | memoryview, *, last: bool) -> bytes | None:
    """Open chunk *number* of a payload; None where it is not what was sealed there."""
    try:
        return payload.decrypt(_nonce(number, last=last), sealed, None)
    except InvalidTag:
        return None


@runtime_checkable
class Lender(Protocol):
    """A sink that lends its own memory, so that nothing is copied."""

    def lend(self, count: int, /) -> memoryview:
        """Give *count* bytes to write into; they are taken by `took` before anything else is asked of it."""

    def took(self, count: int, /) -> None:
        """Take what was lent: all of it was written."""


class Sealing:
    """Seals what is written, chunk by chunk; the last is held back, for only `close` knows it for the last."""

    def __init__(self, payload: ChaCha20Poly1305, sink: Writable) -> None:
        self._payload = payload
        self._sink = sink
        self._lender = sink if isinstance(sink, Lender) else None
        self._held = memoryview(bytearray(CHUNK))
        self._count = 0
        self._number = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take bytes of any count."""
        view = memoryview(data).cast("B")
        at = 0
        if self._count:
            at = self._hold(view)
            if at == len(view):
                return at
            self._seal(self._held, last=False)
            self._count = 0
        while len(view) - at > CHUNK:
            self._seal(view[at : at + CHUNK], last=False)
            at += CHUNK
        self._hold(view[at:])
        return len(view)

    def close(self) -> None:
        """Seal the last chunk, which is empty only where nothing was written."""
        self._seal(self._held[: self._count], last=True)
        self._held[:] = bytes(CHUNK)
        self._count = 0

    def _hold(self, view: memoryview) -> int:
        """Keep as much as there is room for."""
        count = min(CHUNK - self._count, len(view))
        self._held[self._count : self._count + count] = view[:count]
        self._count += count
        return count

    def _seal(self, chunk: memoryview, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        if self._lender is not None:
            self._payload.encrypt_into(nonce, chunk, None, self._lender.lend(len(chunk) + TAG))
            self._lender.took(len(chunk) + TAG)
        else:
            # A new object each time, not one buffer sealed into: a sink may keep what it is given.
            self._sink.write(self._payload.encrypt(nonce, chunk, None))
        self._number += 1


class Opening:
    """Opens chunk after chunk of a payload that begins at the source's position."""

    def __init__(self, payload: ChaCha20Poly1305, source: Source) -> None:
        self._payload = payload
        self._source = source
        self._start = source.position
        self._number = 0
        self._ended = False
        self._flaw: TamizdatError | None = None
        self._length: int | None = None
        self._sealed = memoryview(b"")

    def into(self, target: memoryview) -> int:
        """
        Open as many whole chunks as *target* has room for, at most sixteen, into it; give how many bytes they are.

        It is 0 where `next` has to be asked: at the end, and where something is wrong.
        """
        many = min(len(target) // CHUNK, _MANY)
        if not many or self._ended or self._flaw is not None:
            return 0
        sealed = self._source.lend(many * SEALED_CHUNK)
        if sealed is None:
            # Where memory is lent, only the chunk that lies across the end of a piece is copied.
            sealed = self._copied(1 if self._source.lending else many)
        done = 0
        while done < len(sealed) // SEALED_CHUNK:
            chunk = sealed[done * SEALED_CHUNK : (done + 1) * SEALED_CHUNK]
            place = target[done * CHUNK : (done + 1) * CHUNK]
            try:
                self._payload.decrypt_into(_nonce(self._number, last=False), chunk, None, place)
            except InvalidTag:
                place[:] = bytes(CHUNK)  # whatever was written there is proven by nothing
                break
            done += 1
            self._number += 1
        self._source.unread(bytes(sealed[done * SEALED_CHUNK :]))
        return done * CHUNK

    def _copied(self, many: int) -> memoryview:
        size = many * SEALED_CHUNK
        if len(self._sealed) < size:
            self._sealed = memoryview(bytearray(size))
        return self._sealed[: self._source.readinto(self._sealed[:size])]

    def next(self) -> bytes:
        """
        Give the next chunk, and nothing only at the proven end.

        Raises:
            FormatError: The chunk is damaged, the payload breaks off or goes on after its end. So will every call after.
        """
        if self._flaw is not None:
            raise self._flaw
        try:
            return self._next()
        except FormatError as error:
            self._flaw = error
            raise

    def at(self, number: int) -> bytes:
        """
        Give chunk *number* of a source that can seek, and leave `next` where it was.

        Raises:
            FormatError: The chunk is damaged, or the payload's end is not proven.
        """
        last = max(self.length() - 1, 0) // CHUNK
        here = self._source.position
        chunk = self._chunk(number, last=number == last)
        self._source.seek(here)
        return chunk

    def go(self, number: int) -> None:
        """Let `next` give chunk *number* of a source that can seek."""
        self._source.seek(self._start + number * SEALED_CHUNK)
        self._number = number
        self._ended = False
        self._flaw = None

    def length(self) -> int:
        """
        Measure what is sealed in a source that can seek, its last chunk proven first.

        Raises:
            FormatError: The last chunk is damaged or is not the last.
        """
        if self._length is None:
            here = self._source.position
            size = self._source.size() - self._start
            number = max(size - 1, 0) // SEALED_CHUNK
            self._source.seek(here)
            chunk = self._chunk(number, last=True)
            if number and not chunk:
                raise _damaged(number)
            self._source.seek(here)
            self._length = number * CHUNK + len(chunk)
        return self._length

    def _next(self) -> bytes:
        if self._ended:
            if self._source.peek(1):
                raise FormatError(
                    "age-payload", "something follows the end of the sealed file", mend="Get the file again."
                )
            return b""
        sealed = self._source.read(SEALED_CHUNK)
        chunk = None
        if len(sealed) == SEALED_CHUNK:
            chunk = self._open(self._number, sealed, last=False)
        if chunk is None:
            chunk = self._open(self._number, sealed, last=True)
            self._ended = True
        if chunk is None or (self._number and not chunk):
            raise _truncated() if len(sealed) <= TAG else _damaged(self._number)
        self._number += 1
        return chunk

    def _chunk(self, number: int, *, last: bool) -> bytes:
        self._source.seek(self._start + number * SEALED_CHUNK)
        sealed = self._source.read(SEALED_CHUNK)
        chunk = self._open(number, sealed, last=last)
        if chunk is None:
            raise _truncated() if len(sealed) <= TAG else _damaged(number)
        return chunk

    def _open(self, number: int, sealed: bytes, *, last: bool) -> bytes | None:
        try:
            return self._payload.decrypt(_nonce(number, last=last), sealed, None)
        except InvalidTag:
            return None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _truncated() -> FormatError:
    return FormatError("age-truncated", "the sealed file breaks off before its end", mend="Get the file again, whole.")


def _damaged(number: int) -> FormatError:
    what = f"the sealed file is damaged or cut off in the 64 KiB after byte {number * CHUNK} of what is in it"
    return FormatError("age-payload", what, mend="Get the file again, whole.")
