"""Our own unpacking accepts what zlib accepts, gives what zlib gives, and refuses the rest, whatever is done to the data."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.redaction.codec import packed
from tests.tools import inputs


def judge(data: bytes, most: int) -> bytes | None:
    """As zlib has it: whole, no more than *most* bytes, and nothing behind it."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, most + 1)
    except zlib.error:
        return None
    return plain if stream.eof and not stream.unused_data and len(plain) <= most else None


def unpack(data: bytes, most: int) -> bytes | None:
    unpacked = packed.unpack(data, most)
    return None if unpacked.flaw else unpacked.view().tobytes()


def pack(plain: bytes, level: int, strategy: int, bits: int = 15) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, bits, 8, strategy)
    return packer.compress(plain[: len(plain) // 2]) + packer.flush(zlib.Z_FULL_FLUSH) + packer.compress(
        plain[len(plain) // 2 :]
    ) + packer.flush()  # fmt: skip


PLAINS = st.one_of(
    st.binary(max_size=3000),
    st.binary(min_size=1, max_size=40).map(lambda piece: (piece * 2000)[:40_000]),
    st.lists(st.sampled_from([b"a", b"bc", bytes(300), b"The harbour is closed. "]), max_size=400).map(b"".join),
)
WAYS = st.tuples(
    st.integers(0, 9),
    st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]),
    st.integers(9, 15),
)


@given(PLAINS, WAYS)
def test_what_zlib_packed_is_unpacked(plain: bytes, way: tuple[int, int, int]) -> None:
    data = pack(plain, *way)

    assert unpack(data, len(plain)) == plain
    assert unpack(data + b"\x00", len(plain)) is None
    assert unpack(data[:-1], len(plain)) is None
    if plain:
        assert unpack(data, len(plain) - 1) is None


@given(PLAINS, WAYS, st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=3))
def test_of_what_is_altered_it_says_what_zlib_says(
    plain: bytes, way: tuple[int, int, int], changes: list[tuple[int, int]]
) -> None:
    """The sum at the end would refuse nearly all of it: it is put right, as far as zlib can be made to tell it."""
    data = bytearray(pack(plain, *way))
    for place, value in changes:
        data[place % len(data)] = value
    raw = zlib.decompressobj(-15)
    try:
        told = raw.decompress(bytes(data[2:]), 1 << 20)
    except zlib.error:
        told = b""
    if told and raw.eof and len(raw.unused_data) >= 4:
        end = len(data) - len(raw.unused_data)
        data[end:] = zlib.adler32(told).to_bytes(4, "big")

    assert unpack(bytes(data), 100_000) == judge(bytes(data), 100_000)


@given(st.binary(max_size=200))
def test_of_noise_it_says_what_zlib_says(noise: bytes) -> None:
    for head in (b"\x78\x9c", b"\x78\xda\x05", b"\x78\x01\x04", b"\x08\x1d\x03", b"\x78\xbb", b"\x88\x1c", b""):
        assert unpack(head + noise, 5000) == judge(head + noise, 5000)


@pytest.mark.parametrize("length", [0, 1, 5551, 5552, 5553, 65_535, 65_536, 3_000_001])
def test_every_length_up_to_many_blocks(length: int) -> None:
    plain = np.random.default_rng(length).integers(0, 40, length, dtype=np.uint8).tobytes()

    for level in (0, 1, 9):
        assert unpack(zlib.compress(plain, level), length) == plain


def test_data_of_real_pngs_are_unpacked_as_zlib_does() -> None:
    """Written by many programs, each with its own ways of packing."""
    found = 0
    for path in sorted(inputs("photos").rglob("*.png")) + sorted(inputs("hostile/images").rglob("*.png*")):
        raw, at, data = path.read_bytes(), 8, b""
        while at + 8 <= len(raw):
            length = int.from_bytes(raw[at : at + 4], "big")
            data += raw[at + 8 : at + 8 + length] if raw[at + 4 : at + 8] == b"IDAT" else b""
            at += 12 + length
        if data:
            found += 1
            assert unpack(data, 64 << 20) == judge(data, 64 << 20), path.name
    assert found


def test_a_bomb_fills_no_more_than_it_may() -> None:
    unpacked = packed.unpack(zlib.compress(bytes(200 << 20), 9), 1 << 20)

    assert unpacked.flaw
    assert unpacked.length <= 1 << 20
