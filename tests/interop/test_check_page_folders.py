"""
A whole edition given to the verifier page as a folder, from file://, in Debian's Chromium and Firefox: a mirror that drops, alters, adds
or rolls back a file is named in words, and no browser asks anybody for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest

from tamizdat.adapters.memory import Memory
from tests.interop import firefox
from tests.interop.fieldpage import watch
from tests.interop.jsrecord import kept
from tests.wire import test_verify_proofs
from tests.wire.editions import Room, copy


FINDINGS = """Array.from(document.querySelectorAll("#result:not([hidden]) #findings li"), (one) => [one.dataset.code, one.innerText])"""


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "check.html"
    path.write_bytes(resources.files("tamizdat.wire").joinpath("assets/check.html").read_bytes())
    return path


@pytest.fixture(scope="module")
def fox() -> Iterator[firefox.Firefox]:
    with firefox.running() as browser:
        yield browser


class Fox:
    """The page in Firefox."""

    def __init__(self, browser: firefox.Firefox, page: Path) -> None:
        self.browser = browser
        browser.open(page)

    def give(self, folder: Path, selector: str = "#folder") -> dict[str, str]:
        self.browser.run("document.querySelector('#findings').replaceChildren()")
        self.browser.set_folder(selector, folder)
        return dict(self.browser.wait(f"(() => {{ const all = {FINDINGS}; return all.length && all; }})()"))

    def verdict(self) -> str:
        return self.browser.text("#verdict")

    def quiet(self) -> None:
        assert self.browser.network() == []
        assert self.browser.complaints == []


class Chrome:
    """The page in Chromium."""

    def __init__(self, browser, path: Path) -> None:
        self.context = browser.new_context(offline=True)
        self.page = self.context.new_page()
        self.path = path
        watch(self.page)
        self.page.goto(path.as_uri())

    def give(self, folder: Path, selector: str = "#folder") -> dict[str, str]:
        self.page.evaluate("document.querySelector('#findings').replaceChildren()")
        self.page.set_input_files(selector, folder)
        self.page.wait_for_selector("#result:not([hidden]) #findings li")
        return dict(self.page.evaluate(FINDINGS))

    def drop(self, folder: Path) -> dict[str, str]:
        """Drop a folder as a hand does: the browser's own events, with a real folder in them."""
        self.page.evaluate("document.querySelector('#findings').replaceChildren()")
        session = self.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 100, "y": 200, "data": data})
        self.page.wait_for_selector("#result:not([hidden]) #findings li")
        return dict(self.page.evaluate(FINDINGS))

    def verdict(self) -> str:
        return self.page.inner_text("#verdict")

    def quiet(self) -> None:
        assert self.page.complaints == []
        assert [url for url in self.page.asked if not url.startswith("blob:")] == [self.path.as_uri()]
        self.context.close()


@pytest.fixture(params=["chromium", "firefox"])
def page(request, template) -> Iterator[Fox | Chrome]:
    if request.param == "firefox":
        made: Fox | Chrome = Fox(request.getfixturevalue("fox"), template)
    else:
        made = Chrome(request.getfixturevalue("browser"), template)
    yield made
    made.quiet()


@pytest.fixture(scope="module")
def editions() -> tuple[Memory, Memory]:
    """Two editions of one newsroom, the second with a picture that can be proven."""
    room = Room()
    room.batches(3)
    first = room.publish()
    room.batches(300)
    pictures = {"media/a.jpg": test_verify_proofs.redacted()[1].file, "media/a.jpg.proof": test_verify_proofs.proof()}
    return first, room.publish(pictures)


def _rolled_back(store: Memory, older: Memory) -> None:
    for name in [name for name in store.values if name.startswith("log/")]:
        store.drop(name)
    store.values.update({name: raw for name, raw in older.values.items() if name.startswith("log/")})


MIRRORS: dict[str, tuple[Callable[[Memory, Memory], object], str, str]] = {
    "drops a file": (
        lambda store, _: store.drop("stories/bridge/index.html"),
        "edition-missing",
        "stories/bridge/index.html: this file is on the signed list, and missing.",
    ),
    "alters a file": (
        lambda store, _: store.values.update({"index.html": b"<p>home!</p>"}),
        "edition-altered",
        "index.html: this file was altered.",
    ),
    "adds a file": (
        lambda store, _: store.values.update({"stories/new/index.html": b"x"}),
        "edition-added",
        "stories/new/index.html: somebody added this file; the newsroom did not sign it.",
    ),
    "rolls the record back": (_rolled_back, "edition-rolled-back", "The public record here was cut back"),
    "drops the list": (
        lambda store, _: store.drop("edition.txt"),
        "edition-no-list",
        "The signed list of files is missing (edition.txt).",
    ),
}


def test_a_whole_edition_is_told_and_each_mirror_that_changed_it_is_named(page, editions, tmp_path):
    first, second = editions
    kept(tmp_path / "whole", second)

    said = page.give(tmp_path / "whole")

    assert "Who signed it, only the 12 words of the card can tell you" in page.verdict()
    assert "9 of 9" in said["edition-files-same"]
    assert "in line 304 (counted from 0) of 305" in said["edition-on-record"]
    assert "(of kind “key”): 303; the newest is line 303 (counted from 0)" in said["edition-keys"]
    assert "media/a.jpg: what is shown of this picture is unchanged" in said["edition-picture-stated"]
    for name, (change, code, words) in MIRRORS.items():
        mirror = copy(second)
        change(mirror, first)
        kept(tmp_path / name, mirror)
        said = page.give(tmp_path / name)
        assert words in said[code], name
        assert "Something is wrong with this copy of the edition." in page.verdict()


def test_an_older_copy_shows_what_was_taken_back_and_two_records_that_contradict_each_other(page, editions, tmp_path):
    first, second = editions
    twin = Room(Memory(), 1)
    twin.log.values = {name.removeprefix("log/"): raw for name, raw in first.values.items() if name.startswith("log/")}
    forked = twin.publish()
    for name, store in (("first", first), ("second", second), ("forked", forked)):
        kept(tmp_path / name, store)

    page.give(tmp_path / "second")
    continued = page.give(tmp_path / "first", "#older-folder")
    contradicted = page.give(tmp_path / "forked", "#older-folder")

    assert "nothing that it holds was changed or taken out" in continued["edition-against-older"]
    assert "The newsroom signed two public records that contradict each other" in contradicted["against-fork"]


def test_a_folder_can_be_dropped_on_the_page(browser, template, editions, tmp_path):
    page = Chrome(browser, template)
    spoilt = copy(editions[1])
    spoilt.drop("media/a.jpg")
    kept(tmp_path / "mirrors/one", spoilt)

    (tmp_path / "mirrors/index.html").write_bytes(b"not looked at")

    said = page.drop(tmp_path / "mirrors")

    assert "outside of the folder mirrors/one/, which was checked" in said["edition-around"]
    assert said["edition-missing"].startswith("media/a.jpg: this file is on the signed list, and missing.")
    page.quiet()
