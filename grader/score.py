"""Outcomes → points. Exact arithmetic only: fractions in, fractions out; rounded only where the rubric says so."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

from grader.model import (
    CheckResult,
    CheckStatus,
    Late,
    LatePolicy,
    LimitHit,
    Outcome,
    Rounding,
    RoundingWay,
    Rubric,
    RubricCheck,
    Visibility,
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


def costs(hits: Sequence[LimitHit], checks: Sequence[CheckResult], hidden: Collection[str] = ()) -> tuple[str, ...]:
    """Limits that were hit, each with the points that were lost with what it cut short. `hidden`: the starts that were
    made for hidden checks, which no line about others counts."""
    return tuple(line for together in _together(hits, hidden) for line in _told(together, checks))


def _together(hits: Sequence[LimitHit], hidden: Collection[str]) -> Iterator[Sequence[LimitHit]]:
    """Each by itself; but once the submission's time is used up, all that follows from it is one thing."""
    total = [hit for hit in hits if hit.limit == "total_seconds"]
    yield from ([hit] for hit in hits if hit not in total)
    for apart in (False, True):
        some = [hit for hit in total if (hit.start in hidden) is apart]
        if some:
            yield some


def _told(hits: Sequence[LimitHit], checks: Sequence[CheckResult]) -> Iterator[str]:
    """A limit that was hit, and the points that were lost with what it cut short: for hidden checks apart."""
    more = f", and {len(hits) - 1} more" if len(hits) > 1 else ""
    lost = [r for r in checks if r.score < r.max_score and any(_rests_on(r, hit) for hit in hits)]
    apart = [[r for r in lost if r.visibility is visibility] for visibility in Visibility]
    for group in filter(None, apart) if lost else [[]]:
        hit = next((hit for hit in hits if any(_rests_on(r, hit) for r in group)), hits[0])
        yield f"{hit.limit}: {hit.clause}{more}; {_cost(group)}"


def _cost(lost: Sequence[CheckResult]) -> str:
    if not lost:
        return "it cost no points"
    points = sum((r.max_score - r.score for r in lost), Fraction(0))
    return f"it cost {float(points):g} points: {', '.join(r.id for r in lost)}"


def _rests_on(result: CheckResult, hit: LimitHit) -> bool:
    """Whether a verdict rests on the exchange that was cut short, or on anything of the start that was."""
    evidence = result.outcome.evidence
    return hit.exchange in evidence if hit.exchange else hit.start in {id.partition(".")[0] for id in evidence}
