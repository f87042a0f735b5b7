"""A real `log witness` over HTTP: its statuses, a hundred at once, and what it answered is there after `kill -9`."""

from __future__ import annotations

import concurrent.futures
import hashlib

import pytest

from tamizdat.adapters.memory import Memory
from tamizdat.primitives import card as cards
from tamizdat.primitives import merkle, note
from tamizdat.record import checkpoint, witness
from tests.record.logs import begun
from tests.scripts import house
from tests.scripts.served import Line, asked, serving
from tests.wire.editions import ORIGIN, SIGNERS, make_card


LOG = SIGNERS["log"]
PLACE = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"


class Grown:
    """A log at many sizes; *word* makes another history."""

    def __init__(self, sizes, word=b"entry", start=()):
        made = begun(Memory(), LOG)
        made.append([*start])
        self.heads = {made.size: made.checkpoint()}
        for size in sizes:
            made.append([b"%s %d" % (word, number) for number in range(made.size, size)])
            self.heads[size] = made.checkpoint()
        self.reader = made.reader()

    def body(self, old, new):
        proof = self.reader.consistency(old, new) if 0 < old < new else ()
        return witness.write_request(witness.Request(old=old, proof=proof, raw=self.heads[new]))


@pytest.fixture
def start(tmp_path):
    (tmp_path / "card.txt").write_bytes(cards.sign(make_card(), SIGNERS["newsroom"]))

    def begin():
        return serving(2, "log", "witness", tmp_path / "w", "--name", "w.example/w", "--watch", tmp_path / "card.txt")

    return begin


def where(lines):
    """Give its address and its keys, from the lines it says for other people's policies."""
    return lines[0].split()[3].rstrip("/"), [note.read_verifier(line.split()[2]) for line in lines]


def post(address, body):
    return asked(address, "POST", "/add-checkpoint", body)


def test_statuses_bodies_and_types_are_those_of_the_standard(start):
    ours, others = Grown([3, 9]), Grown([3, 9], b"another")
    with start() as (_, lines), Line(where(lines)[0]) as one:
        keys = where(lines)[1]
        assert {key.kind for key in keys} == {note.COSIGNATURE, note.MLDSA44}
        assert one.ask("GET", PLACE)[0] == 404
        stranger = checkpoint.sign(checkpoint.Checkpoint(origin="x/y", size=0, root=merkle.EMPTY), LOG)
        unsigned = note.write(note.Note(text=note.read(ours.heads[3]).text, signatures=note.read(stranger).signatures))
        for body, status in (
            (b"", 400),
            (b"old 0\n\n", 400),
            (b"old 00\n\n" + ours.heads[3], 400),
            (b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + ours.heads[3], 400),
            (ours.body(0, 9).replace(b"old 0", b"old 10"), 400),
            (b"old 0\n\n" + stranger, 404),
            (b"old 0\n\n" + unsigned, 403),
            (ours.body(0, 3).replace(b"\n3\n", b"\n4\n"), 403),
            (b"old 0\n" + b"A" * 43 + b"=\n\n" + ours.heads[3], 422),
            (ours.body(0, 3), 200),
            (others.body(3, 3), 422),
            (others.body(3, 9), 422),
            (ours.body(3, 9).replace(b"old 3\n", b"old 3\n" + b"A" * 43 + b"=\n"), 422),
            (ours.body(3, 3), 200),
            (ours.body(3, 9), 200),
        ):
            assert one.ask("POST", "/add-checkpoint", body)[0] == status, body
        status, body, headers = one.ask("POST", "/add-checkpoint", ours.body(3, 9))
        assert (status, body, headers["content-type"]) == (409, b"9\n", "text/x.tlog.size")
        status, body, headers = one.ask("POST", "/add-checkpoint", ours.body(9, 9))
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert all(line.startswith("\N{EM DASH} w.example/w ") for line in body.decode().splitlines())
        status, latest, headers = one.ask("GET", PLACE)
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        signed = note.verify(latest, LOG.verifier, *keys)
        assert (len(signed.signatures), min(one.time for one in signed.signatures if one.time) > 0) == (3, True)
        assert one.ask("GET", "/add-checkpoint")[0] == one.ask("GET", PLACE.upper())[0] == 404
        assert asked(where(lines)[0], "POST", "/add-checkpoint", b"x" * (witness.MAX_REQUEST + 1))[0] == 413


def test_of_a_hundred_at_once_one_wins_and_no_two_cosignatures_contradict_each_other(start):
    base = [b"entry %d" % number for number in range(3)]
    forks = [Grown([10], b"fork %d" % number, base) for number in range(100)]
    with start() as (_, lines), concurrent.futures.ThreadPoolExecutor(100) as callers:
        address, keys = where(lines)
        assert post(address, forks[0].body(0, 3))[0] == 200
        answers = list(callers.map(lambda fork: post(address, fork.body(3, 10)), forks))
        assert sorted(status for status, _, _ in answers) == [200] + [409] * 99
        assert {body for status, body, _ in answers if status == 409} == {b"10\n"}
        winner = next(number for number, answer in enumerate(answers) if answer[0] == 200)
        won = forks[winner].heads[10] + answers[winner][1]
        sizes = range(11, 61)
        longer = Grown([10, *sizes], b"fork %d" % winner, base)
        rest = list(callers.map(lambda size: (size, post(address, longer.body(10, size))), [*sizes, *sizes]))
        cosigned = {10: won} | {size: longer.heads[size] + body for size, (status, body, _) in rest if status == 200}
        assert len(cosigned) == 2
        for raw in cosigned.values():
            head = checkpoint.verify(raw, *keys)
            assert len(note.verify(raw, *keys).signatures) == 2
            assert longer.reader.root_of(head.size) == head.root
        latest = asked(address, "GET", PLACE)[1]
        assert checkpoint.verify(latest, *keys).size == max(cosigned)


def test_what_was_answered_is_remembered_after_a_kill_at_that_moment(start):
    sizes = [3, 7, 300]
    ours, others = Grown(sizes), Grown(sizes, b"another")
    old = 0
    for size in sizes:
        with start() as (process, lines):
            address, keys = where(lines)
            if old:
                status, body, _ = post(address, others.body(0, size))
                assert (status, body) == (409, b"%d\n" % old)
                assert post(address, others.body(old, size))[0] == 422
            with Line(address) as one:
                status, body, _ = one.ask("POST", "/add-checkpoint", ours.body(old, size))
                process.kill()
            assert status == 200
            assert len(note.verify(ours.heads[size] + body, *keys).signatures) == 2
        old = size
    with start() as (_, lines):
        assert checkpoint.verify(asked(where(lines)[0], "GET", PLACE)[1], LOG.verifier).size == 300


def test_a_witness_whose_memory_was_damaged_signs_nothing_says_so_and_is_not_begun_anew(start, tmp_path):
    """Empty, cut, of another size, of another log: refused over HTTP, and when it is started again."""
    ours = Grown([3, 9])
    with start() as (process, lines):
        address = where(lines)[0]
        assert post(address, ours.body(0, 3))[0] == 200
        (state,) = (tmp_path / "w/state").rglob("checkpoint")
        kept = state.read_bytes()
        other = checkpoint.sign(checkpoint.Checkpoint(origin="x/y", size=0, root=merkle.EMPTY), LOG)
        for damaged in (b"", kept[:-20], kept.replace(b"\n3\n", b"\n2\n"), other):
            state.write_bytes(damaged)
            for old in (0, 3):
                assert post(address, ours.body(old, 9))[0] == 503
            assert asked(address, "GET", PLACE)[0] == 503
            assert state.read_bytes() == damaged
        process.terminate()
        assert "[witness-state]" in process.communicate()[1]
    house.refused(house.run("log", "witness", tmp_path / "w"), 6, "witness-state")
    state.write_bytes(kept)
    with start() as (_, lines):
        assert post(where(lines)[0], ours.body(3, 9))[0] == 200
    for text in (b"", b"\xff\n"):
        (tmp_path / "w/keys.txt").write_bytes(text)
        house.refused(house.run("log", "witness", tmp_path / "w"), 3, "witness-keys")


def test_whoever_has_one_new_state_of_the_log_cannot_fill_the_witness_with_evidence(start, tmp_path):
    """A wrong proof under a true state, each time with other signatures of nobody's beneath it."""
    ours = Grown([3, 9])
    wrong = b"old 3\n" + b"A" * 43 + b"=\n\n" + ours.heads[9]
    with start() as (_, lines):
        address = where(lines)[0]
        assert post(address, ours.body(0, 3))[0] == 200
        for number in range(5):
            more = note.write_signature(note.Signature(name=f"x{number}", key_id=b"\1\2\3\4", value=bytes(64)))
            assert post(address, wrong + more.encode())[0] == 422
    assert len(list((tmp_path / "w/state/evidence").iterdir())) == 1
