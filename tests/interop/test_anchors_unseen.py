"""Proofs of OpenTimestamps in an edition: the check page and `verify` hold them against the list, and claim nothing by them."""

from __future__ import annotations

import json

from tests.interop.test_js_editions import Editions
from tests.wire.editions import Room
from tools.vectors import anchors


FOLDER = f"anchors/{'0123456789abcdef' * 2}"
FILES = {
    f"{FOLDER}/checkpoint": b"an older state\n",
    f"{FOLDER}/calendar-example.ots": anchors.block(b"an older state\n"),
    f"{FOLDER}/calendar-example.header": anchors.GENESIS,
}


def test_the_page_and_python_say_of_an_edition_with_proofs_what_they_say_without(node):
    cases = Editions()
    cases.ask("without", Room().publish({}))
    cases.ask("with", Room().publish(FILES))
    altered = Room().publish(FILES)
    altered.values[f"{FOLDER}/calendar-example.ots"] += b"x"
    cases.ask("altered", altered)

    without, with_, bent = cases.hold(node)

    assert [found["code"] for found in without] == [found["code"] for found in with_]
    assert "itcoin" not in json.dumps(with_)
    assert any(found["kind"] == "fault" for found in bent)
