"""What squares hold, and what stands where on a page (docs/spec/sheet.md)."""

from __future__ import annotations

import itertools

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.carry import leaf, part, sheet
from tamizdat.primitives.errors import FormatError, UsageError
from tests import vectors
from tools.vectors import part as parts
from tools.vectors import sheet as maker


@pytest.mark.parametrize("vector", vectors.load("sheet"), ids=lambda vector: vector.name)
def test_a_vector_is_read_as_it_says(vector: vectors.Vector) -> None:
    try:
        sheet.read(vector.file)
        outcome = "whole"
    except FormatError as error:
        outcome = error.code

    assert outcome == vector.expect


def test_the_vectors_are_what_their_maker_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, bytes] = {}
    monkeypatch.setattr(maker.vectors, "write", lambda _, name, expect, comment, file: made.update({name: file}))
    maker.main()

    assert made == {vector.name: vector.file for vector in vectors.load("sheet")}


@given(st.binary(max_size=40).filter(lambda data: len(data) % 2 == 0))
def test_base45_is_its_own_inverse_and_has_one_spelling(data: bytes) -> None:
    """RFC 9285, 4.3: "ietf!" and the like have odd lengths, which no packet has; AB is BB8."""
    assert sheet.encode(b"AB") == "BB8"
    assert sheet.encode(b"Hello!") == "%69 VD92E"
    assert sheet.decode(sheet.encode(data).encode()) == data


@given(st.integers(1, 12), st.integers(0, 39))
def test_every_row_stands_once_on_a_sheet_and_its_place_can_be_told(squares: int, index: int) -> None:
    rows = [sheet.row_at(place, index, squares) for place in range(squares)]

    assert sorted(rows) == list(range(squares))
    assert [sheet.place_of(row, index, squares) for row in rows] == list(range(squares))


def test_a_hole_through_the_whole_pile_costs_no_row_twice() -> None:
    """Twelve squares a sheet, up to twelve sheets: what one place holds is another row on each."""
    for place in range(12):
        assert len({sheet.row_at(place, index, 12) for index in range(12)}) == 12


def test_a_plan_takes_the_fewest_sheets_and_says_what_is_too_large() -> None:
    assert sheet.plan(20_000, tagged=True) == sheet.Plan(need=2, sheets=3, squares=11)
    assert sheet.plan(1, tagged=False, need=3, sheets=5) == sheet.Plan(need=3, sheets=5, squares=1)
    for length, need, sheets, code in (
        (500_000, None, None, "sheet-large"),
        (20_000, 1, None, "sheet-need"),
        (20_000, 3, 2, "sheet-counts"),
        (20_000, 0, 2, "sheet-need"),
        (20_000, None, 41, "sheet-counts"),
    ):
        with pytest.raises(UsageError) as caught:
            sheet.plan(length, tagged=True, need=need, sheets=sheets)

        assert caught.value.code == code
    with pytest.raises(UsageError, match="340,000 bytes would be 47 sheets of paper, and 40 is the limit"):
        sheet.plan(340_000, tagged=True)


def _squares(length: int, need: int, total: int) -> list[list[bytes]]:
    made = parts.made(length, need, total, 1024)
    sheets = []
    for index in range(total):
        raw = made[index, 0]
        packets = [raw[at : at + 1024] for at in range(0, len(raw), 1024) if raw[at + 4] == part.BLOCK]
        sheets.append([text.encode() for text in sheet.write(packets, index)])
    return sheets


def test_it_is_said_which_squares_are_torn_and_how_many_sheets_are_missing() -> None:
    sheets = _squares(20_000, 2, 3)
    gathered = sheet.Gathered()
    for content in sheets[0]:
        gathered.take(content)

    (finding,) = gathered.findings()
    assert (finding.need, finding.squares, finding.more) == (2, 11, 1)
    assert gathered.whole(sheets[0])

    for place in (1, 2, 3, 4, 5, 6, 8, 9, 10):  # squares 1 and 8 are torn off
        gathered.take(sheets[2][place])

    (finding,) = gathered.findings()
    assert finding.sheets[1] == sheet.SheetFinding(sheet=3, read=9, torn=(1, 8))
    assert finding.more == 1
    assert not gathered.whole(sheets[2][1:2])

    for row in (sheet.row_at(place, 2, 11) for place in (0, 7)):  # the same rows, from the second sheet
        gathered.take(sheets[1][sheet.place_of(row, 1, 11)])

    assert next(iter(gathered.findings())).more == 0


def test_two_packets_for_one_place_are_both_kept() -> None:
    """A forged packet, its check valid, does not push out the true one: the newsroom's key tells them apart."""
    true = _squares(900, 1, 1)[0][0]
    packet = bytearray(sheet.decode(true))
    packet[500] ^= 1
    packet[part.CHECKED : part.HEADER] = part.check(packet)
    gathered = sheet.Gathered()
    gathered.take(sheet.encode(bytes(packet)).encode())
    gathered.take(true)
    gathered.take(true)

    assert [raw for _, raw in gathered.parts(parts.SET_ID)] == [bytes(packet), sheet.decode(true)]


@pytest.mark.parametrize("paper", sorted(leaf.PAPERS))
def test_nothing_on_a_page_meets_anything_else(paper: str) -> None:
    """Squares keep four modules of white, folds meet no square, words stay on the paper and above the squares."""
    plan = sheet.Plan(need=26, sheets=40, squares=12)
    page = leaf.part_page(paper, ["A" * 1536] * 12, set_id=bytes(16), number=40, plan=plan)
    squares = [item for item in page.items if isinstance(item, leaf.Square)]
    quiet = 4 * leaf.MODULE

    for item in page.items:
        if isinstance(item, leaf.Words):
            wide = item.x + len(item.words) * item.size * (0.58 if item.bold else 0.5)
            low = (item.x, item.y - item.size * 0.75, wide, item.y + item.size * 0.22)
        elif isinstance(item, leaf.Mark):
            # All of the fold that the mark means.
            across = item.y == item.to_y
            low = (0, item.y, page.width, item.y) if across else (item.x, 0, item.x, page.height)
        else:
            low = (item.x, item.y, item.x + item.side, item.y + item.side)
        assert low[0] >= 0
        assert low[1] >= 0
        assert low[2] <= page.width
        assert low[3] <= page.height
        for other in squares:
            if other is not item:
                apart = (
                    low[2] <= other.x - quiet
                    or low[0] >= other.x + other.side + quiet
                    or low[3] <= other.y - quiet
                    or low[1] >= other.y + other.side + quiet
                )
                assert apart, item


def test_a_stranger_is_told_what_it_is_and_nobody_is_named() -> None:
    plan = sheet.Plan(need=2, sheets=3, squares=1)
    page = leaf.part_page("a4", ["A" * 1536], set_id=bytes(range(16)), number=2, plan=plan)
    told = " ".join(item.words for item in page.items if isinstance(item, leaf.Words))

    for words in (
        "Sheet 2 of 3. Any 2 of these 3 sheets are enough.",
        "Base45",
        "tamizdat sheet --read",
        "tamizdat-part-v1",
    ):
        assert words in told
    assert "package 00010203" in told


def test_a_card_stands_on_the_page_twice_where_there_is_room_and_the_twins_far_apart() -> None:
    for length, pages, squares in ((4_500, 1, 10), (6_500, 1, 7), (12_500, 2, 13)):
        pieces = sheet.write_card(bytes(length))
        drawn = leaf.card_pages("letter", pieces, name="", spoken=["word"] * 12)

        assert len(drawn) == pages
        assert (
            sum(isinstance(item, leaf.Square) for item in itertools.chain(*(page.items for page in drawn))) == squares
        )
