"""``tamizdat log witness``: cosign other newsrooms' public records, over HTTP, as c2sp.org/tlog-witness has it."""

from __future__ import annotations

import argparse
import hashlib
import threading

from pathlib import Path
from typing import Any, Final

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.lock import locked
from tamizdat.adapters.machine import SystemClock, SystemEntropy
from tamizdat.adapters.web import Answered, Asked, Server
from tamizdat.cli.console import Console, shown
from tamizdat.primitives import card as cards
from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, UsageError
from tamizdat.primitives.note import Cosigner, Verifier
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read
from tamizdat.record import policy, witness


KEYS: Final = "keys.txt"
WATCHED: Final = "policy.txt"
STATE: Final = "state"


def add_parser(acts: Any) -> None:
    """Teach the command line this act of `log`."""
    parser = acts.add_parser(
        "witness",
        help="cosign other newsrooms' public records",
        description=(
            "Answer other newsrooms' public records that ask for a cosignature, until interrupted. What a record showed "
            "once it can never take back here: a state that does not continue the last one is refused and kept as "
            "evidence. The folder holds the witness's keys in clear, for nobody has to be there."
        ),
    )
    parser.add_argument("folder", metavar="DIR", help="the witness's own folder; made with fresh keys where it is new")
    parser.add_argument("--name", metavar="NAME", help="the witness's lasting name (for a new folder): news.example/w1")
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="CARD",
        help="a newsroom's card; its record is watched from now on",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (else this machine only)"
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (else any free one)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Witness until interrupted.

    Raises:
        UsageError: A new folder has no name, or nothing is watched. AdapterError: The port is taken.
        FormatError, TrustError: Its keys, or what it cosigned last, cannot be read.
    """
    folder = Path(args.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder / ".lock"):
        store = Folder(folder)
        cosigners = _keys(store, args.name)
        logs = _watched(store, args.watch, console)
        watching = witness.Witness(Folder(folder / STATE), cosigners, logs, SystemClock())
        watching.check()
        server = Server(args.host, args.port, _Answers(watching), witness.MAX_REQUEST, say=console.say)
        console.say("for the policy of the newsrooms that are watched:")
        for number, cosigner in enumerate(cosigners, 1):
            name = hashlib.sha256(cosigner.name.encode()).hexdigest()[:8]
            console.product(policy.line(f"{name}-{number}", cosigner.verifier, f"{server.address}/"))
        console.say(f"watching {', '.join(sorted(logs))}; press Ctrl-C to end")
        server.forever()


class _Answers:
    """The two paths of the standard; one submission at a time, so that what was recorded is what is compared with."""

    def __init__(self, watching: witness.Witness) -> None:
        self._watching = watching
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answered:
        answer = witness.Answer(status=404, body=b"there is nothing here\n")
        origin_hash, slash, last = asked.path.removeprefix("/").partition("/")
        if (asked.method, asked.path) == ("POST", "/add-checkpoint"):
            with self._lock:
                answer = self._watching.add_checkpoint(asked.body)
        elif asked.method == "GET" and slash and last == "checkpoint":
            answer = self._watching.latest(origin_hash)
        return Answered(status=answer.status, kind=answer.kind, body=answer.body)


def _keys(store: Store, name: str | None) -> tuple[Cosigner, ...]:
    raw = read(store, KEYS)
    if raw is None:
        if not name:
            raise UsageError("witness-name", "a new outside witness needs a name", mend="Give --name news.example/w1.")
        made = tuple(
            Cosigner(name=name, kind=kind, seed=SystemEntropy().random(32)) for kind in (note.COSIGNATURE, note.MLDSA44)
        )
        store.add(KEYS, ["".join(f"{note.write_signer(one)}\n" for one in made).encode()])
        return made
    try:
        kept = tuple(note.read_cosigner(line) for line in raw.decode("utf-8").split("\n") if line)
    except UnicodeDecodeError:
        kept = ()
    if not kept:
        raise FormatError(
            "witness-keys",
            f"{KEYS} holds no key",
            mend="Restore it from your copy; without one, begin anew in another folder and under another name.",
        )
    return kept


def _watched(store: Store, paths: list[str], console: Console) -> dict[str, list[Verifier]]:
    raw = read(store, WATCHED)
    known = [log.key for log in policy.read(raw).logs] if raw is not None else []
    for path in paths:
        key = note.read_verifier(_card(path).log)
        console.say(f"watching the public record of “{shown(_card(path).name)}”: {key.name}")
        if key not in known:
            known.append(key)
    if not known:
        raise UsageError(
            "witness-none",
            "no public record is watched",
            mend="Give --watch CARD, and hand what is printed then to that newsroom for its next card.",
        )
    store.put(WATCHED, [policy.one_of(known, [], 0)])
    logs: dict[str, list[Verifier]] = {}
    for key in known:
        logs.setdefault(key.name, []).append(key)
    return logs


def _card(path: str) -> cards.Card:
    try:
        return cards.read(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(
            "card-file", f"{shown(path)}: the card cannot be read: {error.strerror}", mend="Give the card's file."
        ) from error
