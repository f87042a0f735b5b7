"""Every error code is on docs/errors.md, as the source has it, and every one a specification names exists."""

from __future__ import annotations

import re

from tests import vectors
from tools import errors


def test_the_page_of_error_codes_is_as_the_source_has_it() -> None:
    """If this fails, run: python tools/errors.py"""
    assert errors.PAGE.read_text("utf-8") == errors.write()


def test_every_code_a_specification_names_is_in_the_source() -> None:
    named = {
        code
        for spec in vectors.SPECS.glob("*.md")
        for code in re.findall(r"^\* `([a-z0-9-]+)`:", spec.read_text("utf-8").split("## Flaws", 1)[-1], re.MULTILINE)
    }

    assert named - set(errors.find()) == set()


def test_a_code_means_one_class_of_fault() -> None:
    """The exit status tells who can mend it, so one code never has two."""
    twice = {
        code: {status for status, _ in places if status}
        for code, places in errors.find().items()
        if len({status for status, _ in places if status}) > 1
    }

    assert twice == {}
