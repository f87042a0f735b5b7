"""Dossiers keep to docs/spec/dossier.md."""

from __future__ import annotations

import io
import json
import tracemalloc

from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.field import archive, bag, derivation, dossier, layout, objects, padme, sealing, ustar
from tamizdat.primitives import digest
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.file import Reader
from tamizdat.primitives.errors import FormatError, UsageError
from tests import vectors
from tests.conftest import SeededEntropy
from tests.field.sources import CREATED, Held, Restless, Shrinking, Shut, Torn, opened, written


NAMES = st.binary(min_size=1, max_size=40).filter(objects.fits)
HOSTILE = [
    "\u00e9.jpg".encode(),
    "e\u0301.jpg".encode(),
    "\u202egpj.exe".encode(),
    b"two\nlines.txt",
    b"\xff\xfe raw.png",
    b"x" * 255,
    "ü".encode() * 127,
    b"../up",
    b"a/b/c.JPG",
    b"-rf *",
]


@pytest.mark.parametrize("vector", vectors.load("dossier"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    """A whole dossier is read; a flawed one is refused for its own flaw, and the fault is among those told."""
    if vector.expect == "whole":
        kept, found = opened(vector.file)

        assert [item.name for item in found.objects][-1] == b"note.txt"
        assert len(kept) == len(found.objects) + len(found.void)
    else:
        with pytest.raises(FormatError) as caught:
            opened(vector.file)

        assert caught.value.code == vector.expect
        assert {fault.code for fault in caught.value.faults} <= {vector.expect}


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5), st.none() | st.binary(max_size=50))
def test_what_is_read_is_what_was_sealed_and_has_one_spelling(files: dict[bytes, bytes], note: bytes | None) -> None:
    """Bytes and names come back as they went in, in bytewise order, and the same secret gives the same dossier."""
    if not files and note is None:
        return
    held = [Held(name, data) for name, data in files.items()]

    raw, sealed = written(*held, note=note)
    kept, found = opened(raw)

    own = [item for item in found.objects if not item.note]
    assert {item.name: kept[item.path] for item in own} == files
    assert [item.name for item in own] == sorted(files)
    assert (found.note and kept[found.note]) == (note if note is not None else "")
    assert (found.announcement, found.dossier_root) == (sealed.announcement, sealed.dossier_root)
    assert written(*held, note=note)[0] == raw
    assert len(raw) == sealed.plain_length == padme.length(len(raw))


@given(st.integers(0, 65535), st.integers(1, 255))
def test_one_spoiled_byte_anywhere_is_noticed(place: int, change: int) -> None:
    """Whatever byte of a dossier is changed, it is refused with an error of ours."""
    raw = bytearray(vectors.read(vectors.SPECS / "dossier" / "whole.vector").file)
    raw[place] ^= change

    with pytest.raises(FormatError):
        opened(bytes(raw))


def test_names_of_every_kind_are_kept() -> None:
    """Two spellings of one letter stay two names; no byte of a name is altered, and none becomes a path."""
    raw, _ = written(*[Held(name, name) for name in HOSTILE])

    kept, found = opened(raw)

    assert {item.name for item in found.objects} == set(HOSTILE)
    assert all(kept[item.path] == item.name for item in found.objects)
    assert found.objects[-1].path == "data/000010.png"


def test_ten_thousand_names_are_sealed_and_read() -> None:
    """Many small files are no more than many lines."""
    held = [Held(f"DCIM/{number:05d}/été.jpg".encode(), b"x") for number in range(10_000)]

    raw, _ = written(*held)

    assert len(opened(raw)[1].objects) == 10_000


def test_a_file_that_changes_is_read_again_once() -> None:
    """What was read first stays as void payload, the second reading is the object."""
    raw, sealed = written(Restless(b"a.jpg", b"hello"), Shrinking(b"b.jpg", b"12345"))

    kept, found = opened(raw)

    assert [(item.name, kept[item.path]) for item in found.objects] == [(b"a.jpg", b"hello"), (b"b.jpg", b"12345")]
    assert [(item.name, kept[item.path]) for item in found.void] == [(b"a.jpg", b"hello"), (b"b.jpg", b"123\0\0")]
    assert found.left_out == sealed.left_out == ()


def test_what_cannot_be_read_is_left_out_and_told() -> None:
    """A file that changes twice, one nobody may read, one on a failing medium: named, with the reason."""
    given_up = dossier.LeftOut(name=b"link", reason="it is a link")

    raw, sealed = written(
        Restless(b"a", b"1", times=2), Shut(b"b"), Torn(b"c", b"123456"), Held(b"d", b"4"), left_out=[given_up]
    )

    found = opened(raw)[1]
    assert [item.name for item in found.objects] == [b"d"]
    assert found.left_out == sealed.left_out
    assert [(one.name, one.reason) for one in found.left_out] == [
        (b"a", "it changed while it was read"),
        (b"b", "it cannot be read: Permission denied"),
        (b"c", "it cannot be read: Input/output error"),
        (b"link", "it is a link"),
    ]


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ([], "seal-nothing"),
        ([Shut(b"a")], "seal-nothing"),
        ([Held(b"a"), Held(b"a")], "seal-names"),
        ([Held(b"")], "seal-names"),
    ],
)
def test_refuses_what_makes_no_dossier(sources: list[sealing.Source], code: str) -> None:
    """Nothing to seal, two files of one name, a name that is none: one clear error."""
    with pytest.raises(UsageError) as caught:
        written(*sources)

    assert caught.value.code == code


def test_an_error_of_the_sink_is_not_taken_for_one_of_the_file() -> None:
    """A full disk ends the work; it does not leave files out."""

    class Full:
        def write(self, data: bytes, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        dossier.write([Held(b"a", b"1")], sink=Full(), entropy=SeededEntropy(), created=CREATED)


def test_all_faults_are_told_at_once() -> None:
    """Two pictures spoiled: both are named, by the manifest and by objects.json."""
    raw, _ = written(Held(b"a", b"11111"), Held(b"b", b"22222"))

    with pytest.raises(FormatError) as caught:
        opened(raw.replace(b"11111", b"1x111").replace(b"22222", b"2x222"))

    assert [(fault.code, fault.where) for fault in caught.value.faults] == [
        ("dossier-manifest", "data/000001"),
        ("dossier-manifest", "data/000002"),
        ("dossier-objects", "data/000001"),
        ("dossier-objects", "data/000002"),
    ]


def test_the_derivations_are_those_of_the_specification() -> None:
    """D and A follow from the secret, objects.json as stored and the object roots, as docs/spec/dossier.md writes it."""
    raw, sealed = written(Held(b"a", b"1"), Held(b"b", b"2"))
    found = opened(raw)[1]
    members = {member.name.decode(): member.stream.read() for member in archive.read_own(io.BytesIO(raw))}
    secret = members["dossier/tamizdat/secret"]
    first, second = (digest.leaf(item.root) for item in found.objects)

    root = digest.sha256(
        b"tamizdat-dossier-v1\n",
        digest.derive(secret, "dossier", 0),
        digest.sha256(members["dossier/tamizdat/objects.json"]),
        digest.node(first, second),
    )

    assert root == sealed.dossier_root
    assert sealed.announcement == digest.sha256(b"tamizdat-announce-v1\n", digest.derive(secret, "announce", 0), root)
    assert [item.seed for item in found.objects] == [digest.derive(secret, "object", i) for i in range(2)]
    assert found.secret.hex() not in repr(found)


def test_objects_json_holds_no_secret_and_one_spelling() -> None:
    """Neither D nor A nor a seed stands in objects.json, and what is not its one spelling is refused."""
    raw, sealed = written(Held(b"a", b"1"), note=b"hi")
    members = {member.name.decode(): member.stream.read() for member in archive.read_own(io.BytesIO(raw))}
    text = members["dossier/" + layout.OBJECTS]

    assert sealed.announcement.hex().encode() not in text
    assert sealed.dossier_root.hex().encode() not in text
    assert objects.write(objects.read(text)) == text
    value = json.loads(text)
    for change in (
        {"version": 2},
        {"extra": 1},
        {"files": value["files"][::-1]},
        {"created": "yesterday"},
        {"note": "data/000001"},
        {"left_out": [{"name": "b", "reason": "x"}, {"name": "a", "reason": "x"}]},
        {"files": [{**value["files"][0], "name": "\ud800"}]},
        {"files": [{**value["files"][0], "size": True}]},
        {"files": [{**value["files"][0], "covers": "more"}]},
    ):
        with pytest.raises(FormatError, match=r"objects\.json"):
            objects.read(json.dumps({**value, **change}, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    for bad in (
        text.replace(b'"files":[{', b'"files":[,{'),
        text.replace(b"}]", b"},]"),
        b"",
        b"[]",
        b"[" * 100_000,
        b"{}",
        b"\xff",
        b'{"version":1}',
    ):
        with pytest.raises(FormatError, match=r"objects\.json"):
            objects.read(bad)


def test_seals_to_an_age_file_that_opens_again() -> None:
    """What `seal` writes is an age file to the recipients, with the file key the caller gave."""
    identity = recipients.generate(post_quantum=False)
    sink = io.BytesIO()
    told: list[int] = []

    sealed = dossier.seal(
        [Held(b"a", b"1" * 300_000)],
        recipients=[identity.recipient()],
        entropy=SeededEntropy(),
        sink=sink,
        created=CREATED,
        progress=told.append,
        file_key=bytes(range(16)),
    )

    reader = Reader(io.BytesIO(sink.getvalue()), [identity])
    assert dossier.kind(reader.read_at(0, 512)) == "dossier"
    found = dossier.read(reader, lambda entry, stream: None)
    assert found.announcement == sealed.announcement
    assert reader.file_key == bytes(range(16))
    assert told[-1] == 300_000


def test_lengths_are_padme_from_64_kib() -> None:
    """The whole tar has a padded length, also where the padding itself needs a longer header."""
    for before in (0, 40_960, 69_632, 1 << 33, 1 << 37, (1 << 37) + (1 << 33)):
        zeros = layout.padding_length(before)
        manifest = layout.stored_length(bag.manifest_length(layout.LISTED))
        total = before + layout.stored_length(zeros) + manifest + 1024

        assert total == padme.length(total)
        assert zeros >= 0

        zeros = layout.sheet_padding_length(before)
        total = before + layout.stored_length(zeros) + manifest + 1024

        assert total == padme.power(total)
        assert zeros >= 0
    assert (padme.length(9), padme.length(9, floor=1)) == (65536, 10)


def test_memory_is_flat() -> None:
    """Sixty-four megabytes go through both ways in a few."""

    class Endless(io.RawIOBase):
        left = 64 << 20

        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 64 << 20

        def readinto(self, buffer: Any, /) -> int:
            taken = min(len(buffer), self.left)
            self.left -= taken
            buffer[:taken] = bytes(taken)
            return taken

    class Long(Held):
        def open(self) -> Endless:  # type: ignore[override]
            return Endless()

    tracemalloc.start()

    dossier.write([Long(b"a")], sink=_Nowhere(), entropy=SeededEntropy(), created=CREATED)

    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


class _Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)


def test_kind_tells_dossiers_tars_and_others_apart() -> None:
    """Only the first block of a dossier is one; a foreign tar with a folder of that name is a tar."""
    raw, _ = written(Held(b"a", b"1"))
    foreign = ustar.spell("dossier/photo.jpg", b"0", 3, 0)

    assert dossier.kind(raw[:512]) == "dossier"
    assert dossier.kind(foreign) == "tar"
    assert dossier.kind(b"\xff\xd8\xff" + bytes(600)) == "other"
    assert dossier.kind(b"") == "other"


def test_seeds_are_numbered_from_the_first_position() -> None:
    """Payload 1 stands at position 0 of objects.json."""
    assert derivation.object_seed(bytes(32), 1) == digest.derive(bytes(32), "object", 0)
