"""A program that answers differently when it is asked again is flagged, at no cost; one that may vary is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.model import (
    Condition,
    Evidence,
    Exchange,
    FlagKind,
    Observation,
    Outcome,
    Overlay,
    Report,
    Request,
    Rubric,
    Seen,
    Start,
    StartState,
    Step,
)
from grader.observe.again import otherwise, worth_asking_again
from grader.pipeline import judge
from grader.render.audience import for_audience
from grader.rubric import parse_rubric
from tests.conftest import Grade

RUBRIC = b"""
id: again
title: Asked again
checks:
- {id: page, title: P, points: 1, type: request, path: /, expect: [{css: h1, reads: "The number is {number}"}]}
- {id: changes, title: C, points: 1, type: request, path: /, distinct: {css: h1, reads: "The number is {number}"}}
- {id: hidden, title: H, points: 1, type: request, path: /, visibility: hidden, expect: [{status: 200}]}
- {id: flow, title: F, points: 1, type: flow, steps: [{path: /, expect: [{status: 200}]}]}
"""
ROOT = Request()
PROGRAM = """
import random
from flask import Flask
app = Flask(__name__)
count = 0

@app.route("/")
def home():
    global count
    count += 1
    %s
    return f"<h1>The number is {random.randint(1, 10**9)}</h1>"

if __name__ == "__main__":
    app.run(port=4321)
"""


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return parse_rubric(RUBRIC, "again.yaml")


def graded(work: Path, line: str, rubric: Rubric, grade: Grade) -> Report:
    (work / "main.py").write_text(PROGRAM % line)
    return grade(work, rubric=rubric)


def flagged(report: Report) -> list[str]:
    return [flag.message for flag in report.flags if flag.kind is FlagKind.INCONSISTENT]


def test_a_program_that_counts_its_requests_is_flagged_and_loses_nothing(
    rubric: Rubric, grade: Grade, tmp_path: Path
) -> None:
    report = graded(tmp_path, 'if count > 2: return "nothing", 500', rubric, grade)
    assert report.score == report.max_score
    told = "passed, but not when the same was asked once more at the end: GET / answered 500 INTERNAL SERVER ERROR."
    assert f"page {told}" in flagged(report)
    assert not [message for message in flagged(for_audience(report, "student")) if "hidden" in message]


def test_numbers_that_vary_are_no_inconsistency(rubric: Rubric, grade: Grade, tmp_path: Path) -> None:
    report = graded(tmp_path, "pass", rubric, grade)
    assert report.score == report.max_score
    assert flagged(report) == []


def test_what_failed_already_is_not_flagged(rubric: Rubric, grade: Grade, tmp_path: Path) -> None:
    report = graded(tmp_path, 'return "nothing", 404', rubric, grade)
    assert report.score == 0
    assert flagged(report) == []


# ------------------------------------------------------------------------------------------------ from evidence alone


def answer(id: str, status: int, request: Request = ROOT) -> Exchange:
    return Exchange(id, "s1", request, status, "OK", (("Content-Type", "text/html"),), b"<h1>The number is 5</h1>")


def outcome(rubric: Rubric, seen: Seen) -> Outcome:
    start = Observation(steps=(Step(Request("/favicon.ico")),))
    knocked = Seen(start, seen.start, (answer("s1.9", 404, Request("/favicon.ico")),))
    return judge(rubric, Evidence("n", seed="s", seen=(knocked, seen)))["page"]


def test_only_a_verdict_that_would_be_another_is_flagged(rubric: Rubric) -> None:
    start = Start("s1", Condition(), 0, StartState.LISTENING, answered=True)
    seen = Seen(Observation(steps=(Step(Request()),)), start, (answer("s1.1", 200),))
    for again, flags in (
        ((), 0),
        ((answer("s1.2", 200),), 0),
        ((answer("s1.2", 201),), 0),
        ((answer("s1.2", 500),), 1),
    ):
        judged = outcome(rubric, replace(seen, again=again))
        assert judged.earned == 1
        assert len(judged.flags) == flags


def test_what_came_later_is_in_the_report() -> None:
    start = Start("s1", Condition(), 0, StartState.LISTENING)
    evidence = Evidence("n", seen=(Seen(Observation(), start, (answer("s1.1", 200),), (answer("s1.2", 500),)),))
    assert [e.id for e in evidence.exchanges()] == ["s1.1", "s1.2"]


def test_a_few_quick_requests_that_change_nothing_are_asked_again() -> None:
    quick = [replace(answer(f"s1.{n}", 200, Request(f"/{n}")), seconds=0.01) for n in range(9)]
    others = [
        replace(answer("s1.20", 200, Request("/slow")), seconds=0.2),
        answer("s1.21", 200, Request("/x", "POST")),
        answer("s1.22", 200, Request("/y", headers=(("A", "b"),))),
        answer("s1.23", 404, Request("/favicon.ico")),
    ]
    drawn = {seed: worth_asking_again([*quick, *others], seed, [Request("/favicon.ico")]) for seed in "abcdef"}
    assert all(len(set(requests)) == 3 for requests in drawn.values())
    assert {r.path for requests in drawn.values() for r in requests} <= {f"/{n}" for n in range(9)}
    assert len({tuple(requests) for requests in drawn.values()}) > 1
    assert drawn["a"] == worth_asking_again([*quick, *others], "a", [Request("/favicon.ico")])


def test_only_a_program_as_it_is_can_be_asked_again() -> None:
    assert Condition().as_it_is
    assert not Condition(overlays=(Overlay("a", b""),)).as_it_is


def test_only_what_looks_otherwise_is_kept() -> None:
    before = [answer("s1.1", 200), answer("s1.2", 200, Request("/a"))]
    number = replace(before[0], id="s1.3", body=b"<h1>The number is 77</h1>")
    text = replace(before[0], id="s1.4", body=b"<h1>Numbers are 5</h1>")
    status = replace(before[0], id="s1.5", status=201)
    gone = replace(before[0], id="s1.6", status=None, body=b"")
    other = replace(number, id="s1.7", request=Request("/b"))
    assert otherwise([number, text, status, gone, other], before) == (text, status, gone, other)
