"""
The check page's JavaScript and Python read the public record alike: the same codes for the same faults.

Node runs the very modules that the page is built from. Editions are test_js_editions.py.
"""

from __future__ import annotations

import random

from collections.abc import Callable
from typing import Any

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import card, note
from tamizdat.primitives.errors import TamizdatError
from tamizdat.record import checkpoint, entry, log, policy
from tamizdat.wire import approval, edition
from tests import tools, vectors
from tests.interop.jsrecord import base64s, coded, kept, spoiled
from tests.record.logs import begun
from tests.suites.test_tlog import VKEY as TESSERA
from tests.wire.editions import NOW, SIGNERS, WITNESS, Room, approved, copy, cosigned


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


def outcome(read: Callable[[], object]) -> str:
    try:
        read()
    except TamizdatError as error:
        return error.code
    return "whole"


def texts(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


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
