"""
IPTC Media Topics: the codes a story's category may have, and their labels.

It is NOT the whole vocabulary: a slice of it, in English and Arabic, stands in mediatopics.csv (IPTC, CC BY 4.0).
"""

from __future__ import annotations

import csv
import functools

from importlib import resources


@functools.cache
def labels() -> dict[str, dict[str, str]]:
    """Give every known code (``medtop:16000000``) with its labels by language."""
    raw = resources.files(__package__).joinpath("mediatopics.csv").read_text("utf-8")
    return {row["code"]: {"en": row["en"], "ar": row["ar"]} for row in csv.DictReader(raw.splitlines())}


def label(code: str, language: str) -> str:
    """
    Give the label of a known code, in English where the language has none.

    >>> label("medtop:16000000", "en-GB")
    'conflict, war and peace'
    """
    names = labels()[code]
    return names.get(language.split("-", maxsplit=1)[0]) or names["en"]
