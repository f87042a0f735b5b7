"""Feed spoilt proofs and pictures to their reader: refused or checked, never a crash, and never a word more proven.

Half of the spoilt proofs are signed again by the newsroom, so that what lies behind its signature is reached as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import sys

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import ground
from tamizdat.primitives.errors import TamizdatError
from tamizdat.primitives.note import Signer
from tamizdat.wire import sidecar
from tests import vectors


PIECES = [
    b'"',
    b"\\n",
    b"\\u2014 ",
    b"{",
    b"}",
    b"[]",
    b"AAAA",
    b"==",
    b"null",
    b"1",
    b"quorum none",
    b"witness ",
    b"index 3",
]
NOW = 1_800_000_000
# The key that tools/vectors/newsroom.py draws third.
EDITION = Signer(name="news.example/edition", seed=hashlib.shake_256(b"vectors of sidecar\0\0\0\3").digest(32))


def load(name: str) -> tuple[bytes, bytes]:
    told = json.loads((vectors.SPECS / "sidecar" / f"{name}.json").read_text("utf-8"))
    return base64.b64decode(told["picture"]), (told["sidecar"] or "").encode("ascii")


CASES = {name: load(name) for name in ("good", "stamp-renewed", "stranger-more", "crop", "text")}
INSIDE, _ = load("embedded")


assert sidecar.sign(sidecar.read(CASES["good"][1]), EDITION) == sidecar.read(CASES["good"][1])


def proven(picture: bytes, made: sidecar.Sidecar) -> set[str]:
    found = sidecar.check(picture, made, card_words=None, now=NOW)
    for one in found.all:
        sidecar.sentence(one.code, one.params)
    return {f"{one.code} {sorted(one.params.items())}" for one in found.all if one.kind == "proven"}


GOOD = {name: proven(picture, sidecar.read(raw)) for name, (picture, raw) in CASES.items()}


def make(dice: random.Random) -> tuple[str, bytes, bytes, str]:
    name = dice.choice(list(CASES))
    picture, raw = CASES[name]
    match dice.randrange(5):
        case 0:
            return name, ground.spoil(picture, dice, [b"\xff\xd9", b"\xff\xeb", b"JP"]), raw, "check"
        case 1:
            return name, ground.spoil(INSIDE, dice, [b"jumb", b"jumd", b"json", b"JP\x00\x01"]), b"", "find"
        case 2:
            return name, picture, ground.spoil(raw, dice, PIECES), "check"
        case 3:
            return name, picture, field(raw, dice), "check"
        case _:
            return name, picture, field(raw, dice), "resign"


def field(raw: bytes, dice: random.Random) -> bytes:
    """Spoil one field within, so that the file around it is whole."""
    told = json.loads(raw)
    holders = [told, *told["stamps"]]
    holder = dice.choice(holders)
    key = dice.choice([key for key, value in holder.items() if isinstance(value, str) and key != "version"])
    try:
        inner = base64.b64decode(holder[key], validate=True)
        holder[key] = base64.b64encode(ground.spoil(inner, dice, PIECES)).decode("ascii")
    except ValueError:
        holder[key] = ground.spoil(holder[key].encode(), dice, PIECES).decode("utf-8", "replace")
    for one in told["stamps"] if dice.random() < 0.3 else ():
        one["stamps"] = [
            base64.b64encode(ground.spoil(base64.b64decode(s), dice, [b"\x30\x82"])).decode() for s in one["stamps"]
        ]
    return (json.dumps(told, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")


def one_input(thrown: tuple[str, bytes, bytes, str]) -> None:
    name, picture, raw, how = thrown
    try:
        if how == "find":
            raw = sidecar.find(picture) or b""
        made = sidecar.read(raw)
        assert sidecar.write(made) == raw, "two spellings"
        if how == "resign":
            proven(picture, sidecar.sign(made, EDITION))
            return
        found = proven(picture, made)
    except TamizdatError:
        return
    assert how == "find" or found <= GOOD[name], f"more is proven: {found - GOOD[name]}"


if __name__ == "__main__":
    ground.run(make, one_input)
