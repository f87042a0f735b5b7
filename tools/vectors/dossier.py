"""Write the vectors of docs/spec/dossier.md: one whole dossier, and one for each flaw."""

from __future__ import annotations

import io
import sys

from collections.abc import Callable
from pathlib import Path

from tamizdat.field import archive, bag, layout, sealing, ustar
from tamizdat.primitives import digest


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors
from tests.field import sources
from tests.redaction import pictures


Members = dict[str, bytes]


def main() -> None:
    """Write all vectors."""
    whole = _whole()
    _write("whole", "whole", "three names of three kinds, one file that changed once, one left out, a note", whole)
    _write("paper", "whole", "the same note alone, padded for paper", _paper())
    parts = _parts()
    _write(
        "parts",
        "whole",
        "a JPEG, a PNG and a text, each committed to by parts, and a JPEG that is all or nothing",
        parts,
    )
    wrong = "a root of parts is another than that of the bytes"
    _write("parts-root", "dossier-root", wrong, _with(parts, _wrong_root))
    claimed = "a JPEG that cannot be taken apart is said to be"
    _write("parts-claimed", "dossier-root", claimed, _with(parts, _claimed))
    _write("truncated", "tar-truncated", "cut inside the first picture", whole[:800])
    _write("owner", "tar-header", "the first header names an owner", _header(whole, 265, b"photographer"))
    _write("traversal", "tar-path", "a path leads upward", _header(whole, 0, b"dossier/../x.jpg".ljust(26, b"\0")))
    _write("link", "tar-kind", "the first member is a symbolic link", _header(whole, 156, b"2"))
    _write("trailing", "tar-end", "bytes after the end", whole + bytes(511) + b"!")
    _write("unknown", "dossier-order", "a file that is no member of a dossier", _with(whole, _add_unknown))
    _write("version", "dossier-bag", "a bag of another version", _with(whole, _old_version))
    _write("manifest", "dossier-manifest", "the manifest lies about one picture", _with(whole, _lying_manifest))
    _write("spelling", "dossier-objects", "objects.json has a space too many", _with(whole, _spaced))
    _write("root", "dossier-root", "the secret is not the one of the object roots", _with(whole, _other_secret))
    _write("padding", "dossier-padding", "something is hidden in the padding", _with(whole, _hidden))
    _write("large", "dossier-large", "a secret of 33 bytes", _with(whole, _long_secret))


def _write(name: str, expect: str, comment: str, file: bytes) -> None:
    vectors.write("dossier", name, expect, comment, file)


def _whole() -> bytes:
    raw, _ = sources.written(
        sources.Held(b"DCIM/IMG_0001.JPG", b"\xff\xd8\xff a picture"),
        sources.Held("şəkil 2.png".encode(), b"\x89PNG another"),
        sources.Held(b"\xff\xfe.bin", b""),
        sources.Restless(b"clip.mp4", b"a clip that grew"),
        sources.Shut(b"shut.jpg"),
        note=b"Taken from the roof.\n",
    )
    return raw


def _paper() -> bytes:
    sink = io.BytesIO()
    sealing.write(
        [],
        sink=sink,
        entropy=sources.SeededEntropy(),
        created=sources.CREATED,
        note=b"Taken from the roof.\n",
        padding=layout.sheet_padding_length,
    )
    return sink.getvalue()


def _parts() -> bytes:
    picture = pictures.jpeg(90, 70)
    raw, _ = sources.written(
        sources.Held(b"DCIM/IMG_0001.JPG", picture),
        sources.Held(b"DCIM/IMG_0002.JPG", picture[:-2]),
        sources.Held(b"scan.png", _png()),
        note=b"Seen from the roof. Six of them.\n\nNobody was hurt.\n",
    )
    return raw


def _png() -> bytes:
    sink = io.BytesIO()
    pictures.scene(70, 50).save(sink, "PNG")
    return sink.getvalue()


def _wrong_root(members: Members) -> None:
    path = layout.TOP + layout.OBJECTS
    root = members[path].index(b'"root":"') + 8
    members[path] = members[path][:root] + b"0" * 64 + members[path][root + 64 :]


def _claimed(members: Members) -> None:
    path = layout.TOP + layout.OBJECTS
    members[path] = members[path].replace(b'"covers":"file"', b'"covers":"parts"')


def _header(whole: bytes, place: int, change: bytes) -> bytes:
    """Change the first header, and give it the checksum that goes with it."""
    block = bytearray(whole[: ustar.BLOCK])
    block[place : place + len(change)] = change
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + whole[ustar.BLOCK :]


def _with(whole: bytes, change: Callable[[Members], None]) -> bytes:
    """Change members, and write the archive again with a tag manifest that goes with them."""
    members = {member.name.decode(): member.stream.read() for member in archive.read_own(io.BytesIO(whole))}
    change(members)
    sink = io.BytesIO()
    tar = archive.TarWriter(sink, sources.CREATED)
    for path, data in members.items():
        if path == layout.TOP + layout.PADDING:
            zeros = layout.padding_length(tar.length)
            data = data[:1].ljust(zeros, b"\0")  # noqa: PLW2901 (the flaw, if any, is its first byte)
            members[path] = data
        if path == layout.TOP + layout.TAG_MANIFEST:
            data = bag.write_manifest(  # noqa: PLW2901
                (one, digest.sha256(members[layout.TOP + one])) for one in layout.LISTED
            )
        tar.add(path, data)
    tar.close()
    return sink.getvalue()


def _add_unknown(members: Members) -> None:
    kept = {path: members.pop(path) for path in list(members) if not path.startswith(layout.TOP + "data/")}
    members[layout.TOP + "readme.txt"] = b"hello"
    members.update(kept)


def _old_version(members: Members) -> None:
    members[layout.TOP + layout.DECLARATION] = bag.DECLARATION.replace(b"1.0", b"0.9")


def _lying_manifest(members: Members) -> None:
    raw = members[layout.TOP + layout.MANIFEST]
    members[layout.TOP + layout.MANIFEST] = (b"0" if raw[:1] != b"0" else b"1") + raw[1:]


def _spaced(members: Members) -> None:
    path = layout.TOP + layout.OBJECTS
    members[path] = members[path].replace(b'":', b'": ', 1)


def _other_secret(members: Members) -> None:
    members[layout.TOP + layout.SECRET] = bytes(32)


def _hidden(members: Members) -> None:
    members[layout.TOP + layout.PADDING] = b"!"


def _long_secret(members: Members) -> None:
    members[layout.TOP + layout.SECRET] += b"\0"


if __name__ == "__main__":
    main()
