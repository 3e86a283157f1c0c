"""What a program claims of itself, made fit to be shown: it may be anything, and of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.launch import output
from grader.model import AppClaim, RouteClaim

_MOST_APPS, _MOST_ROUTES, _MOST_METHODS = 20, 500, 20
_MOST_TEXT, _MOST_METHOD = 500, 40  # characters
_MOST_LINE = 10_000_000


def claimed_apps(claim: Mapping[str, Any]) -> tuple[AppClaim, ...]:
    """The app objects that a program says it has; of many, the first ones."""
    return tuple(_app(app) for app in _mappings(claim.get("apps"), _MOST_APPS))


def _app(claim: Mapping[str, Any]) -> AppClaim:
    return AppClaim(
        _text(claim.get("name")) or "?",
        _text(claim.get("templates")),
        _text(claim.get("static")),
        _text(claim.get("static_url")),
        tuple(_route(route) for route in _mappings(claim.get("routes"), _MOST_ROUTES)),
    )


def _route(claim: Mapping[str, Any]) -> RouteClaim:
    methods = claim.get("methods")
    return RouteClaim(
        _text(claim.get("rule")) or "?",
        tuple(map(_method, methods[:_MOST_METHODS])) if isinstance(methods, list) else (),
        _text(claim.get("endpoint")) or "",
        claim.get("needs") is True,
        _text(claim.get("file")) or "",
        _line(claim.get("line")),
    )


def _mappings(value: object, most: int) -> list[Mapping[str, Any]]:
    return [item for item in value[:most] if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object, most: int = _MOST_TEXT) -> str | None:
    """Cut before it is cleaned, too: a megabyte of it costs nothing."""
    return output.clean(value[: 2 * most])[:most] if isinstance(value, str) else None


def _method(value: object) -> str:
    return _text(value, _MOST_METHOD) or "?"


def _line(value: object) -> int:
    return value if type(value) is int and 0 <= value <= _MOST_LINE else 0
