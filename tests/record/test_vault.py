"""The vault: objects written once, whole or not there, and a check that finds whatever happens to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives.errors import UsageError
from tamizdat.primitives.ports import Store
from tamizdat.record import ocfl
from tamizdat.record.vault import HANDS, Vault, place
from tests.conftest import FixedClock


FIRST, SECOND = "00112233aabbccdd", "ffeeddccbbaa9988"


class Failing(Memory):
    """A store whose *count*th write fails, halfway through the value."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        self.count -= 1
        if self.count == 0:
            next(iter(chunks), b"")
            raise OSError("pulled out")
        super().put(name, chunks)


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Memory() if request.param == "memory" else Folder(tmp_path)


@pytest.fixture
def vault(memory: Memory, clock: FixedClock) -> Vault:
    vault = Vault(memory, clock, prefix="vault")
    vault.add(FIRST, [b"age-", b"encrypted"])
    vault.add(SECOND, [])
    return vault


def test_an_object_comes_back_and_the_vault_is_whole(store: Store, clock: FixedClock) -> None:
    vault = Vault(store, clock, prefix="vault")

    vault.add(FIRST, [b"one ", b"two"])
    vault.add(SECOND, [])

    with vault.open(FIRST) as file:
        assert file.read() == b"one two"
    assert set(vault.ids()) == {FIRST, SECOND}
    assert vault.has(SECOND)
    assert not vault.has("0000000000000000")
    read: list[int] = []
    assert vault.fsck(read.append) == []
    assert sum(read) > 7
    assert ocfl.validate(store, "vault") == []


def test_an_object_is_written_once(vault: Vault) -> None:
    with pytest.raises(FileExistsError):
        vault.add(FIRST, [b"other"])

    with vault.open(FIRST) as file:
        assert file.read() == b"age-encrypted"


def test_what_is_not_there_cannot_be_opened_and_a_false_id_is_refused(vault: Vault) -> None:
    with pytest.raises(FileNotFoundError):
        vault.open("0000000000000000")
    for bad in ("../../keys", "", "a/b", "x" * 65):
        with pytest.raises(UsageError):
            vault.has(bad)


def test_the_chunks_are_taken_once_and_not_kept(memory: Memory, clock: FixedClock) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (bytes([number]) * 1000 for number in range(50))

    Vault(memory, clock).add(FIRST, chunks())

    assert Vault(memory, clock).fsck() == []


def test_several_objects_are_stored_at_once_and_few_are_held(store: Store, clock: FixedClock) -> None:
    vault = Vault(store, clock, prefix="vault")
    idents = [f"{number:016x}" for number in range(20)]

    def objects() -> Iterator[tuple[str, Iterable[bytes], bytes]]:
        for number, ident in enumerate(idents):
            assert all(vault.has(one) for one in idents[: max(0, number - HANDS)])
            yield ident, [ident.encode(), b" and more"], b"said of it"

    vault.add_all(objects())

    assert set(vault.ids()) == set(idents)
    assert [vault.read(ident, "ro-crate-metadata.json.age") for ident in idents] == [b"said of it"] * 20
    assert vault.fsck() == []
    assert ocfl.validate(store, "vault") == []


def test_one_object_that_cannot_be_stored_is_told_and_those_before_it_stay(store: Store, clock: FixedClock) -> None:
    vault = Vault(store, clock)

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("pulled out")

    with pytest.raises(OSError, match="pulled out"):
        vault.add_all([(FIRST, [b"whole"], b""), (SECOND, broken(), b"")])

    assert list(vault.ids()) == [FIRST]
    vault.sweep()
    assert vault.fsck() == []


def test_a_fault_at_any_write_leaves_no_object_and_the_next_try_makes_it(clock: FixedClock) -> None:
    """Whatever write fails, the object is not there, fsck says so, and a rerun or a sweep puts it right."""
    for count in range(1, 10):
        store = Failing(count)
        vault = Vault(store, clock)
        with pytest.raises(OSError, match="pulled out"):
            vault.add(FIRST, [b"bytes"])

        assert not vault.has(FIRST)
        assert list(vault.ids()) == []
        begun = any(name.startswith(place(FIRST)) for name in store.names())
        assert ("vault-unfinished" in {fault.code for fault in vault.fsck()}) == begun

        assert vault.sweep() == begun
        assert not any(name.startswith(place(FIRST)) for name in store.names())
        vault.add(FIRST, [b"bytes"])
        assert vault.fsck() == []


def test_no_failed_write_was_left_out_above(clock: FixedClock) -> None:
    Vault(Failing(10), clock).add(FIRST, [b"bytes"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("v1/content/content.age", "ocfl-e092"),
        ("v1/inventory.json", "ocfl-e064"),
        ("inventory.json.sha512", "ocfl-e061"),
        ("0=ocfl_object_1.1", "ocfl-e007"),
    ],
)
def test_an_altered_file_is_named(vault: Vault, memory: Memory, name: str, code: str) -> None:
    at = f"vault/{place(FIRST)}"
    memory.put(f"{at}/{name}", [b"altered"])

    assert code in {fault.code for fault in vault.fsck() if fault.where == f"{at}/{name}"}


def test_all_faults_are_reported_not_the_first(vault: Vault, memory: Memory) -> None:
    one, two = f"vault/{place(FIRST)}", f"vault/{place(SECOND)}"
    memory.put(f"{one}/v1/content/content.age", [b"altered"])
    memory.put(f"{one}/stray.txt", [b"stray"])
    memory.drop(f"{two}/v1/content/content.age")
    memory.drop("vault/0=ocfl_1.1")

    codes = {(fault.code, fault.where) for fault in vault.fsck()}

    assert {
        ("ocfl-e092", f"{one}/v1/content/content.age"),
        ("ocfl-e001", f"{one}/stray.txt"),
        ("ocfl-e092", f"{two}/inventory.json"),
        ("ocfl-e069", "vault/0=ocfl_1.1"),
    } <= codes


def test_an_object_that_was_moved_is_found_out(vault: Vault, memory: Memory) -> None:
    for name in list(memory.names(f"vault/{place(FIRST)}")):
        memory.values[name.replace(place(FIRST), f"000/000/000/tamizdat%3a{FIRST}")] = memory.values.pop(name)

    assert [fault.code for fault in vault.fsck()] == ["vault-place"]


def test_no_name_or_hour_of_arrival_stands_in_the_clear(vault: Vault, memory: Memory, clock: FixedClock) -> None:
    clock.seconds += 12_345

    vault.add("3333333333333333", [b"x"])

    made = memory.values[f"vault/{place('3333333333333333')}/inventory.json"]
    assert b"2026-11-26T00:00:00Z" in made
    assert made == memory.values[f"vault/{place('3333333333333333')}/v1/inventory.json"]
