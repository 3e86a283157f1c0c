"""What the tests share: one warm interpreter for each worker, and grading through the real pipeline."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import pytest

from grader import pipeline
from grader.cli import grading, rubrics
from grader.launch import warm
from grader.launch.launcher import Launcher
from grader.launch.selftest import Finding
from grader.launch.warm import WarmInterpreter
from grader.model import Report, Rubric
from grader.pipeline import How, grade_path
from grader.rubric import load_rubric
from tests import coverage_in_children
from tests.postgresql import postgresql
from tests.unprivileged import ordinary

__all__ = ["ordinary", "postgresql"]

ROOT = Path(__file__).resolve().parent.parent

# Hundreds of interpreters are started here, each of which would compile the grader anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Whatever else a machine does fails nothing.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")

Grade = Callable[..., Report]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each worker gets half of the tests in their order, and later some of the other's: most of what the tests of one
    file share is then made once, not once by each worker."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish() -> None:
    """The tests themselves stay to the end: whoever looks for garbage need not look at thousands of them each time."""
    gc.collect()
    gc.freeze()


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

    @property
    def process(self) -> int:
        assert self._real is not None
        return self._real._process.pid

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
    really = Launcher.findings

    def remembered(launcher: Launcher) -> Sequence[Finding]:
        """What the probe gets out of is found once, too, for the same interpreter."""
        if not isinstance(launcher._warm, Lent):
            return really(launcher)
        key = launcher._warm.process, launcher.level, launcher._without
        if key not in _proved:
            _proved[key] = really(launcher)
        return _proved[key]

    monkeypatch.setattr(Launcher, "findings", remembered)


_proved: dict[object, Sequence[Finding]] = {}  # of this worker
_graded: dict[object, Report] = {}  # of this worker


@pytest.fixture
def graded_once(lent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work by the same rubric is graded once. For tests of what the command makes of a report."""
    really = pipeline.grade_path

    def remembered(path: Path, rubric: Rubric, launcher: Launcher, how: How, entry: str | None = None) -> Report:
        key = path.name, _content(path), repr(rubric), how, entry
        if key not in _graded:
            _graded[key] = really(path, rubric, launcher, how, entry)
        return _graded[key]

    monkeypatch.setattr(pipeline, "grade_path", remembered)


def _content(path: Path) -> str:
    """All that a work holds."""
    found = hashlib.sha256()
    for file in sorted(p for p in [path, *path.rglob("*")] if p.is_file() and "__pycache__" not in p.parts):
        found.update(f"{file.relative_to(path)}\0".encode("utf-8", "surrogateescape") + file.read_bytes() + b"\0")
    return found.hexdigest()


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
