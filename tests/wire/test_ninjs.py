"""Agency items are valid against IPTC's own schema, and say what the stories say."""

from __future__ import annotations

import json

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tamizdat.wire import ninjs
from tests.wire.sites import site


SCHEMA = json.loads((Path(__file__).parent / "ninjs" / "ninjs-schema_3.1.json").read_bytes())
# The one outside reference (GeoJSON) is never used by our items: no network, and anything there is refused.
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True, retriever=lambda uri: {"not": {}})


def items(base: str = "", **changes: object) -> list[dict[str, Any]]:
    made = site(**changes)
    return [json.loads(ninjs.write(published, made, base)) for published in made.stories]


@pytest.mark.parametrize("base", ["", "https://news.example"])
def test_every_item_is_valid_against_the_schema_of_iptc(base: str) -> None:
    """Formats count too (uri, date-time); a key the schema does not know would be refused."""
    for item in items(base):
        VALIDATOR.validate(item)
    assert not VALIDATOR.is_valid({**items(base)[0], "headline": "of an older version"})


def test_an_item_holds_what_agencies_act_on() -> None:
    lamps = items("https://news.example")[0]

    assert lamps["uri"] == "tag:harbour.example,2026:log/stories/lamps/index.html"
    assert (lamps["version"], lamps["pubStatus"], lamps["language"]) == ("2", "usable", "en")
    assert lamps["embargoedUntil"] == "1999-05-03T06:00:00Z"
    assert lamps["located"] == "Harbour"
    assert lamps["infoSources"] == [{"name": "Ada Example"}, {"name": "The Other Paper"}]
    assert lamps["edNote"] == "Correction 1999-05-04: The first version said forty-one."
    picture, related = lamps["associations"]
    assert picture["renditions"][0]["href"] == "https://news.example/media/0000000000000000.jpg"
    assert related["uri"] == items()[1]["uri"]


def test_a_withdrawal_cancels_the_item_and_sends_nothing_of_it_again() -> None:
    lamps = items(withdrawal="The lamps were not ours.", version=3)[0]

    VALIDATOR.validate(lamps)
    assert (lamps["pubStatus"], lamps["version"]) == ("canceled", "3")
    assert lamps["bodies"][0]["value"] == "<p>The lamps were not ours.</p>"
    assert "associations" not in lamps
