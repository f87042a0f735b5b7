"""Browsers, newsrooms and Node for the tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tools
from tests.interop import jsrecord
from tests.interop.fieldpage import ARGUMENTS, NO_PICKER, PATIENCE, watch
from tests.scripts import house


@pytest.fixture
def node(tmp_path):
    """Ask the check page's modules, without a browser."""
    return lambda *jobs: jsrecord.ask(tmp_path, jobs)


@pytest.fixture(scope="module")
def player() -> Iterator:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(player) -> Iterator:
    browser = player.chromium.launch(executable_path=tools.need("chromium"), args=ARGUMENTS, timeout=PATIENCE)
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
        page.goto(path.as_uri())
        if confirm:
            page.check("#card-same")
        return page

    yield opened
    for context in contexts:
        context.close()
