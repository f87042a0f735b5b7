"""`tamizdat sheet`: on paper and back, through other people's printers of pages and readers of codes, and through bad photographs."""

from __future__ import annotations

import io
import math
import random
import subprocess

from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from PIL import Image, ImageDraw, ImageFilter

from tamizdat.adapters import paper, scanner
from tamizdat.adapters.machine import SystemEntropy
from tamizdat.carry import leaf, part, sheet
from tests.conftest import SeededEntropy
from tests.scripts import house
from tests.tools import inputs, need


WORDS = "abandon amount liar amount expire adjust cage candy arch gather drum bullet absurd math era live bid rhythm alien crouch range attend journey unaware"
TESTIMONY = "I was on the roof of the house opposite and saw the first car come round the corner.\n" * 30


class Made:
    """One testimony on three sheets, any two of which are enough."""

    def __init__(self, folder: Path) -> None:
        self.room = house.make(folder / "room")
        self.pdf = folder / "sheets.pdf"
        self.testimony = folder / "testimony.txt"
        self.testimony.write_text(TESTIMONY)
        before = set(folder.rglob("*"))
        # Nearly the same squares each time (only the head of the sealed file differs), for how well a bad photograph is
        # read depends on what is in it.
        dice = SeededEntropy()
        with mock.patch.object(SystemEntropy, "random", lambda _, count: dice.random(count)):
            self.done = house.run(
                "sheet", self.testimony, "--for", self.room.card, "--card-words", self.room.words,
                "-o", self.pdf, "--png", folder / "png",
            )  # fmt: skip
        assert self.done.status == 0, self.done.err
        self.new = set(folder.rglob("*")) - before
        self.png = sorted((folder / "png").iterdir())
        self.pictures = [Image.open(path).convert("L") for path in self.png]

    def squares(self, *pictures: Image.Image) -> int:
        """Count the squares that are read of pictures."""
        return sum(len(codes(picture)) for picture in pictures)

    def opens(self, folder: Path) -> None:
        """Demand that what was read is received whole."""
        done = self.room.receive(folder)

        assert done.status == 0, done.err
        assert done.report == (1, 1, 0, 0) or done.report == (1, 0, 1, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("sheets"))


def codes(picture: Image.Image) -> set[bytes]:
    """Read a picture as the command does: until each sheet on it is whole, or nothing more helps."""
    gathered = sheet.Gathered()

    def enough(found: set[bytes]) -> bool:
        for content in found:
            gathered.take(content)
        return gathered.whole(found)

    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    stream.seek(0)
    return scanner.read(stream, "picture", enough)


def photographed(
    picture: Image.Image,
    seed: int,
    *,
    fill: float = 0.85,
    angle: float = 3,
    slant: float = 0.06,
    blur: float = 1,
    noise: float = 8,
    size: tuple[int, int] = (3000, 4000),
) -> Image.Image:
    """Photograph a page: perspective, uneven light, blur, noise, JPEG."""
    dice = random.Random(seed)
    (width, height), (wide, high) = size, picture.size
    scale = min(width * fill / wide, height * fill / high)
    turn = math.radians(dice.uniform(-angle, angle))
    corners = [(0, 0), (wide, 0), (wide, high), (0, high)]
    places = []
    for x, y in corners:
        dx, dy = (x - wide / 2) * scale, (y - high / 2) * scale
        px = width / 2 + dx * math.cos(turn) - dy * math.sin(turn) + dice.uniform(-slant, slant) * width / 2
        py = height / 2 + dx * math.sin(turn) + dy * math.cos(turn) + dice.uniform(-slant, slant) * height / 2
        places.append((px, py))
    rows = []
    for (x, y), (u, v) in zip(places, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    known = np.array([value for corner in corners for value in corner], float)
    warp = np.linalg.solve(np.array(rows, float), known)
    seen = picture.transform(size, Image.Transform.PERSPECTIVE, warp, Image.Resampling.BICUBIC, fillcolor=90)
    light = np.asarray(seen.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    slope = 0.55 + 0.25 * np.add.outer(np.linspace(0, 1, height), np.linspace(0, 1, width)).astype(np.float32)
    grain = np.random.default_rng(seed).normal(0, noise, light.shape).astype(np.float32)
    stream = io.BytesIO()
    Image.fromarray((light * 0.8 * slope + 30 + grain).clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=60)
    return Image.open(stream).convert("L")


def creased(picture: Image.Image, seed: int, most: float) -> Image.Image:
    """Bend a page as if it had been folded and crumpled, *most* pixels at each of a hundred points; with the creases."""
    dice = random.Random(seed)
    cells, (wide, high) = 8, picture.size
    xs, ys = (np.linspace(0, length, cells + 1) for length in (wide, high))
    bent = {
        (i, j): (dice.uniform(-most, most), dice.uniform(-most, most))
        for i in range(cells + 1)
        for j in range(cells + 1)
    }
    mesh = []
    for i in range(cells):
        for j in range(cells):
            quad: list[float] = []
            for a, b in ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)):
                quad += [xs[a] + bent[a, b][0], ys[b] + bent[a, b][1]]
            mesh.append(((int(xs[i]), int(ys[j]), int(xs[i + 1]), int(ys[j + 1])), tuple(quad)))
    out = picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=255)
    pen = ImageDraw.Draw(out)
    for _ in range(4):
        pen.line((dice.randrange(wide), 0, dice.randrange(wide), high), fill=dice.choice([130, 230]), width=4)
    return out


def stained(picture: Image.Image) -> Image.Image:
    """Put a cup of coffee on it."""
    mask = Image.new("L", picture.size, 0)
    pen, (wide, high) = ImageDraw.Draw(mask), picture.size
    pen.ellipse((wide * 0.4, high * 0.4, wide * 0.7, high * 0.4 + wide * 0.3), fill=60, outline=130, width=wide // 80)
    return Image.composite(Image.new("L", picture.size, 90), picture, mask.filter(ImageFilter.GaussianBlur(6)))


def torn(picture: Image.Image) -> Image.Image:
    """Tear a corner off."""
    copy, (wide, high) = picture.copy(), picture.size
    ImageDraw.Draw(copy).polygon([(wide, high * 0.4), (wide, high), (wide * 0.2, high)], fill=80)
    return copy


def test_a_testimony_goes_on_paper_and_any_two_sheets_bring_it_back(made: Made, tmp_path: Path) -> None:
    """Nothing but the pages is written; a sheet read later goes into the same folder; what is missing is said."""
    assert made.new == {made.pdf, *made.png, made.png[0].parent}
    assert "3 sheets; any 2 of them are enough" in made.done.err

    told = house.refused(house.run("sheet", "--read", made.png[2], "-o", tmp_path / "in"), 4, "sheet-short")
    assert "sheet 3: 11 of 11 squares read" in told
    assert "any 2 sheets of it are enough, and 1 more is needed" in told

    done = house.run("sheet", "--read", made.png[0], "-o", tmp_path / "in")
    assert done.status == 0, done.err
    assert "Now: tamizdat join" in done.err
    assert len(list((tmp_path / "in").iterdir())) == 2

    joined = house.run("join", tmp_path / "in", "-o", tmp_path / "x.age")
    assert joined.status == 0, joined.err
    key = tmp_path / "key"
    key.write_text(made.room.identity)
    assert house.run("open", tmp_path / "x.age", "-i", key, "-o", tmp_path / "open").status == 0
    assert TESTIMONY in [path.read_text() for path in (tmp_path / "open").rglob("*.txt")]
    made.opens(tmp_path / "in")


def test_bad_photographs_of_two_sheets_are_read_and_join_byte_for_byte(made: Made, tmp_path: Path) -> None:
    """A sheet that was crumpled and one with a torn corner and a stain, both photographed; the third is lost."""
    folder = tmp_path / "photos"
    folder.mkdir()
    bad = torn(stained(made.pictures[0]))
    photographed(bad, 1).save(folder / "a.jpg", quality=60)
    photographed(creased(made.pictures[1], 2, 4), 2, angle=180, fill=0.7).save(folder / "b.jpg", quality=60)

    short = house.run("sheet", "--read", folder, "-o", tmp_path / "in")
    assert short.status == 4, short.err
    assert "sheet 1: " in short.err
    assert "not read: squares" in short.err
    assert "sheet 2: 11 of 11 squares read" in short.err

    photographed(made.pictures[2], 3, blur=2).save(folder / "c.jpg", quality=60)
    done = house.run("sheet", "--read", folder / "c.jpg", "-o", tmp_path / "in")
    assert done.status == 0, done.err
    made.opens(tmp_path / "in")


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_the_pdf_printed_and_scanned_is_read(made: Made, tmp_path: Path, dpi: int) -> None:
    """Poppler draws what a printer would; at 150 dots to the inch a module is two and a half dots."""
    subprocess.run([need("pdftoppm"), "-r", str(dpi), "-gray", made.pdf, tmp_path / "page"], check=True)
    pages = [Image.open(path) for path in sorted(tmp_path.glob("page*"))]

    assert [
        len(codes(page.rotate(90 * number + 7, expand=True, fillcolor=255))) for number, page in enumerate(pages)
    ] == [11] * 3


def test_photographs_of_a_whole_page_are_read(made: Made) -> None:
    """Turned, far, blurred, noisy, slanted, five megapixels: nearly every square of a whole page is read from 12 MP or less."""
    page = made.pictures[1]
    seen = {
        "upside down and far": photographed(page, 2, angle=0, fill=0.6).rotate(180),
        "turned": photographed(page, 3, angle=45, fill=0.65),
        "blurred": photographed(page, 5, blur=2),
        "noisy": photographed(page, 6, noise=20),
        "slanted": photographed(page, 7, slant=0.12, fill=0.75),
        "five megapixels, stained": photographed(stained(page), 8, size=(1944, 2592), blur=0.6),
        "creased": photographed(creased(page, 10, 4), 10),
    }

    read = {name: len(codes(picture)) for name, picture in seen.items()}

    assert sum(read.values()) >= 11 * len(read) - 4, read
    assert min(read.values()) >= 8, read


def test_two_sheets_on_one_photograph_are_read(made: Made) -> None:
    first, second = made.pictures[:2]
    table = Image.new("L", (first.width * 2 + 100, first.height), 140)
    table.paste(first, (0, 0))
    table.paste(second, (first.width + 100, 0))

    assert len(codes(photographed(table, 1, fill=0.95, slant=0.02, size=(4000, 3000), blur=0.6))) == 22


def test_an_orientation_in_the_exif_head_is_kept_to_even_a_mirrored_one(made: Made, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 5
    made.pictures[0].transpose(Image.Transpose.TRANSPOSE).save(tmp_path / "a.jpg", exif=exif, quality=80)

    with (tmp_path / "a.jpg").open("rb") as stream:
        assert len(scanner.read(stream, "a", lambda found: len(found) == 11)) == 11


def test_another_program_reads_a_square_and_its_text_is_taken(made: Made, tmp_path: Path) -> None:
    """Zbar's words, a square a line, are a way back without our reader; and they are the packets, letter for letter."""
    done = subprocess.run(
        # It sees bars of other kinds in the noise of squares now and then.
        [need("zbarimg"), "-Sdisable", "-Sqrcode.enable", "--raw", "-q", made.png[0], made.png[1]],
        capture_output=True, check=True,
    )  # fmt: skip
    texts = set(done.stdout.splitlines())
    ours = codes(made.pictures[0]) | codes(made.pictures[1])

    assert texts <= ours
    assert len(texts) >= 20

    raw = subprocess.run(
        [need("zbarimg"), "-Sdisable", "-Sqrcode.enable", "--raw", "-q", "-Sbinary", "--oneshot", made.png[0]],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert {raw[at : at + 1536] for at in range(0, len(raw), 1536)} <= ours

    (tmp_path / "read.txt").write_bytes(b"\n".join(line.rstrip() for line in sorted(ours)))
    read = house.run("sheet", "--read", tmp_path / "read.txt", "-o", tmp_path / "in")
    assert read.status == 0, read.err
    made.opens(tmp_path / "in")


def test_a_card_comes_back_from_paper_with_two_squares_torn(made: Made, tmp_path: Path) -> None:
    done = house.run(
        "sheet", "--card", made.room.card, "-o", tmp_path / "card.pdf", "--png", tmp_path / "png", "--paper", "letter"
    )
    assert done.status == 0, done.err
    page = Image.open(tmp_path / "png/sheet-1.png").convert("L")
    ImageDraw.Draw(page).rectangle((0, 0, page.width, page.height * 0.4), fill=120)
    page.save(tmp_path / "torn.png")

    done = house.run("sheet", "--read", tmp_path / "torn.png", "-o", tmp_path / "in")

    assert done.status == 0, done.err
    assert (tmp_path / "in/card.txt").read_bytes() == made.room.card.read_bytes()
    assert made.room.words in done.err


def test_the_cards_own_page_of_squares_is_read(made: Made, tmp_path: Path) -> None:
    """What `tamizdat newsroom card --qr` draws for a screen, as a browser shows it."""
    drawn = tmp_path / "card.svg"
    assert house.run("newsroom", "card", *made.room.secret[:2], "--qr", drawn).status == 0
    page = tmp_path / "page.png"
    subprocess.run(
        [need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={page}",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,2000", drawn.as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip

    done = house.run("sheet", "--read", page, "-o", tmp_path / "in")

    assert done.status == 0, done.err
    assert (tmp_path / "in/card.txt").read_bytes() == made.room.card.read_bytes()


def test_an_announcement_goes_on_paper_and_names_nobody(tmp_path: Path) -> None:
    done = house.run("sheet", "--words", WORDS, "-o", tmp_path / "words.pdf", "--png", tmp_path / "png")
    assert done.status == 0, done.err

    read = house.run("sheet", "--read", tmp_path / "png", "-o", tmp_path / "in")

    assert read.status == 0, read.err
    assert read.out.strip() == WORDS
    assert not (tmp_path / "in").exists()
    text = subprocess.run(
        [need("pdftotext"), tmp_path / "words.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert all(word in text.split() for word in WORDS.split())
    assert "00000 17807 31860 62770" in " ".join(text.split())


def test_a_page_names_neither_newsroom_nor_sender_and_says_what_it_is(made: Made) -> None:
    text = subprocess.run([need("pdftotext"), made.pdf, "-"], capture_output=True, check=True).stdout.decode()
    raw = made.pdf.read_bytes()

    assert "Any 2 of these 3 sheets are enough" in text
    assert "Example Courier" not in text
    assert "testimony" not in text
    assert b"/CreationDate (D:20000101" in raw


def test_real_photographs_of_codes_are_read() -> None:
    """Ten that others took with telephones, most with their texts; some are meant to be hard, and one is read by none of our tries."""
    folder = inputs("qr-photos") / "zxing_zxing"
    read = []
    for path in sorted(folder.glob("*.png")):
        with path.open("rb") as stream:
            found = scanner.read(stream, path.name, bool)
        text = path.with_suffix(".txt")
        if found:
            read.append(path.stem)
        if found and text.exists() and text.read_bytes().isascii():
            assert text.read_bytes().strip() in {content.strip() for content in found}

    assert len(read) >= 9, read


def test_bad_files_are_told_apart_and_stop_nothing(made: Made, tmp_path: Path) -> None:
    """A PDF, a HEIC, a bomb, a broken picture and a square of somebody else's: each its own plain words."""
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    (tmp_path / "b.jpg").write_bytes(made.png[0].read_bytes()[:3000])
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    (tmp_path / "c.png").write_bytes(bomb.getvalue())
    scanned = paper.png(leaf.Page(width=200, height=200, items=(leaf.Square(x=30, y=30, side=140, content=b"hello"),)))
    (tmp_path / "d.png").write_bytes(scanned)

    told = house.refused(
        house.run("sheet", "--read", tmp_path / "a.heic", tmp_path / "b.jpg", tmp_path / "c.png", tmp_path / "d.png", made.pdf,
                  "-o", tmp_path / "in"), 3, "sheet-none",
    )  # fmt: skip

    for words in (
        "HEIC picture",
        "b.jpg: this is no picture",
        "larger than can be safely opened",
        "nothing of tamizdat",
        "PDF",
    ):
        assert words in told
    assert not (tmp_path / "in").exists()


def test_what_cannot_go_on_paper_is_refused_before_anything_is_written(made: Made, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(600_000))
    card = ["--for", made.room.card, "--card-words", made.room.words]
    out = tmp_path / "x.pdf"

    told = house.refused(house.run("sheet", large, *card, "-o", out), 2, "sheet-large")
    assert "40 is the limit" in told
    house.refused(house.run("sheet", large, "-o", out), 2, "sheet-open")
    house.refused(house.run("sheet", "-o", out), 2, "sheet-what")
    house.refused(house.run("sheet", made.testimony, *card, "--need", "1", "-o", out), 2, "sheet-need")
    assert sorted(tmp_path.iterdir()) == [large]


def test_a_sealed_file_goes_on_paper_as_it_is(made: Made, tmp_path: Path) -> None:
    sealed = tmp_path / "x.age"
    assert made.room.seal(made.testimony, "--whole", "-o", tmp_path / "sealed").status == 0
    (tmp_path / "sealed").rename(sealed) if (tmp_path / "sealed").is_file() else next(
        (tmp_path / "sealed").iterdir()
    ).rename(sealed)

    done = house.run("sheet", sealed, "-o", tmp_path / "x.pdf", "--png", tmp_path / "png", "--parts", "7")
    assert done.status == 0, done.err
    read = house.run("sheet", "--read", tmp_path / "png", "-o", tmp_path / "in")
    assert read.status == 0, read.err
    assert house.run("join", tmp_path / "in", "-o", tmp_path / "y.age").status == 0
    assert (tmp_path / "y.age").read_bytes() == sealed.read_bytes()
    assert {len(path.read_bytes()) % part.PAPER for path in (tmp_path / "in").iterdir()} == {0}
