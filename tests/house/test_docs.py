"""README shows every verb, and every command in it and in docs/ is one that the real parsers take."""

from __future__ import annotations

import re
import shlex

from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat.cli import main
from tamizdat.primitives.errors import UsageError


ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "docs" / "architecture.md", ROOT / "docs" / "threats.md", ROOT / "CONTRIBUTING.md"]
SPOKEN = re.compile(r"`(tamizdat [^`\n]+)`|^\s*(?:\$ )?(tamizdat [^:|`].*)$", re.MULTILINE)


def _commands(page: Path) -> Iterator[str]:
    """Give every command as a reader would type it; `…` in one marks it as shortened, and it is passed over."""
    for found in SPOKEN.finditer(page.read_text("utf-8")):
        command = (found[1] or found[2]).strip()
        if "…" not in command:
            yield command


def _parse(command: str) -> object:
    words = shlex.split(command, comments=True)[1:]
    asked = next((word for word in words if not word.startswith("-")), None)
    return main._parser(asked).parse_args(words)


def test_every_verb_stands_in_the_readme_and_no_other() -> None:
    text = README.read_text("utf-8")

    shown = {command.split()[1] for command in _commands(README)} - {"--help", "--version"}

    assert shown == set(main.VERBS), "the table of commands and cli/main.py say different things"
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_is_one_the_parsers_take(page: Path) -> None:
    wrong = []
    for command in _commands(page):
        try:
            _parse(command)
        except UsageError as error:
            wrong.append(f"{command}: {error}")
        except SystemExit:  # --help, --version
            continue

    assert wrong == []


def test_every_link_to_a_file_leads_to_one() -> None:
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    pages += sorted((ROOT / "docs").rglob("*.md"))

    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert dead == []
