"""
Spoil what the newsroom's keeping reads: the note of fixity, a backup's list, a tombstone. Nothing but its own spelling is taken.

`python fuzz/keeping.py 30` runs for 30 seconds by itself; with atheris installed, `atheris.Setup` takes `one_input`.
"""

from __future__ import annotations

import random
import sys

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import ground
from tamizdat.newsroom import backup, fixity, tombstone
from tamizdat.newsroom.fixity import Note
from tamizdat.newsroom.tombstone import Tombstone
from tamizdat.primitives.errors import FormatError


PLACE = "cee/755/291/tamizdat%3ae1f7a0"
NOTE = Note(buckets={"cee": (1795651200, 2), "0af": (0, 1)}, bucket="cee", place=PLACE, damaged=[PLACE])
STONE = Tombstone(
    object="0a1b2c3d4e5f6071",
    when=1795651200,
    persons=("editor",),
    reason="asked for",
    places=(("00" * 16, 1, "stored"),),
)
WHOLE = (
    fixity.write(NOTE),
    backup.write_list({"a\\b\nc": "00" * 32, "card.txt": "ff" * 32, "keys/desk.age": "0f" * 32}),
    tombstone.write(STONE),
)
PIECES = [
    b"{}",
    b"[]",
    b"null",
    b'"',
    b",",
    b"..",
    b"/",
    b"\x00",
    b"\xff",
    b"\\n",
    b"\\",
    b"\n",
    b"[" * 2000,
    b"9" * 5000,
]
PIECES += [b"-1", b"1e999", b"true", b"newsroom/../../etc/passwd", b'"cee"', b"\\ud800", b"  newsroom/"]


def one_input(thrown: tuple[int, bytes]) -> None:
    """Read the bytes as what the number says; anything but its own spelling, or a flaw, is a find."""
    number, data = thrown
    if number == 0:
        found = fixity.read_note(data)
        assert found == Note() or fixity.write(found) == data
        assert all(".." not in place.split("/") and place[0] != "/" for place in found.damaged)
        return
    try:
        if number == 1:
            listed = dict(backup.read_list(data))
            assert backup.write_list(listed) == data
            assert not any({"", ".", ".."} & set(name.split("/")) for name in listed)
        else:
            assert tombstone.write(tombstone.read(data)) == data
    except FormatError as error:
        assert error.code in {"backup-list", "tombstone"}


def make(dice: random.Random) -> tuple[int, bytes]:
    """Spoil one of the three."""
    number = dice.randrange(len(WHOLE))
    return number, ground.spoil(WHOLE[number], dice, PIECES)


if __name__ == "__main__":
    ground.run(make, one_input)
