"""Feeds are read by other people's readers, and say what the stories say."""

from __future__ import annotations

import feedparser
import pytest

from tamizdat.wire import feeds
from tests.wire.sites import site


BASES = ["", "https://news.example/edition/"]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", [feeds.RSS, feeds.ATOM])
def test_feedparser_reads_the_feed_without_complaint(name: str, base: str) -> None:
    """Headline, names, times, authors and the whole text come through; the lasting name is the same under any host."""
    read = feedparser.parse(dict(feeds.write(site(), base))[name])

    assert read.bozo is False
    assert read.feed.title == "The Harbour <News> & Co"
    first, second = read.entries
    assert first.title == "How many lamps? Two papers differ"
    assert first.id == "tag:harbour.example,2026:log/stories/lamps/index.html"
    assert first.link == (base or "") + "stories/lamps/index.html"
    assert first.author == "Ada Example"
    assert first.updated == "1999-05-03T02:54:20Z"
    assert "Ada Example, The Harbour News" in first.content[0].value
    assert "lamps lit: more than 30 lamps. The Other Paper" in first.content[0].value
    assert ("<img" in first.content[0].value) == bool(base)
    assert second.title == "Small"


def test_a_withdrawn_story_is_its_notice_only() -> None:
    """Nothing of the text goes out again, in no feed."""
    for _, raw in feeds.write(site(withdrawal="The lamps were not ours."), ""):
        first = feedparser.parse(raw).entries[0]

        assert first.summary == "The lamps were not ours."
        assert first.content[0].value == "<p>The lamps were not ours.</p>"
        assert b"The Harbour News" not in raw
