"""What any k of n parts must do, in numbers: every choice of them, every kind of damage, and never a wrong byte."""

from __future__ import annotations

import io
import itertools
import random
import subprocess

from pathlib import Path

import pytest

from tamizdat.carry import part
from tamizdat.carry.split import part_length
from tamizdat.field import padme, sealing
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import FormatError, ShortError, TamizdatError
from tests.carry.judge import SET, Judge, Parts, join, joiner, split, text
from tests.conftest import SeededEntropy
from tests.field.sources import CREATED, Held
from tests.scripts import house
from tests.tools import need


@pytest.mark.parametrize("total", range(1, 9))
def test_every_subset_of_enough_parts_joins_and_one_fewer_never_does(total: int) -> None:
    """All k of all n up to 8, exhaustively: each subset of k in some order gives the bytes, each of k - 1 an error."""
    dice = random.Random(total)
    for k in range(1, total + 1):
        whole = text(k * 960 * 2 + 100)
        parts = split(whole, k, total)
        for chosen in itertools.combinations(parts.values(), k):
            assert join(dice.sample(chosen, k)) == whole
        for chosen in itertools.combinations(parts.values(), k - 1):
            with pytest.raises(ShortError):
                join(chosen)


@pytest.mark.parametrize(("k", "total", "tries"), [(10, 14, 60), (64, 96, 8), (170, 238, 4), (254, 255, 1)])
def test_sampled_subsets_of_many_parts_join(k: int, total: int, tries: int) -> None:
    """The worst first: as many data parts missing as may be."""
    dice = random.Random(k)
    whole = text(k * 960 + 500)
    parts = split(whole, k, total)
    for turn in range(tries):
        chosen = dice.sample(range(total), k) if turn else range(total - k, total)
        assert join([parts[index, 0] for index in chosen]) == whole


def test_over_several_volumes_each_may_come_by_other_parts() -> None:
    dice = random.Random(5)
    whole = text(20_000)
    parts = split(whole, 3, 5, volume_length=6_000)
    volumes = sorted({volume for _, volume in parts})
    assert len(volumes) == 4
    for _ in range(60):
        files = [parts[index, volume] for volume in volumes for index in dice.sample(range(5), 3)]
        dice.shuffle(files)

        assert join(files) == whole
        assert join([b"".join(files)]) == whole


# One text for all that follows: two volumes of ten rows and of some, one packet a sector.
WHOLE = text(40_000)
PARTS = split(WHOLE, 3, 5, volume_length=30_000)
JUDGE = Judge(PARTS)


def test_a_cut_at_any_byte_costs_what_is_behind_it() -> None:
    """One part of three is cut short, at every byte near the edges of packets and at many between."""
    parts = split(text(4_000), 2, 3)
    judge, whole = Judge(parts), text(4_000)
    raw = parts[0, 0]
    places = {at + off for at in range(0, len(raw) + 1, 1024) for off in (-65, -1, 0, 1, 39, 64)} | {
        *range(0, len(raw), 97)
    }
    for at in sorted(place for place in places if 0 <= place <= len(raw)):
        for piece in (raw[:at], raw[at:]):
            assert join([piece, parts[1, 0], parts[2, 0]]) == whole
            if judge.lost([piece, parts[2, 0]]):
                with pytest.raises(ShortError):
                    join([piece, parts[2, 0]])
            else:
                assert join([piece, parts[2, 0]]) == whole


def test_bytes_inserted_anywhere_cost_at_most_the_packet_they_fall_into() -> None:
    parts = split(text(4_000), 2, 3)
    raw = parts[1, 0]
    for at in [*range(0, len(raw), 83), *range(0, len(raw) + 1, 1024)]:
        for more in (b"\0", b"TZP1", raw[:64], raw[1024:2048]):
            files = [parts[0, 0], raw[:at] + more + raw[at:]]
            whole = sum(share.whole for share in joiner(files).survey().files[1].shares)
            # Three rows; one is lost only where the bytes fall inside its packet.
            assert whole >= (2 if at % 1024 else 3)
            assert join([*files, parts[2, 0]]) == text(4_000)


def wounded(dice: random.Random, parts: Parts) -> list[bytes]:
    """Choose files and wound them: flips, cuts, insertions, the beginning lost, runs swapped, files glued together."""
    files = dice.sample(sorted(parts.values()), dice.randint(4, len(parts)))
    for number, raw in enumerate(files):
        for _ in range(dice.choice([0, 0, 1, 2, 4])):
            at, other = dice.randrange(len(raw) + 1), dice.randrange(len(raw) + 1)
            raw = dice.choice(  # noqa: PLW2901
                [
                    raw[:at] + dice.randbytes(dice.randint(1, 700)) + raw[at + 300 :],
                    raw[:at],
                    raw[at // 2 :],
                    raw[:at] + dice.choice([b"TZP1", dice.randbytes(50), raw[:1024]]) + raw[at:],
                    raw[other:] + raw[:other],
                    bytes(byte ^ (dice.random() < 0.001) for byte in raw),
                ]
            )
        files[number] = raw
    return files if dice.random() < 0.7 else [dice.randbytes(dice.randint(0, 900)).join(files)]


@pytest.mark.parametrize("seed", range(12))
def test_what_leaves_k_good_packets_in_each_row_joins_and_else_the_rows_are_named(seed: int) -> None:
    """In 25 random disasters each, what the reader says is what the judge says, row for row."""
    dice = random.Random(seed)
    for _ in range(25):
        files = wounded(dice, PARTS)
        lost = JUDGE.lost(files)

        if not lost:
            assert join(files) == WHOLE
            continue
        with pytest.raises(TamizdatError):
            join(files)
        known, named = told(files)
        # Where the end is lost, so is how long the last volume is: it may name rows that never were.
        assert named == lost if known else JUDGE.rows & set(named) <= set(lost)


def told(files: list[bytes]) -> tuple[bool, list[tuple[int, int]]]:
    """Give the rows a survey names as lost; first whether it knows how many rows there are at all."""
    try:
        survey = joiner(files).survey()
    except ShortError:
        return False, []
    lost = {
        (volume.volume - 1, row)
        for volume in survey.volumes
        for first, last in volume.missing
        for row in range(first, last + 1)
    }
    lost |= {row for row in JUDGE.rows if row[0] + 1 in survey.missing_volumes}
    assert not survey.enough
    return survey.total_length is not None and survey.volume_rows is not None, sorted(lost)


def test_parts_swapped_and_renamed_open_all_the_same(tmp_path: Path) -> None:
    """The names of files and of folders mean nothing; the command joins what lies there."""
    for number, raw in enumerate(random.Random(1).sample(sorted(PARTS.values()), 10)):
        place = tmp_path / "in" / f"{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"IMG_{9 - number:04}.JPG").write_bytes(raw)

    done = house.run("join", tmp_path / "in", "-o", tmp_path / "x.age")

    assert done.status == 0, done.err
    assert (tmp_path / "x.age").read_bytes() == WHOLE


# 24 parts of which 3 are enough, in sectors of 4,096 bytes: with every second sector gone at random, a row keeps twelve.
CARD = split(text(200_000), 3, 24, 4096)
SECTOR = 4096


def noise(image: bytes, dice: random.Random, *, random_sectors: bool) -> bytes:
    """Write noise over half of the sectors of an image."""
    changed = bytearray(image)
    sectors = range(len(image) // SECTOR)
    gone = dice.sample(sectors, len(sectors) // 2) if random_sectors else sectors[: len(sectors) // 2]
    for sector in gone:
        changed[sector * SECTOR : (sector + 1) * SECTOR] = dice.randbytes(SECTOR)
    return bytes(changed)


@pytest.mark.parametrize("random_sectors", [True, False], ids=["every second sector, at random", "the first half"])
def test_a_raw_card_with_half_its_sectors_overwritten_joins(tmp_path: Path, random_sectors: bool) -> None:
    """A real ext4 file system, its superblock and folders gone with the rest: the command takes the image itself."""
    folder = tmp_path / "card"
    folder.mkdir()
    for (index, _), raw in CARD.items():
        (folder / f"{index:02}").write_bytes(raw)
    image = tmp_path / "card.img"
    image.touch()
    with image.open("r+b") as stream:
        stream.truncate(5 << 19)
    # Without a journal and reserved blocks, so that the parts fill both halves.
    subprocess.run(
        [need("mkfs.ext4"), "-q", "-b", "4096", "-m", "0", "-O", "^has_journal", "-d", folder, image], check=True
    )
    image.write_bytes(noise(image.read_bytes(), random.Random(9), random_sectors=random_sectors))

    done = house.run("join", image, "-o", tmp_path / "x.age")

    assert done.status == 0, done.err
    assert (tmp_path / "x.age").read_bytes() == text(200_000)


def test_parts_in_fragments_all_over_a_card_join() -> None:
    """Each cluster of each part lies somewhere else, among old files; half of all is then overwritten."""
    dice = random.Random(3)
    clusters = [raw[at : at + SECTOR] for raw in CARD.values() for at in range(0, len(raw), SECTOR)]
    clusters += [dice.randbytes(SECTOR) for _ in range(len(clusters) // 2)]
    dice.shuffle(clusters)
    image = bytes(512) + noise(b"".join(clusters), dice, random_sectors=True)

    assert join([image]) == text(200_000)


def test_two_sets_with_k_minus_one_parts_each_give_nothing() -> None:
    other = split(text(40_000, b"other"), 3, 5, set_id=SET[::-1], volume_length=30_000)
    here = [raw for (index, _), raw in PARTS.items() if index < 2]
    there = [raw for (index, _), raw in other.items() if index > 2]
    for files in (here + there, [here[0] + there[0], here[1] + there[1], *here[2:]]):
        with pytest.raises((FormatError, ShortError)):
            join(files)
    # One file that holds both is a card with two dossiers; asked for one, it gives that or an error.
    mine = [one + other for one, other in zip(PARTS.values(), [*there, *there, *there], strict=False)]
    assert join(mine, set_id=SET) == WHOLE


def test_packets_forged_with_valid_checks_never_become_plaintext() -> None:
    """Without any key the join may be fooled; age is not: what is given is what was sealed, up to the forgery."""
    dice = random.Random(6)
    identity = recipients.generate(post_quantum=False, entropy=SeededEntropy())
    plain = text(200_000, b"plain")
    parts = split(age.seal(plain, [identity.recipient()], SeededEntropy()), 2, 4, 4096)
    for _ in range(40):
        files = []
        for raw in dice.sample(sorted(parts.values()), dice.randint(2, 4)):
            changed = bytearray(raw)
            for packet in dice.sample(range(len(raw) // 4096), dice.randint(0, 3)):
                view = memoryview(changed)[packet * 4096 : (packet + 1) * 4096]
                view[dice.choice([8, 10, 15, 35, 39, 64, 90, dice.randrange(64, 4096)])] ^= 1 << dice.randrange(8)
                view[40:64] = part.check(view)
                view.release()
            files.append(bytes(changed))
        given = b""
        try:
            with joiner(files).stream() as stream:
                for chunk in age.Reader(io.BufferedReader(stream), [identity]).chunks():
                    given += chunk
        except TamizdatError:
            assert plain.startswith(given)
        else:
            assert given == plain


def test_sizes_come_from_the_padme_set_and_all_parts_of_a_volume_are_alike() -> None:
    """Dossiers of many sizes have few: the tar's length is Padme's, and a part's follows from it alone."""
    dice = random.Random(12)
    identity = recipients.generate(post_quantum=False, entropy=SeededEntropy())
    lengths: dict[int, set[int]] = {}
    for _ in range(25):
        sink = io.BytesIO()
        sealing.seal(
            [Held(b"%d" % n, dice.randbytes(dice.randint(0, 90_000))) for n in range(dice.randint(1, 9))],
            recipients=[identity.recipient()], entropy=SeededEntropy(), sink=sink, created=CREATED,
        )  # fmt: skip
        sealed = sink.getvalue()
        tar = len(age.Reader(io.BytesIO(sealed), [identity]).read())
        parts = split(sealed, 3, 5, 4096, volume_length=80_000)
        for volume in {volume for _, volume in parts}:
            alike = {len(raw) for (_, other), raw in parts.items() if other == volume}
            assert len(alike) == 1
        whole = split(sealed, 3, 5, 4096)
        (length,) = {len(raw) for raw in whole.values()}

        assert padme.length(tar) == tar
        assert length == part_length(len(sealed), need=3, packet_size=4096)
        lengths.setdefault(tar, set()).add(length)
    assert all(len(found) == 1 for found in lengths.values())
    assert len(lengths) < 25
