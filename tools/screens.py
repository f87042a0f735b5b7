"""
Make a sample edition's pages in a folder and photograph them, so that a person can look.

    python tools/screens.py FOLDER

FOLDER/site holds the pages, FOLDER/*.png the screenshots. It needs Debian's chromium and pdftoppm.
"""

from __future__ import annotations

import subprocess
import sys

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright


ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tamizdat.wire import pages  # noqa: E402
from tools import sample_site  # noqa: E402


CHROMIUM: Final = "/usr/bin/chromium"
ARGUMENTS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
STORY: Final = "stories/how-many-died/index.html"
ARABIC: Final = "stories/how-many-died-ar/index.html"
# name, page, width, colours, settings
SHOTS: Final = (
    ("story-320", STORY, 320, "light", {}),
    ("story-768", STORY, 768, "light", {}),
    ("story-1280", STORY, 1280, "light", {}),
    ("story-1280-dark", STORY, 1280, "dark", {}),
    ("story-320-dark", STORY, 320, "dark", {}),
    ("story-1280-largest", STORY, 1280, "light", {"size": "200"}),
    ("story-320-largest", STORY, 320, "light", {"size": "200", "spacing": "wide"}),
    ("story-1280-high", STORY, 1280, "light", {"contrast": "high"}),
    ("arabic-320", ARABIC, 320, "light", {}),
    ("arabic-1280", ARABIC, 1280, "light", {}),
    ("front-320", "index.html", 320, "light", {}),
    ("front-768", "index.html", 768, "light", {}),
    ("front-1280", "index.html", 1280, "light", {}),
    ("front-1280-dark", "index.html", 1280, "dark", {}),
    ("front-ar-1280", "ar/index.html", 1280, "light", {}),
    ("about-1280", "about/index.html", 1280, "light", {}),
    ("about-ar-768", "ar/about/index.html", 768, "light", {}),
    ("withdrawn-768", "stories/gone/index.html", 768, "light", {}),
)


def build(folder: Path) -> None:
    """Write the sample site into *folder*."""
    for path, raw in [*pages.write(sample_site.make()), *sample_site.pictures().items()]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)


def shoot(browser: Browser, folder: Path, wanted: list[str]) -> None:
    """Photograph each page of SHOTS (or only the *wanted* ones) whole, and print one to paper."""
    for name, path, width, colours, settings in SHOTS:
        if wanted and name not in wanted:
            continue
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=colours)
        address = f"file://{folder}/site/{path}"
        page.goto(address)
        page.evaluate("kept => localStorage.setItem('tamizdat-reader', JSON.stringify(kept))", settings)
        page.reload()
        page.evaluate("for (const image of document.images) image.loading = 'eager'")
        page.evaluate("() => Promise.all([...document.images].map(image => image.decode()))")
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        page.close()
    for name, path in (("print", STORY), ("print-ar", ARABIC)):
        if wanted and name not in wanted:
            continue
        page = browser.new_page()
        page.goto(f"file://{folder}/site/{path}")
        page.pdf(path=folder / f"{name}.pdf", format="A4", prefer_css_page_size=True)
        page.close()
        subprocess.run(["pdftoppm", "-r", "70", "-png", folder / f"{name}.pdf", folder / name], check=True)


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    build(folder / "site")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        shoot(browser, folder, sys.argv[2:])
        browser.close()


if __name__ == "__main__":
    main()
