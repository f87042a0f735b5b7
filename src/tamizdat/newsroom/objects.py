"""
The originals in the vault, each under a key of its own, and the ways to find one.

Dropping the folder ``keys/objects/ID`` makes an original unreadable for ever, here and in every copy of the vault,
once backups of the keys are gone as well. The index of what is held is keyed, so that a seized disk
does not confirm that a file is known here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hmac
import re

from collections.abc import Iterator
from typing import BinaryIO, Final

from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.recipients import Identity, Recipient
from tamizdat.primitives.errors import UsageError
from tamizdat.primitives.stores import read


KEYS: Final = "keys/objects"
INDEX: Final = "desk/index"
ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A new object: its id (16 hexadecimal digits), and the identity that alone opens it."""

    id: str
    recipient: Recipient
    secret: str = dataclasses.field(repr=False)


def fresh(house: House) -> Fresh:
    """Make an id nobody can foresee, and an identity for one object."""
    identity = recipients.generate(post_quantum=house.card().strength == "post-quantum")
    return Fresh(id=house.entropy.random(8).hex(), recipient=identity.recipient(), secret=identity.secret())


def write_key(house: House, ident: str, secret: str) -> None:
    """Keep an object's identity, sealed to the newsroom and its recovery page."""
    _seal(house, key_file(ident), secret.encode("ascii"))


def key_file(ident: str) -> str:
    """Say where an object's identity is kept."""
    return f"{KEYS}/{ident}/key.age"


def forget(house: House, ident: str) -> None:
    """Drop the keys of an object that never reached the vault."""
    if not house.vault().has(ident):
        for name in list(house.root.names(f"{KEYS}/{ident}")):
            house.root.drop(name)


def find(house: House, keys: Keys, sha256: bytes) -> str:
    """Find the object that holds these bytes and can be opened; empty where there is none."""
    ident = (read(house.root, index_file(keys, sha256)) or b"").decode("ascii")
    return ident if ident and read(house.root, key_file(ident), 1) is not None else ""


def remember(house: House, keys: Keys, sha256: bytes, ident: str) -> None:
    """Note which object holds these bytes."""
    house.root.put(index_file(keys, sha256), [ident.encode("ascii")])


@contextlib.contextmanager
def open_original(house: House, keys: Keys, ident: str) -> Iterator[BinaryIO]:
    """
    Open an original for reading; that nothing is missing is proven only when it was read to its end.

    Raises:
        UsageError: The vault has no such object, or its key was destroyed.
    """
    opener = identity(house, keys, ident)
    with house.vault().open(ident) as stream:
        yield age.Reader(stream, [opener])


def identity(house: House, keys: Keys, ident: str) -> Identity:
    """
    Open an object's identity.

    Raises:
        UsageError: ``object-unknown``: there is none, or it was destroyed.
    """
    sealed = read(house.root, key_file(ident)) if ID.fullmatch(ident) else None
    if sealed is None:
        raise unknown(ident)
    return recipients.read_identity(age.open_(sealed, keys.identities).decode("ascii"))


def unknown(ident: str) -> UsageError:
    """Say that an object cannot be opened."""
    return UsageError(
        "object-unknown",
        f"the vault has no object {ident[:40]!r}, or its key was destroyed",
        mend="Run `tamizdat objects` to see what there is.",
    )


def index_file(keys: Keys, sha256: bytes) -> str:
    """Say where it is noted which object holds these bytes."""
    name = hmac.digest(keys.desk, b"object" + sha256, "sha256").hex()
    return f"{INDEX}/{name[:2]}/{name}"


def _seal(house: House, name: str, data: bytes) -> None:
    house.root.put(name, [age.seal(data, house.card_recipients(), house.entropy)])
