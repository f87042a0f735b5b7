"""What people read says it in plain words (docs/plain-words.md): pages, their catalogues, and every message of a command."""

from __future__ import annotations

import ast
import re

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from babel.messages import pofile


SOURCE = Path(__file__).parents[2] / "src" / "tamizdat"
CHECKS = ("verify.py", "onrecord.py", "onkeys.py", "onpictures.py")
CODE = [*sorted((SOURCE / "cli").glob("*.py")), *(SOURCE / "wire" / name for name in CHECKS)]
PAGES = [*sorted((SOURCE / "wire" / "templates").glob("*.html")), *sorted((SOURCE / "locale").rglob("*.po"))]
SPOKEN = {"say", "warn", "product", "line", "fault", "append", "UsageError", "FormatError", "ShortError"}
SPOKEN |= {"TrustError", "AdapterError", "LeftOutError", "TamizdatError", "must_read", "yes", "ask"}
OURS = re.compile(
    r"dossier root|\btiles?\b|\bpadme\b|\bcode 1\b|\bmerkle\b|\bcheckpoints?\b|(?<!outside )\bwitness", re.IGNORECASE
)
# The name of a file that a person is told to keep, not a word of ours.
FILE = re.compile(r"log/checkpoint")


def _spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Give every text that is handed to a call that speaks to people; error codes have no blank in them."""
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in SPOKEN:
            continue
        for argument in (*call.args, *(word.value for word in call.keywords)):
            for node in ast.walk(argument):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                    yield node.lineno, node.value


def _shown(path: Path) -> Iterator[tuple[int, str]]:
    """Give the words of a page or a catalogue; tags, comments and Jinja's statements are not shown."""
    if path.suffix == ".po":
        with path.open("rb") as stream:
            for message in pofile.read_po(stream):
                for words in (message.id, message.string):
                    yield message.lineno or 0, words if isinstance(words, str) else " / ".join(words)
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        yield number, re.sub(r"{[%#].*?[%#]}|<[^>]*>", " ", line)


@pytest.mark.parametrize(("files", "read"), [(CODE, _spoken), (PAGES, _shown)], ids=["commands", "pages"])
def test_no_word_of_ours_reaches_people(files: list[Path], read: Callable[[Path], Iterator[tuple[int, str]]]) -> None:
    """Whoever reads a message or a page needs no glossary."""
    spoken = [(path, number, words) for path in files for number, words in read(path)]

    found = [
        f"{path.relative_to(SOURCE)}:{number}: {words.strip()[:90]}"
        for path, number, words in spoken
        if OURS.search(FILE.sub("", words))
    ]

    assert len(spoken) > 50
    assert found == []
