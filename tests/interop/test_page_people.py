"""The field page for the one who uses it: for every eye, ear and hand, in words, and with nothing readable left behind."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tools
from tests.interop.axe import faults
from tests.interop.fieldpage import ARGUMENTS, NO_PICKER, PATIENCE, check_words, seal, watch
from tests.scripts import house


SOURCES = tools.ROOT / "page"


def keys(language: str) -> dict[str, set[str]]:
    """Give the places to be filled in, of each text of a language."""
    raw = (SOURCES / f"texts/{language}.js").read_text()
    found = re.findall(r'^  (?:"([^"]+)"|(\w+)):\s*"((?:[^"\\]|\\.)*)",$', raw, re.MULTILINE)
    return {quoted or plain: set(re.findall(r"\{(\w+)\}", text)) for quoted, plain, text in found}


def test_every_text_is_there_in_every_language_and_none_is_left_over():
    english = keys("en")
    code = "".join(path.read_text() for path in SOURCES.glob("*.js")) + (SOURCES / "page.html").read_text()
    asked = set(re.findall(r'(?:say|_say)\("([^"]+)"|data-t="([^"]+)"', code))
    used = {one or other for one, other in asked}

    assert used <= set(english)
    spare = {key for key in english if key not in used and not key.startswith("error.")}
    assert spare == {key for key in spare if f'"{key}"' in code or key in {"card.expired", "card.early"}}
    for path in (SOURCES / "texts").iterdir():
        assert keys(path.stem) == english, path.stem


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
    page.wait_for_selector("#card-show:not([hidden])")

    assert page.locator("#card-words li").all_inner_texts() == rooms[True].words.split()
    assert page.locator("#card-classical").is_visible()
    assert not page.locator("#after-card").is_visible()


def test_a_card_whose_time_is_over_is_sealed_for_only_when_somebody_says_so(visit, rooms, tmp_path):
    assert house.run("newsroom", "page", "--any", "-o", tmp_path / "page.html").status == 0
    page = visit(tmp_path / "page.html", confirm=False)
    page.evaluate("Date.now = () => 4e12")

    page.set_input_files("#card-file", rooms[False].card)
    page.check("#card-same")
    assert page.locator("#card-time").is_visible()
    assert not page.locator("#after-card").is_visible()
    page.check("#card-force")
    assert page.locator("#after-card").is_visible()
    page.click("#card-other")
    page.evaluate(f"Date.now = () => {int(time.time() * 1000)}")
    page.set_input_files("#card-file", rooms[False].card)
    page.wait_for_selector("#card-show:not([hidden])")
    assert not page.locator("#card-late").is_visible()


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
        start_new_session=True,
    )
    try:
        port = folder / "profile/DevToolsActivePort"
        while not (port.exists() and "\n" in port.read_text()):
            assert process.poll() is None, "Chromium ended"
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port.read_text().split()[0]}"
        browser = player.chromium.connect_over_cdp(address, timeout=PATIENCE)

        def close() -> None:
            browser.new_browser_cdp_session().send("Browser.close")
            end(process)

        yield browser, close
    finally:
        process.kill()
        end(process)


def end(process: subprocess.Popen) -> None:
    """Wait until it has ended; what it started and left running writes nothing any more."""
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, own_browser(player, Path(folder)) as (own, close):
        context = own.new_context() if private else own.contexts[0]
        context.add_init_script(NO_PICKER)
        page = context.new_page()
        watch(page)
        page.goto(place.as_uri())
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
