"""A hundred thousand hostile JPEGs under sanitizers; the million is `python fuzz/jpeg.py million`."""

from __future__ import annotations

import re

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fuzz import jpeg
from tests import tools


@pytest.mark.slow
def test_of_a_hundred_thousand_spoiled_jpegs_none_is_read_otherwise_than_libjpeg_reads_it(tmp_path: Path) -> None:
    """Refused, or accepted and written again alike; no access out of bounds, nothing that C leaves undefined."""
    tools.need("gcc")
    program = jpeg.build(tmp_path)
    assert program is not None

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda lots: jpeg.run(program, 50_000, lots), (100, 101)))

    counts = [[int(number) for number in re.findall(r"^(\d+) tried, (\d+) accepted", one)[0]] for one in said]
    assert sum(tried for tried, _ in counts) == 100_000
    # Enough of both kinds, and of every reason, that it means something.
    assert 10_000 < sum(accepted for _, accepted in counts) < 50_000
    assert all(f" {reason}:" in said[0] for reason in range(1, 13))
