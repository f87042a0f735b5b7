"""
Spoil an object's metadata: it is refused for a flaw that docs/spec/vault.md names, or it is spelled as we spell it.

`python fuzz/crate.py 30` runs for 30 seconds by itself; with atheris installed, `atheris.Setup` takes `one_input`.
"""

from __future__ import annotations

import sys

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import ground
from tamizdat.primitives.errors import FormatError
from tamizdat.record import crate as crates
from tools.vectors import vault


PIECES = [
    b"{}",
    b"[]",
    b"null",
    b'"',
    b",",
    b"@id",
    b"#original",
    b"./",
    b"\x00",
    b"\xff",
    b"{" * 2000,
    b"9" * 5000,
    b" " * 300,
]
PIECES += [
    b"\\ud800",
    b"-1",
    b"1e999",
    b"true",
    b'"mentions"',
    b'"nameBytes": "AA=="',
    b"Infinity",
    b"9999-12-31T23:59:59Z",
]
WHOLE = [crates.write(vault.WHOLE), crates.pad(crates.write(vault.WHOLE))]
FLAWS = {"crate-json", "crate-shape", "crate-spelling"}


def one_input(data: bytes) -> None:
    """Read *data*; anything but its own spelling or a flaw of ours is a find."""
    try:
        found = crates.read(data)
    except FormatError as error:
        assert error.code in FLAWS
        return
    assert crates.write(found) == data.rstrip(b" ")


def main() -> None:
    """Run for so many seconds."""
    ground.run(lambda dice: ground.spoil(dice.choice(WHOLE), dice, PIECES), one_input)


if __name__ == "__main__":
    atheris = None
    if len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        import atheris
    if atheris is not None:
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
    else:
        main()
