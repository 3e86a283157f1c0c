"""Where an answer came from, redirects included."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from grader.model import Exchange

_SELF = "http://localhost"


def final_target(exchange: Exchange) -> str:
    """Path and query of the address that gave the last answer."""
    target = exchange.request.path
    for step in exchange.redirects:
        target = resolved(step.path, step.location) or target
    return target


def redirect_targets(exchange: Exchange) -> Iterator[str]:
    """Where each redirect pointed, in order: path and query, or the whole address of another server."""
    for step in exchange.redirects:
        yield resolved(step.path, step.location) or step.location
    onward = exchange.header("Location")
    if exchange.status is not None and 300 <= exchange.status < 400 and onward:
        yield resolved(final_target(exchange), onward) or onward


def resolved(base: str, address: str) -> str | None:
    """Path and query of an address as it is written on the page at `base`; None where it leaves the server."""
    try:
        goal: SplitResult = urlsplit(urljoin(_SELF + base, address.strip()))
        goal.port  # noqa: B018 - reading it raises ValueError where it is none
    except ValueError:
        return None
    own = goal.hostname in ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - compared with, never bound
    if goal.scheme != "http" or not own:
        return None
    return (goal.path or "/") + (f"?{goal.query}" if goal.query else "")
