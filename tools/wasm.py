"""
Build src/tamizdat/redaction/codec/jdct.wasm from jdct.c (python tools/wasm.py [--check]).

It wants the package ziglang, which users never install: the compiled module is committed, and a test builds it anew
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
SOURCE: Final = FOLDER / "jdct.c"
MODULE: Final = FOLDER / "jdct.wasm"
# Everything that shapes the output stands here; no path and no time gets into it (--strip-all).
FLAGS: Final = (
    *("-target", "wasm32-freestanding", "-mcpu=generic+bulk_memory"),
    *("-O2", "-std=c11", "-ffreestanding", "-fno-builtin", "-nostdlib", "-Wall", "-Wextra", "-Werror"),
    *("-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536"),
)


def compiler() -> str | None:
    """Give the version of the compiler at hand."""
    return importlib.metadata.version("ziglang") if importlib.util.find_spec("ziglang") else None


def build(target: Path) -> None:
    """Compile the module to *target*."""
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(target), SOURCE.name]
    subprocess.run(command, cwd=FOLDER, check=True)


def main() -> int:
    """Build the module, or with --check say whether the one that is committed is what the source gives."""
    if compiler() != COMPILER:
        print(f"ziglang {COMPILER} is needed, not {compiler()}: pip install ziglang=={COMPILER}")
        return 2
    if sys.argv[1:] != ["--check"]:
        build(MODULE)
        return 0
    fresh = MODULE.with_suffix(".fresh")
    try:
        build(fresh)
        same = fresh.read_bytes() == MODULE.read_bytes()
    finally:
        fresh.unlink(missing_ok=True)
    print("jdct.wasm is what jdct.c gives" if same else "jdct.wasm is not what jdct.c gives: python tools/wasm.py")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
