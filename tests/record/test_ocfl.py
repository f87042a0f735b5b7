"""The OCFL validator on objects made here: two versions, and one flaw each."""

from __future__ import annotations

import hashlib
import json

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives.ports import Store
from tamizdat.record import inventory, ocfl, ocfl_object


ALPHA, BETA = hashlib.sha512(b"alpha").hexdigest(), hashlib.sha512(b"beta").hexdigest()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([ALPHA, "v1", "v1/content/a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "head", "manifest", "versions", "fixity", "state", "user", "created", "v1", "md5", ALPHA]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


def values(head: str, spec: str = "1.1") -> dict[str, Any]:
    said = {"created": "2026-01-01T00:00:00Z", "message": "m", "user": {"name": "n", "address": "mailto:a@b.example"}}
    value: dict[str, Any] = {
        "id": "urn:example:1",
        "type": f"https://ocfl.io/{spec}/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": head,
        "manifest": {ALPHA: ["v1/content/a"]},
        "versions": {"v1": {**said, "state": {ALPHA: ["a"]}}},
    }
    if head == "v2":
        value["manifest"][BETA] = ["v2/content/b"]
        value["versions"]["v2"] = {**said, "state": {ALPHA: ["a", "copy/of/a"], BETA: ["b"]}}
    return value


def write_inventory(store: Store, at: str, value: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    store.put(f"{at}inventory.json", [raw])
    store.put(f"{at}inventory.json.sha512", [f"{hashlib.sha512(raw).hexdigest()} inventory.json\n".encode()])


def make(store: Store, at: str = "", change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
    """Write a sound object, but for what *change* does to its newest inventory."""
    newest = values("v2")
    change(newest)
    store.put(f"{at}0=ocfl_object_1.1", [b"ocfl_object_1.1\n"])
    store.put(f"{at}v1/content/a", [b"alpha"])
    store.put(f"{at}v2/content/b", [b"beta"])
    write_inventory(store, f"{at}v1/", values("v1"))
    write_inventory(store, f"{at}v2/", newest)
    write_inventory(store, at, newest)


def codes(store: Store) -> set[str]:
    return {fault.code.removeprefix("ocfl-") for fault in ocfl.validate(store)}


def test_a_sound_object_of_two_versions_is_valid_without_a_warning(memory: Memory) -> None:
    make(memory)

    assert ocfl_object.inspect(memory) == ocfl_object.Findings(faults=(), warnings=())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda v: v.pop("id"), "e036"),
        (lambda v: v.update(id="urn:other"), "e110"),
        (lambda v: v.update(type="https://ocfl.io/9.9/spec/#inventory"), "e038"),
        (lambda v: v.update(digestAlgorithm="md5"), "e025"),
        (lambda v: v.update(head="v1"), "e040"),
        (lambda v: v.update(contentDirectory=".."), "e018"),
        (lambda v: v.update(contentDirectory="a/b"), "e017"),
        (lambda v: v.update(more=1), "e102"),
        (lambda v: v["manifest"].update({ALPHA.upper(): ["v1/content/z"]}), "e096"),
        (lambda v: v["manifest"].update({BETA: ["v2/content/b", "v2/content/b/c"]}), "e101"),
        (lambda v: v["manifest"].update({BETA: ["v2/content/../b"]}), "e099"),
        (lambda v: v["manifest"].update({BETA: ["elsewhere/b"]}), "e042"),
        (lambda v: v["manifest"].update({"0" * 128: ["v2/content/c"]}), "e107"),
        (lambda v: v.update(versions={}), "e008"),
        (lambda v: v["versions"].update(v4=v["versions"]["v2"]), "e010"),
        (lambda v: v["versions"].update(v03=v["versions"]["v2"]), "e012"),
        (lambda v: v["versions"]["v2"].update(created="2026-01-01"), "e049"),
        (lambda v: v["versions"]["v2"].update(message=5), "e094"),
        (lambda v: v["versions"]["v2"].update(user={}), "e054"),
        (lambda v: v["versions"]["v2"]["state"].update({BETA: ["a/b"]}), "e095"),
        (lambda v: v["versions"]["v2"]["state"].update({BETA: ["../b"]}), "e052"),
        (lambda v: v["versions"]["v1"]["state"].update({ALPHA: ["renamed"]}), "e066"),
        (lambda v: v.update(fixity={"md5": {"0" * 32: ["v1/content/a"]}}), "e093"),
        (lambda v: v.update(fixity={"sha9": {}}), "e056"),
    ],
)
def test_each_flaw_of_an_inventory_has_its_clause(
    memory: Memory, change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    make(memory, change=change)

    assert expected in codes(memory)


def test_extra_missing_altered_and_empty_things_are_all_found_in_one_run(memory: Memory) -> None:
    make(memory)
    for name in ("v1/content/extra", "v2/stray", "stray", "v3/content/x", "extensions/stray"):
        memory.put(name, [b"x"])
    memory.put("v2/content/b", [b"altered"])
    memory.drop("v1/inventory.json.sha512")
    faults = {(fault.code, fault.where) for fault in ocfl.validate(memory, empty=["v2/content/hollow"])}

    assert faults >= {
        ("ocfl-e023", "v1/content/extra"),
        ("ocfl-e015", "v2/stray"),
        ("ocfl-e001", "stray"),
        ("ocfl-e046", "v3"),
        ("ocfl-e067", "extensions/stray"),
        ("ocfl-e092", "v2/content/b"),
        ("ocfl-e058", "v1/inventory.json.sha512"),
        ("ocfl-e024", "v2/content/hollow"),
    }


def test_a_link_in_an_object_is_refused_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"alpha")
    folder = Folder(tmp_path / "object")
    make(folder)
    content = tmp_path / "object" / "v1" / "content" / "a"
    content.unlink()
    content.symlink_to(tmp_path / "outside")

    assert codes(folder) == {"e090"}


def test_a_storage_root_is_walked_to_every_object_and_to_what_lies_between(memory: Memory) -> None:
    memory.put("0=ocfl_1.0", [b"ocfl_1.0\n"])
    memory.put("ocfl_layout.json", [b'{"extension": "0004-hashed-n-tuple-storage-layout"}'])
    make(memory, "a/one/")
    make(memory, "b/two/", lambda value: value.update(head="v1"))
    memory.put("c/stray", [b"x"])

    faults = {(fault.code, fault.where) for fault in ocfl.validate(memory, empty=["d"])}

    assert faults >= {
        ("ocfl-e070", "ocfl_layout.json"),
        ("ocfl-e081", "a/one"),
        ("ocfl-e083", "b/two"),
        ("ocfl-e040", "b/two/inventory.json"),
        ("ocfl-e072", "c/stray"),
        ("ocfl-e073", "d"),
    }


@given(JSON)
def test_no_inventory_however_strange_stops_the_check(value: Any) -> None:
    read = inventory.examine(json.dumps(value).encode())

    assert all(code[0] in "EW" for code, _ in read.findings)
    assert read.findings
