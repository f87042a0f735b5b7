"""
The interface's languages: catalogues of words, dates and numbers as each language writes them.

The English words stand in the templates; any other language is one gettext catalogue in
``locale/LANGUAGE/LC_MESSAGES/tamizdat.po``, read as it is (no compiled file is kept). This is NOT the language
of the stories: a story in a language without a catalogue gets its page with English words around it.

Arabic pages write 0-9, not the Eastern digits: a reader compares each figure with its source, the record
and the card, and these are written with 0-9.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import importlib.resources
import io

from collections.abc import Iterable
from typing import Final, Literal

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup

from tamizdat.wire.claim import Claim


DEFAULT: Final = "en"
LANGUAGES: Final = ("en", "ar")
# Day, month, year: the order that no reader takes for another.
_REGION: Final = {"en": "en_GB"}
_RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "ur", "yi"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language of the interface: its tag, and its words."""

    tag: str
    words: NullTranslations = dataclasses.field(repr=False)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way it is written."""
        return direction(self.tag)

    @property
    def name(self) -> str:
        """What it calls itself ("English", "العربية")."""
        return autonym(self.tag)

    @property
    def _locale(self) -> str:
        return _REGION.get(self.tag, self.tag)

    def number(self, value: int) -> str:
        """Write a number with its thousands parted."""
        return str(numbers.format_decimal(value, locale=self._locale, numbering_system="latn"))

    def day(self, written: str) -> str:
        """
        Write a year, a month or a day (``1991``, ``1991-05``, ``1991-05-20``) in words; anything else as it stands.

        >>> load("en").day("1991-05")
        'May 1991'
        """
        try:
            match [int(part) for part in written.split("-")]:
                case [year, month, day]:
                    return dates.format_date(datetime.date(year, month, day), "long", locale=self._locale)
                case [year, month]:
                    return dates.format_skeleton("yMMMM", datetime.date(year, month, 1), locale=self._locale)
        except ValueError:
            pass
        return written

    def stamp(self, seconds: int) -> str:
        """Write a time as machines read it."""
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def instant(self, seconds: int) -> str:
        """Write a time in UTC, and say so."""
        when = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return f"{dates.format_date(when, 'long', locale=self._locale)}, {when:%H:%M} UTC".replace(
            ", ", "، " if self.tag == "ar" else ", "
        )

    def date(self, seconds: int) -> str:
        """Write the day of a time, in UTC."""
        return dates.format_date(datetime.datetime.fromtimestamp(seconds, datetime.UTC), "long", locale=self._locale)

    def listed(self, names: Iterable[str]) -> Markup:
        """Write names one after the other, each held apart from the direction of the text around it."""
        isolated = [str(Markup("<bdi>{}</bdi>").format(name)) for name in names]
        return Markup(format_list(isolated, locale=self._locale))  # noqa: S704 (each name was escaped above)

    def term(self, word: str) -> str:
        """Write a ledger's word (a measure, a unit, a standing) in this language where the catalogue has it."""
        return str(self.words.gettext(word)) if word else ""

    def amount(self, claim: Claim) -> str:
        """Write a claim's figure with its qualifier: "more than 130", "131 to 170" with a dash, "300 (unofficial)"."""
        low = self.number(claim.low)
        text = low if claim.high in {None, claim.low} else f"{low}\u2013{self.number(claim.high or 0)}"
        _ = self.words.gettext
        match claim.qualifier:
            case "exact" | "range" | "":
                return text
            case "about":
                return str(_("about %(figure)s")) % {"figure": text}
            case "more than":
                return str(_("more than %(figure)s")) % {"figure": text}
            case "at least":
                return str(_("at least %(figure)s")) % {"figure": text}
            case "unofficial":
                return str(_("%(figure)s (unofficial)")) % {"figure": text}
            case free:
                return f"{text} ({self._free(free)})"

    def _free(self, words: str) -> str:
        head, _, tail = words.rpartition(" ")
        if head == "by" and self.day(tail) != tail:
            return str(self.words.gettext("by %(date)s")) % {"date": self.day(tail)}
        return words


@functools.cache
def load(tag: str) -> Language:
    """Load a language of the interface; the default for a tag that has no catalogue."""
    known = tag.split("-", maxsplit=1)[0]
    if known not in LANGUAGES or known == DEFAULT:
        return Language(tag=DEFAULT, words=NullTranslations())
    source = importlib.resources.files("tamizdat") / "locale" / known / "LC_MESSAGES" / "tamizdat.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=known))
    compiled.seek(0)
    return Language(tag=known, words=Translations(compiled))


def direction(tag: str) -> Literal["ltr", "rtl"]:
    """Say which way a language is written, by its tag."""
    return "rtl" if tag.split("-", maxsplit=1)[0] in _RIGHT_TO_LEFT else "ltr"


def autonym(tag: str) -> str:
    """Say what a language calls itself; the tag where nobody knows."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(tag.replace("-", "_")) or tag
    except (ValueError, UnknownLocaleError):
        return tag
