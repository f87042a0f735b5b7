"""The header of an age file has one spelling, an end, and a check."""

from __future__ import annotations

import io

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.age import armor, header, recipients
from tamizdat.primitives.age.file import open_, seal
from tamizdat.primitives.age.header import Stanza
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import FormatError
from tests.conftest import SeededEntropy


ENTROPY = SeededEntropy()
IDENTITY = recipients.generate(post_quantum=False, entropy=ENTROPY)
KEY = bytes(16)

words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
stanzas = st.builds(
    lambda kind, arguments, body: Stanza(kind=kind, arguments=tuple(arguments), body=body),
    words,
    st.lists(words, max_size=3),
    st.binary(max_size=120),
)


@given(st.lists(stanzas, min_size=1, max_size=3), st.binary(max_size=40))
def test_a_header_is_read_as_it_was_written(given_stanzas: list[Stanza], payload: bytes) -> None:
    """The payload behind it is left where it is."""
    written = header.sign(given_stanzas, KEY)
    source = Source(io.BytesIO(header.write(written) + payload))

    assert header.read(source) == written
    assert source.read(100) == payload
    header.check(written, KEY)


@given(st.lists(stanzas, min_size=1, max_size=2), st.data())
def test_a_header_has_one_spelling(given_stanzas: list[Stanza], data: st.DataObject) -> None:
    """Bytes near a header are refused, or are just what the header they read as is written as."""
    file = header.write(header.sign(given_stanzas, KEY))
    place = data.draw(st.integers(0, len(file)))
    cut = data.draw(st.integers(0, 2))
    put = data.draw(st.sampled_from([b"", b"\n", b"\r", b" ", b"=", b"A", b"B", b"-", b"->", b"\xff", b"\x00"]))
    near = file[:place] + put + file[place + cut :]
    source = Source(io.BytesIO(near))

    try:
        read = header.read(source)
    except FormatError as error:
        assert error.code == "age-header"
    else:
        assert header.write(read) == near[: source.position]


@given(st.data())
def test_no_altered_header_opens(data: st.DataObject) -> None:
    """One bit turned anywhere before the payload is refused, whoever reads."""
    sealed = bytearray(seal(b"text", [IDENTITY.recipient()], ENTROPY))
    place = data.draw(st.integers(0, sealed.index(b"\n---") + 47))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(Exception) as caught:
        open_(bytes(sealed), [IDENTITY])

    assert caught.value.code in {"age-header", "age-mac", "age-no-match"}


def test_a_stanza_put_in_by_another_is_found(entropy: SeededEntropy) -> None:
    sealed = seal(b"text", [IDENTITY.recipient()], entropy)
    forged = sealed.replace(b"\n-> ", b"\n-> other\n\n-> ", 1)

    with pytest.raises(FormatError) as caught:
        open_(forged, [IDENTITY])

    assert caught.value.code == "age-mac"


def test_a_header_without_an_end_costs_no_more_than_its_limit() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return (header.VERSION if self.given == size else b"").ljust(size, self.filler)

    for filler in (b"A", b"\n"):
        endless = Endless()
        endless.filler = filler

        with pytest.raises(FormatError) as caught:
            header.read(Source(endless))

        assert caught.value.code == "age-header"
        assert endless.given <= header.MAX_HEADER + 4096


def test_the_kinds_of_recipients_are_seen_without_a_key(entropy: SeededEntropy) -> None:
    sealed = seal(b"text", [IDENTITY.recipient(), IDENTITY.recipient()], entropy)

    assert header.stanza_kinds(io.BytesIO(sealed)) == ["X25519", "X25519"]
    assert header.stanza_kinds(io.BytesIO(b"\n" + armor.write(sealed))) == ["X25519", "X25519"]


@given(st.binary(max_size=200), st.integers(1, 70))
def test_armor_gives_back_what_was_put_in(data: bytes, step: int) -> None:
    sink = io.BytesIO()
    writer = armor.Writer(sink)
    for at in range(0, len(data), step):
        writer.write(data[at : at + step])
    writer.close()
    reader = armor.Reader(io.BytesIO(sink.getvalue()))

    assert sink.getvalue() == armor.write(data)
    assert b"".join(iter(lambda: reader.read(step), b"")) == data
    assert armor.read(b" \r\n" + armor.write(data).replace(b"\n", b"\r\n") + b"\n") == data


@given(st.binary(min_size=1, max_size=120), st.data())
def test_armor_has_one_spelling_but_for_white_space(data: bytes, draw: st.DataObject) -> None:
    lines = armor.write(data)
    place = draw.draw(st.integers(0, len(lines) - 1))
    put = draw.draw(st.sampled_from([b"", b"=", b"A", b"-", b"\n", b"\xff"]))
    near = lines[:place] + put + lines[place + 1 :]

    try:
        read = armor.read(near)
    except FormatError as error:
        assert error.code == "age-armor"
    else:
        assert armor.write(read).strip() == near.strip()
