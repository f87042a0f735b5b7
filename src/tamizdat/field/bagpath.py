"""
Paths as manifests spell them, and which of them are dangerous on any machine.

The judgement does NOT depend on the machine it is made on: a bag that is checked on one is opened on another.
See RFC 8493, 2.1.3 and 5.
"""

from __future__ import annotations

import re
import unicodedata

from collections.abc import Iterable, Iterator
from typing import Final


_ESCAPES: Final = {"%0A": "\n", "%0D": "\r", "%25": "%"}
_DRIVE: Final = re.compile(r"[A-Za-z]:", re.ASCII)


def read(spelled: str, *, strict: bool) -> tuple[str, str]:
    r"""
    Read a path, and say what is odd about its spelling, if anything.

    Until 1.0 (*strict*) a percent sign stood for itself.

    >>> read("*./data/a%0Ab", strict=True)
    ('data/a\nb', 'the path is spelled as md5sum does, with a star or ./ before it')
    >>> read("data/100%25", strict=False)
    ('data/100%25', '')
    """
    bare = spelled.removeprefix("*").removeprefix("./")
    oddity = "the path is spelled as md5sum does, with a star or ./ before it" if bare != spelled else ""
    pattern = "%0[AD]|%25" if strict else "%0[AD]"
    return re.sub(pattern, lambda match: _ESCAPES[match[0].upper()], bare, flags=re.IGNORECASE), oddity


def danger(path: str) -> str:
    r"""
    Say why a path must not be followed; empty where it may.

    >>> danger("data/photo.jpg")
    ''
    >>> danger("data/../../etc/passwd")
    'has an empty or dotted element'
    >>> danger("~root/foo"), danger("C:/x"), danger(r"\\server\x"), danger("/etc/passwd")
    ('leads to a home folder', 'leads to a drive', 'has a backslash, which parts folders on some machines', 'is absolute')
    """
    if path.startswith("/"):
        return "is absolute"
    if path.startswith("~"):
        return "leads to a home folder"
    if _DRIVE.match(path):
        return "leads to a drive"
    if "\\" in path:
        return "has a backslash, which parts folders on some machines"
    if "\0" in path:
        return "has a NUL"
    if {"", ".", ".."} & set(path.split("/")):
        return "has an empty or dotted element"
    return ""


def twins(names: Iterable[str]) -> dict[str, str]:
    """
    Map what a disk that folds case or accents makes of each name to the one name it is made of, or to nothing.

    >>> twins({"data/hello.txt"})[fold("data/HELLO.txt")]
    'data/hello.txt'
    """
    found: dict[str, str] = {}
    for name in names:
        folded = fold(name)
        found[folded] = "" if folded in found else name
    return found


def clashes(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the names that such a disk takes for one that came before."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        before = seen.setdefault(fold(name), name)
        if before != name:
            yield before, name


def fold(name: str) -> str:
    """Make of a name what such a disk makes of it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
