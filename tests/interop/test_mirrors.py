"""
A mirror that drops, alters, adds or rolls back a file is named: every file of an edition in turn, by Python and by the page alike.

What may go unsaid is told one by one: forms of the record's tiles that an older edition left, and what others signed or
stamped, without which less is proven, never more.
"""

from __future__ import annotations

import re

from tamizdat.adapters.memory import Memory
from tamizdat.record import stamp
from tests.interop.jsrecord import kept
from tests.interop.test_js_editions import Editions
from tests.scripts import house
from tests.wire import test_verify_proofs
from tests.wire.editions import NOW, WITNESS, Room, copy, cosigned
from tools.vectors import authority


OLDER = re.compile(r"log/tile/(?:0|entries)/(?:000\.p/[34]|001\.p/48)")
HIDDEN = ".tamizdat-0123456789abcdef.tmp"
ADDED = (
    "x",
    ".htaccess",
    HIDDEN,
    f"stories/{HIDDEN}",
    f"stories/{HIDDEN}/index.html",
    f"log/{HIDDEN}",
    f"log/tile/{HIDDEN}",
    "log/tile/0/000.p/200",
    "log/stamps/x/sundial.tsr",
    "check/0123456789abcdef.html",
    "media/a.jpg.proof.proof",
    "authorities/sundial2.pem",
    "EDITION.TXT",
    "stories/harbour/index.html.gz",
)


def whole(room: Room, word: bytes) -> Memory:
    """An edition with all there can be: a picture and its proof, rules, an outside witness, a time authority's stamp and its renewal."""
    sundial = authority.make("Sundial", NOW - 86_400, 365)
    store = room.publish(
        {
            "index.html": b"<p>" + word,
            "stories/harbour/index.html": b"<p>The harbour, " + word,
            "media/a.jpg": test_verify_proofs.redacted()[1].file,
            "media/a.jpg.proof": test_verify_proofs.proof(),
            "policy.txt": test_verify_proofs.RULES,
            "authorities/sundial.pem": sundial.pem.encode(),
        },
        witnesses=(WITNESS.vkey,),
    )
    store.values["log/checkpoint"] = raw = cosigned(store.values["log/checkpoint"])
    first = sundial.stamp(stamp.stamped(raw), NOW + 60)
    store.values[f"log/{stamp.name(raw, 'sundial')}"] = first
    store.values[f"log/{stamp.name(raw, 'sundial')}.2"] = sundial.stamp(first, NOW + 120)
    return store


def test_every_file_that_is_dropped_altered_or_rolled_back_is_named_and_everything_added(node):
    room = Room()
    room.batches(3)
    before = whole(room, b"older")
    room.batches(300)
    now = whole(room, b"newer")
    cases, spoilt = Editions(), []

    def spoil(path: str, how: str, raw: bytes | None) -> None:
        store = copy(now)
        store.values |= {path: raw or b""}
        if raw is None:
            store.drop(path)
        cases.ask(f"{path} {how}", store)
        spoilt.append((path, how))

    for path, raw in sorted(now.values.items()):
        spoil(path, "dropped", None)
        for at in sorted({0, len(raw) // 2, len(raw) - 1}):
            spoil(path, "altered", raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        spoil(path, "cut", raw[:-1])
        spoil(path, "grown", raw + b"\n")
        if before.values.get(path, raw) != raw:
            spoil(path, "rolled back", before.values[path])
    for path in ADDED:
        spoil(path, "added", b"x")

    cases.hold(node)

    rolled = {path for path, how in spoilt if how == "rolled back"}
    assert rolled == {"edition.txt", "index.html", "log/checkpoint", "stories/harbour/index.html"}
    for (path, how), told in zip(spoilt, cases.expected, strict=True):
        named = {where for where, _ in told["faults"]}
        if how == "dropped" and (OLDER.fullmatch(path) or path.endswith(".tsr.2")):
            assert not named, path
        elif how == "dropped" and path.endswith(".tsr"):
            assert named == {f"{path}.2"}
        elif (path, how) == ("edition.txt", "rolled back"):
            assert named == rolled - {"edition.txt", "log/checkpoint"}  # an older list is as true as the newer
        else:
            assert path.removesuffix(".2") in named, (path, how)


def test_nothing_is_hidden_under_the_name_of_a_write_that_was_never_finished(tmp_path):
    """The program does not see its own unfinished writes; in other people's folders it does."""
    room = Room()
    store = whole(room, b"whole")
    for path in (f"stories/{HIDDEN}/index.html", f"log/{HIDDEN}", HIDDEN):
        store.values[path] = b"x"
    kept(tmp_path, store)

    told = house.refused(house.run("verify", tmp_path), 6, "verify-failed")

    assert "3 faults were found" in told


def test_a_whole_edition_inside_a_spoilt_one_is_not_taken_for_it(node):
    """The page looks at the outermost edition of what it is given, and says how much lies outside of what it looked at."""
    inner = ["m/x/edition.txt", "m/x/card.txt", "m/x/log/checkpoint"]
    several = [f"editions/00000{number}/{name}" for number in (1, 2) for name in ("edition.txt", "card.txt")]
    spoilt, bare, some, lone = node(
        {"verb": "gather", "paths": ["m/index.html", "m/card.txt", *inner]},
        {"verb": "gather", "paths": ["m/index.html", *inner]},
        {"verb": "gather", "paths": several},
        {"verb": "gather", "paths": ["m/log/checkpoint", "m/log/tile/0/000.p/1"]},
    )

    assert (spoilt["around"], len(spoilt["paths"])) == (None, 5)
    assert bare == {
        "paths": ["card.txt", "edition.txt", "log/checkpoint"],
        "around": {"folder": "m/x/", "count": 1},
    }
    assert some == {"paths": ["card.txt", "edition.txt"], "around": {"folder": "editions/000002/", "count": 2}}
    assert lone == {"paths": ["log/checkpoint", "log/tile/0/000.p/1"], "around": None}
