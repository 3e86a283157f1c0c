"""The command line that sends a request once more, to a server that the student has started."""

from __future__ import annotations

import re
import shlex
import string
from collections.abc import Iterable, Iterator

from grader.model import Request
from grader.probe.target import encode_target

_BASE = '"http://127.0.0.1:$PORT"'
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")
_SAFE = ' !"#$&()*+,./:;<=>?@[]^_`{|}~' + string.ascii_letters + string.digits
_IN_PRINTF = {byte: f"\\{byte:03o}" for byte in range(256) if chr(byte) not in _SAFE}


def curl_line(request: Request, headers: Iterable[tuple[str, str]], *, keep_cookies: bool = False) -> str:
    """One line for sh and bash that reproduces `request`, sent with `headers`, at 127.0.0.1:$PORT.

    `keep_cookies`: cookies that a redirect sets matter to the answer. A body that is not plain text comes by a pipe.
    """
    words = ["curl", "--globoff", "--include"]
    if request.follow:
        words.append("--location")
        words += ["--cookie", ""] if keep_cookies else []
    target = encode_target(request.path)
    if _DOTS.search(target.partition("?")[0]):
        words.append("--path-as-is")
    piped = not _is_plain(request.body)
    body = _body(request, piped)
    words += [*_method(request), *_headers(headers, bool(body)), *body]
    line = f"{shlex.join(words)} {_BASE}{shlex.quote(target)}"
    return f"printf {shlex.quote(_printf(request.body))} | {line}" if piped else line


def _method(request: Request) -> list[str]:
    """GET and POST are implied, and must be: a method that is spelt out is kept over redirects."""
    method = request.method.upper()
    if method == "HEAD":
        return ["--head"]
    implied = "POST" if request.body or method == "POST" else "GET"
    return [] if method == implied else ["--request", method]


def _headers(headers: Iterable[tuple[str, str]], body: bool) -> Iterator[str]:
    names = set()
    for name, value in headers:
        names.add(name.lower())
        yield from ("--header", f"{name}: {value}" if value else f"{name};")
    if body and "content-type" not in names:
        yield from ("--header", "Content-Type:")  # else curl calls every body a form


def _body(request: Request, piped: bool) -> list[str]:
    if piped:
        return ["--data-binary", "@-"]
    if request.body or request.method.upper() == "POST":
        return ["--data-raw", request.body.decode()]
    return []


def _is_plain(body: bytes) -> bool:
    try:
        return body.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _printf(body: bytes) -> str:
    return body.decode("latin-1").translate(_IN_PRINTF)
