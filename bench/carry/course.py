"""
What the bench runs, in which order, on what. It prints progress and keeps every single run; it draws no conclusion.

Runs that are compared are neighbours in time: each round runs every command once, and begins with another one than the round before.
"""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import subprocess
import sys
import time

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.carry import contenders, tree
from bench.carry.contenders import Contender
from bench.carry.measure import FailedError, Run, run
from tamizdat.carry import part
from tamizdat.carry.spans import number
from tamizdat.primitives import card as cards
from tamizdat.primitives import words
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients


ROOT: Final = Path(__file__).parents[2]
PASSPHRASE: Final = "a passphrase for the bench"  # noqa: S105 -- it guards nothing
# OpenSSL's second word of capabilities: SHA-NI (bit 29) and the AVX-512 family off, everywhere in the process.
MASK: Final = ":~0xF0230000"


@dataclasses.dataclass(slots=True)
class Result:
    """All runs of one command in one setting, round by round; *peak* in bytes, from a run that was watched."""

    contender: Contender
    runs: list[Run] = dataclasses.field(default_factory=list)
    peak: int = 0


Results = dict[str, Result]


class Course:
    """
    A place to measure in: a tree, a newsroom, keys. `close` removes all of it.

    Attributes:
        home: The folder everything lies in.

        size: Bytes in the tree.

        flush: Whether every command has to bring what it wrote to the medium.
    """

    def __init__(self, home: Path, size: int, *, flush: bool) -> None:
        self.home = home
        self.size = size
        self.flush = flush
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700, parents=True)
        say(f"making {size >> 20} MiB of incompressible files in {home}")
        tree.make(home / "tree", size)
        self.env = _newsroom(home) | {
            "TREE": str(home / "tree"),
            "OUT": str(home / "out"),
            "AGE": str(home / "x.age"),
            "PARTS": str(home / "parts"),
            "RESTIC_PASSWORD": PASSPHRASE,
            "RESTIC_CACHE_DIR": str(home / "cache"),
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_BASE_DIR": str(home / "borg"),
        }

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.home, ignore_errors=True)

    def one(self, contender: Contender, *, watch: bool = False, keep: bool = False) -> Run:
        """Run a command once, its output removed before and after; with *keep* not after."""
        self.clear()
        flush = '; sync -f "$OUT"' if self.flush and '"$OUT"' in contender.script else ""
        done = run(contender.script + flush, env=self.env, log=self.home / "log", watch=watch)
        if not keep:
            self.clear()
        return done

    def clear(self) -> None:
        """Remove what the last command wrote, and let the disk finish with it."""
        shutil.rmtree(self.home / "out", ignore_errors=True)
        if self.flush:
            subprocess.run(["sync", "-f", str(self.home)], check=True)

    def rounds(
        self, field: Sequence[Contender], count: int, *, warm: bool = True, watch: bool = True, check: bool = False
    ) -> Results:
        """
        Run each command *count* times, in rounds.

        Args:
            field: The commands.
            count: How many rounds, besides the first.
            warm: Let a first round warm up, which is not timed.
            watch: Look at memory in that round.
            check: Demand in that round that what was opened is the tree.
        """
        present = [one for one in field if not one.missing]
        for one in field:
            if one.missing:
                say(f"left out: {one.name}: {', '.join(one.missing)} is missing")
        results = {one.name: Result(one) for one in present}
        for one in present if warm else ():
            self._try(results, one, partial(self._warm, watch=watch, check=check))
        for turn in range(count):
            for at in range(len(present)):
                one = present[(at + turn) % len(present)]
                self._try(results, one, partial(self._timed, f"{turn + 1} of {count}"))
        return results

    def _try(self, results: Results, one: Contender, work: Callable[[Result], None]) -> None:
        """Leave a command out of everything, and say so, once it failed."""
        if one.name in results:
            try:
                work(results[one.name])
            except FailedError as error:
                say(f"left out, for it failed: {one.name}: {error}")
                del results[one.name]

    def _warm(self, result: Result, *, watch: bool, check: bool) -> None:
        result.peak = self.one(result.contender, watch=watch, keep=check).peak
        if check:
            self._same(result.contender.name)
        say(f"  warm: {result.contender.name}" + (f": {result.peak / (1 << 20):.0f} MiB" if watch else ""))

    def _timed(self, turn: str, result: Result) -> None:
        done = self.one(result.contender)
        result.runs.append(done)
        say(f"  {turn}: {result.contender.name}: {done.wall:.2f} s")

    def _same(self, name: str) -> None:
        """Demand that what was opened is the tree."""
        out = self.home / "out"
        base = out / "files" if (out / "files").is_dir() else out
        inner = next((one for one in (base / "tree", base) if one.is_dir()), base)
        if tree.digests(inner) != tree.digests(self.home / "tree"):
            raise AssertionError(f"{name}: what came out is not what went in")

    def prepare_opening(self) -> list[Path]:
        """Seal the tree both ways; give the parts in the order of their index."""
        self.one(contenders.SEAL_3_5, keep=True)
        (self.home / "out").rename(self.home / "parts")
        if not contenders.TAR_AGE.missing:
            self.one(contenders.TAR_AGE, keep=True)
            (self.home / "out" / "x.age").rename(self.home / "x.age")
            self.clear()
        parts = sorted((self.home / "parts").iterdir(), key=index_of)
        self.env["SOME"] = " ".join(map(str, parts[2:]))
        # The list is words of the shell; its names are hexadecimal below a folder of ours.
        return parts


def index_of(path: Path) -> int:
    """Say which part a file is, from 0."""
    with path.open("rb") as stream:
        return part.read_head(stream.read(part.HEADER)).index


@contextmanager
def damaged(parts: Sequence[Path], good: int) -> Iterator[None]:
    """While this lasts, one byte is turned in all but *good* packets of each row, at random."""
    wounds = list(_wounds(parts, good))
    _turn(wounds)
    try:
        yield
    finally:
        _turn(wounds)


def _wounds(parts: Sequence[Path], good: int) -> Iterator[tuple[Path, int]]:
    dice = random.Random(35)
    with parts[0].open("rb") as stream:
        packet = part.read_head(stream.read(part.HEADER)).shape.packet
    count = parts[0].stat().st_size // packet
    row = 0
    while number(row) < count - 1:
        for path in dice.sample(list(parts), len(parts) - good):
            yield path, number(row) * packet + dice.randrange(packet)
        row += 1


def _turn(wounds: Sequence[tuple[Path, int]]) -> None:
    handles = {path: os.open(path, os.O_RDWR) for path in dict.fromkeys(path for path, _ in wounds)}
    try:
        for path, place in wounds:
            byte = os.pread(handles[path], 1, place)
            os.pwrite(handles[path], bytes([byte[0] ^ 255]), place)
    finally:
        for handle in handles.values():
            os.close(handle)


def say(words_: str) -> None:
    """Tell of progress."""
    print(f"{time.strftime('%H:%M:%S')} {words_}", file=sys.stderr, flush=True)


def _newsroom(home: Path) -> dict[str, str]:
    """Make a newsroom with the real command, and an age key of the classical kind for the other tools."""
    secret = home / "passphrase"
    secret.touch(mode=0o600)
    secret.write_text(f"{PASSPHRASE}\n", "utf-8")
    room = home / "room"
    run(
        f'{contenders.TAMIZDAT} newsroom init "{room}" --name Bench --origin bench.example/record'
        f' --work-factor 2 --passphrase-file "{secret}"',
        env={},
        log=home / "log",
    )
    card = room / "card.txt"
    sealed = (room / "keys" / "identity.age").read_bytes()
    key = home / "newsroom.key"
    key.touch(mode=0o600)
    key.write_bytes(age.open_(sealed, [recipients.Passphrase(PASSPHRASE.encode())]))
    other = home / "age.key"
    other.touch(mode=0o600)
    identity = recipients.generate(post_quantum=False)
    other.write_text(recipients.write_identity_file(identity), "ascii")
    return {
        "CARD": str(card),
        "WORDS": " ".join(words.card_words(cards.fingerprint(card.read_bytes()))),
        "NEWSROOM_KEY": str(key),
        "KEY": str(other),
        "TO": str(identity.recipient()),
    }
