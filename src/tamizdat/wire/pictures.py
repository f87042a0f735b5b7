"""
The pictures of a story's head: which object, whose, what it shows, what is cut and hidden.

It does NOT open pictures; picture.py does. The fields are docs/spec/story.md, "pictures".
"""

from __future__ import annotations

import re

from typing import Final

from tamizdat.primitives import text
from tamizdat.wire.findings import Findings
from tamizdat.wire.head import Fields, Items, Value, Words
from tamizdat.wire.story import People, Picture


MAX_BOXES: Final = 100

_OBJECT: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_PEOPLE: Final[dict[str, People]] = {"consent": "consent", "hidden": "hidden", "none": "none"}

Box = tuple[int, int, int, int]


def read(key: str, group: Fields, found: Findings) -> Picture:
    """Read the picture *key*; what is wrong goes to *found*."""
    group.only(("object", "credit", "alt", "caption", "crop", "hide", "people"))
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
    return Picture(
        object=identity,
        credit=group.text("credit", required=True, code="story-picture-credit", mend="Write credit: and who made it."),
        alt=group.text(
            "alt", required=True, code="story-picture-alt", mend="Write alt: for readers who cannot see the picture."
        ),
        caption=group.text("caption"),
        crop=crops[0] if crops else None,
        hide=hides,
        people=_PEOPLE.get(answer, "none"),
    )


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
