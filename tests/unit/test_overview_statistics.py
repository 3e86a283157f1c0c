"""The statistics of an overview: figures worked out by hand, and by the textbook's formulas over all rows at once."""

from __future__ import annotations

import math
import random
import statistics as textbook
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model import CheckStatus
from grader.overview import Row, RowStatus, Statistics, statistics
from grader.overview.items import CheckStatistics, Difficulty, Mark
from grader.overview.scores import ABOVE, BELOW, Scores
from grader.overview.twins import Group, groups
from tests.unit.overview_samples import cell, course, graded, without_score


def scored(*scores: Fraction | int, most: int = 100) -> list[Row]:
    return [graded(str(i), score=Fraction(s), max_score=Fraction(most)) for i, s in enumerate(scores)]


def scores(*points: Fraction | int, most: int = 100) -> Scores:
    found = statistics(scored(*points, most=most), Fraction(60)).scores
    assert found
    return found


def checks(*columns: list[int], most: int = 1) -> dict[str, CheckStatistics]:
    """Of checks a, b, …, each with its points in one submission after the other."""
    rows = [graded(str(i), [cell(id, p, most) for id, p in zip("abc", points, strict=False)])
            for i, points in enumerate(zip(*columns, strict=True))]  # fmt: skip
    return {check.id: check for check in statistics(rows).checks}


def test_four_scores_worked_out_by_hand() -> None:
    found = scores(0, 50, 75, 100)
    assert (found.n, found.mean, found.median) == (4, 56.25, 62.5)
    assert found.deviation == pytest.approx(math.sqrt(5468.75 / 4))
    assert (found.minimum, found.maximum, found.zero, found.full, found.passed) == (0, 100, 1, 1, 2)
    assert dict(found.bins) == {0: 1, 5: 1, 7: 1, 9: 1, **dict.fromkeys((1, 2, 3, 4, 6, 8), 0)}


def test_scores_are_shares_of_what_could_be_earned() -> None:
    found = scores(7, most=14)
    assert (found.mean, found.deviation, found.median) == (50, 0, 50)


@pytest.mark.parametrize(
    ("score", "bin"), [(-1, BELOW), (0, 0), (10, 1), (Fraction("9.99"), 0), (100, 9), (101, ABOVE)]
)
def test_the_ends_of_a_bin(score: Fraction | int, bin: int) -> None:
    assert [at for at, count in scores(score).bins if count] == [bin]


def test_nearly_full_is_not_full_and_more_than_full_is() -> None:
    assert scores(Fraction(9999, 100), 110).full == 1
    assert scores(Fraction(1, 100), -5).zero == 1


def test_without_a_score_there_are_no_scores_and_every_status_is_counted() -> None:
    found = statistics([without_score(s.value, s) for s in RowStatus if s is not RowStatus.GRADED])
    assert found.scores is None
    assert dict(found.counts) == {s: int(s is not RowStatus.GRADED) for s in RowStatus}
    assert statistics([]) == Statistics(tuple((s, 0) for s in RowStatus), None, (), (), 0, (), ())


def test_an_ungraded_submission_is_no_zero() -> None:
    rows = [*scored(80), without_score("x", RowStatus.UNGRADED, checks=(cell("a", 0),))]
    found = statistics(rows)
    assert found.scores
    assert (found.scores.n, found.scores.minimum, found.checks) == (1, 80, ())


# ------------------------------------------------------------------------------------------------------------- checks


def test_a_discrimination_worked_out_by_hand() -> None:
    found = checks([1] * 5 + [0] * 5, [1, 1, 1, 1, 0, 1, 0, 0, 0, 0])
    assert found["a"].discrimination == pytest.approx(0.6)  # (0.4 - 0.5²) / 0.25
    assert found["a"].mark is None


def test_a_check_is_no_part_of_what_it_is_compared_with() -> None:
    found = checks([1, 0] * 10, [1, 1, 0, 0] * 5)
    assert found["a"].discrimination == 0  # with itself in the total, 0.71


def test_below_ten_submissions_nothing_is_said_of_a_check_but_its_share() -> None:
    found = checks([1] * 5 + [0] * 4, [0] * 5 + [1] * 4, [0] * 9)
    assert {(c.discrimination, c.mark) for c in found.values()} == {(None, None)}
    assert found["a"].share == pytest.approx(5 / 9)


def test_what_everybody_or_nobody_earned_has_no_discrimination_and_is_said() -> None:
    found = checks([1] * 10, [0] * 10, [1, 0] * 5)
    assert [(c.discrimination, c.mark, c.suspicious) for c in found.values()] == [
        (None, Mark.EVERYBODY, False), (None, Mark.NOBODY, True), (None, None, False)]  # fmt: skip


def test_a_check_that_the_good_ones_lose_is_marked_but_not_for_what_chance_makes() -> None:
    reversed_ = checks([0, 1] * 10, [1, 0] * 10)["a"]
    assert (reversed_.discrimination, reversed_.mark) == (pytest.approx(-1), Mark.REVERSED)
    slightly = checks([1] * 10 + [0] * 10, [1] * 4 + [0] * 6 + [1] * 5 + [0] * 5)["a"]
    assert slightly.discrimination
    assert -1 / math.sqrt(20) < slightly.discrimination < 0
    assert slightly.mark is None


@pytest.mark.parametrize(("won", "words"), [(85, "easy"), (84, "medium"), (50, "medium"), (49, "hard"), (0, "hard")])
def test_difficulty(won: int, words: str) -> None:
    assert checks([1] * won + [0] * (100 - won))["a"].difficulty is Difficulty(words)


def test_what_the_grader_could_not_judge_is_left_out_and_what_gives_no_points_has_no_share() -> None:
    rows = [graded(str(i), [cell("a", int(i > 3), 1, CheckStatus.ERROR if i < 2 else None), cell("flag", 0, 0)])
            for i in range(12)]  # fmt: skip
    a, flag = statistics(rows).checks
    assert (a.n, a.share, a.count(CheckStatus.ERROR), a.count(CheckStatus.FAILED)) == (10, 0.8, 2, 2)
    assert (flag.share, flag.difficulty, flag.mark) == (None, None, None)


def test_checks_stand_in_the_rubric_s_order() -> None:
    rows = [graded("1", [cell("z", 1), cell("b", 1)]), graded("2", [cell("z", 1), cell("a", 1), cell("b", 1)])]
    assert [c.id for c in statistics(rows).checks] == ["z", "a", "b"]


# --------------------------------------------------------------------------------------------------- slow and identical


def test_the_slowest_come_first_and_no_more_than_ten() -> None:
    rows = [graded(f"{i:02}", seconds=float(i % 15)) for i in range(30)] + [graded("untimed")]
    found = statistics(rows).slowest
    assert [seconds for seconds, _ in found] == [14, 14, 13, 13, 12, 12, 11, 11, 10, 10]
    assert [person.key for _, person in found[:2]] == ["14", "29"]


def identical(*rows: Row) -> tuple[Group, ...]:
    return groups(rows, statistics(rows).repeated)


def test_identical_work_is_grouped_the_largest_group_first() -> None:
    rows = [graded(key, sha256=sha) for key, sha in zip("abcdef", ["x", "y", "x", "z", "y", "y"], strict=True)]
    assert [(g.sha256, g.count, [p.key for p in g.people]) for g in identical(*rows, graded("g"), graded("h"))] == [
        ("y", 3, ["b", "e", "f"]), ("x", 2, ["a", "c"])]  # fmt: skip


def test_another_attempt_of_the_same_person_is_no_copy() -> None:
    one = [graded("a", sha256="x", attempt=n) for n in (1, 2)]
    assert identical(*one) == ()
    assert [g.count for g in identical(*one, graded("b", sha256="x"))] == [3]


def test_of_a_large_group_a_few_are_named_and_all_counted() -> None:
    (group,) = identical(*(graded(f"{i:03}", sha256="x") for i in range(100)))
    assert (group.count, [p.key for p in group.people]) == (100, [f"{i:03}" for i in range(12)])


# ---------------------------------------------------------------------------------------------------------- properties

MOST = (1, 5, 10)
POINTS = st.builds(Fraction, st.integers(-20, 100), st.sampled_from((1, 2, 3, 4, 7, 10, 16)))
GRADED = st.lists(st.tuples(POINTS, st.lists(st.sampled_from(("0", "1/3", "1/2", "1")), min_size=3, max_size=3)),
                  min_size=1, max_size=40)  # fmt: skip


def made(found: list[tuple[Fraction, list[str]]]) -> list[Row]:
    return [
        graded(
            str(i),
            [cell(id, Fraction(share) * most, most, message=f"lost {share}")
             for id, share, most in zip("abc", shares, MOST, strict=True)],
            score=score, max_score=Fraction(10), seconds=float(score), sha256=str(score),
        )
        for i, (score, shares) in enumerate(found)
    ]  # fmt: skip


@pytest.mark.slow
@given(GRADED, st.randoms())
def test_the_order_of_rows_does_not_matter(found: list[tuple[Fraction, list[str]]], chance: random.Random) -> None:
    rows = made(found)
    mixed = chance.sample(rows, len(rows))
    assert statistics(mixed, Fraction(60)) == statistics(rows, Fraction(60))
    assert identical(*mixed) == identical(*rows)


def test_the_order_of_a_whole_course_does_not_matter() -> None:
    rows = list(course(300))
    assert statistics(reversed(rows)) == statistics(rows)


@pytest.mark.slow
@given(GRADED)
def test_scores_are_those_of_the_textbook(found: list[tuple[Fraction, list[str]]]) -> None:
    percents = [score * 10 for score, _ in found]
    computed = statistics(made(found)).scores
    assert computed
    assert computed.mean == pytest.approx(float(textbook.mean(percents)), abs=1e-9)
    assert computed.deviation == pytest.approx(float(textbook.pstdev(map(float, percents))), abs=1e-6)
    assert computed.median == pytest.approx(float(textbook.median(percents)), abs=0.0051)
    assert sum(count for _, count in computed.bins) == len(found)


@pytest.mark.slow
@given(GRADED)
def test_discrimination_is_that_of_the_textbook(found: list[tuple[Fraction, list[str]]]) -> None:
    rows = made(found)
    for at, check in enumerate(statistics(rows).checks):
        own = [row.checks[at].points for row in rows]
        rest = [
            sum((c.points for c in row.checks), Fraction(0)) - points for row, points in zip(rows, own, strict=True)
        ]
        varies = len(set(own)) > 1 and len(set(rest)) > 1
        if len(rows) < 10 or not varies:
            assert check.discrimination is None
        else:
            expected = textbook.correlation(list(map(float, own)), list(map(float, rest)))
            assert check.discrimination == pytest.approx(expected, abs=1e-9)
        assert check.share == pytest.approx(float(sum(own) / (MOST[at] * len(rows))))
