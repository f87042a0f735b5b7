"""Whoever answers for ever, byte by byte, is left after a bounded time, whether it is the head or the body that drips."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from tamizdat.adapters import web
from tamizdat.primitives.errors import AdapterError


@contextlib.contextmanager
def dripping(first: bytes, drop: bytes):
    """Answer one request with *first*, then with *drop* again and again until the block ends."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            line, _ = listening.accept()
            with line, contextlib.suppress(OSError):
                line.sendall(first)
                while not ended.wait(0.01):
                    line.sendall(drop)

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-More: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_an_answer_that_never_ends_is_left(first, drop):
    with dripping(first, drop) as address, pytest.raises(AdapterError) as caught:
        web.fetch(address, 1 << 14, patience=0.5)
    assert caught.value.code == "network"
