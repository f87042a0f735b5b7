"""bagit, the Library of Congress's library: bags it makes are valid to us, and both refuse them once spoiled."""

from __future__ import annotations

from pathlib import Path

import bagit

from tamizdat.adapters.folder import Folder
from tamizdat.field import bagcheck


NAMES = [
    "plain.jpg",
    "two words.jpg",
    "Núñez.txt",
    "new\nline",
    "100%.txt",
    "%0a literally",
    "-rf",
    "deep/er/~x",
    "وثيقة",
]


def test_a_bag_of_the_librarys_making_is_valid_and_a_spoiled_one_is_not(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    bag = bagit.make_bag(str(tmp_path), {"Source-Organization": "nobody"}, checksums=["sha512", "sha256", "md5"])

    assert bag.is_valid()
    assert bagcheck.validate(Folder(tmp_path)) == []

    (tmp_path / "data" / "plain.jpg").write_text("other")
    assert not bagit.Bag(str(tmp_path)).is_valid()
    assert "bagit-digest" in {fault.code for fault in bagcheck.validate(Folder(tmp_path))}
