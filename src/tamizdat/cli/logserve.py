"""``tamizdat log serve``: give out the public record's files, and take entries from this machine's own programs."""

from __future__ import annotations

import argparse
import base64
import contextlib
import dataclasses
import gzip
import hmac
import os
import threading

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tamizdat.adapters.folder import Folder
from tamizdat.adapters.machine import SystemEntropy
from tamizdat.adapters.web import Answered, Asked, Server
from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, add_newsroom_options, find_newsroom, shown
from tamizdat.newsroom import witnessing
from tamizdat.newsroom.house import LOG, House
from tamizdat.primitives import note
from tamizdat.primitives.errors import FormatError, TamizdatError, UsageError
from tamizdat.primitives.note import Signer
from tamizdat.primitives.ports import Store
from tamizdat.primitives.stores import read
from tamizdat.record import anchor, checkpoint, entry, log, stamp, tiles
from tamizdat.record.committer import Committer


LOOPBACK: Final = "127.0.0.1"
COSIGN: Final = 10.0  # seconds between two looks whether there is something to cosign
BYTES: Final = "application/octet-stream"
_LASTING: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_SHORT: Final = {"Cache-Control": "public, max-age=2"}
_STAMP: Final = stamp.NAME


def add_parser(acts: Any) -> None:
    """Teach the command line this act of `log`."""
    parser = acts.add_parser(
        "serve",
        help="give out the public record's files over HTTP",
        description=(
            "Give out the public record's files, as c2sp.org/tlog-tiles has them, until interrupted. With --add, programs "
            "of this machine that know the token can put entries on the record as well: POST /add, on another port, which "
            "listens to this machine only. Other commands can write to the record meanwhile."
        ),
    )
    parser.add_argument("--host", default=LOOPBACK, metavar="ADDRESS", help="where to listen (else this machine only)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (else any free one)")
    parser.add_argument(
        "--add", metavar="FILE", help="take entries from whoever knows the token in FILE, which is made where it is new"
    )
    parser.add_argument("--add-port", type=int, default=0, metavar="N", help="the port for them (else any free one)")
    add_newsroom_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Serve until interrupted.

    Raises:
        AdapterError: A port is taken. UsageError: The token's file can be read by others.
        TrustError, AdapterError: With --add: as `witnessing.guard`.
    """
    path = find_newsroom(args)
    store = Folder(path / LOG)
    with contextlib.ExitStack() as stack:
        further = ""
        if args.add:
            token = _token(Path(args.add))
            committer = stack.enter_context(_committer(path, args, console))
            taking = Server(LOOPBACK, args.add_port, _Adding(committer, token), entry.MAX_LENGTH, say=console.say)
            taking.start()
            stack.callback(taking.close)
            further = f"\n{taking.address}/add"
        server = Server(args.host, args.port, lambda asked: _file(store, asked), 0, say=console.say)
        console.product(f"{server.address}/{further}")
        console.say("giving out the public record; press Ctrl-C to end")
        server.forever()


def _file(store: Store, asked: Asked) -> Answered:
    name = asked.path.removeprefix("/")
    place = tiles.read_name(name)
    anchored = anchor.NAME.fullmatch(name)
    if asked.method != "GET" or not (name == log.CHECKPOINT or place or anchored or _STAMP.fullmatch(name)):
        return _NOTHING
    raw = read(store, name, tiles.MAX_BUNDLE)
    if raw is None or (place and place.end > _size(store)):
        # What was written and not yet signed for may still change.
        return _NOTHING
    if anchored:  # a promise is replaced once a block has it
        return Answered(status=200, kind=BYTES, body=raw, headers=_SHORT)
    if name == log.CHECKPOINT:
        return Answered(status=200, body=raw, headers=_SHORT)
    if not place:
        return Answered(status=200, kind=stamp.RESPONSE_TYPE, body=raw, headers=_LASTING)
    if place.level >= 0:  # hashes cannot be made shorter
        return Answered(status=200, kind=BYTES, body=raw, headers=_LASTING)
    headers = {**_LASTING, "Vary": "Accept-Encoding"}
    if "gzip" in asked.headers.get("accept-encoding", ""):
        raw, headers["Content-Encoding"] = gzip.compress(raw, mtime=0), "gzip"
    return Answered(status=200, kind=BYTES, body=raw, headers=headers)


def _size(store: Store) -> int:
    return checkpoint.read_text(note.read(read(store, log.CHECKPOINT, note.MAX_LENGTH) or b"").text).size


class _Adding:
    """``POST /add``: one entry in, its number out, when it is on the medium, signed for and published."""

    def __init__(self, committer: Committer, token: str) -> None:
        self._committer = committer
        self._expected = f"Bearer {token}".encode()

    def __call__(self, asked: Asked) -> Answered:
        if not hmac.compare_digest(asked.headers.get("authorization", "").encode("latin-1", "replace"), self._expected):
            return Answered(status=401, body=b"the token is missing or wrong\n", headers={"WWW-Authenticate": "Bearer"})
        if asked.path != "/add":
            return _NOTHING
        if asked.method != "POST":
            return Answered(status=405, body=b"entries are posted\n", headers={"Allow": "POST"})
        try:
            number = self._committer.add(asked.body)
        except TamizdatError as error:
            status = 400 if isinstance(error, FormatError) else 409 if isinstance(error, UsageError) else 503
            headers = {"Retry-After": "1"} if status == 503 else {}
            return Answered(status=status, body=f"{error.code}: {error}\n".encode(), headers=headers)
        return Answered(status=200, body=b"%d\n" % number)


@contextlib.contextmanager
def _committer(path: Path, args: argparse.Namespace, console: Console) -> Iterator[Committer]:
    """Open the record for writing, without the newsroom's lock: its database lets one writer in at a time."""
    with contextlib.ExitStack() as stack:
        house = houses.at(path)
        signer = house.unattended_log_signer() or houses.unlocked(house, args, console).log
        rows = houses.rows(house, path, stack)
        writer = witnessing.writer(dataclasses.replace(house, rows=lambda: rows), signer, console.say)
        witnessing.guard(house, writer.reader(), console.say)
        ended = threading.Event()
        if witnessing.rules(house) is not None:
            others = houses.rows(house, path, stack)
            second = dataclasses.replace(house, rows=lambda: others)
            thread = threading.Thread(target=_cosign, args=(second, signer, ended, console), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(ended.set)
        yield stack.enter_context(Committer(writer, rows))


def _cosign(house: House, signer: Signer, ended: threading.Event, console: Console) -> None:
    """Ask the outside witnesses, at their own pace, to sign what came meanwhile."""
    said: list[str] = []
    writer = witnessing.writer(house, signer, said.append)
    while not ended.wait(COSIGN):
        told: list[str] = []
        try:
            writer.sequence()
            witnessing.settle(house, writer, told.append)
        except TamizdatError as error:
            told.append(str(error))
        if told != said:  # once, not every ten seconds
            for line in told:
                console.say(line)
        said = told


def _token(path: Path) -> str:
    """
    Read the token, or make it.

    Raises:
        UsageError: ``token-file``: it cannot be read, or others can read it.
    """
    try:
        if not path.exists():
            fresh = base64.urlsafe_b64encode(SystemEntropy().random(32)).decode("ascii").rstrip("=")
            Folder(path.absolute().parent).add(path.name, [f"{fresh}\n".encode("ascii")])
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise _refused(path, "others on this machine can read it", "Run chmod 600 on it, or let a new one be made.")
        token = path.read_bytes()[:200].decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise _refused(path, "it cannot be read", "Give another file.") from error
    if len(token) < 32:
        raise _refused(path, "there is no token in it", "Remove it: a new one is made.")
    return token


def _refused(path: Path, what: str, mend: str) -> UsageError:
    return UsageError("token-file", f"{shown(str(path))}: {what}", mend=mend)


_NOTHING: Final = Answered(status=404, body=b"there is nothing here\n")
