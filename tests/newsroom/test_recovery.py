"""The printed page opens what is sealed for the newsroom, and a line typed wrongly is named."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.newsroom import recovery
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import FormatError, TrustError
from tests.newsroom import rooms


def secret_of(raw: bytes) -> str:
    return recipients.HybridIdentity(raw).secret()


@pytest.mark.parametrize("classical", [False, True])
def test_the_page_as_printed_opens_a_dossier(memory, clock, entropy, classical) -> None:
    """Typed as it stands, in small letters without spaces, as one line, or as the code gives it."""
    house = rooms.make(memory, clock, entropy, classical=classical)
    page = memory.values[recovery.PLAIN].decode()
    rows = [line.partition(":")[2] for line in page.splitlines() if line.startswith("    line")]
    secret = recovery.read("\n".join(rows), post_quantum=not classical)

    for typed in (page, "\n".join(rows), "".join(rows).replace(" ", "").lower(), "\n\n".join(rows), secret.lower()):
        recovery.rehearse(house.card(), typed, entropy)
    assert secret.encode() not in memory.values[recovery.PLAIN]
    # Without a view box a browser cuts the square off where the page makes it smaller.
    assert b" viewBox=" in memory.values[recovery.PAGE]


def test_the_page_of_another_newsroom_is_told_from_a_mistyped_one(memory, clock, entropy) -> None:
    house = rooms.make(memory, clock, entropy)
    other = type(memory)()
    rooms.make(other, clock, entropy)

    with pytest.raises(TrustError) as caught:
        recovery.rehearse(house.card(), other.values[recovery.PLAIN].decode(), entropy)

    assert caught.value.code == "recovery-other"


@given(st.binary(min_size=32, max_size=32), st.data())
def test_the_wrong_line_is_named(raw: bytes, data: st.DataObject) -> None:
    """A letter taken for another, or left out, names its line, and no other."""
    rows = list(recovery.lines(secret_of(raw)))
    number = data.draw(st.integers(0, 3))
    places = [place for place, letter in enumerate(rows[number]) if letter != " "]
    place = data.draw(st.sampled_from(places[:-2]))
    letter = data.draw(st.sampled_from(["", "B"]))
    rows[number] = rows[number][:place] + letter + rows[number][place + 1 :]

    with pytest.raises(FormatError) as caught:
        recovery.read("\n".join(rows), post_quantum=True)

    assert [fault.where for fault in caught.value.faults] == [f"line {number + 1}"]


@given(st.binary(min_size=32, max_size=32))
def test_letters_that_look_like_others_are_read_as_meant(raw: bytes) -> None:
    secret = secret_of(raw)
    typed = "\n".join(recovery.lines(secret)).replace("0", "O").replace("L", "1")

    assert recovery.read(typed, post_quantum=True) == secret


def test_two_lines_changed_about_are_named() -> None:
    rows = list(recovery.lines(secret_of(bytes(range(32)))))
    rows[0], rows[1] = rows[1], rows[0]

    with pytest.raises(FormatError) as caught:
        recovery.read("\n".join(rows), post_quantum=True)

    assert [fault.where for fault in caught.value.faults] == ["line 1", "line 2"]
