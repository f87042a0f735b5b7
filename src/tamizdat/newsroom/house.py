"""
A newsroom: its folder as a store, with the clock and dice it works by, and what everyone in it asks for.

It is NOT the work itself (init, intake, release and the others take a `House`), and it holds no secret:
`unlock` gives those apart.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom import settings as settings_file
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.settings import Settings
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.age import recipients
from tamizdat.primitives.age.recipients import Recipient
from tamizdat.primitives.card import Card
from tamizdat.primitives.errors import TrustError, UsageError
from tamizdat.primitives.note import Signer
from tamizdat.primitives.ports import Cell, Clock, Entropy, Store
from tamizdat.primitives.stores import Below, read
from tamizdat.record import log as logs
from tamizdat.record import sequencer
from tamizdat.record.log import LogReader
from tamizdat.record.rows import FiledRows, Rows
from tamizdat.record.sequencer import Sequencer
from tamizdat.record.vault import Vault
from tamizdat.record.witness import Wire


CARD: Final = "card.txt"
LOG: Final = "log"
VAULT: Final = "vault"


class Place(Protocol):
    """Whether the newsroom's folder is the one that was written to last, or a copy of it."""

    def known(self) -> bool:
        """Say whether it is the one that `mark` was last called for."""

    def mark(self) -> None:
        """Take it for the one."""


@dataclasses.dataclass(frozen=True)
class House:
    """
    One newsroom.

    Attributes:
        root: Its folder.

        clock: What its machine says the time is.

        entropy: Its dice.

        wire: Its way to the public record's witnesses; None where it has none.

        rows: Opens the database that the public record stands in; None where it is kept in its published files alone.

        cells: Begins a process apart from the keys for the work of a module, where strangers' bytes are decoded.

        place: Whether its folder is a copy; None where nobody can tell.

        elsewhere: Gives the folder that the settings name as `watermark`; None where there is no way to it.

        copies: Copies of the public record that somebody named, to hold ours against before anything is signed.
    """

    root: Store
    clock: Clock
    entropy: Entropy
    wire: Wire | None = None
    rows: Callable[[], Rows] | None = None
    cells: Callable[[str], AbstractContextManager[Cell]] | None = None
    place: Place | None = None
    elsewhere: Callable[[str], Store] | None = None
    copies: Mapping[str, Store] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def settings(self) -> Settings:
        """
        What newsroom.toml says.

        Raises:
            FormatError: With every fault in it.
            UsageError: There is none.
        """
        return settings_file.read(self._whole(settings_file.FILE))

    def card_bytes(self) -> bytes:
        """Give the public card as it is handed out."""
        return self._whole(CARD)

    def card(self) -> Card:
        """
        Read the public card.

        Raises:
            FormatError, TrustError: It is damaged or altered.
        """
        return _read_card(self.card_bytes())

    def card_recipients(self) -> tuple[Recipient, ...]:
        """Whom to seal for: the newsroom and its recovery page."""
        return _read_recipients(self.card_bytes())

    def unlock(self, passphrase: bytes) -> Keys:
        """
        Open the keys, and check that the card in this folder is theirs.

        Raises:
            TrustError: ``passphrase-wrong``; ``card-foreign``: somebody put another card here.
        """
        keys = keyring.unlock(self.root, passphrase)
        card = self.card()
        ours = {str(identity.recipient()) for identity in keys.identities}
        if card.newsroom != keys.newsroom_signer.verifier.vkey or not ours.issuperset(card.recipients):
            # Everything would be sealed for whoever put it here.
            raise TrustError(
                "card-foreign",
                f"{CARD} in this folder is not this newsroom's card",
                mend="Restore it from a copy that you handed out, and find out who changed it.",
                evidence=self.card_bytes(),
            )
        return keys

    def vault(self) -> Vault:
        """Give the vault of originals."""
        return Vault(self.root, self.clock, prefix=VAULT)

    def log_reader(self) -> LogReader:
        """Give the public record for reading, checked against the key on the card."""
        return logs.read_log(Below(self.root, LOG), note.read_verifier(self.card().log))

    def log(self, signer: Signer, guard: Callable[[LogReader], None] = lambda _: None) -> Sequencer:
        """
        Give the public record for writing with its key; *guard* is asked before anything is signed, also what a
        kill left committed and unsigned (newsroom/newest.py has it).

        A record that was kept in files alone moves into the database the first time there is one.
        """
        store = Below(self.root, LOG)
        rows = self.rows() if self.rows else FiledRows(store)
        return sequencer.adopt(rows, store, signer, guard, self._raise_watermark)

    def cell(self, work: str) -> AbstractContextManager[Cell]:
        """Begin a process in which the module *work* is done and nothing can be reached; never decode without."""
        if self.cells is None:
            raise RuntimeError("this newsroom was opened without a way to other processes")
        return self.cells(work)

    def watermark(self) -> Store | None:
        """Give the other place that keeps the newest signed state; None where the settings name none."""
        path = self.settings.watermark
        return self.elsewhere(path) if path and self.elsewhere else None

    def _raise_watermark(self, raw: bytes) -> None:
        kept = self.watermark()
        if kept is not None:
            kept.put(watermark_name(self.settings.origin), [raw])

    def unattended_log_signer(self) -> Signer | None:
        """Give the record's key where it is kept in clear so that nobody has to be there, else None."""
        return keyring.unattended_log_signer(self.root)

    def _whole(self, name: str) -> bytes:
        raw = read(self.root, name, cards.MAX_CARD + 1)
        if raw is None:
            raise UsageError("newsroom-incomplete", f"this newsroom has no {name}", mend="Restore it from your backup.")
        return raw


def watermark_name(origin: str) -> str:
    """Name the newest signed state of a record in another place."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/{logs.CHECKPOINT}"


@functools.lru_cache(maxsize=4)
def _read_card(raw: bytes) -> Card:
    return cards.read(raw)


@functools.lru_cache(maxsize=4)
def _read_recipients(raw: bytes) -> tuple[Recipient, ...]:
    card = _read_card(raw)
    return tuple(recipients.read_recipient(word) for word in (*card.recipients, card.recovery))
