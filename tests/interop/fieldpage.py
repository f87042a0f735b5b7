"""What the tests of the field page share: to open it, to seal with it, to open what it sealed."""

from __future__ import annotations

import io
import re

from pathlib import Path

from tamizdat.field import dossier
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tests.scripts import house


ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 120_000  # milliseconds, only against hanging
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


def watch(page) -> None:
    page.set_default_timeout(PATIENCE)
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
