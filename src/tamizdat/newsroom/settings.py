"""
The newsroom's settings, newsroom.toml: written once with comments, read strictly, all faults at once.

What others must be able to check (approvals, keys, advice on parts) counts as it stands on the signed card;
a change here takes effect there when the next card is made.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Final

from tamizdat.primitives import card as cards
from tamizdat.primitives.errors import Fault, FormatError
from tamizdat.record import anchor


FILE: Final = "newsroom.toml"
DAY: Final = 86_400
MAX_SLOT: Final = 366 * DAY
_ORIGIN: Final = re.compile(r"[a-z0-9][a-z0-9.-]*(/[A-Za-z0-9._-]+)*", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_BASE: Final = re.compile(r"https?://[^\s\"<>]+/", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What newsroom.toml says.

    Attributes:
        name: What the newsroom calls itself.

        origin: The lasting name of its public record, as an address without ``https://``.

        approvals: How many persons must approve a story.

        slot: Seconds between two batches on the public record.

        need, parts: The advice on the card: any *need* of *parts* are enough.

        base: Where editions will be found, with a slash at its end, or empty.

        languages: Of its stories (BCP 47); *interface* of the command line and pages where a story has none.

        hand_in: Where and how to hand parts in.

        database: Where the public record's entries stand: a PostgreSQL address, or empty for a file in the newsroom.

        watermark: A folder on another medium that keeps the newest signed state of the record too; or empty.

        calendars: Addresses of OpenTimestamps calendars; *block_headers*, where the heads of Bitcoin's blocks are asked
            for, or empty. Each ends in a slash.
    """

    name: str
    origin: str
    approvals: int = 1
    slot: int = DAY
    need: int = 3
    parts: int = 5
    base: str = ""
    languages: tuple[str, ...] = ("en",)
    interface: str = "en"
    hand_in: tuple[str, ...] = ()
    database: str = ""
    watermark: str = ""
    calendars: tuple[str, ...] = ()
    block_headers: str = ""

    def __post_init__(self) -> None:
        found = tuple(_faults(self))
        if found:
            raise _refused(found)


def write(settings: Settings) -> bytes:
    """Write newsroom.toml, with a comment for each setting."""
    return f"""\
# The newsroom's settings. Tamizdat reads this file and never changes it.

# What the newsroom calls itself.
name = {_toml(settings.name)}

# The lasting name of the public record. It is signed into every entry: never change it.
origin = {_toml(settings.origin)}

# How many persons must approve a story before it is published; 1 is called "solo", and readers are told.
# This, need, parts, name and hand-in count as they stand on the card: a change takes effect with the next card.
approvals = {settings.approvals}

# Seconds from one line on the public record to the next; at least a day (86400), which hides how much arrives and when.
slot = {settings.slot}

# The advice to those who seal: any `need` of `parts` are enough.
need = {settings.need}
parts = {settings.parts}

# Where the edition will be found, with a slash at its end, such as "https://news.example/"; empty while it is nowhere.
base = {_toml(settings.base)}

# The languages of the stories, and that of the pages' own words.
languages = {_toml(settings.languages)}
interface = {_toml(settings.interface)}

# Where and how to hand parts in, a line each.
hand-in = {_toml(settings.hand_in)}

# The database of the public record: "postgresql://host/name" (its password in ~/.pgpass); empty: a file in this folder.
database = {_toml(settings.database)}

# A folder on another disk or a stick, its whole path, which is there already: the newest signed state of the public record
# is kept there too, and a restored old backup is known by it. Not in any backup of this folder. Empty: none.
watermark = {_toml(settings.watermark)}

# OpenTimestamps calendars, which bring the record's state into a block of Bitcoin: addresses with a slash at their end.
# Needs the extra `anchor`. Only addresses that stand here are ever asked; what they are shown is a salted hash.
calendars = {_toml(settings.calendars)}

# Where the header of a block of Bitcoin can be asked for, an address in Esplora's form, with a slash at its end. Empty: nowhere.
block-headers = {_toml(settings.block_headers)}
""".encode()


def read(raw: bytes) -> Settings:
    """
    Read newsroom.toml.

    Raises:
        FormatError: ``settings-toml``: it is not TOML; ``settings``: with every fault in it.
    """
    try:
        values = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FormatError(
            "settings-toml", f"{FILE} cannot be read: {error}", mend=f"Mend that line of {FILE}, then run it again."
        ) from error
    found = tuple(_misfits(values))
    if found:
        raise _refused(found)
    fields: dict[str, Any] = {
        key.replace("-", "_"): tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return Settings(**fields)


def _misfits(values: dict[str, Any]) -> Iterator[Fault]:
    """Find settings that are unknown, missing, or of the wrong kind."""
    known = {field.name.replace("_", "-"): field.default for field in dataclasses.fields(Settings)}
    for key, value in values.items():
        if key not in known:
            yield _fault(key, "there is no such setting")
            continue
        kind = str if known[key] is dataclasses.MISSING else type(known[key])
        if kind is tuple:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                yield _fault(key, 'it should be a list of words in quotes, such as ["en", "ar"]')
        elif type(value) is not kind:
            yield _fault(key, "it should be words in quotes" if kind is str else "it should be a whole number")
    for key, default in known.items():
        if default is dataclasses.MISSING and key not in values:
            yield _fault(key, "it is missing")


def _faults(settings: Settings) -> Iterator[Fault]:
    languages = (*settings.languages, settings.interface)
    rules = (
        ("name", cards.is_line(settings.name), f"it should be one line of at most {cards.MAX_LINE} letters"),
        ("origin", _ORIGIN.fullmatch(settings.origin), f"{settings.origin!r} is not like news.example/record"),
        ("approvals", 1 <= settings.approvals <= cards.MAX_PARTS, f"{settings.approvals} approvals cannot be"),
        ("slot", DAY <= settings.slot <= MAX_SLOT, f"{settings.slot} seconds is not between 1 and 366 days"),
        (
            "need",
            1 <= settings.need <= settings.parts <= cards.MAX_PARTS,
            f"any {settings.need} of {settings.parts} parts cannot be",
        ),
        (
            "base",
            not settings.base or _BASE.fullmatch(settings.base),
            f"{settings.base!r} is not an address that ends in a slash",
        ),
        (
            "languages",
            settings.languages and all(map(_LANGUAGE.fullmatch, languages)),
            f"{', '.join(languages)!r} are not languages such as en or ar",
        ),
        (
            "database",
            not settings.database or settings.database.startswith("postgresql://"),
            "it is not an address that begins with postgresql://",
        ),
        (
            "watermark",
            not settings.watermark
            or (PurePath(settings.watermark).is_absolute() and cards.is_line(settings.watermark)),
            "it is not the whole path of a folder",
        ),
        (
            "hand-in",
            len(settings.hand_in) <= cards.MAX_LIST and all(map(cards.is_line, settings.hand_in)),
            f"it should have at most {cards.MAX_LIST} lines of at most {cards.MAX_LINE} letters each",
        ),
    )
    return (_fault(key, what) for key, holds, what in (*rules, *_addresses(settings)) if not holds)


def _addresses(settings: Settings) -> tuple[tuple[str, object, str], ...]:
    return (
        (
            "calendars",
            all(map(_BASE.fullmatch, settings.calendars))
            and len(set(map(anchor.short, settings.calendars))) == len(settings.calendars) <= cards.MAX_LIST,
            f"it should have at most {cards.MAX_LIST} addresses, each with a slash at its end, none twice",
        ),
        (
            "block-headers",
            not settings.block_headers or _BASE.fullmatch(settings.block_headers),
            f"{settings.block_headers!r} is not an address that ends in a slash",
        ),
    )


def _toml(value: str | tuple[str, ...]) -> str:
    # A JSON string of printable letters is a TOML basic string.
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"[{', '.join(_toml(one) for one in value)}]"


def _fault(key: str, what: str) -> Fault:
    return Fault(code="settings", where=f"{FILE}: {key}", what=what, mend="")


def _refused(found: tuple[Fault, ...]) -> FormatError:
    return FormatError(
        "settings",
        f"{len(found)} settings cannot be used",
        mend=f"Mend them in {FILE} (or in the command's options), then run it again.",
        faults=found,
    )
