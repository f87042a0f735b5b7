"""The machine a measurement was made on, in a few lines. It names nobody and no address."""

from __future__ import annotations

import os
import platform
import re
import subprocess

from importlib import metadata
from pathlib import Path

from tamizdat.carry import isal


_FLAGS = ("sha_ni", "vaes", "avx2", "avx512f", "gfni")
_VERSIONS = {
    "age": ["age", "--version"],
    "tar": ["tar", "--version"],
    "par2": ["par2", "--version"],
    "restic": ["restic", "version"],
    "borg": ["borg", "--version"],
}
_PACKAGES = ("cryptography", "blake3", "numpy", "zfec")


def describe(disk: Path) -> list[str]:
    """Describe processor, memory, system, the disk that holds *disk*, and the versions of what is measured."""
    info = Path("/proc/cpuinfo").read_text("ascii", "replace")
    model = re.search(r"model name\s*:\s*(.*)", info)
    flags = set(re.findall(r"^flags\s*:\s*(.*)$", info, re.MULTILINE)[0].split()) if "flags" in info else set()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return [
        f"Processor: {model[1] if model else platform.machine()}, {os.cpu_count()} cores (a virtual machine, shared)",
        f"Of {', '.join(_FLAGS)} it has {', '.join(flag for flag in _FLAGS if flag in flags) or 'none'}",
        f"Memory {memory:.0f} GiB; Linux {platform.release()}; {_filesystem(disk)}",
        f"Python {platform.python_version()}; erasure code by {_engine()}; "
        + ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
        "; ".join(f"{name} {_version(command)}" for name, command in _VERSIONS.items()),
    ]


def _engine() -> str:
    return "numpy" if isal.load() is None else "ISA-L"


def _filesystem(path: Path) -> str:
    """Give the kind of the file system; what the device is, a virtual machine does not know."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    around = [(where, kind) for where, kind in mounts if path.resolve().is_relative_to(where)]
    return f"the disk is {max(around, key=lambda one: len(one[0]))[1]} on a virtual device"


def _version(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "is missing"
    found = re.search(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?", done.stdout + done.stderr)
    return found[0] if found else "of unknown version"
