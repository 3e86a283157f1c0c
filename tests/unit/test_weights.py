"""What checks count for: bonuses, penalties, flags; rounding and late work; and what is proved by other checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from grader.checks import CHECKS
from grader.frozen import dataclass
from grader.model import (
    CheckStatus,
    Evidence,
    FlagKind,
    Late,
    LatePolicy,
    Location,
    Outcome,
    Rounding,
    RoundingWay,
    Rubric,
    RubricCheck,
    Visibility,
    passed,
)
from grader.model.report import Weight
from grader.pipeline import judge
from grader.render.audience import for_audience
from grader.render.numbers import late_words
from grader.score import late, rounded, score
from tests.unit.report_samples import graded
from tests.unit.test_render_text import at_width

CLAIM = CHECKS["starts"]()
FAILED = Outcome(CheckStatus.FAILED, "So it is not.")
HALF = Outcome(CheckStatus.PARTIAL, "Half of it.", Fraction(1, 2))
DAY = 24 * 60 * 60


def check(id: str, points: float = 10, **more: object) -> RubricCheck:
    return RubricCheck(id, f"{id}: title", Fraction(points), CLAIM, **more)  # type: ignore[arg-type]


def rubric(*checks: RubricCheck, **more: object) -> Rubric:
    return Rubric("r", "R", "1", "0" * 64, checks, **more)  # type: ignore[arg-type]


def total(made: Rubric, outcomes: Mapping[str, Outcome]) -> Fraction:
    return score(made, outcomes)[1]


LAB = rubric(
    check("home"), check("more", 5, weight=Weight.BONUS), check("bad", 3, weight=Weight.PENALTY),
    check("odd", 0, weight=Weight.FLAG),
)  # fmt: skip
RIGHT = {c.id: passed("So it is.") for c in LAB.checks}


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({}, 15),
        ({"more": FAILED}, 10),
        ({"more": HALF}, 12.5),
        ({"bad": FAILED}, 12),
        ({"bad": HALF}, 13.5),
        ({"odd": FAILED}, 15),
        ({"home": FAILED, "more": FAILED, "bad": FAILED}, 0),
        ({"home": HALF, "more": FAILED, "bad": FAILED}, 2),
    ],
)
def test_a_bonus_is_beside_the_most_a_penalty_takes_away_a_flag_costs_nothing(
    changed: dict[str, Outcome], points: float
) -> None:
    assert LAB.max_score == 10
    results, sum_of_all = score(LAB, {**RIGHT, **changed})
    assert sum_of_all == points
    assert [r.max_score for r in results] == [10, 5, 0, 0]


@pytest.mark.parametrize(
    ("to", "way", "points", "wanted"),
    [
        ("1/2", RoundingWay.NEAREST, "7.3", "7.5"), ("1/2", RoundingWay.NEAREST, "7.25", "7.5"),
        ("1/2", RoundingWay.NEAREST, "7.24", "7"), ("1", RoundingWay.UP, "7.01", "8"), ("1", RoundingWay.UP, "7", "7"),
        ("1", RoundingWay.DOWN, "7.99", "7"), ("5", RoundingWay.NEAREST, "62.5", "65"),
    ],
)  # fmt: skip
def test_a_total_is_rounded_as_the_rubric_says(to: str, way: RoundingWay, points: str, wanted: str) -> None:
    assert rounded(Fraction(points), Rounding(Fraction(to), way)) == Fraction(wanted)
    assert rounded(Fraction(points), None) == Fraction(points)


@pytest.mark.parametrize(
    ("seconds", "percent"),
    [
        (0, None),
        (-5, None),
        (899, None),
        (900, None),
        (901, 10),
        (DAY, 10),
        (DAY + 1, 20),
        (3 * DAY, 30),
        (99 * DAY, 50),
    ],
)
def test_each_day_begun_after_the_deadline_costs_its_part_up_to_the_most(seconds: float, percent: int | None) -> None:
    policy = LatePolicy(Fraction(10), Fraction(50), grace_minutes=15)
    lost = late(Fraction(80), policy, seconds)
    assert (lost and lost.percent) == percent
    if lost:
        assert lost.points == Fraction(80) * lost.percent / 100
        assert lost.seconds == seconds


@pytest.mark.parametrize(
    ("seconds", "when"), [(60, "1 minute"), (7199, "119 minutes"), (7200, "2.0 hours"), (172_800, "2.0 days")]
)
def test_lateness_is_told_in_words(seconds: int, when: str) -> None:
    words = late_words(Late(seconds, Fraction(10), Fraction(15, 2)))
    assert words == f"7.5 points taken off: it came {when} late, which costs 10 percent."


@dataclass(frozen=True)
class Said:
    """A check whose outcome is known."""

    outcome: Outcome

    def plan(self, evidence: Evidence) -> tuple[()]:
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        return self.outcome

    @property
    def asked(self) -> tuple[str, ...]:
        return ()


def said(id: str, outcome: Outcome, **more: object) -> RubricCheck:
    return replace(check(id, **more), check=Said(outcome))


def test_what_other_checks_prove_is_passed_and_names_their_evidence() -> None:
    one, two = passed("So it is.", ["s1"]), passed("So it is.", ["s2"])
    outcomes = judge(rubric(said("a", one), said("b", two), said("c", FAILED, proved_by=("a", "b"))), Evidence("n"))
    assert outcomes["c"].status is CheckStatus.PASSED
    assert outcomes["c"].message == "Proved by a, b."
    assert outcomes["c"].evidence == ("s1", "s2")


def test_what_only_some_of_them_prove_is_not_passed() -> None:
    made = rubric(
        said("a", passed("So.")), said("b", FAILED), said("c", FAILED, proved_by=("a", "b")), said("d", HALF),
        said("e", FAILED, proved_by=("d",)),
    )  # fmt: skip
    outcomes = judge(made, Evidence("n"))
    assert {id for id, outcome in outcomes.items() if outcome.status is CheckStatus.PASSED} == {"a"}


def test_what_was_proved_proves_in_its_turn_in_any_order() -> None:
    made = rubric(
        said("d", FAILED, needs=("c",)), said("c", FAILED, proved_by=("b",)), said("b", FAILED, proved_by=("a",)),
        said("a", passed("So.", ["s1"])),
    )  # fmt: skip
    outcomes = judge(made, Evidence("n"))
    assert (outcomes["c"].message, outcomes["c"].evidence) == ("Proved by b.", ("s1",))
    assert outcomes["d"].status is CheckStatus.FAILED  # what it needs has passed


def test_a_failure_beside_a_failed_need_waits_and_a_partial_one_keeps_its_points() -> None:
    made = rubric(said("a", FAILED), said("b", FAILED, needs=("a",), hint="Look."), said("c", HALF, needs=("a",)))
    outcomes = judge(made, Evidence("n"))
    assert (outcomes["b"].status, outcomes["b"].blocked_by, outcomes["b"].hint) == (
        CheckStatus.BLOCKED,
        ("a",),
        "Look.",
    )
    assert outcomes["c"].earned == Fraction(1, 2)


def test_a_flag_that_fails_is_noted_with_its_place() -> None:
    failed = replace(FAILED, location=Location("main.py", 3, "eval(x)"))
    outcomes = judge(rubric(said("a", failed, weight=Weight.FLAG)), Evidence("n"))
    (flag,) = outcomes["a"].flags
    assert (flag.kind, flag.message, flag.where) == (FlagKind.NOTE, "a: title: So it is not.", "main.py:3")


def test_a_report_shows_what_stands_beside_the_points_and_what_being_late_cost() -> None:
    results, points = score(LAB, {**RIGHT, "more": HALF, "bad": FAILED, "odd": FAILED})
    lost = Late(3 * 3600, Fraction(10), Fraction(1))
    report = graded(results, max_score=Fraction(10), score=points - 1, late=lost)
    lines = at_width(report, 80)
    assert "8.5 of 10 points  passed: 85 %, the pass mark is 60 %" in lines
    assert "1 point taken off: it came 3.0 hours late, which costs 10 percent." in lines
    assert " ✗   -3 bad: title  bad" in lines
    assert " · +2.5 more: title  more, a bonus of 5" in lines
    assert " ·      odd: title  odd" in lines


def test_a_student_is_not_told_which_hidden_check_has_proved_something() -> None:
    one, secret = passed("So it is.", ["s1"]), passed("So it is.", ["s2"])
    made = rubric(said("a", one), said("hush", secret, visibility=Visibility.HIDDEN),
                  said("c", FAILED, proved_by=("a", "hush")))  # fmt: skip
    results, points = score(made, judge(made, Evidence("n")))
    report = for_audience(graded(results, score=points), "student")
    assert all("hush" not in f"{r.outcome.message} {r.outcome.evidence}" for r in report.checks)
    assert [r.score for r in report.checks] == [10, 10]
