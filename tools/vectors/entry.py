"""Write the vectors of docs/spec/entry.md."""

from __future__ import annotations

import hashlib
import sys

from pathlib import Path

from tamizdat.record import batch, entry


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


class Dice:
    """Dice that fall the same every time."""

    count = 0

    def random(self, count: int) -> bytes:
        """Give the next *count* bytes."""
        self.count += 1
        return hashlib.shake_256(b"vectors of entry" + bytes([self.count])).digest(count)


def main() -> None:
    """Write all vectors."""
    dice = Dice()
    leaves = [batch.leaf(dice.random(32), dice.random(32)) for _ in range(3)]
    made = batch.write(leaves, dice)
    text = entry.text_hash(dice.random(32), b"Edition 3\n")
    _entries(
        entry.write(entry.BatchEntry(sequence=12, slot=entry.slot_at(1_795_651_200), missed=2, root=made.root)),
        entry.write(entry.Entry(kind="edition", sequence=3, text_hash=text)),
    )
    _maps(batch.write_map(made.secret_map))
    placement = batch.write_placement(batch.prove(made.secret_map, leaves[0]))
    vectors.write("entry", "placement-whole", "whole", "a leaf's place and path", placement)
    vectors.write("entry", "placement-short", "placement", "the last byte is gone", placement[:-1])


def _entries(day: bytes, edition: bytes) -> None:
    def flaw(name: str, expect: str, comment: str, file: bytes) -> None:
        assert file not in {day, edition}, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("entry", f"entry-{name}", expect, comment, file)

    vectors.write("entry", "entry-batch", "whole", "a day's batch after two days without", day)
    vectors.write("entry", "entry-edition", "whole", "an edition", edition)
    flaw("long", "entry-length", "513 bytes", edition + b"x" * (513 - len(edition)))
    flaw("version", "entry-magic", "a version that is not known", edition.replace(b"-v1", b"-v2"))
    flaw("empty", "entry-magic", "no bytes at all", b"")
    flaw("torn", "entry-line", "the last newline is gone", edition[:-1])
    flaw("crlf", "entry-magic", "lines end as in DOS", edition.replace(b"\n", b"\r\n"))
    flaw("case", "entry-line", "a field in capitals", edition.replace(b"kind", b"Kind"))
    flaw("more", "entry-line", "a field too many", edition + b"title: Untitled\n")
    flaw("order", "entry-line", "slot and missed are exchanged", _exchange(day))
    flaw("letters", "entry-line", "a letter that is not ASCII", edition.replace(b"kind", "k\u0131nd".encode()))
    flaw("kind", "entry-kind", "a kind that is not known", edition.replace(b"edition", b"dossier"))
    flaw("zero", "entry-number", "sequences count from 1", edition.replace(b": 3", b": 0"))
    flaw("spelling", "entry-number", "a leading zero", edition.replace(b": 3", b": 03"))
    flaw("large", "entry-number", "2^53", edition.replace(b": 3", b": 9007199254740992"))
    flaw("missed", "entry-number", "more slots missed than ever were", day.replace(b"missed: 2", b"missed: 20784"))
    flaw("noon", "entry-slot", "no day begins at noon", day.replace(b"T00:", b"T12:"))
    flaw("never", "entry-slot", "slots of no length", day.replace(b"86400", b"0"))
    flaw("date", "entry-slot", "there is no such day", day.replace(b"11-26", b"11-31"))
    flaw("base64", "entry-hash", "padding is missing", edition.replace(b"=\n", b"\n"))
    flaw("hash", "entry-hash", "31 bytes", edition[: edition.rindex(b" ") + 1] + b"A" * 41 + b"A==\n"[1:])


def _exchange(day: bytes) -> bytes:
    lines = day.splitlines(keepends=True)
    return b"".join([*lines[:3], lines[4], lines[3], *lines[5:]])


def _maps(whole: bytes) -> None:
    lines = whole.splitlines(keepends=True)
    vectors.write("entry", "map-whole", "whole", "three real leaves", whole)
    vectors.write("entry", "map-empty", "whole", "a day on which nothing came", b"".join(lines[:3]))
    vectors.write("entry", "map-version", "map-magic", "a version that is not known", whole.replace(b"-v1", b"-v2"))
    vectors.write("entry", "map-torn", "map-line", "the last newline is gone", whole[:-1])
    vectors.write("entry", "map-seedless", "map-line", "no seed", lines[0] + lines[1] + b"".join(lines[3:]))
    vectors.write(
        "entry", "map-seed", "map-hash", "the seed is cut short", whole.replace(lines[2], lines[2][:-9] + b"\n")
    )
    vectors.write("entry", "map-order", "map-place", "places fall", b"".join([*lines[:3], *lines[:2:-1]]))
    twice = lines[3].replace(lines[3].split()[1], b"65535")
    vectors.write("entry", "map-twice", "map-place", "one leaf at two places", whole + twice)
    far = lines[5].replace(lines[5].split()[1], b"65536")
    vectors.write("entry", "map-far", "map-place", "a place outside of the batch", b"".join([*lines[:5], far]))


if __name__ == "__main__":
    main()
