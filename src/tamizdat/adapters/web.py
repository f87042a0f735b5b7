"""
The network, as far as the public record needs it: fetch a file of a log, hand a checkpoint to a witness, answer as one.

Nothing is believed because of where it came from: what is fetched is checked by record/. Every answer has a limit in
length and time. No address but the one that was asked for is followed.
"""

from __future__ import annotations

import dataclasses
import http.client
import http.server
import io
import queue
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from tamizdat.primitives.errors import AdapterError, TamizdatError, UsageError


PATIENCE: Final = 30.0  # seconds
# Bytes a second: a whole answer has this long for the most that it may hold, and `PATIENCE` besides. Whoever lets bytes
# drip keeps each single wait short, and would keep us for ever.
SLOWEST: Final = 16 << 10
MAX_ANSWER: Final = 2 << 20
CONNECTIONS: Final = 512  # that a server of ours answers at once
SPARE: Final = 1 << 20  # bytes of a request that is too long, which are read all the same, so that its sender hears why
_AGENT: Final = {"User-Agent": "tamizdat"}


class _NoWayOn(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nobody to another address."""


# No proxy of the environment is passed over: a newsroom may have set one on purpose (Tor).
_opener: Final = urllib.request.build_opener(_NoWayOn)


def fetch(address: str, most: int, patience: float = PATIENCE) -> bytes | None:
    """
    Get at most *most* bytes; None where the other side has nothing there. *patience* is seconds for its first word.

    Raises:
        AdapterError: ``network``: it cannot be reached, or answers otherwise than with a file.
        UsageError: ``network-address``.
    """
    status, body = _send(urllib.request.Request(_checked(address), headers=_AGENT), most, patience)  # noqa: S310 -- _checked
    if status in {404, 410}:
        return None
    if status != 200:
        raise _down(address, f"it answers {status}")
    return body


def post(address: str, body: bytes, kind: str = "application/octet-stream") -> tuple[int, bytes]:
    """Send *body*, of a media type, and give the status and the answer; errors as `fetch`."""
    headers = {**_AGENT, "Content-Type": kind}
    request = urllib.request.Request(_checked(address), data=body, headers=headers, method="POST")  # noqa: S310
    return _send(request, MAX_ANSWER, PATIENCE)


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

    folders = names

    def drop(self, name: str) -> None:
        """Refuse."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: its method, its path as it was sent, its headers by their names in small letters, its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer: its status, the media type of its body, the body, and further headers."""

    status: int
    kind: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


Respond = Callable[[Asked], Answered]
_DIGITS: Final = re.compile("0|[1-9][0-9]*", re.ASCII)


class Server:
    """
    Answers on one address of this machine, each connection in a thread of its own, until it is closed.

    Args:
        host, port: Where; port 0 takes any that is free.

        respond: Gives the answer; it is called by several threads at once.

        most: How long a request may be, in bytes.

        say: Told what could not be answered, and why, for whoever runs it; once, as long as it stays the same.

        patience: How many seconds a whole request may take from its first byte on, and an answer's way out.

    Raises:
        AdapterError: ``serve-port``: the port is taken or not allowed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        respond: Respond,
        most: int,
        *,
        say: Callable[[str], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        handler = type("_Set", (_Handler,), {"respond": _tried(respond, say), "most": most, "timeout": patience})
        try:
            self._server = _Threads((host, port), handler)
        except OSError as error:
            raise AdapterError(
                "serve-port", f"port {port}: {error.strerror}", mend="Give another --port, or none."
            ) from error
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


class _Threads(http.server.ThreadingHTTPServer):
    """A thread for each connection, `CONNECTIONS` at most: one more is closed unanswered."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, *given: Any) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, *_: Any) -> None:
        """Say nothing of those who went away."""


def _tried(respond: Respond, say: Callable[[str], None]) -> Respond:
    """Answer what the disk or a damaged file stands in the way of, instead of going silent."""
    said = ""

    def tried(asked: Asked) -> Answered:
        nonlocal said
        try:
            return respond(asked)
        except (TamizdatError, OSError) as error:
            told = f"{error} [{error.code}]: {error.mend}" if isinstance(error, TamizdatError) else str(error)
            if told != said:
                say(f"a request could not be answered: {told}")
            said = told
            return Answered(status=503, body=b"this cannot be answered now\n", headers={"Retry-After": "60"})

    return tried


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection; `Server` makes a class of its own of it, with what is set there."""

    respond: Respond
    most: int
    protocol_version = "HTTP/1.1"  # keep-alive, as c2sp.org/tlog-witness asks
    server_version = "tamizdat"
    sys_version = ""
    timeout = PATIENCE
    # One packet an answer: else each waits for the other side's slow acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._coming = _Hurried(self.connection, self.timeout)
        self.rfile = io.BufferedReader(self._coming)

    def handle_one_request(self) -> None:
        self._coming.begin()
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def version_string(self) -> str:
        return self.server_version

    def do_GET(self) -> None:
        # A body that nobody asked for would be taken for the next request.
        self.close_connection |= "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"
        self._answer(type(self).respond(self._asked(b"")))

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 -- names of http.server

    def do_POST(self) -> None:
        length = self._length()
        if length is None:
            self.close_connection = True
            self._answer(Answered(status=411, body=b"the request does not say its length\n"))
            return
        if length > max(self.most, SPARE):
            self.close_connection = True
        body = b"" if self.close_connection and length > self.most else self.rfile.read(length)
        if length > self.most:
            self._answer(Answered(status=413, body=b"the request is too long\n"))
        elif len(body) < length:
            self.close_connection = True
            self._answer(Answered(status=400, body=b"the request breaks off\n"))
        else:
            self._answer(type(self).respond(self._asked(body)))

    def _length(self) -> int | None:
        """Give the length of a body; None where whoever stands between us and its sender may read another one than we do."""
        told = self.headers.get_all("Content-Length") or []
        if "Transfer-Encoding" in self.headers or len(told) != 1 or not _DIGITS.fullmatch(told[0]):
            return None
        return int(told[0][:15])

    def send_error(self, code: int, *_: Any) -> None:
        """Refuse what is no request, in as few words as everything else."""
        self.close_connection = True
        self._answer(Answered(status=code, body=f"{self.responses[code][0]}\n".encode("ascii")))

    def log_message(self, *_: Any) -> None:
        """Keep no record of who asked."""

    def _asked(self, body: bytes) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        method = "GET" if self.command == "HEAD" else self.command
        return Asked(method=method, path=self.path, headers=headers, body=body)

    def _answer(self, answer: Answered) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class _Hurried(io.RawIOBase):
    """What comes over a connection: a request has its time from its first byte on as a whole, however slowly it drips."""

    def __init__(self, connection: Any, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._due: float | None = None

    def begin(self) -> None:
        """Wait for another request, which has its own time."""
        self._due = None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, or wait for it as long as there is time."""
        left = self._patience if self._due is None else self._due - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            count = int(self._connection.recv_into(buffer))
        finally:
            self._connection.settimeout(self._patience)
        self._due = self._due or time.monotonic() + self._patience
        return count


def _send(request: urllib.request.Request, most: int, patience: float) -> tuple[int, bytes]:
    """Ask in a thread of its own, for neither the name's look-up nor the answer's head keeps to a time by itself."""
    came: queue.SimpleQueue[tuple[int, bytes] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            came.put(_answer(request, most, patience))
        except Exception as error:  # noqa: BLE001 -- it is raised where it was asked for
            came.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        found = came.get(timeout=patience + most / SLOWEST)
    except queue.Empty:
        raise _down(request.full_url, "its answer takes too long") from None
    if isinstance(found, Exception):
        raise found
    return found


def _answer(request: urllib.request.Request, most: int, patience: float) -> tuple[int, bytes]:
    try:
        with _opener.open(request, timeout=patience) as answer:
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
