"""Parts minted later are what sealing would have made, and join with the old ones."""

import hashlib
import io
import itertools

import pytest

from tamizdat.carry import mint, part
from tamizdat.carry.join import Joiner
from tamizdat.carry.part import Layout
from tamizdat.primitives.errors import FormatError, TrustError, UsageError
from tests.carry.test_join import SIZE, TEXT, Kept, joiner, make, spoil


KEY = bytes(range(32))


class Dice:
    def random(self, count: int) -> bytes:
        return bytes([200] * count)


def minted(source: mint.Source, wanted: list[int], layout: Layout, **options) -> dict[tuple[int, int], bytes]:
    sinks: dict[tuple[int, int], Kept] = {}
    mint.mint(source, wanted, lambda index, volume: sinks.setdefault((index, volume), Kept()), layout=layout, **options)
    return {place: sink.getvalue() for place, sink in sinks.items()}


def from_parts(*files: bytes, tag_key: bytes | None = None) -> tuple[mint.FromParts, Layout]:
    found = joiner(*files, tag_key=tag_key)
    survey = found.survey()
    survey.require()
    rows = found.rows()
    total = mint.announced([io.BytesIO(raw) for raw in files], rows.shape)
    return mint.FromParts(rows), Layout(total=total, volume_stripes=survey.volume_rows)


@pytest.mark.parametrize("cut", [{}, {"volume_length": 3 * 4016 * 4}, {"total_length": len(TEXT)}])
@pytest.mark.parametrize("tag_key", [None, KEY])
def test_minted_parts_are_those_a_larger_split_would_have_made(cut: dict, tag_key: bytes | None) -> None:
    larger = make(total=9, tag_key=tag_key, **cut)
    hand = [raw for (index, _), raw in larger.items() if index in {0, 3, 4}]

    source, layout = from_parts(*hand, tag_key=tag_key)

    wanted = {place: raw for place, raw in larger.items() if place[0] in {1, 7, 8}}
    assert minted(source, [1, 7, 8], layout, tag_key=tag_key) == wanted


def test_parts_minted_a_year_later_by_couriers_join_with_the_old_ones() -> None:
    """Tagged originals, damaged ones among them; untagged parts made of any three; every choice of three joins."""
    old = list(make(total=5, tag_key=KEY).values())
    source, layout = from_parts(spoil(old[1], 3), spoil(old[2], 5), old[4], spoil(old[0], 7))
    new = list(minted(source, [6, 200], layout).values())

    for chosen in itertools.permutations([*old, *new], 3):
        assert joiner(*chosen).read() == TEXT
    assert joiner(old[3], *new, tag_key=KEY).read() == TEXT  # sixteen zeros are "nobody tagged this", not a forgery
    assert all(packet.header.shape.tagged for packet in part.read(io.BytesIO(new[0])))


def test_two_couriers_minting_one_number_make_equal_parts() -> None:
    old = list(make(total=5).values())

    one, two = (from_parts(*hand) for hand in (old[:3], old[2:]))

    assert minted(one[0], [99], one[1]) == minted(two[0], [99], two[1])


def test_minted_blocks_are_those_of_zfec() -> None:
    import zfec

    old = list(make(total=5).values())
    source, layout = from_parts(*old[2:])
    raw = minted(source, [254], layout)[254, 0]

    packets = [packet for packet in part.read(io.BytesIO(raw)) if packet.header.kind == part.BLOCK]
    stripe = 3 * (SIZE - part.HEADER)
    for row, packet in enumerate(packets):
        data = TEXT[row * stripe : (row + 1) * stripe].ljust(stripe, b"\0")
        blocks = [data[at : at + stripe // 3] for at in range(0, stripe, stripe // 3)]
        assert zfec.Encoder(3, 256).encode(blocks, [254]) == [packet.payload]


@pytest.mark.parametrize("length", [0, 1, 4032 * 3, 4032 * 3 * 255 + 1])
def test_the_sealed_file_and_one_damaged_part_are_enough(length: int) -> None:
    text = hashlib.shake_256(b"edge").digest(length)
    old = list(make(text, total=7).values())
    like = joiner(old[6])
    rows = like.rows()

    source = mint.FromDossier(io.BytesIO(text), rows)

    assert minted(source, [0, 5], Layout(total=None, volume_stripes=None)) == {(0, 0): old[0], (5, 0): old[5]}


@pytest.mark.parametrize("other", [TEXT[:-1], bytes([TEXT[0] ^ 1]) + TEXT[1:], TEXT + b"\0"])
def test_another_sealed_file_is_refused_before_a_wrong_part_is_whole(other: bytes) -> None:
    old = list(make(total=5).values())

    with pytest.raises(FormatError) as caught:
        minted(mint.FromDossier(io.BytesIO(other), joiner(old[4]).rows()), [5], Layout(total=None, volume_stripes=None))

    assert caught.value.code == "mint-other"


def test_numbers_are_drawn_above_what_is_known_and_never_twice() -> None:
    assert mint.choose([0, 4], 2, Dice(), first=7) == [7, 8]
    assert mint.choose([7], 2, Dice(), first=7) == [8, 9]
    drawn = mint.choose([0, 200], 54, Dice())
    assert drawn == list(range(201, 255))
    assert len(mint.choose([0, 200], 60, Dice())) == 60
    assert mint.choose([1], 254, Dice()) == [0, *range(2, 255)]
    for wrong in ({"more": 255}, {"more": 0}, {"more": 3, "first": 253}):
        with pytest.raises(UsageError, match="more parts cannot be"):
            mint.choose([0], **{"entropy": Dice()} | wrong)


def test_parts_that_are_not_enough_are_not_minted_from() -> None:
    old = list(make(total=5).values())
    cut = [raw[: len(raw) // 2] for raw in old[:3]]

    with pytest.raises(ValueError, match="how many rows"):
        mint.FromParts(Joiner([io.BytesIO(raw) for raw in cut], ["a", "b", "c"]).rows())


def test_parts_that_contradict_each_other_are_not_minted_from() -> None:
    """A forged part, its checks valid, would make every new part as false; with the key it is passed over."""
    old = list(make(total=5, tag_key=KEY).values())
    forged = bytearray(old[1])
    packet = memoryview(forged)[3 * SIZE : 4 * SIZE]
    packet[1000] ^= 1
    packet[part.CHECKED : part.HEADER] = part.check(packet)

    with pytest.raises(TrustError) as caught:
        minted(from_parts(bytes(forged), *old[2:])[0], [7], Layout(total=None, volume_stripes=None))
    with_key = from_parts(bytes(forged), *old[2:], tag_key=KEY)

    assert caught.value.code == "mint-contradict"
    assert minted(with_key[0], [0], with_key[1], tag_key=KEY) == {(0, 0): old[0]}
