"""What ports.Store promises, kept by the store in memory and by the store in a folder."""

from __future__ import annotations

import io
import os
import random
import resource
import subprocess
import sys
import time

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives.errors import AdapterError
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import Below, put_all


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Memory() if request.param == "memory" else Folder(tmp_path / "made" / "by the first write")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store")


def value(store: Store, name: str) -> bytes:
    with store.open(name) as file:
        return file.read()


def breaking_off() -> Iterator[bytes]:
    yield b"half of "
    raise RuntimeError("the source went away")


def on_disk(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.rglob("*") if path.is_file())


def test_a_value_comes_back_and_can_be_replaced(store: Store) -> None:
    store.put("log/tile/0/000", [b"one ", b"", b"two"])
    store.put("log/tile/0/000", [b"three"])
    store.put("empty", [])

    assert value(store, "log/tile/0/000") == b"three"
    assert value(store, "empty") == b""


def test_the_folders_directly_below_are_named_without_looking_into_them(store: Store) -> None:
    for name in ("a/1", "a/b/2", "a/b/3", "a/c/d/4", "a-b/5", "6"):
        store.put(name, [b"x"])

    assert sorted(store.folders("a")) == ["b", "c"]
    assert sorted(store.folders()) == ["a", "a-b"]
    assert list(store.folders("nowhere")) == []
    assert list(store.folders("a/1")) == []


def test_a_value_can_be_read_from_the_middle(store: Store) -> None:
    store.put("a", [b"0123456789"])

    with store.open("a") as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == b"789"


def test_add_never_replaces(store: Store) -> None:
    store.add("card.txt", [b"first"])

    with pytest.raises(FileExistsError):
        store.add("card.txt", [b"second"])

    assert value(store, "card.txt") == b"first"
    assert list(store.names()) == ["card.txt"]


@pytest.mark.parametrize("write", ["put", "add"])
def test_a_write_that_breaks_off_leaves_everything_as_it_was(store: Store, write: str) -> None:
    store.put("kept/old", [b"old"])

    with pytest.raises(RuntimeError):
        getattr(store, write)("kept/old" if write == "put" else "new/deep/name", breaking_off())

    assert list(store.names()) == ["kept/old"]
    assert value(store, "kept/old") == b"old"


def test_several_values_are_put_together_and_each_may_follow_from_those_before_it(store: Store) -> None:
    taken: list[bytes] = []

    def noting(chunks: list[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            taken.append(chunk)
            yield chunk

    def values() -> Iterator[tuple[str, Iterable[bytes]]]:
        yield "a/b/first", noting([b"one ", b"two"])
        yield "a/b/c/second", noting([b"three"])
        yield "a/last", [b"|".join(taken)]

    store.put("a/last", [b"old"])
    put_all(Below(store, "below"), [("value", [b"x"])])
    put_all(store, values())
    put_all(store, [])

    assert value(store, "a/b/first") == b"one two"
    assert value(store, "a/last") == b"one |two|three"
    assert list(store.names()) == ["a/b/c/second", "a/b/first", "a/last", "below/value"]


def test_what_breaks_off_while_several_are_put_leaves_the_last_as_it_was(folder: Folder) -> None:
    folder.put("kept/last", [b"old"])

    for broken in ("new/deep/name", "kept/other", "kept/last"):
        with pytest.raises(RuntimeError):
            folder.put_all([("other/first", [b"1"]), (broken, breaking_off()), ("kept/last", [b"new"])])

    assert on_disk(folder) == ["last"]
    assert list(folder.empty_folders()) == []
    assert value(folder, "kept/last") == b"old"


def test_what_is_not_there_is_said_so(store: Store) -> None:
    store.put("a/file", [b""])

    for name in ("b", "a/other", "a", "a/file/below"):
        with pytest.raises(FileNotFoundError):
            store.open(name)
    store.drop("b")
    store.drop("a/file/below")
    assert list(store.names("b")) == []
    assert list(store.names("a/file/below")) == []


def test_names_are_sorted_by_their_bytes_and_below_a_prefix(store: Store) -> None:
    names = ["a.b", "a/b", "a/b.c/d", "a0", "a/é", "a/Z", "b", "a!/x", "ab/c"]
    for name in names:
        store.put(name, [b"x"])

    assert list(store.names()) == sorted(names, key=str.encode)
    assert list(store.names("a")) == ["a/Z", "a/b", "a/b.c/d", "a/é"]
    assert list(store.names("a/b")) == ["a/b"]


def test_a_dropped_value_is_gone_and_its_name_is_free(store: Store) -> None:
    store.put("a/b/c", [b"x"])

    store.drop("a/b/c")

    assert list(store.names()) == []
    store.add("a/b", [b"a file where a folder was"])
    assert value(store, "a/b") == b"a file where a folder was"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../x", "a//b", "a/", "./a", "a\0b", "a\\b"])
def test_no_name_leads_out_of_the_store(store: Store, name: str) -> None:
    for call in (store.open, store.drop, lambda bad: store.put(bad, [b""]), lambda bad: store.add(bad, [b""])):
        with pytest.raises(AdapterError) as caught:
            call(name)
        assert caught.value.code == "store-name"


def test_files_and_folders_are_private_to_their_owner(folder: Folder) -> None:
    folder.put("keys/identity.age", [b"secret"])
    folder.add("keys/people/editor.age", [b"secret"])

    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.path.rglob("*")}
    assert modes == {"keys": 0o700, "people": 0o700, "identity.age": 0o600, "editor.age": 0o600}


def test_links_and_pipes_are_named_but_never_opened_or_written_through(folder: Folder, tmp_path: Path) -> None:
    """A folder that somebody handed in cannot make us read or write elsewhere, or wait for ever."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    folder.put("plain", [b"x"])
    (folder.path / "file").symlink_to(outside / "secret")
    (folder.path / "dir").symlink_to(outside)
    os.mkfifo(folder.path / "pipe")

    assert list(folder.names()) == ["dir", "file", "pipe", "plain"]
    for name, code in [("file", "disk-link"), ("dir/secret", "disk-link"), ("pipe", "disk-special")]:
        with pytest.raises(AdapterError) as caught:
            folder.open(name)
        assert caught.value.code == code
    with pytest.raises(AdapterError):
        folder.put("dir/new", [b"x"])
    folder.put("file", [b"ours"])
    assert (outside / "secret").read_bytes() == b"secret"
    assert os.listdir(outside) == ["secret"]


def test_what_a_killed_write_left_is_not_seen_and_goes_with_the_next(folder: Folder) -> None:
    folder.put("a/value", [b"x"])
    (folder.path / "a" / f".tamizdat-{'0' * 16}.tmp").write_bytes(b"half")

    assert list(folder.names()) == ["a/value"]
    Folder(folder.path).put("a/value", [b"y"])
    assert on_disk(folder) == ["value"]


def test_a_write_under_way_is_not_tidied_away(folder: Folder) -> None:
    def slow() -> Iterator[bytes]:
        yield b"one "
        Folder(folder.path).tidy()
        Folder(folder.path).put("a/other", [b"x"])
        yield b"two"

    folder.put("a/value", slow())

    assert value(folder, "a/value") == b"one two"
    assert on_disk(folder) == ["other", "value"]


def test_a_killed_write_leaves_the_old_value_or_the_new(folder: Folder) -> None:
    """kill -9 at any moment of a run of writes: every value is whole, and tidy leaves nothing else."""
    code = (
        "import sys; from tamizdat.adapters.folder import Folder\n"
        "store = Folder(sys.argv[1])\n"
        "for number in range(10**6):\n"
        "    store.put('v/one', [bytes([number % 256]) * 30_000] * 10); print(number, flush=True)\n"
        "    store.add(f'v/{number}', [b'x' * 1000] * 3); store.drop(f'v/{number}')\n"
    )
    dice = random.Random(4)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", code, str(folder.path)], stdout=subprocess.PIPE) as process:
            for number in range(dice.randrange(1, 30)):
                assert process.stdout and process.stdout.readline() == b"%d\n" % number
            time.sleep(dice.random() / 100)  # to fall anywhere: nothing depends on it
            process.kill()
        for name in folder.names():
            found = value(folder, name)
            assert (len(found), len(set(found))) in {(300_000, 1), (3_000, 1)}
        for name in list(folder.names()):
            if name != "v/one":
                folder.drop(name)

    folder.tidy()
    assert set(on_disk(folder)) <= {"one"}


def test_a_disk_that_takes_no_more_is_one_clear_error(folder: Folder) -> None:
    """RLIMIT_FSIZE stands for the full disk: the write fails, and nothing of it stays."""
    code = (
        "import sys; from tamizdat.adapters.folder import Folder\n"
        "from tamizdat.primitives.errors import AdapterError\n"
        "try: Folder(sys.argv[1]).put('a/new', [bytes(50_000)] * 4)\n"
        "except AdapterError as error: print(error.code, error.mend)\n"
    )
    folder.put("a/old", [b"old"])

    done = subprocess.run(
        [sys.executable, "-c", code, str(folder.path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )

    assert done.stdout.startswith("disk-file-limit Use a disk")
    assert on_disk(folder) == ["old"]


def test_a_name_no_disk_takes_is_an_adapters_fault(folder: Folder) -> None:
    folder.put("file", [b"x"])

    for name in ("n" * 5000, "file/below"):
        with pytest.raises(AdapterError) as caught:
            folder.put(name, [b"x"])
        assert caught.value.mend
    assert on_disk(folder) == ["file"]
