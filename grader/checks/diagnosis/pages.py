"""A page that does not come: an exception in its view, no route for it, another method, no answer in time."""

from __future__ import annotations

import ast
from collections.abc import Callable

from grader.checks.diagnosis.exceptions import explain
from grader.checks.diagnosis.finding import Finding, listing, short
from grader.checks.diagnosis.limits import over_limit
from grader.checks.diagnosis.program import Route, route_of, routes, runs, spot
from grader.checks.diagnosis.sending import unsent_name
from grader.checks.diagnosis.source import called_name, last_name, modules
from grader.checks.diagnosis.templates import view_at
from grader.checks.places import final_target
from grader.model import Evidence, Exchange, FailureKind

_ENDS = {"exit", "quit", "_exit", "abort"}


def page_failure(evidence: Evidence, exchange: Exchange) -> Finding:
    """Why a request got no page."""
    if exchange.traceback is not None:
        return explain(evidence, exchange.traceback)
    start = next((s for s in evidence.starts() if s.id == exchange.start), None)
    ended = over_limit(evidence, start) if start is not None and exchange.failure is not None else None
    if ended is not None:
        return ended
    if exchange.failure is not None:
        return _FAILURES.get(exchange.failure.kind, _unusable)(evidence, exchange)
    return _STATUSES.get(exchange.status or 0, _other_status)(evidence, exchange)


# ----------------------------------------------------------------------------------------------------------- no answer


def _timeout(evidence: Evidence, exchange: Exchange) -> Finding:
    """The view does not come to its end."""
    view = view_at(evidence, exchange.request.path)
    for node in view[0].within(view[1]) if view else ():
        slow = isinstance(node, ast.Call) and called_name(node) in {"sleep", "input", "join", "wait"}
        if view and (slow or isinstance(node, ast.While)):
            at = spot(evidence, view[0], node)
            what = f"waits in {called_name(node)}()" if isinstance(node, ast.Call) else "runs a loop that does not end"
            return Finding(f"{at}: {view[1].name}() {what}, so no page comes.", "Let the view return at once.", at)
    place_of = spot(evidence, *view) if view else None
    return Finding(f"GET {exchange.request.path} got no answer in time.".replace("GET", exchange.request.method),
                   "A view must return within a few seconds.", place_of)  # fmt: skip


def _closed(evidence: Evidence, exchange: Exchange) -> Finding:
    """The program ended while it answered."""
    view = view_at(evidence, exchange.request.path)
    for node in view[0].within(view[1]) if view else ():
        if view and isinstance(node, ast.Call) and called_name(node) in _ENDS - {"abort"}:
            at = spot(evidence, view[0], node)
            return Finding(
                f"{at}: {view[1].name}() ends the whole program with {called_name(node)}().",
                "Return a page instead.",
                at,
            )
    return Finding(
        f"The connection was closed before {exchange.request.path} was answered.",
        "See the program's output: it ended or broke off.",
        spot(evidence, *view) if view else None,
    )  # fmt: skip


def _redirects(evidence: Evidence, exchange: Exchange) -> Finding:
    view = view_at(evidence, exchange.request.path)
    at = spot(evidence, *view) if view else None
    words = short(exchange.failure.message) if exchange.failure else "too many redirects"
    return Finding(
        f"{exchange.request.path} is redirected without end or elsewhere: {words}",
        "Redirect to another page of this app, once.",
        at,
    )


def _unusable(evidence: Evidence, exchange: Exchange) -> Finding:
    view = view_at(evidence, exchange.request.path)
    words = short(exchange.failure.message) if exchange.failure else "no usable answer"
    return Finding(
        f"{exchange.request.method} {exchange.request.path} got no usable answer: {words}",
        "Return the page from a Flask view.",
        spot(evidence, *view) if view else None,
    )  # fmt: skip


_FAILURES: dict[FailureKind, Callable[[Evidence, Exchange], Finding]] = {
    FailureKind.TIMEOUT: _timeout,
    FailureKind.CLOSED: _closed,
    FailureKind.REDIRECT: _redirects,
}


# -------------------------------------------------------------------------------------------------------------- status


def _not_found(evidence: Evidence, exchange: Exchange) -> Finding:
    """404: no route, or one that Flask never saw."""
    path = final_target(exchange).partition("?")[0]
    for recognise in (_uncalled_decorator, _plain_statement, _second_app, _late_route, _aborts, _unregistered):
        finding = recognise(evidence, path)
        if finding:
            return finding
    rules = [r.rule for r in routes(evidence) if r.rule]
    hint = f"Write `@app.route('{short(path, 60)}')` above the view."
    route = route_of(evidence, path)
    if route:
        return _not_found_beside(evidence, route, path)
    if exchange.redirects:
        first = view_at(evidence, exchange.request.path)
        at = spot(evidence, *first) if first else None
        return Finding(
            f"{exchange.request.path} redirects to {short(path, 80)}, which no route serves; the program has "
            f"{listing(rules) or 'none'}.",
            "Redirect to a page that is there: `redirect(url_for('name_of_the_view'))`.",
            at,
        )
    if rules:
        at = spot(evidence, routes(evidence)[0].module, routes(evidence)[0].line)
        return Finding(f"No route serves {path}; the program has {listing(rules)}.", hint, at)
    return Finding(f"No route serves {path}: the program declares none.", hint)


def _not_found_beside(evidence: Evidence, route: Route, path: str) -> Finding:
    """404 although a route fits: but for its slash, or its view says so itself, or Flask never saw it."""
    at = spot(evidence, route.module, route.line)
    rule = route.rule or ""
    if rule == path.rstrip("/") and path.endswith("/") and path != "/":
        return Finding(
            f"{at} declares the route '{rule}', without the slash at the end of {path}.", "Write both alike.", at
        )
    visited = next((v for v in evidence.routes if v.rule == rule), None)
    if visited is not None:  # the program itself tells of this route
        name = f"{route.view.name}()" if route.view else "The view"
        return Finding(f"{at}: {name} answers {path} with 404 itself.", "Return the page, without the status 404.", at)
    return Finding(
        f"{at} declares the route '{rule}', but {path} answers 404.",
        "Use the app object of this route to start the server.",
        at,
    )


def _uncalled_decorator(evidence: Evidence, path: str) -> Finding | None:
    """`@app.route` without parentheses."""
    route = next((r for r in routes(evidence) if not r.called), None)
    if route is None:
        return None
    at = spot(evidence, route.module, route.line)
    return Finding(
        f"{at}: the decorator has no parentheses, so the route is never made.", f"Write `@app.route('{path}')`.", at
    )


def _plain_statement(evidence: Evidence, path: str) -> Finding | None:
    """`app.route('/')` without `@`."""
    for module in modules(evidence):
        for placed in module.placed:
            value = placed.node.value if isinstance(placed.node, ast.Expr) else None
            if isinstance(value, ast.Call) and called_name(value) == "route" and isinstance(value.func, ast.Attribute):
                at = spot(evidence, module, value)
                return Finding(
                    f"{at} lacks the @ of a decorator, so the route is never made.",
                    f"Write `@app.route('{path}')`.",
                    at,
                )
    return None


def _second_app(evidence: Evidence, _path: str) -> Finding | None:
    """`app = Flask(...)` a second time, below the routes of the first."""
    for module in modules(evidence):
        makes = [
            p.node
            for p in module.placed
            if isinstance(p.node, ast.Assign)
            and isinstance(p.node.value, ast.Call)
            and called_name(p.node.value) == "Flask"
        ]
        names = [last_name(a.targets[0]) for a in makes]
        if len(makes) > 1 and names[-1] in names[:-1]:
            at = spot(evidence, module, makes[-1])
            return Finding(
                f"{at} makes a second app called {names[-1]}; routes of the first are lost.",
                "Make the app once, above the routes.",
                at,
            )
    return None


def _late_route(evidence: Evidence, path: str) -> Finding | None:
    """A route below app.run(): the file is read on only when the server has ended."""
    route = route_of(evidence, path)
    for run in runs(evidence):
        if route and run.module is route.module and run.placed.function is None and run.call.lineno < route.line:
            at = spot(evidence, route.module, route.line)
            return Finding(
                f"{at}: the route '{route.rule}' stands below {run.words}() in line {run.call.lineno}, "
                "and Python gets there only when the server has ended.",
                f"Move {run.words}() to the end of the file.",
                at,
            )
    return None


def _aborts(evidence: Evidence, path: str) -> Finding | None:
    view = view_at(evidence, path)
    for node in view[0].within(view[1]) if view else ():
        if view and isinstance(node, ast.Call) and called_name(node) == "abort":
            at = spot(evidence, view[0], node)
            return Finding(f"{at}: {view[1].name}() answers with abort().", "Return the page instead.", at)
    return None


def _unregistered(evidence: Evidence, _path: str) -> Finding | None:
    """A blueprint that no app knows."""
    calls = [(m, c) for m in modules(evidence) for c, _ in m.calls]
    blueprint = next(((m, c) for m, c in calls if called_name(c) == "Blueprint"), None)
    if blueprint is None or any(called_name(c) == "register_blueprint" for _, c in calls):
        return None
    at = spot(evidence, *blueprint)
    return Finding(f"{at} makes a blueprint that the app never registers.", "Write `app.register_blueprint(...)`.", at)


def _wrong_method(evidence: Evidence, exchange: Exchange) -> Finding:
    """405: the route takes other methods only."""
    method = exchange.request.method
    route = route_of(evidence, exchange.request.path)
    if route is None:
        return Finding(
            f"{exchange.request.path} does not take {method}.", f'Add "{method}" to the methods of its route.'
        )
    at = spot(evidence, route.module, route.line)
    taken = listing(route.methods) or "other methods"
    decorator = route.decorator
    if method in route.methods:
        return Finding(f"{at}: what is behind '{route.rule}' refuses {method} itself, with 405.", "Answer it.", at)
    if method == "GET":
        asked, hint = "a browser opens a page with GET", 'Write `methods=["GET", ...]`, or leave methods out.'
    elif decorator in ("get", "post", "put", "delete", "patch"):
        written = ", ".join(f'"{name}"' for name in dict.fromkeys((*route.methods, method)))
        asked = f"what was sent here is a {method}"
        hint = f"Write `route` instead of `{decorator}`, with `methods=[{written}]`."
    else:
        written = ", ".join(f'"{name}"' for name in dict.fromkeys((*route.methods, method)))
        asked, hint = f"what was sent here is a {method}", f"Write `methods=[{written}]`."
    return Finding(f"{at}: the route '{route.rule}' takes only {taken}; {asked}.", hint, at)


def _server_error(evidence: Evidence, exchange: Exchange) -> Finding:
    """A 5xx of which no traceback tells."""
    view = view_at(evidence, exchange.request.path)
    at = spot(evidence, *view) if view else None
    who = f"{at}: {view[1].name}()" if view else exchange.request.path
    return Finding(
        f"{who} answered {exchange.status}.", "Run the program, open the page, and read what Python prints.", at
    )


def _other_status(evidence: Evidence, exchange: Exchange) -> Finding:
    if exchange.status and exchange.status >= 500:
        return _server_error(evidence, exchange)
    if exchange.status == 200 and not exchange.body.strip():
        return _empty(evidence, exchange)
    view = view_at(evidence, exchange.request.path)
    at = spot(evidence, *view) if view else None
    location = exchange.header("Location") if exchange.status and 300 <= exchange.status < 400 else None
    if location:
        return Finding(
            f"{exchange.request.path} redirects to {short(location, 100)}.", "Return the page itself, or redirect "
            "to another page of this app.", at
        )  # fmt: skip
    return Finding(
        f"{exchange.request.path} answered {exchange.status}, not 200.",
        "Return the page itself, without another status.",
        at,
    )


def _empty(evidence: Evidence, exchange: Exchange) -> Finding:
    view = view_at(evidence, exchange.request.path)
    at = spot(evidence, *view) if view else None
    who = f"{at}: {view[1].name}()" if view else exchange.request.path
    return Finding(f"{who} answers with an empty page.", "Return a text, or render a template that has one.", at)


def _bad_request(evidence: Evidence, exchange: Exchange) -> Finding:
    """400: most often the view reads a name that was not sent."""
    return unsent_name(evidence, exchange) or _other_status(evidence, exchange)


_STATUSES: dict[int, Callable[[Evidence, Exchange], Finding]] = {400: _bad_request, 404: _not_found, 405: _wrong_method}
