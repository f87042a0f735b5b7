"""Every format has a specification, and every flaw it names has a vector."""

from __future__ import annotations

import re

import pytest

from tests import vectors


NAMES = sorted(path.stem for path in vectors.SPECS.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_flaws_and_vectors_name_each_other(name: str) -> None:
    """No flaw is without a vector, and no vector shows a flaw that the text does not name."""
    prose = (vectors.SPECS / f"{name}.md").read_text().split("## Flaws", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\* `([a-z0-9-]+)`", prose, re.MULTILINE))
    shown = {vector.expect for vector in vectors.load(name)} - {"whole"}

    assert named == shown
