"""What one check does to the program reaches no other check, unless that goes on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model import CheckStatus
from grader.rubric import parse_rubric
from tests.conftest import Grade

APP = """
from flask import Flask, redirect, request, session
app = Flask(__name__)
app.secret_key = "x"
words = []

@app.get("/")
def home():
    return f"<h1>{session.get('name', 'stranger')}</h1><p>{' '.join(words)}</p>"

@app.post("/login")
def login():
    session["name"] = request.form["name"]
    words.append("known")
    return redirect("/")

if __name__ == "__main__":
    app.run()
"""
LOG_IN = """
  - id: login
    title: Log in
    points: 1
    type: flow
    steps:
      - {path: /login, form: {name: Ada}}
      - {path: /, expect: {css: h1, equals: Ada}}
"""
HOME = """
  - id: home
    title: Home
    points: 1
    type: request
    expect: [{css: h1, equals: stranger}, {css: p, empty: true}]
"""
GOES_ON = """
  - id: on
    title: Goes on
    points: 1
    type: request
    after: login
    expect: [{css: h1, equals: Ada}, {css: p, equals: known}]
"""
CHANGES = """
  - id: changes
    title: Is the same
    points: 1
    type: request
    distinct: {css: h1}
"""


@pytest.mark.parametrize("checks", [LOG_IN + HOME + GOES_ON, HOME + GOES_ON + LOG_IN], ids=["before", "behind"])
def test_a_page_is_judged_as_a_browser_sees_it_that_has_never_been_there(
    checks: str, tmp_path: Path, grade: Grade
) -> None:
    (tmp_path / "main.py").write_text(APP)
    report = grade(tmp_path, rubric=parse_rubric(f"id: r\ntitle: R\nchecks:{checks}".encode(), "r.yaml"))
    assert {r.id: r.outcome.status for r in report.checks} == dict.fromkeys(("login", "home", "on"), CheckStatus.PASSED)
    (home,) = [r for r in report.checks if r.id == "home"]
    (login,) = [r for r in report.checks if r.id == "login"]
    assert set(home.outcome.evidence) & set(login.outcome.evidence) == set()


def test_an_answer_in_another_conversation_is_no_change(tmp_path: Path, grade: Grade) -> None:
    (tmp_path / "main.py").write_text(APP)
    report = grade(tmp_path, rubric=parse_rubric(f"id: r\ntitle: R\nchecks:{LOG_IN}{CHANGES}".encode(), "r.yaml"))
    assert [r.outcome.status for r in report.checks] == [CheckStatus.PASSED, CheckStatus.FAILED]
