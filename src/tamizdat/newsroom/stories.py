"""
The newsroom's stories: their files, and whether each may go out in the next edition.

It is NOT the publishing (newsroom/release.py), and it changes nothing. The format is docs/spec/story.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tamizdat.newsroom.house import House
from tamizdat.primitives import text
from tamizdat.primitives.errors import Fault, FormatError, UsageError
from tamizdat.primitives.stores import read
from tamizdat.wire import manuscript
from tamizdat.wire.story import Related, Story


def written(house: House) -> tuple[str, ...]:
    """Name every story there is a file for."""
    return tuple(
        name.removeprefix("stories/").removesuffix(".md")
        for name in house.root.names("stories")
        if name.endswith(".md")
    )


def read_one(house: House, name: str) -> Story:
    """
    Read a story and the ledgers of claims it refers to.

    Raises:
        UsageError: There is no such story.
        FormatError: It has faults; all are listed with their lines.
    """
    raw = read(house.root, f"stories/{name}.md") if name in written(house) else None
    if raw is None:
        there = ", ".join(written(house))
        mend = f"Name one of these: {there}." if there else "Write it first; docs/spec/story.md has an example."
        raise UsageError("story-unknown", f"there is no stories/{name}.md", mend=mend)
    return manuscript.read(name, raw, ledgers(house))


def ledgers(house: House) -> dict[str, bytes]:
    """Read every ledger of claims, by its name without ``.csv``."""
    return {
        name.removeprefix("claims/").removesuffix(".csv"): read(house.root, name) or b""
        for name in house.root.names("claims")
        if name.endswith(".csv")
    }


def going_out(house: House, names: tuple[str, ...], state: dict[str, Any]) -> list[Story]:
    """
    Read the stories of the next edition: those named and those published before, as *state* has them.

    Raises:
        FormatError: ``publish-faults``, with everything that stands in the way.
        UsageError: ``publish-nothing``.
    """
    wanted = list(dict.fromkeys([*names, *state]))
    if not wanted:
        there = ", ".join(written(house)) or "none yet; write stories/NAME.md"
        raise UsageError(
            "publish-nothing", "no story was named, and none is published yet", mend=f"Name a story: {there}."
        )
    stories: list[Story] = []
    faults: list[Fault] = []
    for name in wanted:
        try:
            story = read_one(house, name)
        except FormatError as error:
            faults.extend(error.faults or [fault(error.code, name, str(error), error.mend)])
            continue
        except UsageError as error:
            back = "Put the file back; to take a published story back, give it a `withdrawal:` and publish that."
            faults.append(fault(error.code, name, str(error), back if name in state else error.mend))
            continue
        stories.append(story)
        faults.extend(_may_go_out(house, story, state.get(name), named=name in names))
    faults.extend(_unknown_stories(stories, set(wanted)))
    if faults:
        raise in_the_way(faults)
    return stories


def _unknown_stories(stories: list[Story], published: set[str]) -> Iterator[Fault]:
    for story in stories:
        named = {block.name for block in story.blocks if isinstance(block, Related)} | {story.translation_of} - {""}
        for name in sorted(named - published):
            yield fault(
                "story-related-unpublished",
                story.name,
                f"it leads readers to {name!r}, which is not in this edition",
                f"Publish {name} with it, or take the reference out.",
            )


def _may_go_out(house: House, story: Story, before: dict[str, Any] | None, *, named: bool) -> Iterator[Fault]:
    if story.embargo is not None and story.embargo > house.clock.now():
        yield fault(
            "story-embargo",
            story.name,
            f"it is under embargo until {text.instant(story.embargo)}",
            "Publish it after that time, or change the embargo.",
        )
    if before is None or before["digest"] == story.digest.hex():
        return
    if len(story.corrections) <= before["corrections"] and not story.withdrawal:
        yield fault(
            "story-changed",
            story.name,
            "it was published with another text, and no correction says what changed",
            "Add a date and a text under `correction:` that tell readers what changed and when, or put the old text back.",
        )
    elif not named:
        yield fault(
            "story-correction-unnamed",
            story.name,
            "it has a correction that is not published yet",
            f"Name it: tamizdat publish {story.name}",
        )


def in_the_way(faults: list[Fault]) -> FormatError:
    """Make the one error that carries all faults of an edition."""
    return FormatError(
        "publish-faults",
        "one thing stands in the way of this edition"
        if len(faults) == 1
        else f"{len(faults)} things stand in the way of this edition",
        mend="Mend each and run `tamizdat publish` again; nothing was published.",
        faults=tuple(faults),
    )


def fault(code: str, name: str, what: str, mend: str) -> Fault:
    """Note what is wrong with a story."""
    return Fault(code=code, where=f"stories/{name}.md", what=what, mend=mend)
