"""A picture goes out as what it is called, with a proof that holds, and the ledger knows of it first."""

from __future__ import annotations

import dataclasses
import io
import time

import numpy as np
import pytest

from PIL import Image

from tamizdat.adapters.cell import Cell
from tamizdat.demo import camera
from tamizdat.newsroom import credentials, disclosures, objects, published_pictures, redacting, release, stories
from tamizdat.newsroom.intake import Intake
from tamizdat.primitives.errors import AdapterError, FormatError, TrustError, UsageError
from tamizdat.primitives.stores import Below
from tamizdat.wire import credentials as signing
from tamizdat.wire import sidecar, verify
from tests.conftest import FixedClock
from tests.newsroom import rooms
from tests.newsroom.test_intake import Source, sealed


STORY = """---
headline: The harbour is closed
language: en
byline: A. Writer
dateline: {place: Port, date: 2026-11-26}
category: medtop:01000000
pictures:
  p:
    object: "%s"
    credit: A. Writer
    alt: A drawing
    people: %s
%s---
Closed.

{picture: p}
"""
HIDDEN = "    hide: [70, 40, 20, 20]\n    maker: shown\n    disclose: [date]\n"
DAY = 86_400


def photograph(under: int = 0) -> bytes:
    """Give a small photograph with all that a camera adds; *under* is what stands in the part to hide."""
    pixels = np.random.default_rng(1).integers(0, 255, (128, 160, 3), dtype=np.uint8)
    pixels[32:64, 64:96] = np.random.default_rng(under + 2).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    return camera.shoot(Image.fromarray(pixels), 1)


def receive(house, keys, raw: bytes, name: bytes = b"a.jpg") -> str:
    arrival = Intake(house, keys).sealed(io.BytesIO(sealed(house, [Source(name, raw)])), b"x.age")
    return arrival.items[0].object


def write(house, ident: str, more: str, name: str = "harbour", people: str = "none") -> None:
    house.root.put(f"stories/{name}.md", [(STORY % (ident, people, more)).encode()])


def media(house, number: int, suffix: str = "") -> dict[str, bytes]:
    below = Below(house.root, f"{release.folder(number)}")
    return {name: below.open(name).read() for name in below.names() if name.endswith(suffix)}


def checked(house, number: int) -> set[tuple[str, str]]:
    """Check the one provable picture of an edition as a reader does."""
    files = media(house, number)
    (beside,) = [name for name in files if name.endswith(".proof")]
    picture = files[beside.removesuffix(".proof")]
    told, inside = sidecar.read(files[beside]), sidecar.read(sidecar.find(picture) or b"")
    assert told.file and dataclasses.replace(told, file=b"", signature=b"") == dataclasses.replace(
        inside, signature=b""
    )
    assert signing.read(picture, [files["credentials-root.pem"]]).state == "Trusted"
    found = sidecar.check(picture, sidecar.read(files[beside]), card_words=None, now=house.clock.now())
    return {(one.kind, one.code) for one in found.all}


@pytest.fixture
def clock() -> FixedClock:
    """Stand at the machine's own time: the library that signs credentials looks at no other."""
    return FixedClock(int(time.time()) // DAY * DAY)


@pytest.fixture
def house(memory, clock, entropy):
    return rooms.make(memory, clock, entropy)


@pytest.fixture
def keys(house):
    return house.unlock(rooms.PASSPHRASE)


def test_a_proof_that_waited_is_made_anew_and_the_original_is_not_opened_for_it(
    house, keys, clock, monkeypatch
) -> None:
    """Received after the day's line, it goes out unrecorded; the next day its proof is whole, and the ledger has one line."""
    write(house, "0" * 16, "    maker: protected\n")
    release.tick.due(house, keys.log)
    ident = receive(house, keys, photograph())
    write(house, ident, HIDDEN, people="hidden")
    first = release.publish(house, keys, ("harbour",))
    early = checked(house, 1)
    clock.seconds += DAY
    opened = []
    monkeypatch.setattr(objects, "open_original", lambda *_: opened.append(1))
    second = release.publish(house, keys, ())
    third = release.publish(house, keys, ())

    assert (first.provable, first.waiting) == (1, 1)
    assert (second.waiting, third.waiting) == (0, 0)
    assert ("stated", "record-waiting") in early and ("proven", "on-record") in checked(house, 2)
    assert {code for kind, code in checked(house, 2) if kind == "proven"} >= {"unchanged", "hidden", "camera-date"}
    assert not opened
    assert media(house, 2, ".jpg") == media(house, 3, ".jpg") != media(house, 1, ".jpg")
    assert len(media(house, 2, ".html")) == len(media(house, 1, ".html"))
    assert [told.to for told in disclosures.ledger(house, keys, ident)] == ["story harbour, edition 1"]
    for number in (1, 2, 3):
        assert verify.check(Below(house.root, release.folder(number)), now=clock.now()).faults == ()


def test_what_is_hidden_leaves_nothing_in_the_edition(house, keys) -> None:
    """No run of 16 bytes of what the camera added is in any file, and what lay under the box changes nothing."""
    ident = receive(house, keys, raw := photograph())
    other = receive(house, keys, photograph(under=5))
    write(house, ident, HIDDEN, people="hidden")
    release.publish(house, keys, ("harbour",))

    shown = [
        redacting.of_picture(house, keys, one, hide=[(70, 40, 20, 20)], crop=None, disclose=["date"], to="")
        for one in (ident, other)
    ]

    assert shown[0].file == shown[1].file
    start = raw.index(b"Exif")
    exif = raw[start : start + int.from_bytes(raw[start - 2 : start], "big")]
    whole = b"".join(media(house, 1).values())
    runs = {exif[at : at + 16] for at in range(20, len(exif) - 16)} - {bytes(16)}
    dates = [at for at in range(len(exif)) if exif.startswith(b"2026:11:", at)]
    dated = {exif[at : at + 16] for date in dates for at in range(date - 16, date + 20)}
    plain = io.BytesIO()  # what any thumbnail begins with is nobody's
    Image.new("RGB", (160, 120)).save(plain, "JPEG", quality=70)
    assert len(runs) > 1000
    assert [run for run in runs - dated if run in whole and run not in plain.getvalue()] == []
    assert not any(name.endswith(".jpg") and data.count(b"\xff\xd8\xff") > 1 for name, data in media(house, 1).items())


def test_what_one_story_hides_another_shows_only_on_purpose(house, keys) -> None:
    ident = receive(house, keys, photograph())
    write(house, ident, HIDDEN, people="hidden")
    write(house, ident, "    maker: shown\n", name="open")
    release.publish(house, keys, ("harbour",))
    before = dict(house.root.values)

    with pytest.raises(FormatError) as caught:
        release.publish(house, keys, ("open",))

    assert [fault.code for fault in caught.value.faults] == ["disclosure-opens"]
    assert release.latest(house) == 1 and len(disclosures.ledger(house, keys, ident)) == 1
    write(house, ident, "    maker: shown\n    again: yes\n", name="open")
    release.publish(house, keys, ("open",))
    first, second = disclosures.ledger(house, keys, ident)
    assert (first.items, second.items, second.by) == (("exif:0/8769/9003",), (), ("editor",))
    assert disclosures.news([first], second).share == pytest.approx(1 / 20)
    assert before.keys() < house.root.values.keys()


def test_a_protected_maker_gets_a_reduced_copy_and_so_does_what_cannot_be_taken_apart(house, keys) -> None:
    """Neither has a proof; the second says why; a protected picture that is later to be shown is said aloud."""
    sink = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(sink, "WEBP")
    ident, whole = receive(house, keys, photograph()), receive(house, keys, sink.getvalue(), b"b.webp")
    write(house, ident, "    maker: protected\n")
    write(house, whole, "    maker: shown\n", name="red")

    released = release.publish(house, keys, ("harbour", "red"))

    files = media(house, 1)
    assert released.provable == 0
    assert not [name for name in files if name.startswith("check/") or name.endswith((".proof", ".pem"))]
    assert b"who made the picture is protected" in files["stories/harbour/index.html"]
    assert b"not provable, because" in files["stories/red/index.html"]
    assert [told.how for told in disclosures.ledger(house, keys, ident)] == ["reduced"]
    shown = redacting.of_picture(house, keys, ident, hide=(), crop=None, disclose=(), to="an export")
    with pytest.raises(TrustError) as caught:
        disclosures.demand_again(disclosures.ledger(house, keys, ident), shown.told, again=False, mend="")
    assert "the camera's own pixels" in str(caught.value)


def test_a_full_disk_at_any_moment_leaves_no_picture_that_the_ledger_does_not_know(house, keys, memory) -> None:
    """Refused at each change in turn, then run again with room: one edition, one line, never an edition without it."""
    ident = receive(house, keys, photograph())
    write(house, ident, HIDDEN, people="hidden")
    credentials.keep(house, keys)
    before = dict(memory.values)
    at, refused = 0, True

    while refused:
        memory.values = dict(before)
        try:
            release.publish(dataclasses.replace(house, root=rooms.FullAt(memory, at)), keys, ("harbour",))
            refused = False
        except AdapterError:
            assert release.latest(house) is None or disclosures.ledger(house, keys, ident), at
            release.publish(house, keys, ("harbour",))
        assert len(disclosures.ledger(house, keys, ident)) == 1, at
        assert ("proven", "unchanged") in checked(house, release.latest(house)), at
        at += 5

    assert at > 30


def test_the_chain_is_made_anew_before_it_ends_and_old_roots_stay(memory, clock, entropy) -> None:
    clock.seconds -= 320 * DAY
    house = rooms.make(memory, clock, entropy)
    keys = house.unlock(rooms.PASSPHRASE)
    ident = receive(house, keys, photograph())
    write(house, ident, HIDDEN, people="hidden")
    release.publish(house, keys, ("harbour",))
    held = credentials.keep(house, keys)
    assert credentials.keep(house, keys) == held
    clock.seconds += 320 * DAY  # now

    release.publish(house, keys, ())
    renewed = credentials.keep(house, keys)

    assert renewed.roots == (renewed.chain.root, held.chain.root)
    assert media(house, 2)["credentials-root.pem"] == b"".join(renewed.roots)
    assert ("proven", "on-record") in checked(house, 2)
    assert held.chain.key not in b"".join(house.root.values.values())


@pytest.mark.parametrize("way", ["sideways", "crop", "png"])
def test_the_boxes_that_are_told_are_black_and_the_ledger_shows_the_rest(house, keys, way) -> None:
    """In pixels as stored, whole squares, whichever way up the picture is, and within what was kept."""
    pixels = np.random.default_rng(3).integers(1, 255, (200, 300, 3), dtype=np.uint8)
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    raw = sink.getvalue() if way == "png" else camera.shoot(Image.fromarray(pixels), 1, sideways=way == "sideways")
    crop = (32, 32, 192, 160) if way == "crop" else None

    shown = redacting.of_picture(
        house, keys, receive(house, keys, raw), hide=[(70, 40, 20, 20)], crop=crop, disclose=[], to="an export"
    )

    with Image.open(io.BytesIO(shown.file)) as opened:
        picture = np.asarray(opened.convert("L"))
    ((left, top, width, height),) = shown.hidden
    assert (width, height) == (32, 32) or way == "sideways"
    inside = np.zeros(picture.shape, bool)
    inside[top : top + height, left : left + width] = True
    assert picture[inside].max() < 40 and picture[~inside].mean() > 50
    assert shown.crop == ((32, 32, 192, 160) if way == "crop" else None)
    tiles = np.unpackbits(np.frombuffer(shown.told.shown, np.uint8))[: shown.told.across * shown.told.down]
    gone = width * height // 32**2
    assert tiles.sum() == (30 if way == "crop" else 70) - gone
    assert (shown.told.crop, shown.told.hide) == ("32,32,192,160" if crop else "", ("70,40,20,20",))


def test_a_png_goes_out_as_one_with_its_credentials_inside(house, keys) -> None:
    sink = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(1, 255, (64, 96, 3), dtype=np.uint8)).save(sink, "PNG")
    write(house, receive(house, keys, sink.getvalue(), b"a.png"), HIDDEN, people="hidden")

    release.publish(house, keys, ("harbour",))

    assert ("proven", "hidden") in checked(house, 1)
    (path,) = media(house, 1, ".png")
    assert f'href="../../{path}"'.encode() in media(house, 1)["stories/harbour/index.html"]


def test_a_part_that_was_only_made_see_through_is_not_published_unasked(house, keys) -> None:
    """Whoever erased a face in a PNG has not hidden it; those who approve read what goes out, and the ledger knows."""
    pixels = np.random.default_rng(3).integers(0, 255, (128, 160, 4), dtype=np.uint8)
    pixels[:, :, 3] = 255
    pixels[40:60, 70:90, 3] = 0
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    ident = receive(house, keys, sink.getvalue(), b"a.png")
    write(house, ident, "    maker: shown\n")

    with pytest.raises(FormatError) as caught:
        release.publish(house, keys, ("harbour",))
    (refused,) = caught.value.faults
    with pytest.raises(UsageError, match=rf"stories/harbour\.md: the picture {ident}: .* in 64,32,32,32"):
        published_pictures.report(house, keys, stories.read_one(house, "harbour"))
    ledger = disclosures.ledger(house, keys, ident)
    write(house, ident, "    maker: shown\n    see-through: shown\n")
    lines = published_pictures.report(house, keys, stories.read_one(house, "harbour"))
    release.publish(house, keys, ("harbour",))

    assert refused.code == "redact-see-through" and "in 64,32,32,32" in refused.what
    assert not ledger
    assert "newly shown: 100 % of the picture; what is under its see-through parts" in lines
    (told,) = disclosures.ledger(house, keys, ident)
    assert told.asked == ("see-through",)
    assert any("provable; what is under its see-through parts" in line for line in disclosures.report([told], told))
    assert {code for kind, code in checked(house, 1) if kind == "proven"} >= {"nothing-hidden"}


def test_a_picture_that_takes_its_decoder_down_is_named_and_nothing_is_published(house, keys) -> None:
    """With its story and what to do now; the others are tried all the same, and nothing half written is left."""
    idents = [receive(house, keys, photograph(number), b"%d.jpg" % number) for number in range(2)]
    for name, ident in zip(("harbour", "road"), idents, strict=True):
        write(house, ident, "    maker: protected\n", name)
    fallen = dataclasses.replace(house, cells=lambda _: Cell("tests.adapters.misbehaving"))

    with pytest.raises(FormatError) as caught:
        release.publish(fallen, keys, ("harbour", "road"))

    assert [(fault.code, fault.where) for fault in caught.value.faults] == [
        ("decoder-crash", "stories/harbour.md"),
        ("decoder-crash", "stories/road.md"),
    ]
    assert all(ident in fault.what for ident, fault in zip(idents, caught.value.faults, strict=True))
    assert all("Do not open this file" in fault.mend for fault in caught.value.faults)
    assert not list(house.root.names("editions"))
    assert release.publish(house, keys, ("harbour", "road")).number == 1
