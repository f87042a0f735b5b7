"""The record's second anchor, by whole commands: a real calendar over HTTP with a Bitcoin of its own, and what it is worth."""

from __future__ import annotations

import json
import re
import signal

from unittest import mock

import pytest

from tamizdat.adapters.machine import SystemClock
from tests import calendar as calendars
from tests import vectors
from tests.faults.test_kill import STORY
from tests.scripts import house
from tests.scripts.served import asked, serving
from tools.vectors import anchors


DAY = 86_400
NOON = (SystemClock().now() // DAY + 1) * DAY + DAY // 2  # far from any midnight while a test runs
MINED = 1_700_000_000
KILLED = """
import os, signal
from tamizdat.adapters.machine import SystemClock
SystemClock.now = lambda _: %d
def hook(event, arguments):
    if event == "os.rename" and os.fsdecode(arguments[1]).endswith(%r):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""


@pytest.fixture
def room(tmp_path):
    return house.make(tmp_path / "room")


def name_calendars(room, *addresses, headers=""):
    file = room.path / "newsroom.toml"
    text = re.sub(r"(?m)^calendars = .*$", f"calendars = {json.dumps(addresses)}", file.read_text())
    file.write_text(re.sub(r"(?m)^block-headers = .*$", f'block-headers = "{headers}"', text))


def run(*words, day=0):
    """Run a command at noon of a day to come."""
    with mock.patch.object(SystemClock, "now", lambda _: NOON + day * DAY):
        return house.run(*words)


def tick(room, day=0):
    done = run("log", "tick", *room.secret, day=day)
    assert done.status == 0, done.err
    return done.err


def kept(room, kind="ots"):
    return sorted((room.path / "log/stamps").rglob(f"*.{kind}"))


def test_a_state_is_promised_then_in_a_block_then_in_an_edition_and_anybody_can_weigh_it(room, tmp_path):
    with calendars.Calendar() as calendar:
        name_calendars(room, calendar.address, headers=calendar.address)
        assert "that proves nothing yet" in tick(room)
        (proof,) = kept(room)
        state = proof.with_name("checkpoint")
        house.refused(house.run("log", "anchor", state, "--proof", proof), 4, "anchor-pending")
        tick(room)
        assert len(calendar.asked) == 1  # one state is promised once
        calendar.mine(100, MINED)
        told = tick(room)
        assert "is in block 100 of Bitcoin" in told
        assert "nobody held" not in told
        (header,) = kept(room, "header")
        assert header.read_text().endswith(f"\nfrom 127.0.0.1:{calendar.port}\n")
        assert not list((room.path / "desk/anchors").rglob("*/*"))

        done = house.run("log", "anchor", state, "--proof", proof, "--header", header)
        assert done.status == 0, done.err
        assert "it was there by 2023-11-14T22:13:20Z, give or take some hours, if block 100 of Bitcoin has" in done.out
        assert calendars.name(calendar.blocks[100]) in done.out
        assert "anybody can make up one like it" in done.err
        house.refused(house.run("log", "anchor", state, "--proof", proof), 4, "anchor-header-missing")
        house.refused(house.run("log", "anchor", room.card, "--proof", proof, "--header", header), 6, "anchor-other")
        other = tmp_path / "other"
        other.write_bytes(calendars.header(bytes(32), MINED))
        house.refused(house.run("log", "anchor", state, "--proof", proof, "--header", other), 6, "anchor-false")

        (room.path / "stories/harbour.md").write_text(STORY)
        done = run("publish", "harbour", *room.secret)
        assert done.status == 0, done.err
    edition = room.path / "editions/000001"
    names = sorted(path.name for path in (edition / "anchors").rglob("*") if path.is_file())
    short = header.name.removesuffix(".header")
    assert set(names) == {"checkpoint", f"{short}.ots", f"{short}.header"}
    before = edition / "anchors" / proof.parent.name / "checkpoint"
    done = house.run("log", "anchor", edition)
    assert (done.status, done.out.count("it was there by")) == (0, 1), done.err
    done = run("verify", edition, "--against", before)
    assert done.status == 0, done.err
    assert "nothing that it holds was changed" in done.out
    assert "itcoin" not in done.out
    assert house.run("log", "fsck", "--newsroom", room.path).status == 0
    (edition / "anchors" / proof.parent.name / proof.name).write_bytes(b"another")
    house.refused(house.run("log", "anchor", edition), 6, "anchor-failed")
    house.refused(run("verify", edition), 6, "verify-failed")


def test_an_absent_calendar_holds_nothing_up_and_is_asked_again(room):
    with calendars.Calendar() as calendar:
        name_calendars(room, calendar.address)
        tick(room)
        calendar.mine(5, MINED)
        calendar.away = True
        told = tick(room, 1)
        assert "is on the public record" in told
        assert "no proof of OpenTimestamps by 127-0-0-1-" in told
        assert len(kept(room)) == 1

        calendar.away = False
        told = tick(room, 1)

    assert "block 5 of Bitcoin, it says; nobody held that against the block's header" in told
    assert len(kept(room)) == 2
    assert not kept(room, "header")


@pytest.mark.parametrize(
    "lie", [b"<html>not here</html>", bytes(3 << 20), b"\x08" * 400, b""], ids=["html", "endless", "deep", "nothing"]
)
def test_a_lying_calendar_gets_nothing_kept_and_the_tick_is_written(room, lie):
    with calendars.Calendar() as calendar:
        name_calendars(room, calendar.address)
        calendar.lie = lie
        told = tick(room)
        assert "is on the public record" in told
        assert "no proof of OpenTimestamps" in told
        assert kept(room) == []
        calendar.lie = None
        tick(room)
        (proof,) = kept(room)
        before = proof.read_bytes()
        calendar.lie = lie
        assert "127-0-0-1" in tick(room)
        assert proof.read_bytes() == before


def test_a_completion_that_leads_to_no_block_is_not_kept(room):
    with calendars.Calendar() as calendar:
        name_calendars(room, calendar.address, headers=calendar.address)
        tick(room)
        (proof,) = kept(room)
        before = proof.read_bytes()
        calendar.mine(5, MINED)
        (message,) = calendar.asked
        true, calendar.mined = calendar.mined, {message: calendars.Timestamp(message)}
        calendar.mined[message].ops.add(calendars.OpSHA256()).attestations.add(
            calendars.BitcoinBlockHeaderAttestation(5)
        )
        told = tick(room)
        assert "has nothing of the record's state in it" in told
        assert (proof.read_bytes(), kept(room, "header")) == (before, [])
        calendar.mined = true
        assert "is in block 5 of Bitcoin" in tick(room)


def test_nobody_is_asked_whom_the_settings_do_not_name(room):
    with calendars.Calendar() as elsewhere, calendars.Calendar(uri=elsewhere.address.rstrip("/")) as pool:
        name_calendars(room, pool.address)
        tick(room)
        told = tick(room)
        assert f"sends us on to {elsewhere.address.rstrip('/')}, which newsroom.toml does not name" in told
        elsewhere.asked = pool.asked
        elsewhere.mine(9, MINED)
        name_calendars(room, pool.address, elsewhere.address)
        assert "block 9 of Bitcoin" in tick(room)


@pytest.mark.parametrize("moment", ["checkpoint", ".ots"])
def test_killed_in_between_the_next_tick_has_one_whole_proof(room, moment):
    """The process is ended by kill -9 as the state, or the proof, is about to get its name below log/stamps."""
    with calendars.Calendar() as calendar:
        assert "is on the public record" in tick(room)
        name_calendars(room, calendar.address)
        done = house.process("log", "tick", *room.secret, preamble=KILLED % (NOON, moment))
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert kept(room) == []

        tick(room)
        (proof,) = kept(room)
        calendar.mine(3, MINED)
        told = tick(room)
        assert "of Bitcoin, it says" in told
        assert len(kept(room)) == 1
    assert house.run("log", "fsck", "--newsroom", room.path).status == 0


def test_the_published_record_gives_proofs_out_and_lets_them_change(room):
    with calendars.Calendar() as calendar:
        name_calendars(room, calendar.address)
        tick(room)
    (proof,) = kept(room)
    with serving(1, "log", "serve", *room.secret) as (_, (address,)):
        status, body, headers = asked(address, "GET", f"/{proof.relative_to(room.path / 'log')}")
        assert (status, body, headers["cache-control"]) == (200, proof.read_bytes(), "public, max-age=2")
        assert asked(address, "GET", f"/stamps/{proof.parent.name}/checkpoint")[0] == 200
        assert asked(address, "GET", f"/stamps/{proof.parent.name}/other")[0] == 404


def test_any_file_can_be_weighed_and_every_answer_is_one_sentence(tmp_path):
    files = {vector.name: vector.file for vector in vectors.load("log")}
    coinbase, header = tmp_path / "first transaction", tmp_path / "header"
    coinbase.write_bytes(anchors.COINBASE)
    header.write_bytes(files["header-whole"])
    proof = tmp_path / "first transaction.ots"
    proof.write_bytes(files["anchor-block"])

    done = house.run("log", "anchor", coinbase, "--header", header)

    assert done.status == 0, done.err
    assert "by 2009-01-03T18:15:05Z, give or take some hours, if block 0 of Bitcoin has the hash 0000000000" in done.out
    assert "from blocks.example, and took about 2^32 tries" in done.out
    for name, status, code in (
        ("anchor-pending", 4, "anchor-pending"),
        ("anchor-unknown", 6, "anchor-unknown"),
        ("anchor-number", 3, "anchor"),
        ("anchor-long", 3, "anchor"),
    ):
        proof.write_bytes(files[name])
        house.refused(house.run("log", "anchor", coinbase, "--header", header), status, code)
    header.write_bytes(files["header-work"])
    house.refused(house.run("log", "anchor", coinbase, "--header", header), 3, "anchor-header")
    house.refused(house.run("log", "anchor", tmp_path), 2, "anchor-none")
    house.refused(house.run("log", "anchor", tmp_path / "no"), 2, "anchor-file")


def test_a_missing_extra_is_one_clear_error_and_holds_no_tick_up(room, tmp_path):
    missing = "sys.modules['opentimestamps.core.notary'] = None"
    name_calendars(room, "http://127.0.0.1:9/")
    done = house.process("log", "tick", *room.secret, preamble=missing)
    assert (done.returncode, b"is on the public record" in done.stderr) == (0, True)
    assert b"pip install 'tamizdat[anchor]'" in done.stderr
    (tmp_path / "file").write_bytes(b"a")
    (tmp_path / "file.ots").write_bytes(b"a")
    done = house.process("log", "anchor", tmp_path / "file", preamble=missing)
    assert (done.returncode, b"[extra-missing]" in done.stderr, b"tamizdat[anchor]" in done.stderr) == (2, True, True)


def test_settings_name_calendars_by_addresses_that_end_in_a_slash(room):
    for wrong in (["https://a.example"], ["ftp://a.example/"], ["https://a.example/", "https://A.example/"]):
        name_calendars(room, *wrong)
        house.refused(house.run("log", "tick", *room.secret), 3, "settings")
    name_calendars(room, headers="blocks.example")
    house.refused(house.run("log", "tick", *room.secret), 3, "settings")
