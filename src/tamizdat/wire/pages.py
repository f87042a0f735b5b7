"""
The reader's pages: a story, the front page, and how to check an edition, as bytes.

Pure: a Site comes in, (path, bytes) go out. No page asks anything of any other machine, needs a script,
or holds a style or a script of its own: all links are relative, so that a folder on a stick is a whole site.
What each page must show is docs/spec/edition.md, "Pages".
"""

from __future__ import annotations

import functools
import importlib.resources
import re

from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tamizdat.wire import body, figures, language
from tamizdat.wire.language import Language
from tamizdat.wire.site import Published, Site


# 'self' alone is enough in Chromium 156 on file:// (tests/interop/test_browser.py), but the standard leaves open
# whether it matches a file's opaque origin; `file:` says it outright, and adds nothing where a page was served.
POLICY: Final = (
    "default-src 'none'; img-src 'self' file:; style-src 'self' file:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
ASSETS: Final = ("reader.css", "reader.js", "icon.svg")
_ADDRESS: Final = re.compile(r"(?:https?://)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::[0-9]+)?(?:/\S*)?", re.ASCII)


def write(site: Site) -> Iterator[tuple[str, bytes]]:
    """Write every page and asset of a site, as paths in the edition and their bytes."""
    for name in ASSETS:
        yield f"assets/{name}", _file("assets", name)
    homes = _homes(site)
    for tag in homes:
        yield _home(tag), _page(site, tag, homes, "front.html", _home(tag), stories=_front(site, tag, homes))
        yield _about(tag), _page(site, tag, homes, "about.html", _about(tag))
    for published in site.stories:
        path = f"stories/{published.story.name}/index.html"
        tag = language.load(published.story.language).tag
        yield path, _page(site, tag, homes, "story.html", path, **_story(site, published, language.load(tag)))


def _story(site: Site, published: Published, speech: Language) -> dict[str, Any]:
    story = published.story
    environment = _environment(speech.tag)
    dateline = environment.get_template("dateline.html").render(story=story, site=site, language=speech)
    shown = [] if story.withdrawal else body.passages(published, Markup(dateline.strip()))  # noqa: S704 (our template)
    return {
        "published": published,
        "story": story,
        "passages": shown,
        "said": body.said(shown),
        "measures": figures.measures(story.figures),
        "translations": _translations(site, published),
        "titles": {each.story.name: each.story for each in site.stories},
    }


def _translations(site: Site, published: Published) -> list[Published]:
    def family(each: Published) -> str:
        return each.story.translation_of or each.story.name

    return [
        each for each in site.stories if family(each) == family(published) and each.story.name != published.story.name
    ]


def _homes(site: Site) -> list[str]:
    spoken = {language.load(published.story.language).tag for published in site.stories}
    return [tag for tag in language.LANGUAGES if tag == language.DEFAULT or tag in spoken]


def _front(site: Site, tag: str, homes: list[str]) -> list[Published]:
    own = [each for each in site.stories if language.load(each.story.language).tag == tag]
    return own or (list(site.stories) if homes[0] == tag else own)


def _home(tag: str) -> str:
    return "index.html" if tag == language.DEFAULT else f"{tag}/index.html"


def _about(tag: str) -> str:
    return "about/index.html" if tag == language.DEFAULT else f"{tag}/about/index.html"


def _page(site: Site, tag: str, homes: list[str], template: str, path: str, **more: Any) -> bytes:
    speech = language.load(tag)
    text = (
        _environment(tag)
        .get_template(template)
        .render(
            site=site,
            language=speech,
            homes=[language.load(each) for each in homes],
            home=_home(tag),
            home_of=_home,
            about_of=_about,
            about=_about(tag),
            path=path,
            root="../" * path.count("/"),
            policy=POLICY,
            **more,
        )
    )
    return (text.rstrip("\n") + "\n").encode("utf-8")


@functools.cache
def _environment(tag: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _file("templates", name).decode("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = language.load(tag).words
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        strip=figures.strip,
        differ=figures.differ,
        ends=figures.ends,
        link=link,
        autonym=language.autonym,
        direction=language.direction,
    )
    environment.filters["html"] = Markup
    environment.filters["isolated"] = Markup("<bdi>{}</bdi>").format
    environment.filters["capitalize_first"] = lambda words: words[:1].upper() + words[1:]
    return environment


def link(address: str) -> str:
    """
    Give the address a reader's browser can follow, or nothing where it is none.

    >>> link("azertag.az/en/xeber/3379539"), link("page 287"), link("javascript:alert(1)")
    ('https://azertag.az/en/xeber/3379539', '', '')
    """
    if not _ADDRESS.fullmatch(address):
        return ""
    return address if address.startswith(("http://", "https://")) else f"https://{address}"


@functools.cache
def _file(*parts: str) -> bytes:
    return importlib.resources.files("tamizdat.wire").joinpath(*parts).read_bytes()
