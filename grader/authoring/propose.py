"""A rubric made from an app: its routes, pages and forms become proposed checks, for an instructor to go on from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from grader.authoring.lines import WIDTH, wrapped
from grader.checks import CHECKS
from grader.checks.elements import texts
from grader.checks.forms import Field, Form, Kind, forms_of
from grader.checks.html import page_of, text_of
from grader.checks.interpolation import literal
from grader.checks.jsondata import NotJson, parsed
from grader.checks.places import final_target
from grader.checks.text import NUMBER, numbers
from grader.frozen import dataclass
from grader.model import CheckStatus, Exchange, Outcome, Report, RouteVisit, Rubric, RubricCheck
from grader.render.cleaning import one_line

_MOST_KEYS = 8  # of a JSON object
_MOST_HEADINGS = 3
_LONG = 200  # characters of a text on a page
_BLOCKS = {"expect", "steps", "submit"}  # keys whose value is easier to go on from in block style
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIMPLE = re.compile(r"[A-Za-z0-9]+")


def looking(packages: tuple[str, ...]) -> Rubric:
    """The rubric that an app is looked at with, before there is one for it."""
    checks = tuple(RubricCheck(name, name, Fraction(1), CHECKS[name]()) for name in ("starts", "guarded"))
    return Rubric("new", "A new rubric", "1", "", checks, packages=packages)


@dataclass(frozen=True)
class Proposal:
    """One proposed check: its keys in the order of the file, and a comment above it."""

    id: str
    keys: dict[str, Any]
    comment: str = ""


def propose(report: Report) -> list[Proposal]:
    """The checks that an app suggests."""
    passed = {r.id for r in report.checks if r.outcome.status is CheckStatus.PASSED}
    found = [
        Proposal("starts", {"title": "The server starts", "points": 10, "type": "starts"},
                 "Every other check is worth nothing where nothing answers."),
    ]  # fmt: skip
    if "guarded" in passed:
        title = "The server starts only when the file is run"
        found.append(Proposal("main-guard", {"title": title, "points": 5, "type": "guarded"}))
    exchanges = {e.id: e for e in report.exchanges}
    for route in report.routes:
        exchange = exchanges.get(route.exchange or "")
        found += _of_route(route, exchange) if exchange is not None else [_unvisited(route)]
    return _with_own_ids(found)


def left_out(proposal: Proposal, outcome: Outcome) -> Proposal:
    """A check that the app itself does not satisfy, as no more than a comment: many a form takes who came before."""
    why = f"{proposal.id} is left out, since the app does not satisfy it here: {outcome.message}"
    return Proposal("", {}, f"{why} Where it goes on from another check, name that under after.")


def _unvisited(route: RouteVisit) -> Proposal:
    what = f"{' '.join(route.methods)} {route.rule}: {route.note}. Write a check by hand, such as the one above."
    return Proposal("", {}, what)


def _of_route(route: RouteVisit, exchange: Exchange) -> Iterator[Proposal]:
    name = _slug(route.rule)
    if not _sayable(route.rule):
        yield Proposal("", {}, f"{route.rule}: write a check by hand.")
        return
    if exchange.status is None or exchange.status >= 500 or exchange.failure is not None:
        yield Proposal("", {}, f"GET {route.rule} answered with an error here; no check is proposed for it.")
        return
    expect = [{"status": exchange.status}, *_expected(exchange)]
    title = f"GET {route.rule} answers as it should"
    yield Proposal(
        name, {"title": title, "points": 5, "type": "request", "path": literal(route.rule), "expect": expect}
    )
    if "html" in _kind(exchange) and not exchange.redirects:
        for form in forms_of(page_of(exchange)):
            yield _of_form(route, name, form)


def _kind(exchange: Exchange) -> str:
    return (exchange.header("Content-Type") or "").lower()


def _expected(exchange: Exchange) -> Iterable[dict[str, Any]]:
    """What an answer shows beside its status."""
    kind = _kind(exchange)
    if exchange.redirects:
        return [{"url": final_target(exchange)}]
    if "json" in kind:
        return [{"header": "Content-Type", "starts_with": "application/json"}, *_json(exchange)]
    return _html(exchange) if "html" in kind and (exchange.status or 0) < 300 else ()


def _json(exchange: Exchange) -> Iterator[dict[str, Any]]:
    try:
        value = parsed(text_of(exchange))
    except NotJson:
        return
    if isinstance(value, dict):
        for name in [name for name in value if _sayable(name)][:_MOST_KEYS]:
            step = f".{name}" if _NAME.fullmatch(name) else f"[{json.dumps(name)}]"
            yield {"jsonpath": literal(f"${step}"), "exists": True}
    elif isinstance(value, list):
        yield {"schema": {"type": "array"}}


def _html(exchange: Exchange) -> Iterator[dict[str, Any]]:
    page = page_of(exchange)
    title = " ".join(next(texts(page, "title"), "").split())
    if title and not numbers(title) and _sayable(title):
        said = literal(title[:_LONG])
        yield {"title": said if len(title) <= _LONG else {"starts_with": said}}
    for heading in list(texts(page, "h1"))[:_MOST_HEADINGS]:
        reads = _pattern(" ".join(heading.split()))
        if reads:
            yield {"css": "h1", "reads": reads}
    if not title and not page.empty:
        yield {"page": "not empty"}


def _pattern(heading: str) -> str:
    """A heading as a pattern, with any number where it shows one."""
    if "{" in heading or len(heading) > _LONG or not _sayable(heading) or not any(c.isalpha() for c in heading):
        return ""
    return re.sub(r"[-+]?\d[\d,.]*\d|\d", NUMBER, heading)


def _sayable(text: str) -> bool:
    """Whether a text of the app can stand in a rubric."""
    return text.isprintable()


def _of_form(route: RouteVisit, name: str, form: Form) -> Proposal:
    submit: dict[str, Any] = {}
    fill = {literal(field.title or field.name): _filling(field) for field in form.fields if _is_filled(field)}
    if fill:
        submit["fill"] = fill
    button = " ".join(form.buttons[0].text.split()) if form.buttons else ""
    if button and _sayable(button):
        submit["press"] = literal(button)
    steps = [{"path": literal(route.rule)}, {"submit": submit, "expect": [{"status": {"<": 400}}]}]
    title = f"“{button}” on {route.rule} works" if "press" in submit else f"The form on {route.rule} can be sent"
    keys = {"title": title, "points": 5, "type": "flow", "steps": steps}
    return Proposal(
        f"{name}-{_slug(button or 'form')}", keys, "Say what the page shows then: text, table, redirect, cookie."
    )


def _is_filled(field: Field) -> bool:
    sayable = bool(field.name) and _sayable(field.title or field.name)
    return sayable and field.kind in (Kind.TEXT, Kind.FILE) and not any(v for v in field.values)


def _filling(field: Field) -> Any:
    word = _slug(field.name).replace("-", "_") or "field"
    if field.kind is Kind.FILE:
        return {"file": "test.txt", "content": "a test"}
    return {"email": f"${{unique_{word}}}@example.org", "number": 5, "date": "2026-01-31", "url": "https://example.org/",
            "password": "${unique_password}"}.get(field.input, f"${{unique_{word}}}")  # fmt: skip


def _slug(text: str) -> str:
    return "-".join(_SIMPLE.findall(text))[:40].lower() or "home"


def _with_own_ids(proposals: Iterable[Proposal]) -> list[Proposal]:
    taken: set[str] = set()
    found = []
    for proposal in proposals:
        id, count = proposal.id, 2
        while id and id in taken:
            id, count = f"{proposal.id}-{count}", count + 1
        taken.add(id)
        found.append(Proposal(id, proposal.keys, proposal.comment))
    return found


def written(proposals: Iterable[Proposal], name: str, entry: str, packages: Iterable[str]) -> str:
    """The rubric file."""
    entries = list(dict.fromkeys((entry, "main.py", "app.py"))) if _sayable(entry) else ["main.py", "app.py"]
    lines = [
        f"# Proposed from {one_line(name, 60)}.",
        "# Take away what you do not ask for, and say what you do ask for. Then:",
        "# grade rubric check FILE tells every mistake, and",
        "# grade rubric try FILE PATH shows what each check sees of an app.",
        f"id: {_slug(name)}",
        f"title: {_quoted(f'Lab {one_line(name, 80)}')}",
        'version: "1"',
        "pass_mark: 60 # percent",
        f"entry: {_flow(entries)}",
        f"packages: {_flow(list(packages))}",
        "",
        "checks:",
    ]
    for proposal in proposals:
        lines += wrapped(one_line(proposal.comment, 300), "  # ", "  # ")
        if proposal.id:
            needs = {} if proposal.id == "starts" else {"needs": ["starts"]}
            lines += _block({"id": proposal.id, **proposal.keys, **needs}, "  ")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _block(keys: dict[str, Any], indent: str) -> list[str]:
    """A mapping as an item of a list, in block style."""
    lines = _lines(keys, f"{indent}  ")
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def _lines(keys: dict[str, Any], indent: str) -> list[str]:
    """A mapping in block style; what is short stands on one line."""
    lines: list[str] = []
    for key, value in keys.items():
        name = f"{indent}{_quoted(str(key))}:"
        short = f"{name} {_flow(value)}"
        if not isinstance(value, dict | list) or not value or (len(short) <= WIDTH and key not in _BLOCKS):
            lines.append(short)
        elif isinstance(value, dict):
            lines += [name, *_lines(value, f"{indent}  ")]
        else:
            lines += [name, *(line for item in value for line in _item(item, f"{indent}  "))]
    return lines


def _item(value: Any, indent: str) -> list[str]:
    """An item of a list; a mapping that is long, or holds what is long, in block style."""
    inner = _flow(value)
    line = f"{indent}- {inner[1:-1] if isinstance(value, dict) and len(value) == 1 else inner}"
    nested = isinstance(value, dict) and (len(line) > WIDTH or _BLOCKS & set(value))
    return _block(value, indent) if nested else [line]


def _flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(k))}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """A text as YAML: bare where that is safe, else as JSON writes it."""
    bare = re.fullmatch(r"[A-Za-z_/$][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*", text)
    words = ("true", "false", "null", "yes", "no", "on", "off")
    return text if bare and text.lower() not in words else json.dumps(text, ensure_ascii=False)
