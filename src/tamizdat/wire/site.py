"""
What a whole site is made from: the newsroom's name, its stories with their pictures, and the edition's marks.

Values only: no path, no clock. pages.py, feeds.py and ninjs.py each turn one Site into files.
"""

from __future__ import annotations

import dataclasses

from tamizdat.wire.story import Picture, Story


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """
    A picture as it is published: a reduced copy, written new, and beside it the provable file where there is one.

    Attributes:
        picture: What the story says of it.

        path: Where the reduced copy stands in the edition (``media/0123456789abcdef.jpg``).

        width: Pixels of the reduced copy, and *height* likewise.

        file: Where the provable file stands, its proof beside it; empty where there is none.

        check: The page that checks it, with everything in it.

        waits: Its line on the public record is still to come.

        whole: Nothing of the original is hidden or cut away in the provable file.

        reason: Why there is no provable file though its maker may be shown, in English words.
    """

    picture: Picture
    path: str
    width: int
    height: int
    file: str = ""
    check: str = ""
    waits: bool = False
    whole: bool = False
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    A story as it goes out.

    Attributes:
        first_published: Seconds since 1970, of version 1; *published* of this version.

        media: One for each of the story's pictures, in order.

        approvals: The names of those who approved this version; *solo* where the newsroom asks for one only.
    """

    story: Story
    first_published: int
    published: int
    media: tuple[Media, ...]
    approvals: tuple[str, ...]
    solo: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    One edition, before it is pages.

    Attributes:
        name: The newsroom's.

        stories: Newest first.

        card_words: The 12 words of the newsroom's card.

        edition_number: From 1, one more each time.

        made: Seconds since 1970 by the newsroom's clock.

        log_origin: The name of the public record.
    """

    name: str
    stories: tuple[Published, ...]
    card_words: tuple[str, ...]
    edition_number: int
    made: int
    log_origin: str
