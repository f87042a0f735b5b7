"""
The body of a story: Markdown read into blocks, its HTML cleaned by an allow-list.

It knows no figures or pictures itself: it asks `References`. The syntax is docs/spec/story.md, "body".
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

import nh3

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tamizdat.wire.findings import Findings
from tamizdat.wire.story import Block, Heading, Prose, Quotation


TAGS: Final = {"p", "ul", "ol", "li", "a", "em", "strong", "code", "br", "hr", "data"}
ATTRIBUTES: Final = {"a": {"href"}, "data": {"class", "value"}, "ol": {"start"}}
SCHEMES: Final = {"http", "https", "mailto"}

_REFERENCE: Final = re.compile(r"\{\s*([a-z]+)\s*:\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}")
_BROKEN: Final = re.compile(r"\{\s*(?:figure|picture|document|related|response)\b")
_ATTRIBUTION: Final = re.compile(r"(?:\u2014|\u2013|--)\s*(\S.*)")
_LINK: Final = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """
    What the curly brackets of a text may point at.

    Attributes:
        figure: Given a key, the writer's own words (or None) and the line: the words to print; None notes a fault.

        placed: The blocks that may stand on a line of their own, by kind and key.
    """

    figure: Callable[[str, str | None, int], str | None]
    placed: Mapping[tuple[str, str], Block]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A block put in its place by a reference, and the line it stands on."""

    kind: str
    key: str
    line: int
    block: Block


def clean(html: str) -> str:
    """Keep only what is allowed of HTML."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")


def read(text: str, above: int, references: References, found: Findings) -> Iterator[Block | Placed]:
    """
    Give the blocks of a Markdown text that begins after *above* lines of its file.

    Raw HTML is not read as such. Everything that does not fit is noted in *found*.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).disable(["code", "fence", "lheading"])
    reader = _Reader(markdown, above, references, found)
    gathered: list[Token] = []
    for group in _groups(markdown.parse(text)):
        block = reader.block(group)
        if block is not None:
            yield from reader.prose(gathered)
            gathered = []
            yield block
        else:
            gathered.extend(group)
    yield from reader.prose(gathered)


def html(text: str, above: int, references: References, found: Findings) -> str:
    """Read a text that is paragraphs only (an author's note, an answer), and give its cleaned HTML."""
    pieces = []
    for block in read(text, above, references, found):
        if isinstance(block, Prose):
            pieces.append(block.html)
        else:
            found.add("story-placement", above + 1, "only paragraphs and lists can stand here", "Move it to the body.")
    return "".join(pieces)


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    markdown: MarkdownIt
    above: int
    references: References
    found: Findings

    def block(self, group: Sequence[Token]) -> Block | Placed | None:
        """Give the block that *group* is, or None where it is prose."""
        first = group[0]
        if first.type == "heading_open":
            words = "".join(child.content if child.type != "softbreak" else " " for child in group[1].children or ())
            if _REFERENCE.search(words):
                self._misplaced(self._line(first), "a heading")
            return Heading(text=words)
        if first.type == "blockquote_open":
            return self._quotation(group)
        if first.type == "paragraph_open":
            match = _REFERENCE.fullmatch(group[1].content.strip())
            if match and match[1] != "figure":
                # An unknown one is noted, so the story is refused, whatever stands here.
                return self._place(match[1], match[2], self._line(first)) or Heading(text=match[0])
        return None

    def prose(self, tokens: Sequence[Token]) -> Iterator[Prose]:
        """Write tokens as cleaned HTML, if there are any."""
        if tokens:
            yield Prose(html=self._render(tokens))

    def _render(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            if token.type == "blockquote_open":
                self._unattributed(self._line(token), "a quotation stands inside a list or another quotation")
            if token.type == "inline":
                token.children = list(self._inline(token.children or [], self._line(token)))
        return clean(self.markdown.renderer.render(tokens, self.markdown.options, {})).strip()

    def _inline(self, children: Sequence[Token], line: int) -> Iterator[Token]:
        for child in _joined(children):
            if child.type == "image":
                self.found.add(
                    "story-image",
                    line,
                    "a picture is put in by ![]()",
                    "Name it under pictures: and write {picture: KEY}.",
                )
            elif child.type == "text":
                yield from self._figures(child.content, line)
                line += child.content.count("\n")
            else:
                line += child.type == "hardbreak"
                if child.type == "link_open" and not _LINK.fullmatch(str(child.attrGet("href") or "")):
                    self.found.add(
                        "story-link",
                        line,
                        f"the link {child.attrGet('href')!r} does not lead anywhere outside this page",
                        "Begin it with https://, http:// or mailto:; link to own stories with {related: NAME}.",
                    )
                yield child

    def _figures(self, words: str, line: int) -> Iterator[Token]:
        place = 0
        for match in _REFERENCE.finditer(words):
            at = line + words.count("\n", 0, match.start())
            yield self._plain(words[place : match.start()], at)
            place = match.end()
            kind, key, own = match.groups()
            if kind != "figure":
                if self._place(kind, key, at):
                    self._misplaced(at, "a sentence")
                continue
            said = self.references.figure(key, own, at)
            if said is not None:
                data = f'<data class="figure" value="{escape(key)}">{escape(said)}</data>'
                yield Token("html_inline", "", 0, content=data)
        yield self._plain(words[place:], line + words.count("\n", 0, place))

    def _plain(self, words: str, line: int) -> Token:
        if match := _BROKEN.search(words):
            self.found.add(
                "story-reference",
                line,
                f"{match[0]!r} begins a reference that cannot be read",
                "Write {figure: KEY} or {figure: KEY | your words}.",
            )
        return Token("text", "", 0, content=words)

    def _quotation(self, group: Sequence[Token]) -> Quotation | None:
        line = self._line(group[0])
        inner = list(group[1:-1])
        speaker, source = "", ""
        last = next((token for token in reversed(inner) if token.type == "inline"), None)
        if last is not None:
            *words, tail = last.content.split("\n")
            match = _ATTRIBUTION.fullmatch(tail.strip())
            if match:
                speaker, _, source = match[1].replace("،", ",", 1).partition(",")
                place = inner.index(last)
                if words:
                    again = self.markdown.parseInline("\n".join(words))
                    last.children = again[0].children
                else:
                    del inner[place - 1 : place + 2]
        quoted = self._render(inner)
        if not speaker.strip():
            self._unattributed(line, "the quotation does not say who speaks")
        elif not quoted:
            self._unattributed(line, "the quotation has a speaker but no words")
        return Quotation(html=quoted, speaker=speaker.strip(), source=source.strip())

    def _place(self, kind: str, key: str, line: int) -> Placed | None:
        block = self.references.placed.get((kind, key))
        if block is not None:
            return Placed(kind=kind, key=key, line=line, block=block)
        kinds = {"picture", "document", "related", "response", "figure"}
        if kind in kinds:
            what, mend = f"{kind} {key!r} is not in the head", f"Name it in the head, under {kind}s:."
        else:
            what, mend = f"{{{kind}: …}} is not known", "Write figure, picture, document, related or response."
        self.found.add("story-reference", line, what, mend)
        return None

    def _misplaced(self, line: int, where: str) -> None:
        self.found.add(
            "story-placement",
            line,
            f"a reference stands in {where}",
            "Only figures stand in a sentence; give it a line of its own.",
        )

    def _unattributed(self, line: int, what: str) -> None:
        self.found.add(
            "story-quotation", line, what, "End the quotation with a line of its own: > — Speaker, where it was said."
        )

    def _line(self, token: Token) -> int:
        return self.above + (token.map[0] if token.map else 0) + 1


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _joined(children: Sequence[Token]) -> Iterator[Token]:
    """Join texts over the ends of lines, so that a reference may run on to the next one."""
    words: list[str] = []
    for child in children:
        if child.type in {"text", "softbreak"}:
            words.append(child.content or "\n" * (child.type == "softbreak"))
            continue
        yield Token("text", "", 0, content="".join(words))
        words = []
        yield child
    yield Token("text", "", 0, content="".join(words))
