"""
Armor: an age file as lines of letters, for ways that carry only text.

Not encryption, and no check of its own. Strict PEM (RFC 7468, section 3) under the label "AGE ENCRYPTED FILE";
white space before and after is passed over, line ends may be LF or CRLF, all else has one spelling.
"""

from __future__ import annotations

import io

from typing import Final, Protocol

from tamizdat.primitives import text
from tamizdat.primitives.age.source import Readable, Source
from tamizdat.primitives.errors import FormatError


BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
END: Final = b"-----END AGE ENCRYPTED FILE-----"
COLUMNS: Final = 64
LINE_BYTES: Final = 48
MAX_SPACE: Final = 1024
_SPACE: Final = b" \t\r\n"


class Writable(Protocol):
    """Anything bytes go to."""

    def write(self, data: bytes, /) -> object:
        """Take all of *data*."""


class Writer:
    """Writes bytes as armor into a sink, which `close` ends and leaves open."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._held = b""
        sink.write(BEGIN + b"\n")

    def write(self, data: bytes) -> int:
        """Take bytes of any count."""
        held = self._held + data
        whole = len(held) - len(held) % LINE_BYTES
        self._sink.write(_lines(held[:whole]))
        self._held = held[whole:]
        return len(data)

    def close(self) -> None:
        """Write what is left, and the last line."""
        self._sink.write(_lines(self._held) + END + b"\n")
        self._held = b""


class Reader:
    """Reads the bytes inside armor; what follows the last line must be white space."""

    def __init__(self, source: Readable) -> None:
        self._source = Source(source)
        self._held = b""
        self._open = True
        self._last = False
        self._begin()

    def read(self, size: int = -1, /) -> bytes:
        """
        Give *size* bytes, or all; fewer only at the end.

        Raises:
            FormatError: The armor does not keep to its specification.
        """
        pieces = [self._held]
        count = len(self._held)
        while self._open and (size < 0 or count < size):
            piece = self._next()
            pieces.append(piece)
            count += len(piece)
        data = b"".join(pieces)
        cut = len(data) if size < 0 else size
        self._held = data[cut:]
        return data[:cut]

    def _begin(self) -> None:
        for _ in range(MAX_SPACE):
            line = self._line()
            if line == BEGIN:
                return
            if line.strip(_SPACE) or (not line and not self._source.peek(1)):
                break
        raise flaw("it does not begin with its first line")

    def _next(self) -> bytes:
        line = self._line()
        if line == END:
            self._end()
            return b""
        if self._last or not line or len(line) > COLUMNS:
            raise flaw("a line is longer or shorter than it must be")
        try:
            data = text.unbase64(line.decode("ascii"))
        except ValueError as error:
            raise flaw("a line is not in its one spelling") from error
        self._last = len(data) < LINE_BYTES
        return data

    def _line(self) -> bytes:
        # A line of spaces before the first may be as long as all white space may be.
        line = self._source.readline(MAX_SPACE + 2)
        return line.removesuffix(b"\n").removesuffix(b"\r")

    def _end(self) -> None:
        after = self._source.read(MAX_SPACE)
        if after.strip(_SPACE) or len(after) == MAX_SPACE:
            raise flaw("something follows its last line")
        self._open = False


def unwrap(source: Source) -> Source:
    """Give the bytes inside, where *source* is armored; the source itself where it is not."""
    start = source.peek(MAX_SPACE + len(BEGIN)).lstrip(_SPACE)
    return Source(Reader(source)) if start.startswith(BEGIN) else source


def write(data: bytes) -> bytes:
    """Write a whole file as armor."""
    sink = io.BytesIO()
    writer = Writer(sink)
    writer.write(data)
    writer.close()
    return sink.getvalue()


def read(data: bytes) -> bytes:
    """
    Read a whole armored file.

    Raises:
        FormatError: The armor does not keep to its specification.
    """
    return Reader(io.BytesIO(data)).read()


def flaw(what: str) -> FormatError:
    """Make the error for armor that does not keep to its specification."""
    return FormatError(
        "age-armor", f"the armored file cannot be read: {what}", mend="Copy it again, from its first line to its last."
    )


def _lines(data: bytes) -> bytes:
    return b"".join(
        text.rebase64(data[at : at + LINE_BYTES]).encode("ascii") + b"\n" for at in range(0, len(data), LINE_BYTES)
    )
