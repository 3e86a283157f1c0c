"""The shipped rubrics: reference apps earn all, right variations too; broken ones lose what is broken, and no more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.launch.launcher import Launcher
from grader.model import CheckResult, Report
from grader.pipeline import How, grade_path
from grader.render.first import lost
from grader.rubric import available, load_rubric
from tests.conftest import Lent

HERE = Path(__file__).resolve().parents[1] / "rubrics"
NAMES = [name for name in available() if name != "flask-lab"]


@dataclass(frozen=True)
class Work:
    """A reference app with edits, and what it loses."""

    rubric: str
    name: str
    edits: tuple[tuple[str, str, str], ...] = ()
    lost: tuple[str, ...] = ()
    says: dict[str, list[str]] = field(default_factory=dict)

    @property
    def slow(self) -> bool:
        """Whether it is left out of the tests of the day: they grade each reference, and one broken work, of each small
        rubric whose app does not spend its time on passwords."""
        others = [w for w in WORKS if w.rubric == self.rubric and w.lost]
        return self.rubric in ("finance", "login") or (self.name != "the reference" and self is not others[0])


def works() -> Iterator[Work]:
    for rubric in NAMES:
        told: dict[str, Any] = yaml.safe_load((HERE / rubric / "verdicts.yaml").read_text("utf-8"))
        yield Work(rubric, "the reference")
        for work in (*told["right"], *told["broken"]):
            edits = tuple((str(path), str(old), str(new)) for path, old, new in work["edits"])
            yield Work(rubric, work["name"], edits, tuple(work.get("lost", ())), work.get("says", {}))


WORKS = list(works())


@pytest.fixture(scope="module")
def anything() -> Iterator[Launcher]:
    """Starts programs that may import whatever any of the rubrics allows."""
    packages = sorted({package for name in NAMES for package in load_rubric(name).packages})
    with Launcher(Lent(packages=packages)) as launcher:
        yield launcher


def made(work: Work, folder: Path) -> Path:
    """The app; every edit must fit exactly once."""
    target = folder / "app"
    shutil.copytree(HERE / work.rubric / "reference", target)
    for path, old, new in work.edits:
        text = (target / path).read_text("utf-8")
        assert text.count(old) == 1, (path, old)
        (target / path).write_text(text.replace(old, new), "utf-8")
    return target


def told(result: CheckResult) -> str:
    outcome = result.outcome
    return " ".join((outcome.message, outcome.hint, outcome.expected, outcome.actual)).casefold()


@pytest.mark.parametrize(
    "work",
    [pytest.param(w, id=f"{w.rubric}: {w.name}", marks=[pytest.mark.slow] if w.slow else []) for w in WORKS],
)
def test_a_work_loses_what_is_broken_and_no_more(work: Work, tmp_path: Path, anything: Launcher) -> None:
    report: Report = grade_path(made(work, tmp_path), load_rubric(work.rubric), anything, How())
    results = {r.id: r for r in report.checks}
    assert report.problem == ""
    assert {r.id: told(r) for r in report.checks if lost(r) > 0 and r.id not in work.lost} == {}
    assert [id for id in work.lost if lost(results[id]) == 0] == []
    for id, words in work.says.items():
        assert [word for word in words if word.casefold() not in told(results[id])] == [], told(results[id])


@pytest.mark.parametrize("rubric", NAMES)
def test_each_rubric_has_three_broken_works_and_points_that_add_up_to_100(rubric: str) -> None:
    assert len([w for w in WORKS if w.rubric == rubric and w.lost]) >= 3
    assert load_rubric(rubric).max_score == 100
