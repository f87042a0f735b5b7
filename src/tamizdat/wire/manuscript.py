"""
Manuscripts: a story as a file, a YAML head and Markdown, read into a Story.

It does NOT look into the vault or at other stories: whether a picture's object or a related story exists is the
newsroom's question. The format is docs/spec/story.md.
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tamizdat.primitives import digest, text
from tamizdat.primitives.errors import FormatError
from tamizdat.wire import attribution, head, pictures, prose, topics
from tamizdat.wire.findings import Findings
from tamizdat.wire.head import Fields
from tamizdat.wire.story import (
    Block,
    Byline,
    Category,
    Correction,
    Dateline,
    Document,
    Picture,
    Related,
    Response,
    Story,
)


MAX_MANUSCRIPT: Final = 1 << 20
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
FIELDS: Final = (
    "headline",
    "subhead",
    "language",
    "byline",
    "dateline",
    "category",
    "keywords",
    "places",
    "embargo",
    "usage",
    "translation_of",
    "related",
    "documents",
    "responses",
    "figures",
    "pictures",
    "about",
    "correction",
    "withdrawal",
)

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)


def read(name: str, raw: bytes, ledgers: Mapping[str, bytes]) -> Story:
    """
    Read the story *name* with the ledgers it may refer to, by their names (``black-january``).

    Raises:
        FormatError: ``story-faults``, with every fault and its line; ``story-name``.
    """
    if not NAME.fullmatch(name) or len(name) > 80:
        raise FormatError(
            "story-name",
            f"{name!r} is not a story's name",
            mend="Name the file with small letters, digits and single hyphens.",
        )
    found = Findings(f"stories/{name}.md")
    parts = _parts(raw, found)
    fields = head.read(parts[0], 1, found) if parts else None
    story = None
    if parts and fields is not None:
        story = _Reader(name, fields, ledgers, found).story(parts[1], 3 + parts[0].count("\n"))
    found.settle("story-faults")
    if story is None:
        raise AssertionError(name)
    used = {figure.said.ledger for figure in story.figures}
    return dataclasses.replace(
        story, digest=story_hash(name, raw, {key: value for key, value in ledgers.items() if key in used})
    )


def story_hash(name: str, raw: bytes, used: Mapping[str, bytes]) -> bytes:
    """Hash what approvals sign: the name, the manuscript, and the *used* ledgers (docs/spec/story.md, "hash")."""
    pieces = [name.encode(), raw]
    for key in sorted(used):
        pieces += [key.encode(), used[key]]
    return digest.sha256(digest.STORY, *(piece for part in pieces for piece in (len(part).to_bytes(8, "big"), part)))


def _parts(raw: bytes, found: Findings) -> tuple[str, str] | None:
    if len(raw) > MAX_MANUSCRIPT:
        found.add("story-size", 1, f"the file has {len(raw)} bytes", f"Keep it under {MAX_MANUSCRIPT}.")
        return None
    try:
        words = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found.add("story-text", line, f"byte {error.start} is not UTF-8", "Save the file as UTF-8.")
        return None
    for number, row in enumerate(words.split("\n"), start=1):
        if match := head.CONTROL.search(row):
            what = f"the line holds the invisible character U+{ord(match[0]):04X}"
            found.add("story-text", number, what, "Delete it, or type the line again.")
    if found.faults:
        return None
    match = re.match(r"---[ ]*\n(.*?)\n---[ ]*(?:\n|\Z)", words, re.DOTALL)
    if not match:
        found.add(
            "story-head", 1, "the file does not begin with a head", "Begin with a line ---, the fields, and a line ---."
        )
        return None
    return match[1], words[match.end() :]


@dataclasses.dataclass(slots=True)
class _Reader:
    """Reads the fields of one head and the body under it; every fault goes to *found*."""

    name: str
    fields: Fields
    ledgers: Mapping[str, bytes]
    found: Findings
    language: str = ""

    def story(self, body: str, above: int) -> Story:
        """Read everything; the value counts only if nothing was found."""
        fields = self.fields
        fields.only(FIELDS)
        self.language = fields.text("language", required=True, mend="Write language: en (or az, ru, ar).")
        if self.language and not _LANGUAGE.fullmatch(self.language):
            self.note("story-language", "language", f"{self.language!r} is not a language tag", "Write en, az, ru, ar.")
        said = attribution.read(fields, self.language, self.ledgers, self.found)
        placed = self._placed()
        references = prose.References(figure=said.words, placed=placed)
        corrections = self._corrections()
        withdrawal = fields.text("withdrawal")
        blocks = self._blocks(body, above, references)
        if not blocks and not withdrawal:
            self.found.add("story-body", above, "the story has no text", "Write it under the second line of ---.")
        return Story(
            name=self.name,
            version=1 + len(corrections) + bool(withdrawal),
            language=self.language,
            headline=fields.text("headline", required=True),
            subhead=fields.text("subhead"),
            bylines=self._bylines(),
            dateline=self._dateline(),
            categories=self._categories(),
            keywords=tuple(words.text for words in fields.texts("keywords")),
            places=tuple(words.text for words in fields.texts("places")),
            embargo=self._embargo(),
            usage=fields.text("usage"),
            translation_of=self._other(
                "translation_of", fields.text("translation_of"), fields.line_of("translation_of")
            ),
            blocks=(*blocks, *self._responses(references), *self._unplaced(placed, blocks)),
            about=prose.html(fields.text("about"), fields.above("about"), references, self.found),
            figures=tuple(figure for figure in said.figures.values() if figure),
            corrections=corrections,
            withdrawal=withdrawal,
            digest=bytes(32),
        )

    def note(self, code: str, key: str, what: str, mend: str) -> None:
        """Note a fault on a field of the head."""
        self.found.add(code, self.fields.line_of(key), what, mend)

    def _bylines(self) -> tuple[Byline, ...]:
        authors = []
        for value in self.fields.many("byline"):
            if isinstance(value, head.Words):
                authors.append(Byline(name=value.text))
            elif isinstance(value, Fields):
                value.only(("name", "note"))
                authors.append(Byline(name=value.text("name", required=True), note=value.text("note")))
            else:
                self.found.add(
                    "story-shape", value.line, "byline is a list in a list", "Write - name: and note: under it."
                )
        if not authors:
            self.note("story-missing", "byline", "byline is missing", "Write byline: and the author's name.")
        return tuple(authors)

    def _dateline(self) -> Dateline:
        group = self.fields.group("dateline")
        if group is None:
            self.note(
                "story-missing", "dateline", "dateline is missing", "Write dateline: with place: and date: under it."
            )
            return Dateline(place="", date="")
        group.only(("place", "date"))
        return Dateline(place=group.text("place", required=True), date=self._day(group, "date", required=True))

    def _day(self, group: Fields, key: str, *, required: bool = False) -> str:
        day = group.text(key, required=required)
        if day:
            with self.found.at("story-date", group.line_of(key), "Write year, month and day: 2026-01-20."):
                text.read_day(day)
        return day

    def _embargo(self) -> int | None:
        words = self.fields.text("embargo")
        until = None
        if words:
            with self.found.at("story-date", self.fields.line_of("embargo"), "Write UTC time: 2026-01-20T09:00:00Z."):
                until = text.read_instant(words)
        return until

    def _categories(self) -> tuple[Category, ...]:
        categories = []
        for words in self.fields.texts("category"):
            if words.text in topics.labels():
                categories.append(Category(code=words.text, label=topics.label(words.text, self.language)))
            else:
                self.found.add(
                    "story-category",
                    words.line,
                    f"{words.text!r} is not a Media Topic known here",
                    "Write a code such as medtop:16000000 (conflict, war and peace).",
                )
        if "category" not in self.fields.fields:
            self.note("story-missing", "category", "category is missing", "Write category: medtop:16000000.")
        return tuple(categories)

    def _corrections(self) -> tuple[Correction, ...]:
        corrections: list[Correction] = []
        for group in self.fields.groups("correction"):
            group.only(("date", "text"))
            one = Correction(date=self._day(group, "date", required=True), text=group.text("text", required=True))
            if corrections and one.date < corrections[-1].date:
                self.found.add(
                    "story-date", group.line, "a correction is older than the one above", "Write the newest last."
                )
            corrections.append(one)
        return tuple(corrections)

    def _other(self, key: str, name: str, line: int) -> str:
        if name and (not NAME.fullmatch(name) or name == self.name):
            self.found.add(
                "story-reference",
                line,
                f"{key}: {name!r} is not another story's name",
                "Write its file's name without .md.",
            )
        return name

    def _placed(self) -> dict[tuple[str, str], Block]:
        placed: dict[tuple[str, str], Block] = {}
        for key, group in self.fields.named("pictures"):
            placed["picture", key] = pictures.read(key, group, self.found)
        for key, group in self.fields.named("documents"):
            placed["document", key] = self._document(group)
        for words in self.fields.texts("related"):
            placed["related", words.text] = Related(name=self._other("related", words.text, words.line))
        return placed

    def _document(self, group: Fields) -> Document:
        group.only(("title", "symbol", "publisher", "address"))
        address = group.text("address")
        if address and not _ADDRESS.fullmatch(address):
            line = group.line_of("address")
            self.found.add(
                "story-link", line, f"{address!r} is not a web address", "Begin it with https:// or http://."
            )
        return Document(
            title=group.text("title", required=True),
            symbol=group.text("symbol", required=True, mend="Write symbol: and the number it is looked up by."),
            publisher=group.text("publisher"),
            address=address,
        )

    def _responses(self, references: prose.References) -> Iterable[Response]:
        for group in self.fields.groups("responses"):
            group.only(("person", "date", "text"))
            words = group.text("text", required=True)
            yield Response(
                person=group.text("person", required=True),
                date=self._day(group, "date"),
                html=prose.html(words, group.above("text"), references, self.found),
            )

    def _blocks(self, body: str, above: int, references: prose.References) -> list[Block]:
        blocks: list[Block] = []
        seen: set[tuple[str, str]] = set()
        for block in prose.read(body, above, references, self.found):
            if isinstance(block, prose.Placed):
                if (block.kind, block.key) in seen:
                    what = f"{block.kind} {block.key!r} stands twice"
                    self.found.add("story-placed", block.line, what, "Keep one of the two.")
                seen.add((block.kind, block.key))
                blocks.append(block.block)
            else:
                blocks.append(block)
        for key, group in self.fields.named("pictures"):
            if ("picture", key) not in seen:
                mend = f"Write {{picture: {key}}} on a line of its own where it belongs."
                self.found.add("story-placed", group.line, f"picture {key!r} is not put into the text", mend)
        return blocks

    def _unplaced(self, placed: Mapping[tuple[str, str], Block], blocks: Sequence[Block]) -> list[Block]:
        rest = [block for block in placed.values() if not isinstance(block, Picture) and block not in blocks]
        return sorted(rest, key=lambda block: isinstance(block, Related))
