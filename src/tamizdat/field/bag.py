"""
The tag files of one BagIt 1.0 bag (RFC 8493), in the one spelling that a dossier uses.

It is NOT a general BagIt reader: that is field/bagcheck.py. docs/spec/dossier.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tamizdat.primitives.errors import Fault


# RFC 8493, 2.1.1
DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_SHOWN: Final = 200


def write_info(octets: int, count: int) -> bytes:
    r"""
    Write bag-info.txt: what the payload measures, and nothing that tells who made it or when.

    >>> write_info(12, 2)
    b'Payload-Oxum: 12.2\n'
    """
    return f"Payload-Oxum: {octets}.{count}\n".encode("ascii")


def write_manifest(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """Write a SHA-256 manifest of (path, digest), in the order given."""
    return "".join(f"{value.hex()}  {path}\n" for path, value in entries).encode("ascii")


def manifest_length(paths: Iterable[str]) -> int:
    """Say how long the manifest of these paths is, before any of their digests is known."""
    return sum(64 + 2 + len(path) + 1 for path in paths)


def compare_manifest(where: str, raw: bytes, entries: Iterable[tuple[str, bytes]]) -> Iterator[Fault]:
    """Give a fault for each path of which the manifest *raw* does not say just what *entries* say."""
    entries = list(entries)
    if raw == write_manifest(entries):
        return
    if raw.count(b"\n") > 2 * len(entries) + _SHOWN:
        yield _fault(where, "it lists far more files than are there")
        return
    said = dict(_lines(raw))
    wrong = [path for path, value in entries if said.pop(path.encode("ascii"), None) != value.hex().encode("ascii")]
    for path in wrong:
        yield _fault(path, f"{where} does not list the bytes that are there")
    for other in said:
        name = other[:_SHOWN].decode("ascii", "backslashreplace")
        yield _fault(name, f"{where} lists a file that is not there")
    if not wrong and not said:
        yield _fault(where, "its lines are not in the one order and spelling")


def _lines(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in raw.split(b"\n"):
        value, _, path = line.partition(b"  ")
        if line:
            yield path, value


def _fault(where: str, what: str) -> Fault:
    return Fault(
        code="dossier-manifest",
        where=where,
        what=what,
        mend="Trust none of this dossier's files; ask for it again and keep what you have.",
    )
