"""Outcomes → points. Exact arithmetic only: fractions in, fractions out; rounded only where the rubric says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from grader.model import (
    CheckResult,
    CheckStatus,
    Late,
    LatePolicy,
    Outcome,
    Rounding,
    RoundingWay,
    Rubric,
    RubricCheck,
    Weight,
)

_NOT_JUDGED = Outcome(CheckStatus.ERROR, "This check was not judged: the grader's own fault.")
_DAY = 24 * 60 * 60


def score(rubric: Rubric, outcomes: Mapping[str, Outcome]) -> tuple[tuple[CheckResult, ...], Fraction]:
    """Every check of the rubric, in its order, with what it earned; and the total, which is never below zero."""
    results = tuple(_result(check, outcomes.get(check.id, _NOT_JUDGED)) for check in rubric.checks)
    total = max(sum((result.score for result in results), Fraction(0)), Fraction(0))
    return results, rounded(total, rubric.rounding)


def _result(check: RubricCheck, outcome: Outcome) -> CheckResult:
    earned = min(max(outcome.earned, Fraction(0)), Fraction(1))
    most, points = check.points, check.points * earned
    if check.weight is Weight.PENALTY:
        most, points = Fraction(0), points - check.points
    elif check.weight is Weight.FLAG:
        most = points = Fraction(0)
    return CheckResult(
        check.id,
        check.title,
        check.section,
        most,
        points,
        outcome,
        check.visibility,
        check.weight,
        check.tags,
    )


def rounded(points: Fraction, rounding: Rounding | None) -> Fraction:
    """Points as a rubric rounds them."""
    if rounding is None:
        return points
    steps = points / rounding.to
    ways = {
        RoundingWay.NEAREST: math.floor(steps + Fraction(1, 2)),
        RoundingWay.UP: math.ceil(steps),
        RoundingWay.DOWN: math.floor(steps),
    }
    return ways[rounding.way] * rounding.to


def late(points: Fraction, policy: LatePolicy, seconds: float) -> Late | None:
    """What work loses that came so many seconds after the deadline; None where that is in time."""
    beyond = seconds - policy.grace_minutes * 60
    if seconds <= 0 or beyond <= 0:
        return None
    percent = min(policy.per_day * math.ceil(seconds / _DAY), policy.most)
    return Late(math.ceil(seconds), percent, points * percent / 100)
