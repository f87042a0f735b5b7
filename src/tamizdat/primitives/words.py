"""
Numbers as words and digits that people can say over a telephone and compare on paper.

It is NOT a wallet's mnemonic: only the list of 2,048 English words and the way of the check
are BIP39's. The spellings are docs/spec/dossier.md, "Check words", and docs/spec/card.md.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata

from typing import Final

from mnemonic import Mnemonic

from tamizdat.primitives import digest
from tamizdat.primitives.errors import FormatError


CARD_WORDS: Final = 12
CARD_BITS: Final = 132
CHECK_WORDS: Final = 24
DIGITS: Final = 80
_BITS: Final = 11
_LENGTH: Final = 32
# ISO 7064, MOD 97-10: finds every single wrong digit and every two digits that changed places.
_MODULUS: Final = 97
_WORD: Final = re.compile(r"[^\W_]+")
_AGAIN: Final = "Have it read out once more, slowly, and type it again."


def card_words(fingerprint: int) -> tuple[str, ...]:
    """
    Spell the 132 bits of a card's fingerprint as 12 words.

    >>> card_words(1)[-2:]
    ('abandon', 'ability')
    """
    if not 0 <= fingerprint < 1 << CARD_BITS:
        msg = "a card's fingerprint has 132 bits"
        raise ValueError(msg)
    return _spell(fingerprint, CARD_WORDS)


def read_card_words(text: str) -> int:
    """
    Read 12 words back to the 132 bits of a card's fingerprint.

    Raises:
        FormatError: A word is not of the list, or there are not 12.
    """
    return _number(_split(text), CARD_WORDS)


def check_words(announcement: bytes) -> tuple[str, ...]:
    """
    Spell the 32 bytes of an announcement as 24 words, the last of which holds a check (BIP39).

    >>> check_words(bytes(32))[-1]
    'art'
    """
    _demand_length(announcement)
    check = digest.sha256(announcement)[:1]
    return _spell(int.from_bytes(announcement + check), CHECK_WORDS)


def digits(announcement: bytes) -> str:
    """
    Spell the 32 bytes of an announcement as 78 digits and 2 check digits, in 16 groups of five.

    >>> digits(bytes(32))[-11:]
    '00000 00098'
    """
    _demand_length(announcement)
    number = int.from_bytes(announcement)
    line = f"{number:078d}{98 - number * 100 % _MODULUS:02d}"
    return " ".join(line[place : place + 5] for place in range(0, DIGITS, 5))


def read_check_words(text: str) -> bytes:
    """
    Read an announcement back from its 24 words or its 80 digits.

    Case, spaces, commas and line ends do not matter; digits may be of any script.

    Raises:
        FormatError: A word is not of the list, there are too few or too many, or the check fails.
    """
    words = _split(text)
    if words and all(word.isdecimal() for word in words):
        return _read_digits("".join(str(unicodedata.decimal(digit)) for word in words for digit in word))
    value = _number(words, CHECK_WORDS).to_bytes(_LENGTH + 1)
    announcement, check = value[:-1], value[-1:]
    if digest.sha256(announcement)[:1] != check:
        raise FormatError(
            "words-check",
            "each word is of the list, but one of them is another one's, or two changed places",
            mend=_AGAIN,
        )
    return announcement


def _read_digits(line: str) -> bytes:
    if len(line) != DIGITS:
        raise FormatError("digits-count", f"there are {len(line)} digits, not {DIGITS}", mend=_AGAIN)
    number = int(line[:-2])
    if int(line) % _MODULUS != 1 or int(line[-2:]) > _MODULUS + 1 or number >> (8 * _LENGTH):
        raise FormatError("digits-check", "the two check digits do not fit: some digit is wrong", mend=_AGAIN)
    return number.to_bytes(_LENGTH)


def _split(text: str) -> list[str]:
    words: list[str] = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    # A printed list may number its words.
    return [word for word in words if not word.isdecimal()] or words


def _number(words: list[str], count: int) -> int:
    places = _places()
    number = 0
    for place, word in enumerate(words, 1):
        if word not in places:
            raise FormatError("words-unknown", f"word {place}, {word!r}, is not one of the list", mend=_nearest(word))
        number = number << _BITS | places[word]
        if place > count:
            break
    if len(words) != count:
        raise FormatError("words-count", f"there are {len(words)} words, not {count}", mend=_AGAIN)
    return number


def _nearest(word: str) -> str:
    # Long input is cut, for the search is quadratic in it.
    near = difflib.get_close_matches(word[:16], _list(), n=3, cutoff=0.5)
    return f"Was it {' or '.join(repr(one) for one in near)}?" if near else _AGAIN


def _spell(number: int, count: int) -> tuple[str, ...]:
    words = _list()
    return tuple(words[number >> _BITS * place & (1 << _BITS) - 1] for place in reversed(range(count)))


def _demand_length(announcement: bytes) -> None:
    if len(announcement) != _LENGTH:
        msg = f"an announcement has {_LENGTH} bytes, not {len(announcement)}"
        raise ValueError(msg)


@functools.cache
def _list() -> tuple[str, ...]:
    return tuple(Mnemonic("english").wordlist)


@functools.cache
def _places() -> dict[str, int]:
    return {word: place for place, word in enumerate(_list())}
