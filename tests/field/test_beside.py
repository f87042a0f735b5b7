"""A hash beside the encryption: done when the block ends, whatever happens in it, and no thread stays."""

from __future__ import annotations

import gc
import threading

import pytest

from tamizdat.field import archive
from tamizdat.field.beside import Beside


def test_work_is_done_when_the_block_ends() -> None:
    done: list[int] = []
    hands = Beside(always=True)

    for number in range(300):
        with hands.doing(done.append, number):
            pass
        assert done[-1] == number
    with pytest.raises(KeyError), hands.doing(done.append, -1):
        raise KeyError
    assert done[-1] == -1
    hands.close()
    hands.close()

    assert done == [*range(300), -1]


def test_no_thread_stays() -> None:
    """Closed or forgotten, its thread ends."""
    before = set(threading.enumerate())
    for close in (True, False):
        hands = Beside(always=True)
        with hands.doing(len, b""):
            pass
        if close:
            hands.close()
        del hands
    gc.collect()

    for thread in set(threading.enumerate()) - before:
        thread.join()  # for ever, where it stays


def test_the_tar_is_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 1024 * 4
    told = []
    for always in (False, True):
        monkeypatch.setattr(archive.beside, "Beside", lambda always=always: Beside(always=always))
        pieces: list[bytes] = []

        class Sink:
            def write(self, piece: bytes | memoryview) -> None:
                pieces.append(bytes(piece))  # noqa: B023

        tar = archive.TarWriter(Sink(), 0)
        told.append((tar.add("a", data), tar.add("b", data[:7]), b"".join(pieces)))
        tar.close()

    assert told[0] == told[1]
