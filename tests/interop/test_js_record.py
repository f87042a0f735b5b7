"""
The check page's JavaScript and Python read the public record and editions alike: the same codes for the same faults.

Node runs the very modules that the page is built from; what a browser adds is test_check_page_folders.py.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.newsroom import release, tick
from tamizdat.primitives import card, note, words
from tamizdat.primitives.errors import TamizdatError
from tamizdat.primitives.stores import Below
from tamizdat.record import checkpoint, entry, log, policy, stamp
from tamizdat.wire import approval, edition, verify
from tests import tools, vectors
from tests.newsroom import rooms
from tests.newsroom.test_release import write
from tests.record.logs import begun
from tests.redaction import pictures
from tests.suites.test_tlog import VKEY as TESSERA
from tests.wire import test_verify, test_verify_proofs
from tests.wire.editions import NOW, SIGNERS, WITNESS, Room, approved, copy, cosigned
from tools.vectors import authority


CATALOGUE = json.loads((tools.ROOT / "src/tamizdat/wire/texts/check/en.json").read_text())
READERS: dict[str, Callable[[bytes], object]] = {
    "approval": lambda raw: approval.read_text(raw.decode()),
    "card": card.read,
    "checkpoint": lambda raw: checkpoint.read_text(raw.decode()),
    "edition": lambda raw: edition.read_text(raw.decode()),
    "entry": entry.read,
    "key": lambda raw: note.read_verifier(raw.decode()),
    "note": note.read,
    "policy": policy.read,
}


def base64s(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def outcome(read: Callable[[], object]) -> str:
    try:
        read()
    except TamizdatError as error:
        return error.code
    return "whole"


@pytest.fixture
def node(tmp_path):
    """Run jobs of record.mjs."""
    tools.node_module("@noble/post-quantum")

    def run(*jobs: dict[str, Any]) -> list[Any]:
        (tmp_path / "jobs").write_text(json.dumps(jobs))
        command = [tools.need("node"), "--no-warnings", tools.ROOT / "tests/interop/record.mjs", tmp_path / "jobs"]
        done = subprocess.run([*command, tmp_path / "answers"], capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads((tmp_path / "answers").read_text())

    return run


def texts(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def spoiled(dice: random.Random, raw: bytes) -> bytes:
    """One small change: a byte, a stretch gone, a stretch twice, or letters that readers stumble over."""
    at = dice.randrange(len(raw) + 1)
    end = min(len(raw), at + dice.choice([1, 1, 2, 8, 40]))
    odd = dice.choice(
        [b"\n", b" ", b"0", b"+", b"=", b"\t", "é".encode(), "\u2028".encode(), "\ufeff".encode(), b"A", b"9" * 20]
    )
    kind = dice.randrange(4)
    if kind == 0 and at < len(raw):
        return raw[:at] + bytes([raw[at] ^ 1 << dice.randrange(8)]) + raw[at + 1 :]
    return raw[:at] + {0: b"", 1: b"", 2: raw[at:end] * 2, 3: odd}[kind] + raw[end if kind < 3 else at :]


def test_every_reader_finds_what_pythons_finds(node):
    """The vectors of docs/spec, and five hundred small changes to the whole ones of each format."""
    dice = random.Random("readers")
    cases: dict[str, list[bytes]] = {kind: [] for kind in READERS}
    for kind, spec, prefix in (
        ("approval", "approval", ""),
        ("card", "card", ""),
        ("edition", "edition", ""),
        ("entry", "entry", "entry-"),
        ("policy", "log", "policy-"),
    ):
        cases[kind] += [one.file for one in vectors.load(spec) if one.name.startswith(prefix)]
    store = Room().publish(witnesses=(WITNESS.vkey,))
    cases["note"] += [
        cosigned(store.values["log/checkpoint"]),
        store.values["card.txt"],
        approved("a", "editor", "second"),
    ]
    cases["checkpoint"] += [note.read(store.values["log/checkpoint"]).text.encode()]
    cases["key"] += [SIGNERS["log"].verifier.vkey.encode(), WITNESS.vkey.encode(), _quantum().verifier.vkey.encode()]
    jobs = []
    for kind, raws in cases.items():
        whole = [raw for raw in raws if outcome(lambda raw=raw, kind=kind: READERS[kind](raw)) == "whole"]
        assert whole, kind
        raws += [spoiled(dice, dice.choice(whole)) for _ in range(100 if kind == "card" else 500)]
        if kind not in {"card", "entry", "note", "policy"}:
            raws[:] = filter(texts, raws)
        jobs.append({"verb": "read", "kind": kind, "raws": [base64s(raw) for raw in raws]})

    answers = node(*jobs)

    for (kind, raws), answer in zip(cases.items(), answers, strict=True):
        expected = [outcome(lambda raw=raw, kind=kind: READERS[kind](raw)) for raw in raws]
        wrong = [(want, got, raw) for raw, want, got in zip(raws, expected, answer, strict=True) if want != got]
        assert not wrong, (kind, len(wrong), wrong[:3])


def _quantum() -> note.Cosigner:
    return note.Cosigner(name="news.example/quantum", kind=note.MLDSA44, seed=b"q" * 32)


def test_signatures_are_believed_alike(node):
    """All three kinds of keys; a false one, another time, another text, a namesake, a stranger, one key twice."""
    text = f"{SIGNERS['log'].name}\n4\n{base64s(bytes(32))}\n"
    quantum = _quantum()
    lines = {
        "log": SIGNERS["log"].sign(text),
        "ed25519": note.read(cosigned(note.sign(text, SIGNERS["log"]))).signatures[-1],
        "mldsa44": quantum.cosign(text, NOW),
    }
    keys = {"log": SIGNERS["log"].verifier, "ed25519": WITNESS, "mldsa44": quantum.verifier}
    raws = {name: note.write(note.Note(text=text, signatures=(line,))) for name, line in lines.items()}
    raws["all"] = note.write(note.Note(text=text, signatures=(*lines.values(), *lines.values())))
    raws["longer"] = note.write(note.Note(text=f"{text}more\n", signatures=tuple(lines.values())))
    raws["no record"] = note.write(note.Note(text="hello\n", signatures=tuple(lines.values())))
    for name, line in lines.items():
        for at in (0, 7, 8, 20, len(line.value) - 1):
            value = bytearray(line.value)
            value[at] ^= 1
            twin = note.Signature(name=line.name, key_id=line.key_id, value=bytes(value))
            raws[f"{name} {at}"] = note.write(note.Note(text=text, signatures=(twin, *lines.values())))
        for at, cut in enumerate((line.value[:8], line.value[:-1], line.value + b"\0")):
            twin = note.Signature(name=line.name, key_id=line.key_id, value=cut)
            raws[f"{name} cut {at}"] = note.write(note.Note(text=text, signatures=(twin,)))
    namesake = note.Signer(name=SIGNERS["log"].name, seed=b"n" * 32).verifier
    trusted = [[key] for key in keys.values()] + [list(keys.values()), [namesake], []]
    cases = [(raw, some) for raw in raws.values() for some in trusted]

    (answers,) = node(
        {"verb": "verify", "cases": [{"raw": base64s(raw), "keys": [k.vkey for k in some]} for raw, some in cases]}
    )

    seen = set()
    for (raw, some), answer in zip(cases, answers, strict=True):
        found: list[note.Note] = []
        code = outcome(lambda raw=raw, some=some, found=found: found.append(note.verify(raw, *some)))
        signatures = found[0].signatures if found else ()
        who = [next(key for key in some if key.signed(one)) for one in signatures]
        times = [one.time if key.kind in note.TIMED else 0 for one, key in zip(signatures, who, strict=True)]
        assert answer == {"code": code, "names": [key.vkey for key in who], "times": times}, (raw, some)
        seen.add((code, len(who)))
    assert {("whole", 1), ("whole", 3), ("note-forged", 0), ("note-unsigned", 0)} <= seen


SIZES = (0, 1, 2, 255, 256, 257, 70_000)


def test_whole_logs_are_computed_anew(node, tmp_path):
    """Ours at every size that is odd, with the forms that older states left; Tessera's own."""
    jobs, expected = [], []
    for size in SIZES:
        store = Memory()
        writer = begun(store, SIGNERS["log"])
        rest = [b"%d" % number for number in range(size)]
        for count in (1, 100, 200, 30_000, 60_000):
            writer.append(rest[:count])
            rest = rest[count:]
        jobs.append(
            {"verb": "log", "root": kept(tmp_path / f"{size}", store), "key": SIGNERS["log"].verifier.vkey}
            | ({"index": size // 2} if size else {})
        )
        expected.append(
            {"size": f"{size}", "count": size, "faults": [], "entry": base64s(b"%d" % (size // 2)) if size else None}
        )
    tessera = tools.inputs("suites/record/tessera-testlog/testdata/log")
    jobs.append({"verb": "log", "root": str(tessera), "key": TESSERA.vkey, "index": 2})
    expected.append({"size": "15", "count": 15, "faults": [], "entry": base64s(b"three")})

    assert node(*jobs) == expected


def test_every_altered_file_of_a_log_is_named_alike(node, tmp_path):
    """Files gone, cut, swapped, altered, alone and some at once: in a log of three levels, and in small ones, with older forms."""
    dice = random.Random("log")
    jobs, expected = [], []
    for number, (size, turns) in enumerate({65_536 + 300: 1, 900: 30, 300: 30}.items()):
        store = Memory()
        writer = begun(store, SIGNERS["log"])
        rest = [b"%d" % one for one in range(size)]
        for count in (200, 30, size - 300, 70):
            writer.append(rest[:count])
            rest = rest[count:]
        _spoil(store, kept(tmp_path / f"{number}", store), dice, turns, jobs, expected)

    answers = node(*jobs)

    assert [sorted(one["faults"]) for one in answers] == expected
    assert len({code for one in expected for _, code in one}) >= 5


def _spoil(store: Memory, root: str, dice: random.Random, turns: int, jobs: list[Any], expected: list[Any]) -> None:
    raws = {name: store.values[name] for name in store.names("tile")}
    often = [name for name in raws if ".p/" in name or name.count("/00")]
    for _ in range(turns):
        changes: dict[str, bytes | None] = {}
        for name in dice.choices(often + dice.choices(sorted(raws), k=4), k=dice.choice([1, 1, 2, 3])):
            raw, other = raws[name], raws[dice.choice(often)]
            at = dice.randrange(len(raw))
            flipped = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            changes[name] = dice.choice([None, raw[:-1], raw + b"\0", raw[:at], other, flipped, flipped, flipped])
        if dice.random() < 0.2:
            changes[
                dice.choice(["tile/x", "tile/0/000.p/999", "tile/entries/001.p/7", "tile/9/000", "tile/0/x999/999"])
            ] = b"x"
        jobs.append({"verb": "log", "root": root, "key": SIGNERS["log"].verifier.vkey, "changes": coded(changes)})
        spoilt = copy(store)
        spoilt.values = {name: raw for name, raw in (store.values | changes).items() if raw is not None}
        reader = log.read_log(spoilt, SIGNERS["log"].verifier)
        expected.append(sorted([fault.where, fault.code] for fault in set(reader.check_all())))


def kept(folder: Path, store: Memory) -> str:
    for path, raw in store.values.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    return str(folder)


def coded(changes: dict[str, bytes | None]) -> dict[str, str | None]:
    return {name: None if raw is None else base64s(raw) for name, raw in changes.items()}


def test_entries_out_of_order_are_named_alike(node):
    dice = random.Random("order")
    slots = [entry.Slot(number=number, seconds=86_400) for number in (20_000, 20_001, 20_005)]
    good = [
        entry.BatchEntry(sequence=1, slot=slots[0], missed=0, root=bytes(32)),
        entry.Entry(kind="edition", sequence=1, text_hash=bytes(32)),
        entry.BatchEntry(sequence=2, slot=slots[1], missed=0, root=bytes(32)),
        entry.BatchEntry(sequence=3, slot=slots[2], missed=3, root=bytes(32)),
        entry.Entry(kind="key", sequence=1, text_hash=bytes(32)),
    ]
    raws = [entry.write(one) for one in good]
    lists = [raws] + [dice.choices([*raws, spoiled(dice, raws[3])], k=6) for _ in range(300)]

    answers = node(*({"verb": "order", "entries": [base64s(raw) for raw in some]} for some in lists))

    for some, answer in zip(lists, answers, strict=True):
        assert [tuple(one) for one in answer] == [
            (int(fault.where.removeprefix("entry ")), fault.code) for fault in entry.check_order(some)
        ]
    assert answers[0] == []


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
