"""What counts of a result: computed points, and those that a person gave."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grader import pipeline
from grader.courses.gradings import effective, prepared
from grader.courses.tables import Grading, Override
from grader.model import CheckStatus, Evidence, Kept, Outcome, Rubric
from grader.render.audience import for_audience
from grader.rubric import parse_rubric
from grader.store.tables import now

_HEAD = """
id: sums
title: Sums
version: "1"
"""
_CHECK = "  - {{id: {}, title: {}, points: {}, type: starts, visibility: {}{}}}\n"
_CHECKS = (("a", 30, "visible", ""), ("b", 50, "visible", ""), ("h", 20, "hidden", ""),
           ("x", 5, "visible", ", bonus: true"), ("p", 10, "visible", ", penalty: true"))  # fmt: skip


def rubric(more: str = "", *, hidden: bool = True) -> Rubric:
    lines = "".join(
        _CHECK.format(id, id, points, visibility if hidden else "visible", weight)
        for id, points, visibility, weight in _CHECKS
    )
    return parse_rubric(f"{_HEAD}{more}\nchecks:\n{lines}".encode(), "sums.yaml")


def graded(by: Rubric, earned: Mapping[str, Fraction], monkeypatch: pytest.MonkeyPatch, late: float = 0.0) -> Kept:
    """A result with such verdicts, by the pipeline's own sums."""
    outcomes = {}
    for check in by.checks:
        share = earned.get(check.id, Fraction(0))
        outcomes[check.id] = Outcome(CheckStatus.PASSED if share == 1 else CheckStatus.PARTIAL, "", share)
    monkeypatch.setattr(pipeline, "judge", lambda *_: outcomes)
    work = pipeline.SubmissionInfo("sam", "main.py", "0" * 64)
    return Kept(pipeline._report(work, (), by, Evidence("0"), pipeline.How(late_seconds=late)))


def row(kept: Kept, by: Rubric) -> Grading:
    return Grading(**prepared(kept, by))


def override(check: str, points: str, *, withdrawn: bool = False) -> Override:
    return Override(check=check, points=points, reason="", by_id=1, withdrawn=now() if withdrawn else None)


SHARES = some.fractions(0, 1, max_denominator=4)


@pytest.mark.slow
@given(
    shares=some.tuples(SHARES, SHARES, SHARES, SHARES, SHARES),
    late=some.sampled_from([0.0, 10.0, 200_000.0]),
    rounding=some.sampled_from(["", "rounding: {to: 5, way: up}", "rounding: {to: 0.5}"]),
    hidden=some.booleans(),
)
def test_without_overrides_it_is_what_the_pipeline_came_to(
    shares: tuple[Fraction, ...], late: float, rounding: str, hidden: bool
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        by = rubric(f"{rounding}\nlate: {{per_day: 10}}", hidden=hidden)
        kept = graded(by, dict(zip("abhxp", shares, strict=True)), monkeypatch, late)
    found = effective(row(kept, by), [])
    shown = for_audience(kept.report, "student")
    for total, report in ((found.total, kept.report), (found.shown, shown)):
        assert (total.score, total.max_score, total.passed) == (report.score, report.max_score, report.passed)
    assert (found.computed, found.shown_computed) == (found.total, found.shown)
    assert found.late_points == (kept.report.late.points if kept.report.late else 0)
    assert found.overridden == frozenset()


def test_points_for_a_check_are_as_if_the_check_had_given_them(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rubric("rounding: {to: 5, way: up}\nlate: {per_day: 10}")
    kept = graded(by, {"a": Fraction(1), "p": Fraction(1)}, monkeypatch, late=10.0)
    wanted = graded(by, {"a": Fraction(1), "b": Fraction(1, 2), "p": Fraction(1)}, monkeypatch, late=10.0).report
    found = effective(row(kept, by), [override("b", "25")])
    assert (found.score, found.passed, found.late_points) == (
        wanted.score,
        wanted.passed,
        wanted.late and wanted.late.points,
    )
    assert found.shown.score == for_audience(wanted, "student").score
    assert found.computed.score == kept.report.score
    assert (found.points["b"], found.overridden) == (Fraction(25), {"b"})


def test_points_for_a_hidden_check_change_nothing_of_what_is_shown_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rubric()
    kept = graded(by, {"a": Fraction(1), "p": Fraction(1)}, monkeypatch)
    found = effective(row(kept, by), [override("h", "20")])
    assert (found.score, found.shown.score, found.shown.max_score) == (50, 30, 80)


def test_points_for_the_whole_are_the_score_and_lateness_takes_nothing_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rubric("rounding: {to: 5}\nlate: {per_day: 50}")
    kept = graded(by, {"a": Fraction(1)}, monkeypatch, late=10.0)
    found = effective(row(kept, by), [override("a", "1"), override("", "91")])
    assert (found.score, found.max_score, found.passed, found.late_points) == (91, 100, True, 0)
    assert found.shown.score == Fraction(91 * 80, 100)  # the same share of what they see
    assert found.overridden == {"a", ""}


def test_what_was_withdrawn_does_not_count_and_of_several_the_last_does(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rubric()
    kept = graded(by, {"p": Fraction(1)}, monkeypatch)
    given = [override("a", "10"), override("a", "20"), override("b", "50", withdrawn=True), override("unknown", "9")]
    found = effective(row(kept, by), given)
    assert (found.score, found.overridden) == (20, {"a"})


def test_what_was_not_graded_has_a_score_where_a_person_gave_one() -> None:
    by = rubric()
    failed = pipeline.not_gradable("sam", by, pipeline.NotGradableError("Nothing was handed in."))
    made = row(Kept(failed), by)
    assert (made.shown_max_score, made.max_score) == ("80", "100")
    assert effective(made, []).score is None
    found = effective(made, [override("", "60")])
    assert (found.score, found.max_score, found.passed, found.computed.score) == (60, 100, True, None)
    assert effective(made, [override("a", "30")]).score is None  # a check that nobody looked at
    nothing = effective(None, [override("", "60")], max_score=Fraction(100))
    assert (nothing.score, nothing.max_score, nothing.passed, nothing.computed.score) == (60, 100, None, None)
    assert effective(None, []).score is None


def test_no_total_is_below_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    by = rubric()
    found = effective(row(graded(by, {}, monkeypatch), by), [override("a", "5")])
    assert (found.score, found.shown.score) == (0, 0)
