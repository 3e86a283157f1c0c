"""What to fix first, and what need not be told twice."""

from __future__ import annotations

from fractions import Fraction

from grader.model import CheckResult, CheckStatus, Report, Weight


def lost(result: CheckResult) -> Fraction:
    """The points that a check did not earn, or took away; nothing for a bonus and for what is only reported."""
    if result.weight in (Weight.BONUS, Weight.FLAG):
        return Fraction(0)
    return result.max_score - result.score


def beside(result: CheckResult) -> bool:
    """Whether it costs nothing and yet is not so: a bonus that was not earned in full, something that is reported."""
    return result.weight in (Weight.BONUS, Weight.FLAG) and result.outcome.status is not CheckStatus.PASSED


def first(report: Report) -> tuple[CheckResult, Fraction] | None:
    """The check whose repair gives back the most points, with those: its own and those of the checks it blocks.

    Among equals the one that stands first in the rubric. None where no point was lost.
    """
    costly = [r for r in report.checks if lost(r) > 0]
    causes = [r for r in costly if r.outcome.status is not CheckStatus.BLOCKED] or costly
    gains = [(r, _gain(r, report)) for r in causes]
    return max(gains, key=lambda pair: pair[1], default=None)  # of equals, the first


def _gain(cause: CheckResult, report: Report) -> Fraction:
    blocked = (r for r in report.checks if r is not cause and cause.id in r.outcome.blocked_by)
    return lost(cause) + sum((lost(r) for r in blocked), Fraction(0))


def told_elsewhere(result: CheckResult, report: Report) -> bool:
    """Whether the check is blocked, and one of those that block it already says the same."""
    by = {r.id: r.outcome.message for r in report.checks}
    return any(by.get(id) == result.outcome.message for id in result.outcome.blocked_by)
