# ruff: noqa: E501 - samples, one beside the other
"""HTTP responses that no server should send, each made from a number alone.

`played(seed)` gives what a server says to one connection after the other. It begins with a proper answer, and then any
part of it may go wrong: status line, headers, charset, coding, framing, the bytes themselves, and how it ends.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

BODY_LIMIT = 100_000
_FLOOD = 1_500_000  # bytes: more than any budget, less than what would take long
_CHARSETS = (
    "utf-8", "utf-8", "utf-8", "latin-1", "utf-16", "utf-16-le", "utf-32", "utf-7", "idna", "punycode", "unicode_escape",
    "raw_unicode_escape", "rot13", "hex", "base64", "zlib", "bz2", "undefined", "mbcs", "cp037", "big5", "shift_jis", "hz",
    "iso-2022-jp", "utf-8\0", "\0", "../etc", "'utf-8", '"utf-8', "utf8;q=1", "ascii", "cp1252", "x-user-defined", "utf_8_sig",
)  # fmt: skip
_STATUS = (200,) * 30 + (201, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 404, 405, 418, 500, 503, 599, 600, 999)
_LINES = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 103 Early Hints",
    b"HTTP/1.1 199 ?", b"HTTP/1.1 99 Low", b"HTTP/1.1 1000 High", b"HTTP/1.1 -200 OK", b"HTTP/1.1 +200 OK",
    b"HTTP/1.1 2e2 OK", b"HTTP/1.1 \xb2\xb0\xb0 OK", b"HTTP/1.1", b"HTTP/1.1 ", b"HTTP/", b"http/1.1 200 OK",
    b"HTTP/2 200", b"HTTP/9.9 200 OK", b"HTTP/1.0 200 OK", b"HTTP/0.9 200 OK", b"ICY 200 OK", b"SSH-2.0-x", b"", b"\r\n",
    b"\0", b"\x16\x03\x01\x02\0\x01\0", b"HTTP/1.1 200 \x1b[31mred\x07", b"HTTP/1.1 200 " + b"A" * 70_000,
    b"HTTP/1.1 200 \xe2\x80\xae\xff\xfe", b"HTTP/1.1 200 OK\nX: y", b"HTTP/1.1\t200\tOK", b"<html><h1>The number is 5</h1>",
)  # fmt: skip
_HEADERS = (
    b"Set-Cookie: visits=1; Path=/; HttpOnly", b"Set-Cookie: visits=1; Expires=Thu, 99 Foo 99999 99:99:99 GMT",
    b"Set-Cookie: visits=1; Max-Age=9" + b"9" * 400, b"Set-Cookie: visits=1; Max-Age=-\xc2\xb2; Version=x; Port=\"a\"",
    b"Set-Cookie: =; ;;;=", b"Set-Cookie: a=b; Domain=.com; Path=//", b"Set-Cookie2: a=b; Version=1; Port=\"0\"",
    b"Set-Cookie: visits=\"\\\"\\", b"Set-Cookie: visits=1; Domain=[::1", b"Set-Cookie: \0=\x1b", b"Set-Cookie: " + b"a=b;" * 9_000,
    b"Set-Cookie: visits=1; expires=0; max-age=1e9; path=\"", b"Location: /", b"Location: /next?x=\xff#f", b"Location: //[",
    b"Location: http://[::1", b"Location: http://127.0.0.1:99999999/", b"Location: http://127.0.0.1:\xc2\xb2/", b"Location: ",
    b"Location: \0\r", b"Location: javascript:1", b"Location: http://example.org/", b"Location: ../../../..", b"Location: ?",
    b"Location: http://localhost:port/", b"Location: /" + b"a" * 60_000, b"X-Lab: yes", b"X-Lab", b": x", b" folded: 1",
    b"\tfolded", b"X-Lab : yes", b"X\0Lab: 1", b"X-Lab: \x1b]0;t\x07", b"X-Lab: a\rb", b"X-Lab: \xe2\x80\xae", b"X-Lab: " + b"x" * 66_000,
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 5, 6", b"Content-Length: 0x10", b"Content-Length: 1" + b"0" * 30, b"Content-Length: \xb2",
    b"Content-Length: 9" + b"9" * 5000, b"Content-Length: ", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked, gzip",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: identity", b"Transfer-Encoding: \0", b"Transfer-Encoding: chunked, chunked",
    b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: zstd", b"Content-Encoding: deflate, gzip",
    b"Content-Encoding: " + b"gzip, " * 2_000, b"Content-Encoding: identity", b"Content-Encoding: \xff", b"Connection: keep-alive",
    b"Upgrade: h2c", b"Content-Type: ", b"Content-Type: /", b"Content-Type: text/html; charset", b"Content-Type: multipart/x; boundary=a",
    b"Content-Type: message/rfc822", b"Content-Type: image/png", b"Refresh: 0; url=/", b"Date: never", b"Retry-After: \0", b"",
)  # fmt: skip
_TOKENS = (b"\r\n", b"\n", b"\0", b"\r", b"<", b">", b"</", b"<!--", b"]]>", b"<![CDATA[", b"&", b"&#x110000;", b"&#0;", b"&#xD800;", b"<?",
           b"<!DOCTYPE", b"\"", b"'", b"=", b"{", b"[", b"\\u", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xfe\xff", b"-1", b"1e999",
           b"HTTP/1.1 200 OK\r\n", b"0\r\n\r\n", b"%", b"${unique_x}", b"<template>", b"<svg>", b"<math>", b"<table>", b"<base href='//['>",
           b"<form action='http://[::1'>", b"<a href='http://\xe2\x80\xae:\xc2\xb2'>Next</a>", b"<input name=q type=file>")  # fmt: skip
_PAGE = """<!doctype html><html lang=en><head><meta charset={charset}><title>Lab</title></head><body>
<h1 class="big">The number is <b>{n}</b></h1><p>Hello, there!</p>
<table><tr><th>Item<th>Price<tr><td>Bread<td>{n}.50<tr><td colspan={n}>Milk<td rowspan={n}>1</table>
<form action="/send" method=post><label>Name <input name=name></label><select name=s><option>a<option selected>b</select>
<textarea name=message></textarea><input type=checkbox name=c><input type=hidden name=token value={n}>
<button name=go value=1>Send</button></form><a href="/next?n={n}">Next</a><img src=/i.png alt=Logo></body></html>"""


@dataclass
class Said:
    """What a server says on one connection: its parts, each sent by itself, and then `end`s: it closes its side,
    resets the connection, or says nothing more and waits (`keep`)."""

    parts: list[bytes]
    end: str


def played(seed: int) -> Iterator[Said]:
    """What is said, connection by connection, without end."""
    chance = random.Random(seed)
    while True:
        yield _flood(chance) if chance.random() < 0.01 else _answer(chance)


def _flood(chance: random.Random) -> Said:
    """An answer that has no end."""
    begin = b"HTTP/1.1 200 OK\r\n"
    chunked = begin + b"Transfer-Encoding: chunked\r\n\r\n"
    begun, again = chance.choice(
        [
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
            (begin, b"X-More: yes\r\n"),
            (begin + b"X-Long: ", b"x" * 1000),
            (begin + b"\r\n", b"<p>more"),
            (begin + b"\r\n", b"\0" * 1000),
            (chunked + b"0\r\n", b"X-Trailer: more\r\n"),
            (chunked, b"1\r\nx\r\n"),
            (chunked, b"1;" + b"e" * 1000 + b"\r\nx\r\n"),
            (chunked, b"0" * 1000),
            (begin + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 10),
            (begin + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x", 0), b"y" * 100),
            (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /", b"a" * 100),
            (b"", b"\r\n"),
        ]
    )
    return Said([begun, again * (_FLOOD // len(again))], chance.choice(["close", "keep", "reset"]))


def _answer(chance: random.Random) -> Said:
    kind, body = _body(chance)
    headers = [b"Content-Type: " + kind, *chance.choices(_HEADERS, k=chance.choice([0, 0, 1, 1, 2, 5]))]
    if chance.random() < 0.01:
        headers += [b"X-%d: y" % n for n in range(chance.choice([99, 101, 3000]))]
    headers, body = _coded(chance, headers, body)
    headers, body = _framed(chance, headers, body)
    chance.shuffle(headers)
    line = chance.choice(_LINES) if chance.random() < 0.1 else b"HTTP/1.1 %d OK" % chance.choice(_STATUS)
    end = chance.choice([b"\r\n"] * 20 + [b"\n", b"\r", b"\r\r\n"])
    data = end.join([line, *headers, b"", b""]) + body
    for _ in range(chance.choice([0, 0, 0, 1, 1, 3, 20])):
        data = mutated(chance, data)
    return Said(_cut(chance, data), chance.choices(["close", "reset", "keep"], [97, 2, 1])[0])


def _cut(chance: random.Random, data: bytes) -> list[bytes]:
    if chance.random() < 0.9 or not data:
        return [data]
    at = sorted(chance.randrange(len(data)) for _ in range(chance.choice([1, 2, 10])))
    return [data[i:j] for i, j in zip([0, *at], [*at, len(data)], strict=True)]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """With one thing wrong in it."""
    at = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:  # where most of the meaning is
        at = chance.randrange(min(300, len(data)) + 1)
    length = chance.choice([1, 1, 2, 10, 1000])
    other = data[at : at + length]
    match chance.randrange(5):
        case 0:
            return data[:at] + chance.randbytes(len(other)) + data[at + length :]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + other * chance.choice([2, 3, 50]) + data[at + length :]
        case 3:
            return data[:at] + chance.choice(_TOKENS) * chance.choice([1, 1, 1, 500]) + data[at:]
        case _:
            return data[:at] if chance.random() < 0.3 else data


# ---------------------------------------------------------------------------------------------------------------- bodies


def _body(chance: random.Random) -> tuple[bytes, bytes]:
    """A kind, and a body that may be of it."""
    made = chance.choice([_html, _html, _html, _json, _json, _bytes])
    text = made(chance)
    charset = chance.choice(_CHARSETS)
    kind = chance.choice(
        ["text/html"] * 5 + ["application/json"] * 3 + ["text/plain", "application/xhtml+xml", "text/xml", "a/b"]
    )
    if isinstance(text, str):
        real = chance.choice([charset, "utf-8", "utf-8", "utf-16", "utf-32-be", "latin-1"])
        try:
            text = text.encode(real, "replace")
        except (LookupError, ValueError):
            text = text.encode("utf-8", "surrogatepass")
    name = f"{kind}; charset={charset}" if chance.random() < 0.6 else kind
    return name.encode("latin-1", "replace"), text


def _html(chance: random.Random) -> str:
    page = _PAGE.format(
        charset=chance.choice(_CHARSETS), n=chance.choice([5, 5, 0, -1, 100000, 10**9, "9" * 5000, "&#0;", "\u0661"])
    )
    many = chance.choices([50, 600, 5_000], [20, 5, 1])[0]
    hard = chance.choice(
        [
            "", "", "", "", "", "", "", "", "", "", "", "",
            "<div>" * many, "<b><p>" * many, "<table><tr><td>" * many, "<form>" * many, "<select><option>" * many,
            "<a " + " ".join(f"a{n}=1" for n in range(many)) + ">", "<p>" * many, "&amp;" * many, "&" * many, "<!--" * many,
            "<template>" * many, "<svg><math>" * many, "</p>" * many, "<h1>x</h1>" * many, "<i>" * 400 + "x", "<td colspan=9999999 rowspan=9999999>x",
            "<table>" + "<tr><td rowspan=65534 colspan=1000>" * 200, "<x" + ":" * many, "<a href='" + "%" * many, "\0" * many, "x" * 90_000,
            "<input name=name form=nowhere>" * many, "<option>" * many, "<label for=x>" * many, "<button form=f>Send" * many,
        ]
    )  # fmt: skip
    at = chance.choice([0, len(page), page.index("<h1"), page.index("</form>"), page.index("</table>")])
    return page[:at] + hard + page[at:]


def _json(chance: random.Random) -> str:
    many = chance.choices([10, 200, 5_000, 40_000], [20, 5, 1, 1])[0]
    data = {
        "count": chance.choice([5, -0.0, 1e308, True, None, "5"]),
        "items": [{"id": n, "name": "a"} for n in range(3)],
        "when": "2026-01-31",
    }
    return chance.choice(
        [
            json.dumps(data), json.dumps(data), json.dumps(data), json.dumps([data] * 50),
            "[" * many, "[" * many + "]" * many, '{"a":' * many + "1" + "}" * many, '{"count": ' + "9" * many + "}", '{"count": 1e' + "9" * min(many, 5000) + "}",
            '{"count": NaN}', '{"count": -Infinity}', '{"count": 1, "count": 2}', '{"\\ud800": "\\udfff"}', '{"count": "\\u0000\\u202e"}',
            '{"count": 0.' + "1" * many + "}", "{" + ",".join(f'"k{n}":{n}' for n in range(min(many, 5000))) + "}", "[" + "1," * many + "1]",
            '{"items": ' + json.dumps([{"id": i, "items": [{"id": i}] * 5} for i in range(min(many, 1000))]) + "}", "null", '""', "1", "", " ", "\ufeff{}", "{'a': 1}",
            '{"items": [{"id": "' + "x" * many + '"}]}',
        ]
    )  # fmt: skip


def _bytes(chance: random.Random) -> bytes:
    return chance.choice(
        [b"", b"\0", chance.randbytes(200), chance.randbytes(20_000), b"\xff\xfe", b"\xfe\xff\0", b"\xef\xbb\xbf<h1>x", b"\xff\xfe\0\0<", b"+ADw-h1+AD4-",
         b"\x1b$B" * 100, b"\x80" * 2000, b"a\r\n" * 5000, b"GIF89a", b"\xed\xa0\x80" * 999]
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------- codings and frames


def _coded(chance: random.Random, headers: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
    if chance.random() < 0.75:
        return headers, body
    raw = zlib.compressobj(wbits=-15)
    codings = {
        b"gzip": lambda: gzip.compress(body),
        b"x-gzip": lambda: gzip.compress(body) + b"tail",
        b"deflate": lambda: chance.choice([zlib.compress(body), raw.compress(body) + raw.flush()]),
        b"GZIP": lambda: gzip.compress(gzip.compress(body)),
        b"gzip, gzip": lambda: gzip.compress(gzip.compress(body)),
        b"gzip ": lambda: gzip.compress(bytes(chance.choice([10, 10, BODY_LIMIT, BODY_LIMIT + 1, 4_000_000]))),
        b"Deflate": lambda: zlib.compress(b"<p>" * 1_000_000),
        b"br": lambda: body,
        b"identity": lambda: body,
        b"": lambda: gzip.compress(body),
    }
    name = chance.choice(list(codings))
    coded = codings[name]()
    for _ in range(chance.choice([0, 0, 1, 4])):
        coded = mutated(chance, coded)
    return [*headers, b"Content-Encoding: " + name], coded


def _framed(chance: random.Random, headers: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
    way = chance.random()
    if way < 0.35:
        return [*headers, b"Content-Length: %d" % (len(body) + chance.choice([0] * 12 + [1, -1, 7, -7]))], body
    if way < 0.6:
        return headers, body
    chunks, rest = [], body
    while rest:
        size = chance.choice([1, 7, 1000, 1000, 60_000, 60_000])
        chunks.append(_chunk(chance, rest[:size]))
        rest = rest[size:]
        if len(chunks) > 200:
            break
    trailers = chance.choice(
        [b"", b"", b"", b"X-T: 1\r\n", b"X\0\r\n", b"X: " + b"y" * 70_000 + b"\r\n", b"X: y\r\n" * 5_000]
    )
    return [*headers, b"Transfer-Encoding: chunked"], b"".join(chunks) + chance.choice(
        [b"0\r\n", b"0\r\n", b"", b"00000\r\n"]
    ) + trailers + b"\r\n"


def _chunk(chance: random.Random, data: bytes) -> bytes:
    if chance.random() < 0.97:
        return b"%x\r\n%b\r\n" % (len(data), data)
    size = chance.choice(
        [
            b"",
            b"-1",
            b"+5",
            b"0x5",
            b"g",
            b"f" * 5000,
            b"1" * 18,
            b"5 ",
            b" 5",
            b"5;a=b",
            b"5;" + b"x" * 70_000,
            b"\xb2",
            b"1_0",
            b"5\r",
        ]
    )
    return size + chance.choice([b"\r\n", b"\n", b""]) + data + chance.choice([b"\r\n", b"\n", b"", b"xx"])
