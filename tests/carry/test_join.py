"""Any damage that leaves k whole packets in each row still joins; anything less is said in numbers."""

import contextlib
import hashlib
import io
import itertools
import subprocess
import sys

from pathlib import Path

import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.carry import part, split
from tamizdat.carry.join import Joiner
from tamizdat.carry.split import Splitter
from tamizdat.primitives.errors import FormatError, ShortError, TamizdatError, UsageError


SET = bytes(range(16))
SIZE = 4096
TEXT = hashlib.shake_256(b"ciphertext").digest(100_000)


class Kept(io.BytesIO):
    def close(self) -> None:
        pass


def make(text: bytes = TEXT, need: int = 3, total: int = 5, set_id: bytes = SET, **options) -> dict:
    sinks: dict[tuple[int, int], Kept] = {}
    splitter = Splitter(
        lambda index, volume: sinks.setdefault((index, volume), Kept()),
        **{"need": need, "total": total, "packet_size": SIZE, "set_id": set_id} | options,
    )
    for at in range(0, len(text), 7001):
        splitter.write(text[at : at + 7001])
    made = splitter.close()
    parts = {place: sink.getvalue() for place, sink in sinks.items()}
    assert made.total_length == len(text)
    assert all(len(raw) == made.part_lengths[volume] for (_, volume), raw in parts.items())
    return parts


PARTS = [raw for _, raw in sorted(make().items())]


def joiner(*files: bytes, **options) -> Joiner:
    return Joiner([io.BytesIO(raw) for raw in files], [f"file{n}" for n in range(len(files))], **options)


def spoil(raw: bytes, *packets: int) -> bytes:
    changed = bytearray(raw)
    for packet in packets:
        changed[packet * SIZE + 1000] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(("need", "total"), [(3, 5), (2, 4), (1, 2), (4, 4)])
def test_every_choice_of_enough_parts_joins(need: int, total: int) -> None:
    parts = make(TEXT[:50_000], need, total)

    for chosen in itertools.permutations(parts.values(), need):
        assert joiner(*chosen).read() == TEXT[:50_000]


@pytest.mark.parametrize("length", [0, 1, 4031, 4032, 4033, 3 * 4032, 3 * 4032 + 1, 255 * 3 * 4032, 256 * 3 * 4032])
def test_lengths_at_the_edges_come_back(length: int) -> None:
    text = hashlib.shake_256(b"edge").digest(length)
    parts = make(text)

    assert joiner(parts[4, 0], parts[1, 0], parts[3, 0]).read() == text
    assert list(part.read(io.BytesIO(parts[2, 0])))[-1].layout == part.Layout(total=length, volume_stripes=None)
    assert len(parts[0, 0]) == split.part_length(length, need=3, packet_size=SIZE)


def test_damage_in_different_places_of_every_part_joins() -> None:
    files = [spoil(raw, *range(number, 11, 5), *range((number + 1) % 5, 11, 5)) for number, raw in enumerate(PARTS)]

    found = joiner(*files)

    assert found.survey().enough
    assert [file.shares[0].damaged for file in found.survey().files] != [0] * 5
    assert found.read() == TEXT


@given(data=st.data())
@settings(max_examples=60)
def test_wounded_parts_join_or_say_why_not(data: st.DataObject) -> None:
    """Cut short, cut at the front, bytes inserted, removed or turned: right bytes, or a plain refusal."""
    files = []
    for raw in data.draw(st.permutations(PARTS))[: data.draw(st.integers(2, 5))]:
        wound = data.draw(st.sampled_from(["none", "cut", "behead", "insert", "remove", "turn"]))
        at = data.draw(st.integers(0, len(raw)))
        more = data.draw(st.binary(max_size=20)) + data.draw(st.sampled_from([b"", b"TZP1", raw[:64], raw[:4096]]))
        files.append(
            {
                "none": raw,
                "cut": raw[:at],
                "behead": raw[at:],
                "insert": raw[:at] + more + raw[at:],
                "remove": raw[:at] + raw[at + 1 + len(more) :],
                "turn": raw[:at] + bytes(byte ^ 255 for byte in raw[at : at + 9]) + raw[at + 9 :],
            }[wound]
        )

    found = joiner(*files)
    with contextlib.suppress(ShortError):
        assert found.read() == TEXT
        assert found.survey().missing_parts == 0
        return

    with contextlib.suppress(ShortError):
        assert 1 <= found.survey().missing_parts <= 3


def test_inserted_bytes_cost_at_most_the_packet_they_fall_into() -> None:
    files = [raw[:9000] + b"TZP1 junk" * 50 + raw[9000:] for raw in PARTS[2:]]

    assert [file.shares[0].whole for file in joiner(*PARTS[:1], *files).survey().files] == [9, 8, 8, 8]


def test_the_first_mebibyte_lost_in_some_parts_joins() -> None:
    text = TEXT * 100
    parts = make(text)
    files = [parts[0, 0], parts[1, 0][1 << 20 :], parts[2, 0], parts[3, 0][: 1 << 20], parts[4, 0][:-1]]

    assert joiner(*files).read() == text


def test_names_and_order_and_doubles_do_not_matter() -> None:
    found = joiner(b"not a part", PARTS[4], PARTS[0], PARTS[4], b"", PARTS[2])

    survey = found.survey()

    assert found.read() == TEXT
    assert survey.present == (1, 3, 5)
    assert [file.same_as for file in survey.files] == [None, None, None, "file1", None, None]
    assert survey.files[0].set_id is None
    assert survey.files[0].spoiled_bytes == 10


def test_several_parts_in_one_file_and_rubbish_between_join() -> None:
    """A raw card is read as it is."""
    image = bytes(777) + PARTS[1] + b"\xff" * 5000 + PARTS[3] + PARTS[0][: SIZE * 7] + bytes(512) + PARTS[0][SIZE * 7 :]

    assert joiner(image).read() == TEXT


def test_the_stream_can_seek() -> None:
    stream = joiner(PARTS[1], PARTS[4], PARTS[3]).open()

    stream.seek(50_000)

    assert stream.read(10) == TEXT[50_000:50_010]
    assert stream.seek(-5, io.SEEK_END) == len(TEXT) - 5
    assert stream.read() == TEXT[-5:]


def test_parts_of_two_dossiers_are_told_apart() -> None:
    other = make(TEXT[:1000], set_id=bytes(16))

    with pytest.raises(FormatError) as caught:
        joiner(PARTS[0], other[0, 0], PARTS[1], PARTS[2]).survey()

    assert caught.value.code == "carry-mixed"
    assert {fault.where for fault in caught.value.faults} == {"file0, file2, file3", "file1"}
    assert joiner(other[3, 0] + PARTS[0], PARTS[1], PARTS[2], set_id=SET).read() == TEXT


def test_remnants_of_another_set_in_a_file_do_not_matter() -> None:
    other = make(TEXT[:1000], set_id=bytes(16))

    found = joiner(PARTS[0] + other[0, 0][:SIZE], PARTS[1], PARTS[2])

    assert found.survey().files[0].strangers == 1
    assert found.read() == TEXT


def test_too_few_parts_are_counted_and_named() -> None:
    found = joiner(PARTS[4], spoil(PARTS[1], 3))

    survey = found.survey()
    with pytest.raises(ShortError, match="2 more") as caught:
        found.read(1)

    assert (survey.missing_parts, survey.present, survey.need) == (2, (2, 5), 3)
    assert survey.total_length == len(TEXT)
    assert caught.value.code == "carry-short"


def test_missing_rows_are_named() -> None:
    found = joiner(spoil(PARTS[0], 3, 4), spoil(PARTS[1], 3, 4, 7), PARTS[2])

    volume = found.survey().volumes[0]

    assert volume.missing == ((2, 3), (6, 6))
    assert (volume.missing_rows, volume.rows, volume.more) == (3, 9, 2)


def test_nothing_that_is_a_part_is_said_so() -> None:
    with pytest.raises(ShortError) as caught:
        joiner(b"", b"rubbish" * 1000).survey()

    assert caught.value.code == "carry-none"


def test_the_length_survives_the_loss_of_every_descriptor() -> None:
    files = [spoil(raw, 0, 10) for raw in PARTS[2:]]

    assert joiner(*files).read() == TEXT


def test_a_lost_end_is_said_to_be_lost() -> None:
    survey = joiner(*[raw[: SIZE * 5] for raw in PARTS]).survey()

    assert survey.total_length is None
    assert (survey.enough, survey.missing_parts) == (False, 3)


def forged(raw: bytes, packet: int, place: int, value: bytes) -> bytes:
    changed = bytearray(raw)
    view = memoryview(changed)[packet * SIZE : (packet + 1) * SIZE]
    view[place : place + len(value)] = value
    view[40:64] = part.check(view)
    return bytes(changed)


@pytest.mark.parametrize(
    ("packet", "place", "value"),
    [
        (0, 88, b"72057594037927936"),
        (1, 12, b"\xff\xff\xff\xfe"),
        (1, 32, b"\xff\xff\xff\xfe"),
        (9, 12, b"\xff\xff\xff\xfe"),
        (9, 32, b"\xff\xff\xff\xfe"),
        (9, 36, b"\0\0\0\0"),
        (1, 8, b"\xff"),
    ],
    ids=["total", "row", "volume", "last row", "last volume", "used", "need"],
)
def test_a_forged_count_costs_nothing_and_is_outvoted(packet: int, place: int, value: bytes) -> None:
    raw = forged(PARTS[0], packet, place, value)
    if place == 88:
        raw = forged(PARTS[0], 0, 64 + PARTS[0][64:].index(b"total: ") + 7, value + b"\nvolume-rows: 1\n\n")
    if place == 8:
        raw = forged(raw, packet, 36, (255 * 4032).to_bytes(4, "big"))

    assert joiner(raw, *PARTS[1:]).read() == TEXT
    with pytest.raises(TamizdatError):
        joiner(raw).read()


def test_volumes_join_and_each_says_what_it_lacks() -> None:
    parts = make(need=2, total=4, volume_length=30_000)
    count = max(volume for _, volume in parts) + 1
    kept = [raw for (index, volume), raw in parts.items() if (index + volume) % 4 in {1, 2}]

    assert count == 5
    assert joiner(*reversed(kept)).read() == TEXT

    short = joiner(
        *[raw for (index, volume), raw in parts.items() if volume != 3 and (index, volume) != (2, 1) and index > 1]
    )
    assert [(v.volume, v.more) for v in short.survey().volumes] == [(1, 0), (2, 1), (3, 0), (5, 0)]
    assert short.survey().missing_volumes == (4,)

    first = joiner(parts[0, 0], parts[3, 0], parts[1, 1]).survey()
    assert (first.total_length, first.volume_count) == (None, None)
    assert [(v.volume, v.rows, v.more) for v in first.volumes] == [(1, 3, 0), (2, 3, 1)]
    assert not first.enough


def test_a_volume_keeps_to_the_length_its_part_may_have() -> None:
    for room in (3, 4, 257, 258, 259, 513, 514, 515, 900):
        length = split.volume_for(room * SIZE + 5, need=3, packet_size=SIZE)

        assert split.part_length(length, need=3, packet_size=SIZE) <= room * SIZE
        assert split.part_length(length + 1, need=3, packet_size=SIZE) > room * SIZE


def test_tags_find_the_forged_part() -> None:
    key = bytes(32)
    parts = make(tag_key=key)
    false = forged(parts[0, 0], 2, 100, b"forged")

    found = joiner(false, *[parts[index, 0] for index in (1, 2, 3)], tag_key=key)

    assert found.survey().files[0].forged == 1
    assert found.read() == TEXT


def test_a_medium_that_fails_costs_only_what_it_cannot_give() -> None:
    class Failing(io.BytesIO):
        def read(self, count=-1, /):
            if self.tell() <= 12_500 < self.tell() + count:
                raise OSError(5, "Input/output error")
            return super().read(count)

    sources = [Failing(raw) for raw in PARTS[:2]] + [io.BytesIO(raw) for raw in PARTS[2:]]

    found = Joiner(sources, list("abcde"))

    assert found.survey().files[0].unreadable_bytes == SIZE
    assert found.survey().files[0].shares[0].damaged == 1
    assert found.read() == TEXT


def test_parts_that_change_while_they_are_joined_are_found_out() -> None:
    files = [bytearray(raw) for raw in PARTS[:3]]
    sources = [io.BytesIO(raw) for raw in files]
    found = Joiner(sources, list("abc"))
    found.survey()

    sources[1].seek(5 * SIZE + 500)
    sources[1].write(b"gone")

    with pytest.raises(ShortError, match="row 4"):
        found.read()


@pytest.mark.parametrize("options", [{"need": 6}, {"need": 0}, {"total": 256}, {"volume_length": 4000}])
def test_counts_that_cannot_be_are_refused(options: dict) -> None:
    with pytest.raises(UsageError) as caught:
        make(**options)

    assert caught.value.code == "carry-counts"


def test_a_false_announcement_of_the_length_is_refused() -> None:
    with pytest.raises(UsageError, match="announced"):
        make(total_length=5)
    assert [p.layout.total for p in part.read(io.BytesIO(make(total_length=100_000)[0, 0])) if p.layout] == [
        100_000
    ] * 2


def test_the_program_in_the_note_joins_by_itself(tmp_path: Path) -> None:
    """What a finder copies out of a part, with plain Python and no package, gives the dossier back."""
    parts = make(need=3, total=5, volume_length=30_000, tag_key=bytes(32))
    note = parts[4, 0][64 : SIZE - 16].rstrip(b"\0").decode("ascii")
    (tmp_path / "rescue.py").write_text(note[note.index("import sys") :])
    for (index, volume), raw in parts.items():
        if index in {0, 3, 4}:
            (tmp_path / f"{index}.{volume}").write_bytes(raw)

    names = sorted(path.name for path in tmp_path.glob("?.?"))
    subprocess.run([sys.executable, "-I", "-S", "rescue.py", "out.age", *names], cwd=tmp_path, check=True)

    assert (tmp_path / "out.age").read_bytes() == TEXT
