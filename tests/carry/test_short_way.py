"""What is read once and believed until contradicted gives what a scan of everything gives, byte for byte, word for word."""

import hashlib
import io
import random

from pathlib import Path

import pytest

from tamizdat.adapters.media import Media
from tamizdat.carry.join import Joiner
from tamizdat.carry.spans import Spans, number, row_from
from tamizdat.primitives.errors import AdapterError, MediumGoneError, TamizdatError
from tests.carry.test_join import PARTS, SIZE, TEXT, make, spoil


LONG = hashlib.shake_256(b"long").digest(1_500_000)
SETS = [
    (make(LONG, need=2, total=4), LONG),
    (make(), TEXT),
    (make(need=2, total=4, volume_length=30_000), TEXT),
    (make(tag_key=bytes(32)), TEXT),
]
OTHER = make(TEXT[:9000], set_id=bytes(16))


class Counting(io.BytesIO):
    """A source that counts what was read of it."""

    taken = 0

    def read(self, count=-1, /):
        raw = super().read(count)
        self.taken += len(raw)
        return raw


class Pulled(io.BytesIO):
    """A medium that is pulled out after so many readings."""

    def __init__(self, raw: bytes, readings: int) -> None:
        super().__init__(raw)
        self.left = readings

    def read(self, count=-1, /):
        self.left -= 1
        if self.left < 0:
            raise MediumGoneError(19, "No such device")
        return super().read(count)


def outcome(files: list[bytes], *, survey: bool) -> tuple[str, object]:
    found = Joiner([io.BytesIO(raw) for raw in files], [f"file{n}" for n in range(len(files))])
    try:
        if survey:
            found.survey()
        return "joined", found.stream().read()
    except TamizdatError as error:
        return error.code, str(error)
    finally:
        found.close()


def wounded(rng: random.Random, part: bytes) -> bytes:
    raw = bytearray(part)
    at = rng.randrange(len(raw))
    match rng.choice(["", "", "flip", "scatter", "cut", "behead", "insert", "remove", "zeros", "shuffle"]):
        case "flip":
            raw[at] ^= 1
        case "scatter":
            for place in range(rng.randrange(SIZE), len(raw), SIZE):
                raw[place] ^= rng.random() < 0.3
        case "cut":
            del raw[at:]
        case "behead":
            del raw[:at]
        case "insert":
            raw[at:at] = rng.choice([b"x", b"TZP1" * 9, part[:64], part[:SIZE], rng.randbytes(5000)])
        case "remove":
            del raw[at : at + rng.choice([1, 100, SIZE, 9999])]
        case "zeros":
            end = min(len(raw), at + rng.choice([1, 5000, 40000]))
            raw[at:end] = bytes(end - at)
        case "shuffle":
            packets = [bytes(raw[place : place + SIZE]) for place in range(0, len(raw), SIZE)]
            rng.shuffle(packets)
            raw = bytearray(b"".join(packets))
    return bytes(raw)


@pytest.mark.parametrize("seed", range(4))
def test_the_short_way_and_the_scan_give_the_same(seed: int) -> None:
    rng = random.Random(seed)
    seen = set()
    for _ in range(60):
        parts, text = rng.choice(SETS)
        indexes = sorted({index for index, _ in parts})
        kept = rng.sample(indexes, rng.randrange(2, len(indexes) + 1))
        files = [wounded(rng, raw) for (index, _), raw in parts.items() if index in kept]
        rng.shuffle(files)
        if rng.random() < 0.2:
            files[:2] = [rng.choice([b"", b"zz", bytes(512)]).join(files[:2])]
        for chance, more in ((0.1, wounded(rng, files[0])), (0.1, rng.randbytes(9000)), (0.05, OTHER[0, 0])):
            if rng.random() < chance:
                files.append(more)

        short, scanned = outcome(files, survey=False), outcome(files, survey=True)

        assert short == scanned
        assert scanned[0] != "joined" or scanned[1] == text
        seen.add(scanned[0])
    assert {"joined", "carry-short"} <= seen


def test_sound_parts_are_read_once_and_no_more_of_them_than_are_needed() -> None:
    sources = [Counting(raw) for raw in PARTS]

    found = Joiner(sources, list("abcde"))

    assert found.stream().read() == TEXT
    found.close()
    taken = [source.taken for source in sources]
    assert max(taken[:3]) <= len(PARTS[0]) + 6 * 65_536
    assert taken[3] < len(PARTS[0]) + 5 * 65_536
    assert sum(taken) < sum(map(len, PARTS)) + 30 * 65_536


def test_a_medium_that_is_pulled_out_does_not_matter_while_the_others_are_enough() -> None:
    sources = [Pulled(PARTS[0], 3), *map(io.BytesIO, PARTS[1:4])]

    found = Joiner(sources, list("abcd"))
    stream = found.stream()

    assert stream.read() == TEXT
    assert stream.rows.lost == {0}
    found.close()


def test_a_medium_that_is_pulled_out_and_needed_is_named() -> None:
    sources = [Pulled(PARTS[0], 3), *map(io.BytesIO, PARTS[1:3])]

    found = Joiner(sources, ["/media/A/x", "b", "c"])
    with pytest.raises(AdapterError, match="/media/A/x went away") as caught:
        found.stream().read()
    found.close()

    assert caught.value.code == "medium-gone"


def test_few_descriptors_are_enough_for_many_files_and_what_comes_back_is_read_on(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(5)]
    for path, raw in zip(paths, PARTS, strict=True):
        path.write_bytes(raw)
    media = Media(2)
    sources = [media.file(path) for path in paths]

    found = Joiner(sources, list("abcde"))
    assert found.survey().enough
    assert found.stream().read() == TEXT
    found.close()

    paths[0].rename(tmp_path / "away")
    sources[1].read(1), sources[2].read(1)
    with pytest.raises(MediumGoneError):
        sources[0].read(1)
    (tmp_path / "away").rename(paths[0])
    sources[0].seek(SIZE)
    assert sources[0].read(4) == b"TZP1"
    media.close()


def test_where_rows_are_takes_sixteen_bytes_a_stretch_and_forgets_none() -> None:
    rng = random.Random(7)
    spans, known = Spans(), {}
    for _ in range(300):
        first = rng.randrange(2000)
        base = rng.choice([0, 0, 0, 4096, 77])
        for row in range(first, first + rng.choice([1, 1, 40])):
            spans.add(row, row, base)
            known.setdefault(row, base)

    found = {row: base for begin, end, base in spans.pieces(0, 3000) for row in range(begin, end)}

    assert found.keys() == known.keys()
    assert spans.count() == len(known)
    assert spans.count(1000) == sum(row < 1000 for row in known)
    assert [row_from(number(row)) for row in range(2000)] == list(range(2000))


def test_a_part_that_says_another_length_of_the_whole_is_outvoted_as_in_a_scan() -> None:
    other = make(TEXT[:50_000])

    for files in ([*PARTS[:3], other[3, 0]], [spoil(PARTS[0], 0, 10), *PARTS[1:3], other[4, 0]]):
        assert outcome(files, survey=False) == outcome(files, survey=True) == ("joined", TEXT)
    for files in ([other[0, 0], *PARTS[1:4]], [other[0, 0], other[1, 0], PARTS[2]]):
        assert outcome(files, survey=False) == outcome(files, survey=True)
