"""Two processes share one stream: nothing is lost between them, errors come over, and neither outlives the other."""

from __future__ import annotations

import hashlib
import os
import signal
import time

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tamizdat.adapters import relay
from tamizdat.primitives.errors import AdapterError, Fault, TrustError
from tests.children import children, ended


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Any:
    """But for those that other tests keep: a browser, a server."""
    before = children()
    yield
    assert children() <= before


class Sink:
    """Hashes what comes; a file tells what it was asked to undo."""

    def __init__(self, abandoned: Path, fault: BaseException | None = None, at: int = 0) -> None:
        self.hash = hashlib.sha256()
        self.count = 0
        self._abandoned = abandoned
        self._fault = fault
        self._at = at

    def write(self, data: memoryview) -> None:
        self.hash.update(data)
        self.count += len(data)
        if self._fault is not None and self.count >= self._at:
            raise self._fault

    def finish(self, progress: Callable[[int], None]) -> Any:
        progress(self.count)
        return [self.hash.hexdigest(), os.getpid()]

    def abandon(self) -> None:
        self._abandoned.write_text("abandoned")


class Stuck(Sink):
    """Never comes to an end."""

    def finish(self, progress: Callable[[int], None]) -> Any:
        progress(1)
        while True:  # a signal that comes just before one sleep is heard after it
            time.sleep(1)


def stream() -> bytes:
    return os.urandom(1 << 16) * 400  # three times the ring


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_goes_in_comes_out_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: str) -> None:
    """Written in odd pieces or into lent memory, in this process or another one."""
    monkeypatch.setenv(relay.PROCESSES_VARIABLE, processes)
    data, told = stream(), []
    ring = relay.start(Sink(tmp_path / "abandoned"))
    at = 0
    for count in (0, 1, 70_001, 65_552, relay.SLOT, relay.SLOT + 1, 3 * relay.SLOT):
        ring.write(data[at : at + count])
        at += count
        if isinstance(ring, relay.Relay):
            ring.lend(65_552)[:] = data[at : at + 65_552]
            ring.took(65_552)
            at += 65_552
    ring.write(data[at:])

    found, worker = ring.finish(told.append)

    assert found == hashlib.sha256(data).hexdigest()
    assert told == [len(data)]
    assert (worker == os.getpid()) == (processes == "1")
    ring.abandon()
    assert not (tmp_path / "abandoned").exists()


def test_an_error_comes_over_as_it_is(tmp_path: Path) -> None:
    """Class, code, words, mend and findings: whoever catches it cannot tell where it was raised."""
    fault = Fault(code="one", where="here", what="this", mend="Do that.")
    ring = relay.start(Sink(tmp_path / "abandoned", TrustError("a-code", "it is so", mend="Mend.", faults=(fault,)), 1))

    with pytest.raises(TrustError, match="it is so") as caught:
        ring.write(stream())

    assert (caught.value.code, caught.value.mend, caught.value.faults) == ("a-code", "Mend.", (fault,))
    assert (tmp_path / "abandoned").exists()
    ring.abandon()


def test_a_fault_of_ours_tells_no_values(tmp_path: Path) -> None:
    ring = relay.start(Sink(tmp_path / "abandoned", ValueError("a secret"), 1))

    with pytest.raises(RuntimeError, match="ValueError in test_relay.py") as caught:
        ring.write(stream())

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("moment", ["write", "finish"])
def test_a_killed_child_is_an_error(tmp_path: Path, moment: str) -> None:
    """Whether it dies while bytes are written or while its end is awaited."""
    ring = relay.start(Stuck(tmp_path / "abandoned"))
    ring.write(bytes(relay.SLOT))

    def kill(_: int) -> None:
        os.kill(ring._child, signal.SIGKILL)  # type: ignore[union-attr]

    if moment == "write":
        kill(0)
    with pytest.raises(AdapterError) as caught:
        ring.write(stream()) if moment == "write" else ring.finish(kill)

    assert caught.value.code == "worker-gone"
    ring.abandon()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["write", "finish"])
def test_a_parent_that_ends_ends_its_child(tmp_path: Path, end: signal.Signals, moment: str) -> None:
    """However it goes, the child undoes its work and goes too; Ctrl-C reaches both at once."""
    reading, writing = os.pipe()
    middle = os.fork()
    if not middle:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        ring = relay.start((Stuck if moment == "finish" else Sink)(tmp_path / "abandoned"))
        ring.write(bytes(3 * relay.SLOT))

        def ready(_: int) -> None:
            os.write(writing, b"!")
            signal.pause()

        ring.finish(ready) if moment == "finish" else ready(0)
        os._exit(1)
    os.close(writing)
    os.read(reading, 1)
    (os.killpg if end == signal.SIGINT else os.kill)(middle, end)
    os.waitpid(middle, 0)

    ended(reading)
    assert (tmp_path / "abandoned").exists()


def test_whoever_gives_up_does_not_wait_for_a_long_flush(tmp_path: Path) -> None:
    """`abandon` wakes the child up, and waits until it has undone its work."""
    ring = relay.start(Stuck(tmp_path / "abandoned"))
    ring.write(bytes(10))

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ring.finish(interrupt)
    ring.abandon()

    assert (tmp_path / "abandoned").exists()
