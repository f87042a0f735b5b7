"""
Write the vectors of docs/spec/sidecar.md: flaws of the file, and of the boxes in a picture that it may stand in.

The whole checks, as ``.json``, stand in sidecar_checks.py and sidecar_records.py, and are written from here.
"""

from __future__ import annotations

import json
import sys

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tamizdat.wire import sidecar


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vectors
from tools.vectors import sidecar_checks, sidecar_records
from tools.vectors.credentials import held, within
from tools.vectors.newsroom import signed


def main() -> None:
    """Write all vectors."""
    for old in (*(vectors.SPECS / "sidecar").glob("*.json"), *(vectors.SPECS / "sidecar").glob("*.vector")):
        old.unlink()
    _flaws()
    _boxes()
    sidecar_checks.write()
    sidecar_records.write()


def _flaws() -> None:
    whole = sidecar.write(signed())
    told = json.loads(whole)

    def other(name: str, expect: str, comment: str, change: Callable[[dict[str, Any]], object]) -> None:
        changed = json.loads(whole)
        change(changed)
        raw = (json.dumps(changed, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")
        vectors.write("sidecar", name, expect, comment, raw)

    vectors.write("sidecar", "whole", "whole", "on the record, cosigned, stamped", whole)
    vectors.write(
        "sidecar", "whole-waiting", "whole", "waits for the record", sidecar.write(signed(record=None, stamps=()))
    )
    vectors.write("sidecar", "torn", "sidecar-spelling", "half of it is gone", whole[: len(whole) // 2])
    vectors.write("sidecar", "newline", "sidecar-spelling", "the newline at the end is gone", whole[:-1])
    vectors.write(
        "sidecar", "spaces", "sidecar-spelling", "spaces between", json.dumps(told, sort_keys=True).encode() + b"\n"
    )
    vectors.write("sidecar", "twice", "sidecar-spelling", "a field stands in it twice", b'{"card":"",' + whole[1:])
    vectors.write("sidecar", "deep", "sidecar-spelling", "lists within lists without end", b"[" * 5_000)
    other("number", "sidecar-spelling", "a number", lambda made: made.update(root=1))
    other("missing", "sidecar-field", "no policy, not even an empty one", lambda made: made.pop("policy"))
    other("unknown", "sidecar-field", "a field that is not known", lambda made: made.update(title="A picture"))
    other("half", "sidecar-field", "an entry without a nonce", lambda made: made.pop("nonce"))
    other("version", "sidecar-field", "another version", lambda made: made.update(version="tamizdat-sidecar-v2"))
    other("list", "sidecar-field", "a list in place of words", lambda made: made.update(card=[]))
    other("stamps", "sidecar-field", "an authority without a stamp", lambda made: made["stamps"][0].update(stamps=[]))
    other(
        "stamps-alone",
        "sidecar-field",
        "stamps, and nothing on the record",
        lambda made: [made.pop(name) for name in ("entry", "log", "nonce")],
    )
    other("committed", "sidecar-value", "committed to nowhere known", lambda made: made.update(committed="home"))
    other("root", "sidecar-value", "a root of 31 bytes", lambda made: made.update(root=told["root"][:-4] + "AA=="))
    other("file", "sidecar-value", "a hash of 31 bytes", lambda made: made.update(file=told["file"][:-4] + "AA=="))
    other("letter", "sidecar-value", "half a letter", lambda made: made.update(card="\ud800"))
    other(
        "authority",
        "sidecar-value",
        "an authority's name has capitals",
        lambda made: made["stamps"][0].update(authority="Hour"),
    )
    other(
        "order",
        "sidecar-value",
        "an authority stands in it twice",
        lambda made: made["stamps"].append(made["stamps"][0]),
    )


def _boxes() -> None:
    desk = json.dumps(sidecar.value(signed(committed="desk", file=b"")), ensure_ascii=False).encode()
    whole = within(held(desk))
    for name, comment, expect, raw in (
        ("picture", "a picture with a proof inside", "whole", whole),
        ("picture-twice", "two proofs inside", "sidecar-box", within(held(desk, desk))),
        ("picture-cbor", "the proof inside is no JSON box", "sidecar-box", within(held(desk, kind=b"cbor"))),
        ("picture-cut", "a box inside is cut short", "sidecar-box", within(held(desk)[:-9])),
        ("picture-pieces", "a piece of the credentials is missing", "sidecar-box", whole.replace(b"JP\x00\x01\x00\x00\x00\x01", b"JP\x00\x01\x00\x00\x00\x02", 1)),
        ("picture-number", "a number in the proof inside", "sidecar-spelling", within(held(b'{"root":1}'))),
    ):  # fmt: skip
        vectors.write("sidecar", name, expect, comment, raw)


if __name__ == "__main__":
    main()
