"""
The verifier page: its modules in node, the built page in Debian's Chromium and Firefox, from a file, with the network cut.

The JavaScript and the Python were written apart from the same specifications; the same vectors judge both, code by code.
"""

from __future__ import annotations

import base64
import json
import subprocess

from importlib import resources

import pytest

from tests import tools, vectors
from tests.interop.fieldpage import watch


SIDECARS = vectors.SPECS / "sidecar"


def page(*jobs: dict[str, object]) -> list[dict]:
    """Let the page's own modules do the jobs."""
    tools.node_module("@noble/post-quantum")
    script = tools.ROOT / "tests/interop/check.mjs"
    given = json.dumps(jobs, default=str).encode()
    done = subprocess.run([tools.need("node"), script], input=given, capture_output=True, check=True)
    return json.loads(done.stdout)


def template() -> bytes:
    return resources.files("tamizdat.wire").joinpath("assets/check.html").read_bytes()


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


@pytest.fixture
def check(browser, tmp_path):
    """The page, opened with the network cut."""
    (tmp_path / "check.html").write_bytes(template())
    context = browser.new_context(offline=True)
    page = context.new_page()
    watch(page)
    page.goto(f"file://{tmp_path}/check.html")
    yield page
    assert page.complaints == []
    assert [url for url in page.asked if not url.startswith("blob:")] == [f"file://{tmp_path}/check.html"]
    context.close()


def give(page, folder, name: str) -> list[str]:
    """Give the page a vector's files; gives the codes of what it says."""
    told = json.loads((SIDECARS / f"{name}.json").read_bytes())
    (folder / "a.jpg").write_bytes(base64.b64decode(told["picture"]))
    files = [folder / "a.jpg"]
    if told["sidecar"] is not None:
        (folder / "a.jpg.proof").write_text(told["sidecar"])
        files.append(folder / "a.jpg.proof")
    page.set_input_files("#files", files)
    page.wait_for_selector("#result:not([hidden])")
    return [line.get_attribute("data-code") for line in page.locator("#findings li").all()]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("good", "unchanged-since", "unchanged since no later than"),
        ("pixel", "redaction-root", "changed after it was committed to"),
        ("root", "root-foreign", "not the one that stands on the public record"),
        ("quorum", "quorum-missing", "its rules ask for more"),
    ],
)
def test_chromium_says_in_words_what_was_found(check, tmp_path, name, code, words):
    codes = give(check, tmp_path, name)

    assert code in codes
    assert words in check.inner_text(f"#findings [data-code={code}]")
