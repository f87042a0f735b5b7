"""Our own server on a real socket: what is no request, what would be two, what drips; and what stands in its own way."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.parse

import pytest

from tamizdat.adapters.web import SPARE, Answered, Asked, Server
from tamizdat.primitives.errors import FormatError


HIDDEN = b"POST /hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


class Echo:
    """Answers with what it was asked; keeps it too."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.fault: Exception | None = None

    def __call__(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        if self.fault:
            raise self.fault
        return Answered(status=200, body=asked.method.encode() + b" " + asked.body)


@contextlib.contextmanager
def running(echo, most=100, **options):
    server = Server("127.0.0.1", 0, echo, most, **options)
    server.start()
    try:
        yield urllib.parse.urlsplit(server.address)
    finally:
        server.close()


def said(address, raw: bytes, *, end=True) -> bytes:
    """Send bytes, and give all that comes until the other side closes, or until ours is said to end."""
    with socket.create_connection((address.hostname, address.port), timeout=60) as one:
        one.sendall(raw)
        if end:
            one.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: one.recv(65_536), b""))


def request(*headers: str, method="POST", body=b"") -> bytes:
    return "\r\n".join([f"{method} /a HTTP/1.1", "Host: x", *headers, "", ""]).encode() + body


TWO_IN_ONE = {
    "both lengths": request("Transfer-Encoding: chunked", "Content-Length: 4", body=b"0\r\n\r\n"),
    "two lengths": request("Content-Length: 3", "Content-Length: 5", body=b"abcde"),
    "no length": request(body=b"abc"),
    "noughts": request("Content-Length: 0000000000000000003", body=b"abc"),
    "signs": request("Content-Length: +3", body=b"abc"),
    "foreign digits": request("Content-Length: \u0663", body=b"abc"),
}


@pytest.mark.parametrize("name", TWO_IN_ONE)
def test_a_request_whose_length_can_be_read_in_two_ways_is_refused_and_nothing_is_read_after_it(name):
    echo = Echo()
    with running(echo) as address:
        answer = said(address, TWO_IN_ONE[name] + HIDDEN, end=False)

    assert answer.startswith(b"HTTP/1.1 411 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert echo.asked == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_what_a_request_carries_unasked_is_not_taken_for_the_next(method):
    echo = Echo()
    with running(echo) as address:
        answer = said(address, request(f"Content-Length: {len(HIDDEN)}", method=method, body=HIDDEN), end=False)

    assert answer.endswith(f"\r\n\r\n{method} ".encode())
    assert [one.method for one in echo.asked] == [method]


def test_too_long_cut_off_or_no_request_at_all_is_one_answer_and_ours_never_sees_it():
    echo = Echo()
    with running(echo) as address:
        for raw, status in (
            (request("Content-Length: 65536", body=bytes(65_536)), b"413"),
            (request(f"Content-Length: {SPARE + 1}"), b"413"),
            (request("Content-Length: " + "9" * 5000), b"413"),
            (request("Content-Length: 9", body=b"abc"), b"400"),
            (request("Content-Length: 0", method="BREW"), b"501"),
            (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
            (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        ):
            assert said(address, raw).split(b" ")[1] == status, raw[:60]
        assert echo.asked == []
        assert said(address, request("Content-Length: 3", body=b"abc")).endswith(b"\r\n\r\nPOST abc")


def test_a_head_is_a_get_without_its_body_and_whoever_waits_to_be_let_on_is():
    echo = Echo()
    with running(echo) as address:
        assert said(address, request(method="HEAD")).endswith(
            b"Content-Length: 4\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        )
        with socket.create_connection((address.hostname, address.port), timeout=60) as one:
            one.sendall(request("Content-Length: 3", "Expect: 100-continue"))
            assert one.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            one.sendall(b"abc")
            assert one.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_what_stands_in_the_servers_own_way_is_an_answer_and_told_once_to_whoever_runs_it():
    told: list[str] = []
    echo = Echo()
    with running(echo, say=told.append) as address:
        for fault in (FormatError("a-code", "it is damaged", mend="Mend it."),) * 2, (OSError("gone"),):
            for echo.fault in fault:
                answer = said(address, request(method="GET"))
                assert answer.startswith(b"HTTP/1.1 503 ")
                assert b"damaged" not in answer

    assert told == [
        "a request could not be answered: it is damaged [a-code]: Mend it.",
        "a request could not be answered: gone",
    ]


def test_a_request_that_drips_is_cut_off_however_long_its_sender_goes_on():
    """Each byte is quick; together they take longer than a whole request may."""
    with (
        running(Echo(), patience=0.5) as address,
        socket.create_connection((address.hostname, address.port), timeout=60) as one,
        pytest.raises(OSError),
    ):
        one.sendall(b"GET / HTTP/1.1\r\na: ")
        for _ in range(3000):
            one.sendall(b"b")
            time.sleep(0.02)
