"""Other people's tools and files: where they are, and a plain word where they are not."""

from __future__ import annotations

import os
import re
import shutil

from pathlib import Path
from typing import NoReturn

import pytest


ROOT = Path(__file__).parent.parent


def missing(what: str) -> NoReturn:
    """Skip the test and name what it wants; where TAMIZDAT_ALL is set (CI) that is a failure."""
    if os.environ.get("TAMIZDAT_ALL"):
        pytest.fail(f"missing: {what}")
    pytest.skip(f"missing: {what}")


def need(tool: str) -> str:
    """Give the path of a program."""
    return shutil.which(tool) or missing(f"the program {tool!r} (make tools)")


def inputs(name: str) -> Path:
    """Give a file or folder of real inputs that nobody here wrote."""
    base = Path(os.environ.get("TAMIZDAT_INPUTS") or ROOT.parent / "shared" / "inputs")
    path = base / name
    return path if path.exists() else missing(f"the inputs {name!r} (TAMIZDAT_INPUTS)")


def node_module(name: str) -> Path:
    """Give the folder of an npm package of package.json."""
    path = ROOT / "node_modules" / name
    return path if path.exists() else missing(f"the npm package {name!r} (npm ci)")


def untraced(path: str) -> str:
    r"""
    Give a path as it is from how strace writes it.

    >>> untraced(r"/m\303\251dia/\"A\"/1\76")
    '/média/"A"/1>'
    """

    def one(escaped: re.Match[bytes]) -> bytes:
        return bytes([int(escaped[1], 8)]) if escaped[1].isdigit() else escaped[1]

    return os.fsdecode(re.sub(rb"\\([0-7]{1,3}|.)", one, os.fsencode(path)))
