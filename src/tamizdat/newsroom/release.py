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
import json

from collections.abc import Callable
from typing import Any, Final

from tamizdat.newsroom import anchoring, approvals, sidecars, stamping, stories, tick, witnessing
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.published_pictures import Pictures
from tamizdat.primitives import card as cards
from tamizdat.primitives import note, words
from tamizdat.primitives.errors import AdapterError, Fault, TamizdatError, TrustError
from tamizdat.primitives.stores import read
from tamizdat.record import entry as entries
from tamizdat.record import tiles
from tamizdat.wire import edition as editions
from tamizdat.wire import feeds, ninjs, pages
from tamizdat.wire.edition import Edition
from tamizdat.wire.site import Published, Site
from tamizdat.wire.story import Story


PLAN: Final = "desk/release.json"
STATE: Final = "desk/published.json"
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """
    What was published.

    Attributes:
        number: The edition's; *folder* where it lies.

        entry: Its place on the public record; *files*: how many it has; *stories* which.

        removed: By object, what reduced copies left out of it, in words.

        solo: One person's approval was enough.

        provable: How many pictures have their proof with them; *waiting*: of these, how many wait for their line
            on the record.
    """

    number: int
    folder: str
    entry: int
    files: int
    stories: tuple[str, ...]
    removed: dict[str, tuple[str, ...]]
    solo: bool
    provable: int
    waiting: int


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
    told = stories.going_out(house, names, state)
    approved = _approve(house, keys, told, state)
    tick.due(house, keys.log, say)
    return _Release(house, keys, state, approved, say).run(told)


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
        _finish(house, plan, say)
    elif plan and plan["number"] < number:
        house.root.put(STATE, [_json(plan["state"])])
    else:
        for name in list(house.root.names(folder(number))):
            house.root.drop(name)
    house.root.drop(PLAN)


def latest(house: House) -> int | None:
    """Give the number of the newest whole edition; None where there is none."""
    # Newest first, so that what it costs does not grow with the files of all editions before.
    numbers = sorted((int(name) for name in house.root.folders("editions") if name.isdecimal()), reverse=True)
    return next((one for one in numbers if read(house.root, f"{folder(one)}/{editions.LIST}", 1) is not None), None)


def folder(number: int) -> str:
    """Name an edition's folder."""
    return f"editions/{number:06}"


def _approve(
    house: House, keys: Keys, told: list[Story], state: dict[str, Any]
) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    card = house.card()
    approved: dict[str, tuple[bytes, tuple[str, ...]]] = {}
    faults: list[Fault] = []
    for story in told:
        new = state.get(story.name, {}).get("digest") != story.digest.hex()
        if new and card.approvals == 1:
            approvals.approve_solo(house, keys, story)
        try:
            approved[story.name] = approvals.check(house, story)
        except TrustError as error:
            faults.append(stories.fault(error.code, story.name, str(error), error.mend))
    if faults:
        raise TrustError(
            "publish-approvals",
            f"stories that are not approved: {len(faults)}",
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
        self._places: dict[str, int] = {}
        self._pictures = Pictures(
            house,
            keys,
            number=self._number,
            last=folder(self._number - 1),
            state=state,
            write=self._write,
            say=say,
        )
        self._now = house.clock.now()

    def run(self, told: list[Story]) -> Released:
        """Write the files, tell the ledger what they show, then write the plan, then the record, then the list."""
        for place, story in enumerate(told):
            before = self._state.get(story.name)
            self._places[story.name] = before["place"] if before else place
        self._write_pictures(told)
        published = [self._published(story) for story in told]
        self._write_site(published)
        plan: dict[str, Any] = {}

        def planned(entry: int) -> list[bytes]:
            told, raw = self._plan(entry, published)
            plan.update(told)
            return [raw]

        log = witnessing.writer(self._house, self._keys.log, self._say)
        witnessing.append(self._house, log, planned, self._say)
        _finish(self._house, plan, self._say)
        provable = {media.file: media.waits for one in published for media in one.media if media.file}
        return Released(
            number=self._number,
            folder=self._folder,
            entry=plan["entry"],
            files=len(self._files),
            stories=tuple(story.name for story in told),
            removed=self._pictures.removed,
            solo=self._house.card().approvals == 1,
            provable=len(provable),
            waiting=sum(provable.values()),
        )

    def _plan(self, entry: int, published: list[Published]) -> tuple[dict[str, Any], bytes]:
        """Write down what is going to be, and give it and its line on the record; *entry* is that line's number."""
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
        return plan, entries.write(_entry(made, body))

    def _write_site(self, published: list[Published]) -> None:
        """Write what readers see: pages, feeds, items, approvals and the card."""
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
        for path, data in (*sidecars.rules(self._house), *anchoring.carried(self._house)):
            self._write(path, data)

    def _write_pictures(self, told: list[Story]) -> None:
        """Write every picture before anything else, and report all that cannot be; then nothing is left behind."""
        faults = []
        for story in told:
            for one in story.pictures if not story.withdrawal else ():
                try:
                    self._pictures.media(story, one, self._approved[story.name][1])
                except AdapterError:
                    raise
                except TamizdatError as error:
                    what = f"the picture {one.object}: {error}"
                    faults.append(stories.fault(error.code, story.name, what, error.mend))
        if faults:
            for name in list(self._house.root.names(self._folder)):
                self._house.root.drop(name)
            raise stories.in_the_way(faults)
        self._pictures.settle()

    def _published(self, story: Story) -> Published:
        before = self._state.get(story.name)
        same = before is not None and before["digest"] == story.digest.hex()
        by = self._approved[story.name][1]
        pictures = story.pictures if not story.withdrawal else ()
        return Published(
            story=story,
            first_published=before["first"] if before else self._now,
            published=before["published"] if before and same else self._now,
            media=tuple(self._pictures.media(story, one, by) for one in pictures),
            approvals=by,
            solo=self._house.card().approvals == 1,
        )

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
            "media": self._pictures.kept(one.media),
        }

    def _write(self, path: str, data: bytes) -> None:
        self._house.root.put(f"{self._folder}/{path}", [data])
        self._files[path] = editions.File(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _finish(house: House, plan: dict[str, Any], say: Say) -> None:
    """Copy the public record into the edition, stamped where that can be, and let the edition exist by writing its list."""
    stamping.tick(house, say)
    target = folder(plan["number"])
    # One state of the record, though it may grow meanwhile.
    reader = house.log_reader()
    for name in house.root.names("log"):
        place = tiles.read_name(name.removeprefix("log/"))
        # A killed append may have left more than the record's size stands for; that is not ours to publish.
        if place is not None and place.end <= reader.size:
            house.root.put(f"{target}/{name}", [read(house.root, name) or b""])
    house.root.put(f"{target}/log/checkpoint", [reader.checkpoint()])
    for name, held in sidecars.stamps(house, reader.checkpoint()):
        house.root.put(f"{target}/{name}", [held])
    house.root.put(f"{target}/{editions.LIST}", [plan["list"].encode("utf-8")])
    house.root.put(STATE, [_json(plan["state"])])
    house.root.drop(PLAN)
    anchoring.tick(house, say)


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


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode("utf-8")
