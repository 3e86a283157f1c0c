"""The client against servers that misbehave. All run on real sockets; the deadline is short so that the tests are."""

from __future__ import annotations

import gzip
import http.client
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import replace
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from grader.model import Exchange, FailureKind, Limits, Request
from grader.probe.client import Client, cookie_jar

from .misbehaving import (
    Behaviour,
    Server,
    answer,
    endlessly,
    exploding,
    keeping_open,
    resetting,
    routing,
    saying,
    serving,
)

SECONDS = 1.0
LIMITS = Limits(request_seconds=SECONDS, body_bytes=100_000)
BRIEF = replace(LIMITS, request_seconds=0.4)  # for what takes as long as it may
OK = b"HTTP/1.1 200 OK\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nContent-Length: 7\r\n\r\n"


def ask(
    server: Server, request: Request | None = None, *, limits: Limits = LIMITS, cookies: CookieJar | None = None
) -> Exchange:
    """Send a request, and see that the deadline held and that no socket and no thread stayed."""
    descriptors, threads = os.listdir("/dev/fd"), threading.active_count()
    client = Client(server.connect, port=server.port, limits=limits, cookies=cookies)
    began = time.monotonic()
    exchange = client.send(request or Request(), exchange_id="e1", start_id="s1", at=0.5)
    assert time.monotonic() - began < limits.request_seconds + 2
    assert exchange.seconds < limits.request_seconds + 2
    del client
    assert threading.active_count() <= threads + 1  # the server's own, for this connection
    assert len(os.listdir("/dev/fd")) <= len(descriptors) + 1
    return exchange


def against(behaviour: Behaviour, request: Request | None = None, limits: Limits = LIMITS) -> Exchange:
    with serving(behaviour) as server:
        return ask(server, request, limits=limits)


def failure(exchange: Exchange) -> tuple[FailureKind, str]:
    assert exchange.failure is not None, exchange
    assert exchange.failure.message.isprintable()
    assert len(exchange.failure.message) < 300
    return exchange.failure.kind, exchange.failure.message


# ------------------------------------------------------------------------------------------------------ proper answers


def test_an_answer_is_kept_whole() -> None:
    with serving(saying(answer("Hello, thére!".encode(), b"Content-Type: text/html", b"X-Lab: 1"))) as server:
        exchange = ask(server, Request("/a b?x=[1]", headers=(("X-Sent", "yes"),)))
    assert exchange.failure is None
    assert exchange.ok
    assert (exchange.id, exchange.start, exchange.at) == ("e1", "s1", 0.5)
    assert (exchange.status, exchange.reason) == (200, "OK")
    assert exchange.body.decode() == "Hello, thére!"
    assert (exchange.body_bytes, exchange.truncated, exchange.redirects) == (14, False, ())
    assert exchange.headers == (("Content-Type", "text/html"), ("X-Lab", "1"), ("Content-Length", "14"))
    assert 0 < exchange.seconds < SECONDS
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /a%20b?x=%5B1%5D HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "X-Sent: yes" in lines


# What Chromium 156 sends, recorded from it; but for the three differences that grader.probe.browser names.
_PAGE = """Host: 127.0.0.1:{port}
Connection: close
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Upgrade-Insecure-Requests: 1
User-Agent: {agent}
Accept: {pages}
Sec-Fetch-Site: none
Sec-Fetch-Mode: navigate
Sec-Fetch-User: ?1
Sec-Fetch-Dest: document
Accept-Encoding: gzip, deflate
Accept-Language: en-US,en;q=0.9
Cookie: a=b"""
_FORM = """Host: 127.0.0.1:{port}
Connection: close
Content-Length: 3
Cache-Control: max-age=0
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Upgrade-Insecure-Requests: 1
Content-Type: application/x-www-form-urlencoded
User-Agent: {agent}
Origin: http://127.0.0.1:{port}
Accept: {pages}
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Accept-Encoding: gzip, deflate
Accept-Language: en-US,en;q=0.9
Cookie: a=b"""
_SCRIPT = """Host: 127.0.0.1:{port}
Connection: close
Content-Length: 2
X-Own: 1
sec-ch-ua-platform: "Linux"
User-Agent: {agent}
sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
Content-Type: application/json
sec-ch-ua-mobile: ?0
Accept: */*
Origin: http://127.0.0.1:{port}
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Accept-Encoding: gzip, deflate
Accept-Language: en-US,en;q=0.9
Cookie: a=b"""
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
_PAGES = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (Request("/"), _PAGE),
        (Request("/p", "POST", (("Content-Type", "application/x-www-form-urlencoded"),), b"a=1"), _FORM),
        (Request("/api", "POST", (("Content-Type", "application/json"), ("X-Own", "1")), b"{}"), _SCRIPT),
    ],
    ids=["a page", "a form", "a script"],
)
def test_a_request_is_what_chromium_sends(request_: Request, sent: str) -> None:
    jar = cookie_jar()
    with serving(saying(answer(b"", b"Set-Cookie: a=b"))) as server:
        ask(server, cookies=jar)
        ask(server, request_, cookies=jar)
    head = server.requests[1].partition(b"\r\n\r\n")[0].decode()
    assert head.split("\r\n")[1:] == sent.format(port=server.port, agent=_AGENT, pages=_PAGES).split("\n")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_request_names_who_sends_it(method: str) -> None:
    with serving(saying(answer(b""))) as server:
        ask(server, Request("/", method, body=b"x" if method == "POST" else b""))
        ask(server, Request("/", method, (("Origin", "http://other.example"), ("Host", "lab.example"))))
    for sent in server.requests:
        assert not re.search(rb"python|requests/|urllib|\bgrader?\b|\bbot\b|headless", sent, re.IGNORECASE), sent
    lines = server.requests[1].decode().split("\r\n")
    assert lines[1] == "Host: lab.example"
    assert "Origin: http://other.example" in lines
    assert "Sec-Fetch-Site: cross-site" in lines


@pytest.mark.parametrize("path", ["//double", "/static/../main.py", "/%2e%2e/x", "/é"])
def test_a_path_reaches_the_server_as_it_was_written(path: str) -> None:
    with serving(saying(answer(b""))) as server:
        ask(server, Request(path))
    assert server.requests[0].split()[1].decode() == path.replace("%2e", "%2E").replace("é", "%C3%A9")


def test_a_body_is_sent_as_it_is() -> None:
    with serving(saying(answer(b"done"))) as server:
        ask(server, Request("/form", "POST", (("Content-Type", "text/plain"), ("User-Agent", "lab")), b"a\0b"))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"a\0b"
    assert b"Content-Length: 3" in head
    assert b"User-Agent: lab" in head
    assert b"Mozilla" not in head


@pytest.mark.parametrize(
    ("behaviour", "body"),
    [
        (keeping_open(answer(b"kept open")), b"kept open"),
        (
            keeping_open(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"),
            b"abcde",
        ),
        (saying(b"HTTP/1.0 200 OK\r\n\r\nuntil ", b"the end"), b"until the end"),
        (saying(*(bytes([byte]) for byte in answer(b"in single bytes"))), b"in single bytes"),
        (keeping_open(OK + b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok"), b"ok"),
        (saying(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"after all")), b"after all"),
        (saying(EARLY + answer(b"after hints")), b"after hints"),
        (keeping_open(b"HTTP/1.1 102 Processing\r\n\r\n" + EARLY * 10 + answer(b"after many")), b"after many"),
        (keeping_open(answer(b"a line end too many") + b"\r\n"), b"a line end too many"),
        (keeping_open(answer(gzip.compress(b"zipped"), b"Content-Encoding: gzip")), b"zipped"),
        (keeping_open(answer(zlib.compress(b"zlib"), b"Content-Encoding: deflate")), b"zlib"),
        (keeping_open(answer(zlib.compress(b"raw", wbits=-15), b"Content-Encoding: deflate")), b"raw"),
        (resetting(answer(b"all came, then a reset")), b"all came, then a reset"),
    ],
)
def test_a_proper_answer_is_read_to_its_end_and_no_further(behaviour: Behaviour, body: bytes) -> None:
    exchange = against(behaviour)
    assert exchange.failure is None
    assert exchange.body == body
    assert exchange.body_bytes == len(body)
    assert exchange.seconds < SECONDS


def test_deep_nesting_is_only_bytes() -> None:
    page = b"<div>" * 100_000
    with serving(saying(answer(page))) as server:
        assert ask(server, limits=Limits()).body == page


def test_the_connection_is_reset_so_that_none_lingers() -> None:
    ends: list[str] = []

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(answer(b"ok"))
        try:
            connection.recv(1)
        except ConnectionResetError:
            ends.append("reset")

    assert against(behave).body == b"ok"
    assert ends == ["reset"]


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", b"200 OK"), ("GET", b"204 NO CONTENT"), ("GET", b"304 NOT MODIFIED")]
)
def test_an_answer_without_a_body_is_not_waited_for(method: str, status: bytes) -> None:
    exchange = against(keeping_open(b"HTTP/1.1 " + status + b"\r\nContent-Length: 50\r\n\r\n"), Request(method=method))
    assert exchange.failure is None
    assert exchange.body == b""
    assert exchange.header("content-length") == "50"


def test_headers_keep_their_order_their_duplicates_and_no_control_characters() -> None:
    head = [b"Set-Cookie: a=1", b"X: \x1b]0;pwn\x07\0", b"Set-Cookie: b=2", b"Y: \xe9", "Z: “é”".encode()]
    exchange = against(saying(b"\r\n".join([b"HTTP/1.1 200 F\x1b[31mINE", *head, b"Content-Length: 0", b"", b""])))
    assert exchange.failure is None
    assert [name for name, _ in exchange.headers] == ["Set-Cookie", "X", "Set-Cookie", "Y", "Z", "Content-Length"]
    assert [value for _, value in exchange.headers] == ["a=1", "\ufffd]0;pwn\ufffd\ufffd", "b=2", "é", "“é”", "0"]
    assert exchange.reason == "F\ufffd[31mINE"


def test_a_server_error_is_an_answer() -> None:
    exchange = against(saying(answer(b"<h1>Internal Server Error</h1>", status=b"500 INTERNAL SERVER ERROR")))
    assert (exchange.status, exchange.failure, exchange.ok) == (500, None, False)
    assert b"Internal" in exchange.body


@pytest.mark.slow
def test_an_answer_that_comes_before_the_body_was_read_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(100)
                connection.sendall(answer(b"too much", status=b"413 TOO LARGE"))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 20):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        exchange = ask(Server(listener.getsockname()[1]), Request("/", "POST", body=bytes(5_000_000)))
        thread.join(10)
    assert exchange.status == 413


# -------------------------------------------------------------------------------------------------------- large answers


@pytest.mark.parametrize(
    ("behaviour", "known"),
    [
        (saying(answer(b"x" * 500_000)), 500_000),
        (endlessly(OK + b"\r\n", b"x" * 65536), None),
        (endlessly(OK + b"Content-Length: 99999999999999999999999\r\n\r\n", b"x" * 65536), 10**23 - 1),
        (endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"), None),
        (endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFF\r\n", b"x" * 65536), None),
    ],
)
def test_a_body_is_cut_at_the_limit(behaviour: Behaviour, known: int | None) -> None:
    exchange = against(behaviour)
    assert exchange.failure is None
    assert exchange.truncated
    assert exchange.body == b"x" * LIMITS.body_bytes
    assert exchange.body_bytes == known if known else exchange.body_bytes > LIMITS.body_bytes


def test_a_body_of_just_the_limit_is_whole() -> None:
    exchange = against(saying(answer(b"x" * LIMITS.body_bytes)))
    assert (len(exchange.body), exchange.truncated, exchange.failure) == (LIMITS.body_bytes, False, None)


def test_a_compression_bomb_is_cut_at_the_limit() -> None:
    exchange = against(exploding(700))
    assert exchange.truncated
    assert exchange.body == bytes(LIMITS.body_bytes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour",
    [
        endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-T: y\r\n" * 1000),
        endlessly(OK, b"X: " + b"y" * 65_000 + b"\r\n"),
        endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
    ],
    ids=["trailers", "long headers", "tiny chunks"],
)
def test_an_answer_that_never_gets_anywhere_is_too_large(behaviour: Behaviour) -> None:
    with serving(behaviour) as server:  # the budget of bytes ends it, long before this deadline
        exchange = ask(server, limits=Limits(request_seconds=30, body_bytes=LIMITS.body_bytes))
    kind, message = failure(exchange)
    assert kind is FailureKind.TOO_LARGE
    assert "without finishing its answer" in message


# ------------------------------------------------------------------------------------------------------------- too slow


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "message", "status", "body"),
    [
        (keeping_open(), "no answer within 0.4 seconds", None, b""),
        (keeping_open(OK + b"X: y\r\n"), "no complete answer within 0.4 seconds", 200, b""),
        (endlessly(OK, b"X", 0.05), "no complete answer within 0.4 seconds", 200, b""),
        (endlessly(OK, b"X: y\r\n", 0.2), "no complete answer within 0.4 seconds", 200, b""),
        (
            keeping_open(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 20),
            "no complete answer within 0.4 seconds: 20 of 1,000 bytes of the body came",
            200,
            b"x" * 20,
        ),
        (keeping_open(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), "2 bytes of the body came", 200, b"ab"),
        (keeping_open(OK + b"\r\nabc"), "no complete answer within 0.4 seconds: 3 bytes of the body came", 200, b"abc"),
    ],
    ids=["silent", "headers", "header drip", "headers drip", "length", "chunked", "until the end"],
)
def test_a_slow_answer_ends_at_the_deadline(
    behaviour: Behaviour, message: str, status: int | None, body: bytes
) -> None:
    exchange = against(behaviour, limits=BRIEF)
    assert failure(exchange)[0] is FailureKind.TIMEOUT
    assert message in failure(exchange)[1]
    assert (exchange.status, exchange.body) == (status, body)
    assert exchange.seconds >= 0.4
    assert not exchange.ok


@pytest.mark.slow
def test_a_body_that_drips_ends_at_the_deadline() -> None:
    exchange = against(endlessly(OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.05), limits=BRIEF)
    assert failure(exchange)[0] is FailureKind.TIMEOUT
    assert exchange.status == 200
    assert 1 <= len(exchange.body) < 30


@pytest.mark.slow
def test_the_deadline_holds_over_all_redirects() -> None:
    def slow(connection: socket.socket, request: bytes) -> None:
        threading.Event().wait(0.4)
        connection.sendall(answer(b"", b"Location: /on", status=b"302 FOUND"))

    exchange = against(slow)
    assert failure(exchange)[0] is FailureKind.TIMEOUT
    assert 1 <= len(exchange.redirects) <= 2


@pytest.mark.slow
def test_a_server_that_reads_nothing_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        exchange = ask(Server(listener.getsockname()[1]), Request("/", "POST", body=b"x" * 12_000_000))
    assert failure(exchange)[0] is FailureKind.TIMEOUT


# ------------------------------------------------------------------------------------------------------- broken answers

CLOSED, MALFORMED = FailureKind.CLOSED, FailureKind.MALFORMED


@pytest.mark.parametrize(
    ("behaviour", "kind", "message"),
    [
        (saying(), CLOSED, "without an answer"),
        (resetting(), CLOSED, "broke off the connection"),
        (saying(b"HTTP/1.1 200"), CLOSED, "in the middle of the headers"),
        (saying(EARLY), CLOSED, "without an answer"),
        (endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), MALFORMED, "more than 20 interim answers"),
        (endlessly(b"", EARLY * 1000), MALFORMED, "more than 20 interim answers"),
        (saying(OK + b"Content-Le"), CLOSED, "in the middle of the headers"),
        (saying(OK), CLOSED, "in the middle of the headers"),
        (saying(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 20), CLOSED,
         "the server closed the connection before the answer was complete: 20 of 1,000 bytes of the body came"),
        (saying(OK + b"Content-Length: 5\r\n\r\n"), CLOSED, "0 of 5 bytes"),
        (resetting(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 20), CLOSED, "broke off the connection: "),
        (saying(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), CLOSED, "2 bytes of the body came"),
        (saying(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), CLOSED, "2 bytes of the body came"),
        (keeping_open(OK + b"Transfer-Encoding: chunked\r\n\r\nhello\r\n"), MALFORMED, "chunks"),
        (keeping_open(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000), MALFORMED, "cannot be read"),
        (keeping_open(OK + b"Transfer-Encoding: rot13\r\n\r\nhello"), MALFORMED, "rot13"),
        (keeping_open(OK + b"Content-Length: 5\r\n\r\nhello, there"), MALFORMED, "longer than its Content-Length"),
        (keeping_open(OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello"), MALFORMED, "contradict"),
        (keeping_open(OK + b"Content-Length: 0\r\nContent-Length: 7\r\n\r\nhello"), MALFORMED, "contradict"),
        (keeping_open(OK + b"Content-Length: 0\r\n\r\nhello"), MALFORMED, "longer than its Content-Length"),
        (keeping_open(OK + b"Content-Length: 5, 7\r\n\r\nhello"), MALFORMED, "contradict"),
        (keeping_open(OK + b"Content-Length: -5\r\n\r\nhello"), MALFORMED, "not a number of bytes: -5"),
        (keeping_open(OK + b"Content-Length: 1_0\r\n\r\n0123456789"), MALFORMED, "not a number of bytes"),
        (keeping_open(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"), MALFORMED, "not a number of bytes"),
        (keeping_open(OK + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n"), MALFORMED, "100 headers"),
        (keeping_open(OK + b"X: " + b"y" * 65_536 + b"\r\n\r\n"), MALFORMED, "header line"),
        (keeping_open(b"HTTP/1.1 " + b"2" * 70_000), MALFORMED, "status line"),
        (keeping_open(b"\x1b[31mBANANA\r\n\r\n"), MALFORMED, "not HTTP"),
        (saying(b"<h1>HTTP/0.9</h1>"), MALFORMED, "not HTTP"),
        (keeping_open(b"HTTP/1.1 999999 WOW\r\n\r\n"), MALFORMED, "not HTTP"),
        (keeping_open(b"HTTP/1.1 -1 WOW\r\n\r\n"), MALFORMED, "not HTTP"),
        (keeping_open(b"HTTP/3.0 200 OK\r\n\r\n"), MALFORMED, "not HTTP"),
        (keeping_open(answer(b"hello", b"Content-Encoding: br")), MALFORMED, "encoded as br"),
        (keeping_open(answer(b"hello", b"Content-Encoding: \xff\x00")), MALFORMED, "encoded as"),
        (keeping_open(answer(b"hello", b"Content-Encoding: gzip, gzip")), MALFORMED, "encoded as gzip, gzip"),
        (keeping_open(answer(b"hello", *[b"Content-Encoding: gzip"] * 50)), MALFORMED, "encoded as gzip, gzip"),
        (keeping_open(answer(b"hello", b"Content-Encoding: gzip")), MALFORMED, "it is not"),
        (keeping_open(answer(gzip.compress(b"hello")[:-4], b"Content-Encoding: gzip")), MALFORMED, "too early"),
    ],
)  # fmt: skip
def test_a_broken_answer_is_explained(behaviour: Behaviour, kind: FailureKind, message: str) -> None:
    exchange = against(behaviour)
    assert failure(exchange)[0] is kind
    assert message in failure(exchange)[1]
    assert exchange.seconds < SECONDS
    assert not exchange.ok


def test_what_came_before_an_answer_broke_is_kept() -> None:
    exchange = against(saying(OK + b"X: y\r\nContent-Length: 1000\r\n\r\n<h1>Hel"))
    assert (exchange.status, exchange.header("x"), exchange.body) == (200, "y", b"<h1>Hel")
    exchange = against(saying(OK + b"X: y\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nHello"))
    assert (exchange.status, exchange.header("x"), exchange.body) == (200, "y", b"")
    exchange = against(saying(OK + b"Content-Length: 5\r\n\r\nHello, there!"))
    assert exchange.body == b"Hello"


def test_nobody_there_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])
    exchange = ask(server)
    assert failure(exchange) == (FailureKind.REFUSED, f"nobody accepted the connection to port {server.port}")
    assert exchange.status is None


def test_a_connection_that_is_none_is_reported() -> None:
    exchange = Client(lambda _: socket.socket(), port=5000, limits=LIMITS).send(
        Request(), exchange_id="e", start_id="s"
    )
    assert failure(exchange)[0] is CLOSED
    assert "the connection failed" in failure(exchange)[1]


def test_a_connection_that_takes_too_long_is_a_timeout() -> None:
    def connect(seconds: float) -> socket.socket:
        assert 0 < seconds <= SECONDS
        raise TimeoutError

    exchange = Client(connect, port=5000, limits=LIMITS).send(Request(), exchange_id="e", start_id="s")
    assert failure(exchange) == (FailureKind.TIMEOUT, "no answer within 1 second")


@pytest.mark.parametrize(
    "request_",
    [Request(headers=(("X", "a\r\nY: b"),)), Request(headers=(("Bad Name:", "a"),)), Request(method="G\r\nET")],
)
def test_a_request_that_is_no_http_is_not_sent(request_: Request) -> None:
    with serving(saying(answer(b"ok"))) as server:
        kind, message = failure(ask(server, request_))
    assert kind is MALFORMED
    assert "the request cannot be sent" in message
    assert server.requests in ([], [b"\r\n\r\n"])


@pytest.mark.slow
def test_any_bytes_give_an_exchange() -> None:
    """Mutations of a plausible answer, and pure noise, from a fixed seed."""
    draw = random.Random(253)
    pieces = [
        *(
            b"HTTP/1.1 ",
            b"200 OK",
            b"302 Found",
            b"\r\n",
            b"\n",
            b"a\r\n",
            b": ",
            b"-5",
            b"7",
            b"9" * 400,
            b"\0\xff",
            b"%",
        ),
        *(b"Content-Length: ", b"Transfer-Encoding: chunked", b"0\r\n\r\n", b"Content-Encoding: gzip", b"\x1f\x8b\x08"),
        *(b"deflate", b"Set-Cookie: a=b; Max-Age=", b"; expires=Thu, 99", b"Location: http://", b"[::1"),
        b'Content-Type: multipart/x; boundary="',
    ]

    def respond(connection: socket.socket, request: bytes) -> None:
        noise = b"".join(draw.choice([*pieces, draw.randbytes(9)]) for _ in range(draw.randrange(40)))
        connection.sendall(draw.choice([b"", OK, b"HTTP/1.1 302 F\r\nLocation: ", OK + b"Set-Cookie: "]) + noise)

    with serving(respond) as server:
        client = Client(server.connect, port=server.port, limits=LIMITS)
        seen = [client.send(Request(), exchange_id="e", start_id="s") for _ in range(300)]
    assert {type(exchange) for exchange in seen} == {Exchange}
    assert all(exchange.status or exchange.failure for exchange in seen)
    assert {exchange.failure.kind for exchange in seen if exchange.failure} >= {CLOSED, MALFORMED}
    assert all(exchange.failure.message.isprintable() for exchange in seen if exchange.failure)


# ------------------------------------------------------------------------------------------------------------ redirects


def found(location: bytes, *headers: bytes, status: bytes = b"302 FOUND") -> bytes:
    return answer(b"moved", b"Location: " + location, *headers, status=status)


def test_redirects_inside_the_app_are_followed_and_recorded() -> None:
    with serving(routing({"/": found(b"/a"), "/a": found(b"b?x=1"), "/b?x=1": answer(b"here")})) as server:
        exchange = ask(server)
    assert (exchange.status, exchange.body, exchange.failure) == (200, b"here", None)
    assert [(r.path, r.status, r.location) for r in exchange.redirects] == [("/", 302, "/a"), ("/a", 302, "b?x=1")]
    assert "--location" in exchange.curl


def test_redirects_are_left_alone_when_the_request_says_so() -> None:
    exchange = against(routing({"/": found(b"/a")}), Request(follow=False))
    assert (exchange.status, exchange.redirects, exchange.failure) == (302, (), None)
    assert exchange.header("location") == "/a"
    assert "--location" not in exchange.curl


def test_a_form_that_redirects_is_fetched_like_in_a_browser() -> None:
    with serving(routing({"/form": found(b"/done", status=b"303 SEE OTHER"), "/done": answer(b"thanks")})) as server:
        exchange = ask(server, Request("/form", "POST", (("Content-Type", "text/plain"),), b"x=1"))
    assert exchange.body == b"thanks"
    assert server.requests[1].startswith(b"GET /done ")
    assert b"content-" not in server.requests[1].lower()


def test_a_circle_ends_after_five_redirects() -> None:
    with serving(saying(found(b"/again", b"X: last"))) as server:
        exchange = ask(server)
    assert failure(exchange) == (
        FailureKind.REDIRECT, "the redirects go in a circle: /again leads back to itself"
    )  # fmt: skip
    assert (exchange.status, exchange.header("x"), exchange.body) == (302, "last", b"moved")
    assert len(exchange.redirects) == 5
    assert server.connections == 6


def test_a_long_chain_ends_after_five_redirects() -> None:
    exchange = against(routing({"/": found(b"/1")} | {f"/{n}": found(b"/%d" % (n + 1)) for n in range(1, 9)}))
    assert failure(exchange) == (FailureKind.REDIRECT, "more than 5 redirects, one after the other")


def test_a_redirect_to_another_server_is_not_followed() -> None:
    with serving(saying(answer(b"ADMIN"))) as victim:
        for location in (f"http://127.0.0.1:{victim.port}/admin", f"//localhost:{victim.port}/"):
            exchange = against(saying(found(location.encode())))
            assert (exchange.status, exchange.redirects, exchange.failure) == (302, (), None)
            assert exchange.header("location") == location
    assert victim.connections == 0


def test_a_redirect_to_an_absolute_url_of_the_same_server_is_followed() -> None:
    def redirect(connection: socket.socket, request: bytes) -> None:
        host = next(line for line in request.split(b"\r\n") if line.startswith(b"Host: "))[6:]
        home = b"http://" + host + b"/home"
        connection.sendall(answer(b"home") if b"/home" in request else found(home))

    assert against(redirect).body == b"home"
    assert against(redirect, Request(headers=(("Host", "shop.test"),))).body == b"home"


# -------------------------------------------------------------------------------------------- cookies and environment


def test_cookies_are_sent_back_also_to_another_start_of_the_same_submission() -> None:
    jar = cookie_jar()
    with serving(saying(answer(b"", b"Set-Cookie: id=7; Path=/", b"Set-Cookie: safe=1; Secure; HttpOnly"))) as first:
        ask(first, cookies=jar)
    with serving(saying(answer(b""))) as second:
        exchange = ask(second, cookies=jar)
        ask(second, Request(headers=(("cookie", "own=1"),)), cookies=jar)
        ask(second)
    assert b"Cookie: id=7; safe=1" in second.requests[0]
    assert "'Cookie: id=7; safe=1'" in exchange.curl
    assert b"Cookie: own=1; id=7; safe=1\r\n" in second.requests[1]
    assert b"ookie" not in second.requests[2]


def test_a_cookie_that_a_redirect_sets_counts_at_once() -> None:
    pages = {"/login": found(b"/", b"Set-Cookie: user=ada"), "/": answer(b"welcome")}
    with serving(routing(pages)) as server:
        exchange = ask(server, Request("/login", "POST", body=b"name=ada"))
    assert b"Cookie: user=ada" in server.requests[1]
    assert "--location --cookie ''" in exchange.curl


def test_cookies_of_a_request_go_beside_those_of_the_browser_and_before_the_one_of_the_same_name() -> None:
    jar = cookie_jar()
    with serving(saying(answer(b"", b"Set-Cookie: session=7", b"Set-Cookie: theme=light"))) as server:
        ask(server, cookies=jar)
        exchange = ask(server, Request(headers=(("X-A", "b"), ("Cookie", "theme=dark; word=a=b"))), cookies=jar)
        ask(server, cookies=jar)
    assert b"Cookie: theme=dark; word=a=b; session=7\r\n" in server.requests[1]
    assert server.requests[1].lower().count(b"cookie:") == 1
    assert "'Cookie: theme=dark; word=a=b; session=7'" in exchange.curl
    assert b"Cookie: session=7; theme=light\r\n" in server.requests[2]


def test_a_cookie_that_a_redirect_sets_or_takes_away_goes_before_the_request_s_own() -> None:
    pages = {
        "/": found(b"/next", b"Set-Cookie: count=2", b"Set-Cookie: old=; Max-Age=0"), "/next": answer(b"there"),
    }  # fmt: skip
    with serving(routing(pages)) as server:
        ask(server, Request(headers=(("Cookie", "count=1; old=1; theme=dark"),)))
    assert b"Cookie: count=1; old=1; theme=dark\r\n" in server.requests[0]
    assert b"Cookie: theme=dark; count=2\r\n" in server.requests[1]


def test_a_cookie_for_a_foreign_domain_is_rejected() -> None:
    jar = cookie_jar()
    with serving(saying(answer(b"", b"Set-Cookie: evil=1; Domain=example.org", b"Set-Cookie: p=1; Path=/x"))) as server:
        ask(server, cookies=jar)
        ask(server, cookies=jar)
    assert b"evil" not in server.requests[1]


def test_proxies_and_passwords_of_the_environment_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    with serving(saying(answer(b"proxy"))) as proxy, serving(saying(answer(b"app"))) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        assert ask(server).body == b"app"
    assert proxy.connections == 0
    assert b"Authorization" not in server.requests[0]


# --------------------------------------------------------------------------------------------------------------- memory

_MEASURE = """
    import resource, socket, sys
    from grader.model import Limits, Request
    from grader.probe.client import Client

    port = int(sys.argv[1])
    connect = lambda seconds: socket.create_connection(("127.0.0.1", port), seconds)
    client = Client(connect, port=port, limits=Limits(request_seconds=2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        client.send(Request(), exchange_id="e", start_id="s")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is counted in KiB on Linux only")
@pytest.mark.parametrize(
    "behaviour",
    [
        exploding(700),
        endlessly(OK + b"\r\n", b"x" * 65536),
        endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\n", b"x" * 65536),
        endlessly(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", b"x" * 65536),
        endlessly(OK, b"X: " + b"y" * 65_000 + b"\r\n"),
        endlessly(OK + b"Content-Length: 9223372036854775807\r\n\r\n", b"x" * 65536),
    ],
    ids=["bomb", "endless", "huge chunk", "negative chunk", "headers", "huge length"],
)
def test_memory_stays_bounded(behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(_MEASURE), str(server.port)],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
    assert int(done.stdout) < 24 << 10  # KiB


# ----------------------------------------------------------------------------------------------------------------- curl


_OF_A_BROWSER = (
    b"user-agent",
    b"accept",
    b"connection",
    b"host",
    b"upgrade-insecure-requests",
    b"cache-control",
    b"origin",
)


def seen(request: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Request line, headers without those in which curl and a browser differ, and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    fields = {name: value for name, value in fields.items() if not name.startswith((b"sec-", *_OF_A_BROWSER))}
    if fields.get(b"content-length") == b"0":
        del fields[b"content-length"]
    return first, fields, body


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("shell", [name for name in ("sh", "bash", "dash") if shutil.which(name)])
@pytest.mark.parametrize(
    "request_",
    [
        Request("/"),
        Request("/it's \"quoted\" $HOME `id` $(id) \\ !x?q=a b&r=[1-3]{x,y}&s='&t=é%20ü;u=*~|<>#top"),
        Request("/-rf/../--help?-x=-y"),
        Request("//double?a=1?b"),
        Request("/x", "HEAD"),
        Request("/x", "DELETE"),
        Request("/x", "POST"),
        Request("/x", "POST", (("Content-Type", "application/json"), ("X-Q", 'it\'s $PORT "é"')), b'{"a": "$x \'y\'"}'),
        Request("/x", "POST", (("X-Empty", ""), ("X-Dash", "-d @/etc/passwd")), b"@/etc/passwd"),
        Request("/x", "PUT", (), b"-x --y"),
        Request("/x", "POST", (), "naïve ☕".encode()),
        Request("/x", "POST", (), bytes(range(256)) + b"%s %% \\n -9 '\n"),
        Request("/x", "POST", (), b"-leading dash\n"),
        Request("/form", "POST", (("X-Lab", "1"),), b"x=1"),
        Request("/login", "POST", (), b"x=1"),
    ],
)
def test_curl_sends_what_the_client_sent(request_: Request, shell: str) -> None:
    pages = {"/form": found(b"/x", status=b"303 SEE OTHER"), "/login": found(b"/x", b"Set-Cookie: user=ada; Path=/")}
    with serving(routing(pages)) as server:
        exchange = ask(server, request_)
        ours, server.requests[:] = [seen(request) for request in server.requests], []
        done = subprocess.run(
            [shell, "-c", exchange.curl],
            capture_output=True, timeout=20, env={"PATH": os.environ["PATH"], "PORT": str(server.port)}, check=True,
        )  # fmt: skip
    assert [seen(request) for request in server.requests] == ours
    assert f" {exchange.status} ".encode() in done.stdout


def test_the_helper_speaks_http() -> None:
    """Guards the tests above: a client that is not ours reads the same from the server."""
    with serving(routing({"/": answer(b"hello")})) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("POST", "/", body=b"abc")
        assert connection.getresponse().read() == b"hello"
        connection.close()
    assert server.requests[0].endswith(b"\r\n\r\nabc")
