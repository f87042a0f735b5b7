"""What is said of an object grows by versions: its bytes stay once, and a write that fails leaves the old or the new."""

from __future__ import annotations

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.primitives.errors import TrustError
from tamizdat.record import ocfl
from tamizdat.record.places import place
from tamizdat.record.vault import CONTENT, METADATA, TOMBSTONE, Vault, buckets
from tests.conftest import FixedClock
from tests.record.test_vault import FIRST, SECOND, Failing


def test_a_version_adds_what_is_said_and_keeps_the_bytes_once(memory: Memory, clock: FixedClock) -> None:
    vault = Vault(memory, clock, prefix="vault")
    vault.add(FIRST, [b"ciphertext"], b"said first")
    vault.describe(FIRST, b"said second")

    assert vault.read(FIRST, METADATA) == b"said second"
    assert vault.read(FIRST, CONTENT) == b"ciphertext"
    assert sum(value == b"ciphertext" for value in memory.values.values()) == 1
    assert vault.versions(FIRST) == 2
    assert vault.fsck() == ocfl.validate(memory, "vault") == []


def test_a_tombstone_leaves_nothing_else_in_the_newest_version(memory: Memory, clock: FixedClock) -> None:
    vault = Vault(memory, clock)
    vault.add(FIRST, [b"ciphertext"], b"said")

    vault.bury(FIRST, b"gone")

    assert (vault.read(FIRST, TOMBSTONE), vault.read(FIRST, METADATA), vault.read(FIRST, CONTENT)) == (
        b"gone",
        None,
        None,
    )
    assert vault.fsck() == ocfl.validate(memory) == []


def test_a_fault_at_any_write_of_a_version_leaves_the_old_or_the_new(clock: FixedClock) -> None:
    """Readers see one of the two all the while, the check says what was begun, and a sweep or a rerun settles it."""
    for count in range(1, 6):
        store = Failing(10_000)
        vault = Vault(store, clock)
        vault.add(FIRST, [b"bytes"], b"old")
        vault.add(SECOND, [b"bytes"], b"other")
        store.count = count
        with pytest.raises(OSError, match="pulled out"):
            vault.describe(FIRST, b"new")

        assert vault.read(FIRST, METADATA) in {b"old", b"new"}
        begun = sum(1 for name in store.names(place(FIRST)) if "/v2/" in name) > 0
        assert [fault.code for fault in vault.fsck()] == ["vault-unfinished"] * begun
        rerun = Vault(store, clock)
        if count % 2:
            rerun.describe(FIRST, b"new")
        else:
            assert rerun.sweep() == begun
        assert rerun.read(FIRST, METADATA) == (b"new" if count % 2 or count > 3 else b"old")
        assert rerun.fsck() == []
        assert rerun.sweep() == 0
        assert rerun.read(SECOND, METADATA) == b"other"


def test_what_is_damaged_is_not_taken_for_unfinished(memory: Memory, clock: FixedClock) -> None:
    """A sweep repairs nothing and removes nothing of an object of which a file was altered."""
    vault = Vault(memory, clock)
    vault.add(FIRST, [b"bytes"], b"one")
    vault.describe(FIRST, b"two")
    whole = dict(memory.values)
    for name in [name for name in whole if name.startswith(place(FIRST))]:
        memory.values = {**whole, name: whole[name][:-1] + b"?"}
        spoiled = dict(memory.values)

        assert "vault-unfinished" not in {fault.code for fault in vault.fsck()}, name
        assert vault.sweep() == 0
        assert memory.values == spoiled
        if name.endswith(f"{place(FIRST)}/inventory.json"):
            with pytest.raises(TrustError, match="not whole"):
                vault.describe(FIRST, b"three")


def test_an_object_can_be_checked_by_its_bucket_alone(memory: Memory, clock: FixedClock) -> None:
    vault = Vault(memory, clock, prefix="vault")
    for ident in (FIRST, SECOND):
        vault.add(ident, [b"bytes"], b"said")
    memory.put(f"vault/{place(FIRST)}/v1/content/{CONTENT}", [b"Bytes"])
    memory.put("vault/stray", [b""])

    found = {at: vault.check(at, files) for bucket in buckets() for at, files in vault.objects(bucket)}

    assert sorted(found) == sorted([place(FIRST), place(SECOND)])
    assert [fault.code for fault in found[place(FIRST)]] == ["ocfl-e092"]
    assert found[place(SECOND)] == []
    assert {fault.code for fault in vault.fsck()} == {"ocfl-e092", "vault-stray"}
