"""
The newsroom's keys: where they lie, and how one passphrase opens them, once a run.

``keys/identity.age`` is under the passphrase and holds the age identity; every other key is sealed to that
identity. A person's key (``keys/people/NAME.age``) is under that person's own passphrase, except the
editor's, which is sealed to the identity so that a newsroom of one needs one passphrase.
"""

from __future__ import annotations

import functools

from typing import Final

from tamizdat.primitives import note
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.recipients import Identity, Opener, Passphrase, Recipient
from tamizdat.primitives.errors import TamizdatError, TrustError, UsageError
from tamizdat.primitives.note import Signer
from tamizdat.primitives.ports import Entropy, Store
from tamizdat.primitives.stores import read


IDENTITY: Final = "keys/identity.age"
NEWSROOM: Final = "keys/newsroom.age"
LOG: Final = "keys/log.age"
LOG_OPEN: Final = "keys/log.key"
EDITION: Final = "keys/edition.age"
DESK: Final = "keys/desk.age"
PEOPLE: Final = "keys/people"
EDITOR: Final = "editor"
DESK_LENGTH: Final = 32


class Keys:
    """
    The newsroom's keys for one run, each opened when it is first wanted.

    Attributes:
        identities: What opens what was sealed for the newsroom; the newest first.
    """

    def __init__(self, root: Store, identities: tuple[Identity, ...]) -> None:
        self._root = root
        self.identities = identities

    def __repr__(self) -> str:
        return "<keys>"

    @property
    def own_recipients(self) -> tuple[Recipient, ...]:
        """What to seal for so that only the newsroom's identity opens it, not the recovery page."""
        return (self.identities[0].recipient(),)

    @functools.cached_property
    def newsroom_signer(self) -> Signer:
        """The key that signs cards."""
        return self._signer(NEWSROOM)

    @functools.cached_property
    def edition_signer(self) -> Signer:
        """The key that signs editions."""
        return self._signer(EDITION)

    @functools.cached_property
    def log(self) -> Signer:
        """The key that signs the public record."""
        return unattended_log_signer(self._root) or self._signer(LOG)

    @functools.cached_property
    def editor(self) -> Signer:
        """The editor's own key, for approvals in a newsroom of one."""
        return self._signer(person_file(EDITOR))

    @functools.cached_property
    def desk(self) -> bytes:
        """32 bytes that key the desk's index."""
        return _open(self._root, DESK, self.identities)

    def _signer(self, name: str) -> Signer:
        return note.read_signer(_open(self._root, name, self.identities).decode("utf-8"))


def unlock(root: Store, passphrase: bytes) -> Keys:
    """
    Open the newsroom's identity with its passphrase; this takes about a second, on purpose.

    Raises:
        TrustError: ``passphrase-wrong``.
        AdapterError, UsageError: The file is not there.
    """
    raw = _open(root, IDENTITY, [Passphrase(passphrase)], whose="the newsroom")
    return Keys(root, tuple(recipients.read_identity_file(raw.decode("ascii"))))


def open_person(root: Store, name: str, passphrase: bytes) -> Signer:
    """
    Open a person's key with that person's passphrase.

    Raises:
        TrustError: ``passphrase-wrong``.
        UsageError: ``keys-missing``: there is no such person.
    """
    raw = _open(root, person_file(name), [Passphrase(passphrase)], whose=name)
    return note.read_signer(raw.decode("utf-8"))


def person_file(name: str) -> str:
    """Say where a person's key lies."""
    return f"{PEOPLE}/{name}.age"


def write_identity(root: Store, identity: Identity, passphrase: Passphrase, entropy: Entropy) -> None:
    """Keep the newsroom's identity under its passphrase."""
    root.put(IDENTITY, [age.seal(f"{identity.secret()}\n".encode("ascii"), [passphrase], entropy)])


def write_signer(root: Store, name: str, signer: Signer, recipient: Recipient, entropy: Entropy) -> None:
    """Keep a signing key, sealed to *recipient*, which may be a passphrase; never in place of another."""
    root.add(name, [age.seal(note.write_signer(signer).encode("utf-8"), [recipient], entropy)])


def write_desk(root: Store, recipient: Recipient, entropy: Entropy) -> None:
    """Make and keep the desk's key."""
    root.add(DESK, [age.seal(entropy.random(DESK_LENGTH), [recipient], entropy)])


def write_unattended_log_signer(root: Store, signer: Signer) -> None:
    """Keep the log's key in clear, so that the record can go on with nobody there."""
    root.add(LOG_OPEN, [f"{note.write_signer(signer)}\n".encode()])


def unattended_log_signer(root: Store) -> Signer | None:
    """Give the log's key where it is kept in clear, else None."""
    raw = read(root, LOG_OPEN)
    return None if raw is None else note.read_signer(raw.decode("utf-8").strip())


def _open(root: Store, name: str, identities: tuple[Opener, ...] | list[Opener], *, whose: str = "") -> bytes:
    raw = read(root, name, 1 << 20)
    if raw is None:
        raise UsageError(
            "keys-missing",
            f"there is no {name} in this newsroom",
            mend="Restore keys/ from your backup, or check the name.",
        )
    try:
        return age.open_(raw, identities)
    except TamizdatError as error:
        if error.code != "age-no-match":
            raise
        if whose:
            raise TrustError(
                "passphrase-wrong",
                f"this is not the passphrase of {whose}",
                mend="Type it again with care; if it is lost, the printed recovery page still opens what was sealed.",
            ) from error
        raise TrustError(
            "keys-foreign", f"{name} was not sealed to this newsroom", mend="Restore keys/ from one backup, whole."
        ) from error
