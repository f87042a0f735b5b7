"""
Every hash tag of the system, in ONE table, and the few ways to use it.

Almost any change here breaks every dossier, part, log and edition that exists.
A change is a new version with a new tag; TEST AGAINST OLD DATA.
"""

from __future__ import annotations

import hashlib

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


# docs/spec/card.md, fingerprint
CARD: Final = b"tamizdat-card-v1\n"
# docs/spec/dossier.md, derivations
DOSSIER: Final = b"tamizdat-dossier-v1\n"
ANNOUNCE: Final = b"tamizdat-announce-v1\n"
DERIVE: Final = b"tamizdat/v1/"
# docs/spec/dossier.md, object root
SEED_STEP: Final = b"tmz-ggm1"
HEADER: Final = b"hdr"
TILES: Final = b"til"
METADATA: Final = b"met"
FILE: Final = b"fil"
ABSENT: Final = bytes(32)
# docs/spec/story.md, the hash that approvals sign
STORY: Final = b"tamizdat-story-v1\n"
# docs/spec/entry.md, what a public entry says of its text
ENTRY_TEXT: Final = b"tamizdat-entry-text-v1\n"
# docs/spec/part.md, the tag only the newsroom can check
PART_TAG: Final = b"tamizdat/v1/part-tag"
# docs/spec/decision.md, the hash that persons sign
DECISION: Final = b"tamizdat-decision-v1\n"
# RFC 6962, section 2.1
LEAF: Final = b"\x00"
NODE: Final = b"\x01"


def sha256(*parts: bytes) -> bytes:
    """Hash the parts, one after another, to 32 bytes."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.digest()


def leaf(*parts: bytes) -> bytes:
    """Hash a leaf (RFC 6962, 2.1)."""
    return sha256(LEAF, *parts)


def node(left: bytes, right: bytes) -> bytes:
    """Hash an inner node (RFC 6962, 2.1)."""
    return sha256(NODE, left, right)


def part_tag_key(file_key: bytes) -> bytes:
    """Derive the key of a dossier's part tags from its age file key (docs/spec/part.md, "Tag"): 32 bytes."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PART_TAG).derive(file_key)


def derive(secret: bytes, label: str, number: int = 0) -> bytes:
    """
    Derive 32 bytes for one use: K(label, i) of docs/spec/dossier.md, by HKDF-SHA256 (RFC 5869).

    >>> derive(bytes(32), "object", 1).hex()[:8] != derive(bytes(32), "object", 2).hex()[:8]
    True
    """
    info = DERIVE + label.encode("ascii") + b"\x00" + number.to_bytes(4, "big")
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)
