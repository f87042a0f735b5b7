"""A decoder that does what a taken-over one would: run in a cell by test_cell.py, it tells how far it came."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading

from collections.abc import Callable


def ready() -> None:
    """Nothing has to be loaded."""


def work(said: bytes, given: bytes) -> bytes:
    if said == b"echo":
        return given[::-1]
    return DEEDS[said.decode()]() or b"it was done"


def attempt(*deeds: Callable[[], object]) -> bytes:
    """Give the names of those that were not refused."""
    done = []
    for deed in deeds:
        try:
            deed()
        except OSError:
            continue
        done.append(deed.__name__.encode() if deed.__name__ != "<lambda>" else b"%d" % len(done))
    return b"done: " + b", ".join(done) if done else b"all refused"


def read_files() -> bytes:
    return attempt(
        lambda: os.open("/etc/passwd", os.O_RDONLY), lambda: os.stat("/etc/passwd"), lambda: os.listdir("/proc"),
        lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY), lambda: os.readlink("/proc/self/exe"),
    )  # fmt: skip


def write_files() -> bytes:
    return attempt(
        lambda: os.open("/tmp/left-by-a-cell", os.O_WRONLY | os.O_CREAT), lambda: os.mkdir("/tmp/left-by-a-cell"),
        lambda: os.memfd_create("left"), lambda: os.unlink("/tmp/nothing"),
    )  # fmt: skip


def reach_out() -> bytes:
    return attempt(socket.socket, socket.socketpair, lambda: socket.socket(socket.AF_UNIX), os.pipe)


def start_others() -> bytes:
    def fork() -> None:
        if not os.fork():
            os._exit(0)

    def execute() -> None:
        os.execv("/bin/true", ["true"])

    return attempt(fork, lambda: subprocess.run(["true"], check=False), execute)


def meddle() -> bytes:
    return attempt(
        lambda: os.kill(os.getppid(), 0), lambda: os.setuid(65534), lambda: os.dup2(0, 9),
        *(lambda number=number: os.write(number, b"x") for number in range(2, 64)),
    )  # fmt: skip


def thread() -> bytes:
    try:
        threading.Thread(target=print).start()
    except RuntimeError:
        return b"all refused"
    return b"a thread was started"


def tell_environment() -> bytes:
    return " ".join(sorted(os.environ)).encode()


def allocate() -> bytes:
    return bytes(1 << 40)


def loop() -> bytes:
    while True:
        """Until the processor's time is over."""


def hang() -> bytes:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
    return b""


def flood() -> bytes:
    return bytes(1 << 20)


def pour() -> bytes:
    while True:
        os.write(1, b"\xff" * 65_536)


def lie() -> bytes:
    """Say that the system would not have it, then something without an end."""
    os.write(1, b"r" + (1 << 62).to_bytes(8, "big"))
    os._exit(0)


def crash() -> bytes:
    return ctypes.string_at(1)


def end() -> bytes:
    os._exit(0)


def fail() -> bytes:
    raise KeyError("what stands in the file")


def stop() -> bytes:
    signal.raise_signal(signal.SIGSTOP)
    return b""


DEEDS: dict[str, Callable[[], bytes]] = {
    deed.__name__: deed
    for deed in (
        read_files, write_files, reach_out, start_others, meddle, thread, tell_environment, allocate, loop, hang, flood,
        pour, lie, crash, end, fail, stop,
    )
}  # fmt: skip
