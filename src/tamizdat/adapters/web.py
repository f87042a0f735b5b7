"""
The network, as far as the public record needs it: fetch a file of a log, hand a checkpoint to a witness, answer as one.

Nothing is believed because of where it came from: what is fetched is checked by record/. Every answer has a limit in
length and time. No address but the one that was asked for is followed.
"""

from __future__ import annotations

import http.client
import http.server
import io
import threading
import urllib.error
import urllib.parse
import urllib.request

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final

from tamizdat.primitives.errors import AdapterError, UsageError


PATIENCE: Final = 30.0  # seconds
MAX_ANSWER: Final = 2 << 20
_AGENT: Final = {"User-Agent": "tamizdat"}

# (status, kind, body) of a request: its method, its path, its body
Respond = Callable[[str, str, bytes], tuple[int, str, bytes]]


class _NoWayOn(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nobody to another address."""


# No proxy of the environment is passed over: a newsroom may have set one on purpose (Tor).
_opener: Final = urllib.request.build_opener(_NoWayOn)


def fetch(address: str, most: int) -> bytes | None:
    """
    Get at most *most* bytes; None where the other side has nothing there.

    Raises:
        AdapterError: ``network``: it cannot be reached, or answers otherwise than with a file.
        UsageError: ``network-address``.
    """
    status, body = _send(urllib.request.Request(_checked(address), headers=_AGENT), most)  # noqa: S310 -- _checked
    if status in {404, 410}:
        return None
    if status != 200:
        raise _down(address, f"it answers {status}")
    return body


def post(address: str, body: bytes, kind: str = "application/octet-stream") -> tuple[int, bytes]:
    """Send *body*, of a media type, and give the status and the answer; errors as `fetch`."""
    headers = {**_AGENT, "Content-Type": kind}
    request = urllib.request.Request(_checked(address), data=body, headers=headers, method="POST")  # noqa: S310
    return _send(request, MAX_ANSWER)


class Remote:
    """The files below *address* as a ports.Store that only reads."""

    def __init__(self, address: str, most: int = 32 << 20) -> None:
        self._address = _checked(address).rstrip("/")
        self._most = most

    def open(self, name: str) -> BinaryIO:
        """Get a file; FileNotFoundError where there is none."""
        found = fetch(f"{self._address}/{name}", self._most)
        if found is None:
            raise FileNotFoundError(name)
        return io.BytesIO(found)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Refuse: other people's files are read only."""
        raise NotImplementedError

    add = put

    def names(self, prefix: str = "") -> Iterator[str]:
        """Refuse: nobody lists what is on a web server."""
        raise NotImplementedError

    def drop(self, name: str) -> None:
        """Refuse."""
        raise NotImplementedError


class Server:
    """
    Answers on one address of this machine, each request in a thread of its own, until it is closed.

    Args:
        host, port: Where; port 0 takes any that is free.

        respond: Gives the answer; it is called by several threads at once.

        most: How long a request may be, in bytes.

    Raises:
        AdapterError: ``serve-port``: the port is taken or not allowed.
    """

    def __init__(self, host: str, port: int, respond: Respond, most: int) -> None:
        try:
            self._server = http.server.ThreadingHTTPServer((host, port), _handler(respond, most))
        except OSError as error:
            raise AdapterError(
                "serve-port", f"port {port}: {error.strerror}", mend="Give another --port, or none."
            ) from error
        self._server.daemon_threads = True
        self.address = f"http://{host}:{self._server.server_port}"

    def forever(self) -> None:
        """Answer until `close`, or until interrupted."""
        with self._server:
            self._server.serve_forever()

    def start(self) -> None:
        """Answer in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _handler(respond: Respond, most: int) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep-alive, as c2sp.org/tlog-witness asks
        server_version = "tamizdat"
        sys_version = ""
        timeout = PATIENCE

        def do_GET(self) -> None:
            self._answer(*respond("GET", self.path, b""))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > most:
                self.close_connection = True
                self._answer(413, "text/plain; charset=utf-8", b"the request is too long, or does not say its length\n")
                return
            self._answer(*respond("POST", self.path, self.rfile.read(int(length))))

        def log_message(self, *_: Any) -> None:
            """Keep no record of who asked."""

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _send(request: urllib.request.Request, most: int) -> tuple[int, bytes]:
    try:
        with _opener.open(request, timeout=PATIENCE) as answer:
            body = answer.read(most + 1)
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_ANSWER)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _down(request.full_url, getattr(reason, "strerror", None) or type(error).__name__) from error
    if len(body) > most:
        raise _down(request.full_url, f"its answer is longer than {most} bytes")
    return status, body


def _checked(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("network-address", f"{address[:80]!r} is no web address", mend="Write it as https://...")
    return address


def _down(address: str, what: str) -> AdapterError:
    host = urllib.parse.urlsplit(address).netloc.rpartition("@")[2]
    return AdapterError("network", f"{host}: {what}", mend="Check the connection and the address, then run this again.")
