"""A text by paragraphs and words: what is left is proven, what is hidden cannot be guessed at."""

from __future__ import annotations

import random
import struct

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives import digest
from tamizdat.primitives.errors import FormatError, TamizdatError, UsageError
from tamizdat.redaction import commitment, text
from tests import vectors
from tests.redaction.pictures import SEED


LETTER = """Bakı, 20 yanvar.

Gecə saat birdə tanklar gəldi. Şahid Əli Vəliyev danışır: "Mən pəncərədən baxırdım."
Onun adı gizlidir.


Последний абзац, в нём семь слов всего.
""".encode()
ROOT = commitment.commit(SEED, LETTER).root


@pytest.mark.parametrize("hide", [[], [(0, None)], [(1, 5), (1, 6)], [(2, None), (1, 0)], [(0, 2), (1, None), (2, 6)]])
def test_what_is_left_of_a_text_is_proven(hide: list[text.Place]) -> None:
    redacted = text.redact(SEED, LETTER, hide)

    verdict = text.verify(redacted.file, redacted.proof, ROOT)

    assert verdict.paragraphs == 3
    assert verdict.hidden_paragraphs == sum(index is None for _, index in hide)
    assert verdict.hidden_words == sum(index is not None for _, index in hide)
    assert redacted.file.count(text.BAR) == len(hide)
    assert (redacted.file == LETTER) == (not hide)


def test_a_name_is_found_wherever_it_stands_and_is_gone() -> None:
    redacted = text.redact(SEED, LETTER, text.find(LETTER, "Əli Vəliyev"))

    assert "Əli" not in redacted.file.decode()
    assert "danışır" in redacted.file.decode()
    text.verify(redacted.file, redacted.proof, ROOT)


def test_what_a_phrase_overlaps_of_itself_is_hidden_and_other_spellings_are_told() -> None:
    raw = b"so so so. So  SO it goes."

    redacted = text.redact(SEED, raw, text.find(raw, "so so"))

    assert redacted.file.decode() == "\u2588\u2588\u2588\u2588\u2588 " * 3 + "So  SO it goes."
    (told,) = text.left(redacted.file, ["nobody", "so so"])
    assert told.startswith("phrase 2 still stands there") and "so" not in told.split()


def test_bars_may_make_a_text_longer_than_an_original_may_be() -> None:
    """The shortest words there are, and the last one without white space: each bar is eight times what it hides."""
    raw = b"a " * 70_000 + b"a"

    made = text.redact(SEED, raw, [(0, index) for index in range(70_001)])

    assert len(made.file) == 16 * 70_001 + 1 > text.MAX_LENGTH
    assert text.verify(made.file, made.proof, commitment.commit(SEED, raw).root).hidden_words == 70_001


def test_the_longest_text_may_lose_its_last_word() -> None:
    raw = b"b" * (text.MAX_LENGTH - 2) + b" a"
    root = commitment.commit(SEED, raw).root

    made = text.redact(SEED, raw, [(0, 1)])

    assert text.verify(made.file, made.proof, root).hidden_words == 1
    for longer in (made.file + b"\n", raw + b"  ", text.BAR * (text.MAX_PUBLISHED // 15 + 1)):
        with pytest.raises(FormatError) as caught:
            text.verify(longer, made.proof, root)
        assert caught.value.code == "text-bytes"


def test_a_hidden_paragraph_does_not_tell_how_long_it_was() -> None:
    """Texts that differ only in a hidden paragraph give the same file, and proofs of one length."""
    other = LETTER.replace("Onun adı gizlidir.".encode(), b"A much longer sentence, of ten words or more, I think.")

    one, two = (text.redact(SEED, raw, [(1, None)]) for raw in (LETTER, other))

    assert one.file == two.file
    assert len(one.proof) == len(two.proof)


def test_a_hidden_word_does_not_tell_how_long_it_was_nor_can_it_be_guessed() -> None:
    """Texts that differ only in a hidden word give the same file; its hash with any salt that is shown is nowhere."""
    other = LETTER.replace("Vəliyev".encode(), b"X")
    one, two = (text.redact(SEED, raw, [(1, 7)]) for raw in (LETTER, other))

    assert other != LETTER
    assert one.file == two.file
    assert len(one.proof) == len(two.proof)
    shown = {one.proof[at : at + 32] for at in range(len(one.proof) - 31)}
    salts, row = set(shown), set(shown)
    for _ in range(5):
        row = {digest.sha256(digest.SEED_STEP, bytes([bit]), salt) for salt in row for bit in (0, 1)}
        salts |= row
    word = text.split(LETTER)[1][7]
    assert not shown & {digest.leaf(salt, word) for salt in salts}


def test_every_change_of_a_text_or_its_proof_is_found() -> None:
    """Each byte of the proof, and words changed, added, dropped or moved."""
    redacted = text.redact(SEED, LETTER, [(0, 1), (1, None), (2, 0)])
    dice = random.Random(3)
    cases = [
        (redacted.file, redacted.proof[:at] + bytes([byte ^ dice.randint(1, 255)]) + redacted.proof[at + 1 :])
        for at, byte in enumerate(redacted.proof)
    ]
    words = redacted.file.split(b" ")
    for at in range(len(words)):
        cases += [
            (b" ".join([*words[:at], *words[at + 1 :]]), redacted.proof),
            (b" ".join([*words[:at], words[at] + b"x", *words[at + 1 :]]), redacted.proof),
            (b" ".join([*words[:at], words[at], words[at], *words[at + 1 :]]), redacted.proof),
        ]
    cases += [
        (redacted.file + b"\n", redacted.proof),
        (redacted.file, redacted.proof + b"\0"),
        (LETTER, redacted.proof),
    ]

    for file, proof in cases:
        with pytest.raises(TamizdatError):
            text.verify(file, proof, ROOT)


@pytest.mark.parametrize("raw", [b"", b" \n", b"\xff\xfe", b"a\0b", b"x" * (text.MAX_LENGTH + 1)])
def test_what_is_no_text_is_all_or_nothing(raw: bytes) -> None:
    assert commitment.commit(SEED, raw).covers == commitment.FILE
    with pytest.raises(FormatError):
        text.split(raw)


def test_joined_again_the_words_are_the_text() -> None:
    """Whatever stands between them."""
    dice = random.Random(1)
    for _ in range(200):
        raw = b"x" + bytes(dice.choice(b"ab \n\r\t") for _ in range(60))
        paragraphs = text.split(raw)
        assert b"".join(word for words in paragraphs for word in words) == raw
        made = text.redact(SEED, raw, [(dice.randrange(len(paragraphs)), None)])
        text.verify(made.file, made.proof, commitment.commit(SEED, raw).root)


def test_a_word_that_is_not_there_is_refused() -> None:
    for place in ((3, None), (0, 99), (-1, None)):
        with pytest.raises(UsageError):
            text.redact(SEED, LETTER, [place])


@pytest.mark.parametrize(
    "vector", [v for v in vectors.load("redaction") if v.name.startswith("text-")], ids=lambda v: v.name
)
def test_the_vectors_of_texts_are_told_by_name(vector: vectors.Vector) -> None:
    (length,) = struct.unpack_from(">I", vector.file, 32)
    root, proof, file = vector.file[:32], vector.file[36 : 36 + length], vector.file[36 + length :]

    if vector.expect == "whole":
        text.verify(file, proof, root)
        return
    with pytest.raises(TamizdatError) as caught:
        text.verify(file, proof, root)

    assert caught.value.code == vector.expect


@given(st.text("ab \n", max_size=40), st.text("ab \n", min_size=1, max_size=4))
def test_every_word_that_a_phrase_touches_is_found_and_no_other(written: str, phrase: str) -> None:
    """However often it stands there, over itself and over the ends of words."""
    raw = written.encode()
    try:
        paragraphs = text.split(raw)
    except FormatError:
        return
    touched = {
        place for at in range(len(raw)) if raw.startswith(phrase.encode(), at) for place in range(at, at + len(phrase))
    }
    expected, at = [], 0
    for number, words in enumerate(paragraphs):
        for index, word in enumerate(words):
            if touched & set(range(at, at + len(word.rstrip()))):
                expected.append((number, index))
            at += len(word)

    assert text.find(raw, phrase) == expected
