"""One runner for the vectors of every format: docs/spec/NAME/*.vector, a text head, an empty line, the bytes."""

from __future__ import annotations

import dataclasses

from pathlib import Path


SPECS = Path(__file__).parent.parent / "docs" / "spec"


@dataclasses.dataclass(frozen=True, slots=True)
class Vector:
    """One case: the file, and what a reader must make of it ("whole", or the code of its flaw)."""

    name: str
    expect: str
    comment: str
    file: bytes


def load(spec: str) -> list[Vector]:
    """Read every vector of a format; an empty set is the tests' failure (empty_parameter_set_mark)."""
    return [read(path) for path in sorted((SPECS / spec).glob("*.vector"))]


def read(path: Path) -> Vector:
    head, _, file = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return Vector(path.stem, fields["expect"], fields["comment"], file)


def write(spec: str, name: str, expect: str, comment: str, file: bytes) -> None:
    """Write one vector; for tools/vectors/NAME.py."""
    folder = SPECS / spec
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.vector").write_bytes(f"expect: {expect}\ncomment: {comment}\n\n".encode() + file)
