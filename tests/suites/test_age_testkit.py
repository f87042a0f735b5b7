"""
C2SP's age test vectors (CCTV): every one is accepted or refused for its own reason, and gives what it may.

All 143 are in the npm package `cctv-age`, some of them among the inputs.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import os
import re
import zlib

from pathlib import Path

import pytest

from tamizdat.primitives.age import armor, header, recipients
from tamizdat.primitives.age.file import Reader
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import TamizdatError
from tests.tools import ROOT, inputs, node_module


# What the suite calls it, and our codes for it.
CODES = {
    "success": {"whole"},
    "no match": {"age-no-match"},
    "HMAC failure": {"age-mac"},
    "header failure": {"age-header"},
    "payload failure": {"age-payload", "age-truncated"},
    "armor failure": {"age-armor"},
}


@dataclasses.dataclass(frozen=True)
class Case:
    expect: str
    payload: str | None
    armored: bool
    openers: list[recipients.Opener]
    file: bytes


def read_case(name: str) -> Case:
    raw = PACKED[name] if name in PACKED else inputs(f"suites/age-testkit/{name}").read_bytes()
    head, _, file = raw.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode().splitlines():
        name, _, value = line.partition(": ")
        fields.setdefault(name, []).append(value)
    openers: list[recipients.Opener] = [recipients.read_identity(word) for word in fields.get("identity", [])]
    openers += [recipients.Passphrase(word.encode()) for word in fields.get("passphrase", [])]
    return Case(
        expect=fields["expect"][0],
        payload=fields.get("payload", [None])[0],
        armored="armored" in fields,
        openers=openers,
        file=zlib.decompress(file) if "compressed" in fields else file,
    )


def give(case: Case, released: bytearray) -> str:
    """Open a case into *released*, and say how it ended."""
    source = io.BytesIO(case.file)
    try:
        for chunk in Reader(armor.Reader(source) if case.armored else source, case.openers).chunks():
            released += chunk
    except TamizdatError as error:
        return error.code
    return "whole"


def packed() -> dict[str, bytes]:
    """Read the vectors out of the npm package, a module that holds each in base64."""
    path = ROOT / "node_modules" / "cctv-age" / "index.js"
    found = re.findall(r'^// \S+/testdata/(\w+)\nvar \w+ = \w+\("([^"]*)"\)', path.read_text(), re.MULTILINE)
    return {name: base64.b64decode(word) for name, word in found}


PACKED = packed() if (ROOT / "node_modules" / "cctv-age").is_dir() else {}
FOLDER = Path(os.environ.get("TAMIZDAT_INPUTS") or ROOT.parent / "shared" / "inputs") / "suites" / "age-testkit"
# Where the suite is not at hand, one name is enough to say so.
NAMES = sorted({*PACKED, *(path.name for path in (FOLDER.iterdir() if FOLDER.is_dir() else ()))}) or ["hybrid"]


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_ends_as_it_must_and_releases_what_it_may(name: str) -> None:
    """The class of failure is the suite's, and the bytes given before it have the suite's hash."""
    case = read_case(name)
    released = bytearray()

    assert give(case, released) in CODES[case.expect]
    if case.payload is not None:
        assert hashlib.sha256(released).hexdigest() == case.payload


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_is_read_is_written_back_as_it_was(name: str) -> None:
    """One spelling: what is not refused is written byte for byte."""
    case = read_case(name)
    if case.armored or case.expect == "header failure":
        return
    source = Source(io.BytesIO(case.file))

    assert header.write(header.read(source)) == case.file[: source.position]


def test_the_suite_is_whole() -> None:
    node_module("cctv-age")

    assert len(PACKED) >= 143
    assert {path.name for path in (FOLDER.iterdir() if FOLDER.is_dir() else ())} <= PACKED.keys()
