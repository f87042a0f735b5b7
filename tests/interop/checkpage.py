"""What the tests of the verifier page share: one way to work it in Chromium and in Firefox, and pictures with whole proofs."""

from __future__ import annotations

import base64
import dataclasses
import json

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from tamizdat.redaction import commitment, picture
from tamizdat.wire import sidecar
from tests import vectors
from tests.interop import firefox
from tests.interop.fieldpage import watch
from tools.vectors import newsroom as made


SIDECARS = vectors.SPECS / "sidecar"
FOUND = (
    "Array.from(document.querySelectorAll('#findings li'),"
    " (one) => [one.closest('.kind').className.split(' ')[1], one.dataset.code])"
)
_TOLD = "!document.getElementById('result').hidden"


def template() -> bytes:
    return resources.files("tamizdat.wire").joinpath("assets/check.html").read_bytes()


def files(folder: Path, name: str) -> tuple[list[Path], dict[str, Any]]:
    """Write a vector's files; gives them, and what the vector says."""
    told = json.loads((SIDECARS / f"{name}.json").read_bytes())
    return put(folder, name, base64.b64decode(told["picture"]), told["sidecar"]), told


def proven(folder: Path, name: str, raw: bytes, **how: Any) -> tuple[list[Path], picture.Redacted]:
    """Redact a picture, and write it with a proof on the vectors' record."""
    root = commitment.commit(made.SEED, raw).root
    shown = picture.redact(made.SEED, raw, **how)
    changes = {"redaction": shown.proof, "root": root, "record": made.ground(root).record(*made.BOTH), "stamps": ()}
    proof = sidecar.write(made.signed(**changes)).decode()
    return put(folder, name, shown.file, proof), shown


def put(folder: Path, name: str, raw: bytes, proof: str | None) -> list[Path]:
    kind = "txt" if name.startswith("text") else "png" if raw.startswith(b"\x89PNG") else "jpg"
    written = [folder / f"{name}.{kind}"]
    written[0].write_bytes(raw)
    if proof is not None:
        written.append(folder / f"{name}.{kind}.proof")
        written[1].write_text(proof)
    return written


@dataclasses.dataclass
class Reader:
    """The page, in whichever browser."""

    name: str
    driver: Any
    html: Path

    def run(self, expression: str) -> Any:
        return self.driver.evaluate(expression) if self.name == "chromium" else self.driver.run(expression)

    def wait(self, expression: str) -> Any:
        if self.name == "firefox":
            return self.driver.wait(expression)
        looking = f"""new Promise((resolve) => {{
          const look = setInterval(() => {{ const it = {expression}; if (it) {{ clearInterval(look); resolve(it); }} }}, 20);
        }})"""
        return self.driver.evaluate(looking)

    def give(self, given: list[Path]) -> list[list[str]]:
        """Choose files, and give the kinds and codes of what the page says."""
        self.run("document.getElementById('result').hidden = true")
        if self.name == "chromium":
            self.driver.set_input_files("#files", given)
        else:
            self.driver.set_files("#files", *given)
        return self.told()

    def told(self) -> list[list[str]]:
        self.wait(_TOLD)
        return self.run(FOUND)

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector('{selector}').innerText")

    def say(self, words: str) -> list[list[str]]:
        """Type the 12 words, and let them be compared."""
        self.run("document.getElementById('result').hidden = true")
        self.run(
            f"(document.getElementById('words-text').value = {json.dumps(words)}, document.getElementById('words').requestSubmit())"
        )
        return self.told()

    def quiet(self) -> None:
        """Nothing was asked for but the page itself, and nothing complained."""
        asked = self.driver.network() if self.name == "firefox" else self.driver.asked
        own = self.html.as_uri()
        assert [url for url in asked if not url.startswith(("blob:", "data:")) and url != own] == []
        # A picture that is damaged on purpose is no fault of the page's.
        assert [one for one in self.driver.complaints if "Image corrupt or truncated" not in one] == []


@contextmanager
def chromium(browser: Any, html: Path, script: str = "", **options: Any) -> Iterator[Reader]:
    context = browser.new_context(offline=True, **options)
    context.add_init_script(script)
    try:
        page = context.new_page()
        watch(page)
        page.goto(html.as_uri())
        yield Reader("chromium", page, html)
    finally:
        context.close()


@contextmanager
def opened(driver: firefox.Firefox, html: Path) -> Iterator[Reader]:
    driver.open(html)
    yield Reader("firefox", driver, html)
