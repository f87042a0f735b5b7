"""Logs of the tests: kept in their published files alone, written by the one writer there is."""

from __future__ import annotations

from tamizdat.primitives import note, ports
from tamizdat.record import sequencer
from tamizdat.record.rows import FiledRows
from tamizdat.record.sequencer import Sequencer


def begun(store: ports.Store, signer: note.Signer) -> Sequencer:
    """Begin a log."""
    return sequencer.begin(FiledRows(store), store, signer)


def opened(store: ports.Store, signer: note.Signer) -> Sequencer:
    """Open it again."""
    return Sequencer(FiledRows(store), store, signer)
