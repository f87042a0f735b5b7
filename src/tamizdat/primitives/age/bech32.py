"""
Bech32: the spelling of age keys (BIP 173, without its length limit).

Not Bech32m, and not a keeper of keys: words in, bytes out. Nothing here puts the word it was given into an error,
for it may be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {letter: value for value, letter in enumerate(ALPHABET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK_LENGTH: Final = 6


def write(prefix: str, data: bytes) -> str:
    """
    Spell *data* in lower case after *prefix* and a ``1``.

    >>> write("a", b"")
    'a12uel5l'
    """
    values = list(_regroup(data, 8, 5))
    if left := len(data) * 8 % 5:
        values.append(data[-1] << (5 - left) & 31)
    check = _polymod([*_expand(prefix), *values, *bytes(_CHECK_LENGTH)]) ^ 1
    values += [check >> 5 * (_CHECK_LENGTH - 1 - place) & 31 for place in range(_CHECK_LENGTH)]
    return prefix + "1" + "".join(ALPHABET[value] for value in values)


def read(word: str) -> tuple[str, bytes]:
    """
    Read a word in one case: its prefix in the case it has, and the data.

    >>> read("A12UEL5L")
    ('A', b'')

    Raises:
        ValueError: It is not Bech32, or not its one spelling in that case.
    """
    lower = word.lower()
    if not word.isascii() or word not in (lower, word.upper()):
        raise ValueError("it mixes capital and small letters, or has others than ASCII")
    prefix, mark, rest = lower.rpartition("1")
    if not mark or not prefix or len(rest) < _CHECK_LENGTH or not all("!" <= letter <= "~" for letter in prefix):
        raise ValueError("it has no prefix, or is too short")
    try:
        values = [_VALUES[letter] for letter in rest]
    except KeyError:
        raise ValueError("it has a letter that keys are never written with") from None
    if _polymod([*_expand(prefix), *values]) != 1:
        raise ValueError("a letter is wrong or missing (its check does not fit)")
    values = values[:-_CHECK_LENGTH]
    left = len(values) * 5 % 8
    if left >= 5 or (values and values[-1] & ((1 << left) - 1)):
        raise ValueError("it has bits to spare that are not zero")
    return word[: len(prefix)], bytes(_regroup(values, 5, 8))


def _regroup(values: Iterable[int], width: int, target: int) -> Iterable[int]:
    """Cut the bits of *values* anew; what does not fill a whole group at the end is left out."""
    held = bits = 0
    for value in values:
        held = (held << width | value) & 0xFFFF
        bits += width
        while bits >= target:
            bits -= target
            yield held >> bits & ((1 << target) - 1)


def _expand(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, term in enumerate(_GENERATOR):
            if top >> place & 1:
                check ^= term
    return check
