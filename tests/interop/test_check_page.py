"""
The verifier page: its modules in node, the built page in Debian's Chromium and Firefox, from a file, with the network cut.

The JavaScript and the Python were written apart from the same specifications; the same vectors judge both, code by code.
"""

from __future__ import annotations

import json
import subprocess

from collections.abc import Iterator

import pytest

from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import stamp
from tamizdat.redaction import commitment, png, text, verify
from tamizdat.wire import checking
from tests import tools, vectors
from tests.interop import checkpage, firefox
from tests.interop.checkpage import SIDECARS, Reader, template
from tools.vectors import newsroom as made
from tools.vectors import redaction as drawn


TRIED = (
    *("good", "good-desk", "whole", "crop", "text", "embedded", "pixel", "title", "behind", "drawing", "root", "entry"),
    *("quorum", "stranger", "witness-forged", "stamp-only", "stamp-false", "waiting", "proof-torn", "no-picture"),
)
# Where the hidden part lies on the screen, in pixels of the picture, and how large the browser made the picture.
HIDDEN = """() => {
  const [svg, path, image] = ["svg", "path:last-child", "img"].map((one) => document.querySelector(`#frame ${one}`));
  if (!path) return false;
  const [frame, view, part] = [svg.getBoundingClientRect(), svg.viewBox.baseVal, path.getBoundingClientRect()];
  const scale = Math.min(frame.width / view.width, frame.height / view.height);
  const [x, y] = [frame.left + (frame.width - view.width * scale) / 2, frame.top + (frame.height - view.height * scale) / 2];
  const place = [part.left - x, part.top - y, part.right - x, part.bottom - y].map((one) => one / scale);
  return [...place, view.width, view.height, image ? image.naturalWidth : view.width];
}"""


def page(*jobs: dict[str, object]) -> list[dict]:
    """Let the page's own modules do the jobs."""
    tools.node_module("@noble/post-quantum")
    script = tools.ROOT / "tests/interop/check.mjs"
    given = json.dumps(jobs, default=str).encode()
    done = subprocess.run([tools.need("node"), script], input=given, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_the_page_in_the_package_is_what_the_sources_give(tmp_path):
    tools.node_module("esbuild")

    command = [tools.need("node"), tools.ROOT / "page/build.mjs", tmp_path / "field.html", tmp_path / "check.html"]
    subprocess.run(command, check=True, capture_output=True)

    assert (tmp_path / "check.html").read_bytes() == template()


def test_every_vector_of_a_redaction_is_judged_alike():
    verbs = {"jpeg": "picture", "png": "picture", "proof": "proof", "text": "proof"}
    cases = [case for case in vectors.load("redaction") if case.name.split("-")[0] in verbs]

    path = vectors.SPECS / "redaction"
    found = page(*({"verb": verbs[case.name.split("-")[0]], "path": path / f"{case.name}.vector"} for case in cases))

    assert {case.name: one.get("code", "whole") for case, one in zip(cases, found, strict=True)} == {
        case.name: case.expect for case in cases
    }


def test_a_text_may_be_as_long_with_its_bars_as_the_command_line_lets_it_be(tmp_path):
    """Of a text of the greatest length its last word is hidden, of another most; and one has a byte too many."""
    jobs = []
    for raw, hide, more in (
        (b"a " * 70_000 + b"a", range(70_000), b""),
        (b"b" * (text.MAX_LENGTH - 2) + b" a", [1], b""),
        (b"b" * (text.MAX_LENGTH - 2) + b" a", [1], b"\n"),
    ):
        made = text.redact(drawn.SEED, raw, [(0, index) for index in hide])
        root = commitment.commit(drawn.SEED, raw).root
        path = tmp_path / f"text-{len(jobs)}.vector"
        path.write_bytes(b"\n\n" + root + len(made.proof).to_bytes(4, "big") + made.proof + made.file + more)
        jobs.append({"verb": "proof", "path": path})

    found = page(*jobs)

    assert [one.get("words", one.get("code")) for one in found] == [70_000, 1, "text-bytes"]


def test_every_vector_of_a_sidecar_is_judged_alike():
    cases = vectors.load("sidecar")
    paths = [SIDECARS / f"{case.name}.vector" for case in cases]

    found = page(*({"verb": "sidecar", "path": path, "inside": path.name.startswith("picture")} for path in paths))

    assert {case.name: one.get("code", "whole") for case, one in zip(cases, found, strict=True)} == {
        case.name: case.expect for case in cases
    }


def test_every_check_finds_the_same_with_the_same_values():
    paths = sorted(SIDECARS.glob("*.json"))
    told = {path.stem: json.loads(path.read_bytes()) for path in paths}

    found = page(*({"verb": "check", "path": path} for path in paths))

    assert {path.stem: (one["verdict"], one["found"]) for path, one in zip(paths, found, strict=True)} == {
        name: (one["verdict"], one["expect"]) for name, one in told.items()
    }


def test_credentials_without_end_are_refused_by_both_readers(tmp_path):
    """Anybody's bytes may stand there, 16 MiB of them with their heads, and not one more."""
    case = next(one.file for one in vectors.load("redaction") if one.name == "proof-png-whole")
    length = 36 + int.from_bytes(case[32:36], "big")
    jobs, python = [], []
    for more in (0, 1):
        held = png.chunk("caBX", bytes(verify.MAX_CREDENTIALS - 12 + more))
        shown = case[length : length + 33] + held + case[length + 33 :]
        (tmp_path / f"{more}.vector").write_bytes(b"expect:\n\n" + case[:length] + shown)
        jobs.append({"verb": "proof", "path": tmp_path / f"{more}.vector"})
        try:
            python.append(str(verify.verify(shown, case[36:length], case[:32]).credentials))
        except TamizdatError as error:
            python.append(error.code)

    found = page(*jobs)

    assert python == [str(verify.MAX_CREDENTIALS), "redaction-segment"]
    assert [one.get("code", "whole") for one in found] == ["whole", "redaction-segment"]


def test_every_fixture_of_another_verifier_of_stamps_is_classified_as_python_does(tmp_path):
    jobs, expected = [], {}
    for path in sorted(tools.inputs("suites/record/rfc3161-client/test/fixtures").rglob("*.tsr")):
        chain, data = path.parent / "ts_chain.pem", tmp_path / f"{len(jobs)}.data"
        if b"BEGIN" not in chain.read_bytes():
            continue  # one of them is DER under the name of PEM
        payload = path.parent / "payload"
        data.write_bytes(payload.read_bytes() if payload.exists() else b"hello")
        jobs.append({"verb": "stamp", "path": path, "data": data, "roots": chain})
        try:
            told = stamp.verify(path.read_bytes(), data.read_bytes(), stamp.read_roots(chain.read_bytes()))
            expected[path.name] = (told.time, told.until)
        except TamizdatError as error:
            expected[path.name] = error.code

    found = page(*jobs)

    assert {
        job["path"].name: one.get("code") or (one["time"], one["until"]) for job, one in zip(jobs, found, strict=True)
    } == expected
    assert len(expected) > 6


@pytest.fixture(scope="module")
def fox() -> Iterator[firefox.Firefox]:
    with firefox.running() as driver:
        yield driver


@pytest.fixture(params=["chromium", "firefox"])
def reader(request, tmp_path) -> Iterator[Reader]:
    """The page in each browser, opened from a file with the network cut."""
    html = tmp_path / "check.html"
    html.write_bytes(template())
    driver = request.getfixturevalue("browser" if request.param == "chromium" else "fox")
    with (checkpage.chromium if request.param == "chromium" else checkpage.opened)(driver, html) as page:
        yield page
        page.quiet()


def test_both_browsers_find_what_the_vectors_say(reader, tmp_path):
    """One of each kind: node has judged all. The reader has no words from elsewhere; all else is as the vector has it."""
    for name in TRIED:
        given, told = checkpage.files(tmp_path, name)
        reader.run(f"Date.now = () => {told['now'] * 1000}")
        expected = [(kind, code) for kind, code, _ in told["expect"] if not code.startswith("card-")]

        found = [(kind, code) for kind, code in reader.give(given) if not code.startswith("card-")]

        assert sorted(found) == sorted(expected), name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("good", "unchanged since no later than November 26, 2026 at 00:30:00 UTC"),
        ("pixel", "What is shown was changed after it was committed to"),
        ("root", "The picture’s commitment is not the one".replace("’", "'")),
        ("witness-forged", "The signature of the outside witness"),
        ("quorum", "That enough outside witnesses saw it: 1 of those on the newsroom's card signed"),
        ("text-word", "What is shown of the text was changed"),
    ],
)
def test_what_is_wrong_is_said_in_words(reader, tmp_path, name, words):
    reader.give(checkpage.files(tmp_path, name)[0])

    assert words in reader.text("#findings")
    assert "limit" not in reader.text("#limits")
    assert "a forger can commit to a forgery" in reader.text("#result")


def test_the_words_that_a_reader_has_decide_whose_card_it_is(reader, tmp_path):
    assert ["unproven", "card-unknown"] in reader.give(checkpage.files(tmp_path, "good")[0])

    assert ["proven", "card-known"] in reader.say(" 1. ".join(made.WORDS.upper().split()))
    other = reader.say(" ".join(reversed(made.WORDS.split())))
    assert ["fault", "card-other"] in other
    assert [one for one in other if one[0] in {"proven", "stated"}] == []
    reader.run(
        "(document.getElementById('words-text').value = 'one tamizdat', document.getElementById('words').requestSubmit())"
    )
    assert "not on the list" in reader.wait("document.getElementById('failed').innerText")


def test_a_page_with_a_picture_inside_shows_the_verdict_when_it_is_opened(request, reader, tmp_path):
    (picture, beside), _ = checkpage.files(tmp_path, "good")
    html = tmp_path / "filled.html"
    html.write_bytes(checking.filled(picture.read_bytes(), beside.read_bytes(), "</script>.jpg"))
    reader.html = html

    if reader.name == "chromium":
        reader.driver.goto(html.as_uri())
        reader.driver.asked.clear()
    else:
        reader.driver.open(html)

    assert ["proven", "unchanged-since"] in reader.told()
    assert "</script>.jpg" in reader.wait("document.getElementById('caption').innerText")


def test_a_photograph_of_twelve_megapixels_is_checked(reader, tmp_path):
    raw = (tools.inputs("photos") / "MikeKovarik_exifr/IMG_20180725_163423.jpg").read_bytes()
    given, shown = checkpage.proven(tmp_path, "photo", raw, hide=[(1000, 800, 400, 400)], disclose=["date"])

    found = reader.give(given)

    assert ["proven", "unchanged-since"] in found
    assert ["proven", "hidden"] in found
    assert shown.width * shown.height > 12e6


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_picture_stands_upright_and_so_does_what_is_hidden(reader, tmp_path, kind):
    """The camera lay on its side: what is hidden at the upper left of the upright picture is shown there."""
    raw = drawn.original() if kind == "jpg" else vectors.read(vectors.SPECS / "redaction/png-whole.vector").file
    given, shown = checkpage.proven(tmp_path, "turned", raw, hide=[(2, 2, 6, 6)])
    assert [item.path for item in shown.shown] == ["exif:0/0112"]

    reader.give(given)

    left, top, right, bottom, *size = reader.wait(f"({HIDDEN})()")
    assert size[:2] == [shown.height, shown.width]  # turned by a quarter
    assert size[2] == shown.height
    assert [left, top] == pytest.approx([0, 0], abs=1)
    # In the picture as stored these are the last row of tiles, and in the larger one the one above it.
    assert [right, bottom] == pytest.approx([36 if kind == "jpg" else 8, 32], abs=1)
