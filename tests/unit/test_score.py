"""Scores are exact: no float, no rounding, whatever the order."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from grader.checks.starting import Starts
from grader.model import CheckStatus, Outcome, Rubric, RubricCheck
from grader.score import score

POINTS = st.fractions(min_value=0, max_value=1000, max_denominator=97)
EARNED = st.fractions(min_value=-2, max_value=2, max_denominator=97)


def rubric(points: list[Fraction]) -> Rubric:
    checks = tuple(RubricCheck(f"c{i}", f"Check {i}", p, Starts()) for i, p in enumerate(points))
    return Rubric("r", "R", "1", "0" * 64, checks)


def outcome(earned: Fraction) -> Outcome:
    return Outcome(CheckStatus.PARTIAL, "so", earned)


@given(st.lists(st.tuples(POINTS, EARNED), min_size=1, max_size=12))
def test_the_total_is_the_exact_sum_and_stays_within_what_can_be_earned(pairs: list[tuple[Fraction, Fraction]]) -> None:
    asked = rubric([points for points, _ in pairs])
    results, total = score(asked, {f"c{i}": outcome(earned) for i, (_, earned) in enumerate(pairs)})
    assert total == sum(r.score for r in results)
    assert 0 <= total <= asked.max_score
    assert all(0 <= r.score <= r.max_score for r in results)
    assert [r.id for r in results] == [c.id for c in asked.checks]


@given(st.lists(st.tuples(POINTS, EARNED), min_size=1, max_size=12), st.randoms())
def test_the_total_does_not_depend_on_the_order(pairs: list[tuple[Fraction, Fraction]], random: object) -> None:
    outcomes = {f"c{i}": outcome(earned) for i, (_, earned) in enumerate(pairs)}
    asked = rubric([points for points, _ in pairs])
    shuffled = list(asked.checks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Rubric("r", "R", "1", "0" * 64, tuple(shuffled))
    assert score(asked, outcomes)[1] == score(other, outcomes)[1]


def test_thirds_add_up_to_the_whole() -> None:
    asked = rubric([Fraction(10)] * 3)
    third = outcome(Fraction(1, 3))
    assert score(asked, {"c0": third, "c1": third, "c2": third})[1] == 10


def test_a_check_without_outcome_is_an_error_that_earns_nothing() -> None:
    (result,), total = score(rubric([Fraction(5)]), {})
    assert result.outcome.status is CheckStatus.ERROR
    assert total == 0
