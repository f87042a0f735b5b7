"""
OpenTimestamps: the public examples are told apart, offline, by the field's own library, which is needed by this test only.

We make and check no such stamps: to believe one without a service, a reader needs the headers of every block of Bitcoin
(docs/spec/log.md, "What it does not promise"). Whoever has such stamps of a checkpoint can keep them beside it.
"""

from __future__ import annotations

import hashlib
import importlib
import io

from tests.tools import inputs, missing


EXPECTED = {
    "bitcoin.pdf.ots": "complete",
    "hello-world.txt.ots": "complete",
    "incomplete.txt.ots": "pending",
    "invalid/bad-major-version.ots": "bad",
    "merkle1.txt.ots": "pending",
    "two-calendars.txt.ots": "pending",
    "unknown-notary.txt.ots": "unknown",
}


def library(name):
    try:
        return importlib.import_module(f"opentimestamps.core.{name}")
    except ImportError:
        missing("the package 'opentimestamps' (LGPL; pip install opentimestamps)")


def told(raw):
    """Say what a stamp is, and over what: complete (a block of Bitcoin), pending (a calendar's promise), unknown, bad."""
    serialize, timestamp, notary = library("serialize"), library("timestamp"), library("notary")
    try:
        read = timestamp.DetachedTimestampFile.deserialize(serialize.StreamDeserializationContext(io.BytesIO(raw)))
    except serialize.DeserializationError:
        return "bad", b""
    kinds = {type(attestation) for _, attestation in read.timestamp.all_attestations()}
    for kind, word in (
        (notary.BitcoinBlockHeaderAttestation, "complete"),
        (notary.PendingAttestation, "pending"),
    ):
        if kind in kinds:
            return word, read.file_digest
    return "unknown", read.file_digest


def test_good_and_bad_stamps_of_the_public_examples_are_told_apart():
    base = inputs("suites/opentimestamps")
    found = {str(path.relative_to(base)): told(path.read_bytes()) for path in sorted(base.rglob("*.ots"))}
    assert {name: word for name, (word, _) in found.items()} == EXPECTED
    for name, (_, digest) in found.items():
        stamped = base / name.removesuffix(".ots")
        if stamped.exists():
            assert hashlib.sha256(stamped.read_bytes()).digest() == digest, name
    whole = (base / "hello-world.txt.ots").read_bytes()
    assert [told(whole[:cut])[0] for cut in (0, 10, 40, 70, len(whole) - 1)] == ["bad"] * 5
