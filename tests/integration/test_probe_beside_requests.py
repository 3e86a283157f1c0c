"""What the probe reads is what another client, `requests`, reads of the same server."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator

import flask
import pytest
import requests
from werkzeug.serving import make_server

from grader.model import Limits, Request
from grader.probe.client import Client

APP = flask.Flask(__name__)
PLACES = ("/", "/missing", "/gzip", "/chunks", "/empty", "/latin", "/json", "/long", "/several", "/from", "/cookie")


@APP.get("/")
def home() -> str:
    return "<h1>Grüße</h1>"


@APP.get("/gzip")
def packed() -> flask.Response:
    return flask.Response(gzip.compress(b"packed " * 500), headers={"Content-Encoding": "gzip"})


@APP.get("/chunks")
def chunks() -> flask.Response:
    return flask.Response((f"part {n}\n" for n in range(50)), mimetype="text/plain")


@APP.get("/empty")
def empty() -> tuple[str, int]:
    return "", 204


@APP.get("/latin")
def latin() -> flask.Response:
    return flask.Response("Grüße".encode("latin-1"), content_type="text/html; charset=iso-8859-1")


@APP.route("/json", methods=["GET", "POST"])
def data() -> flask.Response:
    return flask.jsonify(sent=flask.request.get_data(as_text=True), kind=flask.request.content_type)


@APP.get("/long")
def long() -> bytes:
    return b"x" * 300_000


@APP.get("/several")
def several() -> flask.Response:
    answer = flask.Response("twice")
    answer.headers.add("X-Many", "1")
    answer.headers.add("X-Many", "2")
    return answer


@APP.get("/from")
def redirected() -> flask.typing.ResponseReturnValue:
    return flask.redirect("/to?a=1")


@APP.get("/to")
def arrived() -> str:
    return f"arrived with {flask.request.args['a']} and {flask.request.cookies.get('a')}"


@APP.get("/cookie")
def cookie() -> flask.Response:
    answer = flask.redirect("/to?a=2")
    answer.set_cookie("a", "b c")
    return flask.make_response(answer)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = make_server("127.0.0.1", 0, APP, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def by_probe(port: int, request: Request) -> tuple[int | None, list[tuple[str, str]], bytes]:

    client = Client(lambda seconds: socket.create_connection(("127.0.0.1", port), seconds), port=port, limits=Limits())
    exchange = client.send(request, exchange_id="e1", start_id="s1")
    assert exchange.failure is None
    return exchange.status, told(exchange.headers), exchange.body


def told(headers: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in headers if name != "Date")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_both_read_the_same(port: int, method: str, place: str) -> None:
    with requests.Session() as session:
        answer = session.request(method, f"http://127.0.0.1:{port}{place}", headers={"Accept-Encoding": "gzip"})
    with answer:
        status, headers, body = by_probe(port, Request(place, method, follow=True))
        assert (status, headers) == (answer.status_code, told(iter(answer.raw.headers.items())))
        assert body == answer.content


@pytest.mark.slow
def test_both_send_the_same_body(port: int) -> None:
    sent, kind = b"a=1&b=%C3%BC", "application/x-www-form-urlencoded"
    answer = requests.post(f"http://127.0.0.1:{port}/json", sent, headers={"Content-Type": kind}, timeout=10)
    _, _, body = by_probe(port, Request("/json", "POST", (("Content-Type", kind),), sent))
    assert body == answer.content
