"""
Heads: which choice of a set's packets begins as a file that was sealed for these identities. docs/spec/part.md, "Reading
with the key".

The head's own check proves it. Anybody who has the card can seal a file, so there may be several, and whose it is is
NOT known: each is given with how many parts speak for it.
"""

from __future__ import annotations

import dataclasses
import io
import itertools

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tamizdat.carry.hearing import Choice, Hearing, Ledger, Voice
from tamizdat.carry.part import Shape
from tamizdat.carry.voices import Extent, Voices
from tamizdat.primitives import digest
from tamizdat.primitives.age import header, stream
from tamizdat.primitives.age.recipients import Opener
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import TamizdatError, TrustError


TRIES: Final = 1024  # choices of packets tried for the first head of one shape, WORK bytes of rows at most
WORK: Final = 1 << 30
MORE_TRIES: Final = 64  # and for each after it
MOST_HEADS: Final = 4
LOOKED_AT: Final = 1 << 14  # suspicions thought of, most of which make no new choice
_SAMPLE: Final = 16


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    A head that opened.

    Attributes:
        raw: All that stands before the first chunk.

        file_key, payload: The secret it holds, and the cipher made of it.
    """

    shape: Shape
    raw: bytes
    kinds: tuple[str, ...]
    file_key: bytes = dataclasses.field(repr=False)
    payload: ChaCha20Poly1305 = dataclasses.field(repr=False)

    @property
    def start(self) -> int:
        """Where the first chunk begins."""
        return len(self.raw)


class Search:
    """
    The search for the heads of one shape.

    Args:
        voices: The packets. *sources*: what they are read from.
        identities: Who may open them.
        errors: Is told why choices did not open.
    """

    def __init__(
        self, voices: Voices, sources: Sequence[BinaryIO], identities: Sequence[Opener], errors: list[TamizdatError]
    ) -> None:
        self._voices = voices
        self._hearing = Hearing(voices, sources, Ledger())
        self._identities = identities
        self._errors = errors
        self._found: list[tuple[Head, int]] = []
        self._tried: dict[Choice, list[dict[int, Choice]]] = defaultdict(list)  # by what was chosen of the first row
        self._tries = max(MORE_TRIES, min(TRIES, WORK // voices.shape.stripe))

    def heads(self) -> list[tuple[Head, int]]:
        """Give the heads that open, each with how many parts speak for it."""
        extents: dict[int, Extent] = {}
        for extent in self._voices.extents(set(), set()):
            extents.setdefault(extent.volume_rows, extent)
        for extent in list(extents.values())[:MOST_HEADS]:
            # A head of many rows goes on into the next volume: so the rows of a volume matter, the length does not.
            self._hearing.settle(dataclasses.replace(extent, total=None))
            self._tried.clear()
            excluded: frozenset[Voice] = frozenset()
            while len(self._found) < MOST_HEADS and (guess := self._next(excluded)) is not None:
                head, _ = self._found[-1]
                by = self._hearing.support(digest.part_tag_key(head.file_key), _SAMPLE)
                agreeing = self._hearing.agreeing(self._hearing.row(0), guess.used[0])
                self._found[-1] = head, len({index for _, index in by}) or len(agreeing)
                # Whoever else sealed something speaks through other packets than these.
                everybody = {one.voice for one in self._hearing.row(0).heard}
                excluded |= self._authors(guess, len(head.raw)) | {voice for voice in everybody if voice[:2] in by}
        return self._found

    @property
    def contradictory(self) -> bool:
        """Whether the packets of the first row cannot all be true."""
        row = self._hearing.row(0)
        choice = self._hearing.choose(row, frozenset())
        return choice is not None and len(self._hearing.agreeing(row, choice)) < len({o.block.index for o in row.heard})

    def _next(self, excluded: frozenset[Voice]) -> _Guess | None:
        everybody = {one.voice for one in self._hearing.row(0).heard} - excluded
        tries = 0
        for suspects in itertools.islice(suspicions(everybody, Ledger(), frozenset()), LOOKED_AT):
            if tries >= (MORE_TRIES if self._found else self._tries):
                break
            guess = _Guess(self._hearing, suspects | excluded)
            first = guess.choose(0)
            if first is None or any(guess.same(used) for used in self._tried[first]):
                continue
            tries += 1
            self._tried[first].append(guess.used)
            if any(guess.begins(head.raw) for head, _ in self._found):
                continue
            try:
                head = _open(guess, self._voices.shape, self._identities)
            except TamizdatError as error:
                self._errors.append(error)
            else:
                self._found.append((head, 0))
                return guess
        return None

    def _authors(self, guess: _Guess, length: int) -> frozenset[Voice]:
        """Give the voices that the head was read from: of data blocks where they are here, else all that were chosen."""
        payload, need = self._hearing.shape.payload, self._hearing.shape.need
        authors: set[Voice] = set()
        for number, choice in guess.used.items():
            heard = self._hearing.row(number).heard
            by = {heard[place].block.index: heard[place].voice for place in choice}
            wanted = {place // payload for place in range(0, length, payload)} | {(length - 1) // payload}
            here = {block - number * need for block in wanted if 0 <= block - number * need < need}
            authors |= {by[index] for index in here} if here <= by.keys() else set(by.values())
        return frozenset(authors)


class _Guess(io.RawIOBase):
    """The ciphertext as it is where some are suspected; it notes which blocks it was made of."""

    def __init__(self, hearing: Hearing, suspects: frozenset[Voice]) -> None:
        self.used: dict[int, Choice] = {}
        self._hearing = hearing
        self._suspects = suspects
        self._at = 0

    def choose(self, number: int) -> Choice | None:
        return self._hearing.choose(self._hearing.row(number), self._suspects)

    def same(self, used: dict[int, Choice]) -> bool:
        """Whether this would read the very packets that were tried before."""
        return bool(used) and all(self.choose(number) == choice for number, choice in used.items())

    def begins(self, raw: bytes) -> bool:
        """Whether this is a head that is known already."""
        found = b""
        while len(found) < len(raw) and (piece := self.read(len(raw) - len(found))):
            found += piece
        self._at = 0
        return found == raw

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        stripe = self._hearing.shape.stripe
        number, place = divmod(self._at, stripe)
        choice = self.choose(number)
        if choice is None:
            return b""
        self.used[number] = choice
        piece = self._hearing.make(self._hearing.row(number), choice)[place : place + max(size, 0)]
        self._at += len(piece)
        return piece


def _open(guess: _Guess, shape: Shape, identities: Sequence[Opener]) -> Head:
    source = Source(guess)
    head = header.read(source)
    file_key = next((key for one in identities if (key := one.unwrap(head.stanzas)) is not None), None)
    if file_key is None:
        raise TrustError(
            "age-no-match", "none of the keys at hand opens this file", mend="Use the key that it was sealed for."
        )
    header.check(head, file_key)
    nonce = source.read(stream.NONCE_LENGTH)
    if len(nonce) != stream.NONCE_LENGTH:
        raise header.flaw("it breaks off behind its head")
    return Head(
        shape=shape,
        raw=header.write(head) + nonce,
        kinds=tuple(stanza.kind for stanza in head.stanzas),
        file_key=file_key,
        payload=stream.cipher(file_key, nonce),
    )


def suspicions(voices: Iterable[Voice], ledger: Ledger, last: frozenset[Voice]) -> Iterator[frozenset[Voice]]:
    """Give sets of voices that may have lied: what was right last, known liars, then more and more of the others."""
    everybody = frozenset(voices)
    known = frozenset(voice for voice in everybody if voice[0] in ledger)
    yield last & everybody
    for base in (known, frozenset[Voice]()) if known else (known,):
        rest = sorted(everybody - base)
        files = sorted({voice[0] for voice in rest})
        for count in range(len(files)):
            for chosen in itertools.combinations(files, count):
                yield base | {voice for voice in rest if voice[0] in chosen}
        for count in range(1, len(rest)) if len(files) < len(rest) else ():
            for some in itertools.combinations(rest, count):
                yield base | frozenset(some)
