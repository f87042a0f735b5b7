"""
The far side of a cell (cell.py): gives up whatever it can, only then takes a stranger's bytes, answers, and ends.

It is a fresh interpreter, so nothing of the process that has keys is in its memory. It is NOT imported anywhere: cell.py starts it.
What it gives up, and what no system lets it give up, is docs/adr/0012-a-cell-for-decoders.md.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import os
import signal
import struct
import sys

from typing import Final, NoReturn


try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment,unused-ignore]


# What it may take, first of all: bytes of memory, seconds of the processor. Then, each time, the lengths of the two pieces that follow.
BOUNDS: Final = struct.Struct(">QQ")
ASKED: Final = struct.Struct(">QQ")
TOLD: Final = struct.Struct(">cQ")
READY, DONE, FULL, BROKEN = b"rdmb"

_PIECE: Final = 1 << 20
_MOST_FILES: Final = 1 << 16
_PARENT_DEATH, _DUMPABLE, _NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 1, 4, 38, 22, 2  # prctl(2)
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000  # linux/seccomp.h
# For each machine its number in linux/audit.h, and those of the only calls that are left: read, write, memory, the clock, the end.
_CALLS: Final = {
    # read write mmap mprotect munmap brk rt_sigreturn sched_yield mremap madvise exit futex restart_syscall clock_gettime exit_group getrandom
    "x86_64": (0xC000003E, (0, 1, 9, 10, 11, 12, 15, 24, 25, 28, 60, 202, 219, 228, 231, 318)),
    "aarch64": (0xC00000B7, (63, 64, 222, 226, 215, 214, 139, 124, 216, 233, 93, 98, 128, 113, 94, 278)),
}


def main(work: str, parent: int) -> NoReturn:
    """Load the module *work*, which has `ready()` and `work(said, given)`, and do what is asked until nobody asks."""
    try:
        _outlive_nobody(parent)
        module = importlib.import_module(work)
        module.ready()
        bounds = _take(BOUNDS.size)
        if len(bounds) == BOUNDS.size:
            give_up(*BOUNDS.unpack(bounds))
            # Not before this are the bytes handed over.
            _tell(READY)
            while len(asked := _take(ASKED.size)) == ASKED.size:
                _answer(module.work, *ASKED.unpack(asked))
    finally:
        os._exit(0)


def give_up(memory: int, seconds: int) -> None:
    """
    Keep two pipes, some memory and some time.

    Raises:
        OSError, ValueError: The system would not have it: then nothing of a stranger's may be touched here.
    """
    os.closerange(2, _MOST_FILES)
    if resource is not None:
        limits = {"NOFILE": 0, "FSIZE": 0, "CORE": 0, "NPROC": 0, "AS": memory, "CPU": seconds}
        for name, most in limits.items():
            _limit(name, most)
    if sys.platform.startswith("linux"):
        _lock(ctypes.CDLL(None, use_errno=True))


def _limit(name: str, most: int) -> None:
    which = getattr(resource, f"RLIMIT_{name}", None)
    if which is None:
        return
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    # At the soft end of its time it is told so by a signal, which can be told from others; a second later it is killed.
    spare = int(name == "CPU" and hard == resource.RLIM_INFINITY)
    try:
        resource.setrlimit(which, (most, most + spare))
    except (OSError, ValueError):
        if name != "AS":  # macOS has it and does not keep it
            raise


def _lock(libc: ctypes.CDLL) -> None:
    """Let the kernel refuse every call but those that are needed; what is refused fails, as it does for want of a right."""
    for number, *values in ((_DUMPABLE, 0), (_NO_NEW_PRIVILEGES, 1)):
        _demand(libc.prctl(number, *values, 0, 0, 0))
    number, calls = _CALLS.get(os.uname().machine, (0, ()))
    if not calls:
        return
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, number), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HP", len(steps), ctypes.addressof(held))
    _demand(libc.prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(head, len(head)), 0, 0))


def _demand(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "prctl")


def _outlive_nobody(parent: int) -> None:
    """Be killed when the parent dies; where it has died already there is nobody to answer."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def _answer(work: object, said: int, given: int) -> None:
    try:
        answer = work(_take(said), _take(given))  # type: ignore[operator]
    except MemoryError:
        _tell(FULL)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is about these bytes
        # The class only: what it says may be the bytes' own words.
        _tell(BROKEN, type(error).__name__.encode())
    else:
        _tell(DONE, answer)


def _take(count: int) -> bytes:
    data = bytearray(count)
    view, done = memoryview(data), 0
    while done < count and (more := os.read(0, min(count - done, _PIECE))):
        view[done : done + len(more)] = more
        done += len(more)
    return bytes(view[:done])


def _tell(kind: int, said: bytes = b"") -> None:
    view = memoryview(TOLD.pack(bytes([kind]), len(said)) + said)
    while view:
        view = view[os.write(1, view) :]
