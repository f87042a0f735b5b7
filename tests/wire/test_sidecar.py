"""The proof beside a picture: every outcome has its words, and nothing that was changed proves more."""

from __future__ import annotations

import base64
import json
import random
import re

import pytest

from tamizdat.primitives.errors import TamizdatError
from tamizdat.wire import sidecar
from tests import vectors


FOLDER = vectors.SPECS / "sidecar"
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> tuple[dict, bytes, sidecar.Sidecar]:
    told = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    shown = base64.b64decode(told["picture"])
    raw = sidecar.find(shown) if told["sidecar"] is None else told["sidecar"].encode("ascii")
    return told, shown, sidecar.read(raw)


@pytest.mark.parametrize("name", CASES)
def test_a_check_finds_what_its_vector_says_and_has_words_for_it(name):
    told, shown, made = load(name)
    found = sidecar.check(shown, made, card_words=told["card_words"], now=told["now"])
    assert [[one.kind, one.code, dict(one.params)] for one in found.all] == told["expect"]
    assert found.verdict == told["verdict"]
    for one in found.all:
        assert "{" not in sidecar.sentence(one.code, one.params)


@pytest.mark.parametrize("vector", vectors.load("sidecar"), ids=lambda one: one.name)
def test_a_file_is_read_or_refused_as_its_vector_says(vector):
    try:
        raw = sidecar.find(vector.file) if vector.name.startswith("picture") else vector.file
        assert sidecar.write(sidecar.read(raw)) == raw
        outcome = "whole"
    except TamizdatError as error:
        outcome = error.code
    assert outcome == vector.expect


def test_every_sentence_is_for_a_code_and_no_word_of_ours_is_in_it():
    texts = sidecar.texts()
    spec = (FOLDER.parent / "sidecar.md").read_text("utf-8")
    for code in re.findall(r"`((?:card|record|stamp|witness|quorum|camera|committed|date)-[a-z-]+)`", spec):
        assert code in texts
    assert set(sidecar.LIMITS) <= set(texts)
    ours = re.compile(r"dossier root|\btiles?\b|merkle|checkpoint|(?<!outside )\bwitness", re.IGNORECASE)
    assert [text for text in texts.values() if ours.search(text)] == []


def test_no_changed_byte_of_picture_or_proof_proves_more():
    dice = random.Random(4)
    told, shown, _ = load("good")
    raw = told["sidecar"].encode("ascii")
    good = {(one[1], json.dumps(one[2], sort_keys=True)) for one in told["expect"] if one[0] == "proven"}
    kept = 0
    for _ in range(2000):
        other, file = (mutate(raw, dice), shown) if dice.random() < 0.8 else (raw, mutate(shown, dice))
        try:
            found = sidecar.check(file, sidecar.read(other), card_words=told["card_words"], now=told["now"])
        except TamizdatError:
            continue
        kept += 1
        proven = {(one.code, json.dumps(dict(one.params), sort_keys=True)) for one in found.all if one.kind == "proven"}
        assert proven <= good
    assert kept > 500


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Change a letter of the file to another of its alphabet, or drop or double a few."""
    at, file = dice.randrange(len(raw)), bytearray(raw)
    match dice.randrange(4):
        case 0:
            del file[at : at + dice.randrange(1, 9)]
        case 1:
            file[at:at] = file[at : at + dice.randrange(1, 9)]
        case _:
            file[at] = raw[dice.randrange(len(raw))]
    return bytes(file)
