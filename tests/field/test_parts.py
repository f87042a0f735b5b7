"""What is sealed is committed to by parts, and the one who receives it finds the same roots from the bytes."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from tamizdat.field import dossier, objects, sealing
from tamizdat.primitives.errors import AdapterError, FormatError
from tamizdat.redaction import commitment, picture, text, verify
from tests import vectors
from tests.conftest import SeededEntropy
from tests.field.sources import CREATED, Held, Restless, opened, written
from tests.redaction import pictures
from tests.tools import inputs


def real_photograph() -> bytes:
    """Give a camera's JPEG that nobody here wrote."""
    found = sorted(path for path in inputs("photos").rglob("*.jpg") if path.stat().st_size > 500_000)
    return next(raw for path in found if commitment.commit(bytes(32), raw := path.read_bytes()).covers == "parts")


def png() -> bytes:
    sink = io.BytesIO()
    pictures.scene(150, 100).save(sink, "PNG")
    return sink.getvalue()


NOTE = b"Ali was there.\n\nHe left."


def test_a_sealed_picture_and_text_hide_a_part_and_prove_the_rest() -> None:
    """A photograph, a PNG, a text: from the roots and seeds that the opened dossier gives."""
    raw, _ = written(Held(b"a.jpg", real_photograph()), Held(b"b.png", png()), note=NOTE)

    kept, found = opened(raw)

    assert [item.covers for item in found.objects] == ["parts"] * 3
    for item in found.objects[:2]:
        made = picture.redact(item.seed, kept[item.path], hide=[(0, 0, 40, 40)])
        assert len(verify.verify(made.file, made.proof, item.root).hidden) == made.hidden > 0
    note = found.objects[2]
    hidden = text.redact(note.seed, kept[note.path], text.find(NOTE, "Ali"))
    assert text.verify(hidden.file, hidden.proof, note.root).hidden_words == 1


def test_without_tiles_every_file_is_all_or_nothing_and_the_bytes_are_the_same() -> None:
    """As the page in a browser seals."""
    raw, _ = written(Held(b"a.jpg", pictures.jpeg()), note=NOTE, parts=None)

    kept, found = opened(raw)

    assert {item.covers for item in found.objects} == {"file"}
    assert kept["data/000001.jpg"] == pictures.jpeg()


def test_only_what_was_written_and_no_void_payload_is_committed_to_by_parts() -> None:
    """A picture that changed while it was read is void and all or nothing; its second reading is not."""
    committed: list[bytes] = []

    def begin(seed: bytes, raw: bytes):
        committed.append(raw)
        return sealing.at_once(seed, raw)

    raw, _ = written(Restless(b"a.jpg", pictures.jpeg()), parts=begin)

    _, found = opened(raw)
    assert committed == [pictures.jpeg()]
    assert [item.covers for item in found.void] == ["file"]
    assert [item.covers for item in found.objects] == ["parts"]


def test_a_reader_that_puts_nothing_on_a_record_may_leave_roots_of_parts_unchecked() -> None:
    """The same dossier is refused by one that recomputes them."""
    raw = vectors.read(vectors.SPECS / "dossier" / "parts-root.vector").file

    assert dossier.read(io.BytesIO(raw), lambda *_: None).objects
    with pytest.raises(FormatError) as caught:
        opened(raw)

    assert {fault.where for fault in caught.value.faults} == {"data/000001.jpg"}


def test_a_machine_that_cannot_tell_ends_the_sealing_and_says_what_to_do() -> None:
    """The same file must not get one root here and another there."""

    def slow(seed: bytes, raw: bytes):
        raise AdapterError("codec-time", "reading the picture took longer than 10 seconds", mend="--no-tiles")

    with pytest.raises(AdapterError, match="longer than"):
        sealing.write(
            [Held(b"a.jpg", pictures.jpeg())], sink=io.BytesIO(), entropy=SeededEntropy(), created=CREATED, parts=slow
        )


def test_memory_does_not_grow_with_the_number_of_pictures() -> None:
    """Sixty-four megabytes of photographs, of which one is held at a time."""
    raw = pictures.jpeg() + bytes(2 << 20)
    tracemalloc.start()

    sealing.write(
        [Held(b"%d.jpg" % number, raw) for number in range(32)],
        sink=Nowhere(),
        entropy=SeededEntropy(),
        created=CREATED,
        parts=lambda *_: lambda: sealing.Committed(objects.PARTS, bytes(32)),
    )

    assert tracemalloc.get_traced_memory()[1] < 12 << 20
    tracemalloc.stop()


class Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)
