"""
The field page in Debian's Chromium, from a file, with the network cut: what it seals opens with other people's tools and ours.

Not tried here: Firefox, Safari, a telephone, and the browser's own dialogs for choosing files and places.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys

from pathlib import Path

import pytest

from tamizdat.newsroom import page as pages
from tamizdat.primitives import words
from tamizdat.primitives.errors import TamizdatError
from tests import tools
from tests.interop.fieldpage import NO_PICKER, PICKER, READ_PLACES, check_words, opened, seal
from tests.scripts import house


def test_the_page_in_the_package_is_what_the_sources_give(tmp_path):
    """Nobody needs node to use it, and anybody can build it anew: the same bytes, and never more than 200 kB."""
    tools.node_module("esbuild")

    subprocess.run([tools.need("node"), tools.ROOT / "page/build.mjs", tmp_path / "page.html"], check=True)

    assert (tmp_path / "page.html").read_bytes() == pages.template()
    assert len(pages.template()) <= 200_000


def test_a_newsrooms_page_differs_from_any_others_in_its_card_only(rooms):
    raw = rooms[False].card.read_bytes()

    written = pages.write(raw)

    encoded = base64.b64encode(raw)
    assert written.replace(encoded, b"") == pages.template()
    assert (rooms[False].path / "page.html").read_bytes() == written
    with pytest.raises(TamizdatError, match="card"):
        pages.write(raw.replace(b"need: 3", b"need: 2"))


def test_a_folder_of_photographs_opens_with_age_tar_and_bagit(visit, rooms, tmp_path):
    """A classical card; none of our code opens it."""
    folder = tools.inputs("photos")
    page = visit(rooms[True].path / "page.html")
    page.set_input_files("#folder-pick", folder)
    page.fill("#note", "Seen from the window: 🕊 شاهدت")
    page.check("input[value=whole]")

    ((sealed,),) = seal(page)

    (tmp_path / "x.age").write_bytes(sealed)
    (tmp_path / "key").write_text(rooms[True].identity)
    script = f"set -o pipefail; {tools.need('age')} -d -i key x.age | tar x"
    subprocess.run([tools.need("bash"), "-c", script], cwd=tmp_path, check=True)
    bagit = Path(sys.executable).parent / "bagit.py"
    subprocess.run([sys.executable, bagit, "--validate", "--quiet", "dossier"], cwd=tmp_path, check=True)
    listing = json.loads((tmp_path / "dossier/tamizdat/objects.json").read_bytes())
    found = {one["name"]: (tmp_path / "dossier" / one["path"]).read_bytes() for one in listing["files"]}
    assert found.pop("note.txt").decode() == "Seen from the window: 🕊 شاهدت"
    real = {str(path.relative_to(folder.parent)): path for path in folder.rglob("*") if path.is_file()}
    assert found == {name: path.read_bytes() for name, path in real.items()}
    assert len(found) > 10


def test_parts_are_joined_and_received_and_the_check_words_are_the_newsrooms(visit, rooms, tmp_path):
    """A post-quantum card; two of five parts are lost, one is damaged elsewhere than another."""
    photos = [path for path in tools.inputs("photos").rglob("*.jpg") if path.is_file()][:9]
    room = house.make(tmp_path / "room")
    (tmp_path / "page.html").write_bytes(pages.write(room.card.read_bytes()))
    page = visit(tmp_path / "page.html")
    page.set_input_files("#files-pick", photos[:5])
    page.set_input_files("#files-pick", photos[5:])

    (parts,) = seal(page)

    lost, *kept = parts[1:]
    kept[0] = kept[0][:5000] + bytes(3000) + kept[0][8000:]
    for number, raw in enumerate([parts[0], *kept]):
        (tmp_path / f"{number}").write_bytes(raw)
    done = house.run("join", *(tmp_path / str(number) for number in range(4)), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert room.receive(tmp_path / "x.age").report[:2] == (len(photos), len({p.read_bytes() for p in photos}))
    found, files = opened(room, (tmp_path / "x.age").read_bytes())
    assert sorted(files.values()) == sorted(path.read_bytes() for path in photos)
    assert check_words(page) == " ".join(words.check_words(found.announcement))
    assert len({len(part) for part in parts}) == 1
    assert len(lost) == len(parts[0])


def test_with_little_memory_it_goes_volume_by_volume(visit, rooms, tmp_path):
    """No file is larger than was asked for; the next volume waits until this one is saved."""
    data = os.urandom(5_000_000)
    page = visit(rooms[False].path / "page.html")
    (tmp_path / "film.mp4").write_bytes(data)
    page.set_input_files("#files-pick", tmp_path / "film.mp4")
    page.select_option("#limit", "1000000")
    page.fill("#total", "4")
    page.fill("#need", "3")
    page.locator("#need").blur()

    volumes = seal(page, volumes=2)

    assert all(len(part) <= 1_000_000 for volume in volumes for part in volume)
    kept = [part for number, volume in enumerate(volumes) for index, part in enumerate(volume) if index != number]
    for number, raw in enumerate(kept):
        (tmp_path / f"{number}").write_bytes(raw)
    done = house.run("join", *(tmp_path / str(number) for number in range(len(kept))), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert opened(rooms[False], (tmp_path / "x.age").read_bytes())[1] == {"film.mp4": data}


def test_parts_are_written_straight_to_the_places_that_were_chosen(visit, rooms, tmp_path):
    page = visit(rooms[False].path / "page.html", script=PICKER)
    page.fill("#note", "only words")
    assert page.locator("#seal").is_disabled()
    for number in range(5):
        page.locator("#places-list button").nth(number).click()

    page.click("#seal")
    page.wait_for_selector("#done:not([hidden])")

    parts = [base64.b64decode(part) for part in page.evaluate(READ_PLACES)]
    assert page.evaluate("places.every((place) => place.closed && !place.aborted)")
    for number in (1, 2, 4):
        (tmp_path / f"{number}").write_bytes(parts[number])
    done = house.run("join", *(tmp_path / str(number) for number in (1, 2, 4)), "-o", tmp_path / "x.age")
    assert done.status == 0, done.err
    assert opened(rooms[False], (tmp_path / "x.age").read_bytes())[1] == {"note.txt": b"only words"}


def test_it_can_be_stopped_and_a_file_that_vanishes_is_named(visit, rooms, tmp_path):
    """Stopped: nothing is kept. A file that cannot be read: the others are sealed, and it is said which is not in it."""
    page = visit(rooms[False].path / "page.html", script=PICKER)
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(b"g" * 100_000)
    page.set_input_files("#files-pick", gone)
    page.fill("#note", "words")
    page.check("input[value=whole]")
    page.click("#places-list button")
    gone.unlink()

    page.click("#seal")
    page.wait_for_selector("#done:not([hidden])")

    assert page.locator("#left-list li").all_inner_texts() == ["gone.jpg"]
    sealed = base64.b64decode(page.evaluate(READ_PLACES)[0])
    found, files = opened(rooms[False], sealed)
    assert files == {"note.txt": b"words"}
    assert [one.name for one in found.left_out] == [b"gone.jpg"]
    page = visit(rooms[False].path / "page.html")
    (tmp_path / "film.mp4").write_bytes(bytes(3_000_000))
    page.set_input_files("#files-pick", tmp_path / "film.mp4")
    page.select_option("#limit", "1000000")
    page.click("#seal")
    page.wait_for_selector("#offer:not([hidden])")
    page.click("#cancel")
    page.wait_for_selector("#working", state="hidden")
    assert "Stopped" in page.locator("#stage").inner_text()
    assert not page.locator("#save").is_visible()
    assert page.locator("#seal").is_enabled()


def test_it_works_without_webcrypto_webassembly_and_workers(visit, rooms):
    """Plain JavaScript does all of it: an older browser, a page over plain http on a local address, a strict policy."""
    bare = "delete window.Worker; delete window.WebAssembly; Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined});"
    data = os.urandom(300_000)
    page = visit(rooms[False].path / "page.html", script=NO_PICKER + ";" + bare)
    page.set_input_files("#files-pick", {"name": "a.bin", "mimeType": "", "buffer": data})
    page.check("input[value=whole]")

    ((sealed,),) = seal(page)

    assert page.evaluate(
        "[typeof Worker, typeof WebAssembly, typeof crypto.subtle].every((one) => one === 'undefined')"
    )
    assert opened(rooms[False], sealed)[1] == {"a.bin": data}


def test_a_courier_puts_parts_together_on_the_page(visit, rooms):
    page = visit(rooms[False].path / "page.html")
    page.fill("#note", "words")
    (parts,) = seal(page)
    page.click("#join summary")

    def offer(chosen: list[bytes]) -> None:
        given = [{"name": f"{number}", "mimeType": "", "buffer": raw} for number, raw in enumerate(chosen)]
        page.set_input_files("#join-pick", given)

    offer(parts[:2])
    page.wait_for_selector("text=1 more of the parts")
    offer([parts[4], parts[1][:9000], parts[3], parts[2]])
    with page.expect_download() as download:
        page.click("#join-list a")

    assert opened(rooms[False], Path(download.value.path()).read_bytes())[1] == {"note.txt": b"words"}
