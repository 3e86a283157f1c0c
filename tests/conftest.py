"""What the tests share: one warm interpreter for each worker, and grading through the real pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.launch import warm
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Report, Rubric
from grader.pipeline import How, grade_path
from grader.rubric import load_rubric
from tests import coverage_in_children
from tests.unprivileged import ordinary

__all__ = ["ordinary"]

ROOT = Path(__file__).resolve().parent.parent
Grade = Callable[..., Report]


@pytest.fixture(scope="session", autouse=True)
def _coverage_of_children(request: pytest.FixtureRequest) -> None:
    """Where coverage is measured, measure the processes that the grader forks, too."""
    if request.config.pluginmanager.hasplugin("_cov"):
        warm._BOOT = coverage_in_children.boot(warm._BOOT, str(ROOT))


@pytest.fixture(scope="session")
def reference() -> Path:
    """The finished lab."""
    return ROOT / "student_app"


@pytest.fixture(scope="session")
def lab() -> Rubric:
    """The lab's rubric."""
    return load_rubric("flask-lab")


@pytest.fixture(scope="session")
def launcher(lab: Rubric) -> Iterator[Launcher]:
    """One for all the tests of a worker."""
    interpreter = WarmInterpreter()
    interpreter.load(lab.packages)
    with Launcher(interpreter) as launcher:
        yield launcher


@pytest.fixture(scope="session")
def grade(lab: Rubric, launcher: Launcher) -> Grade:
    """grade(path, fresh=False, entry=None, rubric=None) -> Report"""

    def grade(path: Path, *, fresh: bool = False, entry: str | None = None, rubric: Rubric | None = None) -> Report:
        return grade_path(path, rubric or lab, launcher, How(fresh=fresh), entry)

    return grade


def lost(report: Report) -> list[str]:
    """The ids that lost points."""
    return sorted(r.id for r in report.checks if r.score < r.max_score)


def verdicts(report: Report) -> list[tuple[object, ...]]:
    """What has to be the same at every grading of the same work."""
    return [(r.id, r.outcome.status, r.score, r.outcome.message, r.outcome.hint) for r in report.checks]
