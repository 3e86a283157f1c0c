"""Where an answer came from, redirects included."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from grader.model import Exchange

_OWN_NAMES = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - compared with, never bound
_ANY = 80


def final_target(exchange: Exchange) -> str:
    """Path and query of the address that gave the last answer."""
    target = exchange.request.path
    for step in exchange.redirects:
        target = resolved(step.path, step.location, exchange.port) or target
    return target


def redirect_targets(exchange: Exchange) -> Iterator[str]:
    """Where each redirect pointed, in order: path and query, or the whole address of another server."""
    for step in exchange.redirects:
        yield resolved(step.path, step.location, exchange.port) or step.location
    onward = exchange.header("Location")
    if exchange.status is not None and 300 <= exchange.status < 400 and onward:
        yield resolved(final_target(exchange), onward, exchange.port) or onward


def resolved(base: str, address: str, port: int | None = None) -> str | None:
    """Path and query of an address as it is written on the page at `base`; None where it leaves the server, which
    listens on `port`, where that is known."""
    own = f"http://localhost:{port or _ANY}"
    try:
        goal: SplitResult = urlsplit(urljoin(own + base, address.strip()))
        elsewhere = port is not None and (goal.port or 80) != port
    except ValueError:
        return None
    if elsewhere or goal.scheme != "http" or goal.hostname not in _OWN_NAMES:
        return None
    return (goal.path or "/") + (f"?{goal.query}" if goal.query else "")
