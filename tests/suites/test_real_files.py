"""Every real photograph, video, sound and document: in = stored + duplicate + refused, and the same bytes come out."""

from __future__ import annotations

from pathlib import Path

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.newsroom import objects
from tamizdat.newsroom.house import House
from tests import tools
from tests.scripts import house
from tests.scripts.house import run


FOLDERS = ["photos", "photojournalism", "av", "documents", "hostile/names"]


def test_every_real_file_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """One dossier of all of them, two of five parts lost; read back from the vault by the ids of the report."""
    folders = [tools.inputs(name) for name in FOLDERS]
    expected = {path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    count = sum(1 for folder in folders for path in folder.rglob("*") if path.is_file())
    room = house.make(tmp_path / "room")

    sealed = room.seal(*folders, "-o", tmp_path / "parts")
    for path in list((tmp_path / "parts").iterdir())[:2]:
        path.unlink()
    received = room.receive(tmp_path / "parts")
    listed = run("objects", *room.secret)

    assert sealed.status == received.status == 0, received.err
    assert received.report == (count, len(expected), count - len(expected), 0)
    held = House(Folder(room.path), clock=SystemClock(), entropy=SystemEntropy())
    keys = held.unlock(house.PASSPHRASE.encode())
    originals = set()
    for line in listed.out.splitlines():
        with objects.open_original(held, keys, line.split()[0]) as stream:
            originals.add(stream.read())
    assert originals == expected
    room.sound()
    room.clean()
