"""Write the vectors of docs/spec/decision.md: texts of decisions, without their signatures."""

from __future__ import annotations

import sys

from pathlib import Path

from tamizdat.newsroom import decision
from tamizdat.newsroom.decision import Decision


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


def main() -> None:
    """Write all vectors."""
    told = Decision(kind="disclosure", subject="0a1b2c3d4e5f6071", since=1795713600, digest=bytes(range(32)))
    whole = decision.write_text(told)
    vectors.write("decision", "whole", "whole", "parts of an object may be disclosed", whole.encode())

    terms = Decision(kind="card", subject="news.example/record", since=1795713600, digest=bytes(range(32)))
    vectors.write(
        "decision", "card", "whole", "other persons may decide from now on", decision.write_text(terms).encode()
    )

    def flaw(name: str, comment: str, text: str) -> None:
        assert text != whole, name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("decision", name, "decision-text", comment, text.encode())

    lines = whole.splitlines(keepends=True)
    flaw("empty", "no bytes at all", "")
    flaw("version", "a version of the format that is not known", whole.replace("-v1", "-v2"))
    flaw("crlf", "lines end as in DOS", whole.replace("\n", "\r\n"))
    flaw("order", "two lines exchanged", "".join([lines[0], lines[2], lines[1], *lines[3:]]))
    flaw("more", "a line too many", whole + "by: somebody\n")
    flaw("torn", "the last newline is gone", whole[:-1])
    flaw("kind", "a kind that nobody decides", whole.replace("disclosure", "publication"))
    flaw("subject-space", "a space in the subject", whole.replace("0a1b", "0a b"))
    flaw("subject-empty", "no subject", whole.replace("0a1b2c3d4e5f6071", ""))
    flaw("subject-long", "a subject of 201 letters", whole.replace("0a1b2c3d4e5f6071", "a" * 201))
    flaw("time", "a time with an offset", whole.replace("Z\n", "+00:00\n"))
    flaw("time-old", "a time before 1970", whole.replace("2026-", "0026-"))
    flaw("hash-short", "a hash of 31 bytes", whole.replace(lines[4], "hash: " + "A" * 42 + "==\n"))
    flaw("hash-spelling", "a hash with letters after its end", whole.replace("=\n", "==\n"))


if __name__ == "__main__":
    main()
