"""
Build the modules in src/tamizdat/redaction/codec, jdct.wasm from jdct.c and packed.wasm from packed.c (python tools/wasm.py [--check]).

It wants the package ziglang, which users never install: the compiled modules are committed, and a test builds them anew
and compares. The compiler's version is part of the result, and so it is named here.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys

from pathlib import Path
from typing import Final


COMPILER: Final = "0.17.1"
FOLDER: Final = Path(__file__).parents[1] / "src" / "tamizdat" / "redaction" / "codec"
MODULES: Final = (FOLDER / "jdct.wasm", FOLDER / "packed.wasm")
# Everything that shapes the output stands here; no path and no time gets into it (--strip-all).
FLAGS: Final = (
    *("-target", "wasm32-freestanding", "-mcpu=generic+bulk_memory"),
    *("-O2", "-std=c11", "-ffreestanding", "-fno-builtin", "-nostdlib", "-Wall", "-Wextra", "-Werror"),
    *("-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536"),
)


def compiler() -> str | None:
    """Give the version of the compiler at hand."""
    return importlib.metadata.version("ziglang") if importlib.util.find_spec("ziglang") else None


def build(module: Path, target: Path) -> None:
    """Compile *module* anew to *target*."""
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(target), f"{module.stem}.c"]
    subprocess.run(command, cwd=FOLDER, check=True)


def main() -> int:
    """Build the modules, or with --check say whether those that are committed are what their sources give."""
    if compiler() != COMPILER:
        print(f"ziglang {COMPILER} is needed, not {compiler()}: pip install ziglang=={COMPILER}")
        return 2
    if sys.argv[1:] != ["--check"]:
        for module in MODULES:
            build(module, module)
        return 0
    return int(not all(list(map(_same, MODULES))))


def _same(module: Path) -> bool:
    fresh = module.with_suffix(".fresh")
    try:
        build(module, fresh)
        same = fresh.read_bytes() == module.read_bytes()
    finally:
        fresh.unlink(missing_ok=True)
    print(f"{module.name} is what {module.stem}.c gives" if same else f"{module.name} is not: python tools/wasm.py")
    return same


if __name__ == "__main__":
    sys.exit(main())
