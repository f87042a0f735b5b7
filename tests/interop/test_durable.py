"""What the vault calls stored is on the medium: the system's own list of calls says in which order things got there."""

from __future__ import annotations

import re
import subprocess
import sys

from pathlib import Path

from tamizdat.record.places import place
from tests.tools import need, untraced


CODE = """
import sys
from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemClock
from tamizdat.record.vault import Vault
vault = Vault(Folder(sys.argv[1]), SystemClock(), prefix="vault")
vault.add_all((f"{number:016x}", [bytes([number]) * 3000] * 3, b"said") for number in range(6))
vault.describe("0" * 16, b"more")
"""
SYNC = re.compile(r"f(?:data)?sync\(\d+<(?P<path>[^>]*)>\) += 0$")
RENAME = re.compile(
    r'rename(?:at2?)?\((?:AT_FDCWD[^,]*, )?"(?P<old>[^"]*)", (?:AT_FDCWD[^,]*, )?"(?P<new>[^"]*)".*\) += 0$'
)
SEALED = "inventory.json.sha512"


def test_an_object_is_there_only_when_all_of_it_is_on_the_medium(tmp_path: Path) -> None:
    """Every file and folder of an object, and every folder on the way to it, is synced before its sidecar has its name; that after."""
    need("strace")
    calls = traced(tmp_path)

    for number in range(6):
        at = f"{tmp_path}/store/vault/{place(f'{number:016x}')}"
        there = next(n for n, (what, _, new) in enumerate(calls) if what == "rename" and new == f"{at}/{SEALED}")
        before = calls[:there]
        names = {new: (n, old) for n, (what, old, new) in enumerate(before) if what == "rename" and within(new, at)}
        assert {new.rpartition("/")[2] for new in names} >= {"content.age", "0=ocfl_object_1.1", "inventory.json"}
        assert len(names) == 6
        for n, old in names.values():
            assert ("sync", old, "") in before[:n]
        last = max(n for n, _ in names.values())
        folder = Path(at, "v1", "content")
        while folder != tmp_path:
            assert ("sync", str(folder), "") in before[last:]
            folder = folder.parent
        assert ("sync", calls[there][1], "") in before
        assert ("sync", at, "") in calls[there:]


def test_a_version_is_there_only_when_all_of_it_is_on_the_medium(tmp_path: Path) -> None:
    """First what is new, then its sidecar, then the object's inventory, then the object's sidecar, each on the medium before the next."""
    need("strace")
    calls = traced(tmp_path)

    at = f"{tmp_path}/store/vault/{place('0' * 16)}"
    steps = [
        f"{at}/v2/content/ro-crate-metadata.json.age",
        f"{at}/v2/{SEALED}",
        f"{at}/inventory.json",
        f"{at}/{SEALED}",
    ]
    done = len(calls)
    for name in reversed(steps):
        begun = max(n for n, call in enumerate(calls[:done]) if call[0] == "rename" and call[2] == name)
        assert ("sync", calls[begun][1], "") in calls[:begun]
        assert ("sync", name.rpartition("/")[0], "") in calls[begun:done]
        done = begun


def traced(tmp_path: Path) -> list[tuple[str, str, str]]:
    """Store some objects, and give every sync and rename in the order in which they ended."""
    log = tmp_path / "calls"
    subprocess.run(
        [
            *("strace", "-f", "-y", "-qq", "-s", "4096", "-o", str(log), "-e", "trace=fsync,fdatasync,rename,renameat,renameat2"),
            *(sys.executable, "-c", CODE, str(tmp_path / "store")),
        ],
        check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    begun: dict[str, str] = {}
    calls = []
    for line in log.read_text().splitlines():
        thread, said = line.split(maxsplit=1)
        if said.endswith("<unfinished ...>"):
            begun[thread] = said.removesuffix("<unfinished ...>").rstrip()
            continue
        if said.startswith("<... "):
            said = begun.pop(thread) + said.partition("resumed>")[2].lstrip()
        if sync := SYNC.match(said):
            calls.append(("sync", untraced(sync["path"]), ""))
        elif rename := RENAME.match(said):
            calls.append(("rename", untraced(rename["old"]), untraced(rename["new"])))
    return calls


def within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
