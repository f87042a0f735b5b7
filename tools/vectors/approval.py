"""Write the vectors of docs/spec/approval.md: texts of approvals, without their signatures."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.wire import approval
from tamizdat.wire.approval import Approval


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


def main() -> None:
    """Write all vectors."""
    whole = approval.write_text(Approval(story="harbour-closed", version=2, digest=bytes(range(32))))
    vectors.write("approval", "whole", "whole", "the second version of a story", whole.encode())

    def flaw(name: str, comment: str, text: str) -> None:
        assert text != whole, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("approval", name, "approval-text", comment, text.encode())

    lines = whole.splitlines(keepends=True)
    flaw("empty", "no bytes at all", "")
    flaw("version", "a version of the format that is not known", whole.replace("-v1", "-v2"))
    flaw("crlf", "lines end as in DOS", whole.replace("\n", "\r\n"))
    flaw("order", "two lines exchanged", "".join([lines[0], lines[2], lines[1], lines[3]]))
    flaw("more", "a line too many", whole + "by: somebody\n")
    flaw("torn", "the last newline is gone", whole[:-1])
    flaw("zero", "version 0", whole.replace("version: 2", "version: 0"))
    flaw("number", "a number with a zero before it", whole.replace("version: 2", "version: 02"))
    flaw("name", "a story's name with a capital", whole.replace("harbour", "Harbour"))
    flaw("path", "a story's name that leads elsewhere", whole.replace("harbour-closed", "../harbour"))
    flaw("hash-short", "a hash of 31 bytes", whole.replace(lines[3], "hash: " + "A" * 42 + "==\n"))
    flaw("hash-spelling", "a hash with letters after its end", whole.replace("=\n", "==\n"))


if __name__ == "__main__":
    main()
