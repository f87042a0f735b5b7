"""Age files are streams that prove each byte, and prove at the end that nothing is missing."""

from __future__ import annotations

import functools
import io
import itertools
import tarfile

import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.primitives.age import armor, recipients
from tamizdat.primitives.age.file import Reader, Writer, open_, seal
from tamizdat.primitives.age.stream import CHUNK, SEALED_CHUNK
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tests.conftest import SeededEntropy


ENTROPY = SeededEntropy()
CLASSICAL = recipients.generate(post_quantum=False, entropy=ENTROPY)
HYBRID = recipients.generate(post_quantum=True, entropy=ENTROPY)
TEXT = b"".join(number.to_bytes(4, "big") for number in range(CHUNK // 2 + 3))  # two chunks and twelve bytes
SEALED = seal(TEXT, [CLASSICAL.recipient()], ENTROPY)
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1]


class Pipe:
    """A source that cannot seek and gives less than asked for; a sink that keeps what it is given."""

    def __init__(self, data: bytes = b"") -> None:
        self.source = io.BytesIO(data)
        self.pieces: list[bytes] = []

    def read(self, size: int, /) -> bytes:
        return self.source.read(min(size, 5000))

    def write(self, data: bytes, /) -> None:
        self.pieces.append(data)


@pytest.mark.parametrize("size", SIZES)
def test_any_length_comes_back_whole_by_any_steps(size: int) -> None:
    for write_step, read_step in itertools.product([777, CHUNK, 1 << 20], [777, CHUNK, -1]):
        pipe = Pipe()
        with Writer(pipe, [CLASSICAL.recipient()], entropy=ENTROPY) as writer:
            for at in range(0, size, write_step):
                writer.write(TEXT[:size][at : at + write_step])

        reader = Reader(Pipe(b"".join(pipe.pieces)), [CLASSICAL])
        assert b"".join(iter(functools.partial(reader.read, read_step), b"")) == TEXT[:size]
        assert reader.read() == b""
        assert reader.file_key == writer.file_key
        assert not reader.seekable()


@pytest.mark.parametrize("identities", [[CLASSICAL], [HYBRID], [recipients.Passphrase(b"long words", 2)]])
def test_each_kind_seals_and_opens(identities: list[recipients.Identity]) -> None:
    own = identities[0]
    recipient = own if isinstance(own, recipients.Recipient) else own.recipient()
    sealed = seal(b"text", [recipient], ENTROPY)

    reader = Reader(io.BytesIO(armor.write(sealed)), [recipients.generate(), *identities])

    assert reader.read() == open_(sealed, identities) == b"text"
    assert reader.post_quantum is (own is not CLASSICAL)


def test_the_same_dice_make_the_same_file() -> None:
    """All that is drawn comes from the entropy handed in (the hybrid's own share excepted)."""
    assert seal(b"text", [CLASSICAL.recipient()], SeededEntropy()) == seal(
        b"text", [CLASSICAL.recipient()], SeededEntropy()
    )


def test_a_file_key_can_be_given() -> None:
    sink = io.BytesIO()
    Writer(sink, [HYBRID.recipient()], entropy=ENTROPY, file_key=b"k" * 16).close()

    assert Reader(io.BytesIO(sink.getvalue()), [HYBRID]).file_key == b"k" * 16
    with pytest.raises(ValueError):
        Writer(sink, [HYBRID.recipient()], entropy=ENTROPY, file_key=b"short")


@settings(max_examples=40)
@given(st.one_of(st.integers(0, len(SEALED) - 1), st.sampled_from([-1, -12, -28, -29, -SEALED_CHUNK - 28])))
def test_a_file_cut_anywhere_is_refused_at_its_end(cut: int) -> None:
    """What was given before is a beginning of the text; a cut between chunks is found too."""
    released = bytearray()

    with pytest.raises(FormatError) as caught:
        for chunk in Reader(Pipe(SEALED[:cut]), [CLASSICAL]).chunks():
            released += chunk

    assert caught.value.code in {"age-header", "age-payload", "age-truncated"}
    assert TEXT.startswith(released)
    assert len(released) % CHUNK == 0


@settings(max_examples=40)
@given(st.integers(len(SEALED) - len(TEXT) - 64, len(SEALED) - 1), st.integers(0, 7))
def test_a_turned_bit_gives_nothing_of_its_chunk(place: int, bit: int) -> None:
    spoiled = bytearray(SEALED)
    spoiled[place] ^= 1 << bit
    released = bytearray()
    reader = Reader(io.BytesIO(spoiled), [CLASSICAL])

    with pytest.raises(FormatError, match="damaged") as caught:
        for chunk in reader.chunks():
            released += chunk

    assert caught.value.code == "age-payload"
    assert TEXT.startswith(released)
    with pytest.raises(FormatError, match="damaged"):
        reader.read(1)


def test_chunks_out_of_their_place_and_bytes_behind_the_end_are_refused() -> None:
    start = len(SEALED) - 28 - 2 * SEALED_CHUNK
    first, second = (SEALED[start + SEALED_CHUNK * number :][:SEALED_CHUNK] for number in (0, 1))
    full = seal(TEXT[:CHUNK], [CLASSICAL.recipient()], ENTROPY)

    for file in (SEALED[:start] + second + first + SEALED[-28:], SEALED[:start] + first + SEALED[-28:], full + b"x"):
        with pytest.raises(FormatError) as caught:
            open_(file, [CLASSICAL])
        assert caught.value.code == "age-payload"


def test_a_writer_left_by_an_error_leaves_a_file_that_breaks_off() -> None:
    sink = io.BytesIO()
    with pytest.raises(KeyError), Writer(sink, [CLASSICAL.recipient()], entropy=ENTROPY) as writer:
        writer.write(TEXT)
        raise KeyError

    with pytest.raises(FormatError) as caught:
        open_(sink.getvalue(), [CLASSICAL])
    assert caught.value.code == "age-truncated"


@given(st.integers(0, len(TEXT) + 5), st.integers(0, CHUNK + 5))
def test_any_place_is_read_without_moving_the_stream(offset: int, count: int) -> None:
    reader = Reader(io.BytesIO(SEALED), [CLASSICAL])
    start = reader.read(10)

    assert reader.read_at(offset, count) == TEXT[offset : offset + count]
    assert start + reader.read(CHUNK) == TEXT[: CHUNK + 10]
    assert reader.tell() == CHUNK + 10
    assert reader.seek(offset) == min(offset, len(TEXT))
    assert reader.read(count) == TEXT[offset : offset + count]


@pytest.mark.parametrize("size", SIZES)
def test_seeking_to_the_end_tells_the_length(size: int) -> None:
    raw = io.BytesIO(b"before" + seal(TEXT[:size], [CLASSICAL.recipient()], ENTROPY))
    raw.seek(6)
    reader = Reader(raw, [CLASSICAL])

    assert reader.seek(0, io.SEEK_END) == reader.length == size
    assert reader.read() == b""
    assert reader.seek(0) == 0
    assert reader.read() == TEXT[:size]


@pytest.mark.parametrize("cut", [28, 28 + 1, 28 + SEALED_CHUNK, 28 + 2 * SEALED_CHUNK, 12])
def test_random_access_proves_the_end_first(cut: int) -> None:
    reader = Reader(io.BytesIO(SEALED[:-cut]), [CLASSICAL])

    with pytest.raises(FormatError):
        reader.read_at(0, 1)


def test_a_reader_serves_where_a_file_does() -> None:
    """A tar is read from it as a stream, and with seeking."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name in ("one", "two"):
            member = tarfile.TarInfo(name)
            member.size = len(TEXT)
            tar.addfile(member, io.BytesIO(TEXT))
    sealed = seal(raw.getvalue(), [CLASSICAL.recipient()], ENTROPY)

    with Reader(Pipe(sealed), [CLASSICAL]) as reader, tarfile.open(fileobj=reader, mode="r|") as tar:
        assert [(member.name, tar.extractfile(member).read() == TEXT) for member in tar] == [
            ("one", True),
            ("two", True),
        ]
    with Reader(io.BytesIO(sealed), [CLASSICAL]) as reader, tarfile.open(fileobj=reader, mode="r:") as tar:
        assert tar.extractfile("two").read() == TEXT
    with pytest.raises(ValueError):
        reader.read()


def test_recipients_that_weaken_each_other_are_not_mixed() -> None:
    """Reading accepts a mix of the two kinds of keys and calls it classical; a passphrase stands alone for both."""
    passphrase = recipients.Passphrase(b"long words", 2)
    for mix in ([], [CLASSICAL.recipient(), HYBRID.recipient()], [passphrase] * 2, [passphrase, HYBRID.recipient()]):
        with pytest.raises(UsageError):
            seal(b"", mix, ENTROPY)

    class Lenient(recipients.HybridRecipient):
        post_quantum = False

    mixed = seal(b"text", [CLASSICAL.recipient(), Lenient(HYBRID.recipient().raw)], ENTROPY)
    reader = Reader(io.BytesIO(mixed), [HYBRID])
    assert not reader.post_quantum
    assert reader.read() == b"text"


def test_a_stranger_s_key_opens_nothing() -> None:
    with pytest.raises(TrustError) as caught:
        open_(SEALED, [HYBRID, recipients.generate(post_quantum=False)])

    assert caught.value.code == "age-no-match"
