"""With the key at hand forged parts are found, named and joined around; what is given is what was sealed, or nothing."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import struct

import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.carry import keyed, part
from tamizdat.carry.part import Header, Layout, Shape
from tamizdat.carry.split import Splitter
from tamizdat.primitives import digest
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import ShortError, TamizdatError, TrustError
from tests.conftest import SeededEntropy


SET = bytes(range(16))
SIZE = 4096
DICE = SeededEntropy(b"keyed")
KEY = recipients.generate(post_quantum=False)
PLAIN = hashlib.shake_256(b"what was sealed").digest(300_000)


def sealed(plain: bytes = PLAIN, *, key=KEY) -> tuple[bytes, bytes]:
    sink = io.BytesIO()
    with age.Writer(sink, [key.recipient()], entropy=DICE) as writer:
        writer.write(plain)
    return sink.getvalue(), digest.part_tag_key(writer.file_key)


def split(text: bytes, tag_key: bytes | None, need=3, total=5, **options) -> list[bytes]:
    """The parts, one a carrier: those of all volumes one after another."""
    sinks: dict[tuple[int, int], io.BytesIO] = {}

    def sink(index: int, volume: int) -> io.BytesIO:
        made = sinks[index, volume] = io.BytesIO()
        made.close = lambda: None  # type: ignore[method-assign]
        return made

    splitter = Splitter(
        sink, **{"need": need, "total": total, "packet_size": SIZE, "set_id": SET, "tag_key": tag_key} | options
    )
    splitter.write(text)
    splitter.close()
    return [b"".join(sinks[place].getvalue() for place in sorted(sinks) if place[0] == n) for n in range(total)]


TEXT, TAG_KEY = sealed()
PARTS = split(TEXT, TAG_KEY)
BARE = split(TEXT, None)


def packets(raw: bytes) -> list[bytearray]:
    return [bytearray(raw[at : at + SIZE]) for at in range(0, len(raw), SIZE)]


def resealed(packet: bytearray) -> bytes:
    packet[part.CHECKED : part.HEADER] = part.check(packet)
    return bytes(packet)


def forged(raw: bytes, *, tag: str = "keep", first: int = 0, seed: bytes = b"") -> bytes:
    """Other bytes, good checks: a wholly forged part."""
    out = []
    for number, packet in enumerate(packets(raw)):
        if number >= first and packet[4] == part.BLOCK:
            noise = hashlib.shake_256(seed + bytes([packet[10]]) + number.to_bytes(4, "big")).digest(SIZE - 64)
            packet[64:] = noise if tag == "noise" else noise[:-16] + bytes(packet[-16:])
            if tag == "zero":
                packet[-16:] = bytes(16)
        out.append(resealed(packet))
    return b"".join(out)


def relabelled(raw: bytes, *, used: int | None = None, flags=0, clear=0, total: int | None = None, rows=None) -> bytes:
    """A part that lies about the length: in each block, and in each descriptor."""
    out = []
    for packet in packets(raw):
        head = part.read_head(packet)
        if packet[4] == part.BLOCK:
            packet[6] = (packet[6] | flags) & ~clear
            if used is not None:
                struct.pack_into(">I", packet, 36, used)
            packet[-16:] = bytes(16)
        elif total is not None:
            end = SIZE - 16 if head.shape.tagged else SIZE
            packet[64:end] = part.write_layout(head, Layout(total=total, volume_stripes=rows))
            packet[end:] = bytes(SIZE - end)
        out.append(resealed(packet))
    return b"".join(out)


def reshaped(raw: bytes, **changes) -> bytes:
    """Every packet of a part, saying that the set has another shape."""
    out = []
    for packet in packets(raw):
        if packet[4] != part.BLOCK:
            continue
        head = part.read_head(packet)
        shape = Shape(**{"set_id": SET, "need": head.shape.need, "packet": SIZE, "tagged": head.shape.tagged} | changes)
        header = Header(shape=shape, kind=part.BLOCK, index=head.index, volume=0, stripe=head.stripe, used=shape.stripe)
        part.seal(memoryview(packet), header, b"x" * 32 if shape.tagged else None)
        out.append(bytes(packet))
    return b"".join(out)


def find(files, key=KEY, **options) -> keyed.Keyed:
    names = [f"stick {number}" for number in range(len(files))]
    return keyed.find([io.BytesIO(raw) for raw in files], names, [key], **options)[0]


def swapped(parts: list[bytes], changes: dict[int, bytes]) -> list[bytes]:
    return [changes.get(number, raw) for number, raw in enumerate(parts)]


def joined(files, liars: set[int], plain: bytes = PLAIN) -> None:
    found = find(files)
    assert found.stream().read() == plain
    assert {liar.source for liar in found.liars} == liars, found.liars


@pytest.mark.parametrize("tag", ["keep", "noise", "zero"])
@pytest.mark.parametrize("parts", [PARTS, BARE], ids=["tagged", "bare"])
def test_a_forged_part_is_found_named_and_joined_around(parts: list[bytes], tag: str) -> None:
    """Whichever of the five it is, from its first packet or only behind the head that it copies."""
    for liar, first in itertools.product(range(5), (0, 3)):
        joined(swapped(parts, {liar: forged(parts[liar], tag=tag, first=first)}), {liar})


@pytest.mark.parametrize("tag", ["noise", "zero"])
def test_two_of_five_forged_still_join(tag: str) -> None:
    for pair in itertools.combinations(range(5), 2):
        for parts in (PARTS, BARE):
            joined(swapped(parts, {one: forged(parts[one], tag=tag) for one in pair}), set(pair))


def test_a_part_that_is_right_is_never_called_forged() -> None:
    for chosen in itertools.combinations(PARTS, 3):
        joined(list(chosen), set())
    joined([*PARTS, PARTS[2], b"no part", PARTS[1][5000:]], set())


@pytest.mark.parametrize("changes", [{"tagged": False}, {"need": 2}, {"need": 1}, {"need": 4, "tagged": False}])
def test_most_parts_may_say_another_shape(changes: dict) -> None:
    """The key decides, not the count: four of seven lie, and the three that do not are enough."""
    parts = split(TEXT, TAG_KEY, total=7)
    lies = {one: reshaped(parts[one], **changes) for one in (0, 2, 3, 5)}

    joined(swapped(parts, lies), {0, 2, 3, 5})


@pytest.mark.parametrize(
    "lie",
    [
        {"total": 70_000},
        {"total": len(TEXT) + 1},
        {"total": 1 << 50},
        {"total": len(TEXT), "rows": 3},
        {"total": len(TEXT), "rows": 1},
        {"flags": 6, "used": 100},
        {"flags": 2},
    ],
)
def test_no_length_is_believed_from_a_forger(lie: dict) -> None:
    for parts in (PARTS, BARE):
        files = swapped(parts, {one: relabelled(parts[one], **lie) for one in (1, 4)})
        joined(files, {1, 4})


def test_volumes_join_around_a_forger_who_denies_them() -> None:
    volume = 4 * 3 * (SIZE - 80)
    parts = split(TEXT, TAG_KEY, volume_length=volume)
    assert len(packets(parts[0])) >= 39
    for liar in (0, 4):
        lies = forged(relabelled(parts[liar], total=len(TEXT)), tag="zero", first=9)
        joined(swapped(parts, {liar: lies}), {liar})


def test_a_forgers_own_dossier_does_not_hide_the_true_one() -> None:
    """He seals his own to the same card, under the same set: it is given after the one with more true parts."""
    own, own_key = sealed(b"his own words" * 1000)
    for need, total in ((3, 5), (1, 5)):
        his = split(own, own_key, need=need, total=total)
        for count in (1, 2):
            files = swapped(PARTS, {one: his[one] for one in range(count)})

            for order in (files, files[::-1], files[2:] + files[:2]):
                found = keyed.find([io.BytesIO(raw) for raw in order], ["a", "b", "c", "d", "e"], [KEY])

                assert found[0].stream().read() == PLAIN
                assert {order[liar.source] for liar in found[0].liars} == set(his[:count])
                assert len(found) == (2 if need <= count else 1)


def test_parts_that_lie_in_turn_join_where_each_row_has_enough() -> None:
    """No three parts are true throughout, but every row has three packets that are."""
    files = []
    for number, raw in enumerate(BARE):
        cut = [bytes(one) for one in packets(raw)]
        lies = packets(forged(raw))
        files.append(b"".join(bytes(lies[n]) if n // 9 % 5 == number else cut[n] for n in range(len(cut))))

    joined(files, {0, 1, 2})


def test_too_many_forged_is_an_error_that_says_so() -> None:
    for parts in (PARTS, BARE):
        found = find(swapped(parts, {one: forged(parts[one], first=8, tag="zero") for one in (0, 1, 3)}))
        with pytest.raises(ShortError, match="forged"):
            found.stream().read()
        assert found.chunk(0) == PLAIN[: 1 << 16] or found.chunk(0) is None
        with pytest.raises(ShortError, match="forged"):
            find(swapped(parts, {one: forged(parts[one]) for one in (0, 1, 3)}))


def test_too_few_parts_and_a_strangers_key_are_told_apart() -> None:
    with pytest.raises(ShortError, match="1 more"):
        find(PARTS[:2])
    with pytest.raises(TrustError):
        find(PARTS, key=recipients.generate(post_quantum=False))


def wounded(raw: bytes, others: list[bytes], draw) -> bytes:
    """Forge a part in some way."""
    return draw(
        st.one_of(
            st.builds(lambda tag: forged(raw, tag=tag), st.sampled_from(["noise", "zero", "keep"])),
            st.builds(lambda first: forged(raw, tag="zero", first=first), st.integers(0, 26)),
            st.builds(lambda need: reshaped(raw, need=need), st.integers(1, 5)),
            st.builds(
                lambda total, rows: relabelled(raw, total=total, rows=rows),
                st.integers(0, 400_000),
                st.sampled_from([None, 1, 2, 26]),
            ),
            st.builds(lambda used: relabelled(raw, flags=6, used=used), st.integers(0, 12_000)),
            st.builds(lambda end: raw[:end], st.integers(0, len(raw))),
            st.sampled_from(others),
        )
    )


@given(data=st.data())
@settings(max_examples=int(os.environ.get("FORGERIES", "20")), deadline=None)
def test_random_forgeries_give_right_bytes_or_none(data: st.DataObject) -> None:
    """Whatever is forged, nothing wrong is ever given; and where three parts are true, all of it is."""
    parts = data.draw(st.sampled_from([PARTS, BARE]))
    true = data.draw(st.sets(st.integers(0, 4), max_size=4))
    files = [raw if number in true else wounded(raw, parts, data.draw) for number, raw in enumerate(parts)]

    try:
        found = find(data.draw(st.permutations(files)))
        for number in range(min(found.count, 8)):
            assert found.chunk(number) in (None, PLAIN[number << 16 : (number + 1) << 16])
        assert found.stream().read() == PLAIN
    except TamizdatError:
        assert len(true) < 3


def test_a_flood_of_forged_packets_costs_little() -> None:
    """One row thousands of times, thousands of volumes, lengths beyond all measure: read, named, passed by."""
    one = packets(PARTS[1])[1]
    flood = []
    for number in range(4200):
        packet = bytearray(one)
        packet[64:72] = number.to_bytes(8, "big")
        packet[-16:] = bytes(16)
        if number % 2:
            struct.pack_into(">I", packet, 32, number)
            struct.pack_into(">I", packet, 12, 1 << 31)
            packet[6] |= part.END_OF_VOLUME
        flood.append(resealed(packet))

    joined([*PARTS[:2], b"".join(flood), PARTS[4]], {2})
    joined([b"".join(flood), *PARTS[2:]], {0})


def test_where_the_end_is_missing_a_forgers_length_is_not_followed_far() -> None:
    cut = [raw[: 20 * SIZE] for raw in PARTS[:3]]

    found = find([*cut, relabelled(PARTS[3], total=1 << 55, rows=1), relabelled(PARTS[4], total=1 << 55, rows=1)])

    assert not found.complete
    assert found.count <= (1 << 20)
    assert found.chunk(0) == PLAIN[: 1 << 16]
    with pytest.raises(ShortError):
        found.stream().read()
