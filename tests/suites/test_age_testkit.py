"""C2SP's age test vectors (CCTV): every one is accepted or refused for its own reason, and gives what it may."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import zlib

from pathlib import Path

import pytest

from tamizdat.primitives.age import armor, header, recipients
from tamizdat.primitives.age.file import Reader
from tamizdat.primitives.age.source import Source
from tamizdat.primitives.errors import TamizdatError
from tests.tools import ROOT, inputs


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


def read_case(path: Path) -> Case:
    head, _, file = path.read_bytes().partition(b"\n\n")
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


FOLDER = Path(os.environ.get("TAMIZDAT_INPUTS") or ROOT.parent / "shared" / "inputs") / "suites" / "age-testkit"
# Where the suite is not at hand, one name is enough to say so.
NAMES = sorted(path.name for path in FOLDER.iterdir()) if FOLDER.is_dir() else ["hybrid"]


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_ends_as_it_must_and_releases_what_it_may(name: str) -> None:
    """The class of failure is the suite's, and the bytes given before it have the suite's hash."""
    case = read_case(inputs(f"suites/age-testkit/{name}"))
    released = bytearray()

    assert give(case, released) in CODES[case.expect]
    if case.payload is not None:
        assert hashlib.sha256(released).hexdigest() == case.payload


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_is_read_is_written_back_as_it_was(name: str) -> None:
    """One spelling: what is not refused is written byte for byte."""
    case = read_case(inputs(f"suites/age-testkit/{name}"))
    if case.armored or case.expect == "header failure":
        return
    source = Source(io.BytesIO(case.file))

    assert header.write(header.read(source)) == case.file[: source.position]
