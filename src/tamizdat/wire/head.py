"""
The YAML head of a story: words, lists and fields, each with its line.

Every value is text: `no`, `1:30` and `0o17` stay what was typed. It is NOT all of YAML: anchors, aliases, tags,
merges and several documents are refused (docs/spec/story.md, "head").
"""

from __future__ import annotations

import dataclasses
import re

from collections.abc import Collection, Iterator
from typing import Final

import yaml

from tamizdat.wire.findings import Findings


MAX_HEAD: Final = 64 << 10
MAX_DEPTH: Final = 6
MAX_WORDS: Final = 4_000

# Controls, what XML cannot hold, and the two signs that make the eye read another order than was signed.
CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202d\u202e\ufeff\ufffe\uffff\ud800-\udfff]")

_OPENING: Final = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING: Final = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_REFUSED: Final = {
    yaml.AnchorToken: "an anchor (&)",
    yaml.AliasToken: "an alias (*)",
    yaml.TagToken: "a tag (!)",
    yaml.DirectiveToken: "a directive (%)",
    yaml.DocumentStartToken: "a second document (---)",
    yaml.DocumentEndToken: "an end of document (...)",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """A text, the line of its field, and whether it begins on the next one (``|``, ``>``)."""

    text: str
    line: int
    below: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Items:
    """A list, and its line."""

    items: tuple[Value, ...]
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Fields:
    """
    Named values, and their line; each way of asking notes a fault where the shape is another.

    A field that is empty is as one that is not there.
    """

    fields: dict[str, Value]
    line: int
    found: Findings

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not *known*."""
        for key, value in self.fields.items():
            if key not in known:
                self.found.add(
                    "story-key", value.line, f"{key!r} is not a field here", f"Fields here: {', '.join(known)}."
                )

    def line_of(self, key: str) -> int:
        """The line of a field, or of the whole where it is missing."""
        return self.fields[key].line if key in self.fields else self.line

    def above(self, key: str) -> int:
        """How many lines of the file stand above a text."""
        value = self.fields.get(key)
        return self.line_of(key) - (not (isinstance(value, Words) and value.below))

    def text(self, key: str, *, required: bool = False, code: str = "story-missing", mend: str = "") -> str:
        """Give a text, or an empty one; where it is *required* and empty, note *code*."""
        value = self.fields.get(key, Words("", self.line))
        if not isinstance(value, Words):
            self._shape(key, value, "one text")
            return ""
        words = value.text.strip()
        if len(words) > MAX_WORDS:
            self.found.add(
                "story-shape", value.line, f"{key} has {len(words)} characters", f"Keep it under {MAX_WORDS}."
            )
        if required and not words:
            self.found.add(code, self.line_of(key), f"{key} is missing", mend or f"Write {key}: and its text.")
        return words

    def texts(self, key: str) -> tuple[Words, ...]:
        """Give a list of texts; one text alone is a list of one."""
        values = self.many(key)
        for value in values:
            if not isinstance(value, Words):
                self._shape(key, value, "a text or a list of texts")
        return tuple(value for value in values if isinstance(value, Words))

    def groups(self, key: str) -> tuple[Fields, ...]:
        """Give a list of field groups; one group alone is a list of one."""
        values = self.many(key)
        for value in values:
            if not isinstance(value, Fields):
                self._shape(key, value, "fields, or a list of fields")
        return tuple(value for value in values if isinstance(value, Fields))

    def group(self, key: str) -> Fields | None:
        """Give a group of fields, or None where there is none."""
        value = self.fields.get(key)
        if value is None or (isinstance(value, Words) and not value.text):
            return None
        if isinstance(value, Fields):
            return value
        self._shape(key, value, "fields")
        return None

    def named(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Give the groups inside a group, with their names."""
        group = self.group(key)
        for name, value in group.fields.items() if group else ():
            if isinstance(value, Fields):
                yield name, value
            else:
                self._shape(name, value, "fields")

    def many(self, key: str) -> tuple[Value, ...]:
        """Give what a list holds, or the one thing that stands in its place."""
        value = self.fields.get(key)
        if value is None or (isinstance(value, Words) and not value.text):
            return ()
        return value.items if isinstance(value, Items) else (value,)

    def _shape(self, key: str, value: Value, wanted: str) -> None:
        shapes = {Words: "one text", Items: "a list", Fields: "fields"}
        self.found.add("story-shape", value.line, f"{key} is {shapes[type(value)]}, not {wanted}", f"Write {wanted}.")


Value = Words | Items | Fields


def read(text: str, above: int, found: Findings) -> Fields | None:
    """Read a head that begins after *above* lines of its file, or note why it cannot be read and give None."""
    if len(text) > MAX_HEAD:
        found.add("story-size", above, f"the head has {len(text)} characters", f"Keep it under {MAX_HEAD}.")
        return None
    try:
        if not _is_plain(text, above, found):
            return None
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = above + (mark.line if mark else 0) + 1
        what = f"the head cannot be read: {error.problem or error.context}"
        found.add("story-head", line, what, 'Put a text that holds ": " or begins with a sign between double quotes.')
        return None
    except yaml.YAMLError:
        found.add("story-head", above + 1, "the head holds a character that YAML refuses", "Delete it.")
        return None
    value = _value(node, above, found) if node is not None else None
    if isinstance(value, Fields):
        return value
    found.add("story-head", above + 1, "the head is not made of fields", "Begin with headline: and its text.")
    return None


def _is_plain(text: str, above: int, found: Findings) -> bool:
    depth, plain = 0, True
    for token in yaml.scan(text, Loader=yaml.BaseLoader):
        line = above + token.start_mark.line + 1
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        refused = _REFUSED.get(type(token))
        if refused:
            found.add(
                "story-head", line, f"{refused} is not read here", "Write it out, or put it between double quotes."
            )
            plain = False
        if depth > MAX_DEPTH:
            found.add("story-head", line, "lists or fields stand too deep in each other", "Write them flat.")
            return False
    return plain


def _value(node: yaml.Node, above: int, found: Findings) -> Value:
    line = above + node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        if match := CONTROL.search(node.value):
            # Written as an escape: what may not stand in the file may not come in by the back door.
            what = f"the text holds the invisible character U+{ord(match[0]):04X}"
            found.add("story-text", line, what, "Delete it, or type the text again.")
        return Words(node.value, line, node.style in {"|", ">"})
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_value(item, above, found) for item in node.value), line)
    fields: dict[str, Value] = {}
    for key, value in node.value:
        at = above + key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            found.add(
                "story-head", at, "a field's name is not a text", 'Put the whole text between double quotes ("...").'
            )
        elif key.value in fields:
            found.add("story-key", at, f"{key.value!r} stands twice", "Keep one of the two.")
        else:
            fields[key.value] = _value(value, above, found)
    return Fields(fields, line, found)
