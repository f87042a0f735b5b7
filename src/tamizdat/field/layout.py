"""
What stands where in a dossier, and the lengths that follow from it.

It reads and writes nothing. docs/spec/dossier.md, "Members" and "Padding".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tamizdat.field import archive, bag, objects, padme, ustar


# One folder, so that `tar x` gives one thing that any BagIt tool takes.
TOP: Final = "dossier/"
OBJECTS: Final = "tamizdat/objects.json"
SECRET: Final = "tamizdat/secret"  # noqa: S105 (a path)
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFEST: Final = "manifest-sha256.txt"
PADDING: Final = "tamizdat/padding"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
# What follows the payload, in this order.
TAGS: Final = (OBJECTS, SECRET, DECLARATION, INFO, MANIFEST, PADDING, TAG_MANIFEST)
# What the tag manifest lists, in its order.
LISTED: Final = tuple(sorted(path for path in TAGS if path != TAG_MANIFEST))
SECRET_LENGTH: Final = 32
# The longest that a tag file may be; the padding's length follows from the rest.
MOST: Final = {
    OBJECTS: objects.MOST_BYTES,
    SECRET: SECRET_LENGTH,
    DECLARATION: 256,
    INFO: 256,
    MANIFEST: objects.MOST_FILES * 96,
    TAG_MANIFEST: 1024,
}


def stored_length(size: int) -> int:
    """
    Say how long a member of *size* bytes is in the tar, with its header and the filler of its last block.

    >>> stored_length(0), stored_length(1)
    (512, 1024)
    """
    return len(ustar.write(TOP + PADDING, size, 0)) + size + -size % ustar.BLOCK


def padding_length(before: int, rule: Callable[[int], int] = padme.length) -> int:
    """
    Plan how many zeros the padding holds where *before* bytes of tar stand in front of it.

    Behind it come the tag manifest, whose length is known, and the end of the archive. *rule* gives
    the padded length of so many bytes.

    >>> padding_length(0) + stored_length(0) + stored_length(bag.manifest_length(LISTED)) + 1024
    65536
    """
    behind = stored_length(bag.manifest_length(LISTED)) + len(archive.END)
    least = before + stored_length(0) + behind
    zeros = rule(least) - least
    # Padding of 8 GiB and more has a longer header.
    longer = stored_length(zeros) - zeros - stored_length(0)
    return rule(least + longer) - least - longer


def sheet_padding_length(before: int) -> int:
    """Plan the padding of a dossier for paper, where 64 KiB are six sheets."""
    return padding_length(before, padme.power)
