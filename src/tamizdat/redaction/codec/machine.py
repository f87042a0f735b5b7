"""
The sandbox that jdct.wasm runs in: one instance for one picture, with bounds on memory and time.

It is NOT a place for anything but that one module, which imports nothing: it cannot open, send or ask for anything.
The bounds are docs/spec/redaction.md, "Limits".
"""

from __future__ import annotations

import ctypes
import functools
import importlib.resources
import math
import mmap
import threading
import time

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tamizdat.primitives.errors import AdapterError, FormatError


try:
    import wasmtime
except ImportError:  # pragma: no cover -- a machine without a wheel of it can still seal, all or nothing
    wasmtime = None  # type: ignore[assignment,unused-ignore]


MAX_MEMORY: Final = 512 << 20
SECONDS: Final = 10.0

# How finely time is measured, in seconds.
_TICK = 0.25
_LARGE_PAGE: Final = 2 << 20
_HUGE: Final = getattr(mmap, "MADV_HUGEPAGE", None)
_CLOCK_OF: Final[Any] = getattr(time, "pthread_getcpuclockid", None)
_MADVISE: Final[Any] = getattr(ctypes.CDLL(None), "madvise", None) if _HUGE is not None else None


class Machine:
    """One fresh instance of the module."""

    def __init__(self, *, memory: int = MAX_MEMORY, seconds: float = SECONDS) -> None:
        if wasmtime is None:
            raise AdapterError(
                "codec-missing",
                "pictures cannot be read in parts here: the package wasmtime is not installed",
                mend="Install wasmtime, or go on with whole files only (--no-tiles).",
            )
        engine, module = _module()
        self._seconds = seconds
        self._ticks = math.ceil(seconds / _TICK) + 1
        self._store = wasmtime.Store(engine)
        self._store.set_limits(memory_size=memory, instances=1, memories=1, tables=1)
        # Starting the instance runs nothing, but a deadline must stand before anything may run.
        self._store.set_epoch_deadline(self._ticks)
        self._exports = _start(self._store, module)
        self._memory = self._exports["memory"]
        _advise(self._base(), memory)

    def call(self, name: str, *arguments: int) -> int:
        """
        Call one function of the module; it must be done within the seconds (of the processor) that were set.

        Raises:
            AdapterError: ``codec-time``: it ran longer than it may.
        """
        with _clock.running():
            return self.ask(name, *arguments)

    def ask(self, name: str, *arguments: int) -> int:
        """Call one function that is short by its nature, as `call` does but with no clock started for it."""
        function = self._exports[name]
        self._store.set_epoch_deadline(self._ticks)
        try:
            return int(function(self._store, *arguments) or 0)
        except wasmtime.Trap as error:
            if error.trap_code is wasmtime.TrapCode.INTERRUPT:
                raise AdapterError(
                    "codec-time",
                    f"reading the picture took longer than {self._seconds:g} seconds of the processor",
                    mend="Try a faster machine, or go on with the whole file only (--no-tiles).",
                ) from error
            raise

    def place(self, data: bytes) -> int:
        """
        Copy *data* into the module's memory; gives its address.

        Raises:
            FormatError: ``jpeg-limit``: they do not fit.
        """
        address = self.ask("alloc", len(data)) & 0xFFFFFFFF
        if not address:
            raise too_large()
        self.bytes_at(address, len(data))[:] = np.frombuffer(data, np.uint8)
        return address

    def bytes_at(self, address: int, length: int) -> npt.NDArray[np.uint8]:
        """View the module's memory as it stands; memory that grows never moves (the address space is set aside)."""
        if address < 0 or length < 0 or address + length > self._memory.data_len(self._store):
            raise ValueError(f"{length} bytes at {address} are not in the memory")
        window: Any = (ctypes.c_ubyte * length).from_address(self._base() + address)
        # Whoever holds the view holds the memory.
        window.owner = self._store
        return np.frombuffer(window, np.uint8)

    def _base(self) -> int:
        return ctypes.addressof(self._memory.data_ptr(self._store).contents)


def _start(store: Any, module: Any) -> Any:
    """Make the instance and give what it exports; what that is only the C source says."""
    return wasmtime.Instance(store, module, []).exports(store)


def _advise(base: int, length: int) -> None:
    """
    Ask Linux for large pages where a large picture will lie; it saves a sixth of the time, and may be refused.

    The beginning, where small pictures find room, is left as it is: a large page takes longer to be made empty.
    """
    if _MADVISE is not None:
        start = (base + 2 * _LARGE_PAGE) // _LARGE_PAGE * _LARGE_PAGE
        _MADVISE(ctypes.c_void_p(start), ctypes.c_size_t(length), _HUGE)


def too_large() -> FormatError:
    """Say that a picture is beyond what may be taken in."""
    return FormatError(
        "jpeg-limit",
        f"the picture is too large, or too laborious, to be read in {MAX_MEMORY >> 20} MB",
        mend="Only the file as a whole can be proven.",
    )


_module_lock: Final = threading.Lock()


def _module() -> tuple[Any, Any]:
    """Compile the module once, also when many ask at once."""
    with _module_lock:
        return _compiled()


@functools.cache
def _compiled() -> tuple[Any, Any]:
    config = wasmtime.Config()
    config.epoch_interruption = True
    # Else the module's tables would lie in a memfd: no file, but nothing a seal does may even look like one.
    config.memory_init_cow = False
    engine = wasmtime.Engine(config)
    code = importlib.resources.files(__package__).joinpath("jdct.wasm").read_bytes()
    return engine, wasmtime.Module(engine, code)


class _Clock:
    """
    One thread that lets the engine's epoch advance while anything runs in it, and ends soon after.

    It goes by the processor time of whoever runs longest, for a busy machine must not make a picture one that takes too
    long; where the system cannot tell that of another thread, by the clock on the wall.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # For each thread that runs the module: its clock, and what that showed less what was counted already.
        self._callers: dict[int, tuple[int, float]] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the clock going."""
        own = threading.get_ident()
        clock = time.CLOCK_MONOTONIC if _CLOCK_OF is None else int(_CLOCK_OF(own))
        with self._lock:
            self._callers[own] = clock, time.clock_gettime(clock)
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._callers[own]

    def _tick(self) -> None:
        engine, _ = _module()
        pause = threading.Event()
        while True:
            pause.wait(_TICK)
            with self._lock:
                if not self._callers:
                    self._thread = None
                    return
                # A thread is there as long as it is among the callers.
                longest = max(time.clock_gettime(clock) - since for clock, since in self._callers.values())
                ticks = int(longest / _TICK)
                for own, (clock, since) in self._callers.items():
                    self._callers[own] = clock, since + ticks * _TICK
            for _ in range(ticks):
                engine.increment_epoch()


_clock: Final = _Clock()
