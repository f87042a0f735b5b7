"""
A story as it travels in feeds and agency items: its lasting name, its links, its body as simple HTML.

Built from an allow-list of what a story says; it is NOT the reader's page (pages.py). docs/spec/story.md, "feeds".
"""

from __future__ import annotations

import re

from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote

from tamizdat.wire.claim import Claim, phrase
from tamizdat.wire.site import Media, Published, Site
from tamizdat.wire.story import Block, Document, Heading, Picture, Prose, Quotation, Related, Response, Story


# RFC 4151 wants a day on which the authority held its name; it stands still so that names last.
YEAR: Final = "2026"

_DATA: Final = re.compile(r"</?data\b[^>]*>")


def name(site: Site, path: str) -> str:
    """
    Give the lasting name of *path* in this newsroom, as a tag URI (RFC 4151).

    It comes from the newsroom's public record and never from where an edition happens to be hosted, so every mirror
    names a story alike.
    """
    authority, _, rest = site.log_origin.partition("/")
    host = quote(authority.lower(), safe="") or "newsroom"
    return f"tag:{host},{YEAR}:{quote('/'.join(part for part in (rest, path) if part))}"


def link(base: str, path: str) -> str:
    """Give the address of *path*: under *base*, or relative to the edition where no base is set."""
    return f"{base.rstrip('/')}/{path}" if base else path


def page(story: str) -> str:
    """Where a story's page stands in an edition."""
    return f"stories/{story}/index.html"


def by(story: Story) -> str:
    """Name the authors in one line."""
    return ", ".join(byline.name for byline in story.bylines)


def claims(story: Story) -> tuple[Claim, ...]:
    """Give every claim the story shows, those it says aloud and their rivals, in the ledger's order."""
    shown = {(claim.ledger, claim.line): claim for figure in story.figures for claim in (figure.said, *figure.rivals)}
    return tuple(shown[place] for place in sorted(shown))


def html(published: Published, site: Site, base: str) -> str:
    """Write the body as simple HTML that stands alone; a withdrawn story is its notice only."""
    story = published.story
    if story.withdrawal:
        return f"<p>{escape(story.withdrawal)}</p>"
    media = iter(published.media)
    pieces = [
        _block(block, next(media, None) if isinstance(block, Picture) else None, site, base) for block in story.blocks
    ]
    pieces += [f"<p>{escape(one.date)}: {escape(one.text)}</p>" for one in story.corrections]
    pieces.append(_DATA.sub("", story.about))
    rows = "".join(_sources(story))
    if rows:
        pieces.append(f"<ul>{rows}</ul>")
    return "\n".join(piece for piece in pieces if piece)


def _block(block: Block, media: Media | None, site: Site, base: str) -> str:
    match block:
        case Heading():
            return f"<h2>{escape(block.text)}</h2>"
        case Prose():
            return _DATA.sub("", block.html)
        case Quotation():
            who = ", ".join(part for part in (block.speaker, block.source) if part)
            return f"<blockquote>{_DATA.sub('', block.html)}<p>— {escape(who)}</p></blockquote>"
        case Picture():
            return _picture(block, media, base)
        case Document():
            return f"<p>{_document(block)}</p>"
        case Response():
            who = ", ".join(part for part in (block.person, block.date) if part)
            return f"<blockquote>{_DATA.sub('', block.html)}<p>— {escape(who)}</p></blockquote>"
        case Related():
            return _related(block, site, base)


def _picture(block: Picture, media: Media | None, base: str) -> str:
    words = " ".join(part for part in (block.caption, f"({block.credit})") if part)
    if not base or media is None:
        # A relative address would lead nowhere from inside a feed reader: the words stand for the picture.
        return f"<p>[{escape(block.alt)}] {escape(words)}</p>"
    shown = f'<img src="{escape(link(base, media.path))}" alt="{escape(block.alt)}"'
    return (
        f'<figure>{shown} width="{media.width}" height="{media.height}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def _document(block: Document) -> str:
    title = escape(block.title)
    if block.address:
        title = f'<a href="{escape(block.address)}">{title}</a>'
    return ", ".join(part for part in (title, escape(block.symbol), escape(block.publisher)) if part)


def _related(block: Related, site: Site, base: str) -> str:
    title = block.title or next((one.story.headline for one in site.stories if one.story.name == block.name), "")
    if not title:
        return ""
    if not base:
        return f"<p>{escape(title)}</p>"
    return f'<p><a href="{escape(link(base, page(block.name)))}">{escape(title)}</a></p>'


def _sources(story: Story) -> Iterator[str]:
    for claim in claims(story):
        who = claim.asserted_by
        where = "" if claim.published_by == who else claim.published_by
        parts = (who, where, claim.title, claim.published_on, "" if claim.standing == "asserted" else claim.standing)
        words = f"{claim.measure}: {phrase(claim, 'en')}. {', '.join(part for part in parts if part)}"
        yield f'<li lang="en" dir="ltr">{escape(words)}</li>'
