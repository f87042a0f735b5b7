"""The verifier page for people: axe-core judges it in eight languages and on narrow windows; what it lacks, it says."""

from __future__ import annotations

import json
import re

from pathlib import Path

import pytest

from tests import tools
from tests.interop import checkpage
from tests.interop.axe import faults
from tests.interop.test_browser import overflow


TEXTS = (tools.ROOT / "src/tamizdat/wire/texts/check", tools.ROOT / "page/check/texts")
LANGUAGES = ("en", "ar", "az", "fa", "fr", "ru", "uk", "zh")


@pytest.fixture
def html(tmp_path) -> Path:
    path = tmp_path / "check.html"
    path.write_bytes(checkpage.template())
    return path


@pytest.mark.parametrize("folder", TEXTS, ids=["findings", "page"])
def test_every_language_has_every_sentence_with_the_same_values(folder):
    texts = {code: json.loads((folder / f"{code}.json").read_bytes()) for code in LANGUAGES}

    for code, sentences in texts.items():
        assert list(sentences) == list(texts["en"]), code
        for key, sentence in sentences.items():
            assert sorted(re.findall(r"\{\w+\}", sentence)) == sorted(re.findall(r"\{\w+\}", texts["en"][key])), key
            assert sentence or key == "translated"


def test_axe_finds_nothing_in_any_language_and_nothing_is_wider_than_the_window(browser, html, tmp_path):
    good, bad = checkpage.files(tmp_path, "good")[0], checkpage.files(tmp_path, "pixel")[0]
    with checkpage.chromium(browser, html, bypass_csp=True, viewport={"width": 320, "height": 700}) as reader:
        page = reader.driver
        assert faults(page) == []
        for number, code in enumerate(LANGUAGES):
            page.select_option("#language", code)
            page.emulate_media(color_scheme="dark" if number % 2 else "light")
            reader.give(bad if number % 3 else good)
            assert faults(page) == [], code
            assert overflow(page) == 0, code
            assert page.evaluate("document.documentElement.dir") == ("rtl" if code in {"ar", "fa"} else "ltr")
            assert page.evaluate("document.documentElement.lang") == code
            assert not re.search(r"\{\w+\}|undefined|M11", page.inner_text("main")), code
        reader.give(checkpage.files(tmp_path, "text")[0])
        assert faults(page) == []


def test_the_page_opens_in_the_browsers_language(browser, html):
    for wished, spoken in (("fa-IR", "fa"), ("uk", "uk"), ("zh-TW", "zh"), ("de", "en")):
        with checkpage.chromium(browser, html, locale=wished) as reader:
            assert reader.run("document.documentElement.lang") == spoken


def test_a_keyboard_is_enough(browser, html, tmp_path):
    with checkpage.chromium(browser, html) as reader:
        page = reader.driver
        reached = []
        for _ in range(3):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
        assert reached == ["language", "files", "folder"]
        reader.give(checkpage.files(tmp_path, "good")[0])
        assert page.evaluate("document.activeElement.id") == "verdict"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") in {"words-text", "words-go"}


def test_a_browser_without_what_is_needed_is_told_so_and_one_without_threads_checks_all_the_same(
    browser, html, tmp_path
):
    given = checkpage.files(tmp_path, "good")[0]
    with checkpage.chromium(browser, html, "delete window.Worker; delete window.WebAssembly;") as reader:
        reader.driver.set_input_files("#files", given)
        assert "WebAssembly" in reader.wait("document.getElementById('failed').innerText")
    with checkpage.chromium(browser, html, "delete window.Worker;") as reader:
        assert ["proven", "unchanged-since"] in reader.give(given)
        reader.quiet()


def test_a_picture_and_its_proof_may_come_one_after_the_other(browser, html, tmp_path):
    picture, beside = checkpage.files(tmp_path, "good")[0]
    with checkpage.chromium(browser, html) as reader:
        reader.driver.set_input_files("#files", [beside])
        assert "Choose the picture too" in reader.wait("document.getElementById('note').innerText")
        assert ["proven", "unchanged-since"] in reader.give([picture])
        assert reader.give([picture]) == []
        assert "No proof is inside" in reader.text("#note")
        assert ["proven", "unchanged-since"] in reader.give([beside])
