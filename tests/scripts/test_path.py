"""The whole path, as a user types it: what went in comes out, whatever it is called and however it came."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import unicodedata

from pathlib import Path

import pytest

from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.file import seal as age_seal
from tests import tools
from tests.conftest import SeededEntropy
from tests.scripts import house
from tests.scripts.house import Room, run


TYPAGE = Path(__file__).parents[1] / "interop" / "typage.mjs"
NAMES = [
    b"\xff\xfe not utf-8.jpg",
    unicodedata.normalize("NFC", "Çərşənbə.txt").encode(),
    unicodedata.normalize("NFD", "Çərşənbə.txt").encode(),
    "صورة \u202egpj.exe".encode(),
    b"n" * 255,
    b"two\nlines\x1b[2J.txt",
    b"-rf",
    b"Photo.JPG",
    b"photo.jpg",
    b" ",
    b"con.aux",
    b"$(touch gone) `; |&'\"\\",
]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return house.make(tmp_path / "room")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Three files, two of them the same, and one of a size that fills several packets."""
    folder = tmp_path / "sample"
    (folder / "DCIM").mkdir(parents=True)
    (folder / "DCIM/IMG_1.JPG").write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(300_000))
    (folder / "IMG_1 copy.JPG").write_bytes((folder / "DCIM/IMG_1.JPG").read_bytes())
    (folder / "note.txt").write_bytes(b"seen at noon\n")
    return folder


def contents(folder: Path) -> dict[bytes, bytes]:
    """Give every file below a folder by its raw name."""
    base = os.fsencode(folder)
    found = {}
    for root, _, files in os.walk(base):
        for name in files:
            path = os.path.join(root, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as stream:
                    found[os.path.relpath(path, os.path.dirname(base))] = stream.read()
    return found


def objects(room: Room, folder: Path) -> set[bytes]:
    """Write every original out by the command, and give their bytes."""
    folder.mkdir()
    for line in run("objects", *room.secret).out.splitlines():
        done = run("objects", "--get", line.split()[0], "-o", folder / line.split()[0], *room.secret)
        assert done.status == 0, done.err
    return {path.read_bytes() for path in folder.iterdir()}


def test_names_of_every_kind_come_back_and_links_and_pipes_are_told(tmp_path: Path, room: Room) -> None:
    """Bytes and names that went in come out, by `open` and from the vault; what is no file is left out, status 7."""
    files = tmp_path / "files"
    files.mkdir()
    base = os.fsencode(files)
    for number, name in enumerate(NAMES):
        with open(os.path.join(base, name), "wb") as stream:
            stream.write(b"file %d" % number * 100)
    (files / "empty").touch()
    (files / "link").symlink_to("/etc/passwd")
    os.mkfifo(files / "pipe")
    expected = contents(files)

    strict = room.seal(files, "-o", tmp_path / "strict", "--strict")
    sealed = room.seal(files, "-o", tmp_path / "parts", "--parts", "3", "--need", "2")
    joined = run("join", tmp_path / "parts", "-o", tmp_path / "x.age")
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    opened = run("open", tmp_path / "x.age", *identity, "-o", tmp_path / "out")
    received = room.receive("--json", tmp_path / "parts")

    house.refused(strict, 7, "seal-strict")
    assert not (tmp_path / "strict").exists()
    assert sealed.status == 7
    assert "files/link: it is a symbolic link" in sealed.err
    assert "files/pipe: it is a device, a pipe or a socket" in sealed.err
    assert "sealed, 2 left out" in sealed.err
    assert joined.status == opened.status == received.status == 0, opened.err
    assert contents(tmp_path / "out/files") == {b"files/" + name: data for name, data in expected.items()}
    report = json.loads(received.out)
    assert (report["in"], report["stored"], report["duplicate"], report["refused"]) == (len(expected),) * 2 + (0, 0)
    assert "\x1b" not in received.err + sealed.err
    assert objects(room, tmp_path / "originals") == set(expected.values())
    assert "the sender could not seal files/pipe" in received.err


def test_what_a_source_announced_is_recognised(tmp_path: Path, room: Room, sample: Path) -> None:
    """The 24 words of `seal --words`, queued by the newsroom, match when the dossier comes."""
    sealed = room.seal(sample, "-o", tmp_path / "parts", "--words")
    spoken = sealed.out.splitlines()[-1]

    announced = run("log", "announce", *spoken.split(), "--newsroom", room.path)
    received = room.receive(tmp_path / "parts")
    ticked = run("log", "tick", *room.secret)

    assert len(spoken.split()) == 24
    assert announced.status == received.status == ticked.status == 0
    assert "this matches the announcement that was queued on" in received.err
    assert received.report == (3, 2, 1, 0)
    room.sound()
    room.clean(b"seen at noon")


def test_parts_may_be_renamed_cut_small_or_left_whole(tmp_path: Path, room: Room, sample: Path) -> None:
    """A part's name means nothing; volumes keep to their size; one of any three lost is made good."""
    small = room.seal(sample, "-o", tmp_path / "small", "--parts", "3", "--need", "2", "--part-size", "100KB")
    whole = room.seal(sample, "-o", tmp_path / "whole", "--whole")
    parts = [Path(line) for line in small.out.splitlines()]
    way = small.err.split("way 1: ")[1].splitlines()[0].split()
    for name in way:
        (tmp_path / "small" / name).unlink()
    for number, path in enumerate(path for path in parts if path.exists()):
        path.rename(path.with_name(f"IMG_{number}.jpg"))
    with path.with_name("IMG_0.jpg").open("r+b") as stream:
        stream.write(b"its first packet is damaged")

    received = room.receive(tmp_path / "small")
    again = room.receive(tmp_path / "whole")

    assert small.status == whole.status == 0
    assert len(parts) > 3 and len(way) > 1
    assert max(path.stat().st_size for path in (tmp_path / "small").iterdir()) <= 100_000
    assert len(list((tmp_path / "whole").iterdir())) == 1
    assert received.status == again.status == 0, received.err
    assert (received.report, again.report) == ((3, 2, 1, 0), (3, 0, 3, 0))


def test_what_came_unsealed_is_labelled_for_ever(tmp_path: Path, room: Room, sample: Path) -> None:
    received = room.receive("--plain", sample, "--from", "a friend of the paper", "--how", "by mail")
    listed = run("objects", *room.secret)

    assert received.status == 0
    assert received.report == (3, 2, 1, 0)
    assert "came unsealed from a friend of the paper, by mail" in received.err
    assert all(" unsealed " in line for line in listed.out.splitlines())
    assert objects(room, tmp_path / "originals") == set(contents(sample).values())
    house.refused(room.receive("--plain", sample), 2, "receive-plain")


def test_age_files_made_with_other_tools_are_taken(tmp_path: Path, sample: Path) -> None:
    """Debian's age, a single file and a tar; the same vault, the same report."""
    room = house.make(tmp_path / "room", classical=True)
    age = tools.need("age")
    recipient = str(recipients.read_identity_file(room.identity)[0].recipient())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(sample, "sample")
    for name, data in (("letter.txt.age", b"a letter\n"), ("bundle.tar.age", packed.getvalue())):
        subprocess.run([age, "-r", recipient, "-o", tmp_path / name], input=data, check=True)

    letter = room.receive(tmp_path / "letter.txt.age")
    bundle = room.receive(tmp_path / "bundle.tar.age")

    assert letter.status == bundle.status == 0, bundle.err
    assert (letter.report, bundle.report) == ((1, 1, 0, 0), (3, 2, 1, 0))
    assert " letter.txt\n" in letter.out
    assert objects(room, tmp_path / "originals") == {*contents(sample).values(), b"a letter\n"}


def test_age_tar_and_bagit_open_a_classical_dossier(tmp_path: Path, sample: Path) -> None:
    """`age -d -i … | tar x`, with pipefail, and `bagit.py --validate` on what it gave."""
    room = house.make(tmp_path / "room", classical=True)
    age, tar, bash = tools.need("age"), tools.need("tar"), tools.need("bash")
    assert room.seal(sample, "-o", tmp_path / "parts").status == 0
    assert run("join", tmp_path / "parts", "-o", tmp_path / "x.age").status == 0
    (tmp_path / "key").write_text(room.identity)
    place = tmp_path / "place"
    place.mkdir()

    script = f"set -o pipefail; {age} -d -i ../key ../x.age | {tar} x"
    subprocess.run([bash, "-c", script], cwd=place, check=True)

    bagit = Path(sys.executable).parent / "bagit.py"
    (bag,) = place.iterdir()
    subprocess.run([sys.executable, bagit, "--validate", bag], check=True, capture_output=True)
    assert {path.read_bytes() for path in (bag / "data").iterdir()} == set(contents(sample).values())


def test_npm_age_encryption_opens_a_post_quantum_dossier_and_we_take_its_files(
    tmp_path: Path, room: Room, sample: Path
) -> None:
    """The age author's own JavaScript, both ways."""
    tools.node_module("age-encryption")
    node = tools.need("node")
    assert room.seal(sample, "-o", tmp_path / "parts").status == 0
    assert run("join", tmp_path / "parts", "-o", tmp_path / "x.age").status == 0
    secret = next(line for line in room.identity.splitlines() if line.startswith("AGE-SECRET-KEY-PQ-"))

    def typage(**job: str) -> bytes:
        done = subprocess.run([node, TYPAGE], input=json.dumps(job).encode(), capture_output=True, check=True)
        return base64.b64decode(json.loads(done.stdout)["data"])

    plain = typage(verb="open", identity=secret, data=base64.b64encode((tmp_path / "x.age").read_bytes()).decode())
    recipient = str(recipients.read_identity(secret).recipient())
    (tmp_path / "theirs.age").write_bytes(
        typage(verb="seal", recipient=recipient, data=base64.b64encode(b"theirs").decode())
    )
    received = room.receive(tmp_path / "theirs.age")

    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        held = [tar.extractfile(member) for member in tar if "/data/" in member.name]
        assert {hashlib.sha256(stream.read()).digest() for stream in held if stream} >= {
            hashlib.sha256(data).digest() for data in contents(sample).values()
        }
    assert received.report == (1, 1, 0, 0)
    assert b"theirs" in objects(room, tmp_path / "originals")


def test_the_strings_that_break_programs_are_ordinary_names(tmp_path: Path, room: Room) -> None:
    """Every naughty string that this disk can hold as a name goes in and comes out."""
    strings = json.loads((tools.inputs("hostile/names") / "naughty-strings.json").read_text("utf-8"))
    files = tmp_path / "files"
    files.mkdir()
    held: dict[bytes, bytes] = {}
    for number, word in enumerate(strings if isinstance(strings, list) else list(strings.values())):
        name = str(word).encode("utf-8", "surrogatepass").replace(b"/", b"_").replace(b"\0", b"_")[:255]
        if name not in {b"", b".", b".."} and name not in held:
            held[name] = b"naughty %d" % number
            with open(os.path.join(os.fsencode(files), name), "wb") as stream:
                stream.write(held[name])

    sealed = room.seal(files, "-o", tmp_path / "parts", "--whole")
    received = room.receive(tmp_path / "parts")
    identity = ["-i", room.path / "keys/identity.age", *room.passphrase]
    opened = run("open", next((tmp_path / "parts").iterdir()), *identity, "-o", tmp_path / "out")

    assert len(held) > 200
    assert sealed.status == received.status == opened.status == 0
    assert received.report == (len(held), len(held), 0, 0)
    assert contents(tmp_path / "out/files/files") == {b"files/" + name: data for name, data in held.items()}


def test_a_file_of_ours_inside_age_is_found_by_what_it_holds(tmp_path: Path, room: Room) -> None:
    """One file in age, with no name that says so, and armoured."""
    identity = recipients.read_identity_file(room.identity)[0]
    (tmp_path / "IMG.jpg").write_bytes(age_seal(b"only this", [identity.recipient()], SeededEntropy()))

    received = room.receive(tmp_path / "IMG.jpg")

    assert received.report == (1, 1, 0, 0)
