"""
The large dossier: 20 GB, in it a film of 8 GB and ten thousand names of every kind, sealed 3 of 5 with and without volumes, two parts
of each lost, opened, and compared byte for byte.
"""

from __future__ import annotations

import dataclasses
import os
import random
import shutil

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.carry import contenders, tree
from bench.carry.contenders import Contender
from bench.carry.course import ROOT, Course, index_of, say


NAMES: Final = 10_000
_NOISE: Final = 1 << 20
_WORDS: Final = [
    "IMG_0001.JPG", "\u0634\u0627\u0647\u062f", "\u05e2\u05d3", "\u202egpj.exe", "\U0001f4f7\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301te\u0301", "\u00e9t\u00e9", "line\nbreak", "tab\tand\rreturn", " leading", "trailing ", "-rf", "--help", "CON",
    "a:b", "a\\b", "..hidden", "~root", "$(id)", "`id`", "%s%n", "'\"", "\x1b[31m", "\ufeff", "\u0130stanbul", "\u1e9e", "*?",
]  # fmt: skip


def names(count: int) -> Iterator[bytes]:
    """Give names as disks hold them: every byte but / and NUL, long ones, deep ones, hostile ones; all different."""
    dice = random.Random(2026)
    every = bytes(byte for byte in range(1, 256) if byte != ord("/"))
    for number in range(count):
        mark = b"%05d" % number
        match number % 5:
            case 0:
                yield os.fsencode(dice.choice(_WORDS)) + mark
            case 1:
                yield bytes(dice.choices(every, k=dice.randint(1, 60))) + mark
            case 2:
                yield mark + b"n" * (250 - dice.randint(0, 9))
            case 3:
                yield (
                    b"/".join(bytes(dice.choices(every, k=9)) + b"_" for _ in range(dice.randint(2, 12))) + b"/" + mark
                )
            case _:
                yield os.fsencode("".join(dice.choices(_WORDS, k=3))) + mark


def hostile() -> Iterator[bytes]:
    """Give other people's lists of naughty names, where the inputs are at hand."""
    base = Path(os.environ.get("TAMIZDAT_INPUTS") or ROOT.parent / "shared" / "inputs") / "hostile" / "names"
    for path in sorted(base.rglob("*")) if base.is_dir() else ():
        if path.is_file() and path.stat().st_size < 1 << 20:
            for line in path.read_bytes().split(b"\n"):
                name = line.replace(b"/", b"_").replace(b"\0", b"")[:240]
                if name.strip(b".") and not name.startswith(b"#"):
                    yield b"hostile/" + name


def make(folder: Path, gigabytes: int) -> None:
    """Make the tree: sparse films with noise here and there, and a small file for each name."""
    dice = random.Random(8)
    sizes = [gigabytes * 2 // 5, *[gigabytes // 5] * 3]
    folder.mkdir(parents=True)
    for number, size in enumerate(sizes):
        with (folder / f"film{number}.mp4").open("wb") as stream:
            for at in sorted(dice.randrange(max(1, size * 10**9 - _NOISE)) for _ in range(200)):
                stream.seek(at)
                stream.write(dice.randbytes(_NOISE))
            stream.truncate(size * 10**9)
    base = os.fsencode(folder)
    for name in dict.fromkeys([*names(NAMES), *hostile()]):
        path = os.path.join(base, b"names", name)  # noqa: PTH118 -- a name is bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as stream:  # noqa: PTH123
            stream.write(dice.randbytes(dice.choice([0, 1, 100, 4096, 20_000])))


def run(home: Path, gigabytes: int) -> str:
    """Do all of it; give a table. A difference is an error."""
    place = Course(home, 0, flush=False)
    try:
        return _run(place, gigabytes)
    finally:
        place.close()


def _run(place: Course, gigabytes: int) -> str:
    folder = place.home / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    say(f"making {gigabytes} GB with {NAMES} names")
    make(folder, gigabytes)
    wanted = tree.digests(folder)
    say(f"{len(wanted)} files, all hashed")
    lines = [
        f"| {gigabytes} GB, 3 of 5, two parts lost | seconds | CPU seconds | memory of all processes, MiB |",
        "|---|---|---|---|",
    ]
    for name, more in (("one volume", ""), ("volumes, parts of 1 GB at most", " --part-size 1GB")):
        sealing = dataclasses.replace(contenders.SEAL_3_5, script=contenders.SEAL_3_5.script + more)
        done = place.one(sealing, watch=True, keep=True)
        say(f"{name}: sealed in {done.wall:.0f} s, {done.peak >> 20} MiB")
        lines.append(f"| seal, {name} | {done.wall:.0f} | {done.cpu:.0f} | {done.peak / (1 << 20):.0f} |")
        parts = place.home / "parts"
        (place.home / "out").rename(parts)
        lost = {0, 3}
        for path in list(parts.iterdir()):
            if index_of(path) in lost:
                path.unlink()
        opening = Contender(name="open", script=contenders.OPEN_ALL.script, ours=True)
        done = place.one(opening, watch=True, keep=True)
        say(f"{name}: opened in {done.wall:.0f} s, {done.peak >> 20} MiB")
        lines.append(f"| open, {name} | {done.wall:.0f} | {done.cpu:.0f} | {done.peak / (1 << 20):.0f} |")
        shutil.rmtree(parts)
        if tree.digests(_inner(place.home / "out")) != wanted:
            raise AssertionError(f"{name}: what came out is not what went in")
        say(f"{name}: {len(wanted)} files are the same, name for name and byte for byte")
        place.clear()
    return "\n".join(lines)


def _inner(out: Path) -> Path:
    base = out / "files"
    return base / "tree" if (base / "tree").is_dir() else base
