"""
Walk the whole path in a throw-away newsroom, and show each step in plain lines.

Every step is a command that a user types, run as a user runs it; only the drawings, the damage and the looking
at bytes are this file's own. What it makes lies in one folder, and the user's photographs are only read.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image, UnidentifiedImageError

from tamizdat.demo import camera, drawings


NAME: Final = "Sample Newsroom"
NOTE: Final = "This note was written for the demonstration. The pictures beside it are drawings.\n"
READABLE: Final = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif"}
BAR: Final = "─" * 72


class Walk:
    """
    One walk.

    Args:
        folder: Where everything goes; it is emptied first.

        photographs: A folder of the user's own, or None for drawings.
    """

    def __init__(self, folder: Path, photographs: Path | None) -> None:
        self._folder = folder
        self._own = photographs
        self._room = folder / "newsroom"
        self._parts = folder / "parts"
        self._secret = folder / "passphrase.txt"
        self._step = 0
        self._begun = time.monotonic()

    def run(self) -> Path:
        """Walk, and give the edition's folder."""
        self._begin()
        source = self._photographs()
        words = self._newsroom()
        self._seal(source, words)
        self._carry()
        objects = self._receive()
        edition = self._publish(objects)
        self._metadata(objects, edition)
        self._verify(edition, words)
        self._end(edition)
        return edition

    def _begin(self) -> None:
        if self._folder.exists():
            if not (self._folder / "newsroom").exists() and any(self._folder.iterdir()):
                sys.exit(f"{self._folder} is not a demonstration's folder; it was left alone")
            shutil.rmtree(self._folder)
        self._folder.mkdir(mode=0o700)
        self._secret.touch(mode=0o600)
        self._secret.write_text(secrets.token_hex(16) + "\n")

    def _photographs(self) -> Path:
        if self._own is not None:
            self._title(f"Your own photographs, in {self._own}: they are only read")
            return self._own
        self._title("Photographs: drawn by a program, written the way a camera writes its files")
        source = self._folder / "photographs"
        source.mkdir()
        for number, (name, picture) in enumerate(drawings.draw_all().items()):
            (source / name).write_bytes(camera.shoot(picture, number, sideways=name == "market.jpg"))
        shutil.copyfile(source / "hills.jpg", source / "hills-again.jpg")
        (self._folder / "note.txt").write_text(NOTE, "utf-8")
        self._say(f"{len(list(source.iterdir()))} pictures, one of them twice, and a written note, in {source}")
        return source

    def _newsroom(self) -> str:
        self._title("A newsroom, its keys, and the public card that it hands out")
        self._command("newsroom", "init", str(self._room), "--name", NAME, "--passphrase-file", str(self._secret))
        shown = self._quiet("newsroom", "card", "--newsroom", str(self._room))
        return shown.stderr.split("12 words: ", 1)[1].splitlines()[0].strip()

    def _seal(self, source: Path, words: str) -> None:
        self._title("FIELD: sealed offline to that card, and split into five parts; any three are enough")
        note = [] if self._own else ["--note", str(self._folder / "note.txt")]
        self._command(
            "seal",
            str(source),
            *note,
            "--for",
            str(self._room / "card.txt"),
            "--card-words",
            words,
            "-o",
            str(self._parts),
        )
        first = self._part_files()[0]
        self._say(f"what a person who opens part {first.name} sees:")
        for line in _hexdump(first.read_bytes()[4096:4176]):
            self._say(f"    {line}")

    def _carry(self) -> None:
        self._title("CARRY: one part is lost, two are damaged in different places")
        lost, first, second, *whole = self._part_files()
        self._say(f"deleted {lost.name}; wrote over bytes in {first.name} and {second.name}")
        lost.unlink()
        _damage(first, 0.3)
        _damage(second, 0.7)
        self._say("with too few of them, it says what to bring:")
        self._command("check", str(first), str(whole[0]), may_fail=True)
        self._say("with what is left, everything comes back:")
        self._command("check", str(self._parts))

    def _receive(self) -> list[dict[str, Any]]:
        self._title("DESK: rebuilt, opened, checked to the last byte, and stored; every file is reported")
        self._command("receive", str(self._parts), *self._desk())
        told = self._quiet("receive", "--json", str(self._parts), *self._desk())
        files: list[dict[str, Any]] = json.loads(told.stdout)["files"]
        return files

    def _publish(self, files: list[dict[str, Any]]) -> Path:
        self._title("WIRE: a story is checked, approved, and published as an edition")
        names = self._own_story(files) if self._own else self._sample_stories(files)
        for name in names:
            self._command("story", "check", name, *self._desk())
        done = self._command("publish", *names, *self._desk())
        return Path(done.stdout.strip().splitlines()[-1])

    def _sample_stories(self, files: list[dict[str, Any]]) -> list[str]:
        by_name = {Path(file["name"]).name: file["object"] for file in files}
        filled = {
            "{{object:1}}": by_name["harbour.jpg"],
            "{{object:2}}": by_name["lighthouse.jpg"],
            "{{object:3}}": by_name["portrait.jpg"],
            "{{hide:3}}": ", ".join(map(str, drawings.FACE)),
        }
        names = []
        for sample in resources.files("tamizdat.newsroom").joinpath("sample").iterdir():
            if sample.name.endswith(".csv"):
                (self._room / "claims" / sample.name).write_bytes(sample.read_bytes())
            elif sample.name.endswith(".md"):
                story = sample.read_text("utf-8")
                for blank, value in filled.items():
                    story = story.replace(blank, value)
                (self._room / "stories" / sample.name).write_text(story, "utf-8")
                names.append(sample.name.removesuffix(".md"))
        return sorted(names, key=lambda name: name.startswith("about"))

    def _own_story(self, files: list[dict[str, Any]]) -> list[str]:
        pictures = [file for file in files if file["object"] and Path(file["name"]).suffix.lower() in READABLE]
        pictures = list({file["object"]: file for file in pictures if file["kind"].endswith("picture")}.values())[:6]
        head = "\n".join(
            f'  p{number}:\n    object: "{file["object"]}"\n    credit: from your own folder\n'
            f"    alt: One of your own pictures\n    caption: Number {number} of your own folder\n    people: consent\n    maker: protected"
            for number, file in enumerate(pictures, 1)
        )
        body = "\n\n".join(f"{{picture: p{number}}}" for number in range(1, len(pictures) + 1))
        if not pictures:
            sys.exit("none of these files is a picture that can be shown; they were sealed and stored all the same")
        self._say(
            "the answers «people: consent» and «maker: protected» are the demonstration's; a real desk asks a person, picture by picture"
        )
        (self._room / "stories" / "your-photographs.md").write_text(
            f"---\nheadline: Your photographs, on the way to a page\nlanguage: en\nbyline: {NAME}\n"
            f"dateline: {{place: This machine, date: {time.strftime('%Y-%m-%d')}}}\ncategory: medtop:01000000\n"
            f"pictures:\n{head}\n---\nThese pictures came out of your own folder.\n\n{body}\n",
            "utf-8",
        )
        return ["your-photographs"]

    def _metadata(self, files: list[dict[str, Any]], edition: Path) -> None:
        self._title("What the camera wrote into the files, and what readers get")
        wanted = next((file for file in files if file["name"].endswith("portrait.jpg")), files[0])
        for file in [wanted, *files]:
            original = self._folder / "original"
            original.unlink(missing_ok=True)
            self._quiet("objects", "--get", file["object"], "-o", str(original), *self._desk())
            before = _position(original)
            if before:
                self._say(
                    f"original, in the vault: {Path(file['name']).name}: position {before}, {original.stat().st_size:,} bytes"
                )
                break
        original.unlink(missing_ok=True)
        for picture in sorted((edition / "media").glob("*.jpg")):
            with Image.open(picture) as opened:
                tags = len(opened.getexif())
                kind = "provable" if picture.with_name(f"{picture.name}.proof").exists() else "a reduced copy"
                self._say(
                    f"published: {picture.name}: {opened.width} x {opened.height}, {kind}, "
                    f"position {_position(picture) or 'none'}, {tags} metadata fields"
                )
        if not self._own:
            self._say("the small copies prove nothing: who made them is protected; of one its maker may be shown,")
            self._say(
                "so beside its preview stands the camera's own picture, the drawn face blacked out, its date shown"
            )

    def _verify(self, edition: Path, words: str) -> None:
        self._title("RECORD: anyone can check it, offline")
        self._command("verify", str(edition), "--card-words", words)
        for beside in (edition / "media").glob("*.proof"):
            picture = beside.with_suffix("")
            alone = self._folder / "one-picture"
            alone.mkdir()
            for file in (picture, beside):
                shutil.copy(file, alone)
            self._say("the provable picture by itself, as somebody passes it on, with its proof beside it:")
            self._command("verify", str(alone / picture.name), "--card-words", words)
            self._say(f"the same in a browser, without a network: {edition / 'check' / picture.stem}.html")
        altered = self._folder / "altered-edition"
        shutil.copytree(edition, altered)
        picture = min((altered / "media").glob("*.jpg"))
        with Image.open(picture) as opened:
            changed = opened.convert("RGB")
            changed.putpixel((5, 5), (255, 0, 0))
        changed.save(picture, "JPEG", quality=95)
        self._say(f"one pixel of {picture.name} is changed in a copy of the edition:")
        self._command("verify", str(altered), "--card-words", words, may_fail=True, only="WRONG")

    def _end(self, edition: Path) -> None:
        size = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        print(f"\n{BAR}")
        self._say(f"the whole path took {time.monotonic() - self._begun:.0f} seconds and {size / 1e6:.0f} MB")
        self._say(f"newsroom   {self._room}")
        self._say(f"parts      {self._parts}")
        self._say(f"edition    {edition}")
        self._say(f"the page   {edition / 'index.html'}")
        self._say("remove it all: make demo-clean")

    def _part_files(self) -> list[Path]:
        return sorted(self._parts.iterdir())

    def _desk(self) -> list[str]:
        return ["--newsroom", str(self._room), "--passphrase-file", str(self._secret)]

    def _title(self, words: str) -> None:
        self._step += 1
        print(f"\n{BAR}\n{self._step}. {words}\n{BAR}", flush=True)

    def _say(self, words: str) -> None:
        print(f"  {words}", flush=True)

    def _command(self, *words: str, may_fail: bool = False, only: str = "") -> subprocess.CompletedProcess[str]:
        print(f"  $ tamizdat {' '.join(_spoken(word) for word in words)}", flush=True)
        done = self._quiet(*words, may_fail=True)
        shown = (done.stdout[done.stdout.find(only) :] if only else done.stdout) + done.stderr
        for line in shown.splitlines():
            if not line.endswith(" %"):
                print(f"    {line}")
        if done.returncode and not may_fail:
            sys.exit(f"the demonstration stopped: this command ended with {done.returncode}")
        if done.returncode:
            print(f"    (exit status {done.returncode})")
        return done

    def _quiet(self, *words: str, may_fail: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tamizdat.cli.main", *words],
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        if done.returncode and not may_fail:
            sys.exit(f"the demonstration stopped: tamizdat {words[0]} ended with {done.returncode}\n{done.stderr}")
        return done


def serve(edition: Path) -> None:
    """Show the edition to this machine's browser until interrupted."""
    print("\n  serving the page to this machine only; Ctrl-C ends it", flush=True)
    try:
        subprocess.run([sys.executable, "-m", "tamizdat.cli.main", "serve", str(edition)], check=False)
    except KeyboardInterrupt:
        print("  ended", flush=True)


def _spoken(word: str) -> str:
    """Spell a word of a command as a person would read it: short paths, long words in quotes."""
    short = os.path.relpath(word) if word.startswith(os.sep) else word
    return f'"{short}"' if " " in short else short


def _damage(path: Path, where: float) -> None:
    """Write over 3,000 bytes of a file."""
    with path.open("r+b") as stream:
        stream.seek(int(path.stat().st_size * where))
        stream.write(bytes(3000))


def _hexdump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{at:04x}  {row.hex(' ')}  {letters}"


def _position(path: Path) -> str:
    """Read where a camera says a picture was taken; empty where it does not."""
    try:
        with Image.open(path) as opened:
            place = opened.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    except (UnidentifiedImageError, OSError):
        return ""
    if 2 not in place or 4 not in place:
        return ""
    return " ".join(f"{float(place[at][0]):.0f}° {float(place[at][1]):.0f}' {place[at - 1]}" for at in (2, 4))
