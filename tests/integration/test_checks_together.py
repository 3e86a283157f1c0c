"""Checks beside each other: each earns what it earns alone, and nothing of a hidden one is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model import CheckResult, Report
from grader.render import FORMATS, render
from grader.render.audience import for_audience
from grader.rubric import parse_rubric
from tests.conftest import Grade

APP = """
import sqlite3
from flask import Flask, make_response, redirect, request

app = Flask(__name__)
entries = []
asked = [0]


@app.get("/")
def home():
    return "<h1>%d entries</h1>" % len(entries)


@app.post("/")
def add():
    entries.append(request.form.get("entry"))
    print("ADDED", entries[-1])
    return redirect("/")


@app.get("/visits")
def visits():
    answer = make_response("<p>Visit %s</p>" % (int(request.cookies.get("n", 0)) + 1))
    answer.set_cookie("n", str(int(request.cookies.get("n", 0)) + 1))
    return answer


@app.get("/flaky")
def flaky():
    asked[0] += 1
    return "<p>%s</p>" % ("fine" if asked[0] % 2 else "not")


@app.get("/rows")
def rows():
    with sqlite3.connect("rows.db") as db:
        return str(db.execute("select count(*) from rows").fetchone()[0])


if __name__ == "__main__":
    with sqlite3.connect("rows.db") as db:
        db.execute("create table if not exists rows (name)")
    app.run(port=5001)
"""
SOCKETS = """
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 5001), Handler).serve_forever()
"""
FIRST = "{id: first, title: A, points: 1, type: request, path: /visits, expect: {css: p, equals: Visit 1}}"
EMPTY = "{id: empty, title: A, points: 1, type: request, path: /, expect: {css: h1, equals: 0 entries}}"
CHANGES = "{id: changes, title: A, points: 1, type: request, path: /, distinct: {css: h1}}"
SHARE = (
    "{id: share, title: A, points: 2, type: request, path: /flaky, repeat: 2, partial: repeats, "
    "expect: {css: p, equals: fine}}"
)
ADDING = "{id: adding, title: A, points: 1, type: flow, steps: [{path: /, form: {entry: x}}, {path: /}]}"
REPEATING = "{id: repeating, title: A, points: 1, type: request, path: /visits, repeat: 3, distinct: {css: p}}"
REPEATING_FLAKY = "{id: flaky, title: A, points: 1, type: request, path: /flaky, repeat: 5, expect: {status: 200}}"


def graded(tmp_path: Path, grade: Grade, *checks: str, app: str = APP) -> Report:
    (tmp_path / "main.py").write_text(app)
    text = "id: r\ntitle: R\nchecks:\n" + "".join(f"- {check}\n" for check in checks)
    report = grade(tmp_path, rubric=parse_rubric(text.encode(), "r.yaml"))
    assert report.problem == ""
    return report


def result(report: Report, id: str) -> CheckResult:
    return next(r for r in report.checks if r.id == id)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "check", "others", "points"),
    [
        ("empty", EMPTY, [ADDING], 1),
        pytest.param("changes", CHANGES, [ADDING], 0, marks=pytest.mark.slow),
        pytest.param("first", FIRST, [REPEATING], 1, marks=pytest.mark.slow),
        ("share", SHARE, [REPEATING_FLAKY], 1),
    ],
)
def test_a_check_earns_the_same_alone_and_beside_others(
    id: str, check: str, others: list[str], points: float, tmp_path: Path, grade: Grade
) -> None:
    for checks in ([check], [check, *others], [*others, check]):
        assert result(graded(tmp_path, grade, *checks), id).score == points


@pytest.mark.parametrize(
    "check",
    [
        "{id: a, title: A, points: 1, type: flow, steps: [{path: /rows, expect: {body: '0'}}]}",
        "{id: a, title: A, points: 1, type: request, path: /rows, state: fresh, expect: {body: '0'}}",
        "{id: a, title: A, points: 1, type: request, path: /rows, headers: {X-A: b}, expect: {body: '0'}}",
    ],
)
def test_a_program_that_is_run_is_asked_as_it_runs_without_another_check_that_knocks(
    check: str, tmp_path: Path, grade: Grade
) -> None:
    report = graded(tmp_path, grade, check)
    assert report.checks[0].score == 1
    assert "serve" not in {s.condition.describe() for s in report.starts}


def test_a_flow_alone_needs_no_app_object(tmp_path: Path, grade: Grade) -> None:
    check = "{id: a, title: A, points: 1, type: flow, steps: [{path: /, expect: {body: hello}}]}"
    assert graded(tmp_path, grade, check, app=SOCKETS).checks[0].score == 1


def test_nothing_of_a_hidden_check_is_in_what_students_see(tmp_path: Path, grade: Grade) -> None:
    report = graded(
        tmp_path,
        grade,
        "{id: home, title: A, points: 1, type: request, path: /, expect: {css: h1, equals: 5 entries}}",
        "{id: visits, title: A, points: 1, type: request, path: /visits, distinct: {css: p}}",
        "{id: proved, title: A, points: 1, type: source, imports: [os], proved_by: [hush]}",
        "{id: hush, title: A, points: 1, type: flow, visibility: hidden, steps: [{path: /, form: {entry: HUSH}}, "
        "{path: /, expect: {css: h1, equals: 1 entries}}]}",
        "{id: hush-many, title: A, points: 1, type: request, visibility: hidden, path: /visits, repeat: 4, "
        "expect: {css: p}}",
        "{id: hush-lost, title: A, points: 1, type: request, visibility: hidden, path: /, "
        "expect: {css: h1, equals: HUSH}}",
    )
    assert [float(r.score) for r in report.checks] == [0, 1, 1, 1, 1, 0]
    assert '"0 entries"' in result(report, "home").outcome.message
    for format in FORMATS:
        told = render(for_audience(report, "student"), format)
        assert "hush" not in told.lower()
        assert "1 entries" not in told


def test_no_gap_between_starts_tells_how_many_hidden_checks_had_one(tmp_path: Path, grade: Grade) -> None:
    flow = "{id: ID, title: A, points: 1, type: flow, visibility: SEEN, steps: [{path: /, form: {entry: ID}}]}"
    ids = {"hush": "hidden", "open": "visible", "hush-too": "hidden", "open-too": "visible"}
    report = graded(tmp_path, grade, EMPTY, *(flow.replace("ID", id).replace("SEEN", seen) for id, seen in ids.items()))
    assert sum(start.hidden for start in report.starts) == 2
    shown = [start.id for start in for_audience(report, "student").starts]
    assert len(shown) > 2
    assert shown == [f"s{number}" for number in range(1, len(shown) + 1)]


def test_hidden_checks_see_what_visible_ones_have_seen(tmp_path: Path, grade: Grade) -> None:
    report = graded(tmp_path, grade, EMPTY, EMPTY.replace("id: empty", "id: hush, visibility: hidden"))
    assert [r.score for r in report.checks] == [1, 1]
    assert result(report, "hush").outcome.evidence == result(report, "empty").outcome.evidence


def test_hints_inside_of_alternatives_are_shown_where_they_are_what_is_missing(tmp_path: Path, grade: Grade) -> None:
    inner = "{css: h1, equals: 0 entries, hint: Never.}, {css: h2, hint: 'After ${n}, an <h2>.'}"
    report = graded(
        tmp_path,
        grade,
        "{id: all, title: A, points: 1, type: flow, steps: [{path: /, capture: {n: {css: h1}}, "
        f"expect: {{all: [{inner}], hint: Outside.}}}}]}}",
        "{id: any, title: A, points: 1, type: request, path: /, expect: {any: [{css: h2}, {css: h3}], hint: Outside.}}",
        "{id: whole, title: A, points: 1, type: request, hint: 'Show ${unique_x}.', path: /, expect: {css: h2}}",
    )
    assert result(report, "all").outcome.hint == "After 0 entries, an <h2>."
    assert result(report, "any").outcome.hint == "Outside."
    assert result(report, "whole").outcome.hint.startswith("Show ")
    assert "${" not in result(report, "whole").outcome.hint
