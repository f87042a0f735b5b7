"""
The JavaScript of the field page and the Python judge each other: parts, erasure code, cards, dossiers, in both directions.

The two were written apart from the same specifications; node runs the page's modules without a browser, once a test.
"""

from __future__ import annotations

import dataclasses
import io
import json
import random
import subprocess

from pathlib import Path

import pytest

from mnemonic import Mnemonic

from tamizdat.carry import erasure, join, part, split
from tamizdat.field import dossier, layout, ustar
from tamizdat.primitives import card as cards
from tamizdat.primitives import words
from tamizdat.primitives.errors import TamizdatError
from tests import vectors
from tests.conftest import SeededEntropy
from tests.tools import need, node_module


SCRIPT = Path(__file__).with_name("page.mjs")
SET = bytes(range(16))
TAG_KEY = bytes(range(32))


def page(*jobs: dict[str, object]) -> list[dict]:
    """Let the page's own modules do the jobs."""
    node_module("hash-wasm")
    given = json.dumps(jobs, default=str).encode()
    done = subprocess.run([need("node"), SCRIPT], input=given, capture_output=True, check=True)
    return json.loads(done.stdout)


@dataclasses.dataclass
class Keep(io.BytesIO):
    """A part that stays readable when it is closed."""

    def close(self) -> None:
        pass


def python_parts(data: bytes, *, packet: int, volume_rows: int | None = None, tag_key: bytes | None, **how) -> dict:
    """Split with the Python: {(volume, index): bytes}."""
    parts: dict[tuple[int, int], io.BytesIO] = {}

    def opened(index: int, volume: int) -> io.BytesIO:
        parts[volume, index] = Keep()
        return parts[volume, index]

    row = part.Shape(set_id=SET, need=how["need"], packet=packet, tagged=tag_key is not None).stripe
    volume = volume_rows and volume_rows * row
    splitter = split.Splitter(opened, set_id=SET, packet_size=packet, volume_length=volume, tag_key=tag_key, **how)
    splitter.write(data)
    splitter.close()
    return {place: stream.getvalue() for place, stream in parts.items()}


@pytest.mark.parametrize("spec", ["part", "card"])
def test_every_vector_is_judged_alike(spec, tmp_path):
    """The same files are whole, and the others have the same flaw's code."""
    cases = vectors.load(spec)
    for case in cases:
        (tmp_path / case.name).write_bytes(case.file)

    answers = page(*({"verb": spec, "path": tmp_path / case.name} for case in cases))

    found = {case.name: answer.get("code", "whole") for case, answer in zip(cases, answers, strict=True)}
    assert found == {case.name: case.expect for case in cases}
    whole = [
        (case, answer) for case, answer in zip(cases, answers, strict=True) if spec == "card" and "words" in answer
    ]
    for case, answer in whole:
        assert answer["words"] == " ".join(words.card_words(cards.fingerprint(case.file)))
        assert answer["name"] == cards.read(case.file).name


def test_the_matrices_are_the_same():
    shapes = [(1, 3), (2, 3), (3, 5), (7, 20), (64, 96), (170, 238), (254, 255)]

    answers = page(*({"verb": "matrix", "need": need, "total": total} for need, total in shapes))

    for (k, n), answer in zip(shapes, answers, strict=True):
        assert answer["rows"] == erasure.generator(k, n).tolist()


def test_the_words_are_the_same_and_so_are_headers_and_padding_of_every_size():
    """Files of 8 GiB and more among them, which need a second header; the page's own list of words is BIP 39's."""
    rng = random.Random(3)
    limit = 8**11
    sizes = [
        0,
        511,
        512,
        65536,
        limit - 1,
        limit,
        limit + 1,
        *(rng.randrange(1 << rng.randrange(1, 50)) for _ in range(200)),
    ]

    spelled, counted = page(
        {"verb": "words"}, {"verb": "lengths", "path": "dossier/data/000001.mp4", "time": 1_795_651_200, "sizes": sizes}
    )

    assert spelled["words"] == Mnemonic("english").wordlist
    ours = [ustar.write("dossier/data/000001.mp4", size, 1_795_651_200).hex() for size in sizes]
    assert counted["headers"] == ours
    assert counted["paddings"] == [layout.padding_length(size) for size in sizes]


# length, need, total, packet, rows of a volume, tagged, length known beforehand
SETS = [
    (0, 1, 1, 4096, None, False, False),
    (1, 3, 5, 4096, None, True, True),
    (5000, 2, 3, 1024, None, False, True),
    (4032 * 3 * 256 + 17, 3, 5, 4096, None, True, False),
    (500_000, 2, 3, 16384, 3, False, True),
    (900_001, 10, 14, 4096, 5, True, False),
    (1_500_000, 5, 12, 65536, None, True, True),
]


@pytest.mark.parametrize("case", SETS, ids=str)
def test_both_split_into_the_same_packets(case, tmp_path):
    """Byte for byte, checks, tags, notes and parity included, however the bytes arrive."""
    length, k, n, packet, rows, tagged, known = case
    data = random.Random(length).randbytes(length)
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "out").mkdir()
    total = length if known else None

    (answer,) = page({
        "verb": "split", "path": tmp_path / "data", "out": tmp_path / "out", "need": k, "total": n, "packet": packet,
        "setId": SET.hex(), "volumeRows": rows, "length": total, "tagKey": TAG_KEY.hex() if tagged else "", "pieces": 77_777,
    })  # fmt: skip

    assert answer == {}
    theirs = {tuple(map(int, path.name.split("-"))): path.read_bytes() for path in (tmp_path / "out").iterdir()}
    key = TAG_KEY if tagged else None
    ours = python_parts(data, need=k, total=n, packet=packet, volume_rows=rows, tag_key=key, total_length=total)
    assert theirs == ours


def damaged(rng: random.Random, parts: dict, k: int, n: int) -> list[bytes]:
    """Lose some parts and spoil others in every way accidents have; at least k packets of each row are spared."""
    volumes = {volume for volume, _ in parts}
    files = []
    for volume in volumes:
        lost = rng.sample(range(n), rng.randrange(n - k + 1))
        hurt = rng.sample([index for index in range(n) if index not in lost], n - k - len(lost))
        for index in range(n):
            raw = bytearray(parts[volume, index])
            if index in hurt:
                at, kind = rng.randrange(len(raw)), rng.randrange(5)
                if kind == 0:
                    raw[at] ^= 1 + rng.randrange(255)
                elif kind == 1:
                    del raw[at:]
                elif kind == 2:
                    raw[at:at] = rng.randbytes(rng.randrange(1, 700)) + b"TZP1"
                elif kind == 3:
                    del raw[at : at + rng.randrange(1, 9000)]
                else:
                    raw[: at // 2] = bytes(at // 2)
            if index not in lost:
                files.append(bytes(raw))
    rng.shuffle(files)
    return [b"TZP1" + files[0], *files[1:]]


def test_damaged_sets_of_either_side_are_joined_by_the_other_and_both_refuse_alike(tmp_path):
    """Sets of random shape, with parts lost and spoiled; too few, mixed and empty ones have the same code."""
    rng = random.Random(2026)
    jobs, expected = [], []

    def add(files: list[bytes], want: bytes | str) -> None:
        number = len(jobs)
        paths = [tmp_path / f"{number}-{place}" for place in range(len(files))]
        for path, raw in zip(paths, files, strict=True):
            path.write_bytes(raw)
        jobs.append({"verb": "join", "paths": paths, "out": tmp_path / f"{number}.out"})
        expected.append(want)
        streams = [io.BytesIO(raw) for raw in files]
        try:
            found: bytes | str = join.Joiner(streams, [str(path) for path in paths]).open().read()
        except TamizdatError as error:
            found = error.code
        assert found == want

    for _ in range(25):
        k, packet, tagged = rng.choice([1, 2, 3, 5, 10]), rng.choice([4096, 4096, 16384]), rng.random() < 0.5
        n, rows = k + rng.randrange(6), rng.choice([None, None, 1, 4])
        data = rng.randbytes(rng.choice([0, 1, 4000, 60_000, 300_000]))
        parts = python_parts(
            data, need=k, total=n, packet=packet, volume_rows=rows, tag_key=TAG_KEY if tagged else None
        )
        add(damaged(rng, parts, k, n), data)
    data = rng.randbytes(100_000)
    parts = python_parts(data, need=3, total=5, packet=4096, volume_rows=2, tag_key=None)
    other = python_parts(data, need=2, total=3, packet=4096, tag_key=None)
    stranger = [bytes(raw).replace(SET, bytes(16)) for raw in other.values()]
    add([raw for (volume, index), raw in parts.items() if index < 3], data)
    add([raw for (volume, index), raw in parts.items() if index < 2], "carry-short")
    add([raw for (volume, index), raw in parts.items() if volume], "carry-short")
    add([rng.randbytes(9000), b"", b"TZP1"], "carry-none")
    mixed = python_parts(data, need=2, total=3, packet=4096, tag_key=None)
    foreign = {place: reset(raw, bytes(16)) for place, raw in mixed.items()}
    add([parts[0, 0], *foreign.values(), stranger[0]], "carry-mixed")

    answers = page(*jobs)

    for job, answer, want in zip(jobs, answers, expected, strict=True):
        got = answer.get("code") or Path(str(job["out"])).read_bytes()
        assert got == want


def reset(raw: bytes, set_id: bytes) -> bytes:
    """Give every packet of a part another set, with a good check: another dossier's part."""
    out = bytearray(raw)
    size = 1 << raw[7]
    for at in range(0, len(out), size):
        packet = memoryview(out)[at : at + size]
        packet[16:32] = set_id
        packet[part.CHECKED : part.HEADER] = part.check(packet)
    return bytes(out)


@dataclasses.dataclass
class Given:
    """A file in memory."""

    name: bytes
    data: bytes
    how: str = "as handed over by the system"

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)

    def fingerprint(self) -> int:
        return len(self.data)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 40])
def test_both_write_the_same_dossier(count, tmp_path):
    """Byte for byte, from names of every kind: tar, objects.json, manifests, padding, roots; and so the same 24 words. (The page commits to whole files.)"""
    rng = random.Random(count)
    odd = [
        "a/b.JPG",
        "\u00e9.png",
        "e\u0301.png",
        "ملف.pdf",
        "\U0001f4f7.heic",
        'q"\\\x7f\t.txt',
        "note.txt",
        "dossier",
        "x." + "y" * 300,
    ]
    names = [*odd, *(f"d{number}/f{rng.randrange(10**6)}.jpg" for number in range(count))][:count]
    files = [Given(name.encode(), rng.randbytes(rng.choice([0, 1, 511, 512, 513, 70_000]))) for name in names]
    note = None if count == 1 else "what I saw: 🕊".encode()

    (answer,) = page({
        "verb": "dossier", "out": tmp_path / "out", "secret": SeededEntropy().random(32).hex(), "created": 1_795_651_200,
        "files": [{"name": one.name.hex(), "data": one.data.hex()} for one in files],
        "note": None if note is None else note.hex(),
    })  # fmt: skip

    sink = Keep()
    sealed = dossier.write(files, sink=sink, entropy=SeededEntropy(), created=1_795_651_200, note=note, parts=None)
    assert answer == {
        "words": " ".join(words.check_words(sealed.announcement)),
        "digits": words.digits(sealed.announcement),
    }
    assert (tmp_path / "out").read_bytes() == sink.getvalue()
