"""Outcomes → points. Exact arithmetic only: fractions in, fractions out, nothing is rounded here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.model import CheckResult, CheckStatus, Outcome, Rubric, RubricCheck

_NOT_JUDGED = Outcome(CheckStatus.ERROR, "This check was not judged: the grader's own fault.")


def score(rubric: Rubric, outcomes: Mapping[str, Outcome]) -> tuple[tuple[CheckResult, ...], Fraction]:
    """Every check of the rubric, in its order, with what it earned; and the total."""
    results = tuple(_result(check, outcomes.get(check.id, _NOT_JUDGED)) for check in rubric.checks)
    return results, sum((result.score for result in results), Fraction(0))


def _result(check: RubricCheck, outcome: Outcome) -> CheckResult:
    earned = min(max(outcome.earned, Fraction(0)), Fraction(1))
    return CheckResult(
        check.id, check.title, check.section, check.points, check.points * earned, outcome, check.visibility
    )  # fmt: skip
