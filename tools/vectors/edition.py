"""Write the vectors of docs/spec/edition.md: texts of lists, without their signatures."""

from __future__ import annotations

import hashlib
import sys

from pathlib import Path

from tamizdat.wire import edition


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors


PATHS = ("about/index.html", "card.txt", "index.html", "media/0f.jpg", "stories/harbour/index.html")


def main() -> None:
    """Write all vectors."""
    files = tuple(
        edition.File(path=path, size=100 + number, sha256=hashlib.sha256(path.encode()).hexdigest())
        for number, path in enumerate(PATHS)
    )
    made = edition.Edition(
        origin="news.example/record", number=3, made=1_795_651_200, entry=7, salt=bytes(range(32)), files=files
    )
    whole = edition.write_text(made)

    def vector(name: str, expect: str, comment: str, text: str) -> None:
        assert (text == whole) == (name == "whole"), name  # noqa: S101 -- a vector that shows nothing must not be written
        vectors.write("edition", name, expect, comment, text.encode())

    lines = whole.splitlines(keepends=True)
    head, last = "".join(lines[:7]), lines[-1]
    vector("whole", "whole", "a list of five files", whole)
    vectors.write("edition", "none", "whole", "a list of no files", head.replace("files: 5", "files: 0").encode())
    vector("title-version", "edition-title", "a version that is not known", whole.replace("-v1", "-v2"))
    vector("title-crlf", "edition-title", "lines end as in DOS", whole.replace("\n", "\r\n"))
    vector("title-empty", "edition-title", "no bytes at all", "")
    vector("head-order", "edition-head", "two lines exchanged", "".join([lines[0], lines[2], lines[1], *lines[3:]]))
    vector("head-short", "edition-head", "only the title", lines[0])
    vector("head-zero", "edition-head", "edition 0", whole.replace("edition: 3", "edition: 0"))
    vector("head-number", "edition-head", "a number with a zero before it", whole.replace("edition: 3", "edition: 03"))
    vector("head-entry", "edition-head", "an entry beyond 2^53", whole.replace("entry: 7", "entry: 9007199254740992"))
    vector("head-time", "edition-head", "a day that does not exist", whole.replace("2026-11-26", "2026-02-30"))
    vector("head-old", "edition-head", "made before 1970", whole.replace("2026-11-26", "1969-12-31"))
    vector("head-salt", "edition-head", "a salt of another length", whole.replace("salt: AAEC", "salt: "))
    vector(
        "head-origin", "edition-head", "a record's name with a space", whole.replace("news.example/", "news example/")
    )
    vector("line-hash", "edition-line", "a hash in capitals", whole.replace(last[:64], last[:64].upper()))
    vector("line-size", "edition-line", "a size with a zero before it", whole.replace(" 104 ", " 0104 "))
    vector("line-words", "edition-line", "two spaces", whole.replace(" 104 ", "  104 "))
    for name, path in {
        "up": "../index.html",
        "root": "/index.html",
        "space": "media/a.jpg ",
        "dot": "media/.htaccess",
        "end": "media/a.",
        "back": "media\\a.jpg",
        "letters": "media/\u00e9.jpg",
        "log": "log/checkpoint",
        "list": "edition.txt",
    }.items():
        shown = "edition-line" if name == "space" else "edition-path"
        vector(
            f"path-{name}",
            shown,
            f"the path {path!r}".encode("ascii", "replace").decode(),
            whole.replace("media/0f.jpg", path),
        )
    vector("path-below", "edition-path", "a file within a file", whole.replace("media/0f.jpg", "index.html/a"))
    vector("order-fall", "edition-order", "the last two exchanged", head + "".join([*lines[7:-2], last, lines[-2]]))
    vector("order-twice", "edition-order", "a path twice", whole.replace("files: 5", "files: 6") + last)
    capital = last.replace("stories/harbour", "stories/Harbour")
    vector(
        "case",
        "edition-case",
        "two paths differ by a capital",
        whole.replace("files: 5", "files: 6").replace(last, capital + last),
    )
    vector("count-more", "edition-count", "one file more than it says", whole.replace("files: 5", "files: 4"))
    vector("count-torn", "edition-count", "the last file is gone", "".join(lines[:-1]))
    vector("count-spelled", "edition-count", "the count with a zero before it", whole.replace("files: 5", "files: 05"))
    vector("spelling-torn", "edition-spelling", "words after the last newline", whole + "x")


if __name__ == "__main__":
    main()
