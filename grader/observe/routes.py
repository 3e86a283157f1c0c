"""The routes that a program declares, and what to say of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grader.model import AppClaim, Condition, Evidence, Exchange, Flag, FlagKind, Request, RouteClaim, RouteVisit


def declared(evidence: Evidence) -> tuple[RouteClaim, ...]:
    """The routes of the app with the most of them, Flask's own rule for static files aside."""
    apps: list[AppClaim] = [a for s in evidence.starts() for a in s.apps]
    most = max(apps, key=lambda app: len(app.routes), default=None)
    return tuple(r for r in most.routes if r.endpoint != "static") if most else ()


def visitable(route: RouteClaim) -> bool:
    """Whether it can be asked for as it stands."""
    return "GET" in route.methods and not route.needs_values and route.rule.startswith("/")


def asked_already(routes: Iterable[RouteClaim], evidence: Evidence, condition: Condition) -> dict[str, Exchange]:
    """The first answer of each route that a check has had asked for, under a condition."""
    found: dict[str, Exchange] = {}
    for rule in {route.rule for route in routes if visitable(route)}:
        answers = [e for seen in evidence.under(condition) for e in seen.answers(Request(rule))]
        if answers:
            found[rule] = min(answers, key=lambda exchange: exchange.at)
    return found


def visit_of(route: RouteClaim, exchange: Exchange | None) -> RouteVisit:
    """A declared route with its visit, or why there was none."""
    methods = tuple(m for m in route.methods if m not in ("HEAD", "OPTIONS"))
    visit = RouteVisit(route.rule, methods, route.endpoint, route.path, route.line)
    if exchange is not None:
        note = exchange.failure.message if exchange.failure else ""
        return replace(visit, exchange=exchange.id, status=exchange.status, seconds=exchange.seconds, note=note)
    if route.needs_values:
        return replace(visit, note="needs a value in its path, not visited")
    return replace(visit, note="not visited" if "GET" in route.methods else "answers no GET, not visited")


def server_errors(visits: Iterable[RouteVisit]) -> list[Flag]:
    """A flag for each visit that met a server error."""
    return [
        Flag(FlagKind.SERVER_ERROR, f"{v.rule} answers {v.status}: a server error.",
             f"{v.path}:{v.line}" if v.path else "")
        for v in visits
        if v.status is not None and v.status >= 500
    ]  # fmt: skip
