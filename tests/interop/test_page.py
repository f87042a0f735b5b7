"""
The field page in Debian's Chromium, from a file, with the network cut: what it seals opens with other people's tools and ours.

Not tried here: Firefox, Safari, a telephone, and the browser's own dialogs for choosing files and places.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.field import dossier
from tamizdat.newsroom import page as pages
from tamizdat.primitives import words
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.errors import TamizdatError
from tests import tools
from tests.scripts import house


ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NO_PICKER = "delete window.showSaveFilePicker"
# A place to write to that lies in the page: the browser's own dialog cannot be worked by a test.
PICKER = """
window.places = [];
window.showSaveFilePicker = async ({ suggestedName }) => {
  const place = { name: suggestedName, pieces: [], closed: false, aborted: false };
  window.places.push(place);
  place.isSameEntry = async (other) => other === place;
  place.createWritable = async () => ({
    write: async (piece) => void place.pieces.push(piece),
    close: async () => void (place.closed = true),
    abort: async () => void (place.aborted = true),
  });
  return place;
};
"""
READ_PLACES = """
async () => Promise.all(window.places.map(async (place) => {
  const bytes = new Uint8Array(await new Blob(place.pieces).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}))
"""


@pytest.fixture(scope="module")
def player() -> Iterator:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(player) -> Iterator:
    browser = player.chromium.launch(executable_path=tools.need("chromium"), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def rooms(tmp_path_factory) -> dict[bool, house.Room]:
    """A newsroom of each kind, with its page as the command writes it."""
    made = {}
    for classical in (False, True):
        made[classical] = room = house.make(tmp_path_factory.mktemp("room") / "room", classical=classical)
        done = house.run("newsroom", "page", "-o", room.path / "page.html", "--newsroom", room.path)
        assert done.status == 0, done.err
        assert room.words in done.err
    return made


@pytest.fixture
def visit(browser):
    """Open a page with the network cut; what it asked for and complained of stands beside it."""
    contexts = []

    def opened(path: Path, *, script: str = NO_PICKER, width: int = 1280, confirm: bool = True, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, **options)
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        watch(page)
        page.goto(f"file://{path}")
        if confirm:
            page.check("#card-same")
        return page

    yield opened
    for context in contexts:
        context.close()


def watch(page) -> None:
    page.set_default_timeout(20_000)
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))


def seal(page, *, volumes: int = 1) -> list[list[bytes]]:
    """Seal, save every file that is offered, and give them, volume by volume."""
    saved = []
    page.click("#seal")
    for _ in range(volumes):
        page.wait_for_selector("#offer:not([hidden]) #offer-list a")
        volume = []
        for link in page.locator("#offer-list a").all():
            with page.expect_download() as download:
                link.click()
            assert re.fullmatch(r"[0-9a-f]{12}", download.value.suggested_filename)
            volume.append(Path(download.value.path()).read_bytes())
        saved.append(volume)
        page.click("#offer-done")
    page.wait_for_selector("#done:not([hidden])")
    assert page.complaints == []
    # Its worker is this very script; nothing else is ever asked for.
    assert [url for url in page.asked if not url.startswith(("file://", "blob:"))] == []
    assert len([url for url in page.asked if url.startswith("file:")]) == 1
    return saved


def opened(room: house.Room, sealed: bytes) -> tuple[dossier.Opened, dict[str, bytes]]:
    """Open a sealed file with the newsroom's key."""
    found = {}
    plain = age.open_(sealed, recipients.read_identity_file(room.identity))
    read = dossier.read(io.BytesIO(plain), lambda entry, body: found.update({entry.path: body.read()}))
    return read, {one.name.decode(): found[one.path] for one in read.objects}


def check_words(page) -> str:
    page.click("#save details summary")
    page.click("#words-show")
    return " ".join(page.locator("#check-words li").all_inner_texts())


def test_the_page_in_the_package_is_what_the_sources_give(tmp_path):
    """Nobody needs node to use it, and anybody can build it anew: the same bytes, and never more than 200 kB."""
    tools.node_module("esbuild")

    subprocess.run([tools.need("node"), tools.ROOT / "page/build.mjs", tmp_path / "page.html"], check=True)

    assert (tmp_path / "page.html").read_bytes() == pages.template()
    assert len(pages.template()) <= 200_000


def test_a_newsrooms_page_differs_from_any_others_in_its_card_only(rooms):
    raw = rooms[False].card.read_bytes()

    written = pages.write(raw)

    encoded = base64.b64encode(raw)
    assert written.replace(encoded, b"") == pages.template()
    assert (rooms[False].path / "page.html").read_bytes() == written
    with pytest.raises(TamizdatError, match="card"):
        pages.write(raw.replace(b"need: 3", b"need: 2"))


def test_a_folder_of_photographs_opens_with_age_tar_and_bagit(visit, rooms, tmp_path):
    """A classical card; none of our code opens it."""
    folder = tools.inputs("photos")
    page = visit(rooms[True].path / "page.html")
    page.set_input_files("#folder-pick", folder)
    page.fill("#note", "Seen from the window: 🕊 شاهدت")
    page.check("input[value=whole]")

    ((sealed,),) = seal(page)

    (tmp_path / "x.age").write_bytes(sealed)
    (tmp_path / "key").write_text(rooms[True].identity)
    script = f"set -o pipefail; {tools.need('age')} -d -i key x.age | tar x"
    subprocess.run([tools.need("bash"), "-c", script], cwd=tmp_path, check=True, timeout=60)
    bagit = Path(sys.executable).parent / "bagit.py"
    subprocess.run([sys.executable, bagit, "--validate", "--quiet", "dossier"], cwd=tmp_path, check=True, timeout=60)
    listing = json.loads((tmp_path / "dossier/tamizdat/objects.json").read_bytes())
    found = {one["name"]: (tmp_path / "dossier" / one["path"]).read_bytes() for one in listing["files"]}
    assert found.pop("note.txt").decode() == "Seen from the window: 🕊 شاهدت"
    real = {str(path.relative_to(folder.parent)): path for path in folder.rglob("*") if path.is_file()}
    assert found == {name: path.read_bytes() for name, path in real.items()}
    assert len(found) > 10


def test_parts_are_joined_and_received_and_the_check_words_are_the_newsrooms(visit, rooms, tmp_path):
    """A post-quantum card; two of five parts are lost, one is damaged elsewhere than another."""
    photos = [path for path in tools.inputs("photos").rglob("*.jpg") if path.is_file()][:9]
    room = house.make(tmp_path / "room")
    (tmp_path / "page.html").write_bytes(pages.write(room.card.read_bytes()))
    page = visit(tmp_path / "page.html")
    page.set_input_files("#files-pick", photos[:5])
    page.set_input_files("#files-pick", photos[5:])

    (parts,) = seal(page)

    lost, *kept = parts[1:]
    kept[0] = kept[0][:5000] + bytes(3000) + kept[0][8000:]
    for number, raw in enumerate([parts[0], *kept]):
        (tmp_path / f"{number}").write_bytes(raw)
    done = house.run("join", *(tmp_path / str(number) for number in range(4)), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert room.receive(tmp_path / "x.age").report[:2] == (len(photos), len({p.read_bytes() for p in photos}))
    found, files = opened(room, (tmp_path / "x.age").read_bytes())
    assert sorted(files.values()) == sorted(path.read_bytes() for path in photos)
    assert check_words(page) == " ".join(words.check_words(found.announcement))
    assert len({len(part) for part in parts}) == 1
    assert len(lost) == len(parts[0])


def test_with_little_memory_it_goes_volume_by_volume(visit, rooms, tmp_path):
    """No file is larger than was asked for; the next volume waits until this one is saved."""
    data = os.urandom(5_000_000)
    page = visit(rooms[False].path / "page.html")
    page.set_input_files("#files-pick", {"name": "film.mp4", "mimeType": "", "buffer": data})
    page.select_option("#limit", "1000000")
    page.fill("#total", "4")
    page.fill("#need", "3")
    page.locator("#need").blur()

    volumes = seal(page, volumes=2)

    assert all(len(part) <= 1_000_000 for volume in volumes for part in volume)
    kept = [part for number, volume in enumerate(volumes) for index, part in enumerate(volume) if index != number]
    for number, raw in enumerate(kept):
        (tmp_path / f"{number}").write_bytes(raw)
    done = house.run("join", *(tmp_path / str(number) for number in range(len(kept))), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert opened(rooms[False], (tmp_path / "x.age").read_bytes())[1] == {"film.mp4": data}


def test_parts_are_written_straight_to_the_places_that_were_chosen(visit, rooms, tmp_path):
    page = visit(rooms[False].path / "page.html", script=PICKER)
    page.fill("#note", "only words")
    assert page.locator("#seal").is_disabled()
    for number in range(5):
        page.locator("#places-list button").nth(number).click()

    page.click("#seal")
    page.wait_for_selector("#done:not([hidden])")

    parts = [base64.b64decode(part) for part in page.evaluate(READ_PLACES)]
    assert page.evaluate("places.every((place) => place.closed && !place.aborted)")
    for number in (1, 2, 4):
        (tmp_path / f"{number}").write_bytes(parts[number])
    done = house.run("join", *(tmp_path / str(number) for number in (1, 2, 4)), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert opened(rooms[False], (tmp_path / "x.age").read_bytes())[1] == {"note.txt": b"only words"}


def test_it_can_be_stopped_and_a_file_that_vanishes_is_named(visit, rooms, tmp_path):
    """Stopped: nothing is kept. A file that cannot be read: the others are sealed, and it is said which is not in it."""
    page = visit(rooms[False].path / "page.html", script=PICKER + "window.hold = true;")
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(b"g" * 100_000)
    page.set_input_files("#files-pick", gone)
    page.fill("#note", "words")
    page.check("input[value=whole]")
    page.click("#places-list button")
    gone.unlink()

    page.click("#seal")
    page.wait_for_selector("#done:not([hidden])")

    assert page.locator("#left-list li").all_inner_texts() == ["gone.jpg"]
    sealed = base64.b64decode(page.evaluate(READ_PLACES)[0])
    found, files = opened(rooms[False], sealed)
    assert files == {"note.txt": b"words"}
    assert [one.name for one in found.left_out] == [b"gone.jpg"]
    page = visit(rooms[False].path / "page.html")
    page.set_input_files("#files-pick", {"name": "film.mp4", "mimeType": "", "buffer": bytes(3_000_000)})
    page.select_option("#limit", "1000000")
    page.click("#seal")
    page.wait_for_selector("#offer:not([hidden])")
    page.click("#cancel")
    page.wait_for_selector("#working", state="hidden")
    assert "Stopped" in page.locator("#stage").inner_text()
    assert not page.locator("#save").is_visible()
    assert page.locator("#seal").is_enabled()


def test_it_works_without_webcrypto_webassembly_and_workers(visit, rooms):
    """Plain JavaScript does all of it: an older browser, a page over plain http on a local address, a strict policy."""
    bare = "delete window.Worker; delete window.WebAssembly; Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined});"
    data = os.urandom(300_000)
    page = visit(rooms[False].path / "page.html", script=NO_PICKER + ";" + bare)
    page.set_input_files("#files-pick", {"name": "a.bin", "mimeType": "", "buffer": data})
    page.check("input[value=whole]")

    ((sealed,),) = seal(page)

    assert page.evaluate(
        "[typeof Worker, typeof WebAssembly, typeof crypto.subtle].every((one) => one === 'undefined')"
    )
    assert opened(rooms[False], sealed)[1] == {"a.bin": data}


def test_a_card_is_chosen_or_pasted_and_a_false_one_is_refused_in_words(visit, rooms, tmp_path):
    assert house.run("newsroom", "page", "--any", "-o", tmp_path / "page.html").status == 0
    page = visit(tmp_path / "page.html", confirm=False)
    raw = rooms[False].card.read_text()

    page.fill("#card-text", raw.replace("need: 3", "need: 2"))
    page.click("#card-read")
    assert "altered or damaged" in page.locator("#failed").inner_text()
    page.fill("#card-text", "\n " + raw.replace("\n", "\r\n") + " ")
    page.click("#card-read")
    assert page.locator("#card-words li").all_inner_texts() == rooms[False].words.split()
    assert not page.locator("#failed").is_visible()
    page.click("#card-other")
    page.set_input_files("#card-file", rooms[True].card)

    assert page.locator("#card-words li").all_inner_texts() == rooms[True].words.split()
    assert page.locator("#card-classical").is_visible()
    assert not page.locator("#after-card").is_visible()


def test_a_courier_puts_parts_together_on_the_page(visit, rooms):
    page = visit(rooms[False].path / "page.html")
    page.fill("#note", "words")
    (parts,) = seal(page)
    page.click("#join summary")

    def offer(chosen: list[bytes]) -> None:
        given = [{"name": f"{number}", "mimeType": "", "buffer": raw} for number, raw in enumerate(chosen)]
        page.set_input_files("#join-pick", given)

    offer(parts[:2])
    page.wait_for_selector("text=1 more of the parts")
    offer([parts[4], parts[1][:9000], parts[3], parts[2]])
    with page.expect_download() as download:
        page.click("#join-list a")

    assert opened(rooms[False], Path(download.value.path()).read_bytes())[1] == {"note.txt": b"words"}


def faults(page) -> list[str]:
    """Let axe-core judge a page."""
    if not page.evaluate("Boolean(window.axe)"):
        page.add_script_tag(path=tools.node_module("axe-core") / "axe.min.js")
    found = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_at_any_step_and_nothing_needs_a_sideways_scroll(visit, rooms, language):
    """Narrow and wide, light and dark, all that can be opened open; at 320 pixels also with letters twice as large."""
    page = visit(rooms[True].path / "page.html", bypass_csp=True, width=320)
    page.select_option("#language", language)
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")

    def judge(step: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        for width, colours in ((320, "dark"), (1280, "light")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=colours)
            assert faults(page) == [], (step, width, colours)
        page.set_viewport_size({"width": 320, "height": 800})
        for size in ("", "200%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (
                step
            )
        page.evaluate("document.documentElement.style.fontSize = ''")

    page.set_input_files("#files-pick", {"name": "w" * 90 + ".jpg", "mimeType": "", "buffer": b"x"})
    judge("begun")
    page.click("#seal")
    page.wait_for_selector("#offer:not([hidden])")
    judge("offered")
    page.click("#offer-done")
    page.wait_for_selector("#done:not([hidden])")
    page.click("#words-show")
    judge("done")


def test_it_can_be_worked_with_a_keyboard_alone(browser, visit, rooms):
    page = visit(rooms[False].path / "page.html", confirm=False)
    reached = []

    def tab(until: str, most: int = 30) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            here = page.evaluate("document.activeElement.id || document.activeElement.name")
            reached.append(here)
            if here == until:
                return
        raise AssertionError(f"{until} was not reached: {reached}")

    tab("card-same")
    page.keyboard.press("Space")
    tab("files-pick")
    tab("note")
    page.keyboard.type("words")
    tab("carry")
    page.keyboard.press("ArrowDown")
    tab("seal")
    page.keyboard.press("Enter")
    page.wait_for_selector("#offer:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "h-save"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.download").isalnum()
    tab("offer-done")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:not([hidden])")
    assert "folder-pick" in reached


@contextlib.contextmanager
def own_browser(player, folder: Path) -> Iterator:
    """A browser as a person has one, with a profile, a home and a place for temporary files of its own; closed as by hand."""
    for name in ("profile", "home", "tmp"):
        (folder / name).mkdir(parents=True)
    process = subprocess.Popen(
        [
            tools.need("chromium"),
            *ARGUMENTS,
            f"--user-data-dir={folder}/profile",
            "--remote-debugging-port=0",
            "about:blank",
        ],
        env={**os.environ, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = folder / "profile/DevToolsActivePort"
        for _ in range(300):
            if port.exists() and "\n" in port.read_text():
                break
            time.sleep(0.1)
        browser = player.chromium.connect_over_cdp(f"http://127.0.0.1:{port.read_text().split()[0]}")
        yield browser, lambda: (browser.new_browser_cdp_session().send("Browser.close"), process.wait(timeout=30))
    finally:
        process.kill()
        process.wait()


def traces(folder: Path, *markers: str) -> set[str]:
    """Say which markers lie anywhere in a folder, in any of the ways a browser writes text."""
    spelled = {
        marker: [marker.encode(), marker.encode("utf-16-le"), base64.b64encode(marker.encode())[3:-4]]
        for marker in markers
    }
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes() + str(path).encode()
            found |= {marker for marker, forms in spelled.items() if any(form in raw for form in forms)}
    return found


@pytest.mark.parametrize("private", [True, False], ids=["private window", "normal window"])
def test_nothing_readable_of_the_files_stays_when_the_browser_is_closed(player, rooms, tmp_path, private):
    """
    Neither a word of a file, nor of its name, nor of the note. In a normal window the history keeps where the page lay;
    in a private one not even that. (The browser's own dialogs for files keep their own lists: not tried here.)
    """
    name, word, note = "zqmarkername7431", "zqmarkerword9127", "zqmarkernote5566"
    (tmp_path / "pages").mkdir()
    place = tmp_path / "pages/zqmarkerpage3304.html"
    place.write_bytes((rooms[False].path / "page.html").read_bytes())
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / f"{name}.txt").write_text(f"{word} " * 50_000)

    # A short path: the browser's socket must fit one.
    with tempfile.TemporaryDirectory() as folder, own_browser(player, Path(folder)) as (own, close):
        context = own.new_context() if private else own.contexts[0]
        context.add_init_script(NO_PICKER)
        page = context.new_page()
        watch(page)
        page.goto(f"file://{place}")
        page.check("#card-same")
        page.set_input_files("#files-pick", tmp_path / "files" / f"{name}.txt")
        page.fill("#note", note)
        page.click("#files-details summary")
        (parts,) = seal(page)
        check_words(page)
        page.wait_for_timeout(1500)  # what a browser writes it writes after a while
        close()
        left = traces(Path(folder), name, word, note, "zqmarkerpage3304")

    assert len(parts) == 5
    assert left == (set() if private else {"zqmarkerpage3304"})
