"""
Spoil bags: the validator never stops, calls nothing whole whose payload is not what a manifest says, and refuses no whole bag.

Of what it calls valid, another reading, a plain one, must find each payload file's digest in a manifest.
"""

from __future__ import annotations

import hashlib
import random
import re

from ground import run, spoil

from tamizdat.adapters.memory import Memory
from tamizdat.field import bag, bagcheck
from tamizdat.primitives.errors import AdapterError, UsageError


NAMES = [
    "data/a.txt",
    "data/deep/er/b.bin",
    "data/\u00e9t\u00e9.txt",
    "data/100%.txt",
    "data/with space",
    "data/\U0001f4f7.jpg",
]
ALGORITHMS = ["md5", "sha1", "sha256", "sha512"]
PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\t", b"  ", b"\0", b"\xff", b"\xef\xbb\xbf", b":", b": ", b"%0A", b"%25", b"%2e"),
    *(b"data/", b"../", b"/", b"./", b"*", b"~", b"C:", b"\\", b"BagIt-Version: 1.0", b"UTF-8", b"UTF-16", b"utf-7"),
    *(b"Payload-Oxum: 1.1", b"9" * 5000, b"-", b"http://x.example/", b"a" * 64, b"idna", b"unicode_escape", b"hex"),
]


def bag_of(dice: random.Random) -> dict[str, bytes]:
    """Make a whole bag, in one of the ways people make them."""
    version = dice.choice(["0.97", "1.0"])
    end = dice.choice([b"\n", b"\r\n", b"\r"]) if version == "1.0" else b"\n"
    payload = {name: dice.randbytes(dice.choice([0, 1, 300])) for name in dice.sample(NAMES, dice.randint(1, 6))}
    files = dict(payload)
    files["bagit.txt"] = f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n".encode()
    octets = sum(map(len, payload.values()))
    if dice.random() < 0.7:
        files["bag-info.txt"] = b"Source: a person" + end + b"Payload-Oxum: %d.%d" % (octets, len(payload)) + end
    chosen = dice.sample(ALGORITHMS, dice.randint(1, 2))
    for name in chosen:
        files[f"manifest-{name}.txt"] = _manifest(name, payload, end, dice, version)
    if dice.random() < 0.6:
        tags = {name: raw for name, raw in files.items() if name not in payload}
        files[f"tagmanifest-{chosen[0]}.txt"] = _manifest(chosen[0], tags, end, dice, version)
    return files


def _manifest(algorithm: str, files: dict[str, bytes], end: bytes, dice: random.Random, version: str) -> bytes:
    lines = []
    for name, raw in files.items():
        digest = hashlib.new(algorithm, raw).hexdigest()
        spelled = name.replace("%", "%25") if version == "1.0" else name
        blank = dice.choice(["  ", " "])
        lines.append(f"{digest.upper() if dice.random() < 0.2 else digest}{blank}{spelled}".encode())
    dice.shuffle(lines)
    return end.join(lines) + end


def one_input(thrown: tuple[dict[str, bytes], str]) -> None:
    """Validate a bag; *how* says what was done to it."""
    files, how = thrown
    store = Memory()
    try:
        for name, raw in files.items():
            store.add(f"bag/{name}", [raw])
    except (AdapterError, UsageError, ValueError):
        return  # no store holds such a name
    faults = bagcheck.validate(store, "bag")
    if how == "whole" and faults:
        raise AssertionError(f"a whole bag was refused: {faults}")
    if how == "payload" and not faults:
        raise AssertionError("altered payload went unseen")
    if not faults:
        said = b"\n".join(raw for name, raw in files.items() if re.fullmatch(r"manifest-[\w-]+\.txt", name)).lower()
        for name, raw in files.items():
            digests = [hashlib.new(kind, raw).hexdigest().encode() for kind in hashlib.algorithms_guaranteed - SHAKES]
            if name.startswith("data/") and not any(digest in said for digest in digests):
                raise AssertionError(f"{name} is in no manifest, and was called valid")
    _own(files)


SHAKES = {"shake_128", "shake_256"}


def _own(files: dict[str, bytes]) -> None:
    """Compare with our own spelling: no fault if and only if the bytes are the same."""
    entries = [(name, hashlib.sha256(raw).digest()) for name, raw in files.items() if name.isascii()]
    own = bag.write_manifest(entries)
    for raw in (own, *(raw for name, raw in files.items() if "manifest" in name)):
        if (raw == own) != (not list(bag.compare_manifest("manifest", raw, entries))):
            raise AssertionError("a manifest has two spellings")


def make(dice: random.Random) -> tuple[dict[str, bytes], str]:
    """Make a bag, and mostly spoil it."""
    files = bag_of(dice)
    how = dice.choice(["whole", "payload", "tags", "tags", "tags", "names"])
    tags = [name for name in files if not name.startswith("data/")]
    if how == "payload":
        name = dice.choice([name for name in files if name.startswith("data/")])
        files[name] = dice.choice([files[name] + b"\0", dice.randbytes(301)])
    elif how == "tags":
        for name in dice.sample(tags, dice.randint(1, len(tags))):
            files[name] = spoil(files[name], dice, PIECES)
        if dice.random() < 0.2:
            files["fetch.txt"] = spoil(b"http://x.example/a 12 data/a.txt\n", dice, PIECES)
    elif how == "names":
        name = dice.choice(list(files))
        raw = files.pop(name)
        if dice.random() < 0.7:
            files[name.replace(dice.choice(name), dice.choice(["", "/", "\u0301", "A", "-"]), 1) or "x"] = raw
    return files, how


if __name__ == "__main__":
    run(make, one_input)
