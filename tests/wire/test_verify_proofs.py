"""Verify reads what an edition carries besides its pages: proofs of pictures, rules for outside witnesses, time stamps."""

from __future__ import annotations

import base64
import functools
import json

import pytest

from tamizdat.adapters.folder import Folder
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.record import policy, stamp
from tamizdat.redaction import commitment, picture
from tamizdat.wire import sidecar, verify
from tests import vectors
from tests.redaction import pictures
from tests.wire import editions
from tests.wire.editions import NOW, SIGNERS, WITNESS
from tools.vectors import authority


SEED = bytes(range(32))
RULES = policy.one_of([SIGNERS["log"].verifier], [WITNESS], 1)


@functools.cache
def redacted():
    raw = pictures.jpeg(96, 64)
    return commitment.commit(SEED, raw).root, picture.redact(SEED, raw, hide=[(10, 10, 8, 8)], disclose=["date"])


def proof() -> bytes:
    root, shown = redacted()
    card = cards.sign(editions.make_card(), SIGNERS["newsroom"]).decode()
    made = sidecar.Sidecar(card=card, committed="desk", redaction=shown.proof, root=root)
    return sidecar.write(sidecar.sign(made, SIGNERS["edition"]))


def check(store, **options):
    return verify.check(store, now=NOW + 86_400, **options)


def codes(report) -> list[tuple[str, str]]:
    return [(fault.code, fault.where) for fault in report.faults]


def test_a_picture_with_its_proof_is_told_by_itself_and_the_others_are_the_newsrooms_word():
    files = {"media/a.jpg": redacted()[1].file, "media/a.jpg.proof": proof()}
    report = check(editions.Room().publish(files))
    assert codes(report) == []
    line = next(one for one in report.stated if one.startswith("media/a.jpg: "))
    assert "hidden or cut away" in line
    assert "Date as the camera recorded it: 2026:11:26 12:00:00" in line
    assert "nobody else confirms it" in line
    assert any("1 of the 2 pictures" in one for one in report.unproven)
    assert any(
        one.startswith("media/a.jpg: ") for one in check(editions.Room().publish(files), only="media/a.jpg").stated
    )


def test_a_changed_picture_is_named_twice_over_and_a_foreign_or_lone_proof_is_a_fault():
    store = editions.Room().publish({"media/a.jpg": redacted()[1].file, "media/a.jpg.proof": proof()})
    told = pictures.jpeg(96, 64, salt=9)
    store.values["media/a.jpg"] = told
    assert ("edition-altered", "media/a.jpg") in codes(check(store))
    assert any(code.startswith("redaction-") for code, where in codes(check(store)) if where == "media/a.jpg")
    good = json.loads((vectors.SPECS / "sidecar" / "good.json").read_text("utf-8"))
    foreign = {"media/a.jpg": base64.b64decode(good["picture"]), "media/a.jpg.proof": good["sidecar"].encode()}
    assert codes(check(editions.Room().publish(foreign))) == [("edition-proof-card", "media/a.jpg.proof")]
    assert codes(check(editions.Room().publish({"media/b.jpg.proof": proof()}))) == [
        ("edition-proof-alone", "media/b.jpg.proof")
    ]
    torn = {"media/a.jpg": redacted()[1].file, "media/a.jpg.proof": proof()[:-9]}
    assert [code for code, _ in codes(check(editions.Room().publish(torn)))] == ["sidecar-spelling"]


def test_outside_witnesses_count_by_the_newsrooms_rules_and_only_those_on_its_card():
    room = editions.Room()
    store = room.publish({"policy.txt": RULES}, witnesses=(WITNESS.vkey,))
    assert any("its rules ask for more" in one or "rules ask for more" in one for one in check(store).unproven)
    store.values["log/checkpoint"] = editions.cosigned(store.values["log/checkpoint"])
    report = check(store)
    assert codes(report) == []
    assert any("as many as the newsroom's rules ask for: news.example/witness" in one for one in report.proven)
    off = editions.Room().publish({"policy.txt": RULES})
    off.values["log/checkpoint"] = editions.cosigned(off.values["log/checkpoint"])
    assert any("its card does not, so they do not count" in one for one in check(off).unproven)
    assert codes(check(editions.Room().publish({"policy.txt": b"nonsense\n"}))) == [("policy", "policy.txt")]


@pytest.mark.parametrize("what", ["true", "none", "false", "stranger"])
def test_a_time_stamp_counts_by_the_root_on_the_signed_list(what):
    sundial = authority.make("Sundial", NOW - 86_400, 365)
    store = editions.Room().publish({"authorities/sundial.pem": sundial.pem.encode()})
    raw = store.values["log/checkpoint"]
    name = f"log/{stamp.name(raw, 'sundial' if what != 'stranger' else 'moon')}"
    if what != "none":
        store.values[name] = sundial.stamp(stamp.stamped(raw) if what != "false" else b"other", NOW + 60)
    report = check(store)
    expected = {"false": [("edition-stamp", name)], "stranger": [("edition-added", name)]}
    assert codes(report) == expected.get(what, [])
    assert any("stamped by “sundial”" in one and "Sundial root" in one for one in report.proven) == (what == "true")
    assert any("has not stamped this state" in one for one in report.stated) == (what in {"none", "stranger"})
    assert note.read(raw).text  # the stamp is over this alone: cosignatures that come later change nothing


def test_rules_and_roots_of_a_list_that_nobody_signed_prove_nothing():
    """Whoever makes up a list could name his own rules and authorities on it."""
    sundial = authority.make("Sundial", NOW - 86_400, 365)
    files = {"authorities/sundial.pem": sundial.pem.encode(), "policy.txt": RULES}
    store = editions.Room().publish(files, signer="stranger", witnesses=(WITNESS.vkey,))
    raw = store.values["log/checkpoint"]
    store.values[f"log/{stamp.name(raw, 'sundial')}"] = sundial.stamp(stamp.stamped(raw), NOW + 60)
    report = check(store)
    assert ("note-unsigned", "edition.txt") in codes(report)
    assert not any("sundial" in one or "rules" in one for one in report.proven)


def test_a_link_in_the_place_of_rules_roots_or_a_stamp_is_a_fault_and_ends_nothing(tmp_path):
    sundial = authority.make("Sundial", NOW - 86_400, 365)
    whole = editions.Room().publish({"policy.txt": RULES, "authorities/sundial.pem": sundial.pem.encode()})
    raw = whole.values["log/checkpoint"]
    name = f"log/{stamp.name(raw, 'sundial')}"
    whole.values[name] = sundial.stamp(stamp.stamped(raw), NOW + 60)
    for path in ("policy.txt", "authorities/sundial.pem", name):
        store = Folder(tmp_path / path.replace("/", "-"))
        for one, held in whole.values.items():
            store.put(one, [held])
        (store.path / path).unlink()
        (store.path / path).symlink_to(tmp_path / "elsewhere")

        assert codes(check(store)) == [("disk-link", path)]
