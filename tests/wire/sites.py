"""A site made from the whole story vector, for the tests of feeds and items."""

from __future__ import annotations

import dataclasses

from tamizdat.wire import manuscript
from tamizdat.wire.site import Media, Published, Site
from tamizdat.wire.story import Story
from tests import vectors


LEDGERS = {vector.name: vector.file for vector in vectors.load("claim") if vector.expect == "whole"}
FILES = {vector.name: vector.file for vector in vectors.load("story") if vector.expect == "whole"}


def published(story: Story, first: int = 925700000) -> Published:
    media = tuple(
        Media(picture=picture, path=f"media/{number:016x}.jpg", width=100, height=80)
        for number, picture in enumerate(story.pictures)
    )
    return Published(
        story=story, first_published=first, published=first + 60, media=media, approvals=("Ada",), solo=True
    )


def site(**changes: object) -> Site:
    """Two stories: one with every field (changed as asked), and the one it is related to."""
    lamps = dataclasses.replace(manuscript.read("lamps", FILES["whole"], LEDGERS), **changes)
    more = manuscript.read("more-lamps", FILES["small"], LEDGERS)
    return Site(
        name="The Harbour <News> & Co",
        stories=(published(lamps), published(more, 925600000)),
        card_words=("word",) * 12,
        edition_number=3,
        made=925800000,
        log_origin="Harbour.example/log",
    )
