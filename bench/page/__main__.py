"""
How fast the field page seals in Debian's Chromium: `python -m bench.page [MEGABYTES]` prints MB/s, the best of five.

The sealed bytes go to a place in the page that throws them away: reading, hashing, encrypting and splitting are measured,
no disk is written. The cores that are free decide; say what else runs beside a figure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile  # noqa: TID251 (noise only, no plaintext)

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright


ROUNDS = 5
PATIENCE = 120_000  # milliseconds for one sealing
NOWHERE = """
window.showSaveFilePicker = async () => ({
  name: "nowhere",
  isSameEntry: async () => false,
  createWritable: async () => ({ write: async () => {}, close: async () => {}, abort: async () => {} }),
});
"""
SEAL = """
() => new Promise((resolve) => {
  const done = document.getElementById("done");
  const begun = performance.now();
  new MutationObserver(() => done.hidden || resolve(performance.now() - begun)).observe(done, { attributes: true });
  document.getElementById("seal").click();
})
"""
PLAIN = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined }); delete window.WebAssembly;"


def page(folder: Path) -> Path:
    """Make a newsroom and its page."""
    (folder / "passphrase").write_text("six plain words for the bench\n")
    command = [sys.executable, "-m", "tamizdat.cli.main"]
    secret = ["--passphrase-file", folder / "passphrase", "--work-factor", "2"]
    for words in (
        ["newsroom", "init", folder / "room", "--name", "Bench", *secret],
        ["newsroom", "page", "-o", folder / "page.html", "--newsroom", folder / "room"],
    ):
        subprocess.run([*command, *map(str, words)], check=True, capture_output=True)
    return folder / "page.html"


def seconds(browser: Browser, html: Path, data: Path, *, whole: bool, script: str = "") -> float:
    """Seal once in a window of its own."""
    context = browser.new_context(offline=True)
    context.add_init_script(NOWHERE + script)
    window = context.new_page()
    window.set_default_timeout(PATIENCE)
    window.goto(f"file://{html}")
    window.check("#card-same")
    window.set_input_files("#files-pick", data)
    if whole:
        window.check("input[value=whole]")
    for number in range(window.locator("#places-list button").count()):
        window.locator("#places-list button").nth(number).click()
    window.wait_for_function("!document.getElementById('seal').disabled")
    milliseconds: float = window.evaluate(SEAL)
    context.close()
    return milliseconds / 1000


def main() -> None:
    """Print a line for each way of sealing."""
    size = int(sys.argv[1] if len(sys.argv) > 1 else "200") * 1_000_000
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        html, data = page(Path(name)), Path(name) / "data"
        data.write_bytes(os.urandom(size))  # noqa: TID251
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for what, whole, script, rounds in (
            ("one file", True, "", ROUNDS),
            ("3 of 5 parts", False, "", ROUNDS),
            ("one file, plain JavaScript", True, PLAIN, 1),
        ):
            best = min(seconds(browser, html, data, whole=whole, script=script) for _ in range(rounds))
            print(f"{what:28} {size / best / 1e6:6.0f} MB/s")
        browser.close()


if __name__ == "__main__":
    main()
