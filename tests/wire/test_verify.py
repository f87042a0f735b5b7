"""An edition is checked offline, every fault is named, and nothing is called proven that is not."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys

from collections.abc import Callable
from pathlib import Path

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.memory import Memory
from tamizdat.primitives import card, note, words
from tamizdat.record import checkpoint
from tamizdat.wire import verify
from tamizdat.wire.verify import Report
from tests.record.logs import begun
from tests.wire.editions import NOW, ORIGIN, SIGNERS, WITNESS, Room, approved, copy, cosigned


SPOKEN = re.compile(r": ([a-z]+ ){11}[a-z]+$")
JARGON = re.compile(r"\b(tile|checkpoint|merkle|leaf|cosignature|tlog|root hash)", re.IGNORECASE)


def faults(store: Memory, **options: object) -> list[tuple[str, str]]:
    """The faults of an edition as (file, code); that they speak plainly is checked on the way."""
    report = verify.check(store, now=NOW, **options)
    told = (*report.proven, *report.stated, *report.unproven, *(fault.what for fault in report.faults))
    for line in told:
        # The 12 words that end a line are drawn by lot, and one of them may be "leaf".
        assert not JARGON.search(SPOKEN.sub("", line)), line
    return [(fault.where, fault.code) for fault in report.faults]


def said(report: Report) -> str:
    return "\n".join((*report.proven, *report.stated, *report.unproven))


@pytest.fixture
def room() -> Room:
    room = Room()
    room.batches(3)
    return room


@pytest.fixture
def whole(room: Room) -> Memory:
    return room.publish()


def test_a_whole_edition_says_what_is_proven_what_is_stated_and_what_is_not(whole: Memory) -> None:
    spoken = words.card_words(card.fingerprint(whole.values["card.txt"]))

    report = verify.check(whole, now=NOW + 3 * 86_400)
    known = verify.check(whole, now=NOW, card_words=spoken)

    assert report.faults == known.faults == ()
    assert "7 of 7 files are byte for byte" in said(report)
    assert "entry 3 on the newsroom's public record of 4 entries" in "\n".join(report.proven)
    assert "was approved by 2 persons: editor, second" in "\n".join(report.proven)
    assert "(3 days ago by this machine's clock): date stated by the newsroom; nobody else confirms it" in said(report)
    assert "no outside witness" in "\n".join(report.stated)
    assert "reduced copies, attested by the newsroom, not provable" in "\n".join(report.unproven)
    assert "manuscript" in "\n".join(report.unproven)
    assert " ".join(spoken) in "\n".join(report.unproven)
    assert "whose 12 words you gave" in "\n".join(known.proven)
    assert not any("12 words" in line for line in known.unproven)


def test_solo_expired_and_future_are_said(room: Room) -> None:
    edition = room.publish(
        {f"approvals/{name}.txt": approved(name, "editor") for name in ("harbour", "bridge")}, approvals=1
    )

    late = verify.check(edition, now=NOW + 200 * 86_400)
    early = verify.check(edition, now=NOW - 86_400)

    assert late.faults == ()
    assert "one person (solo): editor" in said(late)
    assert "one approval only (solo)" in said(late)
    assert "has expired since" in said(late)
    assert "in the future by this machine's clock" in said(early)


def _set(path: str, raw: bytes) -> Callable[[Memory], None]:
    return lambda store: store.put(path, [raw])


def _drop(*paths: str) -> Callable[[Memory], None]:
    return lambda store: [store.drop(path) for path in paths] and None


def _rename(path: str, to: str) -> Callable[[Memory], None]:
    return lambda store: store.values.__setitem__(to, store.values.pop(path))


def _replace(path: str, old: bytes, new: bytes) -> Callable[[Memory], None]:
    def change(store: Memory) -> None:
        assert old in store.values[path]
        store.values[path] = store.values[path].replace(old, new)

    return change


def _both(*changes: Callable[[Memory], None]) -> Callable[[Memory], None]:
    return lambda store: [change(store) for change in changes] and None


CHANGES: dict[str, tuple[Callable[[Memory], None], set[tuple[str, str]]]] = {
    "a picture altered": (
        _set("media/0123456789abcdef.jpg", b"x"),
        {("media/0123456789abcdef.jpg", "edition-altered")},
    ),
    "a page gone": (_drop("index.html"), {("index.html", "edition-missing")}),
    "a page added": (_set("extra/index.html", b"x"), {("extra/index.html", "edition-added")}),
    "a page renamed": (
        _rename("index.html", "Index.html"),
        {("index.html", "edition-missing"), ("Index.html", "edition-added")},
    ),
    "two at once": (
        _both(_set("index.html", b"x"), _set("stories/bridge/index.html", b"x")),
        {("index.html", "edition-altered"), ("stories/bridge/index.html", "edition-altered")},
    ),
    "the list and a page": (
        _both(_replace("edition.txt", b"edition: 1", b"edition: 2"), _set("index.html", b"x")),
        {
            ("edition.txt", "note-forged"),
            ("index.html", "edition-altered"),
            ("edition.txt", "edition-not-on-record"),
        },
    ),
    "the list gone": (_drop("edition.txt"), {("edition.txt", "edition-no-list")}),
    "the card gone": (_drop("card.txt"), {("card.txt", "edition-no-card"), ("card.txt", "edition-missing")}),
    "the card altered": (
        _replace("card.txt", b"Courier", b"Carrier"),
        {("card.txt", "card-signature"), ("card.txt", "edition-altered")},
    ),
    "an approval gone": (
        _drop("approvals/bridge.txt"),
        {("approvals/bridge.txt", "edition-missing"), ("approvals/bridge.txt", "approval-none")},
    ),
    "the record gone": (
        _drop("log/checkpoint", "log/tile/0/000.p/4", "log/tile/entries/000.p/4"),
        {("log/checkpoint", "log-missing")},
    ),
    "an entry altered": (
        _replace("log/tile/entries/000.p/4", b"sequence: 2", b"sequence: 7"),
        {("log/tile/entries/000.p/4", "log-entries")},
    ),
    "a tile gone": (
        _drop("log/tile/0/000.p/4"),
        {("log/tile/0/000.p/4", "log-tile"), ("log/", "edition-entry")},
    ),
    "an older tile altered": (_set("log/tile/0/000.p/3", b"x" * 96), {("log/tile/0/000.p/3", "log-older")}),
    "a stray in the record": (
        _both(_set("log/readme", b"x"), _set("log/tile/0/x", b"x"), _set("log/tile/0/000.p/9", b"x")),
        {
            ("log/readme", "edition-added"),
            ("log/tile/0/x", "log-stray"),
            ("log/tile/0/000.p/9", "edition-added"),
        },
    ),
    "the record's signature altered": (
        _replace("log/checkpoint", b"\n4\n", b"\n3\n"),
        {("log/checkpoint", "note-forged"), ("log/checkpoint", "edition-rolled-back")},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_fault_is_named_by_its_file(whole: Memory, name: str) -> None:
    change, expected = CHANGES[name]

    change(whole)
    found = faults(whole)

    assert expected <= set(found)
    assert len(found) == len(set(found))
    allowed = {where for where, _ in expected} | {"log/", "log/checkpoint", "edition.txt", *_grown(name)}
    assert {where for where, _ in found} <= allowed


def _grown(name: str) -> set[str]:
    # A record said to be shorter than it is has files beyond its end.
    return {f"log/tile/{kind}/000.p/4" for kind in ("0", "entries")} if "signature" in name else set()


def test_another_card_and_other_keys_are_faults(room: Room) -> None:
    whole = room.publish()
    wrong = words.card_words(card.fingerprint(whole.values["card.txt"]) ^ 1)

    assert faults(whole, card_words=wrong) == [("card.txt", "edition-other-card")]
    assert ("edition.txt", "note-unsigned") in faults(room.publish(signer="stranger"))
    assert ("log/checkpoint", "edition-origin") in faults(room.publish(origin="other.example/record"))
    assert ("card.txt", "edition-card-unlisted") in faults(room.publish({"card.txt": None}))
    other_log = room.publish(log=SIGNERS["stranger"].verifier.vkey)
    assert ("log/checkpoint", "note-unsigned") in faults(other_log)


def test_approvals_are_counted_and_are_of_their_own_story(room: Room) -> None:
    mine, other = note.read(approved("harbour", "editor")), note.read(approved("bridge", "second"))
    forged = note.write(note.Note(text=mine.text, signatures=(*mine.signatures, *other.signatures)))
    path = "approvals/harbour.txt"

    assert faults(room.publish({path: approved("harbour", "editor")})) == [(path, "edition-approvals")]
    assert faults(room.publish({path: approved("harbour", "stranger")})) == [(path, "note-unsigned")]
    assert faults(room.publish({path: forged})) == [(path, "note-forged")]
    assert faults(room.publish({path: approved("bridge", "editor", "second")})) == [(path, "approval-other")]
    assert faults(room.publish({path: None})) == [(path, "approval-none")]


def test_an_entry_of_another_edition_and_a_rolled_back_record_are_faults(room: Room) -> None:
    first, second = room.publish(), room.publish()
    exchanged, old = copy(second), copy(second)
    exchanged.values["edition.txt"] = note.sign(
        note.read(second.values["edition.txt"]).text.replace("entry: 4", "entry: 3"), SIGNERS["edition"]
    )
    for name in [name for name in old.values if name.startswith("log/")]:
        old.drop(name)
    old.values.update({name: raw for name, raw in first.values.items() if name.startswith("log/")})

    assert faults(exchanged) == [("edition.txt", "edition-not-on-record")]
    assert faults(old) == [("log/checkpoint", "edition-rolled-back")]


def test_outside_witnesses_are_named_missing_or_false(room: Room) -> None:
    edition = room.publish(witnesses=(WITNESS.vkey,))
    seen, false = copy(edition), copy(edition)
    raw = edition.values["log/checkpoint"]
    seen.values["log/checkpoint"] = cosigned(raw)
    good, witness = note.read(cosigned(raw)).signatures
    late = note.Signature(name=witness.name, key_id=witness.key_id, value=b"\0" * 7 + b"\1" + witness.value[8:])
    false.values["log/checkpoint"] = note.write(note.Note(text=note.read(raw).text, signatures=(good, late)))

    without, with_one = verify.check(edition, now=NOW), verify.check(seen, now=NOW)

    assert without.faults == with_one.faults == ()
    assert "none of them has signed" in "\n".join(without.stated)
    assert "news.example/witness (on 2026-11-26T00:00:00Z, it says)" in "\n".join(with_one.proven)
    assert "nobody else confirms it" not in said(with_one)
    assert faults(false) == [("log/checkpoint", "edition-witness")]


def test_another_copy_shows_which_is_newer_and_whether_anything_was_taken_back(room: Room) -> None:
    first = room.publish()
    room.batches(300)
    second = room.publish()
    kept = Memory()
    kept.values["checkpoint"] = first.values["log/checkpoint"]

    newer = verify.check(second, now=NOW, against=first)
    older = verify.check(first, now=NOW, against=second)
    bare = verify.check(second, now=NOW, against=kept)
    same = verify.check(first, now=NOW, against=first)

    assert newer.faults == older.faults == bare.faults == same.faults == ()
    assert "the other copy's public record is older (4 entries, 305 here)" in said(newer)
    assert "the other copy's public record is newer (305 entries, 4 here) and continues this one" in said(older)
    assert "is older (4 entries, 305 here)" in said(bare)
    assert "the other copy's public record is the same" in said(same)


def test_two_records_that_contradict_each_other_are_a_fault_with_both_as_evidence(room: Room) -> None:
    twin = Room(copy(room.log), room.number)
    mine = room.publish()
    twin.batches(2)
    other = twin.publish()

    for one, two in ((mine, other), (other, mine)):
        report = verify.check(one, now=NOW, against=two)
        assert [fault.code for fault in report.faults] == ["against-fork"]
        assert report.evidence == (one.values["log/checkpoint"], two.values["log/checkpoint"])
        for raw in report.evidence:
            checkpoint.verify(raw, SIGNERS["log"].verifier, origin=ORIGIN)


def test_what_cannot_be_compared_is_said(room: Room) -> None:
    first, second = room.publish(), room.publish()
    stranger, bare = Memory(), Memory()
    begun(stranger, SIGNERS["stranger"])
    bare.values["checkpoint"] = second.values["log/checkpoint"]
    silent = copy(first)
    silent.drop("log/checkpoint")

    assert faults(first, against=stranger) == [("the other copy", "against-other")]
    assert faults(first, against=Memory()) == [("the other copy", "against-other")]
    assert faults(first, against=bare) == [("the other copy", "against-incomplete")]
    assert ("log/", "against-nothing") in faults(silent, against=second)


def test_one_file_alone_is_checked_with_the_record_it_stands_on(whole: Memory) -> None:
    whole.values["stories/bridge/index.html"] = b"altered"

    good = verify.check(whole, now=NOW, only="index.html")

    assert good.faults == ()
    assert "index.html is byte for byte what the newsroom signed" in good.proven
    assert faults(whole, only="stories/bridge/index.html") == [("stories/bridge/index.html", "edition-altered")]
    assert faults(whole, only="other.html") == [("other.html", "edition-added")]


def test_a_link_or_a_pipe_in_a_files_place_is_a_fault_and_the_rest_goes_on(whole: Memory, tmp_path: Path) -> None:
    store = Folder(tmp_path / "edition")
    for name, raw in whole.values.items():
        store.put(name, [raw])
    outside = tmp_path / "outside"
    outside.write_bytes(whole.values["index.html"])
    for name, make in (
        ("index.html", lambda path: path.symlink_to(outside)),
        ("log/tile/0/000.p/4", lambda path: path.symlink_to(outside)),
        ("card-copy", lambda path: path.symlink_to(outside)),
        ("media/0123456789abcdef.jpg", os.mkfifo),
    ):
        path = tmp_path / "edition" / name
        path.unlink(missing_ok=True)
        make(path)
    store.put("stories/bridge/index.html", [b"altered"])

    found = set(faults(store))

    assert {
        ("index.html", "disk-link"),
        ("log/tile/0/000.p/4", "disk-link"),
        ("card-copy", "edition-added"),
        ("media/0123456789abcdef.jpg", "disk-special"),
        ("stories/bridge/index.html", "edition-altered"),
    } <= found


def test_a_record_that_claims_more_entries_than_it_has_files_keeps_nobody_busy(whole: Memory) -> None:
    head = checkpoint.Checkpoint(origin=ORIGIN, size=1 << 60, root=hashlib.sha256().digest())
    whole.values["log/checkpoint"] = checkpoint.sign(head, SIGNERS["log"])

    assert ("log/", "edition-record-short") in faults(whole)


def test_no_flipped_byte_of_any_file_goes_unseen(room: Room) -> None:
    """One bit anywhere: at least one fault, never an exception, never silence."""
    room.publish()
    room.batches(260)
    whole = room.publish()
    dice = random.Random("flips")
    names = sorted(whole.values)
    assert verify.check(whole, now=NOW).faults == ()

    for turn in range(150):
        name = names[turn % len(names)] if turn < 2 * len(names) else dice.choice(names)
        spoiled = bytearray(whole.values[name])
        place = dice.randrange(len(spoiled))
        spoiled[place] ^= dice.choice([1, 2, 4, 8, 16, 32, 64, 128, 255])
        edition = copy(whole)
        edition.values[name] = bytes(spoiled)

        found = faults(edition)

        assert found, (name, place, spoiled[place])


def test_verify_runs_where_only_the_base_is_installed(whole: Memory, tmp_path: Path) -> None:
    """A reader needs none of the newsroom's packages; the command says what it found, and exits as it should."""
    for name, raw in whole.values.items():
        Folder(tmp_path / "edition").put(name, [raw])
    program = (
        "import sys\n"
        "for name in 'babel jinja2 lxml markdown_it nh3 PIL yaml segno django'.split(): sys.modules[name] = None\n"
        "import tamizdat.wire.verify, tamizdat.cli.verify\n"
        "from tamizdat.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, "verify", str(tmp_path / "edition"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = run("--against", str(tmp_path / "edition" / "log" / "checkpoint"))
    Folder(tmp_path / "edition").put("index.html", [b"altered"])
    bad = run("--json")

    assert (good.returncode, bad.returncode) == (0, 6), good.stderr + bad.stderr
    assert "the other copy's public record is the same" in good.stdout
    assert [fault["where"] for fault in json.loads(bad.stdout)["faults"]] == ["index.html"]
