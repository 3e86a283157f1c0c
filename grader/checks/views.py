"""Which line of the student's answers a request: the view of the route that the program declares."""

from __future__ import annotations

from grader.checks.places import final_target
from grader.model import Evidence, Exchange, Location, RouteVisit


def view_of(evidence: Evidence, exchange: Exchange) -> Location | None:
    """The view that gave an answer, where a declared route fits its path and method."""
    path = final_target(exchange).partition("?")[0]
    method = "GET" if exchange.redirects else exchange.request.method
    fitting = [r for r in evidence.routes if r.path and r.line and method in r.methods and _fits(r.rule, path)]
    route = min(fitting, key=_values, default=None)
    if route is None:
        return None
    return Location(route.path, route.line, _line(evidence, route))


def _values(route: RouteVisit) -> int:
    return route.rule.count("<")


def _fits(rule: str, path: str) -> bool:
    parts, asked = rule.strip("/").split("/"), path.strip("/").split("/")
    if any(part.startswith("<path:") for part in parts):
        asked = [*asked[: len(parts) - 1], "/".join(asked[len(parts) - 1 :])]
    if len(parts) != len(asked):
        return False
    return all(("<" in part and bool(given)) or part == given for part, given in zip(parts, asked, strict=True))


def _line(evidence: Evidence, route: RouteVisit) -> str:
    source = evidence.file(route.path)
    lines = (source.text or "").splitlines() if source else []
    return lines[route.line - 1].strip() if 0 < route.line <= len(lines) else ""
