"""``tamizdat serve``: show an edition to this machine's browser, and to nobody else."""

from __future__ import annotations

import argparse
import functools
import http.server

from pathlib import Path
from typing import Any, Final

from tamizdat.cli import house as houses
from tamizdat.cli.console import Console, find_newsroom, shown
from tamizdat.newsroom import release
from tamizdat.primitives.errors import AdapterError, UsageError
from tamizdat.wire import edition


LOOPBACK: Final = "127.0.0.1"


def add_parser(verbs: Any) -> None:
    """Teach the command line this verb."""
    parser = verbs.add_parser(
        "serve",
        help="show an edition to this machine's browser",
        description="Serve an edition on this machine only, until interrupted. Any other web server can do the same.",
    )
    parser.add_argument(
        "edition", nargs="?", metavar="EDITION", help="the edition's folder (else the newsroom's newest)"
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port (else any free one)")
    parser.add_argument("--newsroom", metavar="DIR", help="the newsroom's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> None:
    """
    Serve until interrupted.

    Raises:
        UsageError: There is no edition. AdapterError: The port is taken.
    """
    folder = Path(args.edition) if args.edition else _newest(args)
    if not (folder / edition.LIST).is_file():
        raise UsageError(
            "serve-none", f"{shown(str(folder))} is no edition", mend="Publish one first, or name its folder."
        )
    try:
        server = http.server.ThreadingHTTPServer(
            (LOOPBACK, args.port), functools.partial(_Files, directory=str(folder))
        )
    except OSError as error:
        raise AdapterError(
            "serve-port", f"port {args.port}: {error.strerror}", mend="Give another --port, or none."
        ) from error
    console.product(f"http://{LOOPBACK}:{server.server_port}/index.html")
    console.say("serving to this machine only; press Ctrl-C to end")
    with server:
        server.serve_forever()


def _newest(args: argparse.Namespace) -> Path:
    path = find_newsroom(args)
    number = release.latest(houses.at(path))
    if number is None:
        raise UsageError("serve-none", "this newsroom has published no edition", mend="Run `tamizdat publish STORY`.")
    return path / release.folder(number)


class _Files(http.server.SimpleHTTPRequestHandler):
    """Files as they are, without a log of who read what, and nothing that a page may not do."""

    def log_message(self, *_: Any) -> None:
        """Keep no record of readers."""

    def end_headers(self) -> None:
        """Add what a careful web server says."""
        policy = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'"
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()
