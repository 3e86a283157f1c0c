"""The headers of a request, as Chromium sends them: names, order and values.

Recorded from Chromium 156 on Linux. Three things differ, each on purpose: `Accept-Encoding` offers only what the probe
can unpack within bounds, `Connection` says that the connection is not kept, for it is not, and there is no `Referer`,
for nobody knows the page before.
"""

from __future__ import annotations

from grader.probe.headers import Headers
from grader.probe.redirects import Hop

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
_BRAND = '"Not:A-Brand";v="8", "Chromium";v="156"'
_PAGES = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_FRONT = ("host", "connection", "content-length")
_LANGUAGES = (("Accept-Encoding", "gzip, deflate"), ("Accept-Language", "en-US,en;q=0.9"))


def headers_of(hop: Hop, own: Headers, origin: str) -> Headers:
    """All headers of a request in their order; its `own` stand in for the browser's of the same name."""
    told = {name.lower(): (name, value) for name, value in own}
    usual = _of_script(hop, told, origin) if _is_of_script(hop, told) else _of_page(hop, origin)
    usual = (("Connection", "close"), *usual)
    names = [name.lower() for name, _ in usual]
    filled = [
        pair for name, value in usual if (pair := told.get(name.lower(), (name, value)))[1] or name.lower() in told
    ]
    others = [(name, value) for name, value in own if name.lower() not in (*names, "cookie")]
    cookies = [pair for pair in own if pair[0].lower() == "cookie"]
    front = [pair for name in _FRONT for pair in (*filled, *others) if pair[0].lower() == name]
    middle = [pair for pair in (*others, *filled) if pair not in front]
    return (*front, *middle, *cookies)


def _is_of_script(hop: Hop, told: dict[str, tuple[str, str]]) -> bool:
    """Whether only a script of a page can have sent it: neither an address nor a form does."""
    kind = told.get("content-type", ("", _FORMS[0]))[1].partition(";")[0].strip().lower()
    return hop.method not in ("GET", "HEAD", "POST") or (bool(hop.body) and kind not in _FORMS) or "origin" in told


def _of_page(hop: Hop, origin: str) -> Headers:
    """Of a person who goes to an address, or sends a form."""
    sends = hop.method == "POST"
    return (
        *((("Content-Length", "0"), ("Cache-Control", "max-age=0")) if sends else ()),
        ("sec-ch-ua", _BRAND),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", '"Linux"'),
        ("Upgrade-Insecure-Requests", "1"),
        *((("Content-Type", ""),) if sends else ()),
        ("User-Agent", _AGENT),
        *((("Origin", origin),) if sends else ()),
        ("Accept", _PAGES),
        ("Sec-Fetch-Site", "same-origin" if sends else "none"),
        ("Sec-Fetch-Mode", "navigate"),
        *(() if sends else (("Sec-Fetch-User", "?1"),)),
        ("Sec-Fetch-Dest", "document"),
        *_LANGUAGES,
    )


def _of_script(hop: Hop, told: dict[str, tuple[str, str]], origin: str) -> Headers:
    """Of `fetch()` in a page."""
    sends = hop.method not in ("GET", "HEAD")
    foreign = told.get("origin", ("", origin))[1] != origin
    return (
        *((("Content-Length", "0"),) if sends else ()),
        ("sec-ch-ua-platform", '"Linux"'),
        ("User-Agent", _AGENT),
        ("sec-ch-ua", _BRAND),
        *((("Content-Type", ""),) if sends else ()),
        ("sec-ch-ua-mobile", "?0"),
        ("Accept", "*/*"),
        *((("Origin", origin),) if sends or "origin" in told else ()),
        ("Sec-Fetch-Site", "cross-site" if foreign else "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        *_LANGUAGES,
    )
