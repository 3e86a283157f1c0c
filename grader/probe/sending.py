"""The cookies of one request: those that it brings itself, beside those that the browser holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.probe.headers import Headers

_SENT, _SET = "cookie", "set-cookie"


def with_cookies(headers: Headers, held: str) -> Headers:
    """The headers of a request with one Cookie header at most: `held` is that of the browser, and of one name the
    request's own goes before."""
    own = list(_pairs(value for name, value in headers if name.lower() == _SENT))
    names = {_name(pair) for pair in own}
    pairs = [*own, *(pair for pair in _pairs([held]) if _name(pair) not in names)]
    others = _others(headers)
    return (*others, ("Cookie", "; ".join(pairs))) if pairs else others


def without_replaced(headers: Headers, answer: Headers) -> Headers:
    """The headers for the next request of a chain: a cookie that an answer sets, or takes away, is no longer the
    request's own."""
    changed = {_name(value.partition(";")[0]) for name, value in answer if name.lower() == _SET}
    if not changed:
        return headers
    kept = [pair for pair in _pairs(v for n, v in headers if n.lower() == _SENT) if _name(pair) not in changed]
    others = _others(headers)
    return (*others, ("Cookie", "; ".join(kept))) if kept else others


def _others(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() != _SENT)


def _pairs(values: Iterable[str]) -> Iterator[str]:
    return (pair.strip() for value in values for pair in value.split(";") if pair.strip())


def _name(pair: str) -> str:
    return pair.partition("=")[0].strip()
