"""A picture with parts hidden: what is shown is proven, what is hidden is gone."""

from __future__ import annotations

import dataclasses
import io
import itertools
import struct

import numpy as np
import pytest

from PIL import Image, ImageOps

from tamizdat.primitives import digest
from tamizdat.primitives.errors import FormatError, TamizdatError, UsageError
from tamizdat.redaction import codec, commitment, metadata, picture, proof, tree, verify
from tamizdat.redaction import jpeg as jpegs
from tamizdat.redaction.commit import seed_split
from tests import tools, vectors
from tests.redaction import pictures
from tests.redaction.pictures import SEED


RAW = pictures.jpeg(200, 150)
ROOT = commitment.commit(SEED, RAW).root
BOXES = [(40, 40, 30, 30), (150, 100, 50, 50)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hide": BOXES},
        {"hide": BOXES, "fill": -300},
        {"hide": [(0, 0, 200, 150)]},
        {"crop": (60, 30, 100, 120), "hide": BOXES},
        {"crop": (32, 32, 168, 118)},
        {"hide": BOXES, "disclose": ["date", "place", "camera"]},
    ],
)
def test_what_is_shown_is_proven(options: dict[str, object]) -> None:
    redacted = picture.redact(SEED, RAW, **options)

    verdict = verify.verify(redacted.file, redacted.proof, ROOT)

    assert (verdict.width, verdict.height) == (redacted.width, redacted.height)
    assert verdict.original == (200, 150)
    assert len(verdict.hidden) == redacted.hidden
    assert sorted(item.path for item in verdict.items) == sorted(item.path for item in redacted.shown)


def test_shown_pixels_are_the_originals_and_hidden_ones_are_even() -> None:
    """By libjpeg's own decoding, a tile's width away from any edge of a hidden box."""
    redacted = picture.redact(SEED, RAW, hide=[(70, 40, 20, 20)], fill=-200)

    before, after = pictures.pixels(RAW), pictures.pixels(redacted.file)

    # The box touches one tile, 64 to 95 across and 32 to 63 down; chroma is smoothed over one pixel more.
    same = (before == after).all(axis=2)
    assert same[:, :62].all() and same[:, 98:].all() and same[:30].all() and same[66:].all()
    assert len(np.unique(after[36:60, 68:92].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("kind", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"mode": "L"}, {"mode": "CMYK"}])
def test_originals_that_differ_only_where_it_is_hidden_give_the_same_bytes(kind: dict[str, object]) -> None:
    """Nothing of what is hidden shows in the new file, nor in the sizes of anything."""
    raw = pictures.jpeg(160, 128, **kind)
    other = codec.read(raw)
    across, _ = other.header.grid
    hidden = [1 * across + 1, 1 * across + 2]
    dice = np.random.default_rng(1)
    other.tiles[hidden] = dice.integers(-40, 40, (2, other.tiles.shape[1]))
    other_raw = pictures.again(other)
    box = [(40, 40, 40, 20)]

    one, two = (picture.redact(SEED, each, hide=box) for each in (raw, other_raw))

    assert raw != other_raw
    assert one.file == two.file
    assert len(one.proof) == len(two.proof)
    assert one.hidden == 2


def test_nothing_is_left_of_what_was_not_asked_for() -> None:
    """No segment but those allowed; no stretch of 16 bytes of any that was removed; no thumbnail."""
    raw = pictures.jpeg(
        200, 150, exif=pictures.exif(6), comment=b"taken from the third floor of a house that has a number"
    )
    raw += b"\xff\xd8 a second picture behind the first, as phones write them"
    box = (32, 32, 32, 32)
    # Orientation 6: the upright picture is 150 x 200.
    redacted = picture.redact(SEED, raw, hide=[(150 - 64, 32, 32, 32)])

    read = codec.read(redacted.file)

    assert [segment.marker for segment in read.segments] == [0xE0, 0xE1]
    assert read.segments[1].data == b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    assert redacted.file.count(b"\xff\xd8") == 1
    # Byte for byte what comes of a picture that never had any of it, but for the orientation.
    bare = picture.redact(SEED, pictures.jpeg(200, 150, exif=b""), hide=[box])
    turn = redacted.file.index(b"\xff\xe1")
    assert redacted.file[:turn] + redacted.file[turn + 36 :] == bare.file
    removed = [pictures.exif(6)[:120], b"taken from the third floor", b"a second picture", b"MakerNote-serial"]
    assert not [
        one for one in removed for at in range(len(one) - 15) if one[at : at + 16] in redacted.file + redacted.proof
    ]


def test_the_proof_holds_no_secret_and_no_hash_of_a_hidden_tile_can_be_tried() -> None:
    """Neither the object's seed nor any branch of it that reaches what is hidden."""
    redacted = picture.redact(SEED, RAW, hide=BOXES, disclose=["date"])
    read = codec.read(RAW)
    shape = tree.grid(*read.header.grid)
    seeds = seed_split(SEED)

    hidden = set(verify.verify(redacted.file, redacted.proof, ROOT).hidden)
    secrets = {SEED, *seeds}
    for leaf, place in enumerate(shape.places.tolist()):
        if place in hidden:
            secrets |= {
                tree.seed_at(seeds.tiles, level, leaf >> (shape.depth - level)) for level in range(shape.depth + 1)
            }

    found = {redacted.proof[at : at + 32] for at in range(len(redacted.proof) - 31)}
    assert not secrets & found
    content = commitment.contents(read.tiles)
    # Without its salt, the content of a hidden tile confirms nothing that stands in the proof.
    assert not {digest.leaf(bytes(content(place))) for place in hidden} & found


def test_nobody_who_guesses_what_is_hidden_finds_the_hash_of_it() -> None:
    """Whatever stands in the proof is taken for a seed and grown as far as it goes; no salt of a hidden tile comes of it."""
    redacted = picture.redact(SEED, RAW, hide=BOXES)
    read, made = codec.read(RAW), proof.read(redacted.proof)
    shape, hidden = tree.grid(*read.header.grid), set(np.flatnonzero(proof.flags(made.runs)).tolist())
    right = {
        digest.leaf(tree.seed_at(seed_split(SEED).tiles, shape.depth, leaf), read.tiles[place].tobytes()): place
        for leaf, place in enumerate(shape.places.tolist())
        if place >= 0
    }

    salts = {bytes(32), *made.seeds, *made.hashes, made.metadata, made.file, ROOT}
    row = set(salts)
    for _ in range(shape.depth):
        row = {digest.sha256(digest.SEED_STEP, bytes([bit]), salt) for salt in row for bit in (0, 1)}
        salts |= row
    reached = {right.get(digest.leaf(salt, tile.tobytes())) for salt in salts for tile in read.tiles}

    # The true hashes of single hidden tiles do stand in the proof: only the salt is missing that would confirm a guess.
    assert {right[one] for one in made.hashes if one in right} <= hidden
    assert [one for one in made.hashes if one in right]
    assert reached - {None} == set(range(len(read.tiles))) - hidden


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_count_in_the_upright_picture(turn: int) -> None:
    """What an editor sees is what is hidden, however the camera was held."""
    raw = pictures.jpeg(192, 128, exif=pictures.exif(turn), subsampling="4:4:4")
    root = commitment.commit(SEED, raw).root

    def upright(file: bytes) -> np.ndarray:
        with Image.open(io.BytesIO(file)) as image:
            return np.asarray(ImageOps.exif_transpose(image)).astype(int)

    box = (70, 40, 20, 10)
    redacted = picture.redact(SEED, raw, hide=[box])
    verify.verify(redacted.file, redacted.proof, root)
    before, after = upright(raw), upright(redacted.file)

    changed = np.argwhere((before != after).any(axis=2))
    assert before.shape == after.shape
    assert changed.min(axis=0).tolist() == [32, 64]
    assert changed.max(axis=0).tolist() == [63, 95]
    crop = picture.redact(SEED, raw, crop=(32, 0, 64, 64))
    verify.verify(crop.file, crop.proof, root)
    assert np.array_equal(upright(crop.file), before[0:64, 32:96])


def test_a_crop_never_shows_what_was_cut_away() -> None:
    """It is narrowed to whole tiles, and one that holds none is refused."""
    redacted = picture.redact(SEED, RAW, crop=(1, 1, 198, 148))

    assert (redacted.width, redacted.height) == (160, 96)
    with pytest.raises(UsageError):
        picture.redact(SEED, RAW, crop=(33, 33, 40, 40))


@pytest.mark.parametrize("box", [(200, 0, 10, 10), (0, 0, 0, 10), (-20, 0, 20, 20)])
def test_a_box_that_hides_nothing_is_refused(box: picture.Box) -> None:
    """A slip of the hand must not publish a face."""
    with pytest.raises(UsageError) as caught:
        picture.redact(SEED, RAW, hide=[box])

    assert caught.value.code == "redact-box"


def test_a_file_that_cannot_be_taken_apart_is_all_or_nothing_and_says_why() -> None:
    made = commitment.commit(SEED, RAW[:-30])

    assert made.covers == commitment.FILE
    assert made.reason
    assert made.header is made.tiles is made.metadata is None
    with pytest.raises(FormatError):
        picture.redact(SEED, RAW[:-30], hide=BOXES)
    paper = commitment.commit(SEED, b"%PDF-1.7\0")
    assert paper.covers == commitment.FILE and "no JPEG, PNG or text" in paper.reason


@pytest.mark.parametrize(
    "options", [("-progressive",), ("-optimize",), ("-restart", "1"), ("-copy", "none", "-arithmetic")]
)
def test_a_copy_that_jpegtran_wrote_again_is_still_proven(options: tuple[str, ...]) -> None:
    """Tables and order of the data are nobody's content; arithmetic codes are refused with their reason."""
    redacted = picture.redact(SEED, RAW, hide=BOXES)
    again = pictures.jpegtran(tools.need("jpegtran"), redacted.file, *options)

    if "-arithmetic" in options:
        with pytest.raises(FormatError) as caught:
            verify.verify(again, redacted.proof, ROOT)
        assert caught.value.code == "jpeg-kind"
    else:
        # With the best codes it writes what we wrote, byte for byte.
        assert (again == redacted.file) == ("-optimize" in options)
        verify.verify(again, redacted.proof, ROOT)


@pytest.mark.parametrize("place", ["96x64+32+32", "136x86+64+64", "64x150+0+0"])
def test_what_jpegtran_crops_on_the_grid_is_proven_with_our_proof(place: str) -> None:
    """The standard tool's own crop of the original is, coefficient for coefficient, ours."""
    width, height, left, top = (int(n) for n in place.replace("x", "+").split("+"))
    cropped = pictures.jpegtran(tools.need("jpegtran"), RAW, "-crop", place, "-copy", "none")
    ours = picture.redact(SEED, RAW, crop=(left, top, width, height))

    assert (ours.width, ours.height) == (width, height)
    verify.verify(cropped, ours.proof, ROOT)
    verify.verify(ours.file, ours.proof, ROOT)


def test_another_programs_copy_is_refused() -> None:
    """Saved again, every coefficient is a little different; so are a crop and a turn without proof."""
    redacted = picture.redact(SEED, RAW, hide=BOXES)
    sink = io.BytesIO()
    with Image.open(io.BytesIO(redacted.file)) as image:
        image.save(sink, "JPEG", quality=95)
    turned = pictures.jpegtran(tools.need("jpegtran"), redacted.file, "-flip", "horizontal", "-trim")

    for other in (sink.getvalue(), turned, RAW):
        with pytest.raises(TamizdatError):
            verify.verify(other, redacted.proof, ROOT)


def test_one_proof_shows_as_much_as_was_asked_and_hides_how_much_there_was() -> None:
    """Metadata: items shown are the camera's own; the count of the others is nowhere."""
    redacted = picture.redact(SEED, RAW, disclose=["date", "place", "icc:none"])
    bare = pictures.jpeg(200, 150, exif=b"")
    few = picture.redact(SEED, bare, disclose=["date"])

    shown = {item.path: item for item in redacted.shown}
    assert shown["exif:0/8769/9003"].raw == b"2026:11:26 12:00:00\0"
    assert struct.unpack(">6I", shown["exif:0/8825/0002"].raw) == (40, 1, 22, 1, 30, 1)
    assert metadata.told(redacted.shown) == {"date": "2026:11:26 12:00:00", "place": "40.375000, 49.833333"}
    assert redacted.absent == ("icc:none",)
    assert few.absent == ("date",)
    assert len(few.proof) == len(picture.redact(SEED, RAW).proof)
    with pytest.raises(UsageError):
        picture.redact(SEED, RAW, disclose=["everything"])


@pytest.mark.parametrize(
    "vector", [v for v in vectors.load("redaction") if v.name.startswith("proof-")], ids=lambda v: v.name
)
def test_the_vectors_of_proofs_are_told_by_name(vector: vectors.Vector) -> None:
    """docs/spec/redaction.md: root, length of the proof, proof, picture."""
    (length,) = struct.unpack_from(">I", vector.file, 32)
    root, made, jpeg = vector.file[:32], vector.file[36 : 36 + length], vector.file[36 + length :]

    if vector.expect == "whole":
        verify.verify(jpeg, made, root)
        assert proof.write(proof.read(made)) == made
        return
    with pytest.raises(TamizdatError) as caught:
        verify.verify(jpeg, made, root)

    assert caught.value.code == vector.expect


@pytest.mark.slow
def test_ten_thousand_changes_are_all_found() -> None:
    """One change each of a coefficient, a table, the frame, the runs, a seed, a hash, an item or the root."""
    dice = np.random.default_rng(10_000)
    raw = pictures.jpeg(100, 70)
    root = commitment.commit(SEED, raw).root
    cases = [
        picture.redact(SEED, raw, hide=[(40, 40, 10, 10)], disclose=["date", "place"]),
        picture.redact(SEED, raw, hide=[(40, 40, 10, 10), (70, 0, 10, 10)], fill=77),
        picture.redact(SEED, raw, crop=(32, 0, 68, 70), disclose=["camera"]),
    ]
    read = {case.file: jpegs.read(case.file) for case in cases}
    tried = dict.fromkeys(("coefficient", "header", "proof", "byte", "root"), 0)
    accepted = []
    for number, case in zip(range(10_000), itertools.cycle(cases)):
        kind = ("coefficient", "proof", "byte", "proof", "header", "byte", "proof", "coefficient", "root", "proof")[
            number // 3 % 10
        ]
        jpeg, made, wanted = case.file, case.proof, root
        if kind == "coefficient":
            jpeg = _other_coefficient(jpeg, dice)
        elif kind == "header":
            jpeg = _other_header(jpeg, dice)
        elif kind == "proof":
            made = _other_proof(made, dice)
        elif kind == "byte":
            made = _flip(made, dice)
        else:
            wanted = _flip(root, dice)
        tried[kind] += 1
        try:
            # Reading the same picture again and again would show nothing more.
            verify.check(jpegs.read(jpeg) if jpeg != case.file else read[case.file], proof.read(made), wanted)
        except TamizdatError:
            continue
        accepted.append((number, kind))

    assert sum(tried.values()) == 10_000
    assert accepted == []


def _flip(raw: bytes, dice: np.random.Generator) -> bytes:
    at = int(dice.integers(len(raw)))
    return raw[:at] + bytes([raw[at] ^ int(dice.integers(1, 256))]) + raw[at + 1 :]


def _other_coefficient(jpeg: bytes, dice: np.random.Generator) -> bytes:
    """Add to one coefficient that is inside of the picture."""
    read = codec.read(jpeg)
    plane = int(dice.integers(len(read.header.components)))
    first = sum(16 * c.h * c.v // (read.header.hmax * read.header.vmax) for c in read.header.components[:plane])
    # The first block of a component's part of a tile is always inside.
    at = int(dice.integers(len(read.tiles))), first * 64 + int(dice.integers(64))
    read.tiles[at] += int(dice.choice([-1, 1, 2, -7])) * (-1 if read.tiles[at] > 900 else 1)
    return pictures.again(read)


def _other_header(jpeg: bytes, dice: np.random.Generator) -> bytes:
    """Change a quantiser, a component's name, or the size by less than a block."""
    read = codec.read(jpeg)
    header, number = read.header, int(dice.integers(3))
    one = header.components[number]
    match int(dice.integers(3)):
        case 0:
            at = int(dice.integers(64))
            table = list(one.quantiser)
            table[at] = table[at] % 255 + 1
            one = dataclasses.replace(one, quantiser=tuple(table))
        case 1:
            one = dataclasses.replace(one, id=one.id + 3)
        case _:
            header = dataclasses.replace(header, width=header.width - 1 - number)
    components = (*header.components[:number], one, *header.components[number + 1 :])
    changed = codec.build(dataclasses.replace(header, components=components), read.tiles)
    head = jpeg[: jpeg.index(b"\xff\xdb")]
    return head + changed.write()


def _other_proof(raw: bytes, dice: np.random.Generator) -> bytes:
    """Change one field: a run, a seed, a hash, an item, a place, a slot."""
    whole = proof.read(raw)
    fields = [
        name
        for name in ("runs", "seeds", "hashes", "items", "item_seeds", "item_hashes", "file", "metadata")
        if getattr(whole, name)
    ]
    name = str(dice.choice(fields))
    value = getattr(whole, name)
    if isinstance(value, bytes):
        return proof.write(dataclasses.replace(whole, **{name: _flip(value, dice)}))
    at = int(dice.integers(len(value)))
    if name == "runs":
        return proof.write(dataclasses.replace(whole, runs=_other_runs(value, at, dice)))
    if name != "items":
        other = (
            [_flip(value[at], dice)] if dice.random() < 0.6 else [] if dice.random() < 0.5 else [value[at], bytes(32)]
        )
        return proof.write(dataclasses.replace(whole, **{name: (*value[:at], *other, *value[at + 1 :])}))
    place, item = value[at]
    match int(dice.integers(4)):
        case 0:
            item = dataclasses.replace(item, raw=_flip(item.raw, dice))
        case 1:
            item = dataclasses.replace(item, type=item.type + 1)
        case 2:
            item = dataclasses.replace(item, path=item.path + "0")
        case _:
            place ^= 1
    return proof.write(dataclasses.replace(whole, items=(*value[:at], (place, item), *value[at + 1 :])))


def _other_runs(runs: tuple[int, ...], at: int, dice: np.random.Generator) -> tuple[int, ...]:
    """Move a border, lengthen a run, or turn one tile over."""
    match int(dice.integers(3)):
        case 0 if at + 1 < len(runs):
            return (*runs[:at], runs[at] + 1, runs[at + 1] - 1, *runs[at + 2 :])
        case 1:
            return (*runs[:at], runs[at] + 1, *runs[at + 1 :])
        case _:
            turned = proof.flags(runs)
            turned[int(dice.integers(len(turned)))] ^= True
            return proof.runs(turned)
