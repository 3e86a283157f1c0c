"""Arithmetic of scores: exact, within bounds, and the same in whatever order outcomes come."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checks import CHECKS
from grader.model import Check, CheckStatus, Outcome, Rubric, RubricCheck, Visibility
from grader.score import score

CLAIM: Check = CHECKS["starts"]()

points = st.decimals(0, 1000, places=2).map(Fraction)
shares = st.fractions(0, 1, max_denominator=97)
outcomes = st.builds(Outcome, st.sampled_from(CheckStatus), st.just("So it is."), shares)


def few(holds: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> Callable[..., None]:
    """A property as a test of the day."""
    return settings(deadline=None, max_examples=20)(given(*strategies)(holds))


def many(holds: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> Callable[..., None]:
    """The same, slowly and surely."""
    return pytest.mark.slow(settings(deadline=None, max_examples=300)(given(*strategies)(holds)))


def rubric_of(worth: list[Fraction]) -> Rubric:
    checks = tuple(RubricCheck(f"c{n}", f"Check {n}", value, CLAIM) for n, value in enumerate(worth))
    return Rubric("lab", "A lab", "1", "0" * 64, checks)


graded = st.lists(st.tuples(points, outcomes), min_size=1, max_size=12)


def the_total_is_the_exact_sum_of_points_times_shares(pairs: list[tuple[Fraction, Outcome]]) -> None:
    rubric = rubric_of([worth for worth, _ in pairs])
    results, total = score(rubric, {f"c{n}": outcome for n, (_, outcome) in enumerate(pairs)})
    assert total == sum(worth * outcome.earned for worth, outcome in pairs)
    assert [result.score for result in results] == [worth * outcome.earned for worth, outcome in pairs]
    assert all(type(number) is Fraction for number in (total, *(result.score for result in results)))


test_the_total_is_the_exact_sum_of_points_times_shares = few(the_total_is_the_exact_sum_of_points_times_shares, graded)
test_the_total_is_the_exact_sum_of_points_times_shares_surely = many(
    the_total_is_the_exact_sum_of_points_times_shares, graded
)


def no_score_leaves_its_bounds(pairs: list[tuple[Fraction, Outcome]]) -> None:
    rubric = rubric_of([worth for worth, _ in pairs])
    results, total = score(rubric, {f"c{n}": outcome for n, (_, outcome) in enumerate(pairs)})
    assert all(0 <= result.score <= result.max_score for result in results)
    assert 0 <= total <= rubric.max_score


test_no_score_leaves_its_bounds = few(no_score_leaves_its_bounds, graded)
test_no_score_leaves_its_bounds_surely = many(no_score_leaves_its_bounds, graded)


def the_order_of_outcomes_does_not_matter(pairs: list[tuple[Fraction, Outcome]], shuffler: random.Random) -> None:
    rubric = rubric_of([worth for worth, _ in pairs])
    named = [(f"c{n}", outcome) for n, (_, outcome) in enumerate(pairs)]
    shuffled = shuffler.sample(named, len(named))
    assert score(rubric, dict(named)) == score(rubric, dict(shuffled))


test_the_order_of_outcomes_does_not_matter = few(
    the_order_of_outcomes_does_not_matter, graded, st.randoms(use_true_random=False)
)
test_the_order_of_outcomes_does_not_matter_surely = many(
    the_order_of_outcomes_does_not_matter, graded, st.randoms(use_true_random=False)
)


def earning_more_never_scores_less(pairs: list[tuple[Fraction, Outcome]], more: Fraction) -> None:
    rubric = rubric_of([worth for worth, _ in pairs])
    before = {f"c{n}": outcome for n, (_, outcome) in enumerate(pairs)}
    better = before | {"c0": replace(pairs[0][1], earned=max(more, pairs[0][1].earned))}
    assert score(rubric, better)[1] >= score(rubric, before)[1]


test_earning_more_never_scores_less = few(earning_more_never_scores_less, graded, shares)
test_earning_more_never_scores_less_surely = many(earning_more_never_scores_less, graded, shares)


def test_thirds_add_up_to_a_whole() -> None:
    third = Outcome(CheckStatus.PARTIAL, "A third.", Fraction(1, 3))
    assert score(rubric_of([Fraction(10)] * 3), {f"c{n}": third for n in range(3)})[1] == 10


def test_results_stand_in_the_order_of_the_rubric_and_carry_what_it_says() -> None:
    first = RubricCheck("b", "The first", Fraction(2), CLAIM, section="Server", visibility=Visibility.HIDDEN)
    second = RubricCheck("a", "The second", Fraction(3), CLAIM)
    rubric = Rubric("lab", "A lab", "1", "0" * 64, (first, second))
    passed = Outcome(CheckStatus.PASSED, "Yes.", Fraction(1))
    failed = Outcome(CheckStatus.FAILED, "No.")
    (one, two), total = score(rubric, {"a": failed, "b": passed})
    assert (one.id, one.title, one.section, one.visibility, one.max_score) == (
        "b",
        "The first",
        "Server",
        Visibility.HIDDEN,
        2,
    )
    assert (one.score, one.outcome) == (2, passed)
    assert (two.id, two.score, two.max_score, two.outcome) == ("a", 0, 3, failed)
    assert total == 2


def test_a_check_that_was_not_judged_is_the_graders_own_error() -> None:
    (result,), total = score(rubric_of([Fraction(5)]), {})
    assert result.outcome.status is CheckStatus.ERROR
    assert "not judged" in result.outcome.message
    assert total == 0


def test_an_outcome_of_a_check_that_the_rubric_lacks_counts_nothing() -> None:
    passed = Outcome(CheckStatus.PASSED, "Yes.", Fraction(1))
    results, total = score(rubric_of([Fraction(5)]), {"c0": passed, "other": passed})
    assert [result.id for result in results] == ["c0"]
    assert total == 5


@pytest.mark.parametrize(("share", "kept"), [(Fraction(3, 2), 10), (Fraction(-1), 0)])
def test_a_share_outside_its_bounds_is_cut(share: Fraction, kept: int) -> None:
    outcome = Outcome(CheckStatus.PARTIAL, "Odd.", share)
    assert score(rubric_of([Fraction(10)]), {"c0": outcome})[1] == kept
