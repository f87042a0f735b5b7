"""
Agency items: one IPTC ninjs 3.1 object for each story.

Built from an allow-list of what a story says. Names (uri) are tag URIs that no host changes; addresses (href) are
given only where a base address is set, for ninjs knows no relative ones (docs/spec/story.md, "feeds").
"""

from __future__ import annotations

import json

from collections.abc import Iterator
from typing import Any, Final

from tamizdat.primitives import text
from tamizdat.wire import item
from tamizdat.wire.site import Media, Published, Site
from tamizdat.wire.story import Related


VERSION: Final = "3.1"

_STANDARD: Final = {
    "name": "ninjs",
    "version": VERSION,
    "schema": f"http://www.iptc.org/std/ninjs/ninjs-schema_{VERSION}.json",
}
_TOPICS: Final = "http://cv.iptc.org/newscodes/mediatopic/"


def write(published: Published, site: Site, base: str = "") -> bytes:
    """Write the item of one story; *base* is where the edition is hosted, or empty."""
    return json.dumps(_item(published, site, base), ensure_ascii=False, indent=1).encode() + b"\n"


def _item(published: Published, site: Site, base: str) -> dict[str, Any]:
    story = published.story
    body = item.html(published, site, base)
    made: dict[str, Any] = {
        "uri": item.name(site, item.page(story.name)),
        "standard": _STANDARD,
        "type": "text",
        "representationType": "full",
        "version": str(story.version),
        "firstCreated": text.instant(published.first_published),
        "versionCreated": text.instant(published.published),
        # "canceled" is what agencies' systems act on: take it down wherever it went.
        "pubStatus": "canceled" if story.withdrawal else "usable",
        "language": story.language,
        "headlines": [{"role": "main", "value": story.headline}],
        "by": item.by(story),
        "located": story.dateline.place,
        "bodies": [{"role": "main", "contentType": "text/html", "charCount": len(body), "value": body}],
        "subjects": [
            {"name": category.label, "uri": f"{_TOPICS}{category.code.partition(':')[2]}"}
            for category in story.categories
        ]
        + [{"name": word, "rel": "keyword"} for word in story.keywords],
    }
    optional: dict[str, Any] = {
        "embargoedUntil": text.instant(story.embargo) if story.embargo is not None else "",
        "usageTerms": story.usage,
        "edNote": _note(published),
        "renditions": _renditions(base, item.page(story.name), "text/html"),
    }
    if not story.withdrawal:
        optional |= _told(published, site, base)
    return made | {key: value for key, value in optional.items() if value}


def _told(published: Published, site: Site, base: str) -> dict[str, Any]:
    """What a story tells besides its text; a withdrawn one tells nothing of it again."""
    story = published.story
    return {
        "descriptions": [{"role": "summary", "value": story.subhead}] if story.subhead else [],
        "places": [{"name": place} for place in story.places],
        "infoSources": [{"name": who} for who in dict.fromkeys(claim.asserted_by for claim in item.claims(story))],
        "associations": list(_associations(published, site, base)),
    }


def _note(published: Published) -> str:
    """Say to editors what changed, newest last, and whether it was withdrawn."""
    story = published.story
    notes = [f"Correction {correction.date}: {correction.text}" for correction in story.corrections]
    if story.withdrawal:
        notes.append(f"Withdrawn: {story.withdrawal}")
    return "\n".join(notes)


def _associations(published: Published, site: Site, base: str) -> Iterator[dict[str, Any]]:
    story = published.story
    for number, media in enumerate(published.media, start=1):
        yield _picture(number, media, site, base)
    known = {one.story.name: one.story for one in site.stories}
    others = [(block.name, "related") for block in story.blocks if isinstance(block, Related)]
    if story.translation_of:
        others.append((story.translation_of, "translationOf"))
    for name, rel in others:
        if name in known:
            yield {
                "name": f"{rel}-{name}",
                "rel": rel,
                "uri": item.name(site, item.page(name)),
                "type": "text",
                "representationType": "partial",
                "headlines": [{"value": known[name].headline}],
            }


def _picture(number: int, media: Media, site: Site, base: str) -> dict[str, Any]:
    descriptions = [{"role": "alt", "value": media.picture.alt}]
    if media.picture.caption:
        descriptions.append({"role": "caption", "value": media.picture.caption})
    renditions = _renditions(base, media.path, "image/jpeg") or [{"name": "main", "contentType": "image/jpeg"}]
    renditions[0] |= {"width": media.width, "height": media.height}
    return {
        "name": f"picture-{number}",
        "rel": "illustration",
        "uri": item.name(site, media.path),
        "type": "picture",
        "representationType": "full",
        "by": media.picture.credit,
        "descriptions": descriptions,
        "renditions": renditions,
    }


def _renditions(base: str, path: str, kind: str) -> list[dict[str, Any]]:
    return [{"name": "main", "href": item.link(base, path), "contentType": kind}] if base else []
