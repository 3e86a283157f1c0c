from __future__ import annotations

import shlex

import pytest

from grader.model import Request
from grader.probe.curl import curl_line


def words(request: Request, headers: tuple[tuple[str, str], ...] | None = None) -> list[str]:
    return shlex.split(curl_line(request, request.headers if headers is None else headers))


def test_a_plain_get_is_a_short_line() -> None:
    assert curl_line(Request(follow=False), ()) == 'curl --globoff --include "http://127.0.0.1:$PORT"/'


def test_the_port_alone_is_left_to_the_shell() -> None:
    line = curl_line(Request("/$HOME/`id`?q=$(id)&r='"), ())
    head, _, tail = line.partition('"http://127.0.0.1:$PORT"')
    assert "$" not in head
    assert shlex.split(tail) == ["/$HOME/%60id%60?q=$(id)&r='"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(), ["--location"]),
        (Request(method="head", follow=False), ["--head"]),
        (Request(method="POST", follow=False), ["--header", "Content-Type:", "--data-raw", ""]),
        (Request(method="POST", body=b"@x", headers=(("Content-Type", "text/plain"),), follow=False),
         ["--header", "Content-Type: text/plain", "--data-raw", "@x"]),
        (Request(method="PUT", body=b"a", follow=False),
         ["--request", "PUT", "--header", "Content-Type:", "--data-raw", "a"]),
        (Request(body=b"a", follow=False), ["--request", "GET", "--header", "Content-Type:", "--data-raw", "a"]),
        (Request(headers=(("X-Empty", ""),), follow=False), ["--header", "X-Empty;"]),
        (Request("/a/../b", follow=False), ["--path-as-is"]),
    ],
)  # fmt: skip
def test_what_differs_from_a_plain_get_is_spelt_out(request_: Request, expected: list[str]) -> None:
    assert words(request_)[3:-1] == expected


def test_headers_are_those_that_were_sent() -> None:
    assert "Cookie: a=1; b=2" in words(Request(), (("Cookie", "a=1; b=2"),))


def test_cookies_that_a_redirect_sets_are_kept() -> None:
    assert shlex.split(curl_line(Request(), (), keep_cookies=True))[3:6] == ["--location", "--cookie", ""]
    assert "--cookie" not in curl_line(Request(follow=False), (), keep_cookies=True)


@pytest.mark.parametrize("body", [b"\x00\xff", b"two\nlines", b"a\tb", b"\x1b[0m"])
def test_a_body_that_a_terminal_would_spoil_comes_by_a_pipe(body: bytes) -> None:
    line = curl_line(Request(method="POST", body=body), ())
    assert line.startswith("printf ")
    assert "\n" not in line
    assert "| curl --globoff" in line
    assert line.isprintable()
