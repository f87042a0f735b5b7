"""The command line and the page in the browser say the same of every proof, however it was spoilt."""

from __future__ import annotations

import base64
import json
import random
import subprocess

from fuzz import sidecar as spoilt
from tamizdat.primitives.errors import TamizdatError
from tamizdat.wire import sidecar
from tests.tools import ROOT, need, node_module


def outcome(picture: bytes, raw: bytes | None) -> list[object]:
    """Give the verdict and what was found, as Python has it; which of two faults a broken stamp gets may differ."""
    try:
        held = sidecar.find(picture) if raw is None else raw
        if held is None:
            return []
        found = sidecar.check(picture, sidecar.read(held), card_words=None, now=spoilt.NOW)
    except TamizdatError as error:
        return ["fault", [["fault", error.code]]]
    return [found.verdict, [[one.kind, one.code.replace("stamp-damaged", "stamp-false")] for one in found.all]]


def test_two_readers_of_one_proof_agree(tmp_path):
    need("node")
    node_module("@noble/curves")
    dice = random.Random("twins")
    jobs, expected = [], []
    for number in range(300):
        _, picture, raw, how = spoilt.make(dice)
        try:
            if how == "resign":
                raw = sidecar.write(sidecar.sign(sidecar.read(raw), spoilt.EDITION))
            words = raw.decode() if how != "find" else None
        except (TamizdatError, UnicodeDecodeError):
            continue
        case = {"picture": base64.b64encode(picture).decode(), "sidecar": words, "card_words": None, "now": spoilt.NOW}
        expected.append(outcome(picture, None if words is None else raw))
        (tmp_path / f"{number}.json").write_text(json.dumps(case))
        jobs.append({"verb": "check", "path": str(tmp_path / f"{number}.json")})
    kept = [(job, told) for job, told in zip(jobs, expected, strict=True) if told]
    ran = subprocess.run(
        ["node", ROOT / "tests" / "interop" / "check.mjs"],
        input=json.dumps([job for job, _ in kept]).encode(),
        capture_output=True,
        check=True,
    )
    told = [
        [one["verdict"], [[kind, code.replace("stamp-damaged", "stamp-false")] for kind, code, _ in one["found"]]]
        for one in json.loads(ran.stdout)
    ]
    assert told == [found for _, found in kept]
    assert len(kept) > 200
