"""
Feeds: RSS 2.0 and Atom (RFC 4287) of an edition, newest story first.

Built from an allow-list of what stories say, by lxml. Where no base address is set links are relative to the feed,
and names are tag URIs either way (docs/spec/story.md, "feeds").
"""

from __future__ import annotations

import email.utils

from collections.abc import Iterator
from typing import Final

from lxml import etree

from tamizdat.primitives import text
from tamizdat.wire import item
from tamizdat.wire.site import Published, Site


RSS: Final = "rss.xml"
ATOM: Final = "atom.xml"
MAX_STORIES: Final = 50

_ATOM: Final = "http://www.w3.org/2005/Atom"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def write(site: Site, base: str = "") -> Iterator[tuple[str, bytes]]:
    """Give the path and the bytes of each feed; *base* is where the edition is hosted, or empty."""
    yield RSS, _bytes(_rss(site, base))
    yield ATOM, _bytes(_atom(site, base))


def _bytes(root: etree._Element) -> bytes:
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8") + b"\n"


def _rss(site: Site, base: str) -> etree._Element:
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": _ATOM, "dc": _DC, "content": _CONTENT})
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", site.name)
    _add(channel, "link", item.link(base, "index.html"))
    _add(channel, "description", site.name)
    _add(channel, "lastBuildDate", email.utils.formatdate(site.made, usegmt=True))
    if base:
        itself = {"rel": "self", "href": item.link(base, RSS), "type": "application/rss+xml"}
        etree.SubElement(channel, f"{{{_ATOM}}}link", itself)
    for published in site.stories[:MAX_STORIES]:
        story = published.story
        entry = etree.SubElement(channel, "item")
        _add(entry, "title", story.headline)
        _add(entry, "link", item.link(base, item.page(story.name)))
        _add(entry, "guid", item.name(site, item.page(story.name)), isPermaLink="false")
        _add(entry, "pubDate", email.utils.formatdate(published.first_published, usegmt=True))
        _add(entry, f"{{{_ATOM}}}updated", text.instant(published.published))
        _add(entry, f"{{{_DC}}}creator", item.by(story))
        _add(entry, f"{{{_DC}}}language", story.language)
        for category in story.categories:
            _add(entry, "category", category.label, domain="http://cv.iptc.org/newscodes/mediatopic/")
        _add(entry, "description", _summary(published))
        _add(entry, f"{{{_CONTENT}}}encoded", item.html(published, site, base))
    return root


def _atom(site: Site, base: str) -> etree._Element:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # the stubs forget the default
    _add(root, "title", site.name)
    _add(root, "id", item.name(site, "feed"))
    _add(root, "updated", text.instant(site.made))
    _link(root, "alternate", item.link(base, "index.html"), "text/html")
    if base:
        _link(root, "self", item.link(base, ATOM), "application/atom+xml")
    for published in site.stories[:MAX_STORIES]:
        story = published.story
        entry = etree.SubElement(root, f"{{{_ATOM}}}entry", {_LANG: story.language})
        _add(entry, "title", story.headline)
        _add(entry, "id", item.name(site, item.page(story.name)))
        _add(entry, "published", text.instant(published.first_published))
        _add(entry, "updated", text.instant(published.published))
        _link(entry, "alternate", item.link(base, item.page(story.name)), "text/html")
        for byline in story.bylines:
            _add(etree.SubElement(entry, f"{{{_ATOM}}}author"), "name", byline.name)
        for category in story.categories:
            etree.SubElement(entry, f"{{{_ATOM}}}category", {"term": category.code, "label": category.label})
        if story.usage:
            _add(entry, "rights", story.usage)
        _add(entry, "summary", _summary(published))
        _add(entry, "content", item.html(published, site, base), type="html")
    return root


def _summary(published: Published) -> str:
    story = published.story
    return story.withdrawal or story.subhead or story.headline


def _add(parent: etree._Element, tag: str, words: str, **attributes: str) -> None:
    space = etree.QName(parent).namespace
    name = tag if tag.startswith("{") or not space else f"{{{space}}}{tag}"
    etree.SubElement(parent, name, attributes).text = words


def _link(parent: etree._Element, rel: str, href: str, kind: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "href": href, "type": kind})
