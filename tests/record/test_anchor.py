"""A proof of OpenTimestamps is told apart by what it really shows, and whatever is hostile in one is refused by name."""

from __future__ import annotations

import hashlib
import io

import pytest

from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import anchor, anchor_header
from tests import vectors
from tools.vectors import anchors


FILES = {vector.name: vector.file for vector in vectors.load("log")}
GENESIS = FILES["anchor-block"]
HEAD = anchor_header.read(FILES["header-whole"])


def outcome(raw, content=anchors.COINBASE, header=HEAD):
    try:
        return anchor.judge(raw, [io.BytesIO(content)], header).height
    except TamizdatError as error:
        return error.code


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"raw": GENESIS}, 0),
        ({"raw": GENESIS, "header": None}, "anchor-header-missing"),
        ({"raw": GENESIS, "content": b"another"}, "anchor-other"),
        ({"raw": anchors.block(b"x"), "content": b"x"}, "anchor-false"),
        ({"raw": FILES["anchor-pending"]}, "anchor-pending"),
        ({"raw": FILES["anchor-unknown"]}, "anchor-unknown"),
        ({"raw": GENESIS[:-1]}, "anchor"),
        ({"raw": b""}, "anchor"),
    ],
)
def test_a_proof_is_good_or_says_what_it_is(given, expected):
    """The good one is real: the first transaction of Bitcoin, whose hash is the Merkle root of its first block."""
    assert outcome(**given) == expected


def test_the_header_says_its_time_its_hash_and_how_much_work_it_took():
    assert HEAD.hash == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    assert (HEAD.time, HEAD.work, HEAD.source) == (1231006505, 32, "blocks.example")
    raw = bytes.fromhex(FILES["header-whole"][:160].decode())
    assert anchor_header.read(raw).hash == HEAD.hash
    assert anchor_header.write(raw, "blocks.example") == FILES["header-whole"]


def test_a_calendar_sees_a_salted_hash_only():
    data, nonce = b"a state of the record", bytes(16)

    asked = anchor.digest(data, nonce)

    assert asked == hashlib.sha256(hashlib.sha256(data).digest() + nonce).digest()
    assert anchor.digest(data, b"\x01" * 16) != asked


def test_an_answer_becomes_a_proof_and_a_later_one_completes_it():
    data, nonce = b"a state of the record", b"\x07" * 16
    pending = anchor.first(data, nonce, anchors.promise(anchor.digest(data, nonce)))
    ((calendar, message),) = anchor.read(pending).pending

    whole = anchor.upgraded(pending, message, anchors.way(message, 7))

    assert calendar == anchors.CALENDAR
    assert outcome(pending, data) == "anchor-pending"
    assert [height for height, _ in anchor.read(whole).blocks] == [7]
    assert anchor.read(whole).pending == ((calendar, message),)
    assert outcome(whole, data) == "anchor-false"


@pytest.mark.parametrize(
    "answer", [b"", b"<html>\n", b"\x08" * 300, b"\x00" * 20_000, anchors.promise(bytes(32)) + b"x"]
)
def test_an_answer_that_is_none_is_refused_and_the_promise_stays(answer):
    data, nonce = b"a state of the record", bytes(16)
    pending = anchor.first(data, nonce, anchors.promise(anchor.digest(data, nonce)))
    ((_, message),) = anchor.read(pending).pending

    for made in (lambda: anchor.first(data, nonce, answer), lambda: anchor.upgraded(pending, message, answer)):
        with pytest.raises(TamizdatError) as caught:
            made()
        assert caught.value.code == "anchor-answer"


def test_two_halves_that_only_together_are_too_deep_are_not_joined():
    """Each is within the library's bound; what it joins of them it could never read again."""
    data, nonce = b"a state of the record", bytes(16)
    pending = anchor.first(data, nonce, anchors.promise(anchor.digest(data, nonce), deep=200))
    ((_, message),) = anchor.read(pending).pending

    with pytest.raises(TamizdatError) as caught:
        anchor.upgraded(pending, message, anchors.way(message, 7, deep=200))

    assert caught.value.code == "anchor-answer"


def test_calendars_have_short_names_of_their_own():
    long = f"https://{'a' * 50}.example/"
    assert anchor.short("https://Alice.Calendar.example/") == "alice-calendar-example"
    assert anchor.short("http://127.0.0.1:80/b/") == "127-0-0-1-80-b"
    assert len(anchor.short(long)) == 40
    assert anchor.short(long) != anchor.short(long.replace("a.", "b."))
    assert anchor.NAME.fullmatch(f"stamps/{'0' * 32}/{anchor.short(long)}.ots")
