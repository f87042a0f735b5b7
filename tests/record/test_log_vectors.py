"""The vectors of docs/spec/log.md, each read by its own reader."""

from __future__ import annotations

import pytest

from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import anchor, anchor_header, evidence, policy, stamp, witness
from tests import vectors


READERS = {
    "policy": policy.read,
    "request": witness.read_request,
    "evidence": evidence.read,
    "anchor": anchor.read,
    "header": anchor_header.read,
    "stamp": lambda raw: stamp.verify(raw, b"", []),
}


@pytest.mark.parametrize("vector", vectors.load("log"), ids=lambda vector: vector.name)
def test_vectors_give_what_they_say(vector):
    read = READERS[vector.name.partition("-")[0]]
    if vector.expect == "whole":
        read(vector.file)
    else:
        with pytest.raises(TamizdatError) as caught:
            read(vector.file)
        assert caught.value.code == vector.expect
