"""What a student is told where a rubric of another lab finds a fault: the cause, and the line to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model import Outcome
from grader.rubric import parse_rubric
from tests.conftest import Grade

PROGRAM = """
from flask import Flask, redirect, request
app = Flask(__name__)

@app.route("/form", methods=["GET", "POST"])
def form():
    if request.method == "POST":
        return request.form["naem"]
    return '<form method=post><input name=name><button>Send</button></form>'

@app.route("/gone")
def gone():
    return redirect("/logn")

@app.route("/missing")
def missing():
    return "nothing here", 404

@app.get("/only")
def only():
    return '<form method=post><input name=a></form>'

@app.route("/away")
def away():
    return redirect("https://example.org/")

@app.route("/plain")
def plain():
    return "plain"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=4000)
"""
CHECKS = """
  - {id: name, title: N, points: 1, type: flow, steps: [{path: /form}, {submit: {fill: {name: Ada}}}]}
  - {id: gone, title: G, points: 1, type: request, path: /gone, expect: {status: 200}}
  - {id: missing, title: M, points: 1, type: request, path: /missing, expect: {status: 200}}
  - {id: verb, title: V, points: 1, type: flow, steps: [{path: /only}, {submit: {fill: {a: b}}}]}
  - {id: slash, title: S, points: 1, type: request, path: /plain/, expect: {status: 200}}
  - {id: query, title: Q, points: 1, type: request, path: "/search?q=1", expect: {status: 200}}
  - {id: port, title: P, points: 1, type: listens, port: {from: 8000, to: 8999}}
  - {id: away, title: A, points: 1, type: request, path: /away, expect: {redirect: "https://example.org/"}}
"""
TOLD = {
    "name": ("main.py:8 reads 'naem' from request.form; what was sent has name.", "Write the name as the form has it."),
    "gone": ("/gone redirects to /logn, which no route serves", "url_for"),
    "missing": ("missing() answers /missing with 404 itself.", "without the status 404"),
    "verb": ("the route '/only' takes only GET", 'Write `route` instead of `get`, with `methods=["GET", "POST"]`.'),
    "slash": ("declares the route '/plain', without the slash at the end of /plain/.", "Write both alike."),
    "query": ("No route serves /search", "Write `@app.route('/search')` above the view."),
    "port": ("port 4000", "random.randint(8000, 8999)"),
}


@pytest.fixture(scope="module")
def outcomes(grade: Grade, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder: Path = tmp_path_factory.mktemp("told")
    (folder / "main.py").write_text(PROGRAM)
    rubric = parse_rubric(f"id: r\ntitle: R\nchecks:{CHECKS}".encode(), "r.yaml")
    return {r.id: r.outcome for r in grade(folder, rubric=rubric).checks}


@pytest.mark.parametrize(("id", "words"), TOLD.items(), ids=TOLD)
def test_a_fault_is_told_by_its_cause(outcomes: dict[str, Outcome], id: str, words: tuple[str, str]) -> None:
    outcome = outcomes[id]
    assert words[0] in f"{outcome.message} {outcome.actual}"
    assert words[1] in outcome.hint


def test_a_redirect_to_another_server_is_an_answer_of_its_own(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["away"].earned == 1
