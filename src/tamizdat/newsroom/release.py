"""
Publish: the named stories and all published before, as one whole edition on the public record.

A story goes out when its text has no fault, its pictures are in the vault, enough persons approved this
very text, and, where it was out before and changed, a correction says what changed.

The order of the last steps makes a kill harmless: the files are written under a new number, the plan of the
release is written down, the record takes the entry, and the signed list comes last. Until it is there the edition
does not exist; the next run finishes from the plan, or clears what no plan knows.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json

from collections.abc import Callable, Iterator
from typing import Any, Final

from tamizdat.newsroom import approvals, objects, tick, witnessing
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.primitives import card as cards
from tamizdat.primitives import note, text, words
from tamizdat.primitives.errors import Fault, FormatError, TamizdatError, TrustError, UsageError
from tamizdat.primitives.stores import read
from tamizdat.record import entry as entries
from tamizdat.record import tiles
from tamizdat.wire import edition as editions
from tamizdat.wire import feeds, manuscript, ninjs, pages, picture
from tamizdat.wire.edition import Edition
from tamizdat.wire.site import Media, Published, Site
from tamizdat.wire.story import Picture, Related, Story


PLAN: Final = "desk/release.json"
STATE: Final = "desk/published.json"
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What was published: the edition's number, its folder, its place on the record, and how many files it has."""

    number: int
    folder: str
    entry: int
    files: int
    stories: tuple[str, ...]
    removed: dict[str, tuple[str, ...]]
    solo: bool


def publish(house: House, keys: Keys, names: tuple[str, ...], say: Say = lambda _: None) -> Released:
    """
    Publish an edition.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        names: Stories to publish now; those published before go out again in any case.

        say: Told what is being done, a line at a time.

    Raises:
        FormatError: A story has faults; all of them are listed.
        TrustError: An approval is missing.
        UsageError: There is nothing to publish, or a story may not go out yet.
    """
    recover(house, keys, say)
    state = _state(house)
    stories = _stories(house, names, state)
    approved = _approve(house, keys, stories, state)
    tick.due(house, keys.log, say)
    return _Release(house, keys, state, approved, say).run(stories)


def recover(house: House, keys: Keys, say: Say = lambda _: None) -> None:
    """Finish a release that a kill cut off after its plan was written; clear one that was cut off before."""
    raw = read(house.root, PLAN)
    if raw is not None:
        witnessing.writer(
            house, keys.log, say
        )  # an entry that was committed when the kill came is brought onto the record first
    plan = json.loads(raw) if raw else None
    number = (latest(house) or 0) + 1
    if plan and plan["number"] == number and _on_record(house, keys, plan):
        _finish(house, plan)
    elif plan and plan["number"] < number:
        house.root.put(STATE, [_json(plan["state"])])
    else:
        for name in list(house.root.names(folder(number))):
            house.root.drop(name)
    house.root.drop(PLAN)


def latest(house: House) -> int | None:
    """Give the number of the newest whole edition; None where there is none."""
    numbers = {int(name.split("/")[1]) for name in house.root.names("editions") if name.endswith(f"/{editions.LIST}")}
    return max(numbers, default=None)


def folder(number: int) -> str:
    """Name an edition's folder."""
    return f"editions/{number:06}"


def story_names(house: House) -> tuple[str, ...]:
    """Name every story there is a file for."""
    return tuple(
        name.removeprefix("stories/").removesuffix(".md")
        for name in house.root.names("stories")
        if name.endswith(".md")
    )


def read_story(house: House, name: str) -> Story:
    """
    Read a story and the ledgers of claims it refers to.

    Raises:
        UsageError: There is no such story.
        FormatError: It has faults; all are listed with their lines.
    """
    raw = read(house.root, f"stories/{name}.md") if name in story_names(house) else None
    if raw is None:
        there = ", ".join(story_names(house)) or "none"
        raise UsageError("story-unknown", f"there is no stories/{name}.md", mend=f"Name one of these: {there}.")
    return manuscript.read(name, raw, ledgers(house))


def ledgers(house: House) -> dict[str, bytes]:
    """Read every ledger of claims, by its name without ``.csv``."""
    return {
        name.removeprefix("claims/").removesuffix(".csv"): read(house.root, name) or b""
        for name in house.root.names("claims")
        if name.endswith(".csv")
    }


def _stories(house: House, names: tuple[str, ...], state: dict[str, Any]) -> list[Story]:
    wanted = list(dict.fromkeys([*names, *state]))
    if not wanted:
        there = ", ".join(story_names(house)) or "none yet; write stories/NAME.md"
        raise UsageError(
            "publish-nothing", "no story was named, and none is published yet", mend=f"Name a story: {there}."
        )
    stories: list[Story] = []
    faults: list[Fault] = []
    for name in wanted:
        try:
            story = read_story(house, name)
        except FormatError as error:
            faults.extend(error.faults or [_fault(error.code, name, str(error), error.mend)])
            continue
        except UsageError as error:
            back = "Put the file back; to take a published story back, give it a `withdrawal:` and publish that."
            faults.append(_fault(error.code, name, str(error), back if name in state else error.mend))
            continue
        stories.append(story)
        faults.extend(_may_go_out(house, story, state.get(name), named=name in names))
    faults.extend(_unknown_stories(stories, set(wanted)))
    if faults:
        raise _in_the_way(faults)
    return stories


def _unknown_stories(stories: list[Story], published: set[str]) -> Iterator[Fault]:
    for story in stories:
        named = {block.name for block in story.blocks if isinstance(block, Related)} | {story.translation_of} - {""}
        for name in sorted(named - published):
            yield _fault(
                "story-related-unpublished",
                story.name,
                f"it leads readers to {name!r}, which is not in this edition",
                f"Publish {name} with it, or take the reference out.",
            )


def _may_go_out(house: House, story: Story, before: dict[str, Any] | None, *, named: bool) -> Iterator[Fault]:
    if story.embargo is not None and story.embargo > house.clock.now():
        yield _fault(
            "story-embargo",
            story.name,
            f"it is under embargo until {text.instant(story.embargo)}",
            "Publish it after that time, or change the embargo.",
        )
    if before is None or before["digest"] == story.digest.hex():
        return
    if len(story.corrections) <= before["corrections"] and not story.withdrawal:
        yield _fault(
            "story-changed",
            story.name,
            "it was published with another text, and no correction says what changed",
            "Add a date and a text under `correction:` that tell readers what changed and when, or put the old text back.",
        )
    elif not named:
        yield _fault(
            "story-correction-unnamed",
            story.name,
            "it has a correction that is not published yet",
            f"Name it: tamizdat publish {story.name}",
        )


def _approve(
    house: House, keys: Keys, stories: list[Story], state: dict[str, Any]
) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    card = house.card()
    approved: dict[str, tuple[bytes, tuple[str, ...]]] = {}
    faults: list[Fault] = []
    for story in stories:
        new = state.get(story.name, {}).get("digest") != story.digest.hex()
        if new and card.approvals == 1:
            approvals.approve_solo(house, keys, story)
        try:
            approved[story.name] = approvals.check(house, story)
        except TrustError as error:
            faults.append(_fault(error.code, story.name, str(error), error.mend))
    if faults:
        raise TrustError(
            "publish-approvals",
            f"{len(faults)} stories are not approved",
            mend="Have each approved: tamizdat story approve NAME --as PERSON",
            faults=tuple(faults),
        )
    return approved


class _Release:
    """One edition in the making."""

    def __init__(
        self,
        house: House,
        keys: Keys,
        state: dict[str, Any],
        approved: dict[str, tuple[bytes, tuple[str, ...]]],
        say: Say,
    ) -> None:
        self._house = house
        self._keys = keys
        self._state = state
        self._approved = approved
        self._say = say
        self._number = (latest(house) or 0) + 1
        self._folder = folder(self._number)
        self._files: dict[str, editions.File] = {}
        self._removed: dict[str, tuple[str, ...]] = {}
        self._places: dict[str, int] = {}
        self._written: dict[str, Media] = {}
        self._now = house.clock.now()

    def run(self, stories: list[Story]) -> Released:
        """Write the files, then the plan, then the record, then the list."""
        for place, story in enumerate(stories):
            before = self._state.get(story.name)
            self._places[story.name] = before["place"] if before else place
        self._write_pictures(stories)
        published = [self._published(story) for story in stories]
        site = self._site(published)
        base = self._house.settings.base
        for path, data in pages.write(site):
            self._write(path, data)
        for path, data in feeds.write(site, base):
            self._write(path, data)
        for one in site.stories:
            self._write(f"items/{one.story.name}.json", ninjs.write(one, site, base))
            self._write(f"approvals/{one.story.name}.txt", self._approved[one.story.name][0])
        self._write(editions.CARD, self._house.card_bytes())
        entry = self._house.log_reader().size
        made = Edition(
            origin=self._house.settings.origin,
            number=self._number,
            made=self._now,
            entry=entry,
            salt=self._house.entropy.random(32),
            files=tuple(self._files[path] for path in sorted(self._files)),
        )
        body = editions.write_text(made)
        plan = {
            "number": self._number,
            "entry": entry,
            "list": note.sign(body, self._keys.edition_signer).decode("utf-8"),
            "state": {one.story.name: self._stateful(one) for one in published},
        }
        self._house.root.put(PLAN, [_json(plan)])
        told = _entry(made, body)
        log = witnessing.writer(self._house, self._keys.log, self._say)
        witnessing.append(self._house, log, [entries.write(told)], self._say)
        _finish(self._house, plan)
        return Released(
            number=self._number,
            folder=self._folder,
            entry=entry,
            files=len(self._files),
            stories=tuple(story.name for story in stories),
            removed=self._removed,
            solo=self._house.card().approvals == 1,
        )

    def _write_pictures(self, stories: list[Story]) -> None:
        """Write every picture before anything else, and report all that cannot be; then nothing is left behind."""
        faults = []
        for story in stories:
            for one in story.pictures if not story.withdrawal else ():
                try:
                    self._media(story, one)
                except TamizdatError as error:
                    what = f"the picture {one.object}: {error}"
                    faults.append(_fault(error.code, story.name, what, error.mend))
        if faults:
            for name in list(self._house.root.names(self._folder)):
                self._house.root.drop(name)
            raise _in_the_way(faults)

    def _published(self, story: Story) -> Published:
        before = self._state.get(story.name)
        same = before is not None and before["digest"] == story.digest.hex()
        media = tuple(self._media(story, one) for one in story.pictures) if not story.withdrawal else ()
        return Published(
            story=story,
            first_published=before["first"] if before else self._now,
            published=before["published"] if before and same else self._now,
            media=media,
            approvals=self._approved[story.name][1],
            solo=self._house.card().approvals == 1,
        )

    def _media(self, story: Story, wanted: Picture) -> Media:
        """Write a picture anew, or take it over from the last edition where nothing about it changed."""
        spec = _spec(wanted)
        if spec in self._written:
            return dataclasses.replace(self._written[spec], picture=wanted)
        self._written[spec] = made = self._write_media(story, wanted, spec)
        return made

    def _write_media(self, story: Story, wanted: Picture, spec: str) -> Media:
        held = self._state.get(story.name, {}).get("media", {}).get(spec)
        last = read(self._house.root, f"{folder(self._number - 1)}/{held['path']}") if held else None
        if held and last is not None and hashlib.sha256(last).hexdigest().startswith(held["path"][6:22]):
            self._write(held["path"], last)
            return Media(picture=wanted, path=held["path"], width=held["width"], height=held["height"])
        self._say(f"writing the picture {wanted.object} anew, reduced, without its metadata")
        with objects.open_original(self._house, self._keys, wanted.object) as stream:
            made = picture.render(io.BytesIO(stream.read()), wanted)
        path = f"media/{hashlib.sha256(made.jpeg).hexdigest()[:16]}.jpg"
        self._write(path, made.jpeg)
        self._removed[wanted.object] = made.removed
        return Media(picture=wanted, path=path, width=made.width, height=made.height)

    def _site(self, published: list[Published]) -> Site:
        card = self._house.card()
        return Site(
            name=card.name,
            # Newest first; of one edition, in the order they were named.
            stories=tuple(sorted(published, key=lambda one: (-one.first_published, self._places[one.story.name]))),
            card_words=words.card_words(cards.fingerprint(self._house.card_bytes())),
            edition_number=self._number,
            made=self._now,
            log_origin=self._house.settings.origin,
        )

    def _stateful(self, one: Published) -> dict[str, Any]:
        return {
            "digest": one.story.digest.hex(),
            "version": one.story.version,
            "corrections": len(one.story.corrections),
            "first": one.first_published,
            "published": one.published,
            "place": self._places[one.story.name],
            "media": {
                _spec(media.picture): {
                    "path": media.path,
                    "width": media.width,
                    "height": media.height,
                }
                for media in one.media
            },
        }

    def _write(self, path: str, data: bytes) -> None:
        self._house.root.put(f"{self._folder}/{path}", [data])
        self._files[path] = editions.File(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _finish(house: House, plan: dict[str, Any]) -> None:
    """Copy the public record into the edition, and let the edition exist by writing its list."""
    target = folder(plan["number"])
    size = house.log_reader().size
    for name in house.root.names("log"):
        place = tiles.read_name(name.removeprefix("log/"))
        # A killed append may have left more than the record's size stands for; that is not ours to publish.
        if name == "log/checkpoint" or (place is not None and place.end <= size):
            house.root.put(f"{target}/{name}", [read(house.root, name) or b""])
    house.root.put(f"{target}/{editions.LIST}", [plan["list"].encode("utf-8")])
    house.root.put(STATE, [_json(plan["state"])])
    house.root.drop(PLAN)


def _on_record(house: House, keys: Keys, plan: dict[str, Any]) -> bool:
    reader = house.log_reader()
    if reader.size <= plan["entry"]:
        return False
    made, body = editions.read(plan["list"].encode("utf-8"), keys.edition_signer.verifier)
    return entries.read(reader.entry(made.entry)) == _entry(made, body)


def _entry(made: Edition, body: str) -> entries.Entry:
    salted = entries.text_hash(made.salt, body.encode("utf-8"))
    return entries.Entry(kind="edition", sequence=made.number, text_hash=salted)


def _state(house: House) -> dict[str, Any]:
    raw = read(house.root, STATE)
    state: dict[str, Any] = json.loads(raw) if raw else {}
    return state


def _in_the_way(faults: list[Fault]) -> FormatError:
    return FormatError(
        "publish-faults",
        "one thing stands in the way of this edition"
        if len(faults) == 1
        else f"{len(faults)} things stand in the way of this edition",
        mend="Mend each and run `tamizdat publish` again; nothing was published.",
        faults=tuple(faults),
    )


def _spec(wanted: Picture) -> str:
    """Name what decides how a picture is written: which original, cut and covered how."""
    return f"{wanted.object} {wanted.crop} {wanted.hide}"


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode("utf-8")


def _fault(code: str, name: str, what: str, mend: str) -> Fault:
    return Fault(code=code, where=f"stories/{name}.md", what=what, mend=mend)
