"""Words and digits that people say aloud come back as the bytes they were."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from tamizdat.primitives import words
from tamizdat.primitives.errors import FormatError
from tests import vectors


A = bytes(range(32))
WORDS = words.check_words(A)


@given(st.binary(min_size=32, max_size=32))
def test_words_and_digits_come_back(announcement: bytes) -> None:
    """Both spellings read back, and the words are BIP39's."""
    spelled = words.check_words(announcement)

    assert " ".join(spelled) == Mnemonic("english").to_mnemonic(announcement)
    assert words.read_check_words(" ".join(spelled)) == announcement
    assert words.read_check_words(words.digits(announcement)) == announcement


@given(st.integers(0, (1 << 132) - 1))
def test_card_words_come_back(fingerprint: int) -> None:
    """Twelve words hold 132 bits."""
    spelled = words.card_words(fingerprint)

    assert len(spelled) == 12
    assert words.read_card_words(" ".join(spelled)) == fingerprint


@pytest.mark.parametrize(
    "heard",
    [
        " ".join(WORDS).upper(),
        ",\n".join(WORDS),
        " ".join(f"{number}. {word}" for number, word in enumerate(WORDS, 1)),
        words.digits(A).replace(" ", "-"),
        words.digits(A).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    ],
)
def test_how_it_was_written_down_does_not_matter(heard: str) -> None:
    """Capitals, commas, a numbered list, groups joined by dashes, Arabic digits."""
    assert words.read_check_words(heard) == A


def test_a_mistyped_word_is_named_and_the_nearest_is_offered() -> None:
    """The error says which word, and what it may have been."""
    heard = [*WORDS]
    heard[6] = "abandn"

    with pytest.raises(FormatError) as caught:
        words.read_check_words(" ".join(heard))

    assert caught.value.code == "words-unknown"
    assert "word 7, 'abandn'" in str(caught.value)
    assert "'abandon'" in caught.value.mend


@pytest.mark.parametrize(
    ("heard", "code"),
    [
        ("", "words-count"),
        (" ".join(WORDS[:23]), "words-count"),
        (" ".join(["zoo"] * 5000), "words-count"),
        (" ".join([*WORDS[:22], WORDS[23], WORDS[22]]), "words-check"),
        ("12345 12345", "digits-count"),
        ("9" * 80, "digits-check"),
        ("²" * 80, "digits-check"),
    ],
)
def test_what_was_misheard_is_refused(heard: str, code: str) -> None:
    """Too few, too many, two that changed places, digits that do not fit."""
    with pytest.raises(FormatError) as caught:
        words.read_check_words(heard)

    assert caught.value.code == code


@given(st.integers(0, 79), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(place: int, change: int) -> None:
    """The two check digits find any one digit that was misheard."""
    line = words.digits(A).replace(" ", "")
    wrong = line[:place] + str((int(line[place]) + change) % 10) + line[place + 1 :]

    with pytest.raises(FormatError, match="check digits"):
        words.read_check_words(wrong)


def test_only_what_has_the_right_length_is_spelled() -> None:
    """31 bytes are no announcement, and 133 bits no fingerprint."""
    with pytest.raises(ValueError, match="32 bytes"):
        words.check_words(bytes(31))
    with pytest.raises(ValueError, match="132 bits"):
        words.card_words(1 << 132)


def test_the_words_written_in_the_specification_are_the_ones_computed() -> None:
    """Somebody else's program can be checked against docs/spec/dossier.md alone."""
    prose = " ".join((vectors.SPECS / "dossier.md").read_text().split())

    assert f"{' '.join(WORDS)} {words.digits(A)}" in prose
