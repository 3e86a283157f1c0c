"""How a path is written in the request line."""

from __future__ import annotations

import re
from urllib.parse import quote

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|%")
_PATH = "/:@!$&'()*+,;=%"
_QUERY = _PATH + "?"


def encode_target(path: str) -> str:
    """Path and query as they are sent: ASCII only, without fragment, what is percent-encoded already left so.

    >>> encode_target("/a b?name=é&x=[1]#top")
    '/a%20b?name=%C3%A9&x=%5B1%5D'
    """
    path, mark, query = path.partition("#")[0].partition("?")
    if not path.startswith("/"):
        path = "/" + path
    return _encode(path, _PATH) + mark + _encode(query, _QUERY)


def _encode(text: str, safe: str) -> str:
    escaped = _ESCAPE.sub(lambda found: found[0].upper() if len(found[0]) > 1 else "%25", text)
    return quote(escaped, safe=safe, errors="replace")
