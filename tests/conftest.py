"""What the tests share: one warm interpreter for each worker, and grading through the real pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from grader.cli import grading, rubrics
from grader.launch import warm
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Report, Rubric
from grader.pipeline import How, grade_path
from grader.rubric import load_rubric
from tests import coverage_in_children
from tests.postgresql import postgresql
from tests.unprivileged import ordinary

__all__ = ["ordinary", "postgresql"]

ROOT = Path(__file__).resolve().parent.parent
Grade = Callable[..., Report]


@pytest.fixture(scope="session", autouse=True)
def _coverage_of_children(request: pytest.FixtureRequest) -> None:
    """Where coverage is measured, measure the processes that the grader forks, too."""
    if request.config.pluginmanager.hasplugin("_cov"):
        warm._BOOT = coverage_in_children.boot(warm._BOOT, str(ROOT))


class Lent:
    """An interpreter that many launchers use, one after the other; it is ended with the tests, not with a launcher.

    For tests to which it does not matter that theirs is new. Students' programs meet a fork of it in either case.
    """

    _ready: ClassVar[dict[tuple[str, tuple[str, ...]], WarmInterpreter]] = {}  # of this worker

    def __init__(self, python: str = sys.executable, packages: Sequence[str] | None = None) -> None:
        self._python, self._real = python, None
        if packages is not None:
            self.load(packages)

    def load(self, packages: Sequence[str]) -> None:
        key = self._python, tuple(packages)
        real = self._ready.get(key)
        if real is None or not real.alive:
            real = self._ready[key] = WarmInterpreter(self._python)
            real.load(packages)
        self._real = real

    def close(self) -> None:
        """Whoever borrowed it has no say in its end."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @classmethod
    def end(cls) -> None:
        while cls._ready:
            cls._ready.popitem()[1].close()


@pytest.fixture(scope="session", autouse=True)
def _lent(_coverage_of_children: None) -> Iterator[None]:
    yield
    Lent.end()


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command starts with the grader's own Python is a fork of an interpreter that is there already."""

    def interpreter(python: str, *, apart: bool = False) -> Any:
        return Lent() if python == sys.executable else WarmInterpreter(python, apart=apart)

    for command in (grading, rubrics):
        monkeypatch.setattr(command, "WarmInterpreter", interpreter)


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
    with Launcher(Lent(packages=lab.packages)) as launcher:
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
