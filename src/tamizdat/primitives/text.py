"""Small spellings that have one form each: decimal numbers, base64, times, words to say aloud."""

from __future__ import annotations

import base64
import binascii
import datetime
import re

from typing import Final


_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def decimal(word: str) -> int:
    """
    Read a non-negative decimal number.

    >>> decimal("20")
    20

    Raises:
        ValueError: It has a sign, a leading zero, or more than 19 digits.
    """
    if not _DECIMAL.fullmatch(word):
        msg = f"{word!r} is not a plain decimal number"
        raise ValueError(msg)
    return int(word)


def unbase64(word: str, length: int | None = None) -> bytes:
    """
    Read standard base64 with padding; exactly *length* bytes of it where a length is given.

    Raises:
        ValueError: It is not base64, not canonical, or not that long.
    """
    try:
        value = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"{word!r} is not base64"
        raise ValueError(msg) from error
    if rebase64(value) != word or (length is not None and len(value) != length):
        msg = f"{word!r} is not the one base64 spelling of {'some' if length is None else length} bytes"
        raise ValueError(msg)
    return value


def rebase64(value: bytes) -> str:
    """Write *value* as standard base64 with padding."""
    return base64.b64encode(value).decode("ascii")


def instant(seconds: int) -> str:
    """
    Write a time as UTC (RFC 3339, no fraction).

    >>> instant(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(word: str) -> int:
    """
    Read what `instant` writes.

    >>> read_instant("2026-11-26T00:00:00Z")
    1795651200

    Raises:
        ValueError: It is spelled otherwise, or no such time exists.
    """
    if not _INSTANT.fullmatch(word):
        msg = f"{word!r} is not a time such as 2026-11-26T09:30:00Z"
        raise ValueError(msg)
    return int(datetime.datetime.fromisoformat(word).timestamp())


def day(seconds: int) -> str:
    """
    Write the UTC day of a time.

    >>> day(0)
    '1970-01-01'
    """
    return instant(seconds)[:10]


def read_day(word: str) -> int:
    """
    Read what `day` writes, as the first second of that day.

    Raises:
        ValueError: It is spelled otherwise, or no such day exists.
    """
    if not _DAY.fullmatch(word):
        msg = f"{word!r} is not a day such as 2026-11-26"
        raise ValueError(msg)
    return read_instant(f"{word}T00:00:00Z")
