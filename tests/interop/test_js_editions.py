"""
The check page's JavaScript and Python judge whole editions alike: the same codes for the same faults.

Node runs the very modules that the page is built from; what a browser adds is test_check_page_folders.py.
"""

from __future__ import annotations

import base64
import json
import random

from typing import Any

from tamizdat.adapters.memory import Memory
from tamizdat.newsroom import release, tick
from tamizdat.primitives import card, note, words
from tamizdat.primitives.stores import Below
from tamizdat.record import checkpoint, stamp
from tamizdat.wire import verify
from tests import tools, vectors
from tests.interop.jsrecord import base64s, coded, kept, spoiled
from tests.newsroom import rooms
from tests.newsroom.test_release import write
from tests.record.logs import begun
from tests.redaction import pictures
from tests.wire import test_verify, test_verify_proofs
from tests.wire.editions import NOW, SIGNERS, WITNESS, Room, approved, copy, cosigned
from tools.vectors import authority


CATALOGUE = json.loads((tools.ROOT / "src/tamizdat/wire/texts/check/en.json").read_text())


def told_by(report: verify.Report) -> dict[str, Any]:
    """What Python says of an edition, so that the page's findings can be held against it."""
    return {
        "faults": sorted({(fault.where.replace("the other copy", "other"), fault.code) for fault in report.faults}),
        "proven": len(report.proven),
        "stated": len(report.stated),
        "unproven": len(report.unproven),
        "evidence": [base64s(raw) for raw in report.evidence],
    }


def heard(answer: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {"proven": [], "stated": [], "unproven": [], "fault": []}
    for found in answer["findings"]:
        # Python says it in one sentence with the date.
        if found["code"] != "edition-made-alone":
            kinds[found["kind"]].append(found)
    return {
        "faults": sorted({(found["params"]["where"], found["code"]) for found in kinds["fault"]}),
        **{kind: len(kinds[kind]) for kind in ("proven", "stated", "unproven")},
        "evidence": answer["evidence"],
    }


class Editions:
    """Cases of editions, each asked of Python at once and of JavaScript all together."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.expected: list[dict[str, Any]] = []
        self.names: list[str] = []

    def ask(self, name: str, store: Memory, root: str = "", base: Memory | None = None, **options: Any) -> None:
        """*root* holds *base*; *store* is what the edition is."""
        job: dict[str, Any] = {"verb": "edition", "now": NOW, "root": root, "changes": changes(base, store)}
        given = {"now": NOW}
        if "words" in options:
            job["words"] = str(options["words"])
            given["card_words"] = words.card_words(options["words"])
        if "against" in options:
            job["against"] = {"root": "", "changes": changes(None, options["against"])}
            given["against"] = options["against"]
        if "now" in options:
            job["now"] = given["now"] = options["now"]
        self.jobs.append(job)
        self.expected.append(told_by(verify.check(store, **given)))
        self.names.append(name)

    def hold(self, node) -> list[list[dict[str, Any]]]:
        answers = node(*self.jobs)
        for name, want, answer in zip(self.names, self.expected, answers, strict=True):
            assert heard(answer) == want, name
            for found in answer["findings"]:
                sentence(found)
        return [answer["findings"] for answer in answers]


def changes(base: Memory | None, store: Memory) -> dict[str, str | None]:
    old = base.values if base else {}
    gone: dict[str, bytes | None] = {path: None for path in old if path not in store.values}
    return coded(gone | {path: raw for path, raw in store.values.items() if old.get(path) != raw})


def sentence(found: dict[str, Any]) -> str:
    """The words for a finding; every one has some, with nothing left to fill in."""
    return CATALOGUE[found["say"]].format_map(found["params"])


def test_editions_are_judged_alike(node):
    """Whole; every change that test_verify.py knows; other cards, keys, approvals, witnesses, records."""
    room = Room()
    room.batches(3)
    whole = room.publish()
    cases = Editions()
    fingerprint = card.fingerprint(whole.values["card.txt"])
    cases.ask("whole", whole)
    cases.ask("known card", whole, words=fingerprint)
    cases.ask("another card", whole, words=fingerprint ^ 1)
    cases.ask("later", whole, now=NOW + 200 * 86_400)
    cases.ask("earlier", whole, now=NOW - 86_400)
    for name, (change, _) in test_verify.CHANGES.items():
        spoilt = copy(whole)
        change(spoilt)
        cases.ask(name, spoilt)
    mine, other = note.read(approved("harbour", "editor")), note.read(approved("bridge", "second"))
    forged = note.write(note.Note(text=mine.text, signatures=(*mine.signatures, *other.signatures)))
    path = "approvals/harbour.txt"
    for name, raw in {
        "one approval": approved("harbour", "editor"),
        "a stranger's": approved("harbour", "stranger"),
        "a forged one": forged,
        "another story's": approved("bridge", "editor", "second"),
        "none": None,
    }.items():
        cases.ask(name, room.publish({path: raw}))
    cases.ask("solo", room.publish({path: approved("harbour", "editor")}, approvals=1))
    cases.ask("a foreign list", room.publish(signer="stranger"))
    cases.ask("another origin", room.publish(origin="other.example/record"))
    cases.ask("a foreign record", room.publish(log=SIGNERS["stranger"].verifier.vkey))
    cases.ask("the card not on the list", room.publish({"card.txt": None}))
    witnessed = room.publish(witnesses=(WITNESS.vkey,))
    cases.ask("unwitnessed", witnessed)
    for name, seconds in (("witnessed", NOW), ("witnessed beyond all dates", 1 << 40)):
        seen = copy(witnessed)
        seen.values["log/checkpoint"] = cosigned(witnessed.values["log/checkpoint"], seconds)
        cases.ask(name, seen)
    seen.values["log/checkpoint"] = seen.values["log/checkpoint"][:-8] + b"AAAAAA=\n"
    cases.ask("a false witness", seen)
    exchanged = copy(witnessed)
    exchanged.values["edition.txt"] = note.sign(
        note.read(whole.values["edition.txt"]).text, SIGNERS["edition"], SIGNERS["stranger"]
    )
    cases.ask("another edition's list", exchanged)
    endless = copy(whole)
    head = checkpoint.Checkpoint(origin=SIGNERS["log"].name, size=(1 << 63) - 1, root=bytes(32))
    endless.values["log/checkpoint"] = checkpoint.sign(head, SIGNERS["log"])
    cases.ask("a record of endless length", endless)

    findings = cases.hold(node)

    assert [f"{found['kind']} {found['say']}" for found in findings[0]] == WHOLE


WHOLE = [
    "unproven edition-card-words",
    "proven edition-list-signed",
    "proven edition-files-same",
    "proven edition-on-record",
    "stated edition-keys",
    "stated edition-no-witnesses",
    "stated edition-made",
    "stated edition-made-alone",
    "proven edition-approved",
    "proven edition-approved",
    "unproven edition-manuscript",
    "unproven edition-pictures",
    "unproven edition-truth",
    "unproven edition-newest",
]


def test_proofs_rules_and_stamps_in_editions_are_judged_alike(node):
    """A picture with its proof, altered, foreign, alone, torn; outside witnesses by the rules; stamps."""
    cases = Editions()
    shown, proof = test_verify_proofs.redacted()[1].file, test_verify_proofs.proof()
    good = json.loads((vectors.SPECS / "sidecar" / "good.json").read_text("utf-8"))
    foreign = {"media/a.jpg": base64.b64decode(good["picture"]), "media/a.jpg.proof": good["sidecar"].encode()}
    for name, files in {
        "provable": {"media/a.jpg": shown, "media/a.jpg.proof": proof},
        "another newsroom's": foreign,
        "a lone proof": {"media/b.jpg.proof": proof},
        "torn": {"media/a.jpg": shown, "media/a.jpg.proof": proof[:-9]},
        "no picture": {"media/a.jpg": b"x", "media/a.jpg.proof": proof},
    }.items():
        cases.ask(name, Room().publish(files))
    spoilt = Room().publish({"media/a.jpg": shown, "media/a.jpg.proof": proof})
    spoilt.values["media/a.jpg"] = pictures.jpeg(96, 64, salt=9)
    cases.ask("an altered picture", spoilt)
    cases.ask(
        "a provable picture on a foreign list",
        Room().publish({"media/a.jpg": shown, "media/a.jpg.proof": proof}, signer="stranger"),
    )
    for name, rules, witnesses in (
        ("by the rules", test_verify_proofs.RULES, (WITNESS.vkey,)),
        ("by rules with a stranger", test_verify_proofs.RULES, ()),
        ("by rules that ask for nobody", b"quorum none\n", (WITNESS.vkey,)),
        ("by no rules", b"nonsense\n", (WITNESS.vkey,)),
    ):
        store = Room().publish({"policy.txt": rules}, witnesses=witnesses)
        cases.ask(f"unwitnessed {name}", store)
        store.values["log/checkpoint"] = cosigned(store.values["log/checkpoint"])
        cases.ask(f"witnessed {name}", store)
        store.values["log/checkpoint"] = store.values["log/checkpoint"][:-8] + b"AAAAAA=\n"
        cases.ask(f"falsely {name}", store)
    for signer, changed in (("edition", True), ("stranger", False)):
        store = Room().publish({"policy.txt": test_verify_proofs.RULES}, witnesses=(WITNESS.vkey,), signer=signer)
        store.values["log/checkpoint"] = cosigned(store.values["log/checkpoint"])
        store.values["policy.txt"] += b"# more\n" * changed
        cases.ask(f"by rules that are not signed: {signer}", store)
    sundial = authority.make("Sundial", NOW - 86_400, 365)
    for what in ("true", "none", "false", "stranger", "renewed", "no roots", "other roots", "a foreign list"):
        roots = b"none" if what == "no roots" else sundial.pem.encode()
        signer = "stranger" if what == "a foreign list" else "edition"
        store = Room().publish({"authorities/sundial.pem": roots}, signer=signer)
        store.values["authorities/sundial.pem"] += b"\n" * (what == "other roots")
        text = stamp.stamped(store.values["log/checkpoint"])
        path = f"log/{stamp.name(store.values['log/checkpoint'], 'moon' if what == 'stranger' else 'sundial')}"
        if what != "none":
            store.values[path] = sundial.stamp(b"other" if what == "false" else text, NOW + 60)
        if what == "renewed":
            store.values[f"{path}.2"] = sundial.stamp(store.values[path], NOW + 120)
            store.values[f"{path}.4"] = b"x"
        cases.ask(f"a stamp: {what}", store)
        cases.ask(f"a stamp, late: {what}", store, now=NOW + 3 * 365 * 86_400)

    findings = cases.hold(node)

    assert "edition-picture-stated" in {found["say"] for found in findings[0]}
    said = {found["say"] for some in findings for found in some}
    assert {
        "edition-quorum",
        "edition-quorum-missing",
        "edition-witness-not-on-card",
        "edition-stamped",
        "edition-stamp-old",
    } <= said


def test_what_a_newsroom_published_is_judged_alike(node, memory, clock, entropy):
    """Two editions as the command makes them, the first against the second; then its pages, one by one, gone."""
    house = rooms.make(memory, clock, entropy)
    keys = house.unlock(rooms.PASSPHRASE)
    tick.due(house, keys.log)
    stores = []
    for number in (1, 2):
        write(house, "Until Monday.", "correction: {date: 2026-11-26, text: It opens.}\n" * (number - 1))
        released = release.publish(house, keys, ("harbour",))
        inside = Below(house.root, release.folder(released.number))
        stores.append(Memory())
        stores[-1].values = {name: inside.open(name).read() for name in inside.names()}
    cases = Editions()
    for one, other in (stores, stores[::-1]):
        cases.ask("as published", one, against=other)
    for path in sorted(stores[1].values):
        less = copy(stores[1])
        less.drop(path)
        cases.ask(f"without {path}", less)

    findings = cases.hold(node)

    assert not any(found["kind"] == "fault" for some in findings[:2] for found in some)
    assert "edition-on-record" in {found["code"] for found in findings[0]}


def test_a_large_film_is_read_in_slices(node, tmp_path):
    """A quarter of a gigabyte: told how far it is, and never held at once."""
    film = bytes(256 << 20)
    store = Room().publish({"media/film.mp4": film})
    del store.values["media/film.mp4"]
    root = kept(tmp_path / "large", store)
    with (tmp_path / "large/media/film.mp4").open("wb") as file:
        file.truncate(len(film))

    ((answer),) = node({"verb": "edition", "now": NOW, "root": root})

    assert "edition-files-same" in {found["code"] for found in answer["findings"]}
    assert heard(answer)["faults"] == []
    assert answer["last"] == answer["total"] > len(film)
    assert answer["kilobytes"] < 224 << 10


def test_another_copy_of_the_record_is_compared_alike(node):
    """Older, newer, the same, rolled back, forked, incomplete, a stranger's."""
    room = Room()
    room.batches(3)
    first = room.publish()
    twin = Room(copy(room.log), room.number)
    room.batches(300)
    second = room.publish()
    twin.batches(2)
    forked = twin.publish()
    bare, stranger = Memory(), Memory()
    bare.values["checkpoint"] = second.values["log/checkpoint"]
    begun(stranger, SIGNERS["stranger"])
    back = copy(second)
    for name in [name for name in back.values if name.startswith("log/")]:
        back.drop(name)
    back.values.update({name: raw for name, raw in first.values.items() if name.startswith("log/")})
    silent = copy(first)
    silent.drop("log/checkpoint")
    cases = Editions()
    for name, mine, other in (
        ("newer", first, second),
        ("older", second, first),
        ("same", first, first),
        ("only a head", second, bare),
        ("only a newer head", first, bare),
        ("a fork", second, forked),
        ("a fork seen from there", forked, second),
        ("rolled back", back, second),
        ("a stranger's", first, stranger),
        ("nothing", first, Memory()),
        ("nothing of mine", silent, second),
    ):
        cases.ask(name, mine, against=other)

    findings = cases.hold(node)

    assert any(found["code"] == "against-fork" for found in findings[5])
    assert any(found["code"] == "edition-rolled-back" for found in findings[7])


def test_five_hundred_small_changes_are_judged_alike(node, tmp_path):
    """Bytes flipped, cut, doubled, files gone, added, exchanged, renamed: no change is silent, in either language."""
    room = Room()
    room.publish()
    room.batches(20)
    whole = room.publish()
    cases = Editions()
    root = kept(tmp_path / "whole", whole)
    dice = random.Random("editions")
    names = sorted(whole.values)
    for turn in range(500):
        edition = copy(whole)
        name, other = dice.choice(names), dice.choice(names)
        kind = dice.randrange(10)
        if kind < 6:
            edition.values[name] = spoiled(dice, whole.values[name])
        elif kind == 6:
            edition.drop(name)
        elif kind == 7:
            edition.values[name] = whole.values[other]
        elif kind == 8:
            edition.values[dice.choice(["x", "log/x", f"{name}/x", name.upper(), "stories/x/index.html", "é"])] = b"x"
        else:
            edition.values[dice.choice([name.capitalize(), f"{name}.old", f"log/{name}"])] = edition.values.pop(name)
        cases.ask(f"{turn}: {name}", edition, root, whole)

    cases.hold(node)

    for job, want in zip(cases.jobs, cases.expected, strict=True):
        # The forms that an older, shorter record left may be dropped.
        older = all(raw is None and ".p/" in path and "/22" not in path for path, raw in job["changes"].items())
        assert want["faults"] or older, job["changes"]
