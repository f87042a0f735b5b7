"""Write the vectors of docs/spec/custody.md: texts of lines, without their signatures."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.newsroom import taken
from tamizdat.newsroom.taken import Taken
from tamizdat.primitives.note import Signer


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


KEY = Signer(name="news.example/record/anna", seed=bytes(range(32))).verifier.vkey


def main() -> None:
    """Write all vectors."""
    told = Taken(object="0a1b2c3d4e5f6071", number=1, previous="", when=1795713600, what="get", by="anna", key=KEY)
    whole = taken.write_text(told)
    vectors.write("custody", "whole", "whole", "a person looked at an original", whole.encode())
    later = Taken(
        object="0a1b2c3d4e5f6071",
        number=20,
        previous=bytes(range(32)).hex(),
        when=1795713600,
        what="export-sealed",
        decision="00112233445566aa",
        by="editor",
        key=KEY,
    )
    vectors.write("custody", "export", "whole", "one left sealed, as was decided", taken.write_text(later).encode())

    def flaw(name: str, comment: str, old: str, new: str) -> None:
        assert whole.count(old) == 1, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("custody", name, "custody-text", comment, whole.replace(old, new).encode())

    flaw("empty", "no bytes at all", whole, "")
    flaw("version", "a version of the format that is not known", "-v1", "-v2")
    flaw("crlf", "a line ends as in DOS", "get\n", "get\r\n")
    flaw("torn", "the last newline is gone", f"{KEY}\n", KEY)
    flaw("more", "a line too many", f"{KEY}\n", f"{KEY}\nwhy: a story\n")
    flaw("order", "two lines exchanged", "number: 1\nprevious: -\n", "previous: -\nnumber: 1\n")
    flaw("object", "no object's id", "0a1b2c3d4e5f6071", "0A1B2C3D4E5F6071")
    flaw("number-zero", "a line before the first", "number: 1", "number: 0")
    flaw("number-spelling", "a number with a zero before it", "number: 1", "number: 01")
    flaw("first", "the first line, with one before it", "previous: -", f"previous: {'0' * 64}")
    flaw("second", "the second line, with none before it", "number: 1", "number: 2")
    flaw("previous", "the hash of the line before is cut short", "1\nprevious: -", f"2\nprevious: {'0' * 63}")
    flaw("time", "a time with an offset", "00Z", "00+00:00")
    flaw("what", "something nobody does", "get", "look")
    flaw("get-decision", "a decision where none is needed", "get", "get 00112233445566aa")
    flaw("export-bare", "an export without its decision", "get", "export")
    flaw("export-decision", "an export that names no decision", "get", "export 0011")
    flaw("person", "no short name", "anna news", "Anna news")
    flaw("key", "no key", KEY, KEY[:-4])
    flaw("key-none", "a person without a key", f" {KEY}", "")


if __name__ == "__main__":
    main()
