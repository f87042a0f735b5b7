"""
A text of which paragraphs or single words are hidden, and the proof that the others are the original's.

Words are bytes as they stand in the file: nothing is normalised. It is NOT a reader of documents (a letter in DOCX or
PDF is all or nothing). The rules are docs/spec/redaction.md, "Text".
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
import struct
import unicodedata

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NoReturn

import numpy as np

from tamizdat.primitives import digest
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tamizdat.redaction import tree
from tamizdat.redaction.commit import file_commitment, seed_split, step


MAGIC: Final = b"TTC1"
PROOF_MAGIC: Final = b"TTP1"
MAX_LENGTH: Final = 1 << 20
# Words of one letter hidden, a text is eight times as long.
MAX_PUBLISHED: Final = 9 << 20
BAR: Final = "█████".encode()
SHOWN, HIDDEN, PARTLY = 0, 1, 2

_WORD: Final = re.compile(rb"[\t\n\r ]*[^\t\n\r ]+[\t\n\r ]*")
_HEAD: Final = struct.Struct(">4sIII")
_COUNT: Final = struct.Struct(">I").pack
_HASH: Final = 32

Paragraphs = list[list[bytes]]
# A paragraph's number from 0, and a word's in it; None for all of them.
Place = tuple[int, int | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """The text as it may be published, and its proof; how many words it has, and how many bars."""

    file: bytes = dataclasses.field(repr=False)
    proof: bytes = dataclasses.field(repr=False)
    words: int
    hidden: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was proven: how many paragraphs there are, how many are hidden, and how many words in the others."""

    paragraphs: int
    hidden_paragraphs: int
    hidden_words: int


def split(raw: bytes) -> Paragraphs:
    r"""
    Split a text into paragraphs of words; joined again they are the text.

    >>> split(b"One two.\n\nThree")
    [[b'One ', b'two.\n\n'], [b'Three']]

    Raises:
        FormatError: ``text-bytes``: it is empty, too long, or not UTF-8 without control characters.
    """
    return _parted(raw, fits=len(raw) <= MAX_LENGTH)


def _parted(raw: bytes, *, fits: bool) -> Paragraphs:
    words: list[bytes] = _WORD.findall(raw) if fits and _is_utf8(raw) else []
    if not words or re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", raw):
        raise FormatError(
            "text-bytes",
            "the file is no plain text in UTF-8 of at most 1 MB (without its bars)",
            mend="Only the file as a whole can be proven, no part of it.",
        )
    ends = [place for place, word in enumerate(words, 1) if word.count(b"\n") > 1 and _ends(word)]
    edges = [0, *ends] if ends[-1:] == [len(words)] else [0, *ends, len(words)]
    return [words[first:last] for first, last in itertools.pairwise(edges)]


def header(paragraphs: int) -> bytes:
    """Write the header as it is hashed."""
    return struct.pack(">4sBI", MAGIC, 1, paragraphs)


def root(seed: bytes, paragraphs: Paragraphs) -> bytes:
    """Give the root of the tree of paragraphs; *seed* is that of the tiles."""
    seeds = tree.along(seed, len(paragraphs))
    return tree.fold([_leaf(own, words) for own, words in zip(seeds, paragraphs, strict=True)])


def find(raw: bytes, phrase: str) -> list[Place]:
    r"""
    Find every word that a phrase touches.

    >>> find(b"Ali met Vali.\n\nThen Ali left.", "Ali")
    [(0, 0), (1, 1)]
    """
    wanted, at = phrase.encode(), 0
    places: list[Place] = []
    # It may overlap itself: "so so" stands twice in "so so so".
    starts = [found.start() for found in re.finditer(b"(?=%b)" % re.escape(wanted), raw)] if wanted else []
    first = 0
    for number, words in enumerate(split(raw)):
        for index, word in enumerate(words):
            end = at + len(word.rstrip())
            # Of those that do not end before the word the first one begins first.
            while first < len(starts) and starts[first] + len(wanted) <= at:
                first += 1
            if first < len(starts) and starts[first] < end:
                places.append((number, index))
            at += len(word)
    return places


def left(shown: bytes, phrases: Iterable[str]) -> Iterator[str]:
    r"""
    Say which phrases still stand in a text when capitals, spaces and the spelling in Unicode do not matter.

    >>> list(left("Then VALI left.".encode(), ["Vali"]))
    ['phrase 1 still stands there with other capitals, spaces or letters: hide that as well']
    """
    there = _plain(shown.decode("utf-8"))
    for number, phrase in enumerate(phrases, 1):
        if (wanted := _plain(phrase).strip()) and wanted in there:
            yield f"phrase {number} still stands there with other capitals, spaces or letters: hide that as well"


def redact(seed: bytes, raw: bytes, hide: Iterable[Place]) -> Redacted:
    """
    Hide words, or whole paragraphs with the number of their words; *seed* is the object's.

    Raises:
        FormatError: ``text-bytes``.
        UsageError: ``redact-word``: there is no such paragraph or word.
    """
    paragraphs, seeds = split(raw), seed_split(seed)
    hidden = [np.zeros(len(words), bool) for words in paragraphs]
    states = [SHOWN] * len(paragraphs)
    for number, index in hide:
        if not 0 <= number < len(paragraphs) or not (index is None or 0 <= index < len(paragraphs[number])):
            raise UsageError(
                "redact-word",
                f"there is no word {index} in a paragraph {number}",
                mend="Count both from 0.",
            )
        states[number] = HIDDEN if index is None or states[number] == HIDDEN else PARTLY
        hidden[number][slice(None) if index is None else index] = True
    shown_seeds: list[bytes] = []
    hashes: list[bytes] = []
    for kind, value in _prove(seeds.tiles, paragraphs, states, hidden):
        (shown_seeds if kind == "seed" else hashes).append(value)
    parts = [
        struct.pack(">I", len(gone)) + np.packbits(gone).tobytes()
        for state, gone in zip(states, hidden, strict=True)
        if state == PARTLY
    ]
    file_slot = digest.leaf(digest.FILE, file_commitment(seeds.file, hashlib.sha256(raw).digest()))
    proof = b"".join(
        (
            _HEAD.pack(PROOF_MAGIC, len(paragraphs), len(shown_seeds), len(hashes)),
            bytes(states),
            *parts,
            *shown_seeds,
            *hashes,
            digest.leaf(digest.METADATA, digest.ABSENT),
            file_slot,
        )
    )
    file = b"".join(_published(paragraphs, states, hidden))
    bars = sum(1 if state == HIDDEN else int(gone.sum()) for state, gone in zip(states, hidden, strict=True))
    return Redacted(file=file, proof=proof, words=sum(map(len, paragraphs)), hidden=bars)


def verify(raw: bytes, proof: bytes, expected: bytes) -> Verdict:
    """
    Check a text and its proof against the object root *expected*.

    Raises:
        FormatError: ``text-bytes``, ``text-proof``: text or proof keep not to their form.
        TrustError: ``text-hidden``, ``text-count``, ``text-root``: something is not as the original was.
    """
    read = _Proof(proof)
    # Where the last word is hidden there may be one byte more of white space than there was.
    fits = len(raw) <= MAX_PUBLISHED and len(raw.replace(BAR, b"")) <= MAX_LENGTH + 1
    paragraphs = _parted(raw, fits=fits)
    if len(paragraphs) != len(read.states):
        _refuse("text-count", f"the text has {len(paragraphs)} paragraphs, its proof speaks of {len(read.states)}")
    hidden = []
    for words, state in zip(paragraphs, read.states, strict=True):
        gone = read.bitmap(len(words)) if state == PARTLY else np.full(len(words), state == HIDDEN)
        hidden.append(gone)
        blank = [BAR + (b"\n\n" if index == len(words) - 1 else b" ") for index in range(len(words))]
        if (state == HIDDEN and len(words) != 1) or any(
            word != bar for word, bar, out in zip(words, blank, gone, strict=True) if out
        ):
            _refuse("text-hidden", "something other than a bar stands where the proof says that a word is hidden")
    reached = _reached(read, paragraphs, hidden)
    if reached != expected:
        _refuse("text-root", "the text and its proof do not lead to the root that was committed to")
    return Verdict(
        paragraphs=len(paragraphs),
        hidden_paragraphs=read.states.count(HIDDEN),
        hidden_words=sum(int(gone.sum()) for gone, state in zip(hidden, read.states, strict=True) if state == PARTLY),
    )


def _plain(said: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", said).casefold()).split())


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _ends(word: bytes) -> bool:
    return word[len(word.rstrip(b"\t\n\r ")) :].count(b"\n") > 1


def _published(paragraphs: Paragraphs, states: Sequence[int], hidden: Sequence[tree.Leaves]) -> Iterator[bytes]:
    for words, state, gone in zip(paragraphs, states, hidden, strict=True):
        if state == HIDDEN:
            yield BAR + b"\n\n"
            continue
        for index, word in enumerate(words):
            yield BAR + (b"\n\n" if index == len(words) - 1 else b" ") if gone[index] else word


def _branches(paragraphs: Paragraphs) -> tree.Branches:
    """The tree of paragraphs: a leaf's seed gives the seed of its words and the salt of their root."""
    return tree.Branches(tree.line(len(paragraphs)), lambda seed, place: _leaf(seed, paragraphs[place]))


def _leaf(seed: bytes, words: Sequence[bytes]) -> bytes:
    """Hash a paragraph from its seed."""
    # There may be hundreds of thousands.
    sha256, (own, salt) = hashlib.sha256, tree.split(seed)
    salts = tree.along(own, len(words))
    leaves = [sha256(b"\x00" + one + word).digest() for one, word in zip(salts, words, strict=True)]
    return sha256(b"\x00" + salt + _COUNT(len(words)) + tree.fold(leaves)).digest()


def _words(words: Sequence[bytes]) -> tree.Branches:
    return tree.Branches(tree.line(len(words)), tree.salted(words.__getitem__))


def _paragraph(salt: bytes, count: int, words: bytes) -> bytes:
    return digest.leaf(salt, _COUNT(count), words)


def _prove(
    seed: bytes, paragraphs: Paragraphs, states: Sequence[int], hidden: Sequence[tree.Leaves]
) -> Iterator[tuple[str, bytes]]:
    shape, branches = tree.line(len(paragraphs)), _branches(paragraphs)
    for one in _walk(shape, states):
        own = tree.seed_at(seed, one.level, one.index)
        if one.kind == "seed":
            yield "seed", own
        elif one.kind == "hash":
            yield "hash", branches.hash(own, one)
        else:
            yield "seed", step(own, 1)
            words = paragraphs[one.index]
            inner = _words(words)
            for part in tree.walk(tree.line(len(words)), tree.on_line(hidden[one.index])):
                below = tree.seed_at(step(own, 0), part.level, part.index)
                yield (part.kind, below if part.kind == "seed" else inner.hash(below, part))


def _walk(shape: tree.Shape, states: Sequence[int]) -> Iterator[tree.Step]:
    """Walk over the paragraphs; those that are hidden in part are stops of their own."""
    partly = tree.on_line(np.array(states) == PARTLY)
    return tree.walk(shape, tree.on_line(np.array(states) == HIDDEN), partly)


def _reached(read: _Proof, paragraphs: Paragraphs, hidden: Sequence[tree.Leaves]) -> bytes:
    shape, branches = tree.line(len(paragraphs)), _branches(paragraphs)
    known: dict[tuple[int, int], bytes] = {}
    for one in _walk(shape, read.states):
        if one.kind == "seed":
            value = branches.hash(read.seed(), one)
        elif one.kind == "hash":
            value = read.hash()
        else:
            words = paragraphs[one.index]
            salt, line, inner = read.seed(), tree.line(len(words)), _words(words)
            below = {
                (part.level, part.index): inner.hash(read.seed(), part) if part.kind == "seed" else read.hash()
                for part in tree.walk(line, tree.on_line(hidden[one.index]))
            }
            value = _paragraph(salt, len(words), tree.join(line, below))
        known[one.level, one.index] = value
    metadata, file = read.slots()
    top = digest.leaf(digest.TILES, tree.join(shape, known))
    return digest.node(
        digest.node(digest.leaf(digest.HEADER, header(len(paragraphs))), top), digest.node(metadata, file)
    )


class _Proof:
    """Takes a proof apart, in the order in which a check wants it."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) < _HEAD.size + 2 * _HASH or raw[:4] != PROOF_MAGIC:
            _malformed("it is too short, or does not begin with TTP1")
        _, paragraphs, seeds, hashes = _HEAD.unpack_from(raw)
        self._end = len(raw) - _HASH * (seeds + hashes + 2)
        self._at = _HEAD.size + paragraphs
        if self._end < self._at or max(raw[_HEAD.size : self._at], default=0) > PARTLY:
            _malformed("it breaks off, or a paragraph is in no known state")
        self.states = list(raw[_HEAD.size : self._at])
        self._raw = raw
        tail = [raw[at : at + _HASH] for at in range(self._end, len(raw), _HASH)]
        self._seeds, self._hashes, self._slots = tail[:seeds], tail[seeds : seeds + hashes], tail[-2:]
        self._seeds.reverse()
        self._hashes.reverse()

    def bitmap(self, words: int) -> tree.Leaves:
        length = -(-words // 8)
        taken = self._raw[self._at : min(self._end, self._at + 4 + length)]
        self._at += 4 + length
        if len(taken) != 4 + length:
            _refuse("text-count", "the proof does not speak of as many words as the text has")
        bits = np.unpackbits(np.frombuffer(taken[4:], np.uint8)).astype(bool)
        if int.from_bytes(taken[:4], "big") != words or bits[words:].any():
            _refuse("text-count", "the proof does not speak of as many words as the text has")
        return bits[:words]

    def seed(self) -> bytes:
        return self._seeds.pop() if self._seeds else _refuse("text-count", "the proof has too few seeds")

    def hash(self) -> bytes:
        return self._hashes.pop() if self._hashes else _refuse("text-count", "the proof has too few hashes")

    def slots(self) -> tuple[bytes, bytes]:
        if self._at != self._end or self._seeds or self._hashes:
            _refuse("text-count", "the proof has more than its text needs")
        return self._slots[0], self._slots[1]


def _malformed(what: str) -> NoReturn:
    raise FormatError("text-proof", f"the proof is no proof of a text: {what}", mend="Get it anew from the newsroom.")


def _refuse(code: str, what: str) -> NoReturn:
    raise TrustError(code, what, mend="Do not believe the text; get it and its proof anew from the newsroom.")
