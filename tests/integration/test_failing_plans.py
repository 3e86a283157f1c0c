"""What a check's own plan or script fails over leaves one submission ungraded, and ends nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import UngradedError
from grader.frozen import dataclass
from grader.launch.launcher import Launcher
from grader.model import (
    Condition,
    Evidence,
    Exchange,
    Observation,
    Outcome,
    ReportStatus,
    Request,
    Rubric,
    Step,
    passed,
)
from grader.pipeline import How, grade_path


@dataclass(frozen=True)
class BadScript:
    def next(self, exchanges: tuple[Exchange, ...]) -> Request | None:
        if exchanges:
            raise KeyError("the second step")
        return Request("/")


@dataclass(frozen=True)
class BadUntil:
    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        raise ZeroDivisionError("no answers")


WISHES = {
    "script": Observation(Condition(), script=BadScript()),
    "until": Observation(Condition(), 0, (Step(Request("/"), 1, 3, BadUntil()),)),
}


@dataclass(frozen=True)
class Planned:
    """A check whose plan fails once something was seen, or which asks in a way that does."""

    name: str

    def plan(self, evidence: Evidence) -> tuple[Observation, ...]:
        if self.name == "plan" and evidence.seen:
            raise TypeError("unhashable type: 'dict'")
        return (WISHES[self.name],) if self.name in WISHES else ()

    def judge(self, evidence: Evidence) -> Outcome:
        return passed("So it is.")

    @property
    def asked(self) -> tuple[str, ...]:
        return ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "error"), [("plan", "TypeError"), ("script", "KeyError"), ("until", "ZeroDivisionError")]
)
def test_the_report_says_ungraded_with_the_name_of_the_check_and_where_it_failed(
    launcher: Launcher, lab: Rubric, reference: Path, name: str, error: str
) -> None:
    bad = replace(lab.checks[0], id="bad", check=Planned(name))
    report = grade_path(reference, replace(lab, checks=(*lab.checks, bad)), launcher, How())
    assert report.status is ReportStatus.UNGRADED
    assert report.score is None
    assert "bad" in report.problem
    assert error in report.problem
    assert "report it" in report.advice
    assert error in report.trace
    assert grade_path(reference, lab, launcher, How()).score == 100


def test_what_the_grader_raises_on_purpose_is_told_in_its_own_words() -> None:
    from grader.observe.failing import told_of

    with pytest.raises(UngradedError, match="No disk"), told_of(["a"]):
        raise UngradedError("No disk.")
