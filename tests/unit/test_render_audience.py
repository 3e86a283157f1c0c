"""A student's copy has no trace of hidden checks; an instructor's has everything."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.model import CheckStatus, Visibility
from grader.render import FORMATS, render
from grader.render.audience import for_audience
from tests.unit.report_samples import CANARY, crashed, hidden


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_a_hidden_check_is_in_a_student_s_copy(format: str) -> None:
    assert CANARY in render(hidden(), format)
    assert CANARY not in render(for_audience(hidden(), "student"), format)


def test_totals_and_verdict_are_those_of_the_visible_checks() -> None:
    report, seen = hidden(), for_audience(hidden(), "student")
    assert (report.score, report.max_score, report.passed) == (10, 20, False)
    assert (seen.score, seen.max_score, seen.passed) == (10, 13, True)
    assert seen.percent == Fraction(1000, 13)
    assert (report.partial_view, seen.partial_view) == (False, True)


def test_what_visible_checks_rest_on_stays() -> None:
    seen = for_audience(hidden(), "student")
    assert [s.id for s in seen.starts] == ["s1"]
    assert [e.id for e in seen.exchanges] == ["s1.1"]
    assert [f.message for f in seen.flags] == ["flag of all"]
    assert seen.limits_hit == ("start s1: output cut",)


def test_a_check_that_waits_for_hidden_ones_only_has_failed_in_a_student_s_copy() -> None:
    (waits,) = (r for r in for_audience(hidden(), "student").checks if r.id == "waits")
    assert waits.outcome.status is CheckStatus.FAILED
    assert waits.outcome.blocked_by == ()
    assert waits.outcome.evidence == ("s1.1",)


def test_a_check_that_waits_for_a_visible_one_still_does() -> None:
    for report in (crashed(), for_audience(crashed(), "student")):
        (heading,) = (r for r in report.checks if r.id == "heading")
        assert heading.outcome.status is CheckStatus.BLOCKED


def test_an_instructor_sees_everything() -> None:
    assert for_audience(hidden(), "instructor") == hidden()


def test_what_a_limit_cost_hidden_checks_is_not_told() -> None:
    secret = next(r.id for r in hidden().checks if r.visibility is Visibility.HIDDEN)
    texts = ("log_bytes: cut; it cost 1 points: shown", f"log_bytes: cut; it cost 1 points: {secret}")
    assert for_audience(replace(hidden(), limits_hit=texts), "student").limits_hit == texts[:1]
