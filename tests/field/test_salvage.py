"""With stretches of a dossier missing, the files that are whole are given, byte for byte, and the others are named."""

from __future__ import annotations

import hashlib
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.field import dossier, salvage, sealing
from tests import vectors
from tests.conftest import SeededEntropy
from tests.field.sources import CREATED, Held, Restless, opened


FILES = [
    Held(b"a small one.txt", b"a few words"),
    Held(b"b.jpg", hashlib.shake_256(b"b").digest(200_000)),
    Restless(b"c.txt", b"it changes"),
    Held(b"d", b""),
    Held(b"e.mp4", hashlib.shake_256(b"e").digest(500_000)),
    Held(b"f.txt", b"the last"),
]


def plain() -> bytes:
    sink = io.BytesIO()
    sealing.write(FILES, sink=sink, entropy=SeededEntropy(), created=CREATED)
    return sink.getvalue()


PLAIN = plain()
BYTES = {file.name: file.data for file in FILES}


class Torn:
    """A plaintext of which some chunks are not here."""

    def __init__(self, missing: set[int], whole: bytes = PLAIN) -> None:
        self.count = -(-len(whole) // salvage.CHUNK)
        self.missing = missing
        self.whole = whole

    def chunk(self, number: int) -> bytes | None:
        at = number * salvage.CHUNK
        return None if number in self.missing else self.whole[at : at + salvage.CHUNK]


def walk(missing: set[int], whole: bytes = PLAIN) -> tuple[salvage.Salvaged, dict[int, bytes]]:
    kept: dict[int, bytes] = {}

    def visit(entry: dossier.Entry, stream) -> None:
        kept[entry.number] = stream.read()

    return salvage.walk(Torn(missing, whole), visit, lambda entry: kept[entry.number]), kept


def test_nothing_missing_gives_everything_with_its_name() -> None:
    found, kept = walk(set())

    names = [one.name for one in salvage.entries(found)]
    assert sorted(names) == sorted(BYTES)
    assert all(kept[one.number] == BYTES[one.name] for one in salvage.entries(found))
    assert (found.listed, found.holes, found.lost) == (True, 0, ())
    roots = {info.path: info.root for info in dossier.read(io.BytesIO(PLAIN), lambda *_: None).objects}
    assert {one.path: one.root for one in salvage.entries(found)} == roots


def test_roots_that_commit_to_parts_are_recomputed_and_a_false_one_is_named() -> None:
    good, bad = (vectors.read(vectors.SPECS / "dossier" / f"{name}.vector").file for name in ("parts", "parts-root"))

    found, _ = walk(set(), good)
    spoiled, _ = walk(set(), bad)

    assert [one.covers for one in found.whole] == ["parts", "file", "parts", "parts"]
    assert [one.root for one in found.whole] == [one.root for one in opened(good)[1].objects]
    assert [(one.path, one.why) for one in spoiled.lost] == [
        ("data/000001.jpg", "its object root does not follow from its bytes and the secret")
    ]


def test_a_hole_in_a_film_costs_the_film() -> None:
    found, _ = walk({6})

    assert [(one.name, one.why) for one in found.lost] == [(b"e.mp4", "parts of it are not here")]
    assert len(list(salvage.entries(found))) == 5


def test_a_lost_header_is_passed_and_the_next_one_found() -> None:
    """The first chunk holds the headers of the first two: what follows them is found again."""
    found, kept = walk({0})

    assert [one.number for one in found.lost] == [1, 2]
    assert {one.name for one in salvage.entries(found)} == {b"c.txt", b"d", b"e.mp4", b"f.txt"}
    assert kept[6] == BYTES[b"e.mp4"]


def test_without_the_list_a_file_has_the_name_of_its_place() -> None:
    found, kept = walk({Torn(set()).count - 1})

    assert not found.listed
    assert found.whole[0].name == b"000001.txt"
    assert kept[2] == BYTES[b"b.jpg"]


@given(missing=st.sets(st.integers(0, Torn(set()).count - 1)))
@settings(max_examples=60, deadline=None)
def test_what_is_given_is_always_right(missing: set[int]) -> None:
    try:
        found, kept = walk(missing)
    except Exception as error:  # noqa: BLE001
        assert getattr(error, "code", "") == "salvage-nothing"  # noqa: PT017
        return

    whole = {info.path: info.sha256 for info in dossier.read(io.BytesIO(PLAIN), lambda *_: None).objects}
    for one in salvage.entries(found):
        if one.path in whole:
            assert hashlib.sha256(kept[one.number]).digest() == one.sha256 == whole[one.path]
            assert not one.named or BYTES[one.name] == kept[one.number]
