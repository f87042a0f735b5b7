"""
The reader's pages in Debian's Chromium, opened from a folder: axe-core judges them, and so do narrow windows,
a keyboard, a browser without script, and paper. One browser serves all the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.wire import pages
from tests import tools
from tests.interop.axe import faults
from tests.interop.fieldpage import ARGUMENTS, PATIENCE, watch
from tools import sample_site


STORY, ARABIC = "stories/how-many-died/index.html", "stories/how-many-died-ar/index.html"
FRONT, ABOUT = "index.html", "about/index.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for path, raw in [*pages.write(sample_site.make()), *sample_site.pictures().items()]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.need("chromium"), args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, site):
    """Open a page of the site in a browser of its own; what it asked for and complained of stands beside it."""
    contexts = []

    def opened(path: str, *, width: int = 1280, context=None, **options):
        context = context or browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto((site / path).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("path", [STORY, ARABIC])
def test_axe_finds_nothing_in_a_story(visit, path):
    """At both widths, light and dark; then in high contrast at the largest size with the settings open."""
    page = visit(path, bypass_csp=True)
    page.evaluate("document.querySelectorAll('.note details').forEach(each => { each.open = true })")
    for width, colours in ((1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=colours)
        assert faults(page) == [], (width, colours)
    page.click(".size-200")
    page.click(".settings summary")
    page.check("input[value=high]")
    page.check("input[value=wide]")
    assert faults(page) == []


def test_axe_finds_nothing_on_the_other_pages(visit):
    for path, width, colours in (
        (FRONT, 1280, "light"),
        ("ar/index.html", 320, "dark"),
        (ABOUT, 320, "light"),
        ("ar/about/index.html", 1280, "dark"),
        ("stories/gone/index.html", 320, "dark"),
    ):
        assert faults(visit(path, width=width, color_scheme=colours, bypass_csp=True)) == [], path


def test_a_page_asks_only_for_files_beside_it_and_its_policy_stops_nothing_of_its_own(visit, site):
    for path in (STORY, ARABIC, FRONT, ABOUT):
        page = visit(path)
        page.wait_for_load_state("load")
        assert page.complaints == []
        assert {(site / f"assets/reader.{kind}").as_uri() for kind in ("css", "js")} <= set(page.asked)
        assert [url for url in page.asked if not url.startswith(f"{site.as_uri()}/")] == []


def test_the_policy_stops_what_is_not_the_pages_own(visit):
    page = visit(STORY)

    page.evaluate(
        "() => { const made = document.createElement('script'); made.textContent = 'window.ran = 1'; document.head.append(made);"
        " const image = new Image(); image.src = 'https://example.org/x.png'; document.body.append(image) }"
    )
    while len(page.complaints) < 2:
        page.wait_for_timeout(50)

    assert page.evaluate("window.ran") is None
    assert len(page.complaints) == 2
    assert all("Content Security Policy" in complaint for complaint in page.complaints)


def test_nothing_needs_a_sideways_scroll_at_320_pixels_and_the_largest_text(visit):
    for path in (STORY, ARABIC, FRONT, ABOUT, "ar/about/index.html"):
        page = visit(path, width=320)
        assert overflow(page) <= 0, path
        page.click(".size-200")
        page.click(".settings summary")
        page.check("input[value=wide]")
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert overflow(page) <= 0, path
        panel = page.locator(".panel").bounding_box()
        assert panel["x"] >= 0, path
        assert panel["x"] + panel["width"] <= 320, path


def test_without_script_everything_can_be_read_and_no_control_is_shown(visit):
    page = visit(STORY, width=320, java_script_enabled=False)

    assert not page.locator(".controls").is_visible()
    page.locator(".note summary").first.click()
    assert page.locator(".note li", has_text="Human Rights Watch").first.is_visible()
    assert page.locator("h1").is_visible()
    page.click("a.figure >> nth=0")
    assert page.url.endswith("#figure-killed")
    assert page.locator("#figure-killed").is_visible()
    assert page.locator("#measure-1 tbody tr").count() == 9
    assert page.locator("text=who made the picture is protected").first.is_visible()


def test_settings_work_from_a_folder_and_last_from_page_to_page(browser, visit):
    context = browser.new_context()
    first = visit(STORY, context=context)
    first.click(".size-150")
    first.click(".settings summary")
    first.check("input[value=dark]")

    second = visit(FRONT, context=context)

    root = second.locator("html")
    assert root.get_attribute("data-size") == "150"
    assert root.get_attribute("data-contrast") == "dark"
    assert second.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert second.locator(".size-150").get_attribute("aria-pressed") == "true"
    assert second.locator("input[value=dark]").is_checked()
    second.click(".size-100")
    assert root.get_attribute("data-size") is None


def test_settings_that_cannot_be_kept_still_work_on_the_page(browser, visit):
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('shut') }})")
    page = visit(STORY, context=context)

    page.click(".size-200")

    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.complaints == []


def test_the_keyboard_reaches_the_text_and_every_control_and_shows_where_it_is(visit):
    page = visit(STORY)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["height"] > 24
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className || document.activeElement.tagName"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached[-6:-1] == ["size-100", "size-125", "size-150", "size-200", "SUMMARY"]
    page.focus(".size-200")
    page.keyboard.press("Enter")
    assert page.locator("html").get_attribute("data-size") == "200"
    page.focus(".settings summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("html").get_attribute("data-contrast") == "light"
    page.keyboard.press("Escape")
    assert not page.locator(".panel").is_visible()


def test_targets_are_large_enough_for_an_unsteady_hand(visit):
    page = visit(STORY, width=320)
    page.click(".settings summary")
    for target in page.locator(".bar a, .bar button, .bar summary, .bar label, .foot li a").all():
        box = target.bounding_box()
        assert box["height"] >= 24
        assert box["width"] >= 24


def test_on_paper_there_are_no_controls_and_addresses_are_written_out(visit):
    page = visit(STORY)
    page.click(".size-200")
    page.emulate_media(media="print")

    for gone in (".controls", ".bar", ".skip", ".note .up"):
        assert not page.locator(gone).first.is_visible()
    written = page.evaluate("getComputedStyle(document.querySelector('#measure-1 a.outside'), '::after').content")
    assert "https://special.azertag.az/en/xeber/3379539" in written
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") < 16
    assert page.locator("table").first.is_visible()
    assert page.locator(".note details li").first.bounding_box()["height"] > 0


def test_notes_stand_beside_the_text_on_a_wide_page_and_after_it_on_a_narrow_one(visit):
    for path, side in ((STORY, 1), (ARABIC, -1)):
        page = visit(path)
        text, note = (page.locator(each).first.bounding_box() for each in (".body .prose", ".body .notes"))
        assert (note["x"] - text["x"]) * side > 0
        assert abs(note["y"] - text["y"]) < 20
        page.set_viewport_size({"width": 320, "height": 800})
        text, note = (page.locator(each).first.bounding_box() for each in (".body .prose", ".body .notes"))
        assert note["y"] >= text["y"] + text["height"]
