"""
Sheets: a small sealed package, a card or an announcement as squares (QR codes) on paper. docs/spec/sheet.md.

It draws NOTHING and looks at no picture: what one square holds comes in or goes out. A sheet is one
part of a set in packets of 1,024 bytes, one packet a square, so that what is torn off one sheet is
made up for by any other.
"""

from __future__ import annotations

import dataclasses
import math
import re

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from tamizdat.carry import part
from tamizdat.primitives import digest, text, words
from tamizdat.primitives.errors import FormatError, UsageError


SQUARES: Final = 12  # on one sheet: three in a row, four rows
MAX_SHEETS: Final = 40
PIECE: Final = 1000  # bytes of a card in one square
MAX_PIECES: Final = 99
MAX_VARIANTS: Final = 4  # packets that differ but claim one place: all are kept, up to so many
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285
_VALUE: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_CARD: Final = b"TAMIZDAT-CARD "
_HEAD: Final = re.compile(rb"TAMIZDAT-CARD ([0-9]{1,2})/([0-9]{1,2}) ([0-9a-f]{8})\n", re.ASCII)
_LETTERS: Final = part.PAPER * 3 // 2
_MEND: Final = "Photograph or scan this sheet again, or take another sheet."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a package goes on paper: any *need* of *sheets* are enough, each with *squares* squares."""

    need: int
    sheets: int
    squares: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A square that holds a packet."""

    packet: bytes
    header: part.Header


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A square that holds a piece of a card: *number* (from 1) of *count*; *card* are eight digits all pieces share."""

    card: str
    number: int
    count: int
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A square that holds the 24 check words; *value* are the 32 bytes they spell."""

    value: bytes = dataclasses.field(repr=False)


Square: TypeAlias = Block | Piece | Announcement


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SheetFinding:
    """What was read of one sheet; both numbers are for people, from 1. *torn* are the squares that were not read."""

    sheet: int
    read: int
    torn: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SetFinding:
    """
    What was read of one package.

    Attributes:
        set_id: Its sixteen bytes.

        squares: How many squares a sheet of it has; None while no square says so.

        more: How many more whole sheets are needed; 0 is enough.
    """

    set_id: bytes
    need: int
    squares: int | None
    sheets: tuple[SheetFinding, ...]
    more: int


def plan(length: int, *, tagged: bool, need: int | None = None, sheets: int | None = None) -> Plan:
    """
    Plan how *length* bytes of ciphertext go on paper.

    Raises:
        UsageError: It is too large for paper, or the numbers cannot be.
    """
    payload = part.PAPER - part.HEADER - (part.TAG if tagged else 0)
    least = max(1, -(-length // (SQUARES * payload)))
    k = least if need is None else need
    n = k + max(1, -(-k // 2)) if sheets is None else sheets
    if least > MAX_SHEETS or (need is None and sheets is None and n > MAX_SHEETS):
        raise UsageError(
            "sheet-large",
            f"{length:,} bytes would be {n} sheets of paper, and {MAX_SHEETS} is the limit",
            mend="Carry it as files: `tamizdat seal`, or put less on paper.",
        )
    if k < least:
        raise UsageError(
            "sheet-need",
            f"{length:,} bytes do not fit on {k} of the sheets: {least} of them must be enough",
            mend=f"Give --need {least} or more, or leave it out.",
        )
    if not 1 <= k <= n <= MAX_SHEETS:
        raise UsageError(
            "sheet-counts",
            f"any {k} of {n} sheets cannot be",
            mend=f"Choose --parts from {k} to {MAX_SHEETS}." if k <= MAX_SHEETS else "Choose smaller numbers.",
        )
    return Plan(need=k, sheets=n, squares=max(1, -(-length // (k * payload))))


def row_at(place: int, index: int, squares: int) -> int:
    """
    Say which row stands at *place* (from 0) of the sheet with *index* (from 0).

    Each sheet begins with another row, so that one hole through the whole pile costs each row once.

    >>> [row_at(0, index, 12) for index in range(4)]
    [0, 5, 10, 3]
    """
    return (place + index * _step(squares)) % squares


def place_of(row: int, index: int, squares: int) -> int:
    """
    Say at which place (from 0) of a sheet a row stands.

    >>> place_of(row_at(7, 2, 12), 2, 12)
    7
    """
    return (row - index * _step(squares)) % squares


def write(packets: Sequence[bytes], index: int) -> list[str]:
    """Write what the squares of a sheet hold, in their places, from the blocks of a part in the order of their rows."""
    count = len(packets)
    return [encode(packets[row_at(place, index, count)]) for place in range(count)]


def write_card(raw: bytes, size: int = PIECE) -> list[bytes]:
    """Write a card as pieces of *size* bytes, each with a line that says which it is: text, so that any reader shows it."""
    mark = digest.sha256(raw).hex()[:8].encode()
    count = max(1, -(-len(raw) // size))
    return [
        _CARD + b"%d/%d %s\n" % (number + 1, count, mark) + raw[number * size : (number + 1) * size]
        for number in range(count)
    ]


def write_announcement(announcement: bytes) -> str:
    """Write the 24 check words as a square holds them."""
    return " ".join(words.check_words(announcement))


def read(content: bytes) -> Square:
    """
    Read what one square holds.

    Raises:
        FormatError: It is not of a sheet (``sheet-foreign``), or is damaged.
    """
    if content.startswith(_CARD):
        return _piece(content)
    if content.startswith(_MAGIC):
        return _block(content)
    return _announcement(content)


def encode(data: bytes) -> str:
    """
    Write an even number of bytes in Base45 (RFC 9285), which the alphanumeric mode of QR codes holds without loss.

    >>> encode(b"AB")
    'BB8'
    """
    out: list[str] = []
    for high, low in zip(data[::2], data[1::2], strict=True):
        rest, first = divmod(high << 8 | low, 45)
        third, second = divmod(rest, 45)
        out += (_ALPHABET[first], _ALPHABET[second], _ALPHABET[third])
    return "".join(out)


def decode(content: bytes) -> bytes:
    """
    Read what `encode` writes.

    >>> decode(b"BB8")
    b'AB'

    Raises:
        ValueError: It is not Base45 of an even number of bytes.
    """
    values = [_VALUE.get(chr(letter), -1) for letter in content]
    if len(values) % 3 or -1 in values:
        msg = "not Base45 of whole pairs of bytes"
        raise ValueError(msg)
    pairs = [a + 45 * b + 2025 * c for a, b, c in zip(values[::3], values[1::3], values[2::3], strict=True)]
    if max(pairs, default=0) > 0xFFFF:
        msg = "three letters are more than two bytes hold"
        raise ValueError(msg)
    return b"".join(pair.to_bytes(2, "big") for pair in pairs)


_MAGIC: Final = encode(part.MAGIC).encode("ascii")


def is_text(raw: bytes) -> bool:
    """Say whether a file is not a picture but what another reader wrote of squares: one with packets, a line each."""
    return any(line.startswith(_MAGIC) for line in raw[:65_536].splitlines())


def lines(raw: bytes) -> Iterator[bytes]:
    """Give each line of such a file as a square holds it: some readers take away the spaces at its end."""
    for line in raw.splitlines():
        at = line.find(_MAGIC)
        if at >= 0:
            yield line[at:].ljust(_LETTERS, b" ")


class Gathered:
    """What the squares of all pictures hold, together; one square more than once does no harm."""

    def __init__(self) -> None:
        self._packets: dict[bytes, dict[tuple[int, int], list[Block]]] = {}
        self._pieces: dict[tuple[str, int], dict[int, bytes]] = {}
        self._announcements: dict[bytes, None] = {}

    def take(self, content: bytes) -> Square:
        """
        Enter what one square holds.

        Raises:
            FormatError: As `read`.
        """
        square = read(content)
        if isinstance(square, Block):
            places = self._packets.setdefault(square.header.shape.set_id, {})
            variants = places.setdefault((square.header.index, square.header.stripe), [])
            if square not in variants and len(variants) < MAX_VARIANTS:
                variants.append(square)
        elif isinstance(square, Piece):
            self._pieces.setdefault((square.card, square.count), {}).setdefault(square.number, square.data)
        else:
            self._announcements[square.value] = None
        return square

    @property
    def announcements(self) -> tuple[bytes, ...]:
        """The announcements, each once."""
        return tuple(self._announcements)

    def cards(self) -> Iterator[tuple[str, bytes | None, tuple[int, ...]]]:
        """Give each card: its eight digits, its bytes or None, and the pieces (from 1) that are missing."""
        for (card, count), pieces in self._pieces.items():
            missing = tuple(number for number in range(1, count + 1) if number not in pieces)
            raw = None if missing else b"".join(pieces[number] for number in range(1, count + 1))
            yield card, raw if raw is not None and digest.sha256(raw).hex()[:8] == card else None, missing

    def findings(self) -> Iterator[SetFinding]:
        """Say of each package what is there and what is missing."""
        for set_id in self._packets:
            yield self._finding(set_id)

    def parts(self, set_id: bytes) -> Iterator[tuple[int, bytes]]:
        """
        Give the parts of a package: index (from 0) and packets one after another, which any joiner takes.

        Packets that claim one place and differ go into parts of their own: who can tell them apart does so later.
        """
        blocks = self._packets[set_id]
        for index in sorted({index for index, _ in blocks}):
            rows = sorted(row for one, row in blocks if one == index)
            for variant in range(MAX_VARIANTS):
                packets = [blocks[index, row][variant].packet for row in rows if len(blocks[index, row]) > variant]
                if packets:
                    yield index, b"".join(packets)

    def whole(self, contents: Iterable[bytes]) -> bool:
        """Say whether nothing more can be found in a picture with these squares: each sheet, card and word on it is whole."""
        ours = 0
        for content in contents:
            try:
                square = read(content)
            except FormatError:
                continue
            ours += 1
            if isinstance(square, Block) and not self._is_whole(square.header):
                return False
            if isinstance(square, Piece) and len(self._pieces.get((square.card, square.count), ())) < square.count:
                return False
        return ours > 0

    def _is_whole(self, header: part.Header) -> bool:
        finding = self._finding(header.shape.set_id)
        return finding.squares is not None and any(
            one.sheet == header.index + 1 and one.read == finding.squares for one in finding.sheets
        )

    def _finding(self, set_id: bytes) -> SetFinding:
        blocks = self._packets[set_id]
        need = Counter(one[0].header.shape.need for one in blocks.values()).most_common(1)[0][0]
        ends = Counter(row + 1 for (_, row), one in blocks.items() if one[0].header.end_of_set)
        squares = ends.most_common(1)[0][0] if ends else None
        sheets = []
        for index in sorted({index for index, _ in blocks}):
            rows = {row for one, row in blocks if one == index}
            torn = () if squares is None else tuple(_torn(rows, index, squares))
            sheets.append(SheetFinding(sheet=index + 1, read=len(rows), torn=torn))
        have = Counter(row for _, row in blocks)
        least = min((have[row] for row in range(squares)), default=0) if squares is not None else 0
        return SetFinding(set_id=set_id, need=need, squares=squares, sheets=tuple(sheets), more=max(0, need - least))


def _torn(rows: set[int], index: int, squares: int) -> list[int]:
    return sorted(place_of(row, index, squares) + 1 for row in range(squares) if row not in rows)


def _step(squares: int) -> int:
    return next(step for step in range(5, 5 + squares + 1) if math.gcd(step, squares) == 1)


def _block(content: bytes) -> Block:
    try:
        packet = decode(content)
    except ValueError as error:
        raise FormatError("sheet-base45", f"a square is {error}", mend=_MEND) from error
    try:
        header = part.read_packet(packet).header
    except FormatError as error:
        raise FormatError("sheet-packet", f"a square holds no whole packet: {error}", mend=_MEND) from error
    if header.shape.packet != part.PAPER or header.kind != part.BLOCK or header.volume or header.stripe >= SQUARES:
        raise FormatError("sheet-packet", "a square holds a packet that belongs on no sheet", mend=_MEND)
    return Block(packet=packet, header=header)


def _piece(content: bytes) -> Piece:
    match = _HEAD.match(content)
    try:
        if match is not None:
            number, count = (text.decimal(match[place].decode("ascii")) for place in (1, 2))
            data = content[match.end() :]
            if 1 <= number <= count <= MAX_PIECES and len(data) <= PIECE:
                return Piece(card=match[3].decode("ascii"), number=number, count=count, data=data)
    except ValueError:
        pass
    raise FormatError("sheet-piece", "the first line of a piece of a card is not as it must be", mend=_MEND)


def _announcement(content: bytes) -> Announcement:
    foreign = FormatError("sheet-foreign", "a square holds nothing of tamizdat's", mend="Leave it out.")
    try:
        said = content.decode("ascii")
    except UnicodeDecodeError:
        raise foreign from None
    if len(said.split(" ")) != words.CHECK_WORDS:
        raise foreign
    try:
        value = words.read_check_words(said)
    except FormatError as error:
        if error.code == "words-unknown":
            raise foreign from None
        raise FormatError("sheet-words", f"a square holds no announcement: {error}", mend=_MEND) from error
    if write_announcement(value) != said:
        raise FormatError("sheet-words", "an announcement is not in its one spelling", mend=_MEND)
    return Announcement(value=value)
