"""What a grading tells while it runs, and that nothing rests on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.courses.progress import moments_of
from grader.errors import UngradedError
from grader.launch.launcher import Launcher
from grader.model import CheckStatus, ReportStatus, Rubric
from grader.model.told import Judged, Sending, Starting, Told, words_of
from grader.pipeline import How, grade_kept
from grader.rubric import parse_rubric
from tests.conftest import verdicts
from tests.small_lab import app

RUBRIC = b"""
id: told
title: Told
version: "1"
checks:
  - {id: starts, title: It starts, points: 4, type: starts}
  - {id: home, title: It says hello, points: 6, type: request, path: /, expect: [{body: {contains: hello}}]}
  - {id: secret, title: Secret, points: 1, visibility: hidden, type: request, path: /secret, expect: [{status: 200}]}
"""


@pytest.fixture
def rubric() -> Rubric:
    return parse_rubric(RUBRIC, "told.yaml")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(app("hello"))
    return tmp_path


def test_starts_requests_and_verdicts_are_told_and_hidden_ones_as_such(
    work: Path, rubric: Rubric, launcher: Launcher
) -> None:
    told: list[Told] = []
    report = grade_kept(work, rubric, launcher, How(tell=told.append)).report
    starts = [one for one in told if isinstance(one, Starting)]
    assert {("starts", "home")} <= {one.checks for one in starts}
    assert all(("secret" in one.checks) <= one.hidden for one in starts)
    requests = {(one.request.path, one.hidden) for one in told if isinstance(one, Sending)}
    assert ("/", False) in requests
    assert ("/secret", True) in requests
    assert ("/secret", False) not in requests
    judged = [(one.check, one.status, one.hidden) for one in told if isinstance(one, Judged)]
    assert judged == [(c.id, c.outcome.status, c.id == "secret") for c in report.checks]
    open_ones = [moment for one in told for moment in moments_of(one) if not moment.hidden]
    assert not [moment for moment in open_ones if "ecret" in moment.text + moment.check]


@pytest.mark.slow
@pytest.mark.parametrize("boxes", [1, 2])
def test_the_grade_is_the_same_unheard(reference: Path, lab: Rubric, launcher: Launcher, boxes: int) -> None:
    told: list[Told] = []
    heard = grade_kept(reference, lab, launcher, How(boxes=boxes, tell=told.append))
    unheard = grade_kept(reference, lab, launcher, How(boxes=boxes))
    assert told
    assert verdicts(heard.report) == verdicts(unheard.report)
    starts, others = ([(s.condition.mode, s.condition.pin) for s in r.report.starts] for r in (heard, unheard))
    assert starts == others
    assert len(heard.report.exchanges) == len(unheard.report.exchanges)


@pytest.mark.parametrize("last", [Starting, Sending, Judged])
def test_whoever_wants_it_no_more_ends_it(work: Path, rubric: Rubric, launcher: Launcher, last: type[Told]) -> None:
    def refuse(told: Told) -> None:
        if isinstance(told, last):
            raise UngradedError("Nobody wants it.")

    report = grade_kept(work, rubric, launcher, How(tell=refuse)).report
    assert (report.status, report.score, report.problem) == (ReportStatus.UNGRADED, None, "Nobody wants it.")
    assert grade_kept(work, rubric, launcher, How()).report.checks[1].outcome.status is CheckStatus.PASSED


def test_every_start_has_words(reference: Path, lab: Rubric, launcher: Launcher) -> None:
    told: list[Told] = []
    grade_kept(reference, lab, launcher, How(tell=told.append))
    said = {words_of(one.condition, one.occurrence) for one in told if isinstance(one, Starting)}
    assert said >= {
        "Starting your program, as you do",
        "Importing your program, without running it",
        "Starting your program with its random numbers at their lowest",
        "Starting your program with its random numbers at their highest",
        "Starting a copy of your program with another templates/base.html",
        "Starting a copy of your program with a file of the grader's added",
    }


def test_a_check_that_waits_for_hidden_ones_alone_has_just_failed(
    work: Path, rubric: Rubric, launcher: Launcher
) -> None:
    (work / "main.py").write_text(app("bye"))
    needs = parse_rubric(
        RUBRIC.replace(b"type: request, path: /,", b"needs: [secret], type: request, path: /,"), "t.yaml"
    )
    told: list[Told] = []
    report = grade_kept(work, needs, launcher, How(tell=told.append)).report
    assert report.checks[1].outcome.status is CheckStatus.BLOCKED
    assert [one.status for one in told if isinstance(one, Judged)][1] is CheckStatus.FAILED
