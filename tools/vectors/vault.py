"""Write the vectors of docs/spec/vault.md: an object's metadata as it is inside its age file, whole and flawed."""

from __future__ import annotations

import dataclasses
import sys

from pathlib import Path

from tamizdat.record import crate as crates
from tamizdat.record.crate import Crate, Custody, Received


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


FIRST = Custody(
    arrival="00112233445566778899aabbccddeeff",
    received=1795685400,
    route="sealed",
    files=(
        Received(
            number=1,
            name=b"harbour.jpg",
            how="as handed over by the system",
            root=bytes(range(32)),
            covers="parts",
            committed="field",
        ),
    ),
    record='{"id": "00112233445566778899aabbccddeeff"}',
)
SECOND = Custody(
    arrival="ffeeddccbbaa99887766554433221100",
    received=1795690000,
    route="unsealed",
    files=(Received(number=2, name=b"\xff.jpg"), Received(number=7, name=b"a\\b.jpg")),
    record="{}",
    sender="the harbour office",
    via="by hand",
)
WHOLE = Crate(object="0a1b2c3d4e5f6071", size=2048, sha256=bytes(32), kind="JPEG picture", custody=(FIRST,))


def main() -> None:
    """Write all vectors."""
    raw = crates.write(WHOLE)
    vectors.write("vault", "whole", "whole", "one arrival, one file", raw)
    vectors.write("vault", "padded", "whole", "the same, filled up with blanks", crates.pad(raw))
    grown = dataclasses.replace(WHOLE, custody=(FIRST, SECOND))
    vectors.write("vault", "grown", "whole", "a second arrival; names that are not plain text", crates.write(grown))

    def flaw(name: str, code: str, comment: str, old: str = "", new: str = "") -> None:
        text = raw.decode().replace(old, new) if old else new
        assert text.encode() != raw, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("vault", name, code, comment, text.encode())

    flaw("empty", "crate-json", "no bytes at all")
    flaw("torn", "crate-json", "the end is missing", new=raw[:-20].decode())
    flaw("letters", "crate-json", "letters outside ASCII", "harbour", "hàrbour")
    flaw("list", "crate-shape", "no JSON object", new="[]\n")
    flaw("root", "crate-shape", "no root", '"./"', '"/"')
    flaw("hash", "crate-shape", "a hash of 31 bytes", "0" * 64, "0" * 62)
    flaw("size", "crate-shape", "a size below zero", '"2048"', '"-1"')
    flaw("number", "crate-shape", "a file's number 0", '"number": 1', '"number": 0')
    flaw("arrival", "crate-shape", "an arrival's id that is none", FIRST.arrival, "x" * 32)
    flaw(
        "nobody",
        "crate-shape",
        "nobody brought it",
        f'"mentions": [\n        {{\n          "@id": "#{FIRST.arrival}"\n        }}\n      ]',
        '"mentions": []',
    )
    flaw("id", "crate-shape", "an id with a slash", "0a1b2c3d4e5f6071", "../1b2c3d4e5f60")
    flaw("order", "crate-spelling", "one line, not many", "\n", " ")
    flaw("more", "crate-spelling", "a seed beside the root", '"how"', '"seed": "00",\n      "how"')
    flaw("hash-capitals", "crate-spelling", "a root in capitals", "0a0b0c", "0A0B0C")
    flaw("context", "crate-spelling", "another version of the standard", "ro/crate/1.1", "ro/crate/1.0")
    flaw("type", "crate-spelling", "a media type that does not follow from the kind", "image/jpeg", "image/png")


if __name__ == "__main__":
    main()
