"""What a view reads of a request, against what was sent."""

from __future__ import annotations

import ast
import re
from urllib.parse import parse_qsl

from grader.checks.diagnosis.finding import Finding, listing, short
from grader.checks.diagnosis.program import spot
from grader.checks.diagnosis.source import last_name
from grader.checks.diagnosis.templates import view_at
from grader.model import Evidence, Exchange

_SENT = {"form", "args", "files", "values"}


def unsent_name(evidence: Evidence, exchange: Exchange) -> Finding | None:
    """Of an answer 400: the name that its view reads and that was not sent."""
    view = view_at(evidence, exchange.request.path)
    for node in view[0].within(view[1]) if view else ():
        name = _wanted_name(node)
        if view is None or name is None or name in _sent_names(exchange):
            continue
        at = spot(evidence, view[0], node)
        sent = listing(sorted(_sent_names(exchange))) or "nothing"
        kind = last_name(node.value) if isinstance(node, ast.Subscript) else ""
        hint = "Write the name as the form has it."
        if kind == "files":
            hint = 'A form that sends a file needs `enctype="multipart/form-data"`, and the name of its file field.'
        return Finding(f"{at} reads '{short(name, 40)}' from request.{kind}; what was sent has {sent}.", hint, at)
    return None


def _wanted_name(node: ast.AST) -> str | None:
    """The name that `request.form["name"]` reads."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return None
    name = node.slice.value
    return name if last_name(node.value) in _SENT and isinstance(name, str) else None


def _sent_names(exchange: Exchange) -> set[str]:
    """The names of what was sent, in the query and in the body of a form."""
    request = exchange.request
    body = request.body.decode("utf-8", "replace")
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    names = {name for name, _ in parse_qsl(request.path.partition("?")[2], keep_blank_values=True)}
    if kind.startswith("multipart/"):
        return names | set(re.findall(r'name="([^"]{1,200})"', body))
    if kind.startswith("application/x-www-form-urlencoded"):
        names |= {name for name, _ in parse_qsl(body, keep_blank_values=True)}
    return names
