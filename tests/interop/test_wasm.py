"""The compiled picture codec that is committed is what its source gives: nobody has to believe a binary."""

from __future__ import annotations

from tests import tools
from tools import wasm


def test_the_committed_module_is_what_the_source_gives(tmp_path):
    if wasm.compiler() != wasm.COMPILER:
        tools.missing(f"the Python package 'ziglang' {wasm.COMPILER} (make wasm)")

    wasm.build(tmp_path / "fresh.wasm")

    assert (tmp_path / "fresh.wasm").read_bytes() == wasm.MODULE.read_bytes()
