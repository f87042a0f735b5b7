"""The validator of bags in folders, on bags made here: one flaw each, and several at once."""

from __future__ import annotations

import hashlib

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.field import bagcheck


def bag(version: str = "1.0", **changed: bytes | None) -> Memory:
    """A small valid bag, with files changed or (None) left out: `data__a` for data/a."""
    store = Memory()
    files: dict[str, bytes] = {"data/a.txt": b"one", "data/b/c.txt": b"", "data/100%.txt": b"%"}
    names = {name: name.replace("%", "%25") if version == "1.0" else name for name in files}
    manifest = "".join(f"{hashlib.sha512(raw).hexdigest()}  {names[name]}\n" for name, raw in files.items())
    files["bagit.txt"] = f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n".encode()
    files["bag-info.txt"] = b"Source-Organization: nobody\nPayload-Oxum: 4.3\n"
    files["manifest-sha512.txt"] = manifest.encode()
    for name, raw in changed.items():
        path = name.replace("__", "/").replace("_txt", ".txt").replace("_", "-")
        if raw is None:
            del files[path]
        else:
            files[path] = raw
    files["tagmanifest-sha512.txt"] = "".join(
        f"{hashlib.sha512(raw).hexdigest()} {name}\n" for name, raw in files.items() if not name.startswith("data/")
    ).encode()
    for name, raw in files.items():
        store.put(f"bag/{name}", [raw])
    return store


def codes(store: Memory) -> set[str]:
    return {fault.code for fault in bagcheck.validate(store, "bag")}


def line(path: str, raw: bytes = b"x") -> bytes:
    return f"{hashlib.sha512(raw).hexdigest()}  {path}\n".encode()


@pytest.mark.parametrize("version", ["0.93", "0.97", "1.0"])
def test_a_whole_bag_is_valid_in_every_version(version: str) -> None:
    findings = bagcheck.inspect(bag(version), "bag")

    assert (findings.faults, findings.warnings) == ((), ())


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"data__a_txt": b"two"}, "bagit-digest"),
        ({"data__a_txt": None}, "bagit-missing"),
        ({"data__stray": b""}, "bagit-unlisted"),
        ({"bagit_txt": None}, "bagit-missing"),
        ({"bagit_txt": b"BagIt-Version: 1.0\n"}, "bagit-declaration"),
        ({"bagit_txt": b"\xef\xbb\xbfBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}, "bagit-declaration"),
        ({"bagit_txt": b"BagIt-Version: 1.0 \nTag-File-Character-Encoding: UTF-8\n"}, "bagit-declaration"),
        ({"bagit_txt": b"BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n"}, "bagit-version"),
        ({"bagit_txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: zip\n"}, "bagit-encoding"),
        ({"manifest_sha512_txt": None}, "bagit-manifest"),
        ({"manifest_sha512_txt": b"not a line of a manifest\n"}, "bagit-line"),
        ({"manifest_sha512_txt": line("data/a.txt") * 2}, "bagit-twice"),
        ({"manifest_sha512_txt": line("data/../../x")}, "bagit-path"),
        ({"manifest_sha512_txt": line("/etc/passwd")}, "bagit-path"),
        ({"manifest_sha512_txt": line("data/..\\x")}, "bagit-path"),
        ({"manifest_sha512_txt": line("bagit.txt")}, "bagit-path"),
        (
            {"manifest_sha512_txt": line("data/é".encode("latin-1").decode("latin-1"))[:-2] + b"\xff\n"},
            "bagit-encoding",
        ),
        ({"manifest_md5_txt": b""}, "bagit-unlisted"),
        ({"fetch_txt": b"https://example.org/x - data/elsewhere\n"}, "bagit-fetch"),
        ({"fetch_txt": b"data/a.txt\n"}, "bagit-fetch"),
        ({"data__a_txt": None, "fetch_txt": b"https://example.org/x 3 data/a.txt\n"}, "bagit-fetch"),
        ({"fetch_txt": b"https://example.org/x - ~/x\n"}, "bagit-path"),
        ({"bag_info_txt": b"Payload-Oxum: 5.3\n"}, "bagit-oxum"),
        ({"bag_info_txt": b"Payload-Oxum: 4.3\nPayload-Oxum: 4.3\n"}, "bagit-oxum"),
        ({"bag_info_txt": b"no colon\n"}, "bagit-info"),
    ],
)
def test_each_flaw_is_named(changed: dict[str, bytes | None], code: str) -> None:
    assert code in codes(bag(**changed))


def test_all_flaws_are_reported_at_once() -> None:
    store = bag(data__a_txt=b"two", data__stray=b"", bag_info_txt=b"Payload-Oxum: 1.1\n")

    assert codes(store) == {"bagit-digest", "bagit-unlisted", "bagit-oxum"}


def test_a_name_that_differs_in_letters_only_stands_for_the_file_if_the_bytes_agree() -> None:
    """A bag made where HELLO and hello are one file: nothing is lost, so it is valid, and said."""
    agreeing = bag(
        manifest_sha512_txt=line("data/A.txt", b"one") + line("data/b/c.txt", b"") + line("data/100%25.txt", b"%")
    )
    lying = bag(
        manifest_sha512_txt=line("data/A.txt", b"two") + line("data/b/c.txt", b"") + line("data/100%25.txt", b"%")
    )

    assert {fault.code for fault in bagcheck.inspect(agreeing, "bag").warnings} == {"bagit-twin"}
    assert codes(agreeing) == set()
    assert codes(lying) == {"bagit-digest"}


def test_a_bag_without_payload_needs_its_empty_folder() -> None:
    store = bag(data__a_txt=None, data__b__c_txt=None, manifest_sha512_txt=b"", bag_info_txt=b"Payload-Oxum: 0.0\n")
    store.drop("bag/data/100%.txt")

    assert bagcheck.inspect(store, "bag", empty=["bag/data"]).faults == ()
    assert {fault.code for fault in bagcheck.inspect(store, "bag", empty=[]).faults} == {"bagit-payload"}


def test_a_tag_file_in_another_encoding_is_read_in_it() -> None:
    info = "Source-Organization: Мемориал\nPayload-Oxum: 4.3\n".encode("utf-16")
    manifest = bag().values["bag/manifest-sha512.txt"].decode().encode("utf-16")
    declared = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n"
    store = bag(bagit_txt=declared, bag_info_txt=info, manifest_sha512_txt=manifest)
    store.put("bag/tagmanifest-sha512.txt", [store.values["bag/tagmanifest-sha512.txt"].decode().encode("utf-16")])

    assert codes(store) == set()
