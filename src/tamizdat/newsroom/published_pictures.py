"""
The pictures of one edition: reduced copies, provable files with proof and page, each taken over where nothing changed.

What a picture newly shows is told to the ledger before the edition exists, so a kill leaves a line about something that was
not published, never the other way round. The original is never given to the library that signs credentials: it gets the redacted
file. It is NOT the edition (newsroom/release.py). docs/spec/picture.md.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tamizdat.newsroom import credentials, disclosures, objects, origins, redacting, sidecars
from tamizdat.newsroom.credentials import Credentials
from tamizdat.newsroom.disclosure import Disclosure
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys
from tamizdat.newsroom.redacting import Shown
from tamizdat.primitives.errors import FormatError, UsageError
from tamizdat.primitives.ports import Cell
from tamizdat.primitives.stores import read
from tamizdat.redaction import verify
from tamizdat.wire import checking, picture, sidecar
from tamizdat.wire import credentials as signing
from tamizdat.wire.picture import Rendered, Stored
from tamizdat.wire.site import Media
from tamizdat.wire.story import Picture, Story


ROOTS: Final = "credentials-root.pem"
CHECK: Final = "check"
Say = Callable[[str], None]
State = Mapping[str, Any]


class Pictures:
    """
    The pictures of an edition in the making.

    Args:
        house: The newsroom.

        keys: Its unlocked keys.

        number: The edition's.

        last: The folder of the last edition, and *state* what it says of its stories.

        write: Writes one file of the edition.

        say: Told what is being done, a line at a time.
    """

    def __init__(
        self,
        house: House,
        keys: Keys,
        *,
        number: int,
        last: str,
        state: State,
        write: Callable[[str, bytes], None],
        say: Say,
    ) -> None:
        self._house = house
        self._keys = keys
        self._number = number
        self._last = last
        self._state = state
        self._write = write
        self._say = say
        self._written: dict[str, Media] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._told: list[Disclosure] = []
        self.removed: dict[str, tuple[str, ...]] = {}

    def media(self, story: Story, wanted: Picture, by: Sequence[str]) -> Media:
        """
        Write a picture anew, or take it over from the last edition where nothing about it changed.

        Raises:
            FormatError: It cannot be shown. TrustError: ``disclosure-opens``. UsageError: The vault has it not.
        """
        name = spec(wanted)
        if name not in self._written:
            held = self._state.get(story.name, {}).get("media", {}).get(name)
            made = self._taken_over(wanted, held) if held else None
            self._written[name] = made or self._fresh(story, wanted, by)
        return dataclasses.replace(self._written[name], picture=wanted)

    def settle(self) -> None:
        """Tell the ledger what this edition shows, and write what stands in it once."""
        for told in self._told:
            disclosures.append(self._house, self._keys, told, once=True)
        if any(media.file for media in self._written.values()):
            self._write(ROOTS, b"".join(self._credentials.roots))
        self._write(checking.PAGE, checking.empty())

    def kept(self, media: Sequence[Media]) -> dict[str, dict[str, Any]]:
        """Give what the next edition has to know to take pictures over."""
        return {name: self._kept[name] for name in map(spec, (one.picture for one in media))}

    @functools.cached_property
    def _sidecars(self) -> sidecars.Maker:
        return sidecars.Maker(self._house, self._keys)

    @functools.cached_property
    def _credentials(self) -> Credentials:
        return credentials.keep(self._house, self._keys)

    def _taken_over(self, wanted: Picture, held: State) -> Media | None:
        """Take a picture over from the last edition; None where it is not there as it was written."""
        preview = self._held(held["path"])
        if preview is None:
            return None
        media = Media(
            picture=wanted,
            path=held["path"],
            width=held["width"],
            height=held["height"],
            reason=held.get("reason", ""),
        )
        if held.get("file"):
            file, beside = self._held(held["file"]), read(self._house.root, f"{self._last}/{held['file']}.proof")
            if file is None or beside is None:
                return None
            media = self._again(media, held, file, beside)
        self._write(media.path, preview)
        self._kept.setdefault(spec(wanted), dict(held))
        return media

    def _again(self, media: Media, held: State, file: bytes, beside: bytes) -> Media:
        """Take a provable file over; its proof is made anew where it may say more now."""
        was, inside = sidecar.read(beside), sidecar.find(file) or b""
        fresh = inside
        if self._sidecars.stale(beside):
            found = (
                one for one in origins.origins(self._house, self._keys, media.picture.object) if one.root == was.root
            )
            fresh = next((self._sidecars.make(one, was.redaction) for one in found), inside)
        # What an earlier key of the newsroom signed stays as it is: this one cannot speak for it.
        if self._sidecars.own(fresh) and (fresh != inside or held["signed"] != self._credentials.name):
            file = self._signed(signing.strip(file), fresh, held["hidden"], held["crop"])
            beside = self._sidecars.beside(fresh, file)
        return self._provable(media, file, beside, held)

    def _held(self, path: str) -> bytes | None:
        """Read a file of the last edition that is named by its own hash."""
        raw = read(self._house.root, f"{self._last}/{path}")
        return raw if raw is not None and hashlib.sha256(raw).hexdigest().startswith(path[6:22]) else None

    def _fresh(self, story: Story, wanted: Picture, by: Sequence[str]) -> Media:
        to = f"story {story.name}, edition {self._number}"
        reason = redacting.whole(self._house, self._keys, wanted.object) if wanted.maker == "shown" else ""
        if wanted.maker == "shown" and not reason:
            with self._house.cell(picture.WORK) as cell:
                shown = _shown(self._house, self._keys, wanted, to=to, by=by)
                self._may_show(shown.told, wanted)
                return self._write_provable(wanted, shown, cell)
        self._say(f"writing the picture {wanted.object} anew, reduced, without its metadata")
        # It starts while the original is opened.
        with (
            self._house.cell(picture.WORK) as cell,
            objects.open_original(self._house, self._keys, wanted.object) as stream,
        ):
            made = picture.render(cell, stream, wanted)
        self._may_show(_copy(self._house, wanted, made.original, to=to, by=by, file=made.jpeg), wanted)
        self.removed[wanted.object] = made.removed
        return self._write_preview(wanted, made, reason)

    def _may_show(self, told: Disclosure, wanted: Picture) -> None:
        """Hold a new disclosure against the ledger and against what this edition shows elsewhere."""
        before = (
            *disclosures.ledger(self._house, self._keys, told.object),
            *(one for one in self._told if one.object == told.object),
        )
        for line in disclosures.report(before, told):
            if line.startswith("ATTENTION"):
                self._say(f"{told.object}: {line}")
        disclosures.demand_again(
            before,
            told,
            again=wanted.again,
            mend="Hide it here as well; or, if that is meant, write `again: yes` under the picture and have it approved.",
        )
        self._told.append(told)

    def _write_preview(self, wanted: Picture, made: Rendered, reason: str = "") -> Media:
        path = f"media/{hashlib.sha256(made.jpeg).hexdigest()[:16]}.jpg"
        self._write(path, made.jpeg)
        media = Media(picture=wanted, path=path, width=made.width, height=made.height, reason=reason)
        self._kept[spec(wanted)] = {key: getattr(media, key) for key in ("path", "width", "height", "reason")}
        return media

    def _write_provable(self, wanted: Picture, shown: Shown, cell: Cell) -> Media:
        self._say(f"writing the picture {wanted.object} anew, with the proof of what it shows")
        # The preview is made of what is shown, so that it cannot show more.
        preview = picture.render(cell, io.BytesIO(shown.file), dataclasses.replace(wanted, hide=(), crop=None))
        media = self._write_preview(wanted, preview)
        inside = self._sidecars.make(shown.origin, shown.proof)
        file = self._signed(shown.file, inside, shown.hidden, shown.crop)
        beside = self._sidecars.beside(inside, file)
        for missed in shown.missed:
            self._say(f"{wanted.object}: note: {missed}")
        kept = {"hidden": shown.hidden, "crop": shown.crop, "whole": not shown.hidden and shown.crop is None}
        return self._provable(media, file, beside, self._kept[spec(wanted)] | kept)

    def _provable(self, media: Media, file: bytes, beside: bytes, held: State) -> Media:
        """Write a provable file, its proof, and the page that checks it."""
        name = hashlib.sha256(file).hexdigest()[:16]
        suffix = ".png" if file.startswith(b"\x89PNG") else ".jpg"
        path, page = f"media/{name}{suffix}", f"{CHECK}/{name}.html"
        self._write(path, file)
        self._write(path + sidecar.SUFFIX, beside)
        self._write(page, checking.filled(file, beside, f"{name}{suffix}"))
        waits = sidecars.waits(beside)
        self._kept[spec(media.picture)] = dict(held) | {"file": path, "signed": self._credentials.name}
        return dataclasses.replace(media, file=path, check=page, waits=waits, whole=bool(held["whole"]))

    def _signed(self, file: bytes, beside: bytes, hidden: Sequence[Sequence[int]], crop: Sequence[int] | None) -> bytes:
        """Sign credentials into a redacted file, and check as a reader will that it still proves what it did."""
        told = sidecar.read(beside)
        made = signing.sign(
            file,
            self._credentials.chain,
            title=hashlib.sha256(file).hexdigest()[:16],
            hidden=[_box(box) for box in hidden],
            crop=_box(crop) if crop else None,
            redaction=sidecar.value(told),
        )
        verify.verify(made, told.redaction, told.root)
        return made


def report(house: House, keys: Keys, story: Story) -> list[str]:
    """
    Tell for each picture of a story what was ever disclosed of it, and what the story would newly show.

    Raises:
        UsageError, FormatError: A picture cannot be shown so; the error names it.
    """
    lines: list[str] = []
    for wanted in story.pictures if not story.withdrawal else ():
        try:
            lines += _report(house, keys, story, wanted)
        except (UsageError, FormatError) as error:
            what = f"stories/{story.name}.md: the picture {wanted.object}: {error}"
            raise type(error)(error.code, what, mend=error.mend, faults=error.faults) from error
    return lines


def _report(house: House, keys: Keys, story: Story, wanted: Picture) -> list[str]:
    reason = redacting.whole(house, keys, wanted.object) if wanted.maker == "shown" else ""
    if wanted.maker == "shown" and not reason:
        told = _shown(house, keys, wanted, to=story.name).told
        how = "provable, its maker may be shown"
    else:
        with house.cell(picture.WORK) as cell, objects.open_original(house, keys, wanted.object) as stream:
            stored = picture.measure(cell, stream)
        told = _copy(house, wanted, stored, to=story.name)
        how = f"a reduced copy, not provable: {reason}" if reason else "a reduced copy, its maker is protected"
    return [
        f"picture {wanted.object}: {how}",
        *disclosures.report(disclosures.ledger(house, keys, wanted.object), told),
    ]


def _shown(house: House, keys: Keys, wanted: Picture, *, to: str, by: Sequence[str] = ()) -> Shown:
    """Make the provable file of a story's picture, as it is before credentials are signed into it."""
    return redacting.of_picture(
        house,
        keys,
        wanted.object,
        hide=wanted.hide,
        crop=wanted.crop,
        disclose=wanted.disclose,
        see_through=wanted.see_through,
        to=to,
        by=by,
    )


def spec(wanted: Picture) -> str:
    """Name what decides how a picture is written: which original, cut and covered how, shown with what."""
    named = f"{wanted.object} {wanted.crop} {wanted.hide}"
    if wanted.maker == "protected":
        return named
    return f"{named} shown {wanted.disclose}" + (" see-through" if wanted.see_through else "")


def _copy(
    house: House, wanted: Picture, stored: Stored, *, to: str, by: Sequence[str] = (), file: bytes = b""
) -> Disclosure:
    return redacting.of_copy(
        house,
        wanted.object,
        file,
        size=stored.size,
        turn=stored.turn,
        hide=wanted.hide,
        crop=wanted.crop,
        to=to,
        by=by,
    )


def _box(numbers: Sequence[int]) -> tuple[int, int, int, int]:
    left, top, width, height = numbers
    return left, top, width, height
