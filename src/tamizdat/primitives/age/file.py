"""
Age files: sealing and opening, as streams.

Not a keeper of keys and not a signature: anyone who knows a recipient can seal for it. The specification is C2SP's
(age-encryption.org/v1); the package says what we do where it leaves a choice.
"""

from __future__ import annotations

import io

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Self

from tamizdat.primitives.age import armor, header, stream
from tamizdat.primitives.age.armor import Writable
from tamizdat.primitives.age.header import FILE_KEY_LENGTH
from tamizdat.primitives.age.recipients import HybridRecipient, Opener, Passphrase, Recipient
from tamizdat.primitives.age.source import Readable, Source
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.primitives.ports import Entropy


class Writer:
    """
    Seals what is written into a sink, which `close` ends and leaves open.

    Left without `close` (as a ``with`` block does when it fails), the file breaks off, and every reader says so.

    Attributes:
        file_key: The secret that opens this one file.
    """

    def __init__(
        self, sink: Writable, recipients: Sequence[Recipient], *, entropy: Entropy, file_key: bytes | None = None
    ) -> None:
        """
        Write the header.

        Raises:
            UsageError: There is no recipient, or they may not stand together.
        """
        _check_together(recipients)
        self.file_key = entropy.random(FILE_KEY_LENGTH) if file_key is None else file_key
        if len(self.file_key) != FILE_KEY_LENGTH:
            raise ValueError("a file key has 16 bytes")
        stanzas = [recipient.wrap(self.file_key, entropy) for recipient in recipients]
        nonce = entropy.random(stream.NONCE_LENGTH)
        sink.write(header.write(header.sign(stanzas, self.file_key)) + nonce)
        self._sealing = stream.Sealing(stream.cipher(self.file_key, nonce), sink)
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Seal bytes of any count; nothing of *data* is kept that is not sealed but the last 64 KiB."""
        if self._closed:
            raise ValueError("this file is closed")
        return self._sealing.write(data)

    def close(self) -> None:
        """Seal what is left. Nothing is proven whole before this."""
        if not self._closed:
            self._sealing.close()
            self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()


class Reader(io.BufferedIOBase, BinaryIO):
    """
    Opens an age file, armored or not, as a stream of what was sealed; where the source can seek, so can this.

    Every byte it gives is proven to be in its place. That nothing is missing is proven only when it was read to the
    end without an error.

    Attributes:
        file_key: The secret that opens this one file.

        kinds: The kind of each recipient, in order.
    """

    def __init__(self, source: Readable, identities: Sequence[Opener]) -> None:
        """
        Read the header, and find the file key.

        Raises:
            FormatError: The header or the armor does not keep to the specification.
            TrustError: None of the identities opens it.
        """
        self._source = armor.unwrap(Source(source))
        head = header.read(self._source)
        self.kinds = tuple(stanza.kind for stanza in head.stanzas)
        self.file_key = _unwrap(head, identities)
        header.check(head, self.file_key)
        nonce = self._source.read(stream.NONCE_LENGTH)
        if len(nonce) != stream.NONCE_LENGTH:
            raise header.flaw("it breaks off behind its head")
        self._opening = stream.Opening(stream.cipher(self.file_key, nonce), self._source)
        self._chunk = b""
        self._at = 0
        self._before = 0

    @property
    def post_quantum(self) -> bool:
        """Whether all its recipients withstand the computers that are feared: the weakest decides."""
        return {HybridRecipient.kind, Passphrase.kind}.issuperset(self.kinds)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Whether the source can seek."""
        return self._source.seekable

    def read(self, size: int | None = -1, /) -> bytes:
        """
        Give *size* bytes, or all; fewer only at the proven end.

        Raises:
            FormatError: A chunk is damaged (``age-payload``), or the file breaks off (``age-truncated``).
        """
        pieces: list[bytes] = []
        count = 0
        everything = size is None or size < 0
        while everything or count < (size or 0):
            piece = self.read1(-1 if everything else (size or 0) - count)
            if not piece:
                break
            pieces.append(piece)
            count += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readinto(self, buffer: Any, /) -> int:
        """Fill *buffer*, less only at the proven end; whole chunks are opened where they are wanted. Errors as `read`."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target):
            if self._at == len(self._chunk) and (count := self._opening.into(target[filled:])):
                self._before += len(self._chunk) + count
                self._chunk, self._at = b"", 0
            else:
                piece = self.read1(len(target) - filled)
                count = len(piece)
                if not piece:
                    break
                target[filled : filled + count] = piece
            filled += count
        return filled

    def read1(self, size: int = -1, /) -> bytes:
        """Give what is left of one chunk, up to *size* bytes; as `read` otherwise."""
        if self.closed:
            raise ValueError("this file is closed")
        if self._at == len(self._chunk):
            self._before += len(self._chunk)
            self._at = 0
            self._chunk = b""
            self._chunk = self._opening.next()
        end = len(self._chunk) if size < 0 else self._at + size
        piece = self._chunk[self._at : end]
        self._at += len(piece)
        return piece

    def chunks(self) -> Iterator[bytes]:
        """Give what is left, chunk by chunk; as `read` otherwise."""
        while piece := self.read1():
            yield piece

    def read_at(self, offset: int, count: int) -> bytes:
        """
        Give *count* bytes from *offset*, fewer only at the end, and leave the stream where it is.

        Raises:
            FormatError: A chunk of them is damaged, or the end of the file is not there.
            OSError: The source cannot seek.
        """
        end = min(offset + count, self.length)
        if offset >= end:
            return b""
        first = offset // stream.CHUNK
        pieces = [self._opening.at(number) for number in range(first, (end - 1) // stream.CHUNK + 1)]
        return b"".join(pieces)[offset - first * stream.CHUNK : end - first * stream.CHUNK]

    @property
    def length(self) -> int:
        """How many bytes are sealed in it; the source must be able to seek, and the end is proven first."""
        return self._opening.length()

    def tell(self) -> int:
        """Say how many bytes lie before this place."""
        return self._before + self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, or to the end where it lies behind it; errors as `read_at`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self.length}[whence]
        place = min(base + offset, self.length)
        if place < 0:
            raise ValueError("there is nothing before the beginning")
        number = max(place - 1, 0) // stream.CHUNK
        self._opening.go(number)
        self._before = number * stream.CHUNK
        self._chunk = self._opening.next()
        self._at = place - self._before
        return place


def seal(data: bytes, recipients: Sequence[Recipient], entropy: Entropy) -> bytes:
    """Seal a few bytes at once; errors as `Writer`."""
    sink = io.BytesIO()
    with Writer(sink, recipients, entropy=entropy) as writer:
        writer.write(data)
    return sink.getvalue()


def open_(raw: bytes, identities: Sequence[Opener]) -> bytes:
    """Open a few bytes at once; errors as `Reader`."""
    return Reader(io.BytesIO(raw), identities).read()


def _check_together(recipients: Sequence[Recipient]) -> None:
    if not recipients:
        raise UsageError("age-no-recipient", "there is nobody to seal for", mend="Name at least one recipient.")
    if len(recipients) > 1 and any(recipient.kind == Passphrase.kind for recipient in recipients):
        raise UsageError(
            "age-mix", "a passphrase cannot stand beside other recipients", mend="Use the passphrase, or the others."
        )
    if len({recipient.post_quantum for recipient in recipients}) > 1:
        raise UsageError(
            "age-mix",
            "recipients of the new (post-quantum) and the old kind are mixed, and the weakest would decide",
            mend="Use recipients of one kind: all begin with age1pq1, or none does.",
        )


def _unwrap(head: header.Header, identities: Sequence[Opener]) -> bytes:
    kinds = [stanza.kind for stanza in head.stanzas]
    if Passphrase.kind in kinds and len(kinds) > 1:
        raise header.flaw("a passphrase stands beside other recipients in it")
    for identity in identities:
        if (file_key := identity.unwrap(head.stanzas)) is not None:
            return file_key
    if kinds == [Passphrase.kind]:
        raise TrustError(
            "age-no-match", "the passphrase does not open this file", mend="Type the passphrase again, with care."
        )
    raise TrustError(
        "age-no-match", "none of the keys at hand opens this file", mend="Use the key that it was sealed for."
    )
