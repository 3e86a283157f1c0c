"""Judging check by check: what a check rests on, what becomes of one that the grader fails over, and its hint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.checks.verdict import used_up
from grader.errors import UngradedError
from grader.frozen import dataclass
from grader.model import (
    CheckStatus,
    Condition,
    Evidence,
    LimitHit,
    Observation,
    Outcome,
    Overlay,
    RubricCheck,
    Seen,
    Start,
    StartState,
    Visibility,
    passed,
)
from grader.pipeline import judge
from grader.score import costs, score
from tests.unit.test_weights import FAILED, check, rubric, said

HIDDEN = Visibility.HIDDEN


@dataclass(frozen=True)
class Failing:
    """A check that the grader itself fails over."""

    error: Exception

    def plan(self, evidence: Evidence) -> tuple[()]:
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        raise type(self.error)(*self.error.args)

    @property
    def asked(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class Counting:
    """A check whose outcome names the starts that it was shown."""

    def plan(self, evidence: Evidence) -> tuple[()]:
        return ()

    def judge(self, evidence: Evidence) -> Outcome:
        return passed("So it is.", [start.id for start in evidence.starts()])

    @property
    def asked(self) -> tuple[str, ...]:
        return ()


def seen(id: str, *, hidden: bool = False, swapped: bool = False) -> Seen:
    overlays = (Overlay("templates/base.html", b"x", replaces=swapped),)
    observation = Observation(Condition(overlays=overlays))
    return Seen(observation, Start(id, observation.condition, 0, StartState.LISTENING, hidden=hidden))


def failing(id: str, error: Exception, **more: object) -> RubricCheck:
    return replace(check(id, **more), check=Failing(error))  # type: ignore[arg-type]


def test_a_check_that_the_grader_fails_over_is_an_error_of_its_own_and_says_which() -> None:
    made = rubric(said("a", passed("So.")), failing("b", TypeError("unhashable type")), said("c", FAILED))
    outcomes = judge(made, Evidence("n"))
    assert [outcomes[id].status for id in "abc"] == [CheckStatus.PASSED, CheckStatus.ERROR, CheckStatus.FAILED]
    assert outcomes["b"].actual == "TypeError: unhashable type"
    assert "in judge" in outcomes["b"].trace
    assert outcomes == judge(made, Evidence("n"))
    assert score(made, outcomes)[0][1].score == 0


def test_no_proof_passes_over_a_failure_of_the_grader() -> None:
    made = rubric(said("a", passed("So.")), failing("b", KeyError("x"), proved_by=("a",)))
    assert judge(made, Evidence("n"))["b"].status is CheckStatus.ERROR


def test_what_the_grader_raises_on_purpose_passes_through() -> None:
    with pytest.raises(UngradedError):
        judge(rubric(failing("a", UngradedError("No disk."))), Evidence("n"))


def test_visible_checks_rest_on_no_start_for_hidden_ones_but_on_swapped_templates() -> None:
    evidence = Evidence("n", seen=(seen("s1"), seen("s2", hidden=True), seen("s3", hidden=True, swapped=True)))
    made = rubric(*(replace(check(v.value, visibility=v), check=Counting()) for v in Visibility))
    outcomes = judge(made, evidence)
    assert outcomes["visible"].evidence == ("s1", "s3")
    assert outcomes["hidden"].evidence == ("s1", "s2", "s3")


def test_the_hint_of_a_check_holds_made_up_values_and_what_else_is_written_so() -> None:
    made = rubric(said("a", FAILED, hint="Ask for ${unique_name} with fetch(`/item/${id}`)."))
    hint = judge(made, Evidence("n", seed="x"))["a"].hint
    assert hint.startswith("Ask for ")
    assert "${unique_name}" not in hint
    assert hint.endswith(" with fetch(`/item/${id}`).")


def test_what_a_limit_cost_is_told_for_hidden_checks_apart() -> None:
    lost = Outcome(CheckStatus.FAILED, "So it is not.", evidence=("s1.1",))
    made = rubric(said("a", lost), said("hush", lost, visibility=HIDDEN))
    results, _ = score(made, judge(made, Evidence("n")))
    texts = costs([LimitHit("body_bytes", "s1", "the body of request s1.1 was cut")], results)
    assert [text.partition("; ")[2] for text in texts] == ["it cost 10 points: a", "it cost 10 points: hush"]
    assert costs([LimitHit("log_bytes", "s9", "x")], results) == ("log_bytes: x; it cost no points",)


def test_what_the_end_of_the_time_cost_is_told_once_with_every_check_that_lost_by_it() -> None:
    """A line for students names no start that was made for a hidden check, and counts none."""
    a, b, hush = (used_up("it listens", "too late", [id]) for id in ("s1", "s2.1", "s3"))
    made = rubric(said("a", a), said("b", b), said("c", FAILED), said("hush", hush, visibility=HIDDEN))
    results, _ = score(made, judge(made, Evidence("n")))
    total = [LimitHit("total_seconds", "s3", "start s3 was cut"), LimitHit("total_seconds", "s1", "start s1 was cut"),
             LimitHit("total_seconds", "s2", "request s2.1 was cut", "s2.1")]  # fmt: skip
    other = LimitHit("log_bytes", "s1", "the output was cut")
    one, *together = costs([total[0], other, *total[1:]], results, {"s3"})
    assert one == "log_bytes: the output was cut; it cost 10 points: a"
    assert together == [
        "total_seconds: start s1 was cut, and 1 more; it cost 20 points: a, b",
        "total_seconds: start s3 was cut; it cost 10 points: hush",
    ]
