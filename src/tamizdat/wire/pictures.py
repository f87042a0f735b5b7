"""
The pictures of a story's head: which object, whose, what it shows, what is cut and hidden, whether it can be proven.

It does NOT open pictures; picture.py does. The fields are docs/spec/story.md, "pictures".
"""

from __future__ import annotations

import re

from typing import Final

from tamizdat.primitives import text
from tamizdat.wire.findings import Findings
from tamizdat.wire.head import Fields, Items, Value, Words
from tamizdat.wire.story import Maker, People, Picture


MAX_BOXES: Final = 100
# What redaction/picture.py calls by a name, without loading what reads pictures.
NAMED: Final = ("date", "place", "camera", "description", "credit", "colours")

_OBJECT: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_PEOPLE: Final[dict[str, People]] = {"consent": "consent", "hidden": "hidden", "none": "none"}
_MAKER: Final[dict[str, Maker]] = {"protected": "protected", "shown": "shown"}
_FIELDS: Final = (
    *("object", "credit", "alt", "caption", "crop", "hide", "people"),
    *("maker", "disclose", "again", "see-through"),
)

Box = tuple[int, int, int, int]


def read(key: str, group: Fields, found: Findings) -> Picture:
    """Read the picture *key*; what is wrong goes to *found*."""
    group.only(_FIELDS)
    identity = group.text("object")
    if not _OBJECT.fullmatch(identity):
        found.add(
            "story-picture-object",
            group.line_of("object"),
            f"picture {key!r}: {identity!r} is not an object of the vault",
            "Write the 16 signs that the report of receive printed, between double quotes.",
        )
    crops, hides = _boxes("crop", group, found), _boxes("hide", group, found)
    if len(crops) > 1:
        found.add("story-picture-box", group.line_of("crop"), "crop is more than one box", "Keep one box.")
    return Picture(
        object=identity,
        credit=group.text("credit", required=True, code="story-picture-credit", mend="Write credit: and who made it."),
        alt=group.text(
            "alt", required=True, code="story-picture-alt", mend="Write alt: for readers who cannot see the picture."
        ),
        caption=group.text("caption"),
        crop=crops[0] if crops else None,
        hide=hides,
        people=_people(key, group, found),
        maker=_maker(key, group, found),
        disclose=_disclosed(key, group, found),
        again=_again(key, group, found),
        see_through=_see_through(key, group, found),
    )


def _people(key: str, group: Fields, found: Findings) -> People:
    answer = group.text("people")
    if answer not in _PEOPLE:
        found.add(
            "story-picture-people",
            group.line_of("people"),
            f"picture {key!r} does not say whether people can be recognised",
            "Write people: consent (they agreed), hidden (under a box), or none.",
        )
    elif answer == "hidden" and not group.many("hide"):
        found.add(
            "story-picture-people",
            group.line_of("people"),
            f"picture {key!r}: people are hidden, but there is no box",
            "Write hide: [x, y, width, height] over each face.",
        )
    return _PEOPLE.get(answer, "none")


def _maker(key: str, group: Fields, found: Findings) -> Maker:
    """Read the answer that decides whether readers get the camera's own pixels; there is none by default."""
    answer = group.text("maker")
    if answer not in _MAKER:
        found.add(
            "story-picture-maker",
            group.line_of("maker"),
            f"picture {key!r} does not say whether its maker is to be protected",
            "Write maker: protected (a reduced copy; proves nothing), or maker: shown "
            "(the camera's own pixels and their proof; the camera can be recognised by them).",
        )
    return _MAKER.get(answer, "protected")


def _disclosed(key: str, group: Fields, found: Findings) -> tuple[str, ...]:
    words = group.texts("disclose")
    for word in words:
        if word.text not in NAMED:
            found.add(
                "story-picture-disclose",
                word.line,
                f"picture {key!r}: there is nothing called {word.text!r} to disclose",
                f"Choose from {', '.join(NAMED)}.",
            )
    if words and group.text("maker") == "protected":
        found.add(
            "story-picture-disclose",
            group.line_of("disclose"),
            f"picture {key!r}: a reduced copy shows nothing that the camera wrote",
            "Take disclose: out, or write maker: shown.",
        )
    return tuple(dict.fromkeys(word.text for word in words))


def _again(key: str, group: Fields, found: Findings) -> bool:
    answer = group.text("again")
    if answer not in {"", "yes"}:
        found.add(
            "story-picture-again",
            group.line_of("again"),
            f"picture {key!r}: again: is {answer!r}",
            "Write again: yes, only where the picture is to show what an earlier disclosure hid, or take it out.",
        )
    return answer == "yes"


def _see_through(key: str, group: Fields, found: Findings) -> bool:
    """Read whether colours under pixels that are not opaque may go out; a reduced copy has none."""
    answer, line = group.text("see-through"), group.line_of("see-through")
    if answer not in {"", "shown"}:
        found.add(
            "story-picture-see-through",
            line,
            f"picture {key!r}: see-through: is {answer!r}",
            "Write see-through: shown, only where everybody may see what is under it, or take it out.",
        )
    elif answer and group.text("maker") == "protected":
        found.add(
            "story-picture-see-through",
            line,
            f"picture {key!r}: a reduced copy shows nothing that is under see-through parts",
            "Take see-through: out, or write maker: shown.",
        )
    return answer == "shown"


def _boxes(key: str, group: Fields, found: Findings) -> tuple[Box, ...]:
    """Read boxes: ``[x, y, w, h]`` alone, or a list of such."""
    values = group.many(key)
    if values and all(isinstance(value, Words) for value in values):
        values = (group.fields[key],)
    if len(values) > MAX_BOXES:
        found.add(
            "story-picture-box", group.line_of(key), f"{key} has {len(values)} boxes", f"Keep {MAX_BOXES} at most."
        )
        return ()
    boxes = [_box(value) for value in values]
    for value, box in zip(values, boxes, strict=True):
        if box is None:
            found.add(
                "story-picture-box",
                value.line,
                f"{key} is not a box inside the upright picture",
                "Write [x, y, width, height] in pixels of the upright original.",
            )
    return tuple(box for box in boxes if box is not None)


def _box(value: Value) -> Box | None:
    if not isinstance(value, Items) or len(value.items) != 4:
        return None
    try:
        x, y, width, height = (text.decimal(item.text) for item in value.items if isinstance(item, Words))
    except ValueError:
        return None
    return (x, y, width, height) if width and height else None
